"""Lo común a las órdenes: sus opciones, su carpeta de resultados, sus avisos, sus barras y sus figuras."""

import io
import json
import math
import sys
import warnings
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from siguiente.runtime.store import write_atomically

if TYPE_CHECKING:
    from siguiente.language_models.training import TrainingConfig

Report = TypeVar("Report")
BAR = "{desc} {percentage:3.0f} % |{bar}| {n_fmt} de {total_fmt} {unit} [{elapsed}; quedan {remaining}]"
CHECKPOINT, SETTINGS, FIGURE = "checkpoint.pt", "settings.json", "curves.png"
POLICY, REWARD, ANSWERS = "policy.safetensors", "reward.safetensors", "answers.jsonl"
STDIN, STORE = "-", TemporaryDirectory(prefix="siguiente-")  # se borra al terminar
WIDEST = 600  # letras de un aviso
REPORTS = 20  # veces que se guarda, poco más o menos
# Con otro valor, el resultado es el mismo; lo demás de una orden lo decide.
NOT_SETTINGS = {"command", "run", "out", "restart", "prompt", "json", "told", "parser", "dry_run"}
WIDER = {"limit", "steps"}  # con un valor mayor, lo ya hecho sirve
DONE, WRONG, INTERRUPTED = 0, 2, 130
CODES = f"""La orden acaba con {DONE} si salió bien, con {WRONG} si algo de lo que se le dio no vale y con
{INTERRUPTED} si se interrumpió."""


@dataclass(frozen=True)
class Result:
    """Lo que una orden dice al terminar, y lo mismo como datos, para otros programas."""

    said: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Parser(ArgumentParser):
    """Las opciones de una orden; de su descripción se respetan las líneas, y un error es una sola frase."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Dice qué no vale y cómo se pide ayuda."""
        self.exit(WRONG, f"{self.prog}: {message}\nAyuda: {self.prog} --help\n")


def not_understood(order: Parser, unknown: Sequence[str]) -> str:
    """Qué se escribió que la orden no entiende y, si se parece a algo que sí, qué.

    >>> order = Parser(prog="siguiente dpo")
    >>> _ = order.add_argument("--beta")
    >>> not_understood(order, ["--betta", "1"])
    'esta orden no entiende: --betta 1. ¿Quiso decir --beta?'
    """
    known = [name for action in order._actions for name in action.option_strings]
    near = get_close_matches(unknown[0].partition("=")[0], known, 1)
    return f"esta orden no entiende: {' '.join(unknown)}" + (f". ¿Quiso decir {near[0]}?" if near else "")


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """El tipo de una opción que es un número entero dentro de unos límites.

    >>> whole(1)("3")
    3
    >>> whole(1)("0")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: debe ser un número entero, 1 como poco, y es «0»
    """

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least or (most is not None and value > most):
            limit = f"{least} como poco" if most is None else f"entre {least} y {most}"
            raise ArgumentTypeError(f"debe ser un número entero, {limit}, y es «{text}»")
        return value

    return read


def real(least: float = -math.inf, above: bool = False) -> Callable[[str], float]:
    """El tipo de una opción que es un número finito; con `above`, mayor que el menor.

    >>> real(0)("0.5")
    0.5
    >>> real(0, above=True)("nan")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: debe ser un número mayor que 0, y es «nan»
    """

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least or (above and value == least):
            limit = f"mayor que {least:g}" if above else f"{least:g} o más"
            raise ArgumentTypeError(
                f"debe ser un número {limit if math.isfinite(least) else 'finito'}, y es «{text}»"
            )
        return value

    return read


def source(text: str) -> Path:
    """El tipo de una opción que es un archivo; «-» es la entrada estándar, que se guarda aparte al leerla."""
    if text != STDIN:
        return Path(text)
    path = Path(STORE.name, "stdin")
    path.write_bytes(sys.stdin.buffer.read())
    return path


COUNT = whole(1)
SEED = whole(0, 2**32 - 1)
POSITIVE = real(0, above=True)


