"""Los tokens que cuentan: sus medias y lo que se exige a cualquier tabla que tenga un número por token."""

import math

import torch
from torch import Tensor

__all__ = ["answer_means", "check_finite", "check_positive", "check_tokens", "masked_mean", "spread"]


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Media de (B, T) sobre los tokens que cuentan: uno, un voto.

    Examples
    --------
    >>> import torch
    >>> masked_mean(torch.tensor([[1.0, 9.0], [3.0, 5.0]]), torch.tensor([[True, False], [True, True]]))
    tensor(3.)
    """
    return values.masked_fill(~mask, 0).sum() / mask.sum()


def answer_means(values: Tensor, mask: Tensor) -> Tensor:
    """Media de cada fila de (B, T) sobre los tokens que cuentan, (B,).

    Examples
    --------
    >>> import torch
    >>> answer_means(torch.tensor([[1.0, 9.0], [3.0, 5.0]]), torch.tensor([[True, False], [True, True]]))
    tensor([1., 4.])
    """
    return values.masked_fill(~mask, 0).sum(1) / mask.sum(1)


def spread(advantages: Tensor, mask: Tensor) -> Tensor:
    """Da a cada token la ventaja de su respuesta: (B,) pasa a (B, T); si ya era (B, T), no la toca."""
    return advantages[:, None].expand(mask.shape) if advantages.shape == mask.shape[:1] else advantages


def check_tokens(mask: Tensor, *tables: Tensor) -> None:
    """Comprueba la máscara y las tablas que tienen un número por token.

    Parameters
    ----------
    mask : Tensor
        (B, T), booleana, con algún token en cada fila.
    *tables : Tensor
        (B, T), finitas donde la máscara lo dice.

    Raises
    ------
    ValueError
        Si algo de eso no se cumple.
    """
    if mask.ndim != 2 or mask.dtype != torch.bool or not mask.any(1).all():
        raise ValueError("La máscara debe ser booleana, (B, T), y dejar algún token en cada respuesta.")
    for table in tables:
        if table.shape != mask.shape:
            raise ValueError(
                f"Hay una tabla {tuple(table.shape)} y la máscara es {tuple(mask.shape)}: deben coincidir."
            )
        if not table[mask].isfinite().all():
            raise ValueError("Un token de la respuesta tiene un valor que no es un número finito.")


def check_finite(name: str, values: Tensor) -> None:
    """Comprueba que no hay NaN ni infinitos, y si los hay dice dónde está el primero."""
    bad = (~values.isfinite()).nonzero().tolist()
    if bad:
        raise ValueError(f"{name}: el valor de la posición {bad[0]} no es un número finito.")


def check_positive(name: str, value: float) -> None:
    """Comprueba un número que debe ser positivo."""
    if not 0 < value < math.inf:
        raise ValueError(f"`{name}` debe ser positivo y vale {value}.")
