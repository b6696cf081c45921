"""El cierre de un código: los archivos del paquete de los que dependen sus resultados."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Ni el código ni la ficha de unos datos son datos que una celda lea.
NOT_DATA = {".py", ".pyc", ".pyi", ".md"}
# De un árbol, lo que no cambia lo que el código hace: las anotaciones de tipo y cómo se escribió.
UNUSED = {"annotation", "returns", "type_comment", "type_ignores", "type_params", "kind", "ctx"}


@dataclass(frozen=True)
class Package:
    """Un paquete de Python en disco; `root` es la carpeta que lleva su nombre.

    >>> here = Package(Path(__file__).parent)
    >>> here.source("nbdeps.store").name, here.source("nbdeps.nada")
    ('store.py', None)
    """

    root: Path

    def source(self, module: str) -> Path | None:
        """Devuelve el archivo de un módulo, o `None` si no existe."""
        path = self.root.parent.joinpath(*module.split("."))
        candidates = (path / "__init__.py", path.with_name(path.name + ".py"))
        return next((file for file in candidates if file.is_file()), None)

    def modules(self) -> frozenset[str]:
        """Devuelve los nombres de todos los módulos del paquete."""
        files = (file.relative_to(self.root.parent).with_suffix("") for file in self.root.rglob("*.py"))
        return frozenset(".".join(file.parts).removesuffix(".__init__") for file in files)


def closure(package: Package, codes: Iterable[str]) -> frozenset[str]:
    """Módulos del paquete que unos códigos importan, directa o indirectamente.

    Cuentan los `import` escritos dentro de funciones y los `__init__` de los paquetes que contienen
    a cada módulo. Si algo no se puede analizar, el cierre es el paquete entero.

    >>> sorted(closure(Package(Path(__file__).parent), ["from nbdeps import closure"]))
    ['nbdeps', 'nbdeps.closure']
    """
    found: set[str] = set()
    try:
        pending = set().union(*(imported(code) for code in codes))
        while pending:
            for module in ancestry(pending.pop()):
                if module not in found and (file := module_file(package, module)):
                    found.add(module)
                    pending |= imported(file.read_text("utf8"), module, file.stem == "__init__")
    except SyntaxError:
        return package.modules()
    return frozenset(found)


def behaviour(file: Path) -> bytes:
    """Lo que un código hace: su árbol, sin documentación ni comentarios, igual con cualquier Python."""
    return dumped(ast.parse(file.read_text("utf8"))).encode()


def dumped(node: object) -> str:
    """Escribe un árbol. Lo que no está no se escribe: cada Python añade a los nodos campos vacíos.

    >>> dumped(ast.parse("def f(x: int) -> int:\\n    'Dobla.'\\n    return 2 * x").body[0].body)
    "[Return(value=BinOp(left=Constant(value=2), op=Mult(), right=Name(id='x')))]"
    """
    if isinstance(node, list):
        return f"[{', '.join(dumped(part) for part in node if not is_text(part))}]"
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if name not in UNUSED)
        written = (f"{name}={dumped(value)}" for name, value in fields if value not in (None, []))
        return f"{type(node).__name__}({', '.join(written)})"
    return repr(node)


def is_text(node: object) -> bool:
    """Dice si una sentencia es solo un texto, como la documentación de una función o de un campo."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def module_file(package: Package, module: str) -> Path | None:
    """Devuelve el archivo de un módulo si pertenece al paquete."""
    return package.source(module) if module.split(".")[0] == package.root.name else None


def files(package: Package, modules: Iterable[str]) -> frozenset[Path]:
    """Archivos de unos módulos y sus datos: los de la misma carpeta y el mismo nombre.

    >>> sorted(file.name for file in files(Package(Path(__file__).parent), ["nbdeps.store"]))
    ['store.py']
    """
    sources = [file for module in modules if (file := package.source(module))]
    data = (other for file in sources for other in file.parent.glob(f"{file.stem}.*"))
    return frozenset([*sources, *(file for file in data if file.suffix not in NOT_DATA and file.is_file())])


def ancestry(module: str) -> list[str]:
    """Un módulo y los paquetes que lo contienen: de `a.b`, `a` y `a.b`."""
    parts = module.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


@cache
def imported(code: str, module: str = "", is_package: bool = False) -> frozenset[str]:
    """Nombres que importa un código; `from a import b` puede ser el módulo `a.b`.

    >>> sorted(imported("from . import tweets", "pkg.data", is_package=True))
    ['pkg.data', 'pkg.data.tweets']
    """
    names: set[str] = set()
    for node in executable(ast.parse(code)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, module, is_package)
            names.update([base, *(f"{base}.{alias.name}" for alias in node.names)])
    return frozenset(names)


def absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """Nombre completo del módulo de un `from ... import`, también si es relativo."""
    parts = module.split(".")
    climbed = parts[: len(parts) - node.level + is_package] if node.level else []
    return ".".join([*climbed, *([node.module] if node.module else [])])


def executable(tree: ast.AST) -> Iterator[ast.AST]:
    """Recorre un árbol sin entrar en los bloques `if TYPE_CHECKING:`."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(node.orelse if only_types(node) else ast.iter_child_nodes(node))  # type: ignore[attr-defined]


def only_types(node: ast.AST) -> bool:
    """Dice si un nodo es `if TYPE_CHECKING:`, que nunca se ejecuta."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
