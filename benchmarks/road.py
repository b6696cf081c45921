"""El camino entero de la parte de alineación: de unos cuentos sueltos a las políticas ajustadas.

Cada etapa se hace de nuevo, desde lo que está anotado de la anterior. El tiempo es el de procesador, que no
cuenta lo que el equipo dedica a otros.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pairs import processor_seconds

from siguiente.course.alignment.dpo import STORY_DPO
from siguiente.course.alignment.preferences import STORY_PAIRS, STORY_REWARD
from siguiente.course.alignment.rlhf import STORY_RUNS
from siguiente.course.alignment.sft import STORY_POLICY
from siguiente.course.report.numbers import number
from siguiente.course.stories.base import STORY_BASE
from siguiente.course.stories.corpus import STORIES
from siguiente.runtime.recipe import one_thread
from siguiente.runtime.trained import Trained

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


def trained(recipe: Trained, part: str | None = None) -> Callable[[Path], object]:
    """Entrena una parte de una receta en una carpeta."""
    return partial(recipe.train, recipe.part(part))


STAGES = {
    "los cuentos, en tokens": STORIES.write,
    "el modelo base": trained(STORY_BASE),
    "SFT": trained(STORY_POLICY),
    "escribir las parejas": trained(STORY_PAIRS),
    "el modelo de recompensa": trained(STORY_REWARD),
    "PPO": trained(STORY_RUNS, "ppo"),
    "GRPO": trained(STORY_RUNS, "grpo"),
    "DPO": trained(STORY_DPO),
}


def results(folder: Path) -> Iterator[Stage]:
    """Las etapas, una tras otra, y su suma."""
    done = []
    with one_thread():
        for name, walk in STAGES.items():
            done.append(Stage(name, processor_seconds(partial(walk, folder))))
            yield done[-1]
    yield Stage("todo el camino", sum(stage.seconds for stage in done), GOAL)
