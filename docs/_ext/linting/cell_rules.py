"""Reglas de las celdas: cortas, con todo a la vista, sin clases, red, reloj ni azar suelto."""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator

from linting.pages import Cell, Page

LONGEST = 10
WIDEST = 79  # lo que cabe en la columna de la página a 1280 píxeles
CLOCK = re.compile(
    r"^(?:time\.(?:time|perf_counter|monotonic|process_time|strftime|localtime|sleep)(?:_ns)?"
    r"|(?:datetime\.)*(?:datetime|date)\.(?:now|today|utcnow)|timeit\..*)$"
)
NETWORK = {"requests", "urllib", "httpx", "aiohttp", "socket", "http"}
# Funciones de azar global, sin generador propio.
RANDOM = re.compile(
    r"^(?:random\.(?!Random$)\w+|(?:np|numpy)\.random\.(?!default_rng$|Generator$|SeedSequence$)\w+"
    r"|torch\.(?:rand|randn|randint|randperm|multinomial|normal|bernoulli|poisson|rand_like|randn_like))$"
)
UNSEEDED = re.compile(r"^(?:np\.random\.|numpy\.random\.)?default_rng$|^torch\.Generator$|^random\.Random$")
# Los módulos que dibujan: todos menos el que da el estilo.
DRAWING = re.compile(r"^siguiente\.course\.figures\.(?!style$)\w+$")
MAGIC = re.compile(r"^\s*(?:[!%]|pip3? install\b)", re.MULTILINE)


def parse(cell: Cell) -> ast.Module | None:
    """Devuelve el árbol de una celda, o nada si lleva órdenes que no son Python."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Da cada llamada con el nombre completo de lo que llama."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


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
        if parse(cell) is None and not MAGIC.search(cell.source) and "raises-exception" not in cell.tags:
            yield cell.line, "la celda no es Python válido"


def definitions(page: Page) -> Iterator[tuple[int, str]]:
    """Las clases viven en el paquete."""
    for cell in page.cells:
        for node in ast.walk(parse(cell) or ast.Module([], [])):
            if isinstance(node, ast.ClassDef):
                yield cell.line + node.lineno - 1, f"la clase «{node.name}» debe estar en el paquete"


def imported(page: Page) -> Iterator[tuple[int, str]]:
    """Todo lo que se importa se usa."""
    used = {name for cell in page.cells for name in names(cell)}
    for cell in page.cells:
        for node in ast.walk(parse(cell) or ast.Module([], [])):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    if (name := (alias.asname or alias.name).split(".")[0]) not in used:
                        yield cell.line + node.lineno - 1, f"se importa «{name}» y no se usa"


def shown(page: Page) -> Iterator[tuple[int, str]]:
    """Quien copia las celdas que ve, en orden, tiene todos los nombres que usan."""
    known = set(dir(builtins))
    for cell in page.cells:
        if cell.visible and parse(cell):
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


def names(cell: Cell) -> Iterator[str]:
    """Da los nombres que usa una celda."""
    for node in ast.walk(parse(cell) or ast.Module([], [])):
        if isinstance(node, ast.Name):
            yield node.id


def repeatable(page: Page) -> Iterator[tuple[int, str]]:
    """Sin red, sin reloj y sin azar que no lleve semilla: dos ejecuciones dan lo mismo."""
    for cell in page.cells:
        tree = parse(cell) or ast.Module([], [])
        for call, name in calls(tree):
            line = cell.line + call.lineno - 1
            if CLOCK.match(name):
                yield line, f"«{name}» depende del reloj"
            seeded = any(keyword.arg in ("generator", "rng", "seed") for keyword in call.keywords)
            if RANDOM.match(name) and not seeded:
                yield line, f"«{name}» usa azar global: pase un generador con semilla"
            if UNSEEDED.match(name) and not call.args and not seeded and not followed_by_seed(cell, call):
                yield line, f"«{name}» sin semilla"
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and module_of(node) & NETWORK:
                yield cell.line + node.lineno - 1, "la celda usa la red"


def followed_by_seed(cell: Cell, call: ast.Call) -> bool:
    """Dice si a un generador recién hecho se le da la semilla en la misma celda."""
    after = cell.source.split("\n")[call.lineno - 1 :]
    return any(".manual_seed" in line for line in after)


def module_of(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Devuelve los paquetes de los que importa una línea."""
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in node.names}


def plotted(page: Page) -> Iterator[tuple[int, str]]:
    """La figura de una celda lleva leyenda, nombre y texto alternativo."""
    plots = {name for cell in page.cells for name in imported_plots(cell)}
    for cell in page.cells:
        options = cell.options.get("mystnb") or {}
        figure, image = options.get("figure") or {}, options.get("image") or {}
        last = (parse(cell) or ast.Module([], [])).body[-1:]
        draws = {name for node in last for _, name in calls(ast.Module([node], []))}
        if not options and draws & plots and "remove-cell" not in cell.tags:
            yield cell.line, "la figura de la celda no tiene leyenda, nombre ni texto alternativo (mystnb:)"
        if figure or image:
            yield from ((cell.line, text) for text in figure_faults(figure, image))


def figure_faults(figure: dict[str, str], image: dict[str, str]) -> Iterator[str]:
    """Da lo que falta en las opciones de una figura."""
    if not figure.get("caption"):
        yield "figura de una celda sin leyenda (figure: caption)"
    if not str(figure.get("name", "")).startswith("fig-"):
        yield "figura de una celda sin un nombre que empiece por fig-"
    if not image.get("alt"):
        yield "figura de una celda sin texto alternativo (image: alt)"


def imported_plots(cell: Cell) -> Iterator[str]:
    """Da los nombres de las funciones que dibujan, tal como se llaman en la celda."""
    for node in ast.walk(parse(cell) or ast.Module([], [])):
        if isinstance(node, ast.ImportFrom) and DRAWING.match(node.module or ""):
            yield from (alias.asname or alias.name for alias in node.names)


CELL_RULES = [length, width, magic, definitions, imported, shown, repeatable, plotted]
