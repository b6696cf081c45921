"""Peticiones y respuestas como tokens: lotes con máscara, log-probabilidades y parejas."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.transformers.gpt import GPT


class PromptCompletion(NamedTuple):
    """Una petición y cómo se responde."""

    prompt: str
    """La petición."""
    completion: str
    """La respuesta."""


class Preference(NamedTuple):
    """Una petición y dos respuestas, de las que una gustó más."""

    prompt: str
    """La petición."""
    chosen: str
    """La respuesta preferida."""
    rejected: str
    """La otra."""


BATCH = 64  # más respuestas a la vez no caben en la memoria rápida del procesador, y van más despacio
ROWS = 512  # los logits de tantas posiciones caben en la memoria rápida del procesador


class Answers(NamedTuple):
    """Unas peticiones con su respuesta, igualadas por la derecha."""

    ids: Tensor
    """Petición, respuesta y final, (B, T)."""
    mask: Tensor
    """Qué tokens son de la respuesta, con su final, (B, T)."""

    def select(self, rows: Tensor) -> "Answers":
        """Unas filas, sin el relleno que sobra."""
        width = int((self.mask[rows] * torch.arange(1, self.mask.shape[1] + 1)).max())
        return Answers(self.ids[rows, :width], self.mask[rows, :width])


def join_answers(prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]) -> Answers:
    """Une B peticiones con sus respuestas, en tokens y con su final si lo tienen; ninguna está vacía.

    >>> join_answers([[1, 2], [3]], [[4], [5, 6]]).mask.int()
    tensor([[0, 0, 1],
            [0, 1, 1]], dtype=torch.int32)
    """
    sizes = torch.tensor([[len(p), len(p) + len(a)] for p, a in zip(prompts, answers, strict=True)])
    longest = int(sizes.max())
    rows = [[*p, *a] + [0] * (longest - len(p) - len(a)) for p, a in zip(prompts, answers, strict=True)]
    places = torch.arange(longest)
    return Answers(torch.tensor(rows), (places >= sizes[:, :1]) & (places < sizes[:, 1:]))


def answer_logprobs(model: nn.Module, answers: Answers) -> Tensor:
    """Log-probabilidad de cada token de la respuesta, (B, T - 1), en nats y con gradiente.

    El modelo va de tokens (B, T) a logits (B, T, V). Es 0 donde el token predicho es de la petición o de
    relleno.

    >>> net = nn.Embedding.from_pretrained(torch.zeros(8, 8))
    >>> answer_logprobs(net, join_answers([[1, 2], [3]], [[4], [5, 6]]))
    tensor([[ 0.0000, -2.0794],
            [-2.0794, -2.0794]])
    """
    mask, targets = answers.mask[:, 1:], answers.ids[:, 1:][answers.mask[:, 1:]]
    hidden, head = (model.hidden, model.head) if isinstance(model, GPT) else (model, nn.Identity())
    rows = hidden(answers.ids[:, :-1])[mask]  # un GPT forma logits solo donde se predice la respuesta
    parts = zip(rows.split(ROWS), targets.split(ROWS), strict=True)
    found = torch.cat([-cross_entropy(head(x).float(), ids, reduction="none") for x, ids in parts])
    return torch.zeros(mask.shape).masked_scatter(mask, found)


@torch.no_grad()
def in_batches(measure: Callable[[Answers], Tensor], answers: Answers) -> Tensor:
    """Lo que una función da a cada respuesta, (B,), sin gradiente y por lotes."""
    batches = zip(*(rows.split(BATCH) for rows in answers), strict=True)
    return torch.cat([measure(Answers(*batch)) for batch in batches])


def answer_totals(model: nn.Module, answers: Answers) -> Tensor:
    """Log-probabilidad de cada respuesta entera, (B,), sin gradiente y por lotes.

    >>> net = nn.Embedding.from_pretrained(torch.zeros(8, 8))
    >>> answer_totals(net, join_answers([[1, 2], [3]], [[4], [5, 6]]))
    tensor([-2.0794, -4.1589])
    """
    return in_batches(lambda batch: answer_logprobs(model, batch).sum(1), answers)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Media de (B, T) sobre los tokens que cuentan: uno, un voto.

    >>> masked_mean(torch.tensor([[1.0, 9.0], [3.0, 5.0]]), torch.tensor([[True, False], [True, True]]))
    tensor(3.)
    """
    return values.masked_fill(~mask, 0).sum() / mask.sum()


def answer_means(values: Tensor, mask: Tensor) -> Tensor:
    """Media de cada fila de (B, T) sobre los tokens que cuentan, (B,).

    >>> answer_means(torch.tensor([[1.0, 9.0], [3.0, 5.0]]), torch.tensor([[True, False], [True, True]]))
    tensor([1., 4.])
    """
    return values.masked_fill(~mask, 0).sum(1) / mask.sum(1)


def last_token(mask: Tensor) -> Tensor:
    """Dónde está el último token que cuenta de cada fila de (B, T), (B, 1)."""
    return (mask * torch.arange(mask.shape[1])).argmax(1, keepdim=True)


