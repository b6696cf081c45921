"""Peticiones de cuentos: con qué protagonista y sobre qué asunto, y un cuento que cumple cada una."""

import random
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from siguiente.course.data.grammar import Word, write
from siguiente.course.data.stories import story_grammar
from siguiente.course.data.story_plots import PLOTS

OPENING = "Quiero un cuento con "
# La semilla de cada parte.
SPLITS = {"train": 3026, "test": 9719}


class Theme(NamedTuple):
    """Un asunto de los cuentos."""

    name: str
    """Cómo se pide."""
    cues: tuple[str, ...]
    """Palabras que están en todos los cuentos con ese argumento, y en casi ninguno de los demás."""


_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
THEMES = {plot: Theme(theme["name"], tuple(theme["cues"])) for plot, theme in _WRITTEN.items()}


class StoryRequest(NamedTuple):
    """Lo que alguien pide: un cuento con un protagonista y sobre un asunto.

    >>> StoryRequest("Ana", "pet").text
    'Quiero un cuento con Ana y una mascota.\\n'
    """

    hero: str
    """El nombre del protagonista."""
    plot: str
    """El argumento, una clave de `THEMES`."""

    @property
    def text(self) -> str:
        """La petición, como se le escribe al modelo."""
        return f"{OPENING}{self.hero} y {THEMES[self.plot].name}.\n"


def read_request(prompt: str) -> StoryRequest:
    """Recupera qué se pidió del texto de la petición."""
    hero = prompt.removeprefix(OPENING).partition(" y ")[0]
    for plot in THEMES:
        if StoryRequest(hero, plot).text == prompt:
            return StoryRequest(hero, plot)
    raise ValueError(f"No es una petición de cuento: {prompt!r}. Escríbala con `StoryRequest(...).text`.")


class RequestedStory(NamedTuple):
    """Una petición y un cuento que la cumple."""

    request: StoryRequest
    """Lo que se pide."""
    completion: str
    """Un cuento de la gramática."""

    @property
    def prompt(self) -> str:
        """La petición, como se le escribe al modelo."""
        return self.request.text


@lru_cache(maxsize=4)
def load_demonstrations(split: str, count: int) -> tuple[RequestedStory, ...]:
    """Las primeras demostraciones de una parte (``"train"`` o ``"test"``), siempre en el mismo orden.

    >>> request, story = load_demonstrations("test", 1)[0]
    >>> request.hero in story
    True
    """
    if split not in SPLITS:
        raise ValueError(f"No hay una parte «{split}». Elija una de estas: {', '.join(SPLITS)}.")
    rng = random.Random(SPLITS[split])
    return tuple(_demonstration(rng) for _ in range(count))


def _demonstration(rng: random.Random) -> RequestedStory:
    """Sortea un argumento, lo escribe y pide lo que salió."""
    plot, words = rng.choice(list(PLOTS)), dict[str, Word]()
    tree = story_grammar().options[list(PLOTS).index(plot)]
    story = write(tree, rng, words)
    return RequestedStory(StoryRequest(words["hero"].text, plot), story)
