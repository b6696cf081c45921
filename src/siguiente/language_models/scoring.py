"""Lo que un modelo da a un texto: log-probabilidades, perplejidad, bits por byte y lo que sigue."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from siguiente.language_models.protocol import LanguageModel, State, TextModel

# Los logits de una tanda ocupan como mucho 64 MB: con V = 262 144 son 64 posiciones.
LOGITS_BUDGET = 1 << 24


def token_logprobs(logits: Tensor, ids: Tensor) -> Tensor:
    """Log-probabilidad, en nats, de cada token (..., T) según los logits de su posición, (..., T, V).

    >>> token_logprobs(torch.zeros(1, 2), torch.tensor([1])).exp()
    tensor([0.5000])
    """
    chosen = logits.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    return chosen - logits.logsumexp(-1)


def score(model: LanguageModel, ids: Tensor, state: State | None = None, start: int = 1) -> Tensor:
    """Log-probabilidad, en nats, de cada token según los anteriores: (B, T) pasa a (B, T - start).

    Se puntúa desde la posición `start`. Las filas más cortas se rellenan por la derecha: un modelo causal no
    ve el relleno. `state` es un prefijo ya leído, común o por fila. Nunca se forman los logits (B, T, V)
    enteros: se recorren las posiciones por tandas.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> score(UniformModel(8), torch.tensor([[3, 1, 4]]))
    tensor([[-2.0794, -2.0794]])
    """
    if faster := getattr(model, "score", None):
        logprobs: Tensor = faster(ids, state, start)
        return logprobs
    if start > 1:
        _, state = model.step(ids[:, : start - 1], state)
    size = max(1, LOGITS_BUDGET // (ids.shape[0] * model.vocab_size))
    batches = zip(ids[:, start - 1 : -1].split(size, 1), ids[:, start:].split(size, 1), strict=True)
    parts = []
    for inputs, targets in batches:
        logits, state = model.step(inputs, state, last=inputs.shape[1])
        parts.append(token_logprobs(logits, targets))
    return torch.cat(parts, 1)


@dataclass(frozen=True)
class TextScore:
    """Lo que un modelo paga por escribir unos textos: la suma de -log p de sus tokens, sin el de comienzo.

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
    """Lo que un modelo paga por cada texto, -log p en nats, (N,), para comparar dos modelos texto a texto.

    Con `end` se puntúa también el token de final. `context` se lee una sola vez antes de cada texto, sin
    pagarlo.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(256), ByteTokenizer(bos_id=0))
    >>> text_nats(uniform, ["un texto", "otro"]) / math.log(256)
    tensor([8., 4.], dtype=torch.float64)
    """
    return torch.tensor([nats for nats, _ in _paid(model, texts, end, context)], dtype=torch.double)


def text_bits(model: TextModel[LanguageModel], texts: Sequence[str], end: bool = False) -> Tensor:
    """Lo que un modelo paga por cada texto, en bits por byte medio: la media es la de todos juntos, (N,).

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> text_bits(TextModel(UniformModel(256), ByteTokenizer(bos_id=0)), ["un texto", "otro"]).mean()
    tensor(8., dtype=torch.float64)
    """
    sizes = torch.tensor([len(text.encode()) for text in texts]).double()
    return text_nats(model, texts, end) / math.log(2) / sizes.mean()


def evaluate(model: TextModel[LanguageModel], texts: Iterable[str], end: bool = False) -> TextScore:
    """Puntúa cada texto por separado, con el token de final si `end`, y suma.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(256), ByteTokenizer(bos_id=0))
    >>> round(evaluate(uniform, ["un texto", "otro"]).bits_per_byte, 4)
    8.0
    """
    texts = list(texts)
    nats, tokens = zip(*_paid(model, texts, end), strict=True)
    return TextScore(math.fsum(nats), sum(tokens), sum(len(text.encode()) for text in texts))


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
    return paid


@dataclass(frozen=True)
class TokenProbability:
    """Un token, como texto, y su probabilidad."""

    text: str
    probability: float


def next_logprobs(model: TextModel[LanguageModel], prompt: str) -> Tensor:
    """Log-probabilidad, en nats, de cada token del vocabulario tras un prompt, (V,).

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> round(next_logprobs(uniform, "Hola").exp().sum().item(), 4)
    1.0
    """
    logits, _ = model.model.step(model.prompt(prompt))
    return logits[0, -1].log_softmax(-1)


def top_tokens(model: TextModel[LanguageModel], prompt: str, k: int = 10) -> list[TokenProbability]:
    """Los `k` tokens más probables tras un prompt, de mayor a menor.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> round(top_tokens(uniform, "Hola", k=1)[0].probability, 4)
    0.0039
    """
    best = next_logprobs(model, prompt).topk(k)
    return [
        TokenProbability(model.tokenizer.token_bytes(token).decode(errors="replace"), value)
        for token, value in zip(best.indices.tolist(), best.values.exp().tolist(), strict=True)
    ]
