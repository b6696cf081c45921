"""Herramientas: el modelo pide una operación, un programa la hace y lo que da vuelve al texto."""

import re
from collections.abc import Callable, Sequence
from operator import add, mul, sub
from typing import NamedTuple

OPERATIONS = {"+": add, "-": sub, "×": mul}
#: El patrón de un turno, que es una llamada a la calculadora o la respuesta.
TURN = r"(;? [0-9]{1,3} [+×-] [0-9]{1,3} =|\nRespuesta: -?[0-9]{1,4})"
CALL = re.compile(r"[:;] (\d+) ([+×-]) (\d+) =\Z")
Write = Callable[[Sequence[str]], Sequence[str]]
Run = Callable[[str], str | None]


class Call(NamedTuple):
    """Una llamada a la calculadora."""

    a: int
    """El primer número."""
    sign: str
    """La operación, una de `OPERATIONS`."""
    b: int
    """El segundo número."""


def read_call(text: str) -> Call | None:
    """La llamada con que termina un texto; `None`, si no termina en ninguna.

    >>> read_call("Cuentas: 12 × 3 = 36; 36 - 7 ="), read_call("Cuentas: 12 × 3 = 36")
    (Call(a=36, sign='-', b=7), None)
    """
    found = CALL.search(text)
    return Call(int(found[1]), found[2], int(found[3])) if found else None


def calculator(text: str) -> str | None:
    """Lo que da la llamada con que termina un texto, con su espacio; `None`, si no hay llamada.

    >>> calculator("Cuentas: 12 × 3 ="), calculator("Respuesta: 36")
    (' 36', None)
    """
    call = read_call(text)
    return None if call is None else f" {OPERATIONS[call.sign](call.a, call.b)}"


def use_tools(prompts: Sequence[str], write: Write, run: Run, turns: int = 4) -> list[str]:
    """El bucle de un agente: el modelo escribe, el programa actúa y lo que da se añade al texto.

    `write` continúa unos textos, y `run` da lo que devuelve la llamada con que termina uno, o `None` si no
    termina en ninguna: entonces el modelo ya respondió. Devuelve lo añadido a cada prompt; con `turns` turnos
    gastados, aunque no haya respuesta :cite:p:`yao2023react`.

    >>> def write(texts):
    ...     return ["\\nRespuesta: 8" if text.endswith("8") else " 5 + 3 =" for text in texts]
    >>> use_tools(["Cuentas:"], write, calculator)
    [' 5 + 3 = 8\\nRespuesta: 8']
    """
    texts, live = list(prompts), list(range(len(prompts)))
    for _ in range(turns):
        for i, new in zip(live, write([texts[i] for i in live]), strict=True):
            texts[i] += new
        results = {i: run(texts[i]) for i in live}
        live = [i for i in live if results[i] is not None]
        for i in live:
            texts[i] += str(results[i])
        if not live:
            break
    return [text.removeprefix(prompt) for text, prompt in zip(texts, prompts, strict=True)]
