"""La página de la sobreoptimización: muchos cuentos entre los que elegir, y cuándo parar.

Las políticas que persiguen recompensas de distinta calidad están en :mod:`.pursuits`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from math import comb
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Generator, Tensor

from siguiente.alignment.overoptimization import GainCurve
from siguiente.alignment.reward_model import RewardModel, score_texts
from siguiente.alignment.rollouts import sample_answers
from siguiente.course.alignment.policy_scores import Paths
from siguiente.course.alignment.preferences import (
    load_story_reward,
)
from siguiente.course.alignment.pursuits import load_watcher
from siguiente.course.alignment.sft import ANSWER_LENGTH, load_story_policy
from siguiente.course.data.story_requests import distinct_requests
from siguiente.course.data.story_reward import gold_rewards
from siguiente.evaluation.intervals import Estimate, bootstrap, mean_interval
from siguiente.evaluation.selection import best_of_n, best_of_n_kl, select_best
from siguiente.runtime.trained import Part, Run, Trained

BLOCKS = range(4)  # cada uno, con su semilla
REQUESTS = 7  # peticiones de cada bloque
WRITTEN = 1_024  # cuentos por petición
DIGITS = 3  # decimales de cada puntuación
#: De cuántos, los primeros, se guarda el que más puntúa.
KEPT = (1, 32, 1_024)
#: Los modelos que puntúan. Los de 400 parejas son los que vigilan en otra página; `long` aprendió de quien
#: prefiere lo largo.
JUDGES: dict[str, Callable[[], RewardModel]] = {
    "400": partial(load_watcher, "fair", 0),
    "400-b": partial(load_watcher, "fair", 1),
    "4000": load_story_reward,
    "long": partial(load_watcher, "long", 0),
}


class StoryPool(NamedTuple):
    """Muchos cuentos para cada petición, puntuados, entre los que elegir."""

    prompts: list[str]
    """N peticiones."""
    scores: dict[str, Tensor]
    """Por modelo de recompensa, lo que da a los M cuentos de cada petición, (N, M)."""
    gold: Tensor
    """Su recompensa verdadera, (N, M)."""
    words: Tensor
    """Las palabras que tienen, (N, M)."""
    texts: list[dict[int, str]]
    """De cada petición, los cuentos que se guardaron, por su número."""

    def chosen(self, name: str, n: int) -> list[int]:
        """El número del cuento que un modelo elige entre los `n` primeros de cada petición.

        >>> scores, nothing = {"400": torch.tensor([[0.5, 0.9, 0.95]])}, torch.zeros(1, 3)
        >>> StoryPool(["Quiero un cuento."], scores, nothing, nothing, [{}]).chosen("400", 2)
        [1]
        """
        found: list[int] = select_best(self.scores[name][:, :n]).tolist()
        return found


def load_story_pool() -> StoryPool:
    """Abre los cuentos puntuados; si faltan, los escribe y los puntúa."""
    prompts, scores, texts = zip(
        *(row for block in STORY_POOL.seeds for row in STORY_POOL.rows(seed=block)), strict=True
    )
    columns = {name: torch.tensor([row[name] for row in scores]) for name in scores[0]}
    gold, words = columns.pop("gold"), columns.pop("words")
    kept = [{int(place): text for place, text in row.items()} for row in texts]
    return StoryPool(list(prompts), columns, gold, words, kept)


def write_pool(part: Part) -> Run:
    """Escribe y puntúa los cuentos de un bloque, petición a petición."""
    policy, block = load_story_policy(), int(part.seed or 0)
    generator, asked = Generator().manual_seed(block), distinct_requests("test")[block * REQUESTS :]
    models = {name: load() for name, load in JUDGES.items()}

    def rows() -> Iterator[tuple[str, dict[str, list[float]], dict[int, str]]]:
        for request in asked[:REQUESTS]:
            texts = sample_answers(policy, [request.text], generator, ANSWER_LENGTH, WRITTEN).texts
            yield request.text, *judged([request.text] * WRITTEN, texts)

    def judged(prompts: list[str], texts: list[str]) -> tuple[dict[str, list[float]], dict[int, str]]:
        given = {name: score_texts(model, policy, prompts, texts) for name, model in models.items()}
        given |= {"gold": gold_rewards(prompts, texts), "words": [len(text.split()) for text in texts]}
        scores = {name: [round(value, DIGITS) for value in row] for name, row in given.items()}
        best = {int(select_best(torch.tensor(scores[name][:n]))) for name in models for n in KEPT}
        return scores, {place: texts[place] for place in sorted(best)}

    def measure(rows: list[Any]) -> list[float]:
        texts = list(rows[0][2].values())
        return score_texts(models["4000"], policy, [rows[0][0]] * len(texts), texts)

    return Run(None, rows(), measure)


STORY_POOL = Trained("story-pool", __name__, write_pool, ("pool",), BLOCKS)


class Told(NamedTuple):
    """Un cuento registrado."""

    prompt: str
    """La petición."""
    text: str
    """El cuento."""
    gold: float
    """Su recompensa verdadera."""


def worst_choice(pool: StoryPool, name: str) -> Told:
    """De los cuentos que un modelo elige entre todos los de cada petición, el que menos vale.

    >>> scores, gold = {"400": torch.tensor([[0.5, 0.9], [0.7, 0.6]])}, torch.tensor([[9.0, 5.0], [6.0, 8.0]])
    >>> worst_choice(StoryPool(["Uno.", "Dos."], scores, gold, gold, [{1: "Ana."}, {0: "Leo."}]), "400")
    Told(prompt='Uno.', text='Ana.', gold=5.0)
    """
    best = pool.chosen(name, pool.gold.shape[1])
    values = [pool.gold[row, place].item() for row, place in enumerate(best)]
    row = values.index(min(values))
    return Told(pool.prompts[row], pool.texts[row][best[row]], values[row])


def best_of_gains(scores: Tensor, measured: Tensor, sizes: Sequence[int]) -> Tensor:
    """Lo que gana una cifra, (N, K), al entregar lo que más puntúa de n en vez de uno cualquiera.

    De puntuaciones y cifras, (N, M), y K tamaños.

    >>> best_of_gains(torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0, 9.0]]), (1, 2)).tolist()
    [[0.0, 2.0]]
    """
    return (
        torch.stack([best_of_n(scores, measured, n) for n in sizes], 1) - measured.double().mean(1)[:, None]
    )


#: Un punto de una curva, con dónde está, su valor y los extremos de su intervalo.
Point: TypeAlias = tuple[float, float, float, float]


def curve_points(
    places: Iterable[float], values: Tensor, interval: Callable[[Tensor], Estimate] = mean_interval
) -> list[Point]:
    """La media de cada columna de unos valores, (N, K), con su intervalo, en su lugar.

    >>> curve_points([0, 20], torch.tensor([[0.0, 1.0], [0.0, 1.0]]))
    [(0, 0.0, 0.0, 0.0), (20, 1.0, 1.0, 1.0)]
    """
    return [(place, *interval(column)) for place, column in zip(places, values.T, strict=True)]


def reward_curves(paths: Paths) -> dict[str, list[Point]]:
    """Lo que ganan, paso a paso, la recompensa que se persigue y la verdadera.

    >>> start = {"step": 0, "proxy": 0.0, "gold": 9.0}
    >>> paths = Paths([[start, {"step": 20, "proxy": 1.0, "gold": 8.0}]] * 2)
    >>> reward_curves(paths)["la verdadera"]
    [(0, 0.0, 0.0, 0.0), (20, -1.0, -1.0, -1.0)]
    """
    names = {"la aprendida": "proxy", "la verdadera": "gold"}
    return {label: curve_points(paths.steps, paths.gain(name)) for label, name in names.items()}


def choice_curves(pool: StoryPool, name: str, sizes: Sequence[int]) -> dict[str, list[Point]]:
    """Lo que ganan, al elegir con un modelo la mejor de cada n, su recompensa y la verdadera.

    Según la raíz de la cota de la divergencia.
    """
    places = [best_of_n_kl(n) ** 0.5 for n in sizes]
    seen = {"la aprendida": pool.scores[name], "la verdadera": pool.gold}
    return {
        label: curve_points(places, best_of_gains(pool.scores[name], value, sizes), bootstrap)
        for label, value in seen.items()
    }


def foretold(curve: GainCurve, farthest: float) -> list[tuple[float, float]]:
    """Los puntos de una curva ajustada, hasta una distancia.

    >>> from siguiente.alignment.overoptimization import fit_best_of_n
    >>> curve = fit_best_of_n(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 2.0]))
    >>> [round(value, 4) for value in foretold(curve, 3.0)[-1]]
    [3.0, 0.0]
    """
    places = torch.linspace(0, farthest, 61, dtype=torch.double)
    return list(zip(places.tolist(), curve.at(places).tolist(), strict=True))


def stop_by_distance(paths: Paths, name: str, limit: float) -> Tensor:
    """Lo que vale una cifra, (S,), si se para en la primera medida que pasa de `limit` nats, o al final.

    >>> rows = [{"step": 0, "kl": 0.0, "gold": 9.0}, {"step": 5, "kl": 3.0, "gold": 8.0}]
    >>> stop_by_distance(Paths([[*rows, {"step": 10, "kl": 5.0, "gold": 7.0}]]), "gold", limit=2).tolist()
    [8.0]
    """
    far = paths.of("kl") > limit
    far[:, -1] = True
    return paths.of(name).gather(1, far.int().argmax(1, keepdim=True)).squeeze(1)


def stop_by_asking(paths: Paths, name: str, asked: str, labels: int) -> Tensor:
    """Lo que se espera de una cifra, (S,), si en cada medida se pregunta y se para a tiempo.

    Se comparan `labels` cuentos con los de la partida; `asked` es la columna con la probabilidad de que se
    prefieran los de ahora. La primera vez que se prefieren menos de la mitad, se vuelve a la medida anterior.
    La esperanza es exacta: se cuentan las maneras de que ocurra.

    >>> rows = [{"step": 0, "gold": 9.0, "fresh": 0.5}, {"step": 5, "gold": 8.0, "fresh": 0.0}]
    >>> stop_by_asking(Paths([rows]), "gold", "fresh", labels=3).tolist()
    [9.0]
    """
    values, going = paths.of(name).double(), torch.ones(len(paths.rows), dtype=torch.double)
    expected = torch.zeros_like(going)
    for k, liked in enumerate(paths.of(asked).double().T[1:], 1):
        stop = binomial_below(liked, labels)
        expected, going = expected + going * stop * values[:, k - 1], going * (1 - stop)
    return expected + going * values[:, -1]


def binomial_below(chance: Tensor, n: int) -> Tensor:
    """Probabilidad de que, de n, salgan menos de la mitad, si cada una sale con probabilidad `chance`, (S,).

    >>> binomial_below(torch.tensor([0.5, 1.0]), 3)
    tensor([0.5000, 0.0000])
    """
    ways = [float(comb(n, k)) * chance**k * (1 - chance) ** (n - k) for k in range((n + 1) // 2)]
    return torch.stack(ways).sum(0)
