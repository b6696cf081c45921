"""Lo que se entrega tras clasificar: una tabla con cada predicción, un resumen y un informe para leer."""

import base64
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from siguiente.course.cli.labelled_csv import LabelledRow
from siguiente.course.report.numbers import interval, percent
from siguiente.evaluation.intervals import proportion

if TYPE_CHECKING:
    from siguiente.course.cli.few_shot_task import FewShotTask

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # con esto, una hoja de cálculo ejecuta la celda
WIDEST = 18  # letras de una etiqueta que caben en la figura
DOUBTFUL = 50  # textos del informe, empezando por los más dudosos
PAGE = Path(__file__).with_suffix(".html")


def predictions_csv(
    rows: Sequence[LabelledRow], labels: Sequence[str], probabilities: Tensor, separator: str = ","
) -> str:
    """Escribe en CSV N textos con su línea, su etiqueta, la predicha y la probabilidad de todas, (N, C).

    Empieza por la marca de orden de bytes: sin ella, Excel no lo abre como UTF-8. Un texto que una hoja de
    cálculo tomaría por una fórmula lleva delante un apóstrofo.

    >>> import torch
    >>> rows = [LabelledRow("=1+1", "deporte", line=2)]
    >>> text = predictions_csv(rows, ["banca", "deporte"], torch.tensor([[0.25, 0.75]]), ";")
    >>> print(text.lstrip("\\ufeff").replace("\\r", ""), end="")
    line;text;label;prediction;P(banca);P(deporte)
    2;'=1+1;deporte;deporte;0.250000;0.750000
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator)
    writer.writerow(["line", "text", "label", "prediction", *(f"P({label})" for label in labels)])
    predictions = probabilities.argmax(1).tolist()
    for row, best, values in zip(rows, predictions, probabilities.tolist(), strict=True):
        cells = map(defused, (row.text, row.label, labels[best]))
        writer.writerow([row.line, *cells, *(f"{value:.6f}" for value in values)])
    return f"\ufeff{stream.getvalue()}"


def defused(text: str) -> str:
    """Un texto que ninguna hoja de cálculo ejecuta."""
    return f"'{text}" if text.startswith(FORMULA) else text


def summary(matrix: Tensor, labels: Sequence[str]) -> str:
    """Resume una matriz de confusión (C, C), con las etiquetas verdaderas en las filas: cuánto se acierta y
    cuánto se acertaría diciendo siempre lo mismo.

    >>> import torch
    >>> print(summary(torch.tensor([[6, 2], [0, 2]]), ["banca", "deporte"]).replace("\\u202f", " "))
    Exactitud: 80,0 % [49,0; 94,3], en 10 textos.
    Decir siempre «banca»: 80,0 % [49,0; 94,3].
    Entre corchetes, el intervalo de Wilson al 95 %.
    """
    counts, n = matrix.sum(1).tolist(), int(matrix.sum())
    if not n:
        return "Ninguno de los textos clasificados tiene etiqueta: no se sabe cuánto se acierta."
    common = counts.index(max(counts))
    return (
        f"Exactitud: {_share(int(matrix.trace()), n)}, en {n} textos.\n"
        f"Decir siempre «{labels[common]}»: {_share(counts[common], n)}.\n"
        f"Entre corchetes, el intervalo de Wilson al {percent(0.95)}."
    )


def accuracy(matrix: Tensor) -> list[float] | None:
    """La exactitud de una matriz de confusión, con su intervalo; nada, si no hay ningún caso."""
    n = int(matrix.sum())
    return list(proportion(int(matrix.trace()), n)) if n else None


def drawn_labels(labels: Sequence[str]) -> list[str]:
    """Cómo se escriben las etiquetas en la figura: cortadas o, si su letra no las tiene, por su número.

    >>> drawn_labels(["banca", "日本", "una etiqueta larguísima", "una etiqueta larguísima y otra"])
    ['banca', 'n.º 2', 'n.º 3', 'n.º 4']
    """
    from matplotlib import font_manager

    letters = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    short = [label if len(label) <= WIDEST else f"{label[: WIDEST - 1]}…" for label in labels]
    able = [all(ord(c) in letters for c in label) and short.count(label) == 1 for label in short]
    return [
        label if ok else f"n.º {place}" for place, (label, ok) in enumerate(zip(short, able, strict=True), 1)
    ]


def html_report(
    text: str, task: "FewShotTask", probabilities: Tensor, figure: bytes, drawn: Sequence[str]
) -> str:
    """Un informe de una página, sin nada de fuera: el resumen, la figura y los textos más dudosos."""
    from collections import Counter

    from jinja2 import Environment

    best, share = probabilities.argmax(1).tolist(), probabilities.amax(1).tolist()
    said = [task.labels[place] for place in best]
    pairs = Counter((r.label, s) for r, s in zip(task.rows, said, strict=True) if r.label and r.label != s)
    doubtful = sorted(zip(share, range(len(said)), strict=True))[:DOUBTFUL]
    return (
        Environment(autoescape=True)
        .from_string(PAGE.read_text("utf8"))
        .render(
            summary=text,
            confused=[(n, *pair) for pair, n in pairs.most_common(5)],
            figure=base64.b64encode(figure).decode(),
            renamed=[
                (short, label) for short, label in zip(drawn, task.labels, strict=True) if short != label
            ],
            rows=[(task.rows[i], said[i], percent(p, 1)) for p, i in doubtful],
        )
    )


def _share(successes: int, n: int) -> str:
    value, low, high = proportion(successes, n)
    return f"{percent(value, 1)} {interval(100 * low, 100 * high, 1)}"
