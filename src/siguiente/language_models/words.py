"""Palabras y trozos: cómo se corta un texto antes de contar, y un tokenizador de palabras."""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

END = 256  # el token de final, que también es el de comienzo
PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
CACHED = 1 << 17  # piezas distintas que se recuerdan ya codificadas


def split_pieces(text: str) -> list[str]:
    """Corta un texto en palabras, números, signos y espacios que, seguidos, son el texto.

    Cada palabra se lleva el espacio que la precede, como en GPT-2 :cite:p:`radford2019`. A diferencia de
    GPT-2, no hay un corte propio para las contracciones del inglés.

    >>> split_pieces("—¿Vienes, Ana? —dijo a las 10.")
    ['—¿', 'Vienes', ',', ' Ana', '?', ' —', 'dijo', ' a', ' las', ' 10', '.']
    """
    return PIECE.findall(text)


class PieceTokenizer(ABC):
    """Un tokenizador que corta en piezas y codifica cada una por su lado.

    Los tokens 0 a 255 son los bytes; 256 es el de final, que hace también de comienzo; desde el 257 están los
    que aprendió.
    """

    bos_id: int = END
    eos_id: int = END

    @property
    @abstractmethod
    def learned(self) -> Sequence[bytes]:
        """Los bytes de los tokens aprendidos, desde el 257."""

    @abstractmethod
    def encode_piece(self, piece: str) -> list[int]:
        """Los tokens de una pieza."""

    @property
    def vocab_size(self) -> int:
        """Número de tokens, V."""
        return END + 1 + len(self.learned)

    def encode(self, text: str) -> list[int]:
        """Devuelve los tokens de `text`, sin el de comienzo."""
        return [token for piece in split_pieces(text) for token in self._encoded(piece)]

    def decode(self, ids: Sequence[int]) -> str:
        """Devuelve el texto de `ids`, sin los de final; los bytes que no forman una letra se ven como �."""
        return b"".join(map(self.token_bytes, ids)).decode(errors="replace")

    def token_bytes(self, token: int) -> bytes:
        """Devuelve los bytes que un token escribe; vacío si es el de final."""
        if token < END:
            return bytes([token])
        return b"" if token == END else self.learned[token - END - 1]

    @cached_property
    def _encoded(self) -> Callable[[str], list[int]]:
        return lru_cache(CACHED)(self.encode_piece)


def piece_bytes(piece: str) -> bytes:
    """Los bytes UTF-8 de una pieza, o un error que dice qué carácter no los tiene."""
    try:
        return piece.encode()
    except UnicodeEncodeError as error:
        lost = piece[error.start]
        raise ValueError(f"El texto tiene medio carácter, {lost!r}: quítelo.") from error


@dataclass(frozen=True)
class WordTokenizer(PieceTokenizer):
    """Un token por palabra (con el espacio que la precede), número o grupo de signos, desde el 257.

    Es el tokenizador de todos los modelos de las historias: así sus tokens son los mismos. Lo que no está en
    su vocabulario se escribe byte a byte, de modo que no hay palabra que no se pueda codificar.

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

        Una pieza tiene token propio si sale al menos `min_count` veces; las de un solo byte ya lo tienen.
        """
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


def byte_alphabet() -> dict[str, int]:
    """El byte de cada uno de los 256 caracteres visibles, en el orden de los caracteres.

    Los bytes que ya se ven son su propio carácter; los demás, como el espacio, van detrás de todos. Es el
    alfabeto de GPT-2 :cite:p:`radford2019`, que usan también los archivos `tokenizer.json`.

    >>> alphabet = byte_alphabet()
    >>> alphabet["a"], alphabet["Ġ"], list(alphabet) == sorted(alphabet)
    (97, 32, True)
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in set(visible)]
    return {chr(b): b for b in visible} | {chr(256 + i): b for i, b in enumerate(hidden)}
