"""Modelos de recompensa que se comparan: de un anotador imparcial, de uno que prefiere lo largo y al azar."""

from dataclasses import replace

from torch import Generator

from siguiente.alignment.reward_model import RewardModel, score_answers, train_reward_model
from siguiente.alignment.sequences import Preference, encode_preferences
from siguiente.course.alignment.annotation import shuffled_labels
from siguiente.course.alignment.story_policy import TOLD, demonstrated, load_story_policy
from siguiente.course.alignment.story_reward_model import ANNOTATOR, SEED, story_preferences
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

COMPARED = 1_500
#: El mismo anotador, si además le gustan los cuentos largos (veinte puntos por cada cien palabras).
LIKES_LONG = replace(ANNOTATOR, length_bias=20)


def judge_config(pairs: int) -> TrainingConfig:
    """Cómo se ajusta con unas parejas: cada una, dos veces, en lotes de dieciséis.

    >>> judge_config(1500).steps
    187
    """
    return TrainingConfig(pairs // 8, batch_size=16, learning_rate=4e-3, warmup=5)


def load_story_judge(name: str) -> RewardModel:
    """Abre un modelo de recompensa ajustado con 1500 parejas; si falta, lo ajusta.
    Es `impartial`, `partial`, de quien prefiere lo largo, o `shuffled`, el control.
    """
    return STORY_JUDGES.restore(RewardModel(load_story_policy().model), name)


def annotated(name: str) -> list[Preference]:
    """Lo que dijo el anotador de las parejas; en el control, barajado."""
    found = story_preferences(COMPARED, LIKES_LONG if name == "partial" else ANNOTATOR)
    return shuffled_labels(found, Generator().manual_seed(SEED + 1)) if name == "shuffled" else found


def judge(part: Part) -> Run:
    """Ajusta un modelo de recompensa a las preferencias de una parte."""
    policy = load_story_policy()
    model, pairs = RewardModel(policy.model), encode_preferences(policy, annotated(part.name))
    shown = demonstrated(policy, "test", TOLD)
    losses = train_reward_model(model, pairs, judge_config(COMPARED), part.checkpoint)
    return Run(model, losses, lambda rows: score_answers(model, shown).tolist())


STORY_JUDGES = Trained("story-judges", __name__, judge, parts=("impartial", "partial", "shuffled"))
