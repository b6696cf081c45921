"""Matriz de confusión: qué clases se toman por cuáles, y las medidas que se leen en ella."""

import torch
from torch import Tensor

__all__ = ["confusion_matrix", "macro_f1", "precisions", "recalls"]


def confusion_matrix(targets: Tensor, predictions: Tensor, classes: int) -> Tensor:
    """Cuenta los casos de cada clase que se predicen como cada clase.

    Parameters
    ----------
    targets, predictions : Tensor
        (N,), enteros entre 0 y `classes` - 1: la clase verdadera de cada caso y la predicha.
    classes : int
        Cuántas clases hay, C.

    Returns
    -------
    Tensor
        (C, C), enteros. La fila es la clase verdadera; la columna, la predicha; los aciertos, en la diagonal.

    Raises
    ------
    ValueError
        Si no hay casos, no se emparejan o alguna clase no existe.

    Examples
    --------
    >>> import torch
    >>> confusion_matrix(torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 1, 1]), classes=3)
    tensor([[1, 1, 0],
            [0, 1, 0],
            [0, 1, 0]])
    """
    if targets.ndim != 1 or targets.shape != predictions.shape or len(targets) == 0:
        raise ValueError(
            f"Hace falta una clase verdadera y una predicha por caso, en vectores (N,): "
            f"{tuple(targets.shape)} y {tuple(predictions.shape)}."
        )
    _check_classes(targets, classes)
    _check_classes(predictions, classes)
    pairs = targets.long() * classes + predictions.long()  # (N,): una casilla por caso
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)  # (C, C)


def recalls(matrix: Tensor) -> Tensor:
    """Exhaustividad (*recall*) de cada clase: de los casos que son suyos, cuántos se encuentran.

    Parameters
    ----------
    matrix : Tensor
        (C, C), la matriz de confusión.

    Returns
    -------
    Tensor
        (C,), entre 0 y 1; ``nan`` si la clase no tiene ningún caso.

    Raises
    ------
    ValueError
        Si la matriz no es cuadrada.

    Examples
    --------
    >>> import torch
    >>> recalls(torch.tensor([[3, 1], [2, 2]])).tolist()
    [0.75, 0.5]
    """
    return _square(matrix).diagonal() / matrix.sum(1)


def precisions(matrix: Tensor) -> Tensor:
    """Precisión (*precision*) de cada clase: de los casos que se le atribuyen, cuántos son suyos.

    Returns
    -------
    Tensor
        (C,), entre 0 y 1; ``nan`` si la clase no se predice nunca: de ningún caso no hay proporción.

    Raises
    ------
    ValueError
        Si la matriz no es cuadrada.

    Examples
    --------
    >>> import torch
    >>> [round(x, 2) for x in precisions(torch.tensor([[3, 1], [2, 2]])).tolist()]
    [0.6, 0.67]
    """
    return _square(matrix).diagonal() / matrix.sum(0)


def macro_f1(matrix: Tensor) -> float:
    """Media, sobre las clases, de F1: todas pesan igual, tengan los casos que tengan.

    Returns
    -------
    float
        Entre 0 y 1. No cuentan las clases que no aparecen en ninguna parte; una que tiene casos y no se
        predice nunca vale 0.

    Raises
    ------
    ValueError
        Si la matriz no es cuadrada o no hay ningún caso.

    Notes
    -----
    F1 es la media armónica de la precisión y la exhaustividad. Con :math:`M` la matriz,

    .. math:: F_1(c) = \\frac{2 M_{cc}}{\\sum_j M_{cj} + \\sum_i M_{ic}}

    Examples
    --------
    >>> import torch
    >>> round(macro_f1(torch.tensor([[3, 1], [2, 2]])), 4)
    0.619
    """
    if not _square(matrix).any():
        raise ValueError("La matriz de confusión no tiene ningún caso: no hay nada que medir.")
    f1 = 2 * matrix.diagonal().double() / (matrix.sum(0) + matrix.sum(1))  # (C,)
    return f1.nanmean().item()


def _square(matrix: Tensor) -> Tensor:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"La matriz de confusión debe ser cuadrada (C, C), y es {tuple(matrix.shape)}.")
    return matrix


def _check_classes(labels: Tensor, classes: int) -> None:
    if labels.is_floating_point() or not ((labels >= 0) & (labels < classes)).all():
        raise ValueError(f"Las clases deben ser enteros entre 0 y {classes - 1}; revise las que no lo sean.")
