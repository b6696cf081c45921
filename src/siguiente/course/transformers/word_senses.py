"""Una palabra con dos sentidos: el vector que recibe en cada contexto, y si con él se distinguen."""

from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.language_models.protocol import Tokenizer
from siguiente.transformers.gpt import GPT


def cut_at_phrase(tokenizer: Tokenizer, texts: Sequence[str], phrase: str, before: int) -> Tensor:
    """Recorta de cada uno de N textos la primera vez que aparece una frase, con `before` tokens delante.
    Da (N, `before` + tokens de la frase): todos los recortes miden lo mismo y terminan en la frase, así que
    ni la posición ni las palabras más cercanas pueden delatar el sentido de la última. El espacio que precede
    a la frase, si lo hay, es parte de ella.

    >>> from siguiente.language_models.words import WordTokenizer
    >>> texts = ["Ayer fue al banco y luego a otro banco", "Mañana iremos juntos al banco"]
    >>> tokenizer = WordTokenizer.from_texts(texts)
    >>> [tokenizer.decode(row) for row in cut_at_phrase(tokenizer, texts, " al banco", before=1).tolist()]
    [' fue al banco', ' juntos al banco']
    """
    wanted, rows = tokenizer.encode(phrase), []
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
    """El vector del último token, (N, T) -> (L + 1, N, C): antes del primer bloque y después de cada uno."""
    return torch.stack([model.hidden(ids, layer)[:, -1] for layer in range(model.config.layers + 1)])


def nearest_centroid(vectors: Tensor, labels: Tensor, queries: Tensor) -> Tensor:
    """Da a cada vector, (M, C) -> (M,), la clase cuyo centro, la media de sus ejemplos, (N, C), queda más
    cerca. Si dos centros quedan a la misma distancia, la de número menor. Se calcula en doble precisión: si
    todos los vectores son iguales, los centros son exactamente iguales.

    >>> examples = torch.tensor([[0.0, 0], [2, 0], [9, 9]])
    >>> nearest_centroid(examples, torch.tensor([0, 0, 1]), torch.tensor([[1.0, 1], [6, 6]]))
    tensor([0, 1])
    """
    examples = [vectors[labels == label].double() for label in range(int(labels.max()) + 1)]
    centroids = torch.stack([rows.mean(0) for rows in examples])  # (K, C)
    offsets = queries.double()[:, None] - centroids  # (M, K, C)
    return offsets.square().sum(-1).argmin(1)
