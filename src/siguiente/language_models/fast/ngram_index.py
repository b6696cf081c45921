"""El índice de los n-gramas: un árbol de prefijos guardado en vectores ordenados.

Un n-grama es un prefijo, que es un (n-1)-grama, y un token más. Si cada prefijo tiene un número, el n-grama
se escribe con otro, ``prefijo * V + token``. Basta con guardar esos números en orden: buscar un n-grama es
bisecar, y buscar un millón también.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

PADDING = torch.iinfo(torch.int64).max  # cierra cada vector de claves: toda búsqueda cae dentro de él


@dataclass(frozen=True, eq=False)
class NGramIndex:
    """Da un número a cada n-grama visto, de orden 1 a n.

    Los de orden k se numeran de 0 a `size(k)` - 1, en el orden de sus claves. El propio `size(k)` significa
    «nunca visto». El único 0-grama es el texto vacío, con el número 0. Las claves, ``prefijo * V + token``,
    van por orden, de menor a mayor, y las cierra el mayor entero. Los unigramas están todos, vistos o no.

    >>> from siguiente.language_models.ngram_counts import count_ngrams
    >>> index = count_ngrams(torch.tensor([0, 1, 2, 0]), order=2, vocab_size=3, boundary=0).index
    >>> [grams.tolist() for grams in index.match(torch.tensor([[0, 1, 1]]))]
    [[[0, 0, 0]], [[0, 1, 1]], [[3, 0, 3]]]
    """

    vocab_size: int
    boundary: int
    keys: tuple[Tensor, ...]

    @property
    def order(self) -> int:
        """El orden mayor, n."""
        return len(self.keys)

    def size(self, order: int) -> int:
        """Cuántos n-gramas distintos hay de un orden, de 0 a n."""
        return len(self.keys[order - 1]) - 1 if order else 1

    def find(self, order: int, prefix: Tensor, token: Tensor) -> Tensor:
        """Busca n-gramas por su prefijo y su último token; `size(order)` donde no están."""
        keys, wanted = self.keys[order - 1], prefix * self.vocab_size + token
        place = torch.searchsorted(keys, wanted)
        return torch.where(keys[place] == wanted, place, self.size(order))

    def match(self, ids: Tensor) -> list[Tensor]:
        """Para cada orden de 0 a n, el n-grama que termina en cada posición: n + 1 tensores (B, T)."""
        grams = [torch.zeros_like(ids)]
        for order in range(1, self.order + 1):
            prefix = torch.full_like(ids, self.size(order - 1)) if order > 1 else grams[0].clone()
            prefix[:, 1:] = grams[-1][:, :-1]
            grams.append(self.find(order, prefix, ids))
        return grams

    def children(self, order: int, prefix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Los n-gramas de un orden que empiezan por cada prefijo (M,): la fila, el n-grama y su token."""
        keys, first = self.keys[order - 1], prefix * self.vocab_size
        start, stop = torch.searchsorted(keys, first), torch.searchsorted(keys, first + self.vocab_size)
        counts = stop - start
        rows = torch.repeat_interleave(counts)
        offset = (start - (counts.cumsum(0) - counts))[rows]
        grams = torch.arange(len(rows)) + offset
        return rows, grams, keys[grams] % self.vocab_size

    def prefixes(self, order: int) -> Tensor:
        """El prefijo de cada n-grama de un orden, (size(order),)."""
        return self.keys[order - 1][:-1] // self.vocab_size

    def tokens(self, order: int) -> Tensor:
        """El último token de cada n-grama de un orden, (size(order),)."""
        return self.keys[order - 1][:-1] % self.vocab_size

    def suffixes(self) -> list[Tensor]:
        """Por orden, el (k-1)-grama que queda al quitar a cada k-grama su primer token, (size(k),)."""
        found = [torch.zeros(self.size(1), dtype=torch.long)]
        for order in range(2, self.order + 1):
            found.append(self.find(order - 1, found[-1][self.prefixes(order)], self.tokens(order)))
        return found

    def starts_at_boundary(self, order: int) -> Tensor:
        """Qué n-gramas de un orden empiezan un texto: nada puede ir delante, (size(order),)."""
        if order == 1:  # un token solo puede ir detrás de cualquier otro
            return torch.zeros(self.size(1), dtype=torch.bool)
        prefixes = self.prefixes(order)
        return prefixes == self.boundary if order == 2 else self.starts_at_boundary(order - 1)[prefixes]


def usable_context(ids: Tensor, boundary: int) -> Tensor:
    """Cuántos tokens de contexto hay tras leer cada posición, (B, T), sin cruzar el límite entre textos.

    El límite cuenta como parte del contexto de lo que le sigue.

    >>> usable_context(torch.tensor([[5, 6, 0, 7, 8]]), boundary=0)
    tensor([[1, 2, 1, 2, 3]])
    """
    place = torch.arange(ids.shape[1]).expand_as(ids)
    start = torch.where(ids == boundary, place, 0).cummax(1).values
    return place - start + 1
