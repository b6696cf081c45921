"""Construye el curso: `python docs/build.py --help` dice cómo."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

DOCS = Path(__file__).resolve().parent
BUILD = DOCS / "_build"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Lee las opciones de la orden."""
    parser = argparse.ArgumentParser(prog="nox -s docs --", description="Construye el curso.")
    parser.add_argument("page", nargs="?", help="ejecuta solo esta página, como prompting/completions")
    parser.add_argument("--no-run", action="store_true", help="no ejecuta nada: para escribir prosa")
    parser.add_argument("--live", action="store_true", help="sirve el curso y lo reconstruye al guardar")
    parser.add_argument("--linkcheck", action="store_true", help="comprueba los enlaces externos")
    parser.add_argument("--out", type=Path, default=BUILD, help="carpeta donde se construye")
    parser.add_argument("--minutes", type=float, default=60, help="minutos antes de darse por vencida")
    options = parser.parse_args(given)
    if options.page:
        options.page = options.page.removeprefix("docs/").removesuffix(".md")
        if not (DOCS / f"{options.page}.md").is_file():
            parser.error(f"no hay ninguna página con celdas en docs/{options.page}.md")
    return options


def folder(options: argparse.Namespace) -> Path:
    """Carpeta de esta construcción; la que no ejecuta no toca la otra."""
    return Path(options.out).resolve() / ("prose" if options.no_run or options.linkcheck else "")


def sphinx_command(options: argparse.Namespace) -> list[str]:
    """Orden de Sphinx: con ejecución, toda advertencia es un error."""
    out, builder = folder(options), "linkcheck" if options.linkcheck else "html"
    doctrees = out / "doctrees"
    command = [sys.executable, "-m", "sphinx", "-j2", "-b", builder, "-d", str(doctrees)]
    if options.no_run or options.linkcheck:
        command += ["-D", "nb_execution_mode=off"]
    else:
        command += ["-W"]
    if options.page:
        command += ["-D", f"execution_only={options.page}"]
    return [*command, str(DOCS), str(out / builder)]


def run(command: list[str], minutes: float) -> int:
    """Ejecuta una orden con un límite de tiempo; al vencer, termina también sus procesos."""
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait(60 * minutes)
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"La construcción no acabó en {minutes:g} minutos: se detiene.\n")
        return 124
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def preparations(options: argparse.Namespace) -> list[list[str]]:
    """Lo que se hace una vez, antes de ejecutar celdas: los artefactos y la lista de tipos de letra."""
    if options.no_run or options.linkcheck:
        return []
    # Sin la lista hecha, matplotlib avisaría por stderr en la primera página.
    fonts = [sys.executable, "-c", "import matplotlib.font_manager"]
    return [[sys.executable, "-m", "siguiente.artefacts"], fonts]


def build(options: argparse.Namespace) -> int:
    """Construye los artefactos y después el sitio; devuelve el código de salida."""
    start = time.monotonic()
    for step in [*preparations(options), sphinx_command(options)]:
        if code := run(step, options.minutes):
            return code
    index = folder(options) / "html" / f"{options.page or 'index'}.html"
    if not options.linkcheck:
        seconds = time.monotonic() - start
        sys.stdout.write(f"Listo en {seconds:.0f} s. Abra en un navegador:\n{index.as_uri()}\n")
    return 0


def live(options: argparse.Namespace) -> int:
    """Sirve el sitio en este equipo y lo reconstruye cuando cambia un archivo, hasta que se interrumpe."""
    module = sphinx_command(options).index("sphinx")
    command = [item for item in sphinx_command(options) if item not in {"-W", "-j2"}]
    command[module] = "sphinx_autobuild"
    ignored = [flag for name in ("*/_build/*", "*/__pycache__/*") for flag in ("--ignore", name)]
    for step in preparations(options):
        if code := run(step, options.minutes):
            return code
    return run([*command, "--watch", str(DOCS.parent / "src"), *ignored], minutes=24 * 60)


def main() -> int:
    """Hace lo que piden las opciones."""
    options = arguments()
    try:
        return live(options) if options.live else build(options)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
