"""Cuentos cortos escritos por una gramática que conoce la probabilidad exacta de cada uno."""

import math
import random
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from siguiente.course.data.grammar import Choice, Reading, entropy, mean_bytes, readings, write
from siguiente.course.data.grammar_fragments import fragments
from siguiente.course.data.grammar_notation import compile_template
from siguiente.course.data.story_plots import PLOTS
from siguiente.course.data.story_words import POOLS

# La semilla de cada parte.
SPLITS = {"train": 2026, "test": 7919}


@dataclass(frozen=True)
class Story:
    """Un cuento, el nombre de su argumento y las palabras que se sortearon, por su papel."""

    text: str
    plot: str
    roles: Mapping[str, str]


@lru_cache(maxsize=4)
def load_stories(split: str, count: int) -> tuple[str, ...]:
    """Los primeros cuentos de una parte (``"train"`` o ``"test"``), siempre los mismos y en el mismo orden.

    >>> load_stories("train", 2) == load_stories("train", 5)[:2]
    True
    """
    if split not in SPLITS:
        raise ValueError(f"No hay una parte «{split}». Elija una de estas: {', '.join(SPLITS)}.")
    return _first(random.Random(SPLITS[split]), count)


def story_logprob(text: str) -> float:
    """El logaritmo, en nats, de la probabilidad de que la gramática escriba este cuento, que está completo.

    >>> story = load_stories("test", 1)[0]
    >>> 20 < -story_logprob(story) < 100
    True
    """
    return math.log(sum(reading.probability for _, reading in _whole(text)) / len(PLOTS))


def prefix_logprob(text: str) -> float:
    """El logaritmo de la probabilidad de que un cuento empiece así; :math:`-\\infty` si ninguno lo hace.

    La probabilidad verdadera de que a un comienzo :math:`u` le siga un trozo :math:`v` es
    :math:`p(v \\mid u) = p(uv\\ldots) / p(u\\ldots)`: lo que un modelo de lenguaje intenta estimar.

    >>> prefix_logprob(""), prefix_logprob("Había un dragón")
    (0.0, -inf)
    """
    trees = story_grammar().options
    total = sum(reading.probability for tree in trees for reading in readings(tree, text, prefix=True))
    return math.log(total / len(trees)) if total else -math.inf


def possible_words(text: str) -> int:
    """Cuántas palabras seguidas, desde el comienzo, pudo escribir la gramática.

    >>> story = load_stories("train", 1)[0]
    >>> possible_words(story) == len(story.split(" ")), possible_words("Samuel escondía tres neveras")
    (True, 2)
    """
    words = text.split(" ")
    return bisect(
        range(1, len(words) + 1), False, key=lambda n: prefix_logprob(" ".join(words[:n])) == -math.inf
    )


RUN = 4  # palabras seguidas en que se mira si un cuento se entiende
STOP = " ·"  # señala el final: un cuento a medias acaba en un grupo que nadie escribe


def impossible_share(text: str) -> float:
    """Qué parte de los grupos de cuatro palabras de un texto no puede estar en ningún cuento, de 0 a 1.

    El final cuenta como una palabra más. No hace falta leer el cuento desde el principio: un texto que se
    pierde y se vuelve a encontrar se paga donde se pierde.

    >>> story = load_stories("test", 1)[0]
    >>> impossible_share(story), impossible_share("colorín colorado"), impossible_share(story[:-9]) > 0
    (0.0, 1.0, True)
    """
    words = (text.strip() + STOP).split()
    runs = [" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)]
    return sum(run not in _possible() for run in runs) / len(runs) if runs else 1.0


def describe_story(text: str) -> Story:
    """Reconstruye cómo se escribió un cuento: su argumento y quién es quién.

    >>> story = describe_story(load_stories("test", 1)[0])
    >>> story.roles["hero"] in story.text
    True
    """
    plot, reading = _whole(text)[0]
    return Story(text, plot, {name: word.text for name, word in reading.words.items()})


def entropy_bits_per_byte() -> float:
    """La entropía por byte: el suelo que ningún modelo puede bajar con textos nuevos, en promedio.

    >>> round(entropy_bits_per_byte(), 2)
    0.11
    """
    return entropy(story_grammar()) / math.log(2) / mean_bytes(story_grammar())


@lru_cache(maxsize=1)
def story_grammar() -> Choice:
    """El árbol de la gramática: una alternativa entre los argumentos, todos igual de probables."""
    trees = tuple(compile_template(plot, POOLS) for plot in PLOTS.values())
    return Choice(trees, (1 / len(trees),) * len(trees))


@lru_cache(maxsize=1)
def _possible() -> frozenset[str]:
    """Los grupos de cuatro palabras de todos los cuentos posibles: unos cuatrocientos mil."""
    return frozenset().union(*(fragments((tree, STOP), RUN) for tree in story_grammar().options))


def _first(rng: random.Random, count: int) -> tuple[str, ...]:
    return tuple(write(story_grammar(), rng, {}) for _ in range(count))


def _whole(text: str) -> list[tuple[str, Reading]]:
    """Las lecturas del texto entero, con el nombre de su argumento."""
    found = [
        (plot, reading)
        for plot, tree in zip(PLOTS, story_grammar().options, strict=True)
        for reading in readings(tree, text)
        if reading.end == len(text)
    ]
    if not found:
        raise ValueError(f"La gramática no puede escribir este texto: «{text[:60]}…». Use `load_stories`.")
    return found
