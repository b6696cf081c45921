"""El tokenizador de palabras: un token por pieza conocida, y bytes para las demás."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from siguiente.language_models.pieces import END, PieceTokenizer, piece_bytes, split_pieces

__all__ = ["WordTokenizer"]


@dataclass(frozen=True)
class WordTokenizer(PieceTokenizer):
    """Un token por palabra (con el espacio que la precede), número o grupo de signos.

    Es el tokenizador de todos los modelos de las historias: así sus tokens son los mismos. Lo que no está en
    su vocabulario se escribe byte a byte, de modo que no hay palabra que no se pueda codificar.

    Parameters
    ----------
    words : tuple of str
        Las piezas que tienen token propio, el 257 en adelante.

    Examples
    --------
    >>> tokenizer = WordTokenizer.from_texts(["El gato ve al gato."])
    >>> tokenizer.words
    (' gato', ' al', ' ve', 'El')
    >>> tokenizer.encode("El gato."), tokenizer.vocab_size
    ([260, 257, 46], 261)
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self._numbers) < len(self.words):
            raise ValueError("Hay palabras repetidas en el vocabulario: cada una debe tener un solo token.")

    @classmethod
    def from_texts(cls, texts: Iterable[str], min_count: int = 1) -> "WordTokenizer":
        """Hace el vocabulario con las piezas de unos textos, de la más a la menos frecuente.

        Parameters
        ----------
        texts : iterable of str
            Los textos.
        min_count : int
            Veces que debe salir una pieza para tener token propio. Las de un solo byte ya lo tienen.

        Raises
        ------
        ValueError
            Si los textos están vacíos o si `min_count` no es al menos 1.
        """
        if min_count < 1:
            raise ValueError(f"`min_count` debe ser al menos 1, y vale {min_count}.")
        counts = Counter(piece for text in texts for piece in split_pieces(text))
        if not counts:
            raise ValueError("No hay texto del que tomar palabras.")
        ordered = sorted(counts, key=lambda piece: (-counts[piece], piece))
        return cls(tuple(p for p in ordered if counts[p] >= min_count and len(piece_bytes(p)) > 1))

    @cached_property
    def learned(self) -> Sequence[bytes]:
        """Los bytes de cada palabra."""
        return [piece_bytes(word) for word in self.words]

    def encode_piece(self, piece: str) -> list[int]:
        """El token de la pieza; si no está en el vocabulario, sus bytes."""
        number = self._numbers.get(piece)
        return list(piece_bytes(piece)) if number is None else [number]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, start=END + 1)}
