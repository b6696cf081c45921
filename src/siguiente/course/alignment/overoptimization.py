"""La página de la sobreoptimización: muchos cuentos entre los que elegir, cuándo parar y los remedios.

Las políticas que persiguen recompensas de distinta calidad están en :mod:`.pursuits`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import comb
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Generator, Tensor

from siguiente.alignment.overoptimization import GainCurve
from siguiente.alignment.reward_model import RewardModel, score_texts
from siguiente.alignment.rollouts import sample_answers
from siguiente.course.alignment.policy_scores import Paths, rounded
from siguiente.course.alignment.preferences import (
    StoryPair,
    comparable,
    drawn_preferences,
    load_story_reward,
    shuffled_labels,
    story_preferences,
    taught_reward,
)
from siguiente.course.alignment.pursuits import WATCHED, load_watcher
from siguiente.course.alignment.sft import ANSWER_LENGTH, SEEDS, load_story_policy
from siguiente.course.data.story_requests import distinct_requests
from siguiente.course.data.story_reward import gold_rewards
from siguiente.evaluation.intervals import Estimate, bootstrap_columns
from siguiente.evaluation.selection import best_of_n, best_of_n_kl, select_best
from siguiente.runtime.trained import Part, Run, Trained

BLOCKS = range(4)  # cada uno, con su semilla
REQUESTS = 7  # peticiones de cada bloque
WRITTEN = 1_024  # cuentos por petición
DIGITS = 3  # decimales de cada puntuación
#: De cuántos, los primeros, se guarda el que más puntúa.
KEPT = (1, 32, 1_024)


def blind_judge() -> RewardModel:
    """El control: un modelo que leyó tantas parejas como `400`, con la preferida elegida a cara o cruz."""
    seen = shuffled_labels(drawn_preferences(WATCHED, 0), Generator().manual_seed(0))
    return taught_reward(seen, 0)


#: Los modelos que puntúan. Los de 400 parejas son los que vigilan en otra página; `long` aprendió de quien
#: prefiere lo largo.
JUDGES: dict[str, Callable[[], RewardModel]] = {
    "400": partial(load_watcher, "fair", 0),
    "400-b": partial(load_watcher, "fair", 1),
    "4000": load_story_reward,
    "long": partial(load_watcher, "long", 0),
    "shuffled": blind_judge,
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

    def knows(self, name: str) -> Tensor:
        """La correlación de un modelo con la recompensa verdadera entre los cuentos de cada petición, (N,).

        >>> scores, gold = {"400": torch.tensor([[1.0, 2.0, 3.0]])}, torch.tensor([[5.0, 7.0, 9.0]])
        >>> StoryPool(["Quiero un cuento."], scores, gold, gold, [{}]).knows("400")
        tensor([1.])
        """
        both = zip(self.scores[name], self.gold, strict=True)
        return torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in both])


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


def curve_points(places: Iterable[float], values: Iterable[Estimate]) -> list[Point]:
    """Unas estimaciones, cada una en su lugar.

    >>> curve_points([0, 20], [Estimate(0.0, 0.0, 0.0), Estimate(1.0, 0.5, 1.5)])
    [(0, 0.0, 0.0, 0.0), (20, 1.0, 0.5, 1.5)]
    """
    return [(place, *value) for place, value in zip(places, values, strict=True)]


def reward_curves(paths: Paths) -> dict[str, list[Point]]:
    """Lo que ganan, paso a paso, la recompensa que se persigue y la verdadera.

    >>> start = {"step": 0, "proxy": 0.0, "gold": 9.0}
    >>> paths = Paths([[start, {"step": 20, "proxy": 1.0, "gold": 8.0}]] * 2)
    >>> [point[:2] for point in reward_curves(paths)["la verdadera"]]
    [(0, 0.0), (20, -1.0)]
    """
    names = {"la aprendida": "proxy", "la verdadera": "gold"}
    return {label: curve_points(paths.steps, paths.gains(name)) for label, name in names.items()}


def choice_curves(pool: StoryPool, name: str, sizes: Sequence[int]) -> dict[str, list[Point]]:
    """Lo que ganan, al elegir con un modelo la mejor de cada n, su recompensa y la verdadera.

    Según la raíz de la cota de la divergencia.
    """
    places = [best_of_n_kl(n) ** 0.5 for n in sizes]
    seen = {"la aprendida": pool.scores[name], "la verdadera": pool.gold}
    return {
        label: curve_points(places, bootstrap_columns(best_of_gains(pool.scores[name], value, sizes)))
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


def at_distance(paths: Paths, name: str, far: Tensor) -> Tensor:
    """Lo que había subido una cifra, (S,), cuando cada política se alejó `far` nats, (S,), por primera vez.

    Entre dos medidas se va en línea recta; si no llegó tan lejos, vale lo último.

    >>> start = {"step": 0, "kl": 0.0, "gold": 9.0}
    >>> paths = Paths([[start, {"step": 20, "kl": 4.0, "gold": 7.0}]])
    >>> [at_distance(paths, "gold", torch.tensor([nats])).item() for nats in (1.0, 5.0)]
    [-0.5, -2.0]
    """
    gains = []
    for kl, gain, limit in zip(paths.of("kl"), paths.gain(name), far, strict=True):
        reached = (kl >= limit).nonzero().flatten().tolist()
        k = reached[0] if reached else -1
        part = (limit - kl[k - 1]) / (kl[k] - kl[k - 1]) if k > 0 else torch.ones(())
        gains.append(torch.lerp(gain[k - 1], gain[k], part))
    return torch.stack(gains)


def stop_by_distance(values: Tensor, kl: Tensor, limit: float) -> Tensor:
    """Lo que valen S políticas, (S,), en su última medida, de K, antes de alejarse más de `limit` nats.

    De una cifra y de la divergencia, (S, K).

    >>> kl = torch.tensor([[0.0, 3.0, 1.0]])
    >>> stop_by_distance(torch.tensor([[9.0, 8.0, 7.0]]), kl, limit=2).tolist()
    [9.0]
    """
    far = kl > limit
    last = torch.where(far.any(1), far.int().argmax(1) - 1, kl.shape[1] - 1)
    return values.gather(1, last[:, None]).squeeze(1)


def stop_by_asking(values: Tensor, liked: Tensor, labels: int) -> Tensor:
    """Lo que se espera de S políticas, (S,), si en cada medida, de K, se pregunta y se para a tiempo.

    De una cifra y de la probabilidad de que se prefieran sus cuentos a los de la partida, (S, K). Se comparan
    `labels` en cada medida: la primera vez que se prefieren menos de la mitad, se vuelve a la anterior. La
    esperanza es exacta: se cuentan las maneras de que ocurra.

    >>> liked = torch.tensor([[0.5, 0.0]])
    >>> stop_by_asking(torch.tensor([[9.0, 8.0]]), liked, labels=3).tolist()
    [9.0]
    """
    values, going = values.double(), torch.ones(len(values), dtype=torch.double)
    expected = torch.zeros_like(going)
    for k, chance in enumerate(liked.double().T[1:], 1):
        stop = binomial_below(chance, labels)
        expected, going = expected + going * stop * values[:, k - 1], going * (1 - stop)
    return expected + going * values[:, -1]


def binomial_below(chance: Tensor, n: int) -> Tensor:
    """Probabilidad de que, de n, salgan menos de la mitad, si cada una sale con probabilidad `chance`, (S,).

    >>> binomial_below(torch.tensor([0.5, 1.0]), 3)
    tensor([0.5000, 0.0000])
    """
    ways = [float(comb(n, k)) * chance**k * (1 - chance) ** (n - k) for k in range((n + 1) // 2)]
    return torch.stack(ways).sum(0)


LABELS = WATCHED  # comparaciones que gasta cada remedio, las mismas que `400`
TRIED = 16  # peticiones con que se prueba; con cada semilla, otras
DRAWN = 128  # cuentos por petición
SIZES = (1, 4, 16, 64)
ENSEMBLE = 3
OWN = 8  # al volver a preguntar, cada cuento es uno de estos


def one_model(seed: int) -> list[RewardModel]:
    """Un modelo que aprendió de todas las comparaciones."""
    return [taught_reward(drawn_preferences(LABELS, seed), seed)]


def three_models(seed: int) -> list[RewardModel]:
    """Tres modelos, cada uno con un remuestreo de las comparaciones: unas, varias veces, y otras, nunca."""
    known, generator = drawn_preferences(LABELS, seed), Generator().manual_seed(seed)
    rows = torch.randint(LABELS, (ENSEMBLE, LABELS), generator=generator).tolist()
    return [taught_reward([known[k] for k in some], seed) for some in rows]


def asked_again(seed: int, own: bool = True) -> list[RewardModel]:
    """Un modelo que aprendió de la mitad y, con la otra mitad, de cuentos que él mismo elige.

    Sin `own`, el control: los cuentos son los mismos, pero no los elige nadie.
    """
    known = drawn_preferences(LABELS // 2, seed)
    pairs = new_pairs(LABELS - len(known), seed, taught_reward(known, seed) if own else None)
    return [taught_reward(known + story_preferences(pairs, seed=seed + len(SEEDS)), seed)]


def new_pairs(count: int, seed: int, model: RewardModel | None) -> list[StoryPair]:
    """Parejas de cuentos nuevos: de cada `OWN` a una petición, el que un modelo elige o el primero."""
    policy, generator = load_story_policy(), Generator().manual_seed(seed)
    every = distinct_requests("train")
    asked = [every[row] for row in torch.randperm(len(every), generator=generator)[:count].tolist()]
    prompts = [request.text for request in asked]
    texts = sample_answers(policy, prompts, generator, ANSWER_LENGTH, 2 * OWN).texts  # dos por petición
    repeated = [prompt for prompt in prompts for _ in range(2 * OWN)]
    scores = [0.0] * len(texts) if model is None else score_texts(model, policy, repeated, texts)
    best = torch.tensor(scores).view(-1, OWN).argmax(1).tolist()
    told = [texts[k * OWN + place] for k, place in enumerate(best)]
    pairs = map(StoryPair, asked, told[::2], told[1::2])
    return [pair for pair in pairs if comparable(policy, pair)]


class Remedy(NamedTuple):
    """Una manera de gastar las comparaciones."""

    models: Callable[[int], list[RewardModel]]
    """De la semilla a los modelos que aprenden de ellas."""
    combine: Callable[[Tensor, int], Tensor] = torch.mean
    """Cómo se hace de sus recompensas una sola."""


REMEDIES = {
    "one": Remedy(one_model),
    "mean": Remedy(three_models),
    "lowest": Remedy(three_models, torch.amin),
    "again": Remedy(asked_again),
    "fresh": Remedy(partial(asked_again, own=False)),
}


def load_remedies(column: str) -> dict[str, Tensor]:
    """Lo que gana una cifra, `gold` o `proxy`, con cada remedio: una fila por semilla, una columna por n."""
    rows = [{row["name"]: row[column] for row in STORY_REMEDIES.rows("tried", seed)} for seed in SEEDS]
    return {name: torch.tensor([row[name] for row in rows]) for name in REMEDIES}


def try_remedies(part: Part) -> Run:
    """Elige entre unos cuentos con lo que aprendió cada remedio y mide lo que se gana de verdad."""
    policy, seed = load_story_policy(), int(part.seed or 0)
    prompts = [request.text for request in distinct_requests("test")[seed * TRIED :][:TRIED]]
    repeated = [prompt for prompt in prompts for _ in range(DRAWN)]

    def rows() -> Iterator[dict[str, Any]]:
        texts = sample_answers(policy, prompts, Generator().manual_seed(seed), ANSWER_LENGTH, DRAWN).texts
        gold, scores = torch.tensor(gold_rewards(repeated, texts)).view(-1, DRAWN), dict[Any, Tensor]()
        for name, (models, combine) in REMEDIES.items():
            if models not in scores:
                given = [score_texts(model, policy, repeated, texts) for model in models(seed)]
                scores[models] = torch.tensor(given).view(-1, TRIED, DRAWN)  # (K, N, M)
            proxy = combine(scores[models], 0)
            gains = {"gold": gold, "proxy": proxy}
            means = {key: best_of_gains(proxy, value, SIZES).mean(0).tolist() for key, value in gains.items()}
            best = texts[int(select_best(proxy[:1]))]
            yield {"name": name} | {key: rounded(value) for key, value in means.items()} | {"text": best}

    def measure(rows: Sequence[Mapping[str, Any]]) -> Sequence[float]:
        return gold_rewards(prompts[:1] * len(rows), [row["text"] for row in rows])

    return Run(None, rows(), measure)


STORY_REMEDIES = Trained("story-remedies", __name__, try_remedies, ("tried",), SEEDS)
