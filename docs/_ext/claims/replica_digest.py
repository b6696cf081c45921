"""Qué de una página se repite en sus réplicas: lo que calculan sus celdas y lo que afirma cada frase.

Degradar una afirmación no cambia lo que la página calcula, y por eso no caduca las demás.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbdeps.digest import python

ASSERTING = {"claim", "claim_close", "effect", "identity"}
TELLING = ASSERTING | {"reported", "glue"}


@dataclass(frozen=True)
class Statement:
    """Una afirmación escrita en una celda: las frases que puede producir y un resumen de lo que compara."""

    pattern: re.Pattern[str]
    digest: str
    asserts: bool

    def says(self, sentence: str) -> bool:
        """Dice si una frase pudo salir de aquí."""
        return self.pattern.fullmatch(sentence) is not None


class Computing(ast.NodeTransformer):
    """Quita de un código lo que solo cuenta, afirmaciones y números pegados, y lo que importa del curso."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Quita las llamadas que solo cuentan."""
        return None if called(node.value) in TELLING else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """Quita el verbo que devuelve un resultado contado."""
        return None if called(node.value) == "reported" else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        """Quita las importaciones del curso: llevar una función a otro módulo no cambia lo que calcula."""
        return None if f"{node.module}.".startswith("siguiente.") else node


def called(node: ast.AST) -> str:
    """Nombre de la función que una expresión llama."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def computation(cells: Iterable[str]) -> str:
    """Resume lo que unas celdas calculan; dónde acaba una y empieza otra no cambia nada.

    >>> one = computation(["x = 1\\nclaim('Uno.', 0, x, 1)", "y = 2"])
    >>> one == computation(["x = 1\\ny = 2\\nglue('x', str(x))"]), one == computation(["x = 2", "y = 2"])
    (True, False)
    """
    trees = [Computing().visit(ast.parse(python(cell))) for cell in cells]
    kept = "\n".join(ast.dump(statement) for tree in trees for statement in tree.body)
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def statements(cells: Iterable[str]) -> list[Statement]:
    """Las afirmaciones escritas en unas celdas.

    >>> made = statements(["for n in (1, 2): claim(f'Con {n} sube.', 0, n, 0.1)"])
    >>> made[0].says("Con 2 sube."), made[0].says("Con 2 baja.")
    (True, False)
    """
    return [
        Statement(pattern(node.args[0]), summary(node), called(node) in ASSERTING)
        for cell in cells
        for node in calls(ast.parse(python(cell)))
    ]


def statement_of(sentence: str, made: Iterable[Statement]) -> Statement | None:
    """La afirmación de la que salió una frase: de las que pudieron darla, la que trae escritas más letras.

    >>> made = statements(["reported(text, x)", "claim('Sube.', 0, x, 0.1)"])
    >>> statement_of("Sube.", made) is made[1], statement_of("Baja.", made) is made[0]
    (True, True)
    """
    able = [statement for statement in made if statement.says(sentence)]
    return max(able, key=lambda statement: len(statement.pattern.pattern.replace(".*", "")), default=None)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Las llamadas que afirman o cuentan, en el orden en que se leen."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in TELLING - {"glue"} and node.args:
            yield node


def pattern(sentence: ast.expr) -> re.Pattern[str]:
    """Las frases que puede dar una expresión: un texto, un texto con huecos o cualquiera."""
    if isinstance(sentence, ast.Constant):
        return re.compile(re.escape(str(sentence.value)))
    if isinstance(sentence, ast.JoinedStr):
        parts = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".*" for p in sentence.values)
        return re.compile("".join(parts), re.DOTALL)
    return re.compile(".*", re.DOTALL)


def summary(call: ast.Call) -> str:
    """Resume lo que una afirmación compara, sin el nombre de su clase."""
    values = [ast.dump(node) for node in (*call.args[1:], *call.keywords)]
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:8]
