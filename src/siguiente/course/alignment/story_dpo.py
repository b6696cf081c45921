"""La política de los cuentos ajustada con DPO, y su control: lo mismo con las preferencias barajadas."""

from typing import NamedTuple

from torch import Generator

from siguiente.alignment.dpo import DPOReport, train_dpo
from siguiente.alignment.sequences import Preference, encode_preferences
from siguiente.course.alignment.annotation import (
    ask_annotators,
    label_pairs,
    shuffled_labels,
)
from siguiente.course.alignment.story_policy import load_story_policy, told
from siguiente.course.alignment.story_reward_model import (
    ANNOTATOR,
    SEED,
    load_story_pairs,
)
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

BETA = 0.1
#: Los pasos justos para ver cada pareja una sola vez.
DPO_CONFIG = TrainingConfig(steps=125, batch_size=32, learning_rate=1e-3, warmup=5, weight_decay=0.0)


class DPORun(NamedTuple):
    """Lo que salió de DPO."""

    policy: TextModel[GPT]
    """La política, ya ajustada."""
    reports: list[DPOReport]
    """Un informe por paso."""


def story_preferences() -> list[Preference]:
    """Las parejas de cuentos con lo que dijo el anotador: las mismas de que aprendió la recompensa."""
    pairs = load_story_pairs()
    return label_pairs(pairs, ask_annotators(pairs, [ANNOTATOR], Generator().manual_seed(SEED)))


def load_story_dpo(shuffled: bool = False) -> DPORun:
    """Abre la política que ajustó DPO o, con `shuffled`, el control, que aprendió de las mismas parejas con
    la preferida a cara o cruz; si falta, la ajusta.
    """
    name, policy = "shuffled" if shuffled else "annotated", load_story_policy()
    STORY_DPO.restore(policy.model, name)
    return DPORun(policy, [DPOReport(*report) for report in STORY_DPO.rows(name)])


def prefer(part: Part) -> Run:
    """Ajusta una política a las preferencias del anotador o, como control, a las mismas barajadas."""
    policy, preferences = load_story_policy(), story_preferences()
    if part.name == "shuffled":
        preferences = shuffled_labels(preferences, Generator().manual_seed(SEED))
    pairs = encode_preferences(policy, preferences)
    return Run(policy.model, train_dpo(policy.model, pairs, DPO_CONFIG, BETA, part.checkpoint), told(policy))


STORY_DPO = Trained("story-dpo", __name__, prefer, parts=("annotated", "shuffled"))
