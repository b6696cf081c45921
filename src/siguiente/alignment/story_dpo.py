"""La política de los cuentos ajustada con DPO, y su control: lo mismo con las preferencias barajadas."""

import json
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator

from siguiente.alignment.dpo_training import DPOReport, train_dpo
from siguiente.alignment.preferences import (
    ask_annotators,
    encode_preferences,
    label_pairs,
    shuffled_labels,
)
from siguiente.alignment.records import Preference
from siguiente.alignment.story_policy import load_story_policy
from siguiente.alignment.story_reward_model import ANNOTATOR, SEED, load_story_pairs
from siguiente.language_models.text import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.recipe import Recipe
from siguiente.transformers.gpt import GPT

__all__ = ["BETA", "DPO_CONFIG", "STORY_DPO", "DPORun", "load_story_dpo", "story_preferences"]

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
    """Abre la política que ajustó DPO; si falta, la ajusta.

    Parameters
    ----------
    shuffled : bool
        Si se quiere el control, que aprendió de las mismas parejas con la preferida a cara o cruz.
    """
    from safetensors.torch import load_file

    folder, policy = STORY_DPO.folder(), load_story_policy()
    policy.model.load_state_dict(load_file(folder / f"{_name(shuffled)}.safetensors"))
    reports = json.loads((folder / f"{_name(shuffled)}.json").read_text("utf8"))
    return DPORun(policy, [DPOReport(*report) for report in reports])


def write_dpo(folder: Path) -> None:
    """Ajusta las dos políticas, con un solo hilo, y escribe lo que salió."""
    from safetensors.torch import save_file

    preferences, threads = story_preferences(), torch.get_num_threads()
    mixed = shuffled_labels(preferences, Generator().manual_seed(SEED))
    torch.set_num_threads(1)  # con más, las últimas cifras dependerían de la máquina
    try:
        for shuffled, shown in ((False, preferences), (True, mixed)):
            policy = load_story_policy()
            reports = list(train_dpo(policy.model, encode_preferences(policy, shown), DPO_CONFIG, BETA))
            save_file(policy.model.state_dict(), folder / f"{_name(shuffled)}.safetensors")
            (folder / f"{_name(shuffled)}.json").write_text(json.dumps(reports), "utf8")
    finally:
        torch.set_num_threads(threads)


def _name(shuffled: bool) -> str:
    return "shuffled" if shuffled else "annotated"


STORY_DPO = Recipe("story-dpo", __name__, write_dpo)
