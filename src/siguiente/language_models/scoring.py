"""Puntuar: la probabilidad que un modelo da a unos tokens ya escritos."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel, State

__all__ = ["FastScorer", "score", "token_logprobs"]

# Los logits de una tanda ocupan como mucho 64 MB: con V = 262 144 son 64 posiciones.
LOGITS_BUDGET = 1 << 24


@runtime_checkable
class FastScorer(Protocol):
    """Un modelo que trae su propia manera, más rápida, de puntuar."""

    def score(self, ids: Tensor, state: State | None = None, start: int = 1) -> Tensor:
        """Lo mismo que :func:`score`."""
        ...


def token_logprobs(logits: Tensor, ids: Tensor) -> Tensor:
    """Log-probabilidad de cada token según los logits de su posición.

    Parameters
    ----------
    logits : Tensor
        (..., T, V).
    ids : Tensor
        Los tokens que salieron, (..., T).

    Returns
    -------
    Tensor
        (..., T), en nats.

    Examples
    --------
    >>> import torch
    >>> token_logprobs(torch.zeros(1, 2), torch.tensor([1])).exp()
    tensor([0.5000])
    """
    chosen = logits.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    return chosen - logits.logsumexp(-1)


def score(model: LanguageModel, ids: Tensor, state: State | None = None, start: int = 1) -> Tensor:
    """Log-probabilidad de los tokens dados, cada uno según los anteriores.

    Parameters
    ----------
    model : LanguageModel
        Cualquier modelo del protocolo.
    ids : Tensor
        (B, T), enteros. Las filas más cortas se rellenan por la derecha: un modelo causal no ve el relleno.
    state : State, optional
        Un prefijo ya leído, común o por fila.
    start : int
        Primera posición que se puntúa; las anteriores son contexto. La posición 0 no tiene predicción.

    Returns
    -------
    Tensor
        (B, T - start), en nats.

    Raises
    ------
    ValueError
        Si `start` no está entre 1 y T - 1, o si los tokens no caben en el contexto.

    Notes
    -----
    Nunca se forman los logits (B, T, V) enteros: se recorren las posiciones por tandas.

    Examples
    --------
    >>> import torch
    >>> from siguiente.language_models.uniform import UniformModel
    >>> score(UniformModel(8), torch.tensor([[3, 1, 4]]))
    tensor([[-2.0794, -2.0794]])
    """
    check_ids(model, ids, start)
    if isinstance(model, FastScorer):
        return model.score(ids, state, start)
    if start > 1:
        _, state = model.step(ids[:, : start - 1], state)
    size = max(1, LOGITS_BUDGET // (ids.shape[0] * model.vocab_size))
    batches = zip(ids[:, start - 1 : -1].split(size, 1), ids[:, start:].split(size, 1), strict=True)
    parts = []
    for inputs, targets in batches:
        logits, state = model.step(inputs, state, last=inputs.shape[1])
        parts.append(token_logprobs(logits, targets))
    return torch.cat(parts, 1)


def check_ids(model: LanguageModel, ids: Tensor, start: int) -> None:
    """Comprueba la forma, el rango y la longitud de unos tokens."""
    if ids.ndim != 2:
        raise ValueError(f"`ids` debe tener forma (B, T) y tiene {tuple(ids.shape)}: añada el lote.")
    length, limit = ids.shape[1], model.context_length
    if not 1 <= start < length:
        raise ValueError(f"`start` debe estar entre 1 y T - 1 = {length - 1}, y vale {start}.")
    if limit is not None and length > limit:
        raise ValueError(f"Hay {length} tokens y en el contexto caben {limit}: divida el texto.")
    if ids.min() < 0 or ids.max() >= model.vocab_size:
        raise ValueError(
            f"Hay un token fuera del vocabulario (de 0 a {model.vocab_size - 1}): ¿es de otro tokenizador?"
        )