def add_results(parser: Parser, folder: str) -> None:
    """Añade dónde van los resultados, que es siempre una carpeta, y cómo se empieza de nuevo.

    >>> parser = Parser()
    >>> add_results(parser, "dpo")
    >>> parser.parse_args([]).out.name
    'dpo'
    """
    add = parser.add_argument
    add("--out", type=Path, default=Path(folder), metavar="CARPETA", help="donde escribe (%(default)s)")
    add("--restart", action="store_true", help="olvida lo que esta orden dejó en la carpeta")


def add_text(parser: Parser) -> None:
    """Añade el texto con que se aprende; sin él, lo que la orden aprende son los cuentos."""
    told = "un texto en UTF-8, o «-» (los cuentos del curso)"
    parser.add_argument("text", nargs="?", type=source, metavar="ARCHIVO", help=told)


def add_seed(parser: Parser) -> None:
    """Añade la semilla del azar."""
    parser.add_argument(
        "--seed", type=SEED, default=0, metavar="N", help="con la misma semilla, lo mismo (%(default)s)"
    )


def add_policy(parser: Parser, folder: str) -> None:
    """Añade lo que es de toda orden que parte de una política: sus datos, la política, semilla y carpeta."""
    add = parser.add_argument
    add("data", nargs="?", type=source, metavar="ARCHIVO", help="datos propios, en JSONL (los del curso)")
    add("--policy", type=Path, metavar="ARCHIVO", help="la política de partida que escribió otra orden")
    add_seed(parser)
    add_results(parser, folder)


def add_training(parser: Parser, steps: int, batch: int, rate: float) -> None:
    """Añade las opciones de un entrenamiento, con sus valores si no se dicen otros."""
    add = parser.add_argument
    add("--steps", type=COUNT, default=steps, metavar="N", help="pasos (%(default)s)")
    add("--batch", type=COUNT, default=batch, metavar="N", help="ejemplos por paso (%(default)s)")
    add("--rate", type=POSITIVE, default=rate, metavar="X", help="tasa de aprendizaje (%(default)s)")


