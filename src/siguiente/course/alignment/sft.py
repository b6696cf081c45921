"""La página del ajuste supervisado: la política de los cuentos, y ajustes que se repiten con ocho semillas.

De la política parten los experimentos de las demás páginas.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor, nn

from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import (
    Answers,
    Demonstrations,
    answer_logprobs,
    answer_totals,
    encode_demonstrations,
    join_answers,
)
from siguiente.alignment.sft import sft_loss, train_sft
from siguiente.course.data.story_requests import (
    OPENING,
    RequestedStory,
    StoryRequest,
    distinct_requests,
    load_demonstrations,
)
from siguiente.course.data.story_reward import WEIGHTS, Merits, gold_rewards, score_merits
from siguiente.course.stories.base import STORY_BASE
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

ANSWER_LENGTH = 128  # tokens: el cuento más largo cabe, con su final
DEMONSTRATIONS = 12_800
TOLD = 16
#: Dos lecturas de cada demostración.
SFT_CONFIG = TrainingConfig(steps=1_600, batch_size=16, learning_rate=1e-2, warmup=20)


def load_story_policy() -> TextModel[GPT]:
    """Abre la política ajustada con demostraciones; si falta, la ajusta."""
    policy: TextModel[GPT] = STORY_BASE.load()
    STORY_POLICY.restore(policy.model)
    return policy


def learn_to_answer(part: Part) -> Run:
    """Ajusta el modelo base con las demostraciones."""
    policy: TextModel[Any] = STORY_BASE.load()
    data = encode_demonstrations(policy, load_demonstrations("train", DEMONSTRATIONS))
    steps = train_sft(policy.model.train(), data, SFT_CONFIG, part.checkpoint)
    return Run(policy.model, steps, told(policy))


def told(policy: TextModel[Any]) -> Callable[[list[Any]], Sequence[float]]:
    """Lo que una política dice de unas demostraciones que no vio: así se comprueban unos pesos anotados."""
    shown = demonstrated(policy, "test", TOLD)
    return lambda rows: answer_totals(policy.model.eval(), shown).tolist()


def demonstrated(policy: TextModel[Any], split: str, count: int) -> Answers:
    """Las primeras demostraciones de una parte, en tokens."""
    return join_answers(*encode_demonstrations(policy, load_demonstrations(split, count)))


STORY_POLICY = Trained("story-policy", __name__, learn_to_answer)


SEEDS = range(8)
SHOWN = 1_600  # demostraciones que lee cada semilla: otras ocho veces, y entre todas las 12 800
#: Con todas, los pasos justos para leer cada demostración una vez.
SHORT_CONFIG = TrainingConfig(steps=100, batch_size=16, learning_rate=1e-2, warmup=10)
#: Una lectura de las 12 800, en lotes pequeños.
LONG_CONFIG = TrainingConfig(steps=1_600, batch_size=8, learning_rate=1e-2, warmup=20)
EVERY = 200  # pasos entre dos medidas
#: Qué tienen de nuevo las peticiones con que se mide, si nada, la combinación, el nombre o el asunto.
GROUPS = ("seen", "test", "name", "theme")
REQUESTS = 48  # de cada grupo
NAME = 5  # el lugar del nombre en una petición: tras la marca y «Quiero un cuento con»
DIGITS = 4  # cifras decimales de cada medida


def without_mask(data: Demonstrations) -> Demonstrations:
    """Las mismas demostraciones, con la petición dentro de la respuesta: se aprende también a escribirla.

    >>> without_mask(Demonstrations([[9, 1, 2]], [[3, 0]]))
    Demonstrations(prompts=[[9]], answers=[[1, 2, 3, 0]])
    """
    pairs = list(zip(*data, strict=True))
    return Demonstrations([p[:1] for p, _ in pairs], [p[1:] + a for p, a in pairs])


def without_end(data: Demonstrations) -> Demonstrations:
    """Las mismas demostraciones, sin el token que cierra cada respuesta.

    >>> without_end(Demonstrations([[9, 1, 2]], [[3, 0]]))
    Demonstrations(prompts=[[9, 1, 2]], answers=[[3]])
    """
    return Demonstrations(data.prompts, [answer[:-1] for answer in data.answers])


def first_ones(n: int) -> Callable[[Demonstrations], Demonstrations]:
    """Deja solo las primeras demostraciones."""
    return lambda data: Demonstrations(*(part[:n] for part in data))


CHANGES: dict[str, Callable[[Demonstrations], Demonstrations]] = {
    "all": first_ones(SHOWN),
    "unmasked": without_mask,
    "endless": without_end,
    "few-64": first_ones(64),
    "few-16": first_ones(16),
}


def asked_requests() -> list[StoryRequest]:
    """Las peticiones con que se mide, `REQUESTS` de cada uno de los `GROUPS`.

    >>> [asked_requests()[group * REQUESTS].hero for group in range(4)]
    ['Ana', 'Diego', 'Hugo', 'Beatriz']
    """
    return [request for group in GROUPS for request in distinct_requests(group)[:REQUESTS]]


def named(answers: Answers) -> Tensor:
    """Qué tokens de unas respuestas son el nombre que se pidió, (B, T - 1); los nombres son de un token.

    >>> named(join_answers([[0, 2, 3, 4, 5, 8, 6]], [[7, 8, 1]])).int()
    tensor([[0, 0, 0, 0, 0, 0, 0, 1, 0]], dtype=torch.int32)
    """
    return answers.ids[:, 1:].eq(answers.ids[:, NAME : NAME + 1]) & answers.mask[:, 1:]


@torch.no_grad()
def measured(model: TextModel[GPT], step: int, seed: int, known: Collection[str] = ()) -> dict[str, Any]:
    """Cómo responde un modelo a las peticiones de cada grupo, y lo que paga por demostraciones apartadas.

    Da proporciones y medias: los méritos de cada grupo, como `hero-name`; si termina; cuánto recita de
    `known`; y cuánto escribe, sin petición ninguna, peticiones. Al final, un cuento de cada grupo.
    """
    model.model.eval()
    prompts = [request.text for request in asked_requests()]
    generator = Generator().manual_seed(seed)
    written = sample_answers(model, prompts, generator, ANSWER_LENGTH)
    alone = sample_answers(model, [""] * REQUESTS, generator, ANSWER_LENGTH)
    merits = score_merits(prompts, written.texts).view(len(GROUPS), REQUESTS, -1)
    gold = (merits @ torch.tensor(WEIGHTS)).mean(1)
    apart = demonstrated(model, "test", REQUESTS)
    logprobs, hero = answer_logprobs(model.model, apart), named(apart)
    found = {
        "loss": sft_loss(logprobs, apart.mask[:, 1:]).item(),
        "loss-name": sft_loss(logprobs, hero).item(),
        "loss-rest": sft_loss(logprobs, apart.mask[:, 1:] & ~hero).item(),
        "ended": share(written.ended),
        "recited": share([text in known for text in written.texts]),
        "asks": share([text.startswith(OPENING) for text in alone.texts]),
    }
    for place, group in enumerate(GROUPS):
        means = dict(zip(Merits._fields, merits[place].mean(0).tolist(), strict=True))
        found |= {f"{name}-{group}": mean for name, mean in (means | {"gold": gold[place].item()}).items()}
    values = {name: round(value, DIGITS) for name, value in found.items()}
    return {"step": step, **values, "texts": [*written.texts[::REQUESTS], alone.texts[0]]}


def share(cases: Sequence[bool]) -> float:
    """La proporción de casos que son verdad.

    >>> share([True, False])
    0.5
    """
    return sum(cases) / len(cases)


def learned_rows(
    part: Part,
    config: TrainingConfig,
    records: Sequence[RequestedStory],
    change: Callable[[Demonstrations], Demonstrations],
    every: int,
) -> Run:
    """Ajusta el modelo base con unas demostraciones, y lo mide antes y cada tantos pasos."""
    model: TextModel[Any] = STORY_BASE.load()
    data, seed = change(encode_demonstrations(model, records)), part.seed or 0
    known = {record.completion for record in records[: len(data.prompts)]}

    def rows() -> Iterator[dict[str, Any]]:
        yield measured(model, 0, seed, known)
        for done, _ in enumerate(train_sft(model.model.train(), data, replace(config, seed=seed)), 1):
            if done % every == 0:
                yield measured(model, done, seed, known)
                model.model.train()

    return Run(None, rows(), lambda rows: retold(rows[-1]["texts"]))


def retold(texts: Sequence[str]) -> list[float]:
    """La recompensa verdadera de los cuentos que se guardaron, uno de cada grupo."""
    prompts = [request.text for request in asked_requests()[::REQUESTS]]
    return gold_rewards(prompts, texts[: len(GROUPS)])


def fit_briefly(part: Part) -> Run:
    """Un ajuste de cien pasos; cada semilla lee otras demostraciones."""
    first, change = (part.seed or 0) * SHOWN, CHANGES[part.name]
    records = load_demonstrations("train", DEMONSTRATIONS)[first : first + SHOWN]
    return learned_rows(part, SHORT_CONFIG, records, change, SHORT_CONFIG.steps)


def fit_at_length(part: Part) -> Run:
    """Un ajuste largo; cada semilla lee las mismas demostraciones, en otro orden."""
    records = load_demonstrations("train", DEMONSTRATIONS)
    return learned_rows(part, LONG_CONFIG, records, first_ones(DEMONSTRATIONS), EVERY)


STORY_SFT = Trained("story-sft", __name__, fit_briefly, parts=tuple(CHANGES), seeds=SEEDS)
STORY_SFT_PATH = Trained("story-sft-path", __name__, fit_at_length, seeds=SEEDS)


#: Cómo llama la página a cada ajuste corto, y lo que :func:`spent` dice de todos.
NAMES = {
    "all": "corto, con máscara",
    "unmasked": "sin máscara",
    "endless": "sin final",
    "few-64": "con 64",
    "few-16": "con 16",
}
SPENT = ("demostraciones", "lecturas de cada una", "pasos", "lote", "tasa más alta")


def spent() -> dict[str, list[int | str]]:
    """Lo que gasta cada ajuste con una semilla: lo que dice `SPENT`.

    >>> spent()["con 16"]
    [16, 100, 100, 16, '0,01']
    """
    used = {"largo": (DEMONSTRATIONS, LONG_CONFIG)}
    shown = Demonstrations(*[[[0, 0]] * SHOWN] * 2)  # solo cuenta cuántas quedan
    used |= {NAMES[part]: (len(change(shown).prompts), SHORT_CONFIG) for part, change in CHANGES.items()}
    return {
        name: [
            count,
            config.steps * config.batch_size // count,
            config.steps,
            config.batch_size,
            f"{config.learning_rate:g}".replace(".", ","),
        ]
        for name, (count, config) in used.items()
    }


def try_loss(loss: Callable[[Tensor, Tensor, Tensor], Tensor]) -> dict[str, list[float]]:
    """Prueba una pérdida que escribió usted: en cada caso, lo que da y lo que debe dar.

    Recibe logits (B, T, V), tokens (B, T) y la máscara de la respuesta, (B, T).

    >>> found = try_loss(lambda logits, ids, mask: logits.sum() * 0)
    >>> [round(right, 2) for _, right in found.values()]
    [5.37, 4.71, 3.43]
    """
    table = torch.randn(9, 9, generator=Generator().manual_seed(0))
    net = nn.Embedding.from_pretrained(2 * table)
    cases = {
        "una respuesta": join_answers([[1, 2]], [[3, 0]]),
        "dos, y una más larga": join_answers([[1, 2], [4]], [[3, 0], [5, 6, 7, 8, 0]]),
        "la petición repite la respuesta": join_answers([[5, 6, 5, 6]], [[5, 6, 0]]),
    }
    return {
        name: [
            loss(net(answers.ids), *answers).item(),
            sft_loss(answer_logprobs(net, answers), answers.mask[:, 1:]).item(),
        ]
        for name, answers in cases.items()
    }


def beginning(text: str, size: int = 170) -> str:
    """El comienzo de un texto, con puntos suspensivos si no es todo."""
    return text if len(text) <= size else f"{text[:size]}…"
