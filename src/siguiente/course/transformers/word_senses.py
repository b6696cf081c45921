"""Una palabra con dos sentidos: el vector que recibe en cada contexto, y si con él se distinguen."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.protocol import Tokenizer
from siguiente.transformers.gpt import GPT


def cut_at_phrase(tokenizer: Tokenizer, texts: Sequence[str], phrase: str, before: int) -> Tensor:
    """Recorta de cada texto la primera vez que aparece una frase, con unos tokens de lo que la precede.

    Todos los recortes miden lo mismo y terminan en la frase: así ni la posición ni las palabras más cercanas
    pueden delatar el sentido de la última.

    Parameters
    ----------
    tokenizer : Tokenizer
        El del modelo.
    texts : sequence of str
        N textos que contienen la frase.
    phrase : str
        La frase, con el espacio que la precede si lo hay.
    before : int
        Cuántos tokens se conservan delante de ella.

    Returns
    -------
    Tensor
        (N, before + tokens de la frase), enteros de 64 bits.

    Raises
    ------
    ValueError
        Si la frase está vacía, si `before` es negativo o si un texto no la tiene con tantos tokens delante.

    Examples
    --------
    >>> from siguiente.language_models.words import WordTokenizer
    >>> texts = ["Ayer fue al banco y luego a otro banco", "Mañana iremos juntos al banco"]
    >>> tokenizer = WordTokenizer.from_texts(texts)
    >>> [tokenizer.decode(row) for row in cut_at_phrase(tokenizer, texts, " al banco", before=1).tolist()]
    [' fue al banco', ' juntos al banco']
    """
    wanted, rows = tokenizer.encode(phrase), []
    if not wanted or before < 0:
        raise ValueError(f"Hace falta una frase y cero o más tokens delante: «{phrase}» y {before}.")
    for text in texts:
        ids = tokenizer.encode(text)
        starts = (i for i in range(len(ids)) if ids[i : i + len(wanted)] == wanted)
        start = next(starts, -1)
        if start < before:
            raise ValueError(f"«{phrase}» no está, o no tiene {before} tokens delante, en «{text[:60]}».")
        rows.append(ids[start - before : start + len(wanted)])
    return torch.tensor(rows, dtype=torch.int64).view(len(rows), before + len(wanted))


@torch.no_grad()
def layer_vectors(model: GPT, ids: Tensor) -> Tensor:
    """El vector del último token de cada fila antes del primer bloque y después de cada uno.

    Parameters
    ----------
    model : GPT
        Un modelo de L bloques.
    ids : Tensor
        (N, T), enteros.

    Returns
    -------
    Tensor
        (L + 1, N, C).

    Examples
    --------
    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=9, context_length=4, layers=2, heads=1, channels=6))
    >>> layer_vectors(model, torch.tensor([[1, 5], [2, 5]])).shape
    torch.Size([3, 2, 6])
    """
    return torch.stack([model.hidden(ids, layer)[:, -1] for layer in range(model.config.layers + 1)])


def nearest_centroid(vectors: Tensor, labels: Tensor, queries: Tensor) -> Tensor:
    """Da a cada vector la clase cuyo centro, la media de sus ejemplos, le queda más cerca.

    Parameters
    ----------
    vectors : Tensor
        Los ejemplos, (N, C).
    labels : Tensor
        La clase de cada ejemplo, (N,): de 0 a K - 1, todas con alguno.
    queries : Tensor
        Los vectores que se clasifican, (M, C).

    Returns
    -------
    Tensor
        La clase de cada uno, (M,). Si dos centros quedan a la misma distancia, la de número menor.

    Raises
    ------
    ValueError
        Si no hay una etiqueta por ejemplo o falta alguna clase.

    Notes
    -----
    Se calcula en doble precisión: si todos los vectores son iguales, los centros son exactamente iguales.

    Examples
    --------
    >>> examples = torch.tensor([[0.0, 0], [2, 0], [9, 9]])
    >>> nearest_centroid(examples, torch.tensor([0, 0, 1]), torch.tensor([[1.0, 1], [6, 6]]))
    tensor([0, 1])
    """
    if labels.shape != vectors.shape[:1] or not len(labels) or not labels.bincount().all():
        raise ValueError("Hace falta una etiqueta por ejemplo y al menos un ejemplo de cada clase.")
    examples = [vectors[labels == label].double() for label in range(int(labels.max()) + 1)]
    centroids = torch.stack([rows.mean(0) for rows in examples])  # (K, C)
    offsets = queries.double()[:, None] - centroids  # (M, K, C)
    return offsets.square().sum(-1).argmin(1)
