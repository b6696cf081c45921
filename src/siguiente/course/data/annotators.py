"""Anotadores simulados: prefieren el cuento que les parece mejor, casi siempre, y se sabe por qué."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

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


@dataclass(frozen=True)
class HastyAnnotator(Annotator):
    """Alguien con prisa: si un cuento tiene más de `glance` palabras más que el otro, no los lee.

    Prefiere entonces el largo, tan seguro como si valiera `hurry` puntos más. Con tres cuentos puede dar la
    vuelta: A mejor que B, B mejor que C y C mejor que A. Ninguna recompensa cumple las tres cosas, así que
    para él la hipótesis de :cite:t:`bradley1952` es falsa.

    >>> hasty, request = HastyAnnotator(glance=3), StoryRequest("Ana", "pet")
    >>> round(hasty.preference(request, "Ana quería una mascota.", "Y nada más se supo de todo aquello."), 4)
    0.1192
    """

    glance: int = 5
    hurry: float = 2.0

    def preference(self, request: StoryRequest, first: str, second: str) -> float:
        """Probabilidad de que prefiera el primero; si no los lee, depende solo de cuál es más largo."""
        longer = len(first.split()) - len(second.split())
        if abs(longer) <= self.glance:
            return super().preference(request, first, second)
        sure = torch.tensor(math.copysign(self.hurry, longer) / self.noise).sigmoid().item()
        return (1 - self.carelessness) * sure + self.carelessness / 2


def agreement(likely: Tensor) -> float:
    """La proporción de veces en que dos anotadores iguales coinciden, sin preguntarles.

    De la probabilidad de que prefieran el primer cuento de cada pareja, (N,): o eligen los dos el primero o
    los dos el segundo, :math:`\\mathbb{E}[p^2 + (1-p)^2]`.

    >>> agreement(torch.tensor([0.5, 1.0, 0.0, 0.5]))
    0.75
    """
    likely = likely.double()
    return (likely**2 + (1 - likely) ** 2).mean().item()


def kappa(likely: Tensor) -> float:
    """La κ de :cite:t:`cohen1960` de dos anotadores iguales, si el orden de los cuentos no dice nada.

    Por azar coincidirían la mitad de las veces, y :math:`\\kappa = (p_o - 1/2) / (1 - 1/2)`, con la
    :math:`p_o` de :func:`agreement`.

    >>> kappa(torch.tensor([0.5, 0.5])), kappa(torch.tensor([1.0, 0.0]))
    (0.0, 1.0)
    """
    return 2 * agreement(likely) - 1


def ceiling(likely: Tensor) -> float:
    """Lo más que nadie puede acertar de sus respuestas: :math:`\\mathbb{E}[\\max(p, 1-p)]`.

    >>> ceiling(torch.tensor([0.5, 1.0, 0.25]))
    0.75
    """
    return torch.maximum(likely, 1 - likely).double().mean().item()


#: A quien solo le importa que los personajes se traten bien.
KINDNESS_ONLY = Annotator(weights=Merits(hero=0, theme=0, steady=0, sense=0, kind=10.0))
#: A quien solo le importa que el cuento sea el que se pidió.
OBEDIENCE_ONLY = Annotator(weights=Merits(hero=2.5, theme=5.0, steady=0, sense=0, kind=0))
