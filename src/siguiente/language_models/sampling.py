"""Generar: elegir un token, añadirlo y volver a preguntar."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce

import torch
from torch import Generator, Tensor

from siguiente.language_models.protocol import LanguageModel, State, TextModel, check_room

Choose = Callable[[Tensor], Tensor]
Filter = Callable[[Tensor], Tensor]
Adjust = Callable[[Tensor, Tensor], Tensor]


def greedy(logits: Tensor) -> Tensor:
    """Elige el token más probable: (B, V) pasa a (B,).

    >>> greedy(torch.tensor([[0.0, 2.0, 1.0]]))
    tensor([1])
    """
    return logits.argmax(-1)


def sampler(generator: Generator, temperature: float = 1.0, filters: Sequence[Filter] = ()) -> Choose:
    """Devuelve una función que elige al azar según softmax(logits / temperature).

    Los filtros son los de :mod:`siguiente.language_models.decoding`, y se aplican en su orden después de la
    temperatura. Con la misma semilla en `generator` sale el mismo texto.

    >>> from functools import partial
    >>> from siguiente.language_models.decoding import top_k
    >>> choose = sampler(torch.Generator().manual_seed(0), temperature=0.7, filters=[partial(top_k, k=1)])
    >>> choose(torch.tensor([[1.0, 3.0, 2.0]]))
    tensor([1])
    """
    if not temperature > 0:
        raise ValueError(f"La temperatura debe ser positiva y vale {temperature}; si quiere 0, use `greedy`.")

    def choose(logits: Tensor) -> Tensor:
        logits = reduce(lambda kept, cut: cut(kept), filters, logits / temperature)
        return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)

    return choose


def stream_tokens(
    model: LanguageModel,
    ids: Tensor,
    length: int,
    choose: Choose,
    n: int = 1,
    eos: int | None = None,
    adjust: Adjust | None = None,
) -> Iterator[Tensor]:
    """Como :func:`generate`, pero entrega cada token nuevo, (n,), en cuanto lo elige.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> next(stream_tokens(UniformModel(5), torch.tensor([[0]]), length=3, choose=greedy))
    tensor([0])
    """
    if length < 1 or n < 1:
        raise ValueError(f"Hace falta al menos un token y una continuación: `length`={length}, `n`={n}.")
    check_room(model, ids.shape[1] + length)
    logits, state = model.step(ids)  # el prompt se lee una vez
    return decode_loop(model, logits.repeat_interleave(n, 0), state.repeat(n), length, choose, eos, adjust)


def decode_loop(
    model: LanguageModel,
    logits: Tensor,
    state: State,
    length: int,
    choose: Choose,
    eos: int | None,
    adjust: Adjust | None,
) -> Iterator[Tensor]:
    """El bucle que escribe, con B prompts ya leídos: sus últimos logits, (B, 1, V), y su estado."""
    written = torch.empty(len(logits), 0, dtype=torch.long)  # (B, t)
    ended = torch.zeros(len(logits), dtype=torch.bool)
    while True:
        scores = logits[:, -1]  # (B, V)
        token = choose(scores if adjust is None else adjust(written, scores))
        if eos is not None:  # quien terminó repite su final
            token = token.masked_fill(ended, eos)
            ended |= token == eos
        yield token
        written = torch.cat([written, token[:, None]], 1)
        if written.shape[1] >= length or ended.all():
            return
        logits, state = model.step(token[:, None], state)


def generate(
    model: LanguageModel,
    ids: Tensor,
    length: int,
    choose: Choose,
    n: int = 1,
    eos: int | None = None,
    adjust: Adjust | None = None,
) -> Tensor:
    """Prolonga unos tokens de uno en uno y devuelve solo los nuevos, (n, hasta `length`).

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
    adjust : callable, optional
        De los tokens escritos, (n, t), sin el prompt, y los logits del siguiente, (n, V), a otros logits.

    Examples
    --------
    >>> from siguiente.language_models.protocol import UniformModel
    >>> generate(UniformModel(5), torch.tensor([[0]]), length=3, choose=greedy)
    tensor([[0, 0, 0]])
    """
    return torch.stack(list(stream_tokens(model, ids, length, choose, n, eos, adjust)), 1)


def complete(
    model: TextModel[LanguageModel],
    prompt: str,
    length: int,
    choose: Choose = greedy,
    n: int = 1,
    adjust: Adjust | None = None,
    stop: Sequence[str] = (),
) -> list[str]:
    """Continúa un texto y devuelve solo lo nuevo, `n` veces.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    prompt : str
        El texto anterior.
    length, choose, n, adjust
        Los de :func:`generate`.
    stop : sequence of str
        Textos que cierran una continuación: se devuelve lo anterior al primero que aparezca.

    Examples
    --------
    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> len(complete(uniform, "Hola", length=5, choose=sampler(torch.Generator().manual_seed(1)), n=2))
    2
    """
    stop, eos = [stop] if isinstance(stop, str) else stop, model.tokenizer.eos_id
    if "" in stop:
        raise ValueError("Un texto de parada está vacío y cortaría siempre: quítelo de `stop`.")
    rows: list[list[int]] = [[] for _ in range(n)]
    for token in stream_tokens(model.model, model.prompt(prompt), length, choose, n, eos, adjust):
        rows = [[*row, new] for row, new in zip(rows, token.tolist(), strict=True)]
        if stop and all(eos in row or any(text in model.decode(row) for text in stop) for row in rows):
            break
    texts = [model.decode(before_end(row, eos)) for row in rows]
    return [text[: min((text.find(s) for s in stop if s in text), default=None)] for text in texts]


def before_end(row: list[int], eos: int | None) -> list[int]:
    """Lo que una fila escribe antes del token de final.

    >>> before_end([5, 7, 0, 0], eos=0)
    [5, 7]
    """
    return row[: row.index(eos)] if eos in row else row


def generate_batch(
    model: LanguageModel,
    prompts: Sequence[Sequence[int]],
    length: int,
    choose: Choose,
    eos: int | None = None,
    adjust: Adjust | None = None,
) -> list[list[int]]:
    """Prolonga varios prompts a la vez; sale lo mismo que de uno en uno.

    Devuelve los tokens nuevos de cada prompt, sin el de final ni lo que siga. Se leen juntos los de igual
    longitud o, si el modelo trae `read_batch`, todos. Por eso `choose` y `adjust` no deben depender del lugar
    que ocupe cada fila. Si `choose` elige al azar, salen muestras de la misma distribución, aunque no las
    mismas.

    >>> from siguiente.language_models.protocol import UniformModel
    >>> generate_batch(UniformModel(4), [[1], [2, 3]], length=3, choose=greedy)
    [[0, 0, 0], [0, 0, 0]]
    """
    if length < 1 or not prompts or not all(map(len, prompts)):
        raise ValueError(f"Hacen falta prompts con algún token y `length` de al menos 1; vale {length}.")
    check_room(model, max(map(len, prompts)) + length)
    read_batch = getattr(model, "read_batch", None)
    groups = [0 if read_batch else len(prompt) for prompt in prompts]
    written: dict[int, list[int]] = {}
    for group in sorted({*groups}):
        rows = [row for row, other in enumerate(groups) if other == group]
        chosen = [list(prompts[row]) for row in rows]
        logits, state = read_batch(chosen) if read_batch else model.step(torch.tensor(chosen))
        new = torch.stack(list(decode_loop(model, logits, state, length, choose, eos, adjust)), 1)
        written |= dict(zip(rows, new.tolist(), strict=True))
    return [before_end(written[row], eos) for row in range(len(prompts))]
