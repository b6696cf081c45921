"""Sumas escritas con palabras: «veintisiete más treinta y ocho», su resultado y los pasos hasta él."""

import tomllib
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Generator

_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
SMALL, TENS, HUNDREDS = (_WORDS[name].split() for name in ("small", "tens", "hundreds"))
LIMIT = 2000  # dos números de tres cifras suman menos


def number_words(n: int) -> str:
    """Escribe con palabras un número de 0 a 1999.

    >>> number_words(38), number_words(100), number_words(1122)
    ('treinta y ocho', 'cien', 'mil ciento veintidós')
    """
    if not 0 <= n < LIMIT:
        raise ValueError(f"Solo se escriben números de 0 a {LIMIT - 1}, y llegó {n}.")
    if n < 30:
        return SMALL[n]
    if n < 100:
        return f"{TENS[n // 10 - 3]} y {SMALL[n % 10]}" if n % 10 else TENS[n // 10 - 3]
    if n == 100:
        return "cien"
    head = HUNDREDS[n // 100 - 1] if n < 1000 else "mil"
    rest = n % (100 if n < 1000 else 1000)
    return f"{head} {number_words(rest)}" if rest else head


NUMBERS = {number_words(n): n for n in range(LIMIT)}


def read_number(words: str) -> int | None:
    """Lee un número escrito con palabras; `None` si no lo es."""
    return NUMBERS.get(words.strip())


class Column(NamedTuple):
    """Una columna de una suma: las cifras que se suman, con la que se lleva, y cuánto dan."""

    digits: tuple[int, ...]
    """Las dos cifras y, si se lleva una, un uno."""
    total: int
    """Su suma."""

    def __str__(self) -> str:
        return f"{' más '.join(map(number_words, self.digits))}, {number_words(self.total)}"


def read_column(words: str) -> Column | None:
    """Lee una columna escrita, como «siete más ocho, quince», acierte o no; `None` si no lo es."""
    left, _, right = words.partition(",")
    digits, total = [read_number(word) for word in left.split(" más ")], read_number(right)
    known = tuple(digit for digit in digits if digit is not None)
    return None if total is None or len(known) < len(digits) else Column(known, total)


class Sum(NamedTuple):
    """Una suma de dos números enteros."""

    a: int
    """El primero, de 0 a 999."""
    b: int
    """El segundo, de 0 a 999."""

    @property
    def question(self) -> str:
        """Lo que se pregunta, con palabras."""
        return f"{number_words(self.a)} más {number_words(self.b)}"

    @property
    def answer(self) -> str:
        """El resultado, con palabras."""
        return number_words(self.a + self.b)

    @property
    def columns(self) -> list[Column]:
        """Las columnas, de las unidades a la izquierda, como se suman a mano."""
        columns, carry = list[Column](), 0
        for x, y in zip_longest(*(map(int, reversed(str(n))) for n in self), fillvalue=0):
            columns.append(Column((x, y, 1) if carry else (x, y), x + y + carry))
            carry = columns[-1].total // 10
        return columns

    @property
    def carries(self) -> int:
        """En cuántas columnas se lleva una."""
        return sum(column.total > 9 for column in self.columns)

    def solution(self, steps: bool) -> str:
        """Lo que sigue a la pregunta: el resultado, con los pasos delante o sin ellos.

        >>> Sum(27, 38).solution(steps=True)
        ': siete más ocho, quince; dos más tres más uno, seis; son sesenta y cinco'
        """
        written = f": {'; '.join(map(str, self.columns))};" if steps else ""
        return f"{written} son {self.answer}"


def draw_sums(count: int, digits: int, generator: Generator) -> list[Sum]:
    """Sortea sumas distintas de dos números de 1 a 3 cifras: ninguna es otra con los sumandos al revés.

    >>> draw_sums(2, 2, torch.Generator().manual_seed(0))
    [Sum(a=19, b=54), Sum(a=96, b=25)]
    """
    first, size = 10 ** (digits - 1), 9 * 10 ** (digits - 1)
    left, right = torch.triu_indices(size, size)
    if not 0 <= count <= len(left):
        raise ValueError(f"Hay {len(left)} sumas distintas de {digits} cifras, y se pidieron {count}.")
    chosen = torch.randperm(len(left), generator=generator)[:count]
    swap = torch.rand(count, generator=generator) < 0.5
    a, b = first + left[chosen], first + right[chosen]
    pairs = torch.stack([torch.where(swap, b, a), torch.where(swap, a, b)], 1)
    return [Sum(*pair) for pair in pairs.tolist()]
