"""Lo que una definición del curso hace: su código y el de todo lo que alcanza, sin documentación."""

import ast
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from nbdeps.closure import (
    UNUSED,
    Package,
    absolute,
    ancestry,
    dumped,
    files,
    is_text,
    only_types,
)

# Dicen dónde se guarda lo que se calcula, no qué sale; de cómo se escribe responde `recipe.FORMAT`.
KEEPING = {
    "siguiente.runtime.recipe",
    "siguiente.runtime.trained",
    "siguiente.runtime.store",
    __name__,
}
LOOSE = "*"  # lo que un módulo ejecuta al importarse y no es una definición
PLAIN = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True, eq=False)
class Statement:
    """Una sentencia de un módulo, y los nombres que usa: completos, los que importa ella misma."""

    node: ast.stmt
    uses: frozenset[str]
    root: str

    @cached_property
    def text(self) -> str:
        """Lo que hace, dondequiera que esté; de lo que importa de su paquete, solo los nombres."""
        node = deepcopy(self.node)
        for part in ast.walk(node):
            if isinstance(part, ast.ImportFrom) and (
                part.level or f"{part.module}.".startswith(f"{self.root}.")
            ):
                part.module, part.level = None, 0
        return dumped(node)


@dataclass(frozen=True)
class Scope:
    """Lo que un módulo define o ejecuta, y de qué nombre completo viene cada uno que importa."""

    statements: dict[str, list[Statement]]
    imports: dict[str, str]

    def whole(self, module: str, name: str) -> str:
        """El nombre completo de lo que ese módulo llama así."""
        return f"{module}.{name}" if name in self.statements else self.imports.get(name, name)


EMPTY = Scope({}, {})


def code_key(path: str, package: Package | None = None) -> str:
    """Resume lo que hace una definición del curso y todo lo que alcanza: su código y sus datos.

    La documentación, los comentarios y las anotaciones de tipo no cuentan: corregir una frase no obliga a
    entrenar otra vez; llevarla a otro módulo, tampoco. El resumen, 64 cifras hexadecimales, es el mismo en
    cualquier sistema y con cualquier Python.

    >>> at = "siguiente.language_models.protocol"
    >>> code_key(f"{at}.UniformModel") == code_key(f"{at}.ByteTokenizer")
    False
    """
    return reader(package).key(path)


def reached(path: str, package: Package | None = None) -> dict[str, list[Statement]]:
    """Las definiciones que una alcanza por los nombres que usa, con sus sentencias.

    Se sigue cada nombre hasta el módulo que lo define. De un módulo alcanzado cuenta además lo que ejecuta al
    importarse y no es una definición. De un objeto no hace falta seguir los métodos: su clase entra entera.

    >>> list(reached("siguiente.language_models.protocol.ByteTokenizer"))
    ['siguiente.language_models.protocol.ByteTokenizer']
    """
    return reader(package).reached(path)


