"""Lo que una definición del curso hace: su código y el de todo lo que alcanza, sin documentación."""

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from nbdeps.closure import UNUSED, Package, absolute, ancestry, dumped, files, is_text, only_types

# Dicen dónde se guarda lo que se calcula, no qué sale; de cómo se escribe responde `recipe.FORMAT`.
KEEPING = {"siguiente.runtime.recipe", "siguiente.runtime.trained", "siguiente.runtime.store"}
LOOSE = "*"  # lo que un módulo ejecuta al importarse y no es una definición
PLAIN = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


class Statement(NamedTuple):
    """Una sentencia de un módulo."""

    text: str
    """Lo que hace, dondequiera que esté; de lo que importa de su paquete, solo los nombres."""
    uses: frozenset[str]
    """Los nombres que usa; completos, los que importa ella misma."""


class Scope(NamedTuple):
    """Lo que un módulo define o ejecuta, y de qué nombre completo viene cada uno que importa."""

    statements: dict[str, list[Statement]]
    imports: dict[str, str]


class Definitions:
    """Las definiciones de un paquete: lee cada módulo una vez."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.scopes = dict.fromkeys(KEEPING, Scope({}, {}))

    def key(self, path: str) -> str:
        """Resume lo que hace una definición y todo lo que alcanza: su código y sus datos.

        La documentación, los comentarios y las anotaciones de tipo no cuentan: corregir una frase no obliga a
        entrenar otra vez; llevarla a otro módulo, tampoco. El resumen, 64 cifras hexadecimales, es el mismo
        en cualquier sistema y con cualquier Python.
        """
        parts, modules = [], set()
        for name in self.reached(path):
            module, _, own = name.rpartition(".")
            modules.add(module)
            parts.append("\n".join([own, *(each.text for each in self.statements(name))]).encode())
        for file in files(self.package, modules):
            if file.suffix != ".py":
                parts.append(f"{file.name}\n".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
        return hashlib.sha256(b"\0".join(sorted(parts))).hexdigest()

    def reached(self, path: str) -> list[str]:
        """Las definiciones que una alcanza por los nombres que usa.

        Se sigue cada nombre hasta el módulo que lo define. De un módulo alcanzado cuenta además lo que
        ejecuta al importarse y no es una definición. De un objeto no hace falta seguir los métodos: su clase
        entra entera.
        """
        pending, found = list(self.resolved(path)), set[str]()
        if not pending:
            raise ValueError(f"No hay una definición {path!r} en el curso: escriba su nombre completo.")
        while pending:
            if (name := pending.pop()) not in found:
                found.add(name)
                pending += self.leads(name)
        return sorted(name for name in found if self.statements(name))

    def statements(self, name: str) -> list[Statement]:
        """Las sentencias que definen un nombre completo."""
        module, _, own = name.rpartition(".")
        return self.scope(module).statements.get(own, [])

    def leads(self, name: str) -> Iterator[str]:
        """Las definiciones a que lleva una: las que usa, y lo que ejecuta su módulo al importarse."""
        module, _, own = name.rpartition(".")
        here = self.scope(module)
        yield from (f"{parent}.{LOOSE}" for parent in ancestry(module))
        if own not in here.statements:
            yield from self.resolved(name)  # un nombre que ese módulo importa
        for used in {used for statement in self.statements(name) for used in statement.uses}:
            mine = f"{module}.{used}" if used in here.statements else here.imports.get(used, used)
            yield from self.resolved(mine)

    def scope(self, module: str) -> Scope:
        """Lo que hay en un módulo: nada, si es de otra biblioteca o solo guarda."""
        if module not in self.scopes:
            ours = module.split(".")[0] == self.package.root.name
            file = self.package.source(module) if ours else None
            self.scopes[module] = parsed(file, module) if file else Scope({}, {})
        return self.scopes[module]

    def resolved(self, path: str) -> Iterator[str]:
        """Las definiciones a que lleva un nombre completo: una o, si es el de un módulo, todas las suyas."""
        module, _, name = path.rpartition(".")
        own, around = self.scope(path), self.scope(module)
        if own.statements or own.imports:
            yield from (f"{path}.{each}" for each in [*own.statements, *own.imports])
        elif name in around.statements:
            yield path
        elif name in around.imports:
            yield from self.resolved(around.imports[name])


COURSE = Definitions(Package(Path(__file__).parents[1]))


@cache
def code_key(path: str) -> str:
    """La clave de una definición del curso, como :meth:`Definitions.key`: la del código con que se empezó.

    >>> at = "siguiente.language_models.protocol"
    >>> code_key(f"{at}.UniformModel") == code_key(f"{at}.ByteTokenizer")
    False
    """
    return COURSE.key(path)


def reached(path: str) -> list[str]:
    """Las definiciones que alcanza una del curso, como :meth:`Definitions.reached`.

    >>> reached("siguiente.language_models.protocol.ByteTokenizer")
    ['siguiente.language_models.protocol.ByteTokenizer']
    """
    return COURSE.reached(path)


def parsed(file: Path, module: str) -> Scope:
    """Separa el código de un módulo en sentencias, por el nombre que definen, e importaciones."""
    tree = ast.parse(file.read_text("utf8"))
    statements, imports = defaultdict[str, list[Statement]](list), dict[str, str]()
    for part in ast.walk(tree):
        if isinstance(part, ast.ImportFrom):
            part.module, part.level = absolute(part, module, file.stem == "__init__"), 0
    for node in executed(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= imported_names(node)
            continue
        uses, names = frozenset(used_names(node)), bound(node)
        statement = Statement(text(node, module.split(".")[0]), uses)
        for name in names if names and isinstance(node, PLAIN) else [*names, LOOSE]:
            statements[name].append(statement)
    return Scope(statements, imports)


def executed(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Las sentencias que se ejecutan: ni los textos sueltos ni lo que solo es para los tipos."""
    for node in body:
        if only_types(node):
            yield from executed(node.orelse)  # type: ignore[attr-defined]
        elif not is_text(node):
            yield node


def text(node: ast.stmt, root: str) -> str:
    """Lo que una sentencia hace; lo que importa del paquete `root`, sin decir de qué módulo."""
    for part in ast.walk(node):
        if isinstance(part, ast.ImportFrom) and str(part.module).split(".")[0] == root:
            part.module = None
    return dumped(node)


def bound(node: ast.stmt) -> set[str]:
    """Los nombres que una sentencia deja en su módulo."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    names = (part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def imported_names(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """De cada nombre que deja una importación, lo que nombra."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}


def used_names(node: ast.AST) -> Iterator[str]:
    """Los nombres que una sentencia usa, fuera de las anotaciones, y los que importa por dentro."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from imported_names(node).values()
    for name, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else [value]:
            if name not in UNUSED and isinstance(part, ast.AST):
                yield from used_names(part)
