"""Clasifica los textos de un CSV con un modelo de verdad y unos ejemplos sacados del mismo archivo.

``siguiente classify textos.csv --text texto --label tema``

Las filas sin etiqueta también se clasifican; cuánto se acierta se mide con las demás. Escribe en una carpeta
lo que predice, cuánto acierta, qué etiquetas confunde y un informe para leer. Si se interrumpe, la misma
orden sigue donde estaba.
"""

from argparse import Namespace
from collections import Counter
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from siguiente.course.cli import command
from siguiente.course.cli.models import add_model

if TYPE_CHECKING:
    from torch import Tensor

    from siguiente.course.cli.few_shot_task import FewShotTask
    from siguiente.course.cli.score_log import ScoreLog
    from siguiente.language_models.protocol import TextModel

LOG, PREDICTIONS, FIGURE = "scores.json", "predictions.csv", "confusion.png"
SUMMARY, REPORT = "summary.txt", "report.html"
RESULTS = (PREDICTIONS, SUMMARY, REPORT, FIGURE)
TIMED = 8  # textos con que se mide lo que se tarda
FEWEST = 7  # ejemplos que se enseñan si no se dice cuántos; más, si hace falta para repartirlos por igual
CALIBRATIONS = ("none", "contextual", "batch")  # en el orden de `METHODS`
SHOTS = f"los mismos de cada etiqueta, y al menos {FEWEST} entre todas"
CALIBRATION = """descuenta las etiquetas que el modelo prefiere antes de leer: «batch», la de costumbre, las
estima con todos los textos (no cuesta nada ni mira las etiquetas verdaderas, pero supone que son casi igual
de frecuentes); «contextual», con textos sin contenido; «none» no descuenta nada. Se puede cambiar después sin
puntuar otra vez"""
CAUTION = """Las probabilidades se reparten solo entre las etiquetas y suman 1:
no son las que el modelo da a cada una entre todo lo que podría escribir."""


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    add("csv", type=Path, metavar="ARCHIVO", help="un CSV en UTF-8, con cabecera")
    add("--text", default="text", metavar="COLUMNA", help="la columna del texto (%(default)s)")
    add("--label", default="label", metavar="COLUMNA", help="la columna de la etiqueta (%(default)s)")
    add("--k", type=command.whole(0), metavar="N", help=f"ejemplos que se sacan y no se clasifican ({SHOTS})")
    command.add_seed(parser)
    add(
        "--limit",
        type=command.COUNT,
        metavar="N",
        help="clasifica solo N textos al azar; después se puede ampliar",
    )
    add("--calibration", choices=CALIBRATIONS, default="batch", help=CALIBRATION)
    add(
        "--template",
        default=r"Texto: <text>\nCategoría:",
        metavar="TEXTO",
        help="cómo se escribe un caso (%(default)s)",
    )
    add(
        "--dry-run",
        action="store_true",
        help="dice lo que costaría, en tokens y en minutos, y no escribe nada",
    )
    add("--out", type=Path, metavar="CARPETA", help="donde escribe (NOMBRE-results, junto al CSV)")
    add("--restart", action="store_true", help="borra las puntuaciones y los resultados que hubiera")
    add_model(parser)


def run(options: Namespace) -> command.Result:
    """Dice lo que va a hacer, puntúa lo que falta, escribe los resultados y devuelve el resumen."""
    from siguiente.course.cli.cost import in_pieces
    from siguiente.course.cli.models import open_model
    from siguiente.course.cli.score_log import ScoreLog

    task, separator = plan(options)
    folder, model = results_folder(options), in_pieces(open_model(options))
    task.check_room(model)
    if options.dry_run:
        return cost(task, model)
    settings = {"model": options.model, "k": len(task.examples), "seed": options.seed, **task.settings}
    if options.adapter:
        settings["adapter"] = str(options.adapter)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"No se puede crear {folder}: elija otra carpeta (--out).") from error
    with ScoreLog.open(folder / LOG, settings, options.restart) as log:
        if options.restart:
            for name in RESULTS:
                (folder / name).unlink(missing_ok=True)
        scores = score(task, model, log)
        probabilities = calibrated(task, model, scores, options.calibration).exp()
        summary, facts = write_results(folder, task, probabilities, options.calibration, separator)
    return command.Result(f"\n{summary}\n{command.written(folder, *RESULTS)}", facts | {"out": str(folder)})


def plan(options: Namespace) -> "tuple[FewShotTask, str]":
    """Lee el archivo, elige los ejemplos y dice qué se va a clasificar; da también su separador."""
    import torch

    from siguiente.course.cli.few_shot_task import few_shot_task
    from siguiente.course.cli.labelled_csv import read_table
    from siguiente.prompting.few_shot import FewShotTemplate
    from siguiente.prompting.templates import Template

    rows, separator = read_table(options.csv, options.text, options.label)
    template = FewShotTemplate(Template(options.template.replace(r"\n", "\n")))
    generator = torch.Generator().manual_seed(options.seed)
    counts = Counter(row.label for row in rows if row.label)
    task = few_shot_task(rows, template, shots(options.k, len(counts)), generator, options.limit)
    if options.calibration == "batch" and len(task.rows) == 1:
        raise ValueError("Con un solo texto no se sabe qué prefiere el modelo: use --calibration none.")
    print(f"{len(rows)} textos: {', '.join(f'{label} ({n})' for label, n in sorted(counts.items()))}", end="")
    print(f", sin etiqueta ({len(rows) - counts.total()})." if counts.total() < len(rows) else ".")
    print(f"Ejemplos que se enseñan y no se clasifican: {len(task.examples)}.")
    for row in task.examples:
        print(f"  línea {row.line}, {row.label}: {shorten(row.text, 60, placeholder='…')}")
    print(f"Se clasifican {len(task.rows)} con {options.model}.", flush=True)
    return task, separator


