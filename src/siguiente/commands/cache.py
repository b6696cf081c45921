"""Dice dónde guarda el curso lo que prepara y cuánto ocupa; lo comprueba o lo borra.

``siguiente cache``
``siguiente cache --verify``
``siguiente cache --clean``

Lo que se borra se prepara otra vez cuando hace falta: los modelos, de sus paquetes; lo demás, con su receta.
"""

from argparse import Namespace
from pathlib import Path

from siguiente.course.cli import command


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--verify", action="store_true", help="lee entero cada archivo y dice cuál está dañado"
    )
    group.add_argument("--clean", action="store_true", help="lo borra todo")


def run(options: Namespace) -> command.Result:
    """Enumera lo que hay; si se pide, lo comprueba o lo borra."""
    from siguiente.course.report.numbers import number
    from siguiente.runtime.store import cache_dir, is_intact

    folder = cache_dir()
    entries = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    sizes = {path.name: size(path) for path in entries}
    total = f"{number(sum(sizes.values()) / 1e6)} MB"
    facts = {"folder": str(folder), "bytes": sizes}
    if options.clean:
        clean(entries)
        return command.Result(f"Se borraron {total} de {folder}.", facts)
    lines = [f"{number(n / 1e6, 1):>9} MB  {name}" for name, n in sizes.items()]
    if options.verify:
        broken = [path.name for path in entries if not is_intact(path, thorough=True)]
        facts["damaged"] = broken
        lines.append(
            f"Dañado, y se rehará cuando haga falta: {', '.join(broken)}." if broken else "Todo está entero."
        )
    return command.Result("\n".join([*lines, f"En {folder} hay {total}."]), facts)


def size(folder: Path) -> int:
    """Los bytes de una carpeta."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def clean(entries: list[Path]) -> None:
    """Borra unas entradas, cada una con su turno tomado; la que alguien esté haciendo se queda."""
    import shutil

    from filelock import FileLock, Timeout

    for path in entries:
        lock = FileLock(path.with_name(f"{path.name}.lock"))
        try:
            with lock.acquire(timeout=0):
                shutil.rmtree(path)
        except Timeout as error:
            raise ValueError(f"Otro proceso está preparando {path.name}: espere a que termine.") from error
        Path(lock.lock_file).unlink(missing_ok=True)
