"""El tokenizador de un modelo preentrenado: de texto a números, de números a texto y a bytes."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel

from siguiente.language_models.words import byte_alphabet
from siguiente.llm.files.catalogue import ModelCard

BYTE = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True, eq=False)
class PretrainedTokenizer:
    """Un tokenizador con sus tokens de comienzo y de final y, si el modelo la trae, su plantilla de chat.

    Los bytes de los tokens de un texto, seguidos, son los bytes del texto. Hay una excepción: SentencePiece
    escribe el espacio como `▁` y no distingue un `▁` verdadero de un espacio.
    """

    backend: Tokenizer
    bos_id: int | None
    eos_id: int | None
    name: str = "este modelo"
    chat_template: str | None = None

    @classmethod
    def from_folder(cls, folder: Path, card: ModelCard) -> "PretrainedTokenizer":
        """Lee de una carpeta `tokenizer.json` y, si está, la plantilla de chat."""
        backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return cls(backend, card.bos_id, card.eos_id, card.title, stored_template(folder))

    @property
    def vocab_size(self) -> int:
        """Número de tokens, V."""
        return self.backend.get_vocab_size()

    def encode(self, text: str, special: bool = False) -> list[int]:
        """Devuelve los tokens de `text`, sin el de comienzo.

        Con `special`, los tokens de control escritos en el texto, como `<bos>`, se leen como tales; si no,
        son texto como otro cualquiera, que es lo seguro.
        """
        self.backend.encode_special_tokens = not special
        ids = self.backend.encode(text, add_special_tokens=False).ids
        if self._byte_level and not special:
            self._check_complete(text, ids)
        return ids

    def _check_complete(self, text: str, ids: Sequence[int]) -> None:
        """Avisa de lo que la biblioteca quitaría en silencio: los bytes que el vocabulario no tiene."""
        if self._bytes(ids) == text.encode():
            return
        lost = next(c for c in text if self._bytes(self.backend.encode(c).ids) != c.encode())
        raise ValueError(f"El vocabulario de {self.name} no puede escribir {lost!r}: quítelo del texto.")

    def _bytes(self, ids: Sequence[int]) -> bytes:
        return b"".join(self.token_bytes(i) for i in ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Devuelve el texto de `ids`, sin los tokens especiales; un carácter a medias se muestra como �."""
        return self._bytes(ids).decode(errors="replace")

    def token_bytes(self, token: int) -> bytes:
        """Devuelve los bytes que un token escribe; vacío si es especial."""
        if token in self._special:
            return b""
        piece = self.backend.id_to_token(token)
        if piece is None:
            raise ValueError(f"No existe el token {token}: hay {self.vocab_size}, numerados desde 0.")
        if self._byte_level:
            return bytes(self._alphabet[character] for character in piece)
        byte = BYTE.fullmatch(piece)
        return bytes([int(byte[1], 16)]) if byte else piece.replace("▁", " ").encode()

    @cached_property
    def marks(self) -> dict[str, int]:
        """Los tokens de control por su texto, que abren y cierran y no escriben nada."""
        added = self.backend.get_added_tokens_decoder()
        return {token.content: i for i, token in added.items() if token.special}

    @cached_property
    def _special(self) -> frozenset[int]:
        return frozenset(self.marks.values())

    @cached_property
    def _byte_level(self) -> bool:
        return isinstance(self.backend.decoder, ByteLevel)

    @cached_property
    def _alphabet(self) -> dict[str, int]:
        return byte_alphabet()


def stored_template(folder: Path) -> str | None:
    """La plantilla de chat de una carpeta: en su archivo o, como se publicaba antes, en la configuración."""
    alone, config = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    if alone.exists():
        return alone.read_text(encoding="utf-8")
    found = json.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
    template = found.get("chat_template")
    if isinstance(template, list):  # varias, con nombre; la de conversar es «default»
        template = {one["name"]: one["template"] for one in template}.get("default")
    return template if isinstance(template, str) else None
