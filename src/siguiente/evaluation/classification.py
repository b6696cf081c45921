"""Medir a quien clasifica: confusión, calibración, acuerdo y diferencias entre dos."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Bin(NamedTuple):
    """Los casos cuya confianza cae en un mismo tramo."""

    confidence: float
    """Confianza media, entre 0 y 1."""
    accuracy: float
    """Proporción de aciertos."""
    cases: int
    """Cuántos casos son."""


def confidence_bins(confidences: Tensor, hits: Tensor, bins: int = 10) -> list[Bin]:
    """Agrupa los casos por su confianza y mide los aciertos de cada grupo, de menor a mayor confianza.

    Las confianzas, (N,), van de 0 a 1; los aciertos, (N,), son ceros y unos. Los tramos tienen la misma
    anchura; cada uno incluye su extremo superior, y el primero, también el cero; los vacíos no están.

    >>> import torch
    >>> confidences = torch.tensor([0.25, 0.25, 0.75, 0.75])
    >>> confidence_bins(confidences, torch.tensor([0, 1, 1, 1]), bins=2)
    [Bin(confidence=0.25, accuracy=0.5, cases=2), Bin(confidence=0.75, accuracy=1.0, cases=2)]
    """
    if not ((confidences >= 0) & (confidences <= 1)).all():
        raise ValueError("Las confianzas van de 0 a 1: no use porcentajes ni logits.")
    # Los bordes, en la precisión de los datos: un 0,3 de 32 bits no es el 0,3 de 64.
    edges = (torch.arange(1, bins, dtype=torch.double) / bins).to(confidences.dtype)
    places = torch.bucketize(confidences, edges)  # (N,): bordes[i-1] < confianza <= bordes[i]
    groups = [places == place for place in places.unique()]
    return [
        Bin(confidences[group].double().mean().item(), hits[group].double().mean().item(), int(group.sum()))
        for group in groups
    ]


def expected_calibration_error(confidences: Tensor, hits: Tensor, bins: int = 10) -> float:
    """Distancia media, entre 0 y 1, entre lo que el modelo dice que acertará y lo que acierta: el ECE.

    Es el error de calibración esperado (*expected calibration error*). Si el tramo :math:`b` de
    :func:`confidence_bins` tiene :math:`n_b` de los :math:`N` casos, con exactitud :math:`a_b` y confianza
    media :math:`c_b` :cite:p:`guo2017calibration`,

    .. math:: \\mathrm{ECE} = \\sum_b \\frac{n_b}{N}\\, |a_b - c_b|

    Al partir cada tramo en dos nunca baja, y con pocos casos sale de más, porque el valor absoluto convierte
    en error el azar de cada tramo. Solo se comparan dos con los mismos tramos y el mismo número de casos.
    Véase :ref:`sec-evaluation-calibration`.

    >>> import torch
    >>> confidences = torch.tensor([0.25, 0.25, 0.75, 0.75])
    >>> expected_calibration_error(confidences, torch.tensor([0, 1, 1, 1]), bins=2)
    0.25
    """
    found = confidence_bins(confidences, hits, bins)
    return sum(n * abs(accuracy - confidence) for confidence, accuracy, n in found) / len(hits)


def confusion_matrix(targets: Tensor, predictions: Tensor, classes: int) -> Tensor:
    """Cuenta los casos de cada clase que se predicen como cada clase: de (N,) y (N,) a (C, C).

    La fila es la clase verdadera; la columna, la predicha; los aciertos, en la diagonal.

    >>> import torch
    >>> confusion_matrix(torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 1, 1]), classes=3)
    tensor([[1, 1, 0],
            [0, 1, 0],
            [0, 1, 0]])
    """
    if max(targets.max(), predictions.max()) >= classes:
        raise ValueError(f"Hay una clase que no está entre las {classes}: van de 0 a {classes - 1}.")
    pairs = targets.long() * classes + predictions.long()  # (N,): una casilla por caso
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)  # (C, C)


def recalls(matrix: Tensor) -> Tensor:
    """Exhaustividad (*recall*) de cada clase, (C, C) -> (C,): de sus casos, cuántos se encuentran.

    Es ``nan`` si la clase no tiene ningún caso.

    >>> import torch
    >>> recalls(torch.tensor([[3, 1], [2, 2]])).tolist()
    [0.75, 0.5]
    """
    return matrix.diagonal() / matrix.sum(1)


def precisions(matrix: Tensor) -> Tensor:
    """Precisión (*precision*) de cada clase, (C, C) -> (C,): de los que se le atribuyen, cuántos son suyos.

    Es ``nan`` si la clase no se predice nunca: de ningún caso no hay proporción.

    >>> import torch
    >>> [round(x, 2) for x in precisions(torch.tensor([[3, 1], [2, 2]])).tolist()]
    [0.6, 0.67]
    """
    return matrix.diagonal() / matrix.sum(0)


def agreement_rate(a: Tensor, b: Tensor) -> float:
    """La proporción de casos, (N,), en que dos anotadores ponen la misma etiqueta.

    >>> agreement_rate(torch.tensor([1, 1, 0, 0]), torch.tensor([1, 1, 0, 1]))
    0.75
    """
    return (a == b).double().mean().item()


def cohen_kappa(a: Tensor, b: Tensor) -> float:
    """El acuerdo que no explica el azar: 1 si coinciden siempre; 0 si, como dos monedas; negativo si menos.

    Con un acuerdo observado :math:`p_o` :cite:p:`cohen1960`,

    .. math:: \\kappa = \\frac{p_o - p_e}{1 - p_e}, \\qquad p_e = \\sum_k p_a(k)\\, p_b(k),

    donde :math:`p_e` es lo que coincidirían si cada uno repartiera sus etiquetas en la misma proporción, pero
    al azar. Si casi todas son la misma, un acuerdo muy alto puede dar una :math:`\\kappa` muy baja.

    >>> cohen_kappa(torch.tensor([1, 1, 0, 0]), torch.tensor([1, 1, 0, 1]))
    0.5
    """
    observed = agreement_rate(a, b)
    labels = torch.cat([a, b]).unique()  # (K,)
    if len(labels) == 1:
        raise ValueError("Los dos ponen siempre la misma etiqueta: κ no está definida, use otros casos.")
    shares = [(one[:, None] == labels).double().mean(0) for one in (a, b)]  # (K,) de cada uno
    expected = (shares[0] @ shares[1]).item()
    return (observed - expected) / (1 - expected)


class McNemar(NamedTuple):
    """Los casos en que solo acierta uno de los dos, y lo raro que sería ese reparto por azar."""

    only_a: int
    """Casos que solo acierta el primero."""
    only_b: int
    """Casos que solo acierta el segundo."""
    p_value: float
    """Probabilidad de un reparto tan desigual, o más, si ambos fueran igual de buenos."""


def mcnemar(a: Tensor, b: Tensor) -> McNemar:
    """Compara los aciertos de `a` y de `b`, ceros y unos, en los mismos casos, (N,).

    Los casos que ambos aciertan, o que ambos fallan, no dicen cuál es mejor. Si los dos fueran iguales, cada
    uno de los :math:`n` restantes caería a un lado o al otro como una moneda. Con :math:`m` en el lado que
    menos tiene, el valor p, bilateral y exacto, es

    .. math:: p = \\min\\Bigl(1,\\; 2 \\sum_{k=0}^{m} \\binom{n}{k} 2^{-n}\\Bigr)

    La prueba original aproxima esta suma con una ji al cuadrado :cite:p:`mcnemar1947`; entera, vale también
    con pocos casos; sin ninguno, :math:`p = 1`. Un valor p pequeño no dice cuánto mejora uno: eso lo dice
    :func:`~siguiente.evaluation.intervals.paired_bootstrap`. Véase :ref:`sec-evaluation-mcnemar`.

    >>> import torch
    >>> first = torch.tensor([1, 1, 0, 0, 0, 0, 0, 0])
    >>> second = torch.tensor([1, 1, 1, 1, 1, 1, 1, 1])
    >>> mcnemar(first, second)
    McNemar(only_a=0, only_b=6, p_value=0.03125)
    """
    if a.shape != b.shape:
        raise ValueError(f"Los aciertos no son de los mismos casos: {tuple(a.shape)} y {tuple(b.shape)}.")
    only_a = int((a.bool() & ~b.bool()).sum())
    only_b = int((b.bool() & ~a.bool()).sum())
    return McNemar(only_a, only_b, _two_sided(min(only_a, only_b), only_a + only_b))


def _two_sided(least: int, n: int) -> float:
    """Valor p bilateral de `least` caras, las menos frecuentes, en `n` lanzamientos: con enteros, exacto."""
    ways = total = 1
    for k in range(least):
        ways = ways * (n - k) // (k + 1)  # C(n, k + 1) a partir de C(n, k): la división es exacta
        total += ways
    return min(1.0, 2 * total / 2**n)


def distinct_n(tokens: Sequence[Hashable], n: int) -> float:
    """Proporción de n-gramas distintos entre todos los de un texto; 1 es no repetir ninguno.

    Es la medida de :cite:t:`li2016`, que divide por los tokens y no por los n-gramas: casi lo mismo. Baja al
    alargar el texto: solo se comparan textos de la misma longitud.

    >>> round(distinct_n("la casa de la casa de la casa".split(), 2), 4)
    0.4286
    """
    grams = [tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]
    return len(set(grams)) / len(grams)
