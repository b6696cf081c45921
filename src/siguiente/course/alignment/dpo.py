"""La página de DPO: los métodos que aprenden de las mismas preferencias, medidos mientras se alejan."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.dpo import Compared, PairLoss, dpo_loss, ipo_loss, kto_loss, simpo_loss, train_dpo
from siguiente.alignment.reward_model import score_texts
from siguiente.alignment.rl import Reward
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import (
    Preference,
    PromptCompletion,
    answer_totals,
    encode_demonstrations,
    encode_preferences,
)
from siguiente.alignment.sft import train_sft
from siguiente.course.alignment.kl_penalty import descend
from siguiente.course.alignment.policy_scores import (
    Paths,
    Watch,
    load_paths,
    measured_rows,
    rounded,
    shown_gold,
    unwatched,
)
from siguiente.course.alignment.preferences import (
    COMPARED,
    FIT_CONFIG,
    drawn_pairs,
    drawn_preferences,
    judge_config,
    learned_reward,
    load_story_pairs,
    sample_pairs,
    shuffled_labels,
    story_preferences,
    taught_reward,
)
from siguiente.course.alignment.rlhf import CHOSEN as RATE
from siguiente.course.alignment.rlhf import (
    GROUP,
    RUN_CONFIG,
    TRIED,
    beta_of,
    comma,
    measured_end,
    worth,
)
from siguiente.course.alignment.sft import ANSWER_LENGTH, SEEDS, load_story_policy
from siguiente.course.data.story_requests import distinct_requests
from siguiente.course.data.story_reward import WEIGHTS, Merits, score_merits
from siguiente.evaluation.intervals import Estimate, mean_interval
from siguiente.evaluation.selection import best_of_n, best_of_n_kl, select_best
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained

LABELS = 640  # comparaciones que lee cada entrenamiento, una vez cada una
ROUNDS = 2  # veces que pregunta el iterado
IMITATED = 160  # peticiones del que se destila
WRITTEN = 8  # cuentos por petición entre los que elige el que se destila
EVERY = 20
HELD = 132  # parejas nuevas, una por petición de prueba
CONFIG = TrainingConfig(steps=40, batch_size=16, learning_rate=3e-4, warmup=5, weight_decay=0.0)


class Setting(NamedTuple):
    """Cómo se usa un método."""

    learn: Callable[["Setting", TextModel[Any], int], Iterator[object]]
    """De él, de la política y de la semilla, al entrenamiento sin empezar."""
    loss: PairLoss = dpo_loss
    """La pérdida."""
    beta: float = 0.1
    """El freno."""
    rate: float = 3e-4
    """La tasa que más valió de las `RATES`, según `story-preferred-rates`."""


def once(setting: Setting, policy: TextModel[Any], seed: int) -> Iterator[object]:
    """Aprende de lo que dijo el anotador de unas parejas."""
    return prefer(setting, policy, seed, drawn_preferences(LABELS, seed))


def shuffled(setting: Setting, policy: TextModel[Any], seed: int) -> Iterator[object]:
    """El control: las mismas parejas, con la preferida sorteada."""
    judged = drawn_preferences(LABELS, seed)
    return prefer(setting, policy, seed, shuffled_labels(judged, Generator().manual_seed(seed)))


def prefer(
    setting: Setting, policy: TextModel[Any], seed: int, judged: Sequence[Preference]
) -> Iterator[object]:
    """Ajusta la política a unas preferencias, una vez cada una."""
    config = replace(CONFIG, learning_rate=setting.rate, seed=seed)
    return train_dpo(policy.model, encode_preferences(policy, judged), config, setting.beta, setting.loss)


def again(setting: Setting, policy: TextModel[Any], seed: int) -> Iterator[object]:
    """Aprende en rondas; desde la segunda, de parejas que acaba de escribir."""
    start, generator = load_story_policy().model, Generator().manual_seed(seed)
    pairs, size = drawn_pairs(LABELS, seed), LABELS // ROUNDS
    config = replace(CONFIG, steps=CONFIG.steps // ROUNDS, learning_rate=setting.rate)
    for turn in range(ROUNDS):
        asked = pairs[turn * size : (turn + 1) * size]
        if turn > 0:
            asked = sample_pairs(policy, [pair.request for pair in asked], generator, ANSWER_LENGTH)
        judged = encode_preferences(policy, story_preferences(asked, seed=seed))
        turned = replace(config, seed=ROUNDS * seed + turn)
        yield from train_dpo(policy.model, judged, turned, setting.beta, setting.loss, start)


def own_reward(seed: int) -> Reward:
    """Un modelo de recompensa ajustado a las mismas comparaciones que lee :func:`once` con esa semilla."""
    return partial(score_texts, taught_reward(drawn_preferences(LABELS, seed), seed), load_story_policy())


def imitate(setting: Setting, policy: TextModel[Any], seed: int, judged: bool = True) -> Iterator[object]:
    """Escribe varios cuentos por petición e imita el que más puntúa el modelo de recompensa.

    Sin juzgarlos imita el primero de cada petición: es el control, imitarse a sí misma.
    """
    prompts = [pair.request.text for pair in drawn_pairs(IMITATED, seed)]
    generator = Generator().manual_seed(seed)
    texts = sample_answers(policy, prompts, generator, ANSWER_LENGTH, WRITTEN).texts
    repeated = [prompt for prompt in prompts for _ in range(WRITTEN)]
    scores = own_reward(seed)(repeated, texts) if judged else [0.0] * len(texts)
    best = select_best(torch.tensor(scores).view(-1, WRITTEN)).tolist()
    chosen = [texts[WRITTEN * row + place] for row, place in enumerate(best)]
    shown = list(map(PromptCompletion, prompts, chosen))
    config = replace(CONFIG, learning_rate=setting.rate, seed=seed)
    return train_sft(policy.model, encode_demonstrations(policy, shown), config)


UNJUDGED = "unjudged"  # el control de lo destilado
METHODS = {
    "dpo": Setting(once),
    "shuffled": Setting(shuffled),
    "iterated": Setting(again),
    "ipo": Setting(once, ipo_loss, rate=6e-4),
    "kto": Setting(once, kto_loss, rate=1e-4),
    "simpo": Setting(once, simpo_loss, beta=2.5),
    "distilled": Setting(imitate, rate=1e-3),
    UNJUDGED: Setting(partial(imitate, judged=False), rate=1e-3),
}
WATCHED = ("dpo", "shuffled")
#: Cómo se llama cada uno en las tablas y en las figuras.
NAMES = {
    "dpo": "DPO",
    "shuffled": "DPO, control",
    "iterated": "DPO iterado",
    "ipo": "IPO",
    "kto": "KTO",
    "simpo": "SimPO",
    "distilled": "lo mejor de 8, destilado",
    UNJUDGED: "uno de 8, destilado, control",
}


def load_preferred(name: str) -> Paths:
    """Abre lo que se midió con uno de los `METHODS` y ocho semillas; si falta, entrena y mide."""
    return load_paths(STORY_UNJUDGED if name == UNJUDGED else STORY_DPO, name)


def learn(part: Part) -> Run:
    """Entrena con un método y mide la política mientras aprende."""
    policy, setting = load_story_policy(), METHODS[part.name]
    watch = new_pairs(policy) if part.name in WATCHED else unwatched

    def steps() -> Iterator[object]:
        yield from setting.learn(setting, policy, int(part.seed or 0))

    return Run(None, measured_rows(policy, steps(), learned_reward(), watch, EVERY), shown_gold)


def new_pairs(policy: TextModel[Any]) -> Watch:
    """Mira, en parejas nuevas que escribió la política como llega, cuánto cambian sus log-probabilidades.

    De las preferidas y de las otras, la media, en nats; y en qué proporción sube más la preferida.
    """
    judged = encode_preferences(policy, story_preferences(load_story_pairs("test")[:HELD]))
    before = [answer_totals(policy.model, answers) for answers in judged]

    def see(prompts: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
        now = [answer_totals(policy.model, answers) for answers in judged]
        chosen, rejected = (new - old for new, old in zip(now, before, strict=True))
        ordered = (chosen > rejected).float()
        seen = {"chosen": chosen, "rejected": rejected, "margin": chosen - rejected}
        seen |= {"fall": (chosen + rejected) / 2, "ordered": ordered}
        return {name: values.mean().item() for name, values in seen.items()}

    return see


STORY_DPO = Trained("story-dpo", __name__, learn, [name for name in METHODS if name != UNJUDGED], SEEDS)
STORY_UNJUDGED = Trained("story-unjudged", __name__, learn, [UNJUDGED], SEEDS)  # se hizo después

RATES = (1e-4, 3e-4, 6e-4, 1e-3)
TUNED = ("dpo", "ipo", "kto", "simpo", "distilled")  # los demás llevan la tasa del suyo
TRIALS = {f"{name}-{rate:g}": (name, rate) for name in TUNED for rate in RATES}


def try_rate(part: Part) -> Run:
    """Aprende con un método y una tasa, y mide el final con las peticiones que la política ya vio."""
    name, rate = TRIALS[part.name]
    policy, setting = load_story_policy(), METHODS[name]._replace(rate=rate)
    return measured_end(policy, setting.learn(setting, policy, TRIED), distinct_requests("seen"))


STORY_PREFERRED_RATES = Trained("story-preferred-rates", __name__, try_rate, parts=tuple(TRIALS))


def tried_rates() -> dict[str, list[float]]:
    """De cada método y cada una de las `RATES`, lo que valió su final."""
    return {name: [worth(STORY_PREFERRED_RATES, f"{name}-{rate:g}") for rate in RATES] for name in TUNED}


def trail(paths: Paths, name: str) -> list[tuple[Estimate, Estimate]]:
    """El camino de un método: en cada medida, lo que se alejó, en nats, y lo que subió una cifra.

    >>> rows = [{"step": 0, "kl": 0.0, "gold": 9.0}, {"step": 10, "kl": 4.0, "gold": 11.0}]
    >>> [[round(x.value, 1) for x in point] for point in trail(Paths([rows, rows]), "gold")]
    [[0.0, 0.0], [4.0, 2.0]]
    """
    return list(zip(map(mean_interval, paths.of("kl").T), paths.gains(name), strict=True))


class Choices(NamedTuple):
    """Con S semillas, M cuentos de la política de partida a N peticiones de prueba, para elegir."""

    scores: dict[str, Tensor]
    """De cada cuento, (S, N, M), lo que le da quien elige (`chooser`), la recompensa aprendida del curso
    (`proxy`), la verdadera (`gold`) y cada mérito."""

    def gain(self, name: str, n: int, by: str = "chooser") -> Tensor:
        """Lo que sube una cifra, (S,), si se elige, de n, el cuento que más puntúa."""
        seen = self.scores[name].double()
        return (best_of_n(self.scores[by], seen, n) - seen.mean(2)).mean(1)

    def trail(self, name: str, by: str = "chooser") -> list[tuple[Estimate, Estimate]]:
        """Lo que aleja elegir el mejor de n, como mucho, y lo que sube una cifra, para cada n de `CHOSEN`."""
        gains = [mean_interval(self.gain(name, n, by)) for n in CHOSEN]
        return [(Estimate(*[best_of_n_kl(n)] * 3), gain) for n, gain in zip(CHOSEN, gains, strict=True)]

    def table(self) -> list[list[Any]]:
        """De cada n: la cota de la divergencia y lo que suben la puntuación de quien elige, la recompensa
        verdadera y lo que se entiende; y la verdadera si elige el modelo del curso.
        """
        trails = [self.trail(name) for name in ("chooser", "gold", "sense")]
        trails.append(self.trail("gold", by="proxy"))
        rows = zip(CHOSEN, zip(*trails, strict=True), strict=True)
        return [[n, best_of_n_kl(n), *(gain for _, gain in points)] for n, points in rows]


CHOSEN = (1, 2, 4, 8, 16)
ASKED = 64  # peticiones de prueba con que se elige
TOGETHER = 4  # a la vez: con dieciséis cuentos, un lote de `sample_answers`


def load_choices() -> Choices:
    """Abre los cuentos entre los que se elige, con lo que vale cada uno; si faltan, los escribe."""
    rows = [STORY_CHOICES.rows(seed=seed) for seed in STORY_CHOICES.seeds]
    names = [name for name in rows[0][0] if name != "text"]
    return Choices({name: torch.tensor([[row[name] for row in some] for some in rows]) for name in names})


def write_choices(part: Part) -> Run:
    """Escribe varios cuentos a cada petición y los puntúa; quien elige leyó lo que :func:`once`."""
    policy, seed = load_story_policy(), int(part.seed or 0)
    generator, proxy = Generator().manual_seed(seed), learned_reward()
    asked = [request.text for request in distinct_requests("test")[:ASKED]]

    def rows() -> Iterator[dict[str, Any]]:
        chooser = own_reward(seed)
        for first in range(0, len(asked), TOGETHER):
            prompts = [prompt for prompt in asked[first : first + TOGETHER] for _ in range(CHOSEN[-1])]
            texts = sample_answers(policy, prompts, generator, ANSWER_LENGTH).texts
            merits = score_merits(prompts, texts)
            seen = {"chooser": chooser(prompts, texts), "proxy": proxy(prompts, texts)}
            seen |= {"gold": (merits @ torch.tensor(WEIGHTS)).tolist()}
            seen |= dict(zip(Merits._fields, merits.T.tolist(), strict=True))
            for start in range(0, len(texts), CHOSEN[-1]):
                here = slice(start, start + CHOSEN[-1])
                yield {name: rounded(values[here]) for name, values in seen.items()} | {"text": texts[start]}

    def measure(rows: Sequence[Mapping[str, Any]]) -> Sequence[float]:
        return proxy(asked[:TOGETHER], [row["text"] for row in rows[:TOGETHER]])

    return Run(None, rows(), measure)


STORY_CHOICES = Trained("story-choices", __name__, write_choices, seeds=SEEDS)


#: Lo que la página mira del final de cada camino.
ENDS = {
    "KL (nats)": "kl",
    "verdadera": "gold",
    "aprendida": "proxy",
    "se entiende": "sense",
    "amable": "kind",
}


def ended(paths: Mapping[str, Paths]) -> dict[str, list[Estimate]]:
    """Cuánto cambió, al final de cada camino, lo que dice `ENDS`."""
    return {name: [path.gained(key) for key in ENDS.values()] for name, path in paths.items()}


#: Lo que :func:`spent` cuenta de cada método.
SPENT = (
    "comparaciones",
    "lecturas",
    "pasos de la recompensa",
    "pasos de la política",
    "cuentos para aprender",
    "cuentos por respuesta",
    "tasa",
    "β",
)


def spent() -> dict[str, list[int | str]]:
    """Lo que gasta cada método, con una semilla, y cómo se usa: lo que dice `SPENT`.

    >>> dict(zip(SPENT, spent()["DPO"]))["lecturas"]
    1
    """
    steps, judge = CONFIG.steps, judge_config(LABELS)
    once_read = (LABELS, steps * CONFIG.batch_size // LABELS)
    chosen = (LABELS, judge.steps * judge.batch_size // LABELS, judge.steps)
    course = (COMPARED, FIT_CONFIG.steps * FIT_CONFIG.batch_size // COMPARED, FIT_CONFIG.steps)
    imitated = WRITTEN * IMITATED
    written = {"iterated": 2 * (LABELS - LABELS // ROUNDS), "distilled": imitated, UNJUDGED: imitated}
    reads = {"distilled": chosen, UNJUDGED: (0, 0, 0)}
    rows: dict[str, list[int | str]] = {}
    for name, setting in METHODS.items():
        beta = "no" if name in reads else comma(setting.beta)
        rows[NAMES[name]] = [
            *reads.get(name, (*once_read, 0)),
            steps,
            written.get(name, 0),
            1,
            comma(setting.rate),
            beta,
        ]
    rows["lo mejor de 16"] = [*chosen, 0, 0, CHOSEN[-1], "no", "no"]
    pursued = RUN_CONFIG.steps * RUN_CONFIG.batch_size * GROUP
    rates = comma(RATE["reinforce"])
    rows["REINFORCE"] = [*course, RUN_CONFIG.steps, pursued, 1, rates, comma(beta_of("reinforce"))]
    rows["lo mejor de 16, con 4000"] = [*course, 0, 0, CHOSEN[-1], "no", "no"]
    return rows


def settle_pairs(loss: Callable[[Compared], Tensor], ref: Tensor, steps: int = 500) -> Tensor:
    """La política, (K,), a que llega una pérdida de todas las parejas de una tabla, desde `ref`, (K,).

    >>> ref = torch.tensor([0.5, 0.5]).log()
    >>> settle_pairs(lambda seen: ipo_loss(seen, beta=0.5), ref).round(decimals=3).tolist()
    [0.731, 0.269]
    """
    a, b = torch.combinations(torch.arange(len(ref))).T
    return descend(lambda p: loss(Compared(p[a], p[b], ref[a], ref[b])), ref, steps)
