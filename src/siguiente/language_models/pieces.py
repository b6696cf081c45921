"""Cortar antes de aprender: un texto en piezas, y lo común de los tokenizadores que las numeran.

Ningún token pasa de una pieza a otra. Los primeros 256 tokens son los bytes: lo que no está en el vocabulario
se escribe con ellos, y así cualquier texto va y vuelve sin pérdidas.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

__all__ = ["END", "PieceTokenizer", "split_pieces"]

END = 256  # el token de final, que también es el de comienzo
PIECE = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
CACHED = 1 << 17  # piezas distintas que se recuerdan ya codificadas


def split_pieces(text: str) -> list[str]:
    """Corta un texto en palabras, números, signos y espacios.

    Parameters
    ----------
    text : str
        Cualquier texto.

    Returns
    -------
    list of str
        Las piezas. Seguidas, son el texto.

    Notes
    -----
    Cada palabra se lleva el espacio que la precede, como en GPT-2 :cite:p:`radford2019`. A
    diferencia de GPT-2, no hay un corte propio para las contracciones del inglés.

    Examples
    --------
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
        """Devuelve los tokens de `text`, sin el de comienzo.

        Raises
        ------
        ValueError
            Si el texto tiene algo que no se puede escribir en UTF-8: la mitad de un par sustituto.
        """
        cache, ids = self._cache, list[int]()
        for piece in split_pieces(text):
            known = cache.get(piece)
            if known is None:
                known = self.encode_piece(piece)
                if len(cache) < CACHED:
                    cache[piece] = known
            ids += known
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Devuelve el texto de `ids`, sin los de final; los bytes que no forman una letra se ven como �."""
        return b"".join(map(self.token_bytes, ids)).decode(errors="replace")

    def token_bytes(self, token: int) -> bytes:
        """Devuelve los bytes que un token escribe; vacío si es el de final.

        Raises
        ------
        ValueError
            Si ese token no existe.
        """
        if not 0 <= token < self.vocab_size:
            raise ValueError(f"No existe el token {token}: hay {self.vocab_size}, numerados desde 0.")
        if token < END:
            return bytes([token])
        return b"" if token == END else self.learned[token - END - 1]

    @cached_property
    def _cache(self) -> dict[str, list[int]]:
        return {}


def piece_bytes(piece: str) -> bytes:
    """Los bytes UTF-8 de una pieza, o un error que dice qué carácter no los tiene."""
    try:
        return piece.encode()
    except UnicodeEncodeError as error:
        lost = piece[error.start]
        raise ValueError(
            f"El texto tiene medio carácter, {lost!r}, que no existe en UTF-8: quítelo."
        ) from error
