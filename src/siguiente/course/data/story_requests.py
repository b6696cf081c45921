"""Peticiones de cuentos: con qué protagonista y sobre qué asunto, y un cuento que cumple cada una."""

import random
import tomllib
from functools import lru_cache
from itertools import islice, repeat
from pathlib import Path
from typing import NamedTuple

from siguiente.course.data.grammar import Word, write
from siguiente.course.data.stories import story_grammar
from siguiente.course.data.story_plots import PLOTS
from siguiente.course.data.story_words import PEOPLE

OPENING = "Quiero un cuento con "
# La semilla de cada parte: la que se aprende, otros cuentos de sus peticiones y las tres que nadie aprende.
SPLITS = {"train": 3026, "seen": 5231, "test": 9719, "name": 7307, "theme": 8117}
#: Protagonistas que no se piden mientras se aprende; en los cuentos salen como los demás.
NEW_HEROES = ("Noemí", "Alma", "Hugo", "Fermín")
#: Asuntos que no se piden mientras se aprende.
NEW_PLOTS = ("letter", "garden")
ONE_IN = 4  # de las demás combinaciones, una de cada cuatro se aparta


class Theme(NamedTuple):
    """Un asunto de los cuentos."""

    name: str
    """Cómo se pide."""
    cues: tuple[str, ...]
    """Palabras que están en todos los cuentos con ese argumento, y en casi ninguno de los demás."""


_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
HEROES = tuple(word.text for word in PEOPLE)
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


def split_of(request: StoryRequest) -> str:
    """De qué parte es una petición: `train`, si se aprende; si no, qué tiene de nuevo.

    En `test` son nuevas las combinaciones: se pidió el protagonista y se pidió el asunto, pero no juntos. En
    `name` es nuevo el protagonista, y en `theme`, el asunto. Las que tienen nuevas las dos cosas no se usan.

    >>> [split_of(StoryRequest(*each)) for each in [("Ana", "pet"), ("Marta", "pet"), ("Hugo", "pet")]]
    ['train', 'test', 'name']
    """
    if request.hero in NEW_HEROES:
        return "unused" if request.plot in NEW_PLOTS else "name"
    if request.plot in NEW_PLOTS:
        return "theme"
    place = HEROES.index(request.hero) + list(THEMES).index(request.plot)
    return "test" if place % ONE_IN == 0 else "train"


def distinct_requests(split: str) -> list[StoryRequest]:
    """Todas las peticiones de una parte, una vez cada una y siempre en el mismo orden, barajado.

    >>> [len(distinct_requests(split)) for split in SPLITS]
    [396, 396, 132, 48, 88]
    """
    wanted = "train" if split == "seen" else check_split(split)
    every = [StoryRequest(hero, plot) for plot in THEMES for hero in HEROES]
    random.Random(SPLITS[split]).shuffle(every)
    return [request for request in every if split_of(request) == wanted]


def check_split(split: str) -> str:
    """Comprueba que hay una parte con ese nombre."""
    if split not in SPLITS:
        raise ValueError(f"No hay una parte «{split}». Elija una de estas: {', '.join(SPLITS)}.")
    return split


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
    """Las primeras demostraciones de una parte, una clave de `SPLITS`, siempre en el mismo orden.

    >>> request, story = load_demonstrations("test", 1)[0]
    >>> request.hero in story
    True
    """
    rng = random.Random(SPLITS[check_split(split)])
    wanted = "train" if split == "seen" else split
    drawn = (_demonstration(rng) for _ in repeat(None))
    return tuple(islice((demo for demo in drawn if split_of(demo.request) == wanted), count))


def _demonstration(rng: random.Random) -> RequestedStory:
    """Sortea un argumento, lo escribe y pide lo que salió."""
    plot, words = rng.choice(list(PLOTS)), dict[str, Word]()
    tree = story_grammar().options[list(PLOTS).index(plot)]
    story = write(tree, rng, words)
    return RequestedStory(StoryRequest(words["hero"].text, plot), story)
