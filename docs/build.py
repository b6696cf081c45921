"""Construye el curso: `python docs/build.py --help` dice cómo."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

DOCS = Path(__file__).resolve().parent
BUILD = DOCS / "_build"
sys.path.insert(0, str(DOCS / "_ext"))

from building.processes import call, ending_together, leave_with, only_one  # noqa: E402
from siguiente.runtime.store import settle_folders  # noqa: E402

if TYPE_CHECKING:
    from building.performance import Failure


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Lee las opciones de la orden."""
    parser = argparse.ArgumentParser(prog="nox -s docs --", description="Construye el curso.")
    parser.add_argument("page", nargs="*", help="ejecuta solo estas páginas, como prompting/completions")
    parser.add_argument("--strict", action="store_true", help="acaba con 1 si no se cumple una afirmación")
    parser.add_argument("--jobs", type=int, help="páginas a la vez; si no se dice, según núcleos y memoria")
    parser.add_argument(
        "--scheduler", default="", help="dirección de un planificador de Dask que las ejecute"
    )
    parser.add_argument("--no-run", action="store_true", help="no ejecuta nada: para escribir prosa")
    parser.add_argument("--live", action="store_true", help="sirve el curso y lo reconstruye al guardar")
    parser.add_argument(
        "--port", type=int, default=8000, help="puerto en que se sirve; si está ocupado, otro"
    )
    parser.add_argument("--linkcheck", action="store_true", help="comprueba los enlaces externos")
    parser.add_argument("--run-only", action="store_true", help="ejecuta y no compone el sitio")
    parser.add_argument("--out", type=Path, default=BUILD, help="carpeta donde se construye")
    parser.add_argument(
        "--minutes", type=float, default=60, help="minutos antes de que Sphinx se dé por vencido"
    )
    options = parser.parse_args(given)
    options.page = [page.removeprefix("docs/").removesuffix(".md") for page in options.page]
    for page in options.page:
        if not (DOCS / f"{page}.md").is_file():
            parser.error(f"no hay ninguna página con celdas en docs/{page}.md")
    if options.jobs is not None and options.jobs < 1:
        parser.error("--jobs debe ser 1 o más")
    return options


def folder(options: argparse.Namespace) -> Path:
    """Carpeta de esta construcción; la que no ejecuta no toca la otra."""
    return Path(options.out).resolve() / ("prose" if options.no_run or options.linkcheck else "")


def sphinx_command(options: argparse.Namespace) -> list[str]:
    """Orden de Sphinx: con resultados, toda advertencia es un error, pero no la última."""
    out, builder = folder(options), "linkcheck" if options.linkcheck else "html"
    command = [sys.executable, "-m", "sphinx", "-j", "auto", "-q", "-b", builder, "-d", str(out / "doctrees")]
    if options.no_run or options.linkcheck:
        command += ["-D", "execution_off=1"]
    else:
        command += ["-W"]
    if options.page:
        command += ["-D", f"execution_only={','.join(options.page)}"]
    return [*command, str(DOCS), str(out / builder)]


def build(options: argparse.Namespace) -> int:
    """Ejecuta lo caducado, compone el sitio y dice lo que salió mal; devuelve el código de salida."""
    start, failures, unmet = time.monotonic(), [], []
    if not (options.no_run or options.linkcheck):
        from building.our_course import our_course, prepare_kernels
        from building.runner import run, unmet_claims

        course = our_course(folder(options))
        prepare_kernels(course.work)
        failures = run(course, options.page, options.jobs, options.scheduler)
        unmet = unmet_claims(course, options.page)
    code = 0 if options.run_only else compose(options)
    tell(failures, unmet)
    index = folder(options) / "html" / f"{options.page[0] if options.page else 'index'}.html"
    if index.is_file() and not (options.linkcheck or options.run_only):
        seconds = time.monotonic() - start
        sys.stdout.write(f"Listo en {seconds:.0f} s. Abra en un navegador:\n{index.as_uri()}\n")
    return 1 if failures or code or (options.strict and unmet) else 0


def compose(options: argparse.Namespace) -> int:
    """Compone el sitio con lo ya ejecutado, si algo cambió desde la última vez."""
    from building.composed import is_current, read_by, settle

    command, out = sphinx_command(options), folder(options)
    read = read_by(command, DOCS, out)
    if is_current(command, read, out):
        sys.stdout.write("Nada ha cambiado desde la última vez.\n")
        return 0
    sys.stdout.write("Se compone el sitio.\n")
    sys.stdout.flush()
    return settle(call(command, options.minutes), command, read, out)


def tell(failures: Sequence["Failure"], unmet: Sequence[tuple[str, str]]) -> None:
    """Enumera lo que se detuvo y lo que no se cumplió, con lo que se puede hacer."""
    for failure in failures:
        sys.stderr.write(f"{failure.detail}\n" if failure.detail else "")
    if failures:
        sys.stderr.write("Se detuvo, y el sitio lo dice en su lugar:\n")
        sys.stderr.writelines(f"  {failure.name}: {failure.reason}\n" for failure in failures)
    if unmet:
        sys.stderr.write(f"Afirmaciones que no se cumplieron en este equipo: {len(unmet)}. Están marcadas:\n")
        sys.stderr.writelines(f"  {page}: {sentence}\n" for page, sentence in unmet)


def live(options: argparse.Namespace) -> int:
    """Sirve el sitio en este equipo y lo reconstruye cuando cambia un archivo, hasta que se interrumpe."""
    command = [item for item in sphinx_command(options) if item not in {"-W", "-q"}]
    command[command.index("sphinx")] = "sphinx_autobuild"
    ignored = [flag for name in ("*/_build/*", "*/__pycache__/*") for flag in ("--ignore", name)]
    before = f'"{sys.executable}" "{DOCS / "build.py"}" --run-only {" ".join(options.page)}'
    served = [
        "--port",
        str(free_port(options.port)),
        "--pre-build",
        before,
        "--watch",
        str(DOCS.parent / "src"),
    ]
    return call([*command, *served, *ignored], minutes=24 * 60)


def free_port(wanted: int) -> int:
    """El puerto pedido o, si otro programa lo tiene, uno libre."""
    import socket

    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("No hay ningún puerto libre en este equipo.")


def main() -> int:
    """Hace lo que piden las opciones; si la interrumpen, no deja ningún proceso."""
    options = arguments()
    out = folder(options)
    try:
        settle_folders()
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.stderr.write(f"{error.strerror or error}\n")
        return 2
    try:
        with ending_together(), only_one(out / "build.lock"):
            return live(options) if options.live else build(options)
    except TimeoutExpired:
        sys.stderr.write(f"La construcción no acabó en {options.minutes:g} minutos: se detiene.\n")
        return 124


if __name__ == "__main__":
    leave_with(main)
