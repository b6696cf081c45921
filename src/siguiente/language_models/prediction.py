"""Predecir: la distribución del token siguiente."""

from dataclasses import dataclass

from torch import Tensor

from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.text import TextModel

__all__ = ["TokenProbability", "next_logprobs", "top_tokens"]


@dataclass(frozen=True)
class TokenProbability:
    """Un token, como texto, y su probabilidad."""

    text: str
    probability: float


def next_logprobs(model: TextModel[LanguageModel], prompt: str) -> Tensor:
    """Log-probabilidad de cada token del vocabulario tras un prompt.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    prompt : str
        El texto anterior.

    Returns
    -------
    Tensor
        (V,), en nats.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> round(next_logprobs(uniform, "Hola").exp().sum().item(), 4)
    1.0
    """
    logits, _ = model.model.step(model.prompt(prompt))
    return logits[0, -1].log_softmax(-1)


def top_tokens(model: TextModel[LanguageModel], prompt: str, k: int = 10) -> list[TokenProbability]:
    """Los `k` tokens más probables tras un prompt, de mayor a menor.

    Raises
    ------
    ValueError
        Si `k` no está entre 1 y V.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> round(top_tokens(uniform, "Hola", k=1)[0].probability, 4)
    0.0039
    """
    if not 1 <= k <= model.model.vocab_size:
        raise ValueError(f"`k` debe estar entre 1 y {model.model.vocab_size}, y vale {k}.")
    best = next_logprobs(model, prompt).topk(k)
    return [
        TokenProbability(model.tokenizer.token_bytes(token).decode(errors="replace"), value)
        for token, value in zip(best.indices.tolist(), best.values.exp().tolist(), strict=True)
    ]
