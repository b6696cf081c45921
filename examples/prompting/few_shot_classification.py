"""Clasifica los textos de un CSV con un modelo de verdad y unos ejemplos sacados del mismo archivo.

``python examples/prompting/few_shot_classification.py textos.csv --text texto --label tema``

Escribe en una carpeta lo que predice, cuánto acierta y qué etiquetas confunde. Si se interrumpe, la misma
orden sigue donde estaba.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from siguiente.course.cli import scripts

if TYPE_CHECKING:
    from torch import Tensor

    from siguiente.course.cli.few_shot_task import FewShotTask
    from siguiente.course.cli.score_log import ScoreLog
    from siguiente.language_models.protocol import TextModel

LOG, PREDICTIONS, FIGURE, SUMMARY = "scores.json", "predictions.csv", "confusion.png", "summary.txt"
RESULTS = (PREDICTIONS, FIGURE, SUMMARY)
FEWEST = 7  # ejemplos que se enseñan si no se dice cuántos; más, si hace falta para repartirlos por igual
CALIBRATIONS = ("none", "contextual", "batch")  # en el orden de `METHODS`
SHOTS = f"los mismos de cada etiqueta, y al menos {FEWEST} entre todas"
CALIBRATION = """descuenta las etiquetas que el modelo prefiere antes de leer: «batch», la de costumbre, las
estima con todos los textos (no cuesta nada ni mira las etiquetas verdaderas, pero supone que son casi igual
de frecuentes); «contextual», con textos sin contenido; «none» no descuenta nada. Se puede cambiar después sin
puntuar otra vez"""
CAUTION = """Las probabilidades se reparten solo entre las etiquetas y suman 1:
no son las que el modelo da a cada una entre todo lo que podría escribir."""


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, clasifica y escribe los resultados."""
    parser = scripts.new_parser(__doc__)
    add_options(parser)
    return scripts.run_script(parser, run, given)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declara las opciones de la orden."""
    add = parser.add_argument
    add("csv", type=Path, help="archivo CSV en UTF-8, con cabecera")
    add("--text", default="text", metavar="COLUMNA", help="la columna del texto (%(default)s)")
    add("--label", default="label", metavar="COLUMNA", help="la columna de la etiqueta (%(default)s)")
    add("--k", type=int, metavar="N", help=f"ejemplos que se sacan del archivo y no se clasifican ({SHOTS})")
    add("--seed", type=int, default=0, help="con la misma semilla, los mismos ejemplos (%(default)s)")
    add("--limit", type=int, metavar="N", help="clasifica solo N textos al azar; después se puede ampliar")
    add("--calibration", choices=CALIBRATIONS, default="batch", help=CALIBRATION)
    add("--template", default=r"Texto: <text>\nCategoría:", help="cómo se escribe un caso (%(default)s)")
    add("--out", type=Path, metavar="CARPETA", help="donde se escribe (NOMBRE-results, junto al CSV)")
    add("--restart", action="store_true", help="borra las puntuaciones y los resultados que hubiera")
    add("--model", default="gemma-3-270m", help="nombre del modelo en el catálogo (%(default)s)")


def run(options: argparse.Namespace) -> str:
    """Dice lo que va a hacer, puntúa lo que falta, escribe los resultados y devuelve el resumen."""
    from siguiente.course.cli.score_log import ScoreLog
    from siguiente.llm.files.loading import load

    task, folder, model = plan(options), results_folder(options), load(options.model)
    task.check_room(model)
    settings = {"model": options.model, "k": len(task.examples), "seed": options.seed, **task.settings}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"no se puede crear {folder}: elija otra carpeta (--out)") from error
    with ScoreLog.open(folder / LOG, settings, options.restart) as log:
        if options.restart:
            for name in RESULTS:
                (folder / name).unlink(missing_ok=True)
        scores = score(task, model, log)
        probabilities = calibrated(task, model, scores, options.calibration).exp()
        summary = write_results(folder, task, probabilities, options.calibration)
    return f"\n{summary}\n{scripts.written(folder, *RESULTS)}"


def plan(options: argparse.Namespace) -> "FewShotTask":
    """Lee el archivo, elige los ejemplos y dice qué se va a clasificar."""
    import torch

    from siguiente.course.cli.few_shot_task import few_shot_task
    from siguiente.course.cli.labelled_csv import read_labelled_texts
    from siguiente.prompting.few_shot import FewShotTemplate
    from siguiente.prompting.templates import Template

    rows = read_labelled_texts(options.csv, options.text, options.label)
    template = FewShotTemplate(Template(options.template.replace(r"\n", "\n")))
    generator = torch.Generator().manual_seed(options.seed)
    k = shots(options.k, len({row.label for row in rows}))
    task = few_shot_task(rows, template, k, generator, options.limit)
    if options.calibration == "batch" and len(task.rows) == 1:
        raise ValueError("con un solo texto no se sabe qué prefiere el modelo: use --calibration none")
    counts = Counter(row.label for row in rows)
    print(f"{len(rows)} textos: {', '.join(f'{label} ({n})' for label, n in sorted(counts.items()))}.")
    print(f"Ejemplos que se enseñan y no se clasifican: {len(task.examples)}.")
    for row in task.examples:
        print(f"  línea {row.line}, {row.label}: {shorten(row.text, 60, placeholder='…')}")
    print(f"Se clasifican {len(task.rows)} con {options.model}.", flush=True)
    return task


def shots(given: int | None, labels: int) -> int:
    """Cuántos ejemplos se enseñan; avisa si no pueden ser los mismos de cada etiqueta."""
    if given is None:
        return -(-FEWEST // labels) * labels
    if given % labels:
        print(f"Aviso: {given} ejemplos no se reparten por igual entre {labels} etiquetas.")
    return given


def results_folder(options: argparse.Namespace) -> Path:
    """Elige la carpeta de los resultados, que no deben tapar ni los textos ni otros sin su registro."""
    folder: Path = options.out or options.csv.with_name(f"{options.csv.stem}-results")
    for path in (folder / name for name in (LOG, *RESULTS)):
        if path.is_dir():
            raise ValueError(f"{path} es una carpeta, y ahí va un archivo: use otro sitio (--out)")
        if path.exists() and path.samefile(options.csv):
            raise ValueError(f"{path} tiene los textos, y ahí van resultados: use otra carpeta (--out)")
    known = options.restart or (folder / LOG).exists()
    if not known and any((folder / name).exists() for name in RESULTS):
        raise ValueError(f"{folder} ya tiene otros resultados: use otra carpeta (--out) o --restart")
    return folder


def score(task: "FewShotTask", model: "TextModel", log: "ScoreLog") -> "Tensor":
    """Puntúa las tandas que faltan, con una barra que dice cuánto queda, y devuelve todas, (N, C)."""
    from tqdm import tqdm

    lines = [row.line for row in task.rows]
    left = len(log.missing(lines))
    done = len(lines) - left
    print(f"Ya hay {done} puntuados; faltan {left}.", flush=True)
    bar = tqdm(desc="Clasificando", initial=done, total=len(lines), unit="textos", bar_format=scripts.BAR)
    with bar:
        for added in task.score_missing(model, log):
            bar.update(added)
    return log.tensor(lines)


def calibrated(task: "FewShotTask", model: "TextModel", raw: "Tensor", how: str) -> "Tensor":
    """Log-probabilidad de cada etiqueta entre todas, (N, C), con lo que se descuente."""
    from siguiente.prompting.few_shot import METHODS, FewShotScores
    from siguiente.prompting.labels import CONTENT_FREE

    content_free = task.score(model, CONTENT_FREE) if how == "contextual" else raw[:0]
    return FewShotScores(raw, content_free).calibrated(METHODS[CALIBRATIONS.index(how)])


def write_results(folder: Path, task: "FewShotTask", probabilities: "Tensor", calibration: str) -> str:
    """Escribe las predicciones, el resumen, que devuelve, y la figura, que es lo que más puede fallar."""
    from siguiente.course.cli.classification_report import predictions_csv, summary
    from siguiente.course.figures.heatmaps import confusion_heatmap
    from siguiente.evaluation.classification import confusion_matrix
    from siguiente.prompting.labels import label_indices
    from siguiente.runtime.store import write_atomically

    targets, guesses = label_indices(task.rows, task.labels), probabilities.argmax(1)
    matrix = confusion_matrix(targets, guesses, len(task.labels))
    text = f"{summary(matrix, task.labels)}\nCalibración: {calibration}.\n{CAUTION}\n"
    (folder / FIGURE).unlink(missing_ok=True)  # la de otra calibración no debe quedar junto a esta
    write_atomically(folder / PREDICTIONS, predictions_csv(task.rows, task.labels, probabilities))
    write_atomically(folder / SUMMARY, text)
    scripts.save_figure(folder / FIGURE, lambda: confusion_heatmap(matrix.tolist(), task.labels))
    return text


if __name__ == "__main__":
    sys.exit(main())
