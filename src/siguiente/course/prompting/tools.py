"""La página de las herramientas: lo que Gemma escribe con calculadora y sin ella, en los mismos problemas."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from siguiente.course.data.word_problems import WordProblem, load_word_problems
from siguiente.course.prompting.reasoning import worked_prompt
from siguiente.course.scoring import batches
from siguiente.language_models.sampling import complete, generate_batch, greedy
from siguiente.language_models.scoring import text_nats
from siguiente.llm.files.loading import opened
from siguiente.prompting.constrained import Constraint
from siguiente.prompting.tools import TURN, calculator, read_call, use_tools
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
SHOTS, TOGETHER = 4, 8  # problemas resueltos, y cuántos se escriben de cada vez
LENGTH = 16  # tokens de un turno, como mucho
RESULT = " -?[0-9]{1,4}"  # lo que Gemma puede escribir en el lugar de la calculadora
STEP = re.compile(r"(\d+) ([+×-]) (\d+) =")


@cache
def constraint(pattern: str) -> Constraint:
    """La restricción de un turno, `TURN`, o la de un resultado, `RESULT`."""
    return Constraint(pattern, opened(BASE).tokenizer, LENGTH)


def write_turns(texts: Sequence[str]) -> list[str]:
    """Lo que Gemma escribe en su turno detrás de cada texto, siempre lo más probable."""
    gemma = opened(BASE)
    ids, eos = [gemma.encode(text) for text in texts], gemma.tokenizer.eos_id
    rows = generate_batch(gemma.model, ids, LENGTH, greedy, eos, constraint(TURN).adjust)
    return [gemma.decode(row) for row in rows]


def write_alone(texts: Sequence[str]) -> list[str]:
    """Lo que Gemma escribe hasta el final de la línea, sin restricción y sin calculadora."""
    gemma = opened(BASE)
    ids, line_end = [gemma.encode(text) for text in texts], gemma.encode("\n")[-1]
    return [gemma.decode(row) for row in generate_batch(gemma.model, ids, 25, greedy, line_end)]


def guess(text: str) -> str | None:
    """Lo que Gemma cree que da la llamada con que termina un texto; `None`, si no hay llamada."""
    if read_call(text) is None:
        return None
    return complete(opened(BASE), text, LENGTH, adjust=constraint(RESULT).adjust)[0]


def write_with_guesses(texts: Sequence[str]) -> list[str]:
    """El control de la calculadora: el mismo bucle y la misma restricción, y la propia Gemma en su lugar."""
    return use_tools(texts, write_turns, guess)


def write_with_tool(texts: Sequence[str]) -> list[str]:
    """Lo que Gemma escribe con la calculadora, con lo que ella devuelve."""
    return use_tools(texts, write_turns, calculator)


WAYS = {"alone": write_alone, "guesses": write_with_guesses, "calculator": write_with_tool}


class Solved(NamedTuple):
    """Lo que salió de cada problema, en ceros y unos, (N,)."""

    first: Tensor
    """Si la primera operación es la que debía."""
    second: Tensor
    """Si la segunda es la que debía, después de los números que tuviera delante."""
    right: Tensor
    """Si la respuesta es la del problema."""


def solved(problems: Sequence[WordProblem], chains: Sequence[str]) -> Solved:
    """Compara lo que se escribió tras cada problema con sus operaciones y su respuesta.

    >>> problem = load_word_problems()[4]
    >>> solved([problem], [" 12 × 3 = 36; 36 - 7 = 29\\nRespuesta: 29"])
    Solved(first=tensor([1.]), second=tensor([1.]), right=tensor([1.]))
    """
    rows = []
    for problem, chain in zip(problems, chains, strict=True):
        calls = STEP.findall(chain)
        wanted = [
            (str(problem.a), problem.first, str(problem.b)),
            (str(problem.partial), problem.second, str(problem.c)),
        ]
        last = re.findall(r"\d+", chain)[-1:]
        rows.append([calls[:1] == wanted[:1], calls[1:] == wanted[1:], last == [str(problem.answer)]])
    return Solved(*torch.tensor(rows).float().unbind(1))


def load_tool_chains(way: str) -> list[str]:
    """Abre lo que Gemma escribió en los 40 problemas que no son ejemplos; si falta, lo escribe.
    `alone`, sin ayuda; `guesses`, con el bucle y sus propios resultados; `calculator`, con la calculadora.
    """
    return [chain for some in TOOL_CHAINS.rows(way) for chain in some]


def write_chains(part: Part) -> Run:
    """Escribe los problemas de una manera, de ocho en ocho."""
    problems = load_word_problems()
    prompts = [worked_prompt(problem, problems[:SHOTS]) for problem in problems[SHOTS:]]
    reports = (WAYS[part.name](some) for some in batches(prompts, TOGETHER))
    return Run(None, reports, lambda rows: text_nats(opened(BASE), rows[0][:1], context=prompts[0]).tolist())


TOOL_CHAINS = Trained("tool-chains", __name__, write_chains, parts=tuple(WAYS))
