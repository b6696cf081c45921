"""El camino entero de la parte de alineación: de unos cuentos sueltos a las políticas ajustadas.

Se recorre en una caché vacía, para que nada esté hecho de antes. El tiempo es el de procesador, que no cuenta
lo que el equipo dedica a otros.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from pairs import processor_seconds

from siguiente.alignment.dpo_training import train_dpo
from siguiente.alignment.preferences import encode_preferences
from siguiente.alignment.story_base import STORY_BASE
from siguiente.alignment.story_dpo import BETA, DPO_CONFIG, story_preferences
from siguiente.alignment.story_policy import STORY_POLICY, load_story_policy
from siguiente.alignment.story_reward_model import STORY_PAIRS, STORY_REWARD
from siguiente.alignment.story_runs import METHODS, tune_with
from siguiente.language_models.story_corpus import STORY_CORPUS
from siguiente.plots.numbers import number

HEADER = ["etapa", "segundos", "objetivo", "¿llega?"]
GOAL = 480.0


class Stage(NamedTuple):
    """Una etapa del camino, o todas."""

    name: str
    seconds: float
    goal: float = math.inf

    @property
    def met(self) -> bool:
        """Si llega a su objetivo."""
        return self.seconds <= self.goal

    def cells(self) -> list[str]:
        """Una fila de la tabla."""
        goal = ["—", "—"] if math.isinf(self.goal) else [number(self.goal), "sí" if self.met else "no"]
        return [self.name, number(self.seconds), *goal]


def dpo() -> None:
    """Ajusta una política con las preferencias, sin el control que lleva el artefacto."""
    policy = load_story_policy()
    list(train_dpo(policy.model, encode_preferences(policy, story_preferences()), DPO_CONFIG, BETA))


STAGES = {
    "los cuentos, en tokens": STORY_CORPUS.folder,
    "el modelo base": STORY_BASE.recipe.folder,
    "SFT": STORY_POLICY.folder,
    "escribir las parejas": STORY_PAIRS.folder,
    "el modelo de recompensa": STORY_REWARD.folder,
    "PPO": lambda: tune_with(METHODS["ppo"]),
    "GRPO": lambda: tune_with(METHODS["grpo"]),
    "DPO": dpo,
}


def results(folder: Path) -> Iterator[Stage]:
    """Las etapas, una tras otra, y su suma."""
    done = []
    with patch.dict(os.environ, SIGUIENTE_CACHE=str(folder)):
        for name, walk in STAGES.items():
            done.append(Stage(name, processor_seconds(walk)))
            yield done[-1]
    yield Stage("todo el camino", sum(stage.seconds for stage in done), GOAL)
