"""La página de RLHF: tres métodos persiguen la misma recompensa con el mismo esfuerzo, y ocho semillas."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.alignment.advantages import explained_variance, generalized_advantages
from siguiente.alignment.policy_gradient import clipped_objective
from siguiente.alignment.reward_model import RewardModel, ValueModel
from siguiente.alignment.rl import GRPO, PPO, Method, Reinforce, RLReport, train_rl
from siguiente.alignment.sequences import Answers, last_token, masked_mean
from siguiente.course.alignment.policy_scores import (
    SEED,
    SHOWN,
    Paths,
    load_paths,
    measured_prompts,
    measured_rows,
    score_policy,
    written,
)
from siguiente.course.alignment.preferences import COMPARED, learned_reward, load_story_reward
from siguiente.course.alignment.sft import ANSWER_LENGTH, DEMONSTRATIONS, load_story_policy
from siguiente.course.data.story_requests import StoryRequest, distinct_requests, load_demonstrations
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig, make_optimizer, update
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

ASKED = 3_000  # peticiones, detrás de las de las demostraciones y de las comparadas
GROUP = 8  # cuentos por petición
EVERY = 8  # pasos entre dos medidas
END = "[fin]"
UNFINISHED = 1.0  # lo que se descuenta a un cuento sin final
#: En cada paso, ocho peticiones con ocho cuentos cada una.
RUN_CONFIG = TrainingConfig(24, 8, ANSWER_LENGTH, 6e-4, warmup=4, weight_decay=0.0)

#: De la política y el modelo de recompensa al método.
METHODS: dict[str, Callable[[GPT, RewardModel], Method]] = {
    "reinforce": lambda policy, judge: Reinforce(beta=0.02),
    "ppo": lambda policy, judge: PPO(deepcopy(judge.values), beta=0.02),
    "grpo": lambda policy, judge: GRPO(beta=0.04),
    "blank": lambda policy, judge: PPO(ValueModel(policy), beta=0.02),  # el control: no espera nada
}


def unused_prompts() -> list[str]:
    """Otras peticiones: repiten el texto de alguna anterior, porque solo hay 396 distintas."""
    used = DEMONSTRATIONS + COMPARED
    return [demo.prompt for demo in load_demonstrations("train", used + ASKED)[used:]]


def train_with(method: str, config: TrainingConfig) -> tuple[Any, Iterator[RLReport]]:
    """La política, y su entrenamiento sin empezar con uno de los `METHODS`."""
    policy, reward = load_story_policy(), learned_reward()
    made = METHODS[method](policy.model, load_story_reward())
    steps = train_rl(policy, unused_prompts(), reward, made, config, GROUP, unfinished=UNFINISHED)
    return policy, steps


RATES = (3e-4, 6e-4, 1e-3)
TRIALS = {f"{method}-{rate:g}": (method, rate) for method in ("reinforce", "ppo", "grpo") for rate in RATES}
TRIED = 100  # la semilla con que se busca la tasa, y no se usa para nada más
REPEATED = 4  # cuentos a cada petición con que se elige


def try_rate(part: Part) -> Run:
    """Persigue la recompensa con una tasa y mide el final con peticiones de protagonista nuevo."""
    method, rate = TRIALS[part.name]
    policy, steps = train_with(method, replace(RUN_CONFIG, learning_rate=rate, seed=TRIED))
    return measured_end(policy, steps, distinct_requests("name") * REPEATED)


def measured_end(policy: TextModel[Any], steps: Iterable[object], requests: Sequence[StoryRequest]) -> Run:
    """Da los pasos de un entrenamiento y mide la política que queda, con unas peticiones."""
    reward, start = learned_reward(), load_story_policy().model
    asked = [request.text for request in requests]

    def scores() -> Iterator[dict[str, Any]]:
        done = sum(1 for _ in steps)
        yield written(done, score_policy(policy, start, asked, reward, Generator().manual_seed(SEED)), {})

    return Run(None, scores(), lambda rows: reward(asked[:SHOWN], rows[-1]["texts"]))


STORY_RATES = Trained("story-rates", __name__, try_rate, parts=tuple(TRIALS))

#: De las tres `RATES`, con la que cada método ganó más en `story-rates`; el control, con la de PPO.
CHOSEN = {"reinforce": 1e-3, "ppo": 1e-3, "grpo": 1e-3, "blank": 1e-3}


def tried_rates() -> dict[str, list[float]]:
    """De cada método y cada una de las `RATES`, lo que valió su final."""
    return {
        method: [worth(STORY_RATES, f"{method}-{rate:g}") for rate in RATES]
        for method in ("reinforce", "ppo", "grpo")
    }


def worth(recipe: Trained, trial: str) -> float:
    """Lo que vale el final de una prueba: la recompensa aprendida menos 0,02 por nat."""
    end = recipe.rows(trial)[-1]
    return float(end["proxy"] - 0.02 * end["kl"])


def pursue(part: Part) -> Run:
    """Persigue la recompensa aprendida con un método y una semilla, y mide la política cada pocos pasos."""
    config = replace(RUN_CONFIG, learning_rate=CHOSEN[part.name], seed=part.seed or 0)
    policy, steps = train_with(part.name, config)
    reward = learned_reward()
    return Run(
        None,
        followed(policy, steps, reward),
        lambda rows: reward(measured_prompts()[:SHOWN], rows[-1]["texts"]),
    )


def followed(policy: Any, steps: Iterable[RLReport], reward: Any) -> Iterator[dict[str, Any]]:
    """Las medidas de una política, cada una con lo que los pasos de antes dicen del modelo del valor."""
    seen = list[RLReport]()

    def kept() -> Iterator[RLReport]:
        for report in steps:
            seen.append(report)
            yield report

    for row in measured_rows(policy, kept(), reward, every=EVERY):
        explained = [round(report.explained, 4) for report in seen if report.explained is not None]
        yield row | {"explained": explained, "ended": min((report.ended for report in seen), default=1.0)}
        seen.clear()


STORY_RUNS = Trained("story-runs", __name__, pursue, parts=("reinforce", "ppo", "grpo"), seeds=range(8))
STORY_BLANK = Trained("story-blank", __name__, pursue, parts=("blank",), seeds=range(8))


def load_method(name: str) -> Paths:
    """Abre lo que se midió con uno de los `METHODS`, con ocho semillas; si falta, entrena y mide."""
    return load_paths(STORY_BLANK if name == "blank" else STORY_RUNS, name)


def explained_steps(paths: Paths) -> Tensor:
    """La parte explicada en cada paso de cada semilla, (S, pasos).

    >>> row = {"step": 0, "explained": []}, {"step": 2, "explained": [0.0, 0.5]}
    >>> explained_steps(Paths([row, row])).tolist()
    [[0.0, 0.5], [0.0, 0.5]]
    """
    return torch.tensor([[x for row in rows for x in row["explained"]] for rows in paths.rows])


def beta_of(name: str) -> float:
    """El β de uno de los `METHODS`.

    >>> beta_of("grpo")
    0.04
    """
    return METHODS[name](load_story_policy().model, load_story_reward()).beta


def comma(value: float) -> str:
    """Un ajuste, con coma.

    >>> comma(6e-4)
    '0,0006'
    """
    return f"{value:g}".replace(".", ",")


def fairness() -> dict[str, list[int | str]]:
    """Lo que gastó cada método de los tres, con una semilla: filas de una tabla.

    >>> fairness()["cuentos escritos"]
    [1536, 1536, 1536]
    """
    methods, config = ("reinforce", "ppo", "grpo"), RUN_CONFIG
    same: dict[str, int] = {
        "cuentos escritos": config.steps * config.batch_size * GROUP,
        "pasos del optimizador": config.steps,
        "cuentos por petición": GROUP,
        "peticiones de que se sortean": len(distinct_requests("train")),
        "comparaciones que leyó la recompensa": COMPARED,
        "tasas probadas": len(RATES),
        "puntos que se descuentan a un cuento sin final": int(UNFINISHED),
    }
    rows: dict[str, list[int | str]] = {what: [count] * len(methods) for what, count in same.items()}
    rows["tasa elegida"] = [comma(CHOSEN[name]) for name in methods]
    units = {"grpo": "desviaciones"}
    rows["β, que no se buscó"] = [f"{comma(beta_of(name))} {units.get(name, 'puntos')}" for name in methods]
    rows["el freno va"] = ["en la recompensa", "en la recompensa", "en la pérdida, con k₃"]
    rows["los tokens"] = ["se suman", "media del lote", "media de cada cuento"]
    rows["otra red que aprende"] = ["ninguna", "el valor", "ninguna"]
    return rows


class Credit(NamedTuple):
    """Un cuento token a token, y lo que de cada uno dice un modelo del valor."""

    tokens: list[str]
    """Los T tokens de la respuesta."""
    values: Tensor
    """Lo que se esperaba antes de escribir cada uno, (T,)."""
    advantages: Tensor
    """Cuánto mejor de lo esperado fue cada uno, (T,)."""


def fit_value(
    value: ValueModel, answers: Answers, rewards: Tensor, config: TrainingConfig
) -> Iterator[float]:
    """Enseña a un modelo del valor lo que ganaron B respuestas, (B,), y da lo que explicaba de cada lote.

    Lee cada respuesta una vez, y lo que explica se mide antes de aprender de ella.
    """
    optimizer = make_optimizer(value, config)
    lots = torch.arange(len(rewards)).split(config.batch_size)
    for step, rows in enumerate(lots):
        batch, earned = answers.select(rows), rewards[rows, None]
        values, mask = value(batch.ids[:, :-1]), batch.mask[:, 1:]
        update(masked_mean((values - earned).square(), mask) / 2, value, optimizer, config, step)
        yield explained_variance(values.detach(), earned.expand_as(values), mask)


@torch.no_grad()
def credit(value: ValueModel, reader: TextModel[GPT], answers: Answers, rewards: Tensor) -> list[Credit]:
    """Reparte entre los tokens de B respuestas la recompensa de cada una, (B,)."""
    mask, values = answers.mask[:, 1:], value(answers.ids[:, :-1])
    paid = torch.zeros_like(values).scatter(1, last_token(mask), rewards[:, None])
    advantages = generalized_advantages(paid, values, mask).advantages
    found = zip(answers.ids[:, 1:], mask, values, advantages, strict=True)
    return [
        Credit([reader.decode([token]) or END for token in ids[row].tolist()], V[row], A[row])
        for ids, row, V, A in found
    ]


def reuse_answers(policy: Tensor, advantages: Tensor, clip: float, steps: int, rate: float = 0.5) -> Tensor:
    """Cuántas veces más probable se hace cada una de K respuestas si se dan muchos pasos con las mismas.

    De las probabilidades y ventajas, (K,), a los cocientes antes de cada paso y al final, (pasos + 1, K). Sin
    azar: de cada respuesta hay tantas como su probabilidad de entonces.

    >>> ratios = reuse_answers(torch.tensor([0.5, 0.5]), torch.tensor([1.0, -1.0]), clip=0.2, steps=100)
    >>> 1.2 < ratios[-1, 0] < 1.3
    tensor(True)
    """
    old = policy.log()
    logits, ratios = old.clone().requires_grad_(), [torch.ones_like(policy)]
    for _ in range(steps):
        objective, _ = clipped_objective(logits.log_softmax(0), old, advantages, clip)
        slope = torch.autograd.grad(policy @ objective, logits)[0]
        logits = (logits + rate * slope).detach().requires_grad_()
        ratios.append(logits.detach().softmax(0) / policy)
    return torch.stack(ratios)
