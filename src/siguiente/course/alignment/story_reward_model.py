"""El modelo de recompensa de los cuentos: lo que varias páginas optimizan, aprendido de comparaciones."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torch import Generator

from siguiente.alignment.reward_model import (
    RewardModel,
    centre_rewards,
    score_answers,
    score_texts,
    train_reward_model,
)
from siguiente.alignment.rl import Reward
from siguiente.alignment.sequences import Preference, answer_totals, encode_answers, encode_preferences
from siguiente.course.alignment.annotation import StoryPair, ask_annotators, label_pairs, sample_pairs
from siguiente.course.alignment.story_policy import (
    ANSWER_LENGTH,
    DEMONSTRATIONS,
    TOLD,
    demonstrated,
    load_story_policy,
)
from siguiente.course.data.annotators import Annotator
from siguiente.course.data.story_requests import StoryRequest, load_demonstrations
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

COMPARED = 4_000
ASKED = 32  # peticiones a la vez: con dos respuestas, un lote de `sample_answers`
SHOWN = 500  # demostraciones con que se pone el cero
SEED = 0
#: Quien compara. Con ese ruido, dos coinciden en algo más de siete de cada diez parejas.
ANNOTATOR = Annotator(noise=0.5)
FIT_CONFIG = TrainingConfig(steps=250, batch_size=32, learning_rate=1e-3, warmup=5)


def load_story_pairs() -> list[StoryPair]:
    """Abre las parejas de cuentos que escribió la política, sin comparar; si faltan, las escribe.
    Las peticiones no son las de las demostraciones.
    """
    return [StoryPair(StoryRequest(*request), *texts) for request, *texts in STORY_PAIRS.rows()]


def story_preferences(count: int | None = None, annotator: Annotator = ANNOTATOR) -> list[Preference]:
    """Las primeras parejas, o todas, con lo que dijo de cada una un anotador."""
    pairs = load_story_pairs()[:count]
    return label_pairs(pairs, ask_annotators(pairs, [annotator], Generator().manual_seed(SEED)))


def load_story_reward() -> RewardModel:
    """Abre el modelo de recompensa; si falta, lo ajusta.
    Su cero es la recompensa media de las demostraciones.
    """
    return STORY_REWARD.restore(RewardModel(load_story_policy().model))


def learned_reward() -> Reward:
    """La nota que ese modelo da a cada respuesta escrita."""
    return partial(score_texts, load_story_reward(), load_story_policy())


def write_pairs(part: Part) -> Run:
    """Escribe dos cuentos por petición."""
    shown = load_demonstrations("train", DEMONSTRATIONS + COMPARED)[DEMONSTRATIONS:]
    policy, generator = load_story_policy(), Generator().manual_seed(SEED)

    def pairs() -> Iterator[StoryPair]:
        for first in range(0, COMPARED, ASKED):
            requests = [demo.request for demo in shown[first : first + ASKED]]
            yield from sample_pairs(policy, requests, generator, ANSWER_LENGTH)

    def measure(rows: list[Any]) -> list[float]:
        prompts = [StoryRequest(*request).text for request, _, _ in rows[:ASKED]]
        written = encode_answers(policy, prompts, [text for _, text, _ in rows[:ASKED]])
        return answer_totals(policy.model, written).tolist()

    return Run(None, pairs(), measure)


def compare(part: Part) -> Run:
    """Compara las parejas y ajusta el modelo de recompensa."""
    return fit_reward(story_preferences(), FIT_CONFIG, part.checkpoint)


def fit_reward(preferences: Sequence[Preference], config: TrainingConfig, checkpoint: Path | None) -> Run:
    """Ajusta un modelo de recompensa, y pone su cero en las demostraciones."""
    policy = load_story_policy()
    model, shown = RewardModel(policy.model), demonstrated(policy, "train", SHOWN)

    def losses() -> Iterator[float]:
        yield from train_reward_model(model, encode_preferences(policy, preferences), config, checkpoint)
        centre_rewards(model, shown)

    return Run(model, losses(), lambda rows: score_answers(model, shown)[:TOLD].tolist())


STORY_PAIRS = Trained("story-pairs", __name__, write_pairs, parts=("pairs",))
STORY_REWARD = Trained("story-reward", __name__, compare)
