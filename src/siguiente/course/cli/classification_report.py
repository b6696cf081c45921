"""Lo que se entrega tras clasificar: una tabla con cada predicción y un resumen con sus intervalos."""

import csv
import io
from collections.abc import Sequence

from torch import Tensor

from siguiente.course.cli.labelled_csv import LabelledRow
from siguiente.course.report.numbers import interval, percent
from siguiente.evaluation.intervals import proportion


def predictions_csv(rows: Sequence[LabelledRow], labels: Sequence[str], probabilities: Tensor) -> str:
    """Escribe en CSV N textos con su línea, su etiqueta, la predicha y la probabilidad de todas, (N, C).
    Empieza por la marca de orden de bytes: sin ella, Excel no lo abre como UTF-8.

    >>> import torch
    >>> rows = [LabelledRow("¡Qué gol!", "deporte", line=2)]
    >>> text = predictions_csv(rows, ["banca", "deporte"], torch.tensor([[0.25, 0.75]]))
    >>> print(text.lstrip("\\ufeff").replace("\\r", ""), end="")
    line,text,label,prediction,P(banca),P(deporte)
    2,¡Qué gol!,deporte,deporte,0.250000,0.750000
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["line", "text", "label", "prediction", *(f"P({label})" for label in labels)])
    predictions = probabilities.argmax(1).tolist()
    for row, best, values in zip(rows, predictions, probabilities.tolist(), strict=True):
        writer.writerow([row.line, row.text, row.label, labels[best], *(f"{value:.6f}" for value in values)])
    return f"\ufeff{stream.getvalue()}"


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
    common = counts.index(max(counts))
    return (
        f"Exactitud: {_share(int(matrix.trace()), n)}, en {n} textos.\n"
        f"Decir siempre «{labels[common]}»: {_share(counts[common], n)}.\n"
        f"Entre corchetes, el intervalo de Wilson al {percent(0.95)}."
    )


def _share(successes: int, n: int) -> str:
    value, low, high = proportion(successes, n)
    return f"{percent(value, 1)} {interval(100 * low, 100 * high, 1)}"
