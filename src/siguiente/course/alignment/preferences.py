"""La página de las preferencias: las parejas registradas, quien las compara y los modelos que aprenden de él.

El modelo de recompensa de los cuentos es el que persiguen los experimentos de las demás páginas.
"""

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Generator, Tensor

from siguiente.alignment.reward_model import (
    RewardModel,
    centre_rewards,
    length_slope,
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
from siguiente.course.data.story_requests import StoryRequest, distinct_requests, load_demonstrations
from siguiente.course.data.story_reward import WEIGHTS, gold_reward, score_merits, story_merits
from siguiente.course.report.numbers import number
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
    return [pair for pair in pairs if comparable(policy, pair)]


def comparable(policy: TextModel[LanguageModel], pair: StoryPair) -> bool:
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
REPEATED = 8  # parejas de cada petición de prueba
ASKED = 32  # peticiones a la vez: con dos respuestas, un lote de `sample_answers`
SHOWN = 500  # demostraciones con que se pone el cero
SEED = 0
#: Quien compara. Con ese ruido, dos coinciden en algo más de siete de cada diez parejas.
ANNOTATOR = Annotator(noise=0.5)
#: Tres lecturas de cada pareja. Con cuatro, la verosimilitud de las parejas apartadas empeora.
FIT_CONFIG = TrainingConfig(steps=375, batch_size=32, learning_rate=3e-3, warmup=5)


def load_story_pairs(split: str = "train") -> list[StoryPair]:
    """Abre las parejas de cuentos que escribió la política, sin comparar; si faltan, las escribe.

    Las de `train` son respuestas a peticiones con que la política aprendió a responder; las de `test`, a
    combinaciones que no vio: véase :func:`~siguiente.course.data.story_requests.split_of`.
    """
    return [StoryPair(StoryRequest(*request), *texts) for request, *texts in STORY_PAIRS.rows(split)]


def story_preferences(
    pairs: Sequence[StoryPair] | None = None, annotator: Annotator = ANNOTATOR, seed: int = SEED
) -> list[Preference]:
    """Lo que dijo un anotador de unas parejas; si no se dan, de todas las de `train`."""
    pairs = load_story_pairs() if pairs is None else pairs
    return label_pairs(pairs, ask_annotators(pairs, [annotator], Generator().manual_seed(seed)))


def drawn_pairs(count: int, seed: int) -> list[StoryPair]:
    """Unas de las parejas registradas, sorteadas con una semilla: las que se piden primero, y no otras."""
    every = load_story_pairs()
    rows = torch.randperm(len(every), generator=Generator().manual_seed(seed))[:count]
    return [every[row] for row in rows.tolist()]


def drawn_preferences(count: int, seed: int) -> list[Preference]:
    """Lo que dijo el anotador de unas parejas sorteadas; con la semilla salen también sus respuestas."""
    return story_preferences(drawn_pairs(count, seed), seed=seed)


def load_story_reward() -> RewardModel:
    """Abre el modelo de recompensa; si falta, lo ajusta.
    Su cero es la recompensa media de las demostraciones.
    """
    return STORY_REWARD.restore(RewardModel(load_story_policy().model))


def learned_reward() -> Reward:
    """La nota que ese modelo da a cada respuesta escrita."""
    return partial(score_texts, load_story_reward(), load_story_policy())


def write_pairs(part: Part) -> Run:
    """Escribe dos cuentos por petición: las que siguen a las demostraciones o, de `test`, las de prueba."""
    requests = [demo.request for demo in load_demonstrations("train", DEMONSTRATIONS + COMPARED)]
    asked = requests[DEMONSTRATIONS:] if part.name == "train" else distinct_requests("test") * REPEATED
    policy, generator = load_story_policy(), Generator().manual_seed(SEED)

    def pairs() -> Iterator[StoryPair]:
        for first in range(0, len(asked), ASKED):
            yield from sample_pairs(policy, asked[first : first + ASKED], generator, ANSWER_LENGTH)

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


def taught_reward(preferences: Sequence[Preference], seed: int) -> RewardModel:
    """El modelo de recompensa que aprendió de unas comparaciones, ajustado como todos los que se comparan."""
    run = fit_reward(preferences, replace(judge_config(len(preferences)), seed=seed), None)
    for _ in run.reports:
        pass
    return cast(RewardModel, run.model).eval()


STORY_PAIRS = Trained("story-pairs", __name__, write_pairs, parts=("train", "test"))
STORY_REWARD = Trained("story-reward", __name__, compare)


#: De cuántas parejas aprende cada modelo que se compara, los que difieren en eso y los de otro anotador.
JUDGED = {"200": 200, "600": 600, "1500": 1_500, "partial": 1_500, "shuffled": 600}
TESTED = 528  # parejas de prueba en que se miden: cuatro de cada petición
#: El mismo anotador, si además le gustan los cuentos largos (veinte puntos por cada cien palabras).
LIKES_LONG = replace(ANNOTATOR, length_bias=20)


def judge_config(pairs: int) -> TrainingConfig:
    """Cómo se ajusta con unas parejas, sean las que sean: cada una, dos veces, en lotes de 32.

    >>> judge_config(1600).steps
    100
    """
    return TrainingConfig(pairs // 16, batch_size=32, learning_rate=3e-3, warmup=5)


def judged(name: str, seed: int) -> list[Preference]:
    """Lo que dijo de unas parejas sorteadas el anotador imparcial; en `partial`, el que prefiere lo largo.

    En `shuffled`, el control, la preferida se sortea.
    """
    generator, every = Generator().manual_seed(seed), load_story_pairs()
    rows = torch.randperm(len(every), generator=generator)[: JUDGED[name]]
    pairs = [every[row] for row in rows.tolist()]
    found = story_preferences(pairs, LIKES_LONG if name == "partial" else ANNOTATOR, seed)
    return shuffled_labels(found, generator) if name == "shuffled" else found


def judge(part: Part) -> Run:
    """Ajusta un modelo de recompensa con unas parejas."""
    return judge_after(part, JUDGED[part.name])


def judge_longer(part: Part) -> Run:
    """El control de la curva: las mismas parejas, con tantos pasos como cuando hay más."""
    return judge_after(part, max(JUDGED.values()))


def judge_after(part: Part, pairs: int) -> Run:
    """Ajusta un modelo con los pasos que tocan a unas parejas.

    Da la pérdida de cada paso y, al final, las recompensas de prueba.
    """
    policy, seed = load_story_policy(), int(part.seed or 0)
    taught, model = judged(part.name, seed), RewardModel(policy.model)

    def rows() -> Iterator[Any]:
        config = replace(judge_config(pairs), seed=seed)
        yield from train_reward_model(model, encode_preferences(policy, taught), config, part.checkpoint)
        yield pair_scores(model.eval(), policy, load_story_pairs("test")[:TESTED])

    return Run(None, rows(), lambda rows: torch.tensor(rows[-1]).mean(0).tolist())


def pair_scores(
    model: RewardModel, policy: TextModel[Any], pairs: Sequence[StoryPair]
) -> list[tuple[float, ...]]:
    """La recompensa de los dos cuentos de N parejas, con tres decimales."""
    prompts = [pair.request.text for pair in pairs]
    sides = [score_texts(model, policy, prompts, texts) for texts in list(zip(*pairs, strict=True))[1:]]
    return [tuple(round(score, 3) for score in both) for both in zip(*sides, strict=True)]


STORY_JUDGES = Trained("story-judges", __name__, judge, tuple(JUDGED), seeds=range(8))
STORY_JUDGES_LONGER = Trained("story-judges-longer", __name__, judge_longer, ("200",), seeds=range(8))


def judge_scores(name: str, recipe: Trained = STORY_JUDGES) -> Tensor:
    """Abre las recompensas que S modelos, uno por semilla, dan a los dos cuentos de N parejas, (S, N, 2).

    Las parejas son de prueba: responden a peticiones que ni los modelos ni la política vieron.
    """
    return torch.tensor([recipe.rows(name, seed)[-1] for seed in recipe.seeds])


class Measured(NamedTuple):
    """Lo que se sabe de unas parejas sin preguntar a nadie."""

    gold: Tensor
    """La recompensa verdadera de los dos cuentos, (N, 2)."""
    words: Tensor
    """Sus palabras, (N, 2)."""


def measure_pairs(pairs: Sequence[StoryPair]) -> Measured:
    """Mide los dos cuentos de cada pareja.

    >>> measure_pairs([StoryPair(StoryRequest("Ana", "pet"), "Ana y su mascota.", "Ana.")]).words
    tensor([[4., 1.]])
    """
    gold = [[gold_reward(pair.request, text) for text in pair[1:]] for pair in pairs]
    return Measured(torch.tensor(gold), torch.tensor([[float(len(t.split())) for t in p[1:]] for p in pairs]))


def likelihood(pairs: Sequence[StoryPair], annotator: Annotator) -> Tensor:
    """La probabilidad de que un anotador prefiera el primer cuento de cada pareja, (N,): sin preguntarle.

    >>> pair = StoryPair(StoryRequest("Ana", "pet"), "Ana y su mascota.", "Ana y su mascota.")
    >>> likelihood([pair], ANNOTATOR)
    tensor([0.5000])
    """
    return torch.tensor([annotator.preference(*pair) for pair in pairs])


def agrees(scores: Tensor, likely: Tensor) -> Tensor:
    """Cuánto acierta una recompensa, (..., N, 2), lo que alguien responde de N parejas, (...,).

    Se le da la probabilidad de que prefiera el primer cuento, (N,), y no hay que sortear respuestas.

    >>> agrees(torch.tensor([[2.0, 1.0], [0.0, 1.0]]), torch.tensor([0.9, 0.5]))
    tensor(0.7000)
    """
    return torch.where(scores[..., 0] > scores[..., 1], likely, 1 - likely).mean(-1)


def length_slopes(scores: Tensor, known: Measured) -> Tensor:
    """Lo que pagan S recompensas, (S, N, 2), por cada cien palabras entre cuentos igual de buenos, (S,)."""
    fixed = known.gold.flatten(), known.words.flatten()
    return torch.tensor([100 * length_slope(each.flatten(), *fixed) for each in scores])


def by_length(scores: Tensor, known: Measured, edges: Sequence[float]) -> Tensor:
    """Lo que pagan S recompensas por la longitud, (S, K): la media de lo que lo bueno no explica, por tramos.

    A cada recompensa se le quita :math:`b\\,g`, la parte que da por lo bueno, y la media. Si paga por cada
    palabra lo mismo, sale una recta.

    >>> known = Measured(torch.tensor([[1.0, 2.0], [3.0, 1.0]]), torch.tensor([[1.0, 2.0], [4.0, 5.0]]))
    >>> by_length((2 * known.gold + known.words)[None], known, [3])
    tensor([[-1.5000,  1.5000]])
    """
    words, places = known.words.flatten(), torch.bucketize(known.words.flatten(), torch.tensor(edges))
    design = torch.stack([torch.ones(len(words)), known.gold.flatten(), words], 1).double()
    flat = scores.flatten(1).double()
    paid = flat - known.gold.flatten() * torch.linalg.lstsq(design, flat.T).solution[1][:, None]
    paid = paid - paid.mean(1, keepdim=True)
    return torch.stack([paid[:, places == k].mean(1) for k in range(len(edges) + 1)], 1).float()


def band_words(known: Measured, edges: Sequence[float]) -> Tensor:
    """Las palabras que de media tienen los cuentos de cada tramo, (K,).

    >>> known = Measured(torch.zeros(2, 2), torch.tensor([[1.0, 2.0], [4.0, 5.0]]))
    >>> band_words(known, [3])
    tensor([1.5000, 4.5000])
    """
    words = known.words.flatten()
    places = torch.bucketize(words, torch.tensor(edges))
    return torch.stack([words[places == k].mean() for k in range(len(edges) + 1)])


def bend(bands: Tensor, words: Tensor) -> Tensor:
    """Cuánto más sube una recompensa por cada cien palabras en la primera mitad que en la segunda, (S,).

    De lo que S recompensas pagan en K tramos, (S, K), y las palabras de cada uno, (K,). Es 0 en una recta.

    >>> bend(torch.tensor([[1.0, 2.0, 3.0], [0.0, 2.0, 3.0]]), torch.tensor([70.0, 80.0, 90.0]))
    tensor([ 0., 10.])
    """
    ends = [0, len(words) // 2, len(words) - 1]
    low, high = (100 * bands[:, ends].diff() / words[ends].diff()).T
    return low - high


def discount_length(scores: Tensor, known: Measured, reviewed: Tensor) -> Tensor:
    """Quita a S recompensas, (S, N, 2), lo que pagan por la longitud en las parejas revisadas, (N,).

    >>> known = Measured(torch.tensor([[1.0, 2.0], [3.0, 1.0]]), torch.tensor([[1.0, 2.0], [4.0, 5.0]]))
    >>> discount_length((known.gold + known.words)[None], known, torch.tensor([True, True]))[0]
    tensor([[1., 2.],
            [3., 1.]])
    """
    slopes = length_slopes(scores[:, reviewed], Measured(known.gold[reviewed], known.words[reviewed]))
    return scores - slopes[:, None, None] / 100 * known.words


def halves(pairs: Sequence[StoryPair], count: int, generator: Generator) -> Tensor:
    """Unas maneras de sortear la mitad de las peticiones: qué parejas son de ellas, (K, N).

    >>> pairs = [StoryPair(StoryRequest(name, "pet"), "", "") for name in ("Ana", "Ana", "Eva")]
    >>> halves(pairs, 2, Generator().manual_seed(0)).int().tolist()
    [[1, 1, 0], [0, 0, 1]]
    """
    asked = list(dict.fromkeys(pair.request for pair in pairs))
    places = torch.tensor([asked.index(pair.request) for pair in pairs])
    drawn = [torch.randperm(len(asked), generator=generator) < len(asked) // 2 for _ in range(count)]
    return torch.stack(drawn)[:, places]


def on_the_rest(
    scores: Tensor, known: Measured, better: Tensor, splits: Tensor, discount: bool = False
) -> tuple[Tensor, Tensor]:
    """Lo que pagan por la longitud S recompensas y lo que aciertan donde no se revisó nada, (S, K) y (S, K).

    De K repartos, (K, N). Con `discount`, antes se les quita lo que pagan en la parte revisada.
    """
    paid, right = list[Tensor](), list[Tensor]()
    for reviewed in splits:
        given = discount_length(scores, known, reviewed) if discount else scores
        paid.append(length_slopes(given[:, ~reviewed], Measured(*(part[~reviewed] for part in known))))
        kept = ~reviewed & (better != 0.5)
        right.append(agrees(given[:, kept], better[kept]))
    return torch.stack(paid, 1), torch.stack(right, 1)


def fit_merits(differences: Tensor, likely: Tensor) -> Tensor:
    """Los pesos de la recompensa :math:`r = w \\cdot m` que hacen más probables unas respuestas, (K,).

    De N parejas se dan las diferencias de méritos, (N, K), y la probabilidad de preferir el primero, (N,):
    es lo que se aprendería con infinitas respuestas. La verosimilitud es cóncava, y el máximo es uno.

    >>> differences = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
    >>> fit_merits(differences, (differences @ torch.tensor([2.0, 0.5])).sigmoid())
    tensor([2.0000, 0.5000])
    """
    design, target = differences.double(), likely.double()
    weights = torch.zeros(design.shape[1], dtype=torch.double)
    for _ in range(100):
        p = (design @ weights).sigmoid()
        slope, curve = design.T @ (target - p), (design.T * (p * (1 - p))) @ design
        step = torch.linalg.solve(curve, slope)
        weights = weights + step / max(1.0, step.abs().max().item())
        if step.abs().max() < 1e-9:
            break
    return weights.float()


def merit_differences(pairs: Sequence[StoryPair]) -> Tensor:
    """Los cinco méritos del primer cuento menos los del segundo, (N, 5)."""
    prompts = [pair.request.text for pair in pairs]
    first, second = (score_merits(prompts, texts) for texts in list(zip(*pairs, strict=True))[1:])
    return first - second


#: Los cinco méritos de un cuento, en el orden de :class:`siguiente.course.data.story_reward.Merits`.
MERITS = (
    "sale el protagonista pedido",
    "trata del asunto pedido",
    "no confunde a sus personajes",
    "se entiende",
    "es amable con ellos",
)


def mixed_merits(pair: StoryPair) -> bool:
    """Dice si el segundo cuento es más amable, se entiende menos y vale un poco más.

    >>> mixed_merits(StoryPair(StoryRequest("Ana", "pet"), "Ana quería una mascota.", "Ana rió."))
    False
    """
    a, b = (story_merits(pair.request, story) for story in pair[1:])
    gap = sum(weight * (y - x) for weight, x, y in zip(WEIGHTS, a, b, strict=True))
    return b.kind > a.kind and b.sense < a.sense and 0.5 < gap < 1


def told_stories(pairs: Sequence[StoryPair]) -> Iterator[tuple[StoryRequest, list[str]]]:
    """Cada petición con sus cuentos distintos; primero, la que tiene más.

    >>> request = StoryRequest("Ana", "pet")
    >>> next(told_stories([StoryPair(request, "Sí.", "No."), StoryPair(request, "No.", "Ya.")]))[1]
    ['Sí.', 'No.', 'Ya.']
    """
    for request, _ in Counter(pair.request for pair in pairs).most_common():
        yield request, list(dict.fromkeys(t for pair in pairs if pair.request == request for t in pair[1:]))


def stories_apart(pairs: Sequence[StoryPair], count: int) -> tuple[StoryRequest, list[str], Tensor]:
    """La petición con más cuentos, unos cuantos de valor bien distinto y su recompensa verdadera, (K,).
    De peor a mejor, sin los dos extremos.

    >>> request = StoryRequest("Ana", "pet")
    >>> pairs = [StoryPair(request, "Una mascota.", "Ana."), StoryPair(request, "Ana sonrió.", "Sí")]
    >>> stories_apart(pairs, 2)[1]
    ['Una mascota.', 'Ana.']
    """
    request, told = next(told_stories(pairs))
    values = torch.tensor([gold_reward(request, story) for story in told])
    apart = torch.linspace(1, len(told) - 2, count).long()
    picked = values.argsort(stable=True)[apart]
    return request, [told[i] for i in picked], values[picked]


def league(request: StoryRequest, stories: Sequence[str], annotator: Annotator) -> Tensor:
    """La probabilidad de que un anotador prefiera cada uno de K cuentos a cada otro, (K, K).

    >>> league(StoryRequest("Ana", "pet"), ["Ana.", "Ana."], Annotator()).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    return torch.tensor([[annotator.preference(request, a, b) for b in stories] for a in stories])


def most_circular(pairs: Sequence[StoryPair], annotator: Annotator) -> tuple[StoryRequest, list[str]]:
    """La petición y los tres cuentos suyos con que un anotador da la vuelta con más decisión.

    Prefiere el primero al segundo, el segundo al tercero y el tercero al primero; se mira la menos segura de
    las tres. Con una recompensa, la menos segura nunca pasa de 1/2.
    """
    best = 0.0, StoryRequest("", ""), list[str]()
    for request, told in told_stories(pairs):
        p = league(request, told, annotator)
        least = torch.stack(torch.broadcast_tensors(p[:, :, None], p[None], p.T[:, None])).amin(
            0
        )  # (K, K, K)
        if least.max() > best[0]:
            chosen = torch.unravel_index(least.argmax(), least.shape)
            best = least.max().item(), request, [told[int(i)] for i in chosen]
    return best[1:]


def play_league(chances: Tensor, rounds: int, generator: Generator) -> Tensor:
    """Sortea unas comparaciones de cada pareja de K cuentos y cuenta quién ganó a quién, (K, K).

    >>> play_league(torch.tensor([[0.5, 1.0], [0.0, 0.5]]), 3, Generator().manual_seed(0))
    tensor([[0., 3.],
            [0., 0.]])
    """
    wins = torch.binomial(torch.full(chances.shape, float(rounds)), chances, generator=generator).triu(1)
    return wins + (rounds - wins).T.tril(-1)


def check_careless_loss(loss: Callable[[Tensor, Tensor, float], Tensor]) -> str:
    """Dice si una pérdida cuenta con que parte de las respuestas, la tercera cifra, se da a cara o cruz.

    Se compara con lo que :meth:`~siguiente.course.data.annotators.Annotator.preference` responde.

    >>> from siguiente.alignment.reward_model import bradley_terry_loss
    >>> check_careless_loss(lambda chosen, rejected, share: bradley_terry_loss(chosen, rejected))
    'Todavía no: con diferencia 2,0 y descuido 0,3 se esperan 0,2658 nats y salen 0,1269.'
    """
    for share in (0.0, 0.3, 1.0):
        for gap in (2.0, 0.0, -4.0):
            sure = 1 / (1 + math.exp(-gap))
            expected = -math.log((1 - share) * sure + share / 2)
            found = loss(torch.tensor([gap]), torch.zeros(1), share).item()
            if not abs(found - expected) < 1e-4:
                told = (number(gap, 1), number(share, 1), number(expected, 4), number(found, 4))
                return "Todavía no: con diferencia {} y descuido {} se esperan {} nats y salen {}.".format(
                    *told
                )
    return "Bien: es la probabilidad de lo que respondió, también cuando no leyó."
