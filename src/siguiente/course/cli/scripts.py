"""Lo común a los ejemplos de esta parte: sus opciones, su carpeta, sus avisos y su figura."""

import io
import json
import sys
import warnings
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from siguiente.runtime.store import write_atomically

if TYPE_CHECKING:
    from siguiente.language_models.training import TrainingConfig


CHECKPOINT, SETTINGS, FIGURE = "checkpoint.pt", "settings.json", "curves.png"
POLICY, REWARD, ANSWERS = "policy.safetensors", "reward.safetensors", "answers.jsonl"
REPORTS = 20  # veces que se guarda, poco más o menos
NOT_SETTINGS = {"out", "restart", "prompt"}  # con otro valor, el entrenamiento es el mismo


def make_parser(description: str | None, task: str) -> ArgumentParser:
    """Prepara las opciones que tienen todos los ejemplos; `task` da nombre a la carpeta, si no se dice otra.

    >>> make_parser("Ajusta.", "dpo").parse_args(["gustos.jsonl"]).out.name
    'dpo'
    """
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("data", nargs="?", type=Path, metavar="ARCHIVO", help="datos propios, en JSONL (los del curso)")
    add(
        "--policy",
        type=Path,
        metavar="ARCHIVO",
        help="otra política de partida: la que escribió otro ejemplo",
    )
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


def run_script(parser: ArgumentParser, run: Callable[[Namespace], str], given: Sequence[str] | None) -> int:
    """Lee las opciones, ejecuta el ejemplo, escribe lo que devuelve y da el código de salida.
    Los avisos y los errores salen en una línea, sin código. Si se interrumpe, dice cómo seguir.

    >>> run_script(make_parser("Ajusta.", "dpo"), lambda options: f"Va a {options.out}.", [])
    Va a dpo.
    0
    """
    options = parser.parse_args(given)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show
            sys.stdout.write(f"{run(options)}\n")
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrumpido; repita la misma orden, sin --restart, para seguir.\n")
        return 130
    return 0


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


def save_curves(
    path: Path, panels: Mapping[str, Mapping[str, Sequence[float]]], xlabel: str = "Paso"
) -> None:
    """Guarda como imagen los paneles de :func:`~siguiente.course.figures.steps.step_panels`, sin abrirlos."""
    import matplotlib
    import matplotlib.pyplot as plt

    from siguiente.course.figures.steps import step_panels

    matplotlib.use("agg")
    step_panels(panels, xlabel=xlabel)
    image = io.BytesIO()
    plt.savefig(image, format="png", dpi=150)
    plt.close()
    write_atomically(path, image.getvalue())


def _show(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Escribe un aviso como lo que es: algo que quien usa el ejemplo puede arreglar."""
    sys.stderr.write(f"Aviso: {message}\n")


def _settings(options: Namespace) -> dict[str, str]:
    """Lo que distingue una orden de otra; de cada archivo, el resumen SHA-256 de su contenido."""
    kept = {name: value for name, value in vars(options).items() if name not in NOT_SETTINGS}
    return {
        name: sha256(value.read_bytes()).hexdigest() if isinstance(value, Path) else str(value)
        for name, value in kept.items()
    }