def shots(given: int | None, labels: int) -> int:
    """Cuántos ejemplos se enseñan; avisa si no pueden ser los mismos de cada etiqueta."""
    if given is None:
        return -(-FEWEST // labels) * labels
    if given % labels:
        print(f"Aviso: {given} ejemplos no se reparten por igual entre {labels} etiquetas.")
    return given


def results_folder(options: Namespace) -> Path:
    """Elige la carpeta de los resultados, que no deben tapar ni los textos ni otros sin su registro."""
    folder: Path = options.out or options.csv.with_name(f"{options.csv.stem}-results")
    for path in (folder / name for name in (LOG, *RESULTS)):
        if path.is_dir():
            raise ValueError(f"{path} es una carpeta, y ahí va un archivo: use otro sitio (--out).")
        if path.exists() and path.samefile(options.csv):
            raise ValueError(f"{path} tiene los textos, y ahí van resultados: use otra carpeta (--out).")
    if not (folder / LOG).exists() and any((folder / name).exists() for name in RESULTS):
        raise ValueError(
            f"{folder} ya tiene otros resultados, que no son de esta orden: use otra carpeta (--out)."
        )
    return folder


def cost(task: "FewShotTask", model: "TextModel[Any]") -> command.Result:
    """Lo que costaría todo: los tokens que se leen y, según lo que tarda una tanda, los minutos."""
    import time

    from siguiente.course.report.numbers import number

    tokens, some = task.tokens(model), task.pool[: min(TIMED, len(task.rows))]
    task.score(model, [some[0].text])  # la primera vez prepara cosas: no cuenta
    start = time.perf_counter()
    task.score(model, [row.text for row in some])
    minutes = (time.perf_counter() - start) * tokens / task.tokens(model, some) / 60
    said = f"Leería unos {number(tokens)} tokens: {number(minutes, 1)} minutos en este equipo, más o menos."
    return command.Result(said, {"tokens": tokens, "minutes": minutes, "texts": len(task.rows)})


def score(task: "FewShotTask", model: "TextModel[Any]", log: "ScoreLog") -> "Tensor":
    """Puntúa las tandas que faltan, con una barra que dice cuánto queda, y devuelve todas, (N, C)."""
    from tqdm import tqdm

    lines = [row.line for row in task.rows]
    left = len(log.missing(lines))
    done = len(lines) - left
    print(f"Ya hay {done} puntuados; faltan {left}.", flush=True)
    bar = tqdm(desc="Clasificando", initial=done, total=len(lines), unit="textos", bar_format=command.BAR)
    with bar:
        for added in task.score_missing(model, log):
            bar.update(added)
    return log.tensor(lines)


def calibrated(task: "FewShotTask", model: "TextModel[Any]", raw: "Tensor", how: str) -> "Tensor":
    """Log-probabilidad de cada etiqueta entre todas, (N, C), con lo que se descuente."""
    from siguiente.prompting.few_shot import METHODS, FewShotScores
    from siguiente.prompting.labels import CONTENT_FREE

    content_free = task.score(model, CONTENT_FREE) if how == "contextual" else raw[:0]
    return FewShotScores(raw, content_free).calibrated(METHODS[CALIBRATIONS.index(how)])


def write_results(
    folder: Path, task: "FewShotTask", probabilities: "Tensor", calibration: str, separator: str
) -> tuple[str, dict[str, Any]]:
    """Escribe las predicciones, el resumen, la figura y el informe; da el resumen y sus números."""
    import torch

    from siguiente.course.cli import classification_report as report
    from siguiente.course.figures.heatmaps import confusion_heatmap
    from siguiente.evaluation.classification import confusion_matrix
    from siguiente.prompting.labels import label_indices
    from siguiente.runtime.store import write_atomically

    classes, known = len(task.labels), torch.tensor([bool(row.label) for row in task.rows])
    matrix = torch.zeros(classes, classes, dtype=torch.long)
    if known.any():
        targets = label_indices([row for row in task.rows if row.label], task.labels)
        matrix = confusion_matrix(targets, probabilities.argmax(1)[known], classes)
    text = f"{report.summary(matrix, task.labels)}\nCalibración: {calibration}.\n{CAUTION}\n"
    (folder / FIGURE).unlink(missing_ok=True)  # la de otra calibración no debe quedar junto a esta
    written = report.predictions_csv(task.rows, task.labels, probabilities, separator)
    write_atomically(folder / PREDICTIONS, written)
    write_atomically(folder / SUMMARY, text)
    drawn = report.drawn_labels(task.labels)
    command.save_figure(folder / FIGURE, lambda: confusion_heatmap(matrix.tolist(), drawn))
    figure = (folder / FIGURE).read_bytes()
    write_atomically(folder / REPORT, report.html_report(text, task, probabilities, figure, drawn))
    return text, {"accuracy": report.accuracy(matrix), "measured": int(matrix.sum()), "texts": len(task.rows)}
