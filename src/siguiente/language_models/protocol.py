"""El protocolo: lo único que un modelo de lenguaje del curso debe saber hacer, y el texto con que se usa."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import torch
from torch import Tensor, nn


class State(Protocol):
    """Lo que un modelo recuerda de un prefijo: un contexto, un vector oculto o una caché de claves y valores.

    Un estado no cambia nunca: `LanguageModel.step` devuelve otro y el anterior sigue siendo válido.
    """

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas: (B, ...) pasa a (B·n, ...)."""
        ...

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice: (B, ...) pasa a (len(rows), ...)."""
        ...


class LanguageModel(Protocol):
    """Asigna a cada prefijo de tokens los logits del token siguiente.

    `vocab_size` es V, el número de tokens; `context_length`, cuántos caben en el contexto, si hay límite. Un
    modelo puede traer además caminos más rápidos, con el mismo resultado, y entonces se usan: `score`, para
    :func:`~siguiente.language_models.scoring.score`; `score_trie`, para
    :func:`~siguiente.language_models.fast.trie.score_trie`; y `read_batch`, que lee de una pasada prompts de
    distinta longitud, para :func:`~siguiente.language_models.sampling.generate_batch`.
    """

    @property
    def vocab_size(self) -> int: ...  # noqa: D102

    @property
    def context_length(self) -> int | None: ...  # noqa: D102

    def step(self, ids: Tensor, state: Any = None, last: int = 1) -> tuple[Tensor, Any]:
        """Lee T tokens y devuelve los logits de los últimos, (B, last, V) en float32, y el estado nuevo.

        Parameters
        ----------
        ids : Tensor
            Tokens nuevos, (B, T), enteros de 64 bits, con T >= 1.
        state : State, optional
            Lo leído antes con este mismo modelo; sin él, el texto empieza aquí.
        last : int
            Cuántas posiciones finales necesitan logits, entre 1 y T.
        """
        ...


def count_parameters(model: nn.Module) -> int:
    """Los números que un modelo aprende; los compartidos, una vez.

    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(weights.numel() for weights in model.parameters())


@dataclass(frozen=True, eq=False)
class TensorState:
    """Un estado que cabe en un tensor, (B, ...): los últimos tokens leídos o un vector oculto.

    >>> TensorState(torch.tensor([[1], [2]])).repeat(2).tensor.flatten()
    tensor([1, 1, 2, 2])
    """

    tensor: Tensor

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas."""
        return type(self)(self.tensor.repeat_interleave(n, 0))

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice."""
        return type(self)(self.tensor[rows])


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

    >>> ByteTokenizer().encode("sí")
    [115, 195, 173]
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
        """Devuelve los tokens de `text` como una fila, (1, T), lista para `step`."""
        ids = self.encode(text)
        if not ids:
            raise ValueError("El texto está vacío y no hay token de comienzo: escriba algo.")
        check_room(self.model, len(ids))
        return torch.tensor([ids])


@dataclass(frozen=True)
class UniformModel:
    """Da a cada token la misma probabilidad, 1/V.

    >>> UniformModel(4).step(torch.tensor([[0, 1]]))[0].softmax(-1)
    tensor([[[0.2500, 0.2500, 0.2500, 0.2500]]])
    """

    vocab_size: int
    context_length: int | None = None

    def step(
        self, ids: Tensor, state: TensorState | None = None, last: int = 1
    ) -> tuple[Tensor, TensorState]:
        """Devuelve logits nulos, (B, last, V): tras el softmax, todos los tokens pesan lo mismo."""
        return torch.zeros(ids.shape[0], last, self.vocab_size), TensorState(ids[:, :0])


def initialise(model: nn.Module, seed: int) -> None:
    """Da a cada peso su valor inicial: cero a los sesgos y, a las matrices, el azar de la semilla."""
    generator = torch.Generator().manual_seed(seed)
    for weight in model.parameters():
        if weight.ndim < 2:
            nn.init.zeros_(weight)
        else:
            nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[1]), generator=generator)


def check_room(model: LanguageModel, tokens: int) -> None:
    """Comprueba que tantos tokens, los leídos y los que se piden, caben en el contexto."""
    limit = model.context_length
    if limit is not None and tokens > limit:
        raise ValueError(
            f"El texto llega a {tokens} tokens y en el contexto caben {limit}: acórtelo o pida menos."
        )


def check_positive(config: object, *names: str) -> None:
    """Comprueba que unas cantidades de una configuración son al menos 1."""
    for name in names:
        if getattr(config, name) < 1:
            raise ValueError(f"`{name}` debe ser al menos 1, y vale {getattr(config, name)}.")
