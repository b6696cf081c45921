"""La recompensa verdadera de un cuento: qué lo hace bueno, escrito de modo que se puede calcular."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.course.data.stories import impossible_share
from siguiente.course.data.story_requests import HEROES, THEMES, StoryRequest, read_request

NAMES = frozenset(HEROES)
_LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
#: Gestos amables y palabras de ánimo.
KIND = frozenset(_LISTS["kind"].split())
#: Burlas, quejas y sustos.
UNKIND = frozenset(_LISTS["unkind"].split())
MOST = 4  # gestos distintos que se cuentan
LOST = 0.25  # con esta parte de sus grupos de palabras imposible, ya no se entiende nada
CAST = 3  # personas que caben en un cuento sin confundirse


class Merits(NamedTuple):
    """Lo que se le mira a un cuento; todo está entre 0 y 1, salvo `kind`, que baja hasta −1."""

    hero: float
    """Si el protagonista es quien se pidió; la mitad, si solo sale."""
    theme: float
    """Qué parte de las palabras del asunto pedido tiene."""
    steady: float
    """Si no confunde a sus personajes. Con más de tres, va bajando hasta cero."""
    sense: float
    """Si se entiende. Vale 1 si la gramática pudo escribir todos sus grupos de cuatro palabras, y baja hasta
    0, con uno de cada cuatro imposible."""
    kind: float
    """Gestos amables distintos menos desagradables; más de cuatro no suman."""


#: Cuánto vale cada mérito, en puntos.
WEIGHTS = Merits(hero=3.0, theme=5.0, steady=3.0, sense=3.0, kind=2.5)


def story_merits(request: StoryRequest, story: str) -> Merits:
    """Mide un cuento como respuesta a una petición.

    >>> story = "Desde los seis años, Ana quería una mascota. Ana la llamará Nube, y dormirá"
    >>> merits = story_merits(StoryRequest("Ana", "pet"), story)
    >>> merits.hero, merits.theme, merits.sense < 1
    (1.0, 1.0, True)
    """
    words = re.findall(r"\w+", story)
    people = [word for word in words if word in NAMES]
    lower = [word.lower() for word in words]
    return Merits(
        hero=_hero(request.hero, people),
        theme=_share(THEMES[request.plot].cues, lower),
        steady=min(1.0, max(0.0, 1 - (len(set(people)) - CAST) / CAST)),
        sense=max(0.0, 1 - impossible_share(story) / LOST),
        kind=(_different(KIND, lower) - _different(UNKIND, lower)) / MOST,
    )


def score_merits(prompts: Sequence[str], stories: Sequence[str]) -> Tensor:
    """Los cinco méritos de cada cuento, (B, 5): una fila por cuento, una columna por mérito."""
    pairs = zip(prompts, stories, strict=True)
    return torch.tensor([story_merits(read_request(prompt), story) for prompt, story in pairs])


def gold_reward(request: StoryRequest, story: str) -> float:
    """La recompensa verdadera de un cuento, en puntos: la suma de sus méritos, cada uno con su peso.

    >>> from siguiente.course.data.story_requests import load_demonstrations
    >>> request, story = load_demonstrations("test", 1)[0]
    >>> gold_reward(request, story) > gold_reward(request, "Gracias. " * 20)
    True
    """
    return sum(weight * merit for weight, merit in zip(WEIGHTS, story_merits(request, story), strict=True))


def gold_rewards(prompts: Sequence[str], stories: Sequence[str]) -> list[float]:
    """La recompensa verdadera de B cuentos, con la forma que espera el aprendizaje por refuerzo.

    Las B peticiones son las de :attr:`~siguiente.course.data.story_requests.StoryRequest.text`.
    """
    return [gold_reward(read_request(p), story) for p, story in zip(prompts, stories, strict=True)]


def _hero(hero: str, people: Sequence[str]) -> float:
    return float(people[0] == hero) / 2 + 0.5 if hero in people else 0.0


def _share(wanted: Sequence[str], words: Sequence[str]) -> float:
    return sum(word in words for word in wanted) / len(wanted)


def _different(wanted: frozenset[str], words: Sequence[str]) -> int:
    return min(MOST, len(wanted.intersection(words)))
