"""Lo común a los ejemplos: sus opciones, su carpeta, sus avisos, sus barras y sus figuras."""

import io
import json
import sys
import warnings
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from siguiente.runtime.store import write_atomically

if TYPE_CHECKING:
    from siguiente.language_models.training import TrainingConfig

Report = TypeVar("Report")
BAR = "{desc} {percentage:3.0f} % |{bar}| {n_fmt} de {total_fmt} {unit} [{elapsed}; quedan {remaining}]"
CHECKPOINT, SETTINGS, FIGURE = "checkpoint.pt", "settings.json", "curves.png"
POLICY, REWARD, ANSWERS = "policy.safetensors", "reward.safetensors", "answers.jsonl"
REPORTS = 20  # veces que se guarda, poco más o menos
NOT_SETTINGS = {"out", "restart", "prompt"}  # con otro valor, el entrenamiento es el mismo


def new_parser(description: str | None) -> ArgumentParser:
    """Las opciones de un ejemplo, todavía sin ninguna; de su descripción se respetan las líneas."""
    return ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)


def make_parser(description: str | None, task: str) -> ArgumentParser:
    """Las opciones de los ejemplos que ajustan una política; `task` da nombre a la carpeta si no se dice.

    >>> make_parser("Ajusta.", "dpo").parse_args(["gustos.jsonl"]).out.name
    'dpo'
    """
    parser = new_parser(description)
    add = parser.add_argument
    add("data", nargs="?", type=Path, metavar="ARCHIVO", help="datos propios, en JSONL (los del curso)")
    add("--policy", type=Path, metavar="ARCHIVO", help="la política de partida que escribió otro ejemplo")
    add("--seed", type=int, default=0, metavar="N", help="con la misma semilla, lo mismo (%(default)s)")
    add("--out", type=Path, default=Path(task), metavar="CARPETA", help="donde escribe (%(default)s)")
    add("--restart", action="store_true", help="olvida lo que esta orden dejó en la carpeta")
    parser.set_defaults(task=task)
    return parser


def add_training(parser: ArgumentParser, steps: int, batch: int, rate: float) -> None:
    """Añade las opciones de un entrenamiento, con sus valores si no se dicen otros."""
    add = parser.add_argument
    add("--steps", type=int, default=steps, metavar="N", help="pasos (%(default)s)")
    add("--batch", type=int, default=batch, metavar="N", help="ejemplos por paso (%(default)s)")
    add("--rate", type=float, default=rate, metavar="X", help="tasa de aprendizaje (%(default)s)")


def training_config(options: Namespace) -> "TrainingConfig":
    """Cómo se entrena, según las opciones de `add_training`."""
    from siguiente.language_models.training import TrainingConfig

    return TrainingConfig(
        steps=options.steps,
        batch_size=options.batch,
        learning_rate=options.rate,
        warmup=min(5, max(0, options.steps)),
        weight_decay=0.0,
        evaluate_every=max(1, options.steps // REPORTS),
        seed=options.seed,
    )


def run_script(
    parser: ArgumentParser,
    run: Callable[[Namespace], str | None],
    given: Sequence[str] | None,
    stopped: str = "; repita la misma orden, sin --restart, para seguir.",
) -> int:
    """Lee las opciones, ejecuta el ejemplo, escribe lo que devuelve y da el código de salida.
    Los avisos y los errores salen en una línea, sin código. Si se interrumpe, dice `stopped`.

    >>> run_script(make_parser("Ajusta.", "dpo"), lambda options: f"Va a {options.out}.", [])
    Va a dpo.
    0
    """
    options = parser.parse_args(given)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show
            said = run(options)
        if said is not None:
            sys.stdout.write(f"{said}\n")
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        sys.stderr.write(f"\nInterrumpido{stopped}\n")
        return 130
    return 0


def followed(reports: Iterable[Report], steps: int) -> list[Report]:
    """Los informes de un entrenamiento, con una barra que dice cuánto queda."""
    from tqdm import tqdm

    return list(tqdm(reports, total=steps, unit="paso"))


def written(folder: Path, *names: str) -> str:
    """La frase que dice dónde está lo que se escribió."""
    return f"Está todo en {folder}: {', '.join(names)}."


def check_place(path: Path, source: Path | None, overwrite: bool) -> None:
    """Antes de trabajar, comprueba que un resultado cabe donde se pide y no pisa nada, ni el texto."""
    if not path.parent.is_dir() or path.is_dir():
        raise ValueError(f"no se puede escribir {path}: elija un archivo de una carpeta que exista")
    if path.exists() and source is not None and source.exists() and path.samefile(source):
        raise ValueError(f"{path} es el texto, y ahí va un resultado: elija otro sitio")
    if path.exists() and not overwrite:
        raise ValueError(f"{path} ya existe: elija otro sitio o use --overwrite")


def open_folder(options: Namespace) -> None:
    """Prepara la carpeta de resultados, sin pisar nada que no sea de la misma orden, o dice en qué se
    diferencian. Las opciones que son archivos cuentan por su contenido.
    """
    folder, wanted = options.out, _settings(options)
    for name, value in vars(options).items():
        if isinstance(value, Path) and name != "out" and value.resolve().parent == folder.resolve():
            raise ValueError(f"{value} está donde van los resultados: use otra carpeta (--out).")
    log = folder / SETTINGS
    if folder.exists() and not log.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} ya existe y no es de este ejemplo: use otra carpeta (--out).")
    folder.mkdir(parents=True, exist_ok=True)
    found = json.loads(log.read_text("utf8")) if log.exists() else wanted
    other = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    if other and not options.restart:
        raise ValueError(
            f"{folder} tiene resultados de otros ajustes ({', '.join(other)}): use otra carpeta (--out) o "
            "empiece de nuevo (--restart)."
        )
    if options.restart:
        for name in (CHECKPOINT, FIGURE, POLICY, REWARD, ANSWERS):
            (folder / name).unlink(missing_ok=True)
    write_atomically(log, json.dumps(wanted, indent=1))


def save_figure(path: Path, draw: Callable[[], object]) -> None:
    """Guarda como imagen lo que se dibuja, sin abrirlo."""
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
    """Escribe un aviso como lo que es: algo que quien usa el ejemplo puede arreglar."""
    sys.stderr.write(f"Aviso: {message}\n")


def _settings(options: Namespace) -> dict[str, str]:
    """Lo que distingue una orden de otra; de cada archivo, el resumen SHA-256 de su contenido."""
    kept = {name: value for name, value in vars(options).items() if name not in NOT_SETTINGS}
    return {
        name: sha256(value.read_bytes()).hexdigest() if isinstance(value, Path) else str(value)
        for name, value in kept.items()
    }
