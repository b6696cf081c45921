"""Reglas de las celdas: cortas, con todo a la vista, sin clases, reloj ni azar suelto."""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator

from linting.reading import Cell, Page

LONGEST = 10
WIDEST = 79  # lo que cabe en la columna de la página a 1280 píxeles
CLOCK = re.compile(
    r"^(?:time\.(?:time|perf_counter|monotonic|process_time|strftime|localtime|sleep)(?:_ns)?"
    r"|(?:datetime\.)*(?:datetime|date)\.(?:now|today|utcnow)|timeit\..*)$"
)
# Funciones de azar global, sin generador propio.
RANDOM = re.compile(
    r"^(?:random\.(?!Random$)\w+|(?:np|numpy)\.random\.(?!default_rng$|Generator$|SeedSequence$)\w+"
    r"|torch\.(?:rand|randn|randint|randperm|multinomial|normal|bernoulli|poisson|rand_like|randn_like))$"
)
UNSEEDED = re.compile(r"^(?:np\.random\.|numpy\.random\.)?default_rng$|^torch\.Generator$|^random\.Random$")
# Los módulos que dibujan: todos menos el que da el estilo.
DRAWING = re.compile(r"^siguiente\.course\.figures\.(?!style$)\w+$")
MAGIC = re.compile(r"^\s*(?:[!%]|pip3? install\b)", re.MULTILINE)


def length(page: Page) -> Iterator[tuple[int, str]]:
    """Una celda visible tiene como mucho diez líneas."""
    for cell in page.cells:
        lines = [line for line in cell.source.split("\n") if line.strip()]
        if cell.visible and len(lines) > LONGEST:
            yield cell.line, f"celda de {len(lines)} líneas (como mucho, {LONGEST}): llévela a un módulo"


def width(page: Page) -> Iterator[tuple[int, str]]:
    """Una línea visible cabe en la columna."""
    for cell in page.cells:
        for number, line in enumerate(cell.source.split("\n")):
            if cell.visible and len(line) > WIDEST:
                yield cell.line + number, f"línea de {len(line)} columnas (como mucho, {WIDEST}): pártala"


def magic(page: Page) -> Iterator[tuple[int, str]]:
    """Las celdas no instalan nada ni dan órdenes al sistema."""
    for cell in page.cells:
        for match in MAGIC.finditer(cell.source):
            line = cell.line + cell.source.count("\n", 0, match.end())
            yield line, "orden de sistema, mágica o instalación en una celda"
        if cell.tree is None and not MAGIC.search(cell.source) and "raises-exception" not in cell.tags:
            yield cell.line, "la celda no es Python válido"


def definitions(page: Page) -> Iterator[tuple[int, str]]:
    """Las clases viven en el paquete."""
    for cell in page.cells:
        for node in cell.ast_nodes:
            if isinstance(node, ast.ClassDef):
                yield cell.line + node.lineno - 1, f"la clase «{node.name}» debe estar en el paquete"


def imported(page: Page) -> Iterator[tuple[int, str]]:
    """Todo lo que se importa se usa."""
    used = {node.id for cell in page.cells for node in cell.ast_nodes if isinstance(node, ast.Name)}
    for cell in page.cells:
        for node in cell.ast_nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    if (name := (alias.asname or alias.name).split(".")[0]) not in used:
                        yield cell.line + node.lineno - 1, f"se importa «{name}» y no se usa"


def shown(page: Page) -> Iterator[tuple[int, str]]:
    """Quien copia las celdas que ve, en orden, tiene todos los nombres que usan."""
    known = set(dir(builtins))
    for cell in page.cells:
        if cell.visible and cell.tree:
            used, made = global_names(symtable.symtable(cell.source, "celda", "exec"))
            for name in sorted(used - made - known):
                yield cell.line, f"usa «{name}», que ninguna celda visible define antes"
            known |= made


def global_names(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """Los nombres globales que usa un código, también dentro de sus funciones, y los que define.

    >>> used, made = global_names(symtable.symtable("a = lambda x: x + b", "celda", "exec"))
    >>> sorted(used), sorted(made)
    (['b'], ['a'])
    """
    symbols = table.get_symbols()
    top = table.get_type() == "module"
    used = {s.get_name() for s in symbols if s.is_referenced() and (top or s.is_global())}
    made = {s.get_name() for s in symbols if top and (s.is_assigned() or s.is_imported() or s.is_namespace())}
    return used.union(*(global_names(child)[0] for child in table.get_children())), made


def repeatable(page: Page) -> Iterator[tuple[int, str]]:
    """Sin reloj y sin azar que no lleve semilla: dos ejecuciones dan lo mismo."""
    for cell in page.cells:
        for node in cell.ast_nodes:
            if isinstance(node, ast.Call):
                yield from ((cell.line + node.lineno - 1, fault) for fault in called(cell, node))


def called(cell: Cell, call: ast.Call) -> Iterator[str]:
    """Lo que una llamada tiene de reloj o de azar sin semilla."""
    name = ast.unparse(call.func)
    seeded = any(keyword.arg in ("generator", "rng", "seed") for keyword in call.keywords)
    seeded_after = any(".manual_seed" in line for line in cell.source.split("\n")[call.lineno - 1 :])
    if CLOCK.match(name):
        yield f"«{name}» depende del reloj"
    if RANDOM.match(name) and not seeded:
        yield f"«{name}» usa azar global: pase un generador con semilla"
    if UNSEEDED.match(name) and not (call.args or seeded or seeded_after):
        yield f"«{name}» sin semilla"


def plotted(page: Page) -> Iterator[tuple[int, str]]:
    """La celda que dibuja dice cómo es su figura."""
    plots = {name for cell in page.cells for node in cell.ast_nodes for name in imported_plots(node)}
    for cell in page.cells:
        last = ast.walk(cell.tree.body[-1]) if cell.tree and cell.tree.body else ()
        draws = any(isinstance(node, ast.Call) and ast.unparse(node.func) in plots for node in last)
        if draws and not cell.options.get("mystnb") and "remove-cell" not in cell.tags:
            yield cell.line, "la figura de la celda no tiene leyenda, nombre ni texto alternativo (mystnb:)"


def imported_plots(node: ast.AST) -> list[str]:
    """Los nombres que una línea importa de los módulos que dibujan."""
    if isinstance(node, ast.ImportFrom) and DRAWING.match(node.module or ""):
        return [alias.asname or alias.name for alias in node.names]
    return []


CELL_RULES = [length, width, magic, definitions, imported, shown, repeatable, plotted]
