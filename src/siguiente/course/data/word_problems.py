"""Cuarenta y cuatro problemas de dos cuentas, con sus pasos y cuatro respuestas entre las que elegir."""

from operator import add, mul, sub
from typing import NamedTuple

from siguiente.course.data.packaged import packaged_rows

OPERATIONS = {"+": add, "-": sub, "×": mul}


class WordProblem(NamedTuple):
    """Un problema que se resuelve con dos cuentas."""

    text: str
    """El enunciado."""
    a: int
    """El primer número de la primera cuenta."""
    first: str
    """La primera operación, que es suma, resta o multiplicación."""
    b: int
    """El segundo número."""
    second: str
    """La segunda operación, que es suma o resta."""
    c: int
    """El número que se suma o se resta a lo que dio la primera."""

    @property
    def partial(self) -> int:
        """Lo que da la primera cuenta."""
        return int(OPERATIONS[self.first](self.a, self.b))

    @property
    def answer(self) -> int:
        """Lo que da la segunda, que es la respuesta."""
        return int(OPERATIONS[self.second](self.partial, self.c))

    @property
    def options(self) -> tuple[int, int, int, int]:
        """La respuesta y tres errores, que son diez de más, sumar por restar o al revés y no terminar."""
        reverse = 2 * self.partial - self.answer
        return self.answer, self.answer + 10, reverse, self.partial

    @property
    def first_step(self) -> str:
        """La primera cuenta, escrita."""
        return f"{self.a} {self.first} {self.b} = {self.partial};"

    @property
    def second_step(self) -> str:
        """La segunda cuenta, sin su resultado."""
        return f"{self.partial} {self.second} {self.c} ="


def load_word_problems() -> list[WordProblem]:
    """Devuelve los problemas en un orden fijo; los cuatro primeros sirven de ejemplos.

    >>> problem = load_word_problems()[4]
    >>> problem.text
    'Una caja trae 12 lápices. Compro 3 cajas y regalo 7 lápices. ¿Cuántos me quedan?'
    >>> problem.first_step, problem.second_step, problem.options
    ('12 × 3 = 36;', '36 - 7 =', (29, 39, 43, 36))
    """
    return [
        WordProblem(row["text"], int(row["a"]), row["first"], int(row["b"]), row["second"], int(row["c"]))
        for row in packaged_rows("word_problems.csv")
    ]
