"""Medir: perplejidad y bits por byte de un modelo sobre unos textos."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.scoring import score
from siguiente.language_models.text import TextModel

__all__ = ["TextScore", "evaluate", "text_bits", "text_nats"]


@dataclass(frozen=True)
class TextScore:
    """Lo que un modelo paga por escribir unos textos.

    Attributes
    ----------
    nats : float
        Suma de -log p de todos los tokens.
    tokens : int
        Tokens puntuados, sin el de comienzo.
    bytes : int
        Bytes UTF-8 de los textos.

    Examples
    --------
    >>> half = TextScore(nats=math.log(2) * 8, tokens=4, bytes=8)
    >>> round(half.perplexity, 4), round(half.bits_per_byte, 4)
    (4.0, 1.0)
    """

    nats: float
    tokens: int
    bytes: int

    @property
    def perplexity(self) -> float:
        """Perplejidad por token, exp(nats / tokens); solo se compara con el mismo tokenizador."""
        return math.exp(self.nats / self.tokens)

    @property
    def bits_per_byte(self) -> float:
        """Bits por byte; se compara entre tokenizadores distintos."""
        return self.nats / math.log(2) / self.bytes


def text_nats(
    model: TextModel[LanguageModel], texts: Iterable[str], end: bool = False, context: str = ""
) -> Tensor:
    """Lo que un modelo paga por cada texto, para comparar dos modelos texto a texto.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    texts : iterable of str
        N textos no vacíos.
    end : bool
        Si también se puntúa el token de final.
    context : str
        Lo que el modelo lee antes de cada texto, sin pagarlo. Se lee una sola vez.

    Returns
    -------
    Tensor
        (N,), -log p de cada texto entero, en nats y con precisión doble.

    Raises
    ------
    ValueError
        Si no hay textos, si alguno está vacío o si no cabe en el contexto.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> uniform = TextModel(UniformModel(256), ByteTokenizer(bos_id=0))
    >>> text_nats(uniform, ["un texto", "otro"]) / math.log(256)
    tensor([8., 4.], dtype=torch.float64)
    """
    return torch.tensor([nats for nats, _ in _paid(model, texts, end, context)], dtype=torch.double)


def text_bits(model: TextModel[LanguageModel], texts: Sequence[str], end: bool = False) -> Tensor:
    """Lo que un modelo paga por cada texto, en bits por byte medio: la media es la de todos juntos, (N,).

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> text_bits(TextModel(UniformModel(256), ByteTokenizer(bos_id=0)), ["un texto", "otro"]).mean()
    tensor(8., dtype=torch.float64)
    """
    sizes = torch.tensor([len(text.encode()) for text in texts]).double()
    return text_nats(model, texts, end) / math.log(2) / sizes.mean()


def evaluate(model: TextModel[LanguageModel], texts: Iterable[str], end: bool = False) -> TextScore:
    """Puntúa cada texto por separado y suma.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    texts : iterable of str
        Textos no vacíos.
    end : bool
        Si también se puntúa el token de final.

    Raises
    ------
    ValueError
        Si no hay textos, si alguno está vacío o si no cabe en el contexto.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> uniform = TextModel(UniformModel(256), ByteTokenizer(bos_id=0))
    >>> round(evaluate(uniform, ["un texto", "otro"]).bits_per_byte, 4)
    8.0
    """
    texts = list(texts)
    paid = _paid(model, texts, end)
    nats, tokens = math.fsum(nats for nats, _ in paid), sum(tokens for _, tokens in paid)
    return TextScore(nats, tokens, sum(len(text.encode()) for text in texts))


def _paid(
    model: TextModel[LanguageModel], texts: Iterable[str], end: bool, context: str = ""
) -> list[tuple[float, int]]:
    """Nats y tokens puntuados de cada texto."""
    head, bos = model.encode(context), model.tokenizer.bos_id is not None
    state = model.model.step(torch.tensor([head[:-1]]))[1] if len(head) > 1 else None
    paid = []
    for number, text in enumerate(texts, start=1):
        ids = head[-1:] + model.encode(text, end)[bos:]
        if not text or len(ids) < 2:
            raise ValueError(f"El texto {number} está vacío o tiene un solo token: no hay qué puntuar.")
        logprobs = score(model.model, torch.tensor([ids]), state)
        paid.append((-logprobs.double().sum().item(), logprobs.numel()))
    if not paid:
        raise ValueError("No hay textos que medir.")
    return paid
