"""La página de las preferencias: las parejas registradas, quien las compara y los modelos que aprenden de él.

El modelo de recompensa de los cuentos es el que persiguen los experimentos de las demás páginas.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.reward_model import (
    RewardModel,
    centre_rewards,
    score_answers,
    score_texts,
    train_reward_model,
)
from siguiente.alignment.rl import Reward
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import Preference, answer_totals, encode_answers, encode_preferences
from siguiente.course.alignment.sft import (
    ANSWER_LENGTH,
    DEMONSTRATIONS,
    TOLD,
    demonstrated,
    load_story_policy,
)
from siguiente.course.data.annotators import Annotator
from siguiente.course.data.story_requests import StoryRequest, load_demonstrations
from siguiente.course.data.story_reward import WEIGHTS, gold_rewards, story_merits
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained


class StoryPair(NamedTuple):
    """Una petición y dos cuentos, sin comparar."""

    request: StoryRequest
    """Lo que se pidió."""
    first: str
    """Un cuento."""
    second: str
    """Otro, distinto."""


def sample_pairs(
    policy: TextModel[LanguageModel], requests: Sequence[StoryRequest], generator: Generator, length: int
) -> list[StoryPair]:
    """Escribe dos cuentos para cada petición, de `length` tokens como mucho, con el final.
    Las parejas de cuentos iguales, y las que tienen uno vacío o que no cabe en el contexto al volver a
    leerlo, se quitan. Por eso puede haber menos que peticiones.
    """
    texts = sample_answers(policy, [request.text for request in requests], generator, length, n=2).texts
    pairs = map(StoryPair, requests, texts[::2], texts[1::2])
    return [pair for pair in pairs if _comparable(policy, pair)]


def _comparable(policy: TextModel[LanguageModel], pair: StoryPair) -> bool:
    """Dice si hay qué comparar: dos cuentos distintos, ninguno vacío, que se pueden volver a leer."""
    prompt, limit = len(policy.encode(pair.request.text)), policy.model.context_length or sys.maxsize
    sizes = [prompt + len(policy.tokenizer.encode(text)) + 1 for text in pair[1:]]
    return pair.first != pair.second and all(map(str.strip, pair[1:])) and max(sizes) <= limit


def ask_annotators(
    pairs: Sequence[StoryPair], annotators: Sequence[Annotator], generator: Generator
) -> Tensor:
    """Pregunta cada una de N parejas a un anotador, sorteado entre los que hay: si prefirió el primero, (N,).

    >>> pair = StoryPair(StoryRequest("Ana", "pet"), "Ana y su mascota.", "Ana.")
    >>> ask_annotators([pair] * 3, [Annotator(noise=0.01)], torch.Generator().manual_seed(0))
    tensor([True, True, True])
    """
    turns = torch.randint(len(annotators), (len(pairs),), generator=generator).tolist()
    asked = zip(turns, pairs, strict=True)
    return torch.tensor([annotators[turn].prefers_first(*pair, generator) for turn, pair in asked])


def label_pairs(pairs: Sequence[StoryPair], first: Tensor) -> list[Preference]:
    """Escribe N parejas como petición, preferida y rechazada, según si se prefirió el primero, (N,).

    >>> pair = StoryPair(StoryRequest("Ana", "pet"), "Ana y su mascota.", "Ana.")
    >>> label_pairs([pair], torch.tensor([False]))[0].chosen
    'Ana.'
    """
    return [
        Preference(request.text, *((one, other) if wins else (other, one)))
        for (request, one, other), wins in zip(pairs, first.tolist(), strict=True)
    ]


def shuffled_labels(preferences: Sequence[Preference], generator: Generator) -> list[Preference]:
    """El control: las mismas parejas, con la preferida elegida a cara o cruz.
    Lo que un método consiga con ellas no lo aprendió de las preferencias.

    >>> same = [Preference("Salude.", "Hola.", "Ya.")] * 4
    >>> [pair.chosen for pair in shuffled_labels(same, torch.Generator().manual_seed(0))]
    ['Ya.', 'Hola.', 'Ya.', 'Ya.']
    """
    swap = (torch.rand(len(preferences), generator=generator) < 0.5).tolist()
    return [
        Preference(prompt, *((rejected, chosen) if swapped else (chosen, rejected)))
        for (prompt, chosen, rejected), swapped in zip(preferences, swap, strict=True)
    ]


COMPARED = 4_000
ASKED = 32  # peticiones a la vez: con dos respuestas, un lote de `sample_answers`
SHOWN = 500  # demostraciones con que se pone el cero
SEED = 0
#: Quien compara. Con ese ruido, dos coinciden en algo más de siete de cada diez parejas.
ANNOTATOR = Annotator(noise=0.5)
FIT_CONFIG = TrainingConfig(steps=250, batch_size=32, learning_rate=1e-3, warmup=5)


def load_story_pairs() -> list[StoryPair]:
    """Abre las parejas de cuentos que escribió la política, sin comparar; si faltan, las escribe.
    Los cuentos son suyos; las peticiones se repiten, también las de las demostraciones: solo hay 672.
    """
    return [StoryPair(StoryRequest(*request), *texts) for request, *texts in STORY_PAIRS.rows()]


def story_preferences(count: int | None = None, annotator: Annotator = ANNOTATOR) -> list[Preference]:
    """Las primeras parejas, o todas, con lo que dijo de cada una un anotador."""
    pairs = load_story_pairs()[:count]
    return label_pairs(pairs, ask_annotators(pairs, [annotator], Generator().manual_seed(SEED)))


def load_story_reward() -> RewardModel:
    """Abre el modelo de recompensa; si falta, lo ajusta.
    Su cero es la recompensa media de las demostraciones.
    """
    return STORY_REWARD.restore(RewardModel(load_story_policy().model))


def learned_reward() -> Reward:
    """La nota que ese modelo da a cada respuesta escrita."""
    return partial(score_texts, load_story_reward(), load_story_policy())


def write_pairs(part: Part) -> Run:
    """Escribe dos cuentos por petición."""
    shown = load_demonstrations("train", DEMONSTRATIONS + COMPARED)[DEMONSTRATIONS:]
    policy, generator = load_story_policy(), Generator().manual_seed(SEED)

    def pairs() -> Iterator[StoryPair]:
        for first in range(0, COMPARED, ASKED):
            requests = [demo.request for demo in shown[first : first + ASKED]]
            yield from sample_pairs(policy, requests, generator, ANSWER_LENGTH)

    def measure(rows: list[Any]) -> list[float]:
        prompts = [StoryRequest(*request).text for request, _, _ in rows[:ASKED]]
        written = encode_answers(policy, prompts, [text for _, text, _ in rows[:ASKED]])
        return answer_totals(policy.model, written).tolist()

    return Run(None, pairs(), measure)


def compare(part: Part) -> Run:
    """Compara las parejas y ajusta el modelo de recompensa."""
    return fit_reward(story_preferences(), FIT_CONFIG, part.checkpoint)


def fit_reward(preferences: Sequence[Preference], config: TrainingConfig, checkpoint: Path | None) -> Run:
    """Ajusta un modelo de recompensa, y pone su cero en las demostraciones."""
    policy = load_story_policy()
    model, shown = RewardModel(policy.model), demonstrated(policy, "train", SHOWN)

    def losses() -> Iterator[float]:
        yield from train_reward_model(model, encode_preferences(policy, preferences), config, checkpoint)
        centre_rewards(model, shown)

    return Run(model, losses(), lambda rows: score_answers(model, shown)[:TOLD].tolist())


STORY_PAIRS = Trained("story-pairs", __name__, write_pairs, parts=("pairs",))
STORY_REWARD = Trained("story-reward", __name__, compare)


JUDGED = 1_500  # parejas de que aprende cada uno de los que se comparan
#: El mismo anotador, si además le gustan los cuentos largos (veinte puntos por cada cien palabras).
LIKES_LONG = replace(ANNOTATOR, length_bias=20)


def judge_config(pairs: int) -> TrainingConfig:
    """Cómo se ajusta con unas parejas: cada una, dos veces, en lotes de dieciséis.

    >>> judge_config(1500).steps
    187
    """
    return TrainingConfig(pairs // 8, batch_size=16, learning_rate=4e-3, warmup=5)


def load_story_judge(name: str) -> RewardModel:
    """Abre un modelo de recompensa ajustado con 1500 parejas; si falta, lo ajusta.
    Es `impartial`, `partial`, de quien prefiere lo largo, o `shuffled`, el control.
    """
    return STORY_JUDGES.restore(RewardModel(load_story_policy().model), name)


def annotated(name: str) -> list[Preference]:
    """Lo que dijo el anotador de las parejas; en el control, barajado."""
    found = story_preferences(JUDGED, LIKES_LONG if name == "partial" else ANNOTATOR)
    return shuffled_labels(found, Generator().manual_seed(SEED + 1)) if name == "shuffled" else found


def judge(part: Part) -> Run:
    """Ajusta un modelo de recompensa a las preferencias de una parte."""
    policy = load_story_policy()
    model, pairs = RewardModel(policy.model), encode_preferences(policy, annotated(part.name))
    shown = demonstrated(policy, "test", TOLD)
    losses = train_reward_model(model, pairs, judge_config(JUDGED), part.checkpoint)
    return Run(model, losses, lambda rows: score_answers(model, shown).tolist())


STORY_JUDGES = Trained("story-judges", __name__, judge, parts=("impartial", "partial", "shuffled"))

#: Los seis méritos de un cuento, en el orden de :class:`siguiente.course.data.story_reward.Merits`.
MERITS = (
    "sale el protagonista pedido",
    "trata del asunto pedido",
    "termina",
    "no confunde a sus personajes",
    "no se repite",
    "es amable con ellos",
)


def mixed_merits(pair: StoryPair) -> bool:
    """Dice si el segundo cuento es más amable, confunde más a sus personajes y vale un poco más.

    >>> mixed_merits(StoryPair(StoryRequest("Ana", "pet"), "Ana quería una mascota.", "Ana rió."))
    False
    """
    a, b = (story_merits(pair.request, story) for story in pair[1:])
    gap = sum(weight * (y - x) for weight, x, y in zip(WEIGHTS, a, b, strict=True))
    return b.kind > a.kind and b.steady < a.steady and 0.5 < gap < 1


def stories_apart(pairs: Sequence[StoryPair], count: int) -> tuple[StoryRequest, list[str], Tensor]:
    """La petición con más cuentos, unos cuantos de valor bien distinto y su recompensa verdadera, (K,).
    De peor a mejor, sin los dos extremos.

    >>> request = StoryRequest("Ana", "pet")
    >>> pairs = [StoryPair(request, "Una mascota.", "Ana."), StoryPair(request, "Ana sonrió.", "Sí")]
    >>> stories_apart(pairs, 2)[1]
    ['Una mascota.', 'Ana.']
    """
    request = Counter(pair.request for pair in pairs).most_common(1)[0][0]
    told = [story for pair in pairs if pair.request == request for story in pair[1:]]
    values = torch.tensor(gold_rewards([request.text] * len(told), told))
    apart = torch.linspace(1, len(told) - 2, count).long()
    picked = values.argsort(stable=True)[apart]
    return request, [told[i] for i in picked], values[picked]


def play_league(
    request: StoryRequest, stories: Sequence[str], annotator: Annotator, rounds: int, generator: Generator
) -> Tensor:
    """Compara cada pareja de K cuentos unas veces y cuenta las que cada uno ganó a cada otro, (K, K).

    >>> stories, generator = ["Ana y su mascota.", "Ana."], Generator().manual_seed(0)
    >>> play_league(StoryRequest("Ana", "pet"), stories, Annotator(noise=0.01), 3, generator).tolist()
    [[0.0, 3.0], [0.0, 0.0]]
    """
    wins = torch.zeros(len(stories), len(stories))
    for i, j in combinations(range(len(stories)), 2):
        duels = [StoryPair(request, stories[i], stories[j])] * rounds
        won = ask_annotators(duels, [annotator], generator).sum()
        wins[i, j], wins[j, i] = won, rounds - won
    return wins