def training_config(options: Namespace) -> "TrainingConfig":
    """Cómo se entrena, según las opciones de `add_training`."""
    from siguiente.language_models.training import TrainingConfig

    return TrainingConfig(
        steps=options.steps,
        batch_size=options.batch,
        learning_rate=options.rate,
        warmup=min(5, options.steps),
        weight_decay=0.0,
        evaluate_every=max(1, options.steps // REPORTS),
        seed=options.seed,
    )


def perform(options: Namespace) -> int:
    """Ejecuta la orden elegida, escribe lo que devuelve y da el código de salida.

    Los avisos y los errores salen en una línea, sin código. Con `--json`, lo que se escribe para leer va a
    stderr, y a stdout, solo el resultado.
    """
    options.told = sys.stdout
    try:
        check_texts(options)
        with warnings.catch_warnings(), redirect_stdout(sys.stderr) if options.json else nullcontext():
            warnings.showwarning = _show
            result: Result | None = options.run(options)
        if result is not None:
            said = json.dumps(result.facts, ensure_ascii=False) if options.json else result.said
            options.told.write(f"{said}\n")
    except (ValueError, OSError) as error:
        options.parser.error(brief(str(error)))
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrumpido. Lo terminado está guardado: la misma orden, repetida, sigue ahí.\n")
        return INTERRUPTED
    return DONE


def brief(message: str) -> str:
    """Un aviso que cabe en la pantalla, aunque cite un texto larguísimo: se quita lo de en medio.

    >>> len(brief("a" * 10**6)), brief("Falta --steps.")
    (603, 'Falta --steps.')
    """
    half = WIDEST // 2
    return message if len(message) <= WIDEST else f"{message[:half]} … {message[-half:]}"


def check_texts(options: Namespace) -> None:
    """Comprueba que lo que se escribió en la orden es texto: lo que no es UTF-8 llega disfrazado."""
    from siguiente.course.cli.records import check_whole

    for name, value in vars(options).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                check_whole(text, name)


def followed(reports: Iterable[Report], steps: int) -> list[Report]:
    """Los informes de un entrenamiento, con una barra que dice cuánto queda."""
    from tqdm import tqdm

    return list(tqdm(reports, "Entrenando", steps, unit="pasos", bar_format=BAR))


def written(folder: Path, *names: str) -> str:
    """La frase que dice dónde está lo que se escribió."""
    return f"Está todo en {folder}: {', '.join(names)}."


def open_folder(options: Namespace, *results: str) -> None:
    """Prepara la carpeta de resultados, sin pisar nada que no sea de la misma orden, o dice en qué se
    diferencian. Las opciones que son archivos cuentan por su contenido.

    Se llama cuando ya se comprobó todo lo demás: con `--restart` borra `results`, lo que la orden escribe.
    """
    folder, wanted = options.out, _settings(options)
    for name, value in vars(options).items():
        if isinstance(value, Path) and name != "out" and value.resolve().parent == folder.resolve():
            raise ValueError(f"{value} está donde van los resultados: use otra carpeta (--out).")
    log = folder / SETTINGS
    if folder.exists() and not log.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} ya existe y no es de esta orden: use otra carpeta (--out).")
    found = _known(log) if log.exists() else wanted
    if options.restart and found.get("command") != wanted["command"]:
        raise ValueError(f"{folder} tiene los resultados de otra orden: use otra carpeta (--out).")
    other = sorted(name for name in {*found, *wanted} if not _serves(name, found, wanted))
    if other and not options.restart:
        raise ValueError(
            f"{folder} tiene resultados de otros ajustes ({', '.join(other)}): use otra carpeta (--out) o "
            "empiece de nuevo (--restart)."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if options.restart:
        for name in results:
            (folder / name).unlink(missing_ok=True)
    write_atomically(log, json.dumps(wanted, indent=1, ensure_ascii=False))


def open_training(options: Namespace, config: "TrainingConfig", *results: str) -> Path:
    """Prepara la carpeta de un entrenamiento y da su punto de control, que sirve también para más pasos."""
    from siguiente.course.cli.extension import extend

    open_folder(options, CHECKPOINT, *results)
    checkpoint: Path = options.out / CHECKPOINT
    extend(checkpoint, config)
    return checkpoint


def _known(log: Path) -> dict[str, str]:
    """Los ajustes con que se hizo lo que hay en una carpeta."""
    try:
        return dict(json.loads(log.read_text("utf8")))
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{log} está dañado o no es de esta orden: use otra carpeta (--out).") from error


def _serves(name: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Dice si lo hecho con un ajuste sirve para lo que se pide."""
    if name in WIDER and found.get(name, "").isdecimal() and wanted.get(name, "").isdecimal():
        return int(wanted[name]) >= int(found[name])
    return found.get(name) == wanted.get(name)


def _settings(options: Namespace) -> dict[str, str]:
    """Lo que distingue una orden de otra; de cada archivo, el resumen SHA-256 de su contenido."""
    kept = {name: value for name, value in vars(options).items() if name not in NOT_SETTINGS}
    return {"command": options.command} | {name: _setting(value) for name, value in kept.items()}


def _setting(value: object) -> str:
    """Cómo se anota un ajuste."""
    from siguiente.course.cli.text_file import read_bytes

    if not isinstance(value, Path):
        return str(value)
    return str(value.resolve()) if value.is_dir() else sha256(read_bytes(value)).hexdigest()


def save_figure(path: Path, draw: Callable[[], object]) -> None:
    """Guarda como imagen lo que se dibuja, sin abrirlo."""
    import logging

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # lo que avisa, en inglés, no lo arregla nadie
    import matplotlib
    import matplotlib.pyplot as plt

    matplotlib.use("agg")  # sin ventana
    draw()
    plt.savefig(image := io.BytesIO(), format="png", dpi=150)
    plt.close()
    write_atomically(path, image.getvalue())


def save_curves(
    path: Path, panels: Mapping[str, Mapping[str, Sequence[float]]], xlabel: str = "Paso"
) -> None:
    """Guarda como imagen los paneles de :func:`~siguiente.course.figures.panels.step_panels`."""
    from siguiente.course.figures.panels import step_panels

    save_figure(path, lambda: step_panels(panels, xlabel=xlabel))


def _show(message: Warning | str, *where: object, **more: object) -> None:
    """Escribe un aviso como lo que es: algo que quien usa la orden puede arreglar."""
    sys.stderr.write(f"Aviso: {brief(str(message))}\n")
