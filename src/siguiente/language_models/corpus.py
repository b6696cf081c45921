"""Del corpus al flujo de tokens con que se entrenan todos los modelos."""

from collections.abc import Iterable
from itertools import chain

import torch
from torch import Tensor

from siguiente.language_models.text import Tokenizer

__all__ = ["token_stream"]


def token_stream(tokenizer: Tokenizer, texts: Iterable[str]) -> Tensor:
    """Une los textos en una sola fila de tokens, con el token de final antes, entre medias y después.

    Así el final de un texto es también el comienzo del siguiente: un modelo aprende a empezar y a terminar.

    Parameters
    ----------
    tokenizer : Tokenizer
        Uno con token de final.
    texts : iterable of str
        Textos no vacíos.

    Returns
    -------
    Tensor
        (N,), enteros de 64 bits.

    Raises
    ------
    ValueError
        Si no hay textos, si alguno está vacío o si el tokenizador no tiene token de final.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> token_stream(ByteTokenizer(), ["sí", "no"])
    tensor([257, 115, 195, 173, 257, 110, 111, 257])
    """
    if (end := tokenizer.eos_id) is None:
        raise ValueError("Este tokenizador no tiene token de final: no puede separar un texto del siguiente.")
    rows = [tokenizer.encode(text) for text in texts]
    if not rows or not all(rows):
        raise ValueError("No hay textos, o alguno está vacío: deje solo los que tengan algo escrito.")
    return torch.tensor([end, *chain.from_iterable([*row, end] for row in rows)])
