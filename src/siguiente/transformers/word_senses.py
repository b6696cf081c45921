"""Una palabra con dos sentidos: el vector que recibe en cada contexto, y si con él se distinguen."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.text import Tokenizer
from siguiente.transformers.gpt import GPT

__all__ = ["first_occurrences", "layer_vectors", "nearest_centroid"]


def first_occurrences(tokenizer: Tokenizer, texts: Sequence[str], word: str, before: int) -> Tensor:
    """Recorta de cada texto la primera vez que aparece una palabra, con los tokens que la preceden.

    Todos los recortes miden lo mismo y terminan en la palabra: así la posición no puede delatar el sentido.

    Parameters
    ----------
    tokenizer : Tokenizer
        El del modelo.
    texts : sequence of str
        N textos que contienen la palabra.
    word : str
        La palabra, con el espacio que la precede: debe ser un solo token.
    before : int
        Cuántos tokens se conservan delante de ella.

    Returns
    -------
    Tensor
        (N, before + 1), enteros de 64 bits.

    Raises
    ------
    ValueError
        Si la palabra no es un solo token, o si algún texto no la tiene o no tiene tantos tokens delante.

    Examples
    --------
    >>> from siguiente.language_models.words import WordTokenizer
    >>> texts = ["Fue al banco y luego a otro banco", "Iremos juntos al banco"]
    >>> tokenizer = WordTokenizer.from_texts(texts)
    >>> [tokenizer.decode(row) for row in first_occurrences(tokenizer, texts, " banco", before=1).tolist()]
    [' al banco', ' al banco']
    """
    token = tokenizer.encode(word)
    if len(token) != 1 or before < 0:
        raise ValueError(
            f"«{word}» ocupa {len(token)} tokens y se piden {before} delante: use uno, y 0 o más."
        )
    rows = []
    for text in texts:
        ids = tokenizer.encode(text)
        place = ids.index(token[0]) if token[0] in ids else -1
        if place < before:
            raise ValueError(f"«{word}» no está, o no tiene {before} tokens delante, en «{text[:60]}».")
        rows.append(ids[place - before : place + 1])
    return torch.tensor(rows, dtype=torch.int64).view(len(rows), before + 1)


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
