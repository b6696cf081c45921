"""BPE de bytes: unir una y otra vez la pareja de tokens que más se repite.

Aquí están la idea, paso a paso, y el tokenizador que resulta. Aprende las mismas uniones, sin volver a
contarlo todo en cada paso, :func:`siguiente.language_models.fast.bpe_training.train_bpe`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from siguiente.language_models.words import END, PieceTokenizer, byte_alphabet, piece_bytes, split_pieces

Pair = tuple[int, int]
Word = tuple[int, ...]
MIN_COUNT = 2  # una pareja que sale una sola vez no enseña nada
ORDER = {byte: place for place, byte in enumerate(byte_alphabet().values())}


def byte_words(texts: Iterable[str]) -> Counter[Word]:
    """Corta unos textos en piezas y cuenta cuántas veces sale cada una, escrita con sus bytes.

    >>> byte_words(["no y no", "no"])
    Counter({(110, 111): 2, (32, 121): 1, (32, 110, 111): 1})
    """
    counts = Counter(piece for text in texts for piece in split_pieces(text))
    return Counter({tuple(piece_bytes(piece)): times for piece, times in counts.items()})


def count_pairs(words: Mapping[Word, int]) -> Counter[Pair]:
    """Cuenta las parejas de tokens seguidos de unas piezas, cada una las veces que sale.

    >>> count_pairs({(1, 2, 3): 10, (2, 3): 5})
    Counter({(2, 3): 15, (1, 2): 10})
    """
    counts = Counter[Pair]()
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] += times
    return counts


def best_pair(counts: Mapping[Pair, int]) -> Pair:
    """La pareja que más se repite; si empatan varias, la primera en el orden de los tokens.

    En ese orden van antes los bytes, como los coloca :func:`~siguiente.language_models.words.byte_alphabet`,
    y después las uniones, de la más antigua a la más reciente. Es la regla de la biblioteca tokenizers: con
    ella salen las mismas uniones.

    >>> best_pair({(98, 97): 7, (97, 98): 7, (97, 97): 3})
    (97, 98)
    """
    return min(counts, key=lambda pair: (-counts[pair], *(ORDER.get(token, token) for token in pair)))


def merge(word: Word, pair: Pair, new: int) -> Word:
    """Cambia, de izquierda a derecha, cada aparición de una pareja por un token nuevo.

    >>> merge((7, 7, 7, 2), (7, 7), 9)
    (9, 7, 2)
    """
    merged, i = list[int](), 0
    while i < len(word):
        found = word[i : i + 2] == pair
        merged.append(new if found else word[i])
        i += 2 if found else 1
    return tuple(merged)


def train(texts: Iterable[str], vocab_size: int) -> "BPETokenizer":
    """Aprende un tokenizador: cuenta las parejas, une la que más se repite y vuelve a empezar.

    Con un vocabulario de 257, o sin nada que se repita, los tokens son los bytes y el de final.

    >>> train(["la casa, la cama y la calle"], vocab_size=260).learned
    [b'ca', b'la', b' ca']
    """
    words: Mapping[Word, int] = byte_words(texts)
    merges = list[Pair]()
    for new in range(END + 1, vocab_size):
        counts = count_pairs(words)
        if max(counts.values(), default=0) < MIN_COUNT:
            break
        pair = best_pair(counts)
        words = {merge(word, pair, new): times for word, times in words.items()}
        merges.append(pair)
    return BPETokenizer(tuple(merges))


def apply_merges(word: Word, ranks: Mapping[Pair, int]) -> Word:
    """Une, mientras se pueda, la pareja cuya unión se aprendió antes: la que crea el token menor en `ranks`.

    >>> apply_merges((1, 2, 3), {(2, 3): 257, (1, 2): 258})
    (1, 257)
    """
    while len(word) > 1:
        pair = min(pairwise(word), key=lambda pair: ranks.get(pair, math.inf))
        if pair not in ranks:
            break
        word = merge(word, pair, ranks[pair])
    return word


@dataclass(frozen=True)
class BPETokenizer(PieceTokenizer):
    """Corta cada pieza con las uniones aprendidas, en el orden en que se aprendieron.

    La primera crea el token 257; la segunda, el 258. Son las uniones de :cite:t:`sennrich2016`, sobre los
    bytes UTF-8 de cada pieza, como en GPT-2 :cite:p:`radford2019`.

    >>> tokenizer = BPETokenizer(merges=((110, 111), (32, 257)))
    >>> tokenizer.encode("no sé, no"), tokenizer.token_bytes(258)
    ([257, 32, 115, 195, 169, 44, 258], b' no')
    """

    merges: tuple[Pair, ...]

    def __post_init__(self) -> None:
        for new, pair in enumerate(self.merges, start=END + 1):
            if any(not 0 <= token < new or token == END for token in pair) or self._ranks[pair] != new:
                raise ValueError(
                    f"La unión {pair}, que crea el token {new}, se repite o usa otros que no hay."
                )

    @cached_property
    def learned(self) -> Sequence[bytes]:
        """Los bytes de cada unión."""
        tokens = [bytes([byte]) for byte in range(END)] + [b""]
        for left, right in self.merges:
            tokens.append(tokens[left] + tokens[right])
        return tokens[END + 1 :]

    def encode_piece(self, piece: str) -> list[int]:
        """Los tokens que quedan tras hacer en la pieza todas las uniones que se puedan."""
        return list(apply_merges(tuple(piece_bytes(piece)), self._ranks))

    @cached_property
    def _ranks(self) -> dict[Pair, int]:
        return {pair: token for token, pair in enumerate(self.merges, start=END + 1)}