class Demonstration(Protocol):
    """Cualquier cosa con una petición y su respuesta."""

    @property
    def prompt(self) -> str: ...  # noqa: D102

    @property
    def completion(self) -> str: ...  # noqa: D102


class Demonstrations(NamedTuple):
    """Unas demostraciones, en tokens."""

    prompts: list[list[int]]
    """N peticiones, con el token de comienzo si lo hay."""
    answers: list[list[int]]
    """N respuestas, con el token de final."""


def encode_demonstrations(
    model: TextModel[LanguageModel], records: Sequence[Demonstration]
) -> Demonstrations:
    """Pasa a tokens N peticiones y sus respuestas, escritas tal como se leerán.

    Cada respuesta se corta aparte de su petición, como se leerá al responder. Por eso el espacio que las
    separa, si lo hay, es de la respuesta: en muchos tokenizadores va unido a la palabra.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> model = TextModel(UniformModel(258), ByteTokenizer())
    >>> encode_demonstrations(model, [PromptCompletion("1=", "2")])
    Demonstrations(prompts=[[256, 49, 61]], answers=[[50, 257]])
    """
    end, limit, found = model.tokenizer.eos_id, model.model.context_length, Demonstrations([], [])
    if end is None or not records:
        raise ValueError("Hacen falta un token de final, para aprender a callar, y alguna demostración.")
    for number, record in enumerate(records, 1):
        found.prompts.append(model.encode(record.prompt))
        found.answers.append([*model.tokenizer.encode(record.completion), end])
        size = len(found.prompts[-1]) + len(found.answers[-1])
        if not record.completion.strip():
            raise ValueError(f"La demostración {number} no tiene respuesta: complétela o quítela.")
        if limit is not None and size > limit:
            raise ValueError(
                f"La demostración {number} ocupa {size} tokens y en el contexto caben {limit}: acórtela."
            )
    return found


def shuffled_answers(data: Demonstrations, batch_size: int, seed: int) -> Iterator[Answers]:
    """Da sin fin lotes de demostraciones, barajadas de nuevo en cada época, que da cada una una vez.

    Cada lote junta `batch_size` de longitud parecida, para que haya poco relleno; el último de una época
    puede tener menos, y el orden de los lotes es al azar.

    >>> data = Demonstrations([[1], [1, 2, 3], [2], [4, 5, 6]], [[0]] * 4)
    >>> next(shuffled_answers(data, batch_size=2, seed=1)).ids
    tensor([[1, 0],
            [2, 0]])
    """
    generator = Generator().manual_seed(seed)
    sizes = torch.tensor([len(p) + len(a) for p, a in zip(*data, strict=True)])
    while True:
        mixed = torch.randperm(len(sizes), generator=generator)
        batches = mixed[sizes[mixed].argsort(stable=True)].split(batch_size)
        for place in torch.randperm(len(batches), generator=generator).tolist():
            rows = sorted(batches[place].tolist())
            yield join_answers([data.prompts[row] for row in rows], [data.answers[row] for row in rows])


def encode_answers(model: TextModel[LanguageModel], prompts: Sequence[str], texts: Sequence[str]) -> Answers:
    """Une B peticiones y B respuestas escritas por otro, cada respuesta con su final.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> encode_answers(TextModel(UniformModel(258), ByteTokenizer()), ["¿?"], ["sí"]).mask.sum().item()
    4
    """
    records = [PromptCompletion(*pair) for pair in zip(prompts, texts, strict=True)]
    return join_answers(*encode_demonstrations(model, records))


class Pairs(NamedTuple):
    """Unas preferencias, en tokens."""

    chosen: Answers
    """Las respuestas preferidas, N filas."""
    rejected: Answers
    """Las otras, N filas."""

    def select(self, rows: Tensor) -> "Pairs":
        """Las preferencias de unas filas, sin el relleno que sobra."""
        return Pairs(self.chosen.select(rows), self.rejected.select(rows))


def encode_preferences(model: TextModel[LanguageModel], preferences: Sequence[Preference]) -> Pairs:
    """Pasa a tokens unas preferencias; cada respuesta, con su final.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> model = TextModel(UniformModel(258), ByteTokenizer())
    >>> encode_preferences(model, [Preference("¿?", "sí", "no")]).rejected.ids.tolist()
    [[256, 194, 191, 63, 110, 111, 257]]
    """
    for number, pair in enumerate(preferences, 1):
        if pair.chosen == pair.rejected:
            raise ValueError(f"En la preferencia {number} las dos respuestas son iguales: quítela.")
    prompts = [pair.prompt for pair in preferences]
    chosen = encode_answers(model, prompts, [pair.chosen for pair in preferences])
    return Pairs(chosen, encode_answers(model, prompts, [pair.rejected for pair in preferences]))


def shuffled_rows(count: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Da sin fin lotes de números de fila, barajados de nuevo en cada época, que da cada uno una vez.

    >>> batches = shuffled_rows(3, batch_size=2, seed=0)
    >>> [len(next(batches)) for _ in range(4)]
    [2, 1, 2, 1]
    """
    generator = Generator().manual_seed(seed)
    while True:
        yield from torch.randperm(count, generator=generator).split(batch_size)
