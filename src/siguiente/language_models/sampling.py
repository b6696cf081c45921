"""Generar: elegir un token, añadirlo y volver a preguntar."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.text import TextModel

__all__ = ["Choose", "complete", "generate", "greedy", "sampler"]

Choose = Callable[[Tensor], Tensor]


def greedy(logits: Tensor) -> Tensor:
    """Elige el token más probable: (B, V) pasa a (B,).

    Examples
    --------
    >>> import torch
    >>> greedy(torch.tensor([[0.0, 2.0, 1.0]]))
    tensor([1])
    """
    return logits.argmax(-1)


def sampler(generator: Generator, temperature: float = 1.0) -> Choose:
    """Devuelve una función que elige al azar según softmax(logits / temperature).

    Parameters
    ----------
    generator : torch.Generator
        La fuente de azar: con la misma semilla sale el mismo texto.
    temperature : float
        1 respeta la distribución del modelo; menos la concentra y más la aplana.

    Raises
    ------
    ValueError
        Si la temperatura no es positiva.

    Examples
    --------
    >>> import torch
    >>> choose = sampler(torch.Generator().manual_seed(0))
    >>> choose(torch.tensor([[-100.0, 0.0]]))
    tensor([1])
    """
    if not temperature > 0:
        raise ValueError(f"La temperatura debe ser positiva y vale {temperature}; si quiere 0, use `greedy`.")

    def choose(logits: Tensor) -> Tensor:
        return torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator).squeeze(-1)

    return choose


def generate(
    model: LanguageModel, ids: Tensor, length: int, choose: Choose, n: int = 1, eos: int | None = None
) -> Tensor:
    """Prolonga unos tokens de uno en uno.

    Parameters
    ----------
    model : LanguageModel
        Cualquier modelo del protocolo.
    ids : Tensor
        El prompt, (1, T); se lee una sola vez aunque `n` sea mayor que 1.
    length : int
        Máximo de tokens nuevos.
    choose : callable
        De logits (n, V) a tokens (n,): :func:`greedy` o :func:`sampler`.
    n : int
        Cuántas continuaciones.
    eos : int, optional
        Token de final: las filas que lo escriben se quedan en él.

    Returns
    -------
    Tensor
        Solo los tokens nuevos, (n, hasta `length`).

    Examples
    --------
    >>> import torch
    >>> from siguiente.language_models.uniform import UniformModel
    >>> generate(UniformModel(5), torch.tensor([[0]]), length=3, choose=greedy)
    tensor([[0, 0, 0]])
    """
    if length < 1 or n < 1:
        raise ValueError(f"Hace falta al menos un token y una continuación: `length`={length}, `n`={n}.")
    check_room(model, ids.shape[1], length)
    logits, state = model.step(ids)
    logits, state = logits.repeat_interleave(n, 0), state.repeat(n)
    done, new = torch.zeros(n, dtype=torch.bool), []
    while True:
        token = choose(logits[:, -1])
        if eos is not None:
            token = token.masked_fill(done, eos)
            done |= token == eos
        new.append(token)
        if len(new) == length or done.all():
            return torch.stack(new, 1)
        logits, state = model.step(token[:, None], state)


def check_room(model: LanguageModel, used: int, length: int) -> None:
    """Comprueba que lo nuevo cabe detrás de lo leído."""
    limit = model.context_length
    if limit is not None and used + length > limit:
        raise ValueError(
            f"El prompt ocupa {used} tokens y se piden {length} más, pero en el contexto caben {limit}: "
            "acorte el prompt o pida menos."
        )


def complete(
    model: TextModel[LanguageModel], prompt: str, length: int, choose: Choose = greedy, n: int = 1
) -> list[str]:
    """Continúa un texto y devuelve solo lo nuevo, `n` veces.

    Examples
    --------
    >>> import torch
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> len(complete(uniform, "Hola", length=5, choose=sampler(torch.Generator().manual_seed(1)), n=2))
    2
    """
    eos = model.tokenizer.eos_id
    rows = generate(model.model, model.prompt(prompt), length, choose, n, eos).tolist()
    return [model.decode(row[: row.index(eos)] if eos in row else row) for row in rows]
