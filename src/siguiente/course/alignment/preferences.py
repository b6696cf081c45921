"""La página de las preferencias: qué cuentos se enseñan y la liguilla en que se comparan."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Generator, Tensor

from siguiente.course.alignment.annotation import StoryPair, ask_annotators
from siguiente.course.data.annotators import Annotator
from siguiente.course.data.story_requests import StoryRequest
from siguiente.course.data.story_reward import WEIGHTS, gold_rewards, story_merits

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
