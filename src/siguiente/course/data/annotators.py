"""Anotadores simulados: prefieren el cuento que les parece mejor, casi siempre, y se sabe por qué."""

import math
from dataclasses import dataclass

import torch
from torch import Generator

from siguiente.course.data.story_requests import StoryRequest
from siguiente.course.data.story_reward import WEIGHTS, Merits, story_merits


@dataclass(frozen=True)
class Annotator:
    """Alguien que compara dos cuentos por lo que vale para él cada mérito, en puntos (`weights`).

    Con `noise` puntos de diferencia, prefiere el mejor con probabilidad 0,73: cuantos menos, más seguro. Da
    `length_bias` puntos de más por cada cien palabras y, en la proporción `carelessness` de las veces,
    responde sin leer, a cara o cruz.

    >>> request = StoryRequest("Ana", "pet")
    >>> first, second = "Ana quería una mascota, y rieron.", "Ana quería llorar."
    >>> Annotator().preference(request, first, second) > 0.9
    True
    """

    noise: float = 1.0
    length_bias: float = 0.0
    weights: Merits = WEIGHTS
    carelessness: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.noise < math.inf:
            raise ValueError(
                f"`noise` debe ser positivo y finito, y vale {self.noise}: si no duda nunca, dé uno pequeño."
            )
        if not 0 <= self.carelessness <= 1:
            raise ValueError(f"`carelessness` es una proporción, de 0 a 1, y vale {self.carelessness}.")

    def utility(self, request: StoryRequest, story: str) -> float:
        """Lo que le gusta un cuento, en puntos, con su sesgo por la longitud.

        >>> from siguiente.course.data.story_reward import gold_reward
        >>> request, story = StoryRequest("Ana", "pet"), "Ana rió. " * 50
        >>> round(Annotator(length_bias=3).utility(request, story) - gold_reward(request, story), 4)
        3.0
        """
        merits = zip(self.weights, story_merits(request, story), strict=True)
        return sum(weight * merit for weight, merit in merits) + self.length_bias * len(story.split()) / 100

    def preference(self, request: StoryRequest, first: str, second: str) -> float:
        """Probabilidad de que prefiera el primero.

        Con utilidades :math:`u_1` y :math:`u_2`, ruido :math:`\\tau` y descuido :math:`\\epsilon`, es
        :math:`(1-\\epsilon)\\,\\sigma\\bigl((u_1 - u_2)/\\tau\\bigr) + \\epsilon/2`: la de
        :eq:`eq-bradley-terry` :cite:p:`bradley1952`, mezclada con una moneda.
        """
        difference = self.utility(request, first) - self.utility(request, second)
        sure = torch.tensor(difference / self.noise, dtype=torch.double).sigmoid().item()
        return (1 - self.carelessness) * sure + self.carelessness / 2

    def prefers_first(self, request: StoryRequest, first: str, second: str, generator: Generator) -> bool:
        """Sortea su respuesta: si prefiere el primero."""
        return torch.rand((), generator=generator).item() < self.preference(request, first, second)


#: A quien solo le importa que los personajes se traten bien.
KINDNESS_ONLY = Annotator(weights=Merits(hero=0, theme=0, ending=0, steady=0, fresh=0, kind=10.0))
#: A quien solo le importa que el cuento sea el que se pidió.
OBEDIENCE_ONLY = Annotator(weights=Merits(hero=2.5, theme=5.0, ending=0, steady=0, fresh=0, kind=0))
