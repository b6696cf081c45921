"""Una gramática probabilística: plantillas que escriben textos y dicen la probabilidad exacta de cada uno."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple, TypeAlias


@dataclass(frozen=True)
class Word:
    """Una palabra con su género (1 si es femenina), su número (1 si es plural) y sus otras formas.

    >>> Word("rojo", agreed=("rojo", "roja", "rojos", "rojas")).agreed[Word("botas", 1, 1).agreement]
    'rojas'
    """

    text: str
    gender: int = 0
    number: int = 0
    agreed: tuple[str, ...] = ()
    forms: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def agreement(self) -> int:
        """0, masculino; 1, femenino; 2, masculino plural; 3, femenino plural."""
        return self.gender + 2 * self.number


@dataclass(frozen=True)
class Slot:
    """Un hueco: una palabra que se sortea o se repite, o algo que concuerda con ella.

    La primera vez (`draws`), sale de su lista sin repetir las de `others`; después, el nombre la recuerda.
    """

    names: tuple[str, ...]
    pools: tuple[tuple[Word, ...], ...]
    draws: bool = False
    others: tuple[str, ...] = ()
    kind: str = ""
    details: tuple[str, ...] = ()

    def candidates(self, words: Mapping[str, Word]) -> list[Word]:
        """Las palabras entre las que se sortea, todas igual de probables."""
        taken = [words[name] for name in self.others]
        return [word for word in self.pools[0] if word not in taken]

    def draw(self, words: Mapping[str, Word], rng: random.Random) -> Word:
        """Una de las candidatas, sin enumerarlas: se repite el sorteo si ya había salido."""
        taken = [words[name] for name in self.others]
        while (word := rng.choice(self.pools[0])) in taken:
            pass
        return word

    def surface(self, words: Sequence[Word]) -> str:
        """Lo que se escribe si los nombres del hueco valen `words`."""
        match self.kind:
            case "":
                return words[0].text
            case ".":
                return words[0].forms[self.details[0]]
            case "/":
                return words[0].agreed[words[1].agreement]
            case "#":
                return self.details[words[0].number]
        feminine = min([word.gender for word in words])
        return self.details[feminine + (2 * words[0].number if len(self.details) == 4 else 0)]


@dataclass(frozen=True)
class Choice:
    """Una alternativa entre varias, con probabilidades que suman uno."""

    options: "tuple[Node, ...]"
    weights: tuple[float, ...]


Node: TypeAlias = "str | Slot | Choice | tuple[Node, ...]"


class Reading(NamedTuple):
    """Una lectura de un texto: dónde acaba, con qué probabilidad se escribe y qué palabras se sortearon."""

    end: int
    probability: float
    words: Mapping[str, Word]


def write(node: Node, rng: random.Random, words: dict[str, Word]) -> str:
    """Escribe un texto al azar y anota en `words` las palabras sorteadas."""
    match node:
        case str():
            return node
        case tuple():
            return "".join([write(part, rng, words) for part in node])
        case Choice():
            return write(rng.choices(node.options, node.weights)[0], rng, words)
    if node.draws:
        words[node.names[0]] = node.draw(words, rng)
    return node.surface([words[name] for name in node.names])


def readings(
    node: Node, text: str, start: int = 0, words: Mapping[str, Word] | None = None, prefix: bool = False
) -> Iterator[Reading]:
    """Busca todas las maneras de leer el texto desde `start`, volviendo atrás cuando una falla.

    Con `prefix`, el texto puede acabar antes: la suma es la probabilidad de que un texto empiece así.

    >>> from siguiente.course.data.grammar_notation import compile_template
    >>> greeting = compile_template("[3:Hola|Adiós], [Ana|Luis].", {})
    >>> [reading.probability for reading in readings(greeting, "Hola, Ana.")]
    [0.375]
    """
    words = words or {}
    match node:
        case str():
            yield from _matches(node, text, start, words, prefix)
        case tuple():
            if not node or (prefix and start == len(text)):
                yield Reading(start, 1.0, words)
                return
            for first in readings(node[0], text, start, words, prefix):
                for rest in readings(node[1:], text, first.end, first.words, prefix):
                    yield rest._replace(probability=first.probability * rest.probability)
        case Choice():
            for option, weight in zip(node.options, node.weights, strict=True):
                for reading in readings(option, text, start, words, prefix):
                    yield reading._replace(probability=weight * reading.probability)
        case Slot():
            candidates = node.candidates(words) if node.draws else [words[node.names[0]]]
            for word in candidates:
                bound = {**words, node.names[0]: word} if node.draws else words
                surface = node.surface([bound[name] for name in node.names])
                for reading in _matches(surface, text, start, bound, prefix):
                    yield reading._replace(probability=1 / len(candidates))


def entropy(node: Node) -> float:
    """Entropía en nats: lo que sorprende, de media, un texto de la plantilla.

    La de una sucesión es la suma de las de sus partes, que son independientes; la de una alternativa, la de
    la elección más la media de las de sus opciones.

    >>> from siguiente.course.data.grammar_notation import compile_template
    >>> round(entropy(compile_template("[3:Hola|Adiós], [Ana|Luis].", {})) / math.log(2), 4)
    1.8113
    """
    match node:
        case tuple():
            return math.fsum(entropy(part) for part in node)
        case Choice():
            return math.fsum(
                w * (entropy(option) - math.log(w))
                for w, option in zip(node.weights, node.options, strict=True)
            )
        case Slot() if node.draws:
            return math.log(len(node.pools[0]) - len(node.others))
    return 0.0


def mean_bytes(node: Node) -> float:
    """Cuántos bytes de UTF-8 mide, de media, un texto de la plantilla."""
    match node:
        case str():
            return len(node.encode())
        case tuple():
            return math.fsum(mean_bytes(part) for part in node)
        case Choice():
            return math.fsum(
                w * mean_bytes(option) for w, option in zip(node.weights, node.options, strict=True)
            )
    sizes = [
        len(node.surface(words).encode()) for words in product(*node.pools) if len({*words}) == len(words)
    ]
    return sum(sizes) / len(sizes)


def _matches(
    surface: str, text: str, start: int, words: Mapping[str, Word], prefix: bool
) -> Iterator[Reading]:
    """La lectura de un trozo fijo, si el texto lo contiene en `start` (o se acaba a mitad de él)."""
    if text.startswith(surface, start):
        yield Reading(start + len(surface), 1.0, words)
    elif prefix and surface.startswith(text[start:]):
        yield Reading(len(text), 1.0, words)