class Reader:
    """Lee los módulos de un paquete, cada uno una vez, y recuerda a qué lleva cada nombre."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.scopes = dict.fromkeys(KEEPING, EMPTY)
        self.next, self.keys = dict[str, tuple[str, ...]](), dict[str, str]()

    def key(self, path: str) -> str:
        """Resume lo que una definición alcanza."""
        if path not in self.keys:
            found = self.reached(path)
            parts = [("\n".join([own_name(name), *(s.text for s in found[name])])).encode() for name in found]
            for file in files(self.package, {name.rpartition(".")[0] for name in found}):
                if file.suffix != ".py":
                    parts.append(f"{file.name}\n".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
            self.keys[path] = hashlib.sha256(b"\0".join(sorted(parts))).hexdigest()
        return self.keys[path]

    def reached(self, path: str) -> dict[str, list[Statement]]:
        """Las definiciones que una alcanza."""
        pending, found = list(self.resolved(path)), set[str]()
        if not pending:
            raise ValueError(f"No hay una definición {path!r} en el curso: escriba su nombre completo.")
        while pending:
            if (name := pending.pop()) not in found:
                found.add(name)
                pending += self.leads(name)
        return {name: statements for name in sorted(found) if (statements := self.statements(name))}

    def statements(self, name: str) -> list[Statement]:
        """Las sentencias que definen un nombre completo."""
        module, _, own = name.rpartition(".")
        return self.scope(module).statements.get(own, [])

    def leads(self, name: str) -> tuple[str, ...]:
        """Las definiciones a que lleva una: las que usa, y lo que ejecuta su módulo al importarse."""
        if name not in self.next:
            module = name.rpartition(".")[0]
            here, statements = self.scope(module), self.statements(name)
            used = {here.whole(module, used) for statement in statements for used in statement.uses}
            paths = used if statements else {name}  # un nombre que ese módulo importa
            led = [each for path in sorted(paths) for each in self.resolved(path)]
            self.next[name] = (*(f"{parent}.{LOOSE}" for parent in ancestry(module)), *led)
        return self.next[name]

    def scope(self, module: str) -> Scope:
        """Lo que hay en un módulo: nada, si es de otra biblioteca o solo guarda."""
        if module not in self.scopes:
            ours = module.split(".")[0] == self.package.root.name
            file = self.package.source(module) if ours else None
            read = parsed(file.read_text("utf8"), module, file.stem == "__init__") if file else EMPTY
            self.scopes[module] = read
        return self.scopes[module]

    def resolved(self, path: str) -> Iterator[str]:
        """Las definiciones a que lleva un nombre completo: una o, si es el de un módulo, todas las suyas."""
        module, _, name = path.rpartition(".")
        own = self.scope(path)
        if own.statements or own.imports:
            yield from (f"{path}.{each}" for each in [*own.statements, *own.imports])
        elif name in self.scope(module).statements:
            yield path
        elif name in self.scope(module).imports:
            yield from self.resolved(self.scope(module).imports[name])


def reader(package: Package | None) -> Reader:
    """Quien lee un paquete; el del curso se lee otra vez si cambió alguno de sus archivos."""
    return Reader(package) if package else course_reader(stamp(Path(__file__).parents[1]))


@lru_cache(maxsize=1)
def course_reader(changes: tuple[object, ...]) -> Reader:
    """Quien lee el curso tal como está."""
    return Reader(Package(Path(__file__).parents[1]))


def stamp(folder: Path) -> tuple[object, ...]:
    """Los archivos de una carpeta, con lo que cambia en ellos al escribirlos."""
    facts: list[object] = []
    for entry in os.scandir(folder):
        if entry.is_dir():
            facts += stamp(Path(entry)) if entry.name not in ("__pycache__", "records") else ()
        else:
            facts.append((entry.path, entry.stat().st_mtime_ns, entry.stat().st_size))
    return tuple(facts)


@cache
def parsed(code: str, module: str, is_package: bool) -> Scope:
    """Separa un código en sentencias, por el nombre que definen, e importaciones."""
    statements, imports = defaultdict[str, list[Statement]](list), dict[str, str]()
    for node in executed(ast.parse(code).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= imported_names(node, module, is_package)
            continue
        statement = Statement(node, frozenset(used_names(node, module, is_package)), module.split(".")[0])
        names = bound(node)
        for name in names if names and isinstance(node, PLAIN) else [*names, LOOSE]:
            statements[name].append(statement)
    return Scope(dict(statements), imports)


def executed(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Las sentencias que se ejecutan: ni los textos sueltos ni lo que solo es para los tipos."""
    for node in body:
        if only_types(node):
            yield from executed(node.orelse)  # type: ignore[attr-defined]
        elif not is_text(node):
            yield node


def own_name(path: str) -> str:
    """El nombre de una definición sin su módulo."""
    return path.rpartition(".")[2]


def bound(node: ast.stmt) -> set[str]:
    """Los nombres que una sentencia deja en su módulo."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    names = (part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def imported_names(node: ast.Import | ast.ImportFrom, module: str, is_package: bool) -> dict[str, str]:
    """De cada nombre que deja una importación, lo que nombra."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
    base = absolute(node, module, is_package)
    return {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}


def used_names(node: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    """Los nombres que una sentencia usa, fuera de las anotaciones, y los que importa por dentro."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from imported_names(node, module, is_package).values()
    for name, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else [value]:
            if name not in UNUSED and isinstance(part, ast.AST):
                yield from used_names(part, module, is_package)
