"""Del texto a los tokens y vuelta: un modelo con su tokenizador."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel

__all__ = ["ByteTokenizer", "TextModel", "Tokenizer"]

Model = TypeVar("Model", bound=LanguageModel, covariant=True)


class Tokenizer(Protocol):
    """Convierte texto en números de token y números en texto."""

    @property
    def vocab_size(self) -> int: ...  # noqa: D102

    @property
    def bos_id(self) -> int | None: ...  # noqa: D102

    @property
    def eos_id(self) -> int | None: ...  # noqa: D102

    def encode(self, text: str) -> list[int]:
        """Devuelve los tokens de `text`, sin el de comienzo."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Devuelve el texto de `ids`, sin los tokens especiales."""
        ...

    def token_bytes(self, token: int) -> bytes:
        """Devuelve los bytes UTF-8 que un token escribe; vacío si es especial."""
        ...


@dataclass(frozen=True)
class ByteTokenizer:
    """El tokenizador más simple: un token por byte, más uno de comienzo y otro de final.

    Examples
    --------
    >>> ByteTokenizer().encode("sí")
    [115, 195, 173]
    >>> ByteTokenizer().decode([115, 195, 173])
    'sí'
    """

    vocab_size: int = 258
    bos_id: int = 256
    eos_id: int = 257

    def encode(self, text: str) -> list[int]:
        """Devuelve los bytes UTF-8 de `text`."""
        return list(text.encode())

    def decode(self, ids: Sequence[int]) -> str:
        """Devuelve el texto; los bytes que no forman una letra se muestran como �."""
        return bytes(i for i in ids if i < 256).decode(errors="replace")

    def token_bytes(self, token: int) -> bytes:
        """Devuelve el byte del token, o nada si es especial."""
        return bytes([token]) if token < 256 else b""


@dataclass(frozen=True)
class TextModel(Generic[Model]):
    """Un modelo de lenguaje que se usa con texto.

    El token de comienzo (BOS), el de final (EOS) y los bytes pertenecen aquí; el modelo solo ve números.

    Parameters
    ----------
    model : LanguageModel
        El modelo sobre tokens.
    tokenizer : Tokenizer
        El tokenizador con que se entrenó.

    Examples
    --------
    >>> from siguiente.language_models.uniform import UniformModel
    >>> TextModel(UniformModel(258), ByteTokenizer()).encode("sí")
    [256, 115, 195, 173]
    """

    model: Model
    tokenizer: Tokenizer

    def encode(self, text: str, end: bool = False) -> list[int]:
        """Devuelve los tokens de `text` con el de comienzo y, si `end`, con el de final."""
        start, stop = self.tokenizer.bos_id, self.tokenizer.eos_id
        if end and stop is None:
            raise ValueError("Este tokenizador no tiene token de final: use `end=False`.")
        ids = ([] if start is None else [start]) + self.tokenizer.encode(text)
        return [*ids, stop] if end and stop is not None else ids

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """Devuelve el texto de una fila de tokens."""
        return self.tokenizer.decode(ids.tolist() if isinstance(ids, Tensor) else ids)

    def prompt(self, text: str) -> Tensor:
        """Devuelve los tokens de `text` como una fila, (1, T), lista para `step`.

        Raises
        ------
        ValueError
            Si no hay ningún token o si no caben en el contexto del modelo.
        """
        ids = self.encode(text)
        limit = self.model.context_length
        if not ids:
            raise ValueError("El texto está vacío y no hay token de comienzo: escriba algo.")
        if limit is not None and len(ids) > limit:
            raise ValueError(
                f"El texto ocupa {len(ids)} tokens y en el contexto del modelo caben {limit}: acórtelo."
            )
        return torch.tensor([ids])
