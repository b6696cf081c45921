"""La página del freno: cuánto se aleja una política según lo que cueste, y fallos que no dan ningún aviso."""

import math
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from statistics import mean

import torch
from torch import Generator, Tensor

from siguiente.alignment.advantages import generalized_advantages, whitened
from siguiente.alignment.kl import exact_kl
from siguiente.alignment.optimum import kl_optimum
from siguiente.alignment.rl import Experience, Loss, Method, Reinforce, gather, train_rl
from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import Answers, answer_logprobs, last_token
from siguiente.course.alignment.policy_scores import (
    ANSWERS,
    SHOWN,
    Paths,
    load_paths,
    measured_prompts,
    measured_rows,
)
from siguiente.course.alignment.preferences import learned_reward
from siguiente.course.alignment.sft import ANSWER_LENGTH, load_story_policy
from siguiente.course.data.story_requests import distinct_requests
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.runtime.trained import Part, Run, Trained
from siguiente.transformers.gpt import GPT

BRAKE = 0.3
GROUP = 4  # respuestas por petición
EVERY = 8
MORE = 4  # veces más peticiones en cada paso, para que el gradiente tenga menos ruido
STRAYED = 0.1  # ruido de una política que se aleja a propósito
CONFIG = TrainingConfig(
    steps=24, batch_size=8, length=ANSWER_LENGTH, learning_rate=1e-3, warmup=5, weight_decay=0.0
)


@dataclass(frozen=True, kw_only=True)
class UpsideDown(Reinforce):
    """REINFORCE con la máscara al revés: aprende de la petición y del relleno, y no de la respuesta."""

    model: GPT
    """La política, que da también las log-probabilidades de la petición y del relleno."""

    def loss(self, experience: Experience) -> Loss:
        """La misma pérdida, con las log-probabilidades de lo que no es respuesta."""
        wrong = experience.answers._replace(mask=~experience.answers.mask)
        loss = super().loss(experience._replace(answers=wrong))
        return lambda _: loss(answer_logprobs(self.model, wrong))


class AddedDivergence(Reinforce):
    """REINFORCE, que suma la divergencia en vez de restarla: el signo que ningún método admite."""

    def __post_init__(self) -> None:
        """No comprueba el precio."""


#: De la política al método.
PULLS: dict[str, Callable[[GPT], Method]] = {
    "0": lambda model: Reinforce(beta=0.0),
    "0.3": lambda model: Reinforce(beta=BRAKE),
    "1": lambda model: Reinforce(beta=1.0),
    "more": lambda model: Reinforce(beta=BRAKE),
    "sign": lambda model: AddedDivergence(beta=-BRAKE),
    "mask": lambda model: UpsideDown(beta=0.0, model=model),
}


def variety(prompts: Sequence[str], texts: Sequence[str]) -> float:
    r"""Qué parte de las palabras de dos cuentos a la misma petición están en uno solo, de media.

    >>> variety(["Un cuento.\n"] * 2, ["Ana vio un gato.", "Ana vio un oso."])
    0.4
    """
    bags = [set(re.findall(r"\w+", text.lower())) for text in texts]
    pairs = [(a, b) for a, b in zip(bags[::ANSWERS], bags[1::ANSWERS], strict=True) if a | b]
    return mean(len(a ^ b) / len(a | b) for a, b in pairs)


def pull(part: Part) -> Run:
    """Persigue la recompensa aprendida con un freno, o con un fallo, y mide la política cada pocos pasos."""
    policy, reward = load_story_policy(), learned_reward()
    asked = [request.text for request in distinct_requests("train")]
    times = MORE if part.name == "more" else 1
    config = replace(CONFIG, seed=part.seed or 0, batch_size=times * CONFIG.batch_size)
    steps = train_rl(policy, asked, reward, PULLS[part.name](policy.model), config, GROUP)
    rows = measured_rows(policy, steps, reward, lambda *given: {"variety": variety(*given)}, EVERY)
    return Run(None, rows, lambda rows: list(reward(measured_prompts()[:SHOWN], rows[-1]["texts"])))


STORY_PENALTY = Trained("story-penalty", __name__, pull, parts=tuple(PULLS), seeds=range(8))


def load_pulls(name: str) -> Paths:
    """Abre lo que se midió de uno de los `PULLS`, con todas sus semillas; si falta, entrena y mide."""
    return load_paths(STORY_PENALTY, name)


def value_at(paths: Paths, name: str, nats: Tensor) -> Tensor:
    """Lo que valía una cifra en cada semilla cuando se había alejado tantos nats, (S,), la primera vez.

    Entre dos medidas, por la recta que las une; si no llegó tan lejos, lo del final.

    >>> rows = [{"step": k, "kl": 2.0 * k, "gold": 10.0 * k} for k in range(3)]
    >>> value_at(Paths([rows, rows]), "gold", torch.tensor([1.0, 9.0])).tolist()
    [5.0, 20.0]
    """
    found = []
    for kl, values, far in zip(paths.of("kl"), paths.of(name), nats, strict=True):
        if not (kl >= far).any():
            found.append(values[-1])
            continue
        k = int((kl >= far).int().argmax())
        share = (far - kl[k - 1]) / (kl[k] - kl[k - 1]) if k else torch.tensor(0.0)
        found.append(values[max(k - 1, 0)].lerp(values[k], share))
    return torch.stack(found)


def at_equal_distance(one: Paths, other: Paths, name: str) -> Tensor:
    """Lo que uno saca a otro en una cifra, (S,), cuando se han alejado lo que acabó el que menos de los dos.

    >>> near = Paths([[{"kl": 0.0, "gold": 9.0}, {"kl": 1.0, "gold": 12.0}]])
    >>> far = Paths([[{"kl": 0.0, "gold": 9.0}, {"kl": 4.0, "gold": 13.0}]])
    >>> at_equal_distance(near, far, "gold")
    tensor([2.])
    """
    nats = torch.minimum(one.of("kl")[:, -1], other.of("kl")[:, -1])
    return value_at(one, name, nats) - value_at(other, name, nats)


def descend(loss: Callable[[Tensor], Tensor], start: Tensor, steps: int = 500) -> Tensor:
    """A qué probabilidades, (K,), lleva una pérdida de log-probabilidades, bajando por su gradiente exacto.

    >>> descend(lambda logprobs: logprobs.exp()[0] ** 2 - logprobs.exp()[0], torch.zeros(2)).round(decimals=4)
    tensor([0.5000, 0.5000], dtype=torch.float64)
    """
    logits = start.double().clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(logits.log_softmax(0)).backward()
        optimizer.step()
    return logits.detach().softmax(0)


def optimum_at(ref_logprobs: Tensor, rewards: Tensor, nats: float) -> Tensor:
    """La política óptima que se aleja tantos nats: log-probabilidades (K,).

    Es la de :func:`~siguiente.alignment.optimum.kl_optimum` con el :math:`\\beta` que se halla por bisección
    de su logaritmo: cuanto menor, más lejos.

    >>> ref, rewards = torch.tensor([0.8, 0.2]).log(), torch.tensor([0.0, 1.0])
    >>> optimum_at(ref, rewards, nats=0.4744).exp().round(decimals=2)
    tensor([0.3500, 0.6500])
    """
    low, high = math.log(1e-3), math.log(1e3)
    for _ in range(60):
        middle = (low + high) / 2
        far = exact_kl(kl_optimum(ref_logprobs, rewards, math.exp(middle)), ref_logprobs)
        low, high = (middle, high) if far > nats else (low, middle)
    return kl_optimum(ref_logprobs, rewards, math.exp(high))


def mean_penalty(penalty: Callable[[Tensor, Tensor], Tensor], ref: Tensor) -> Callable[[Tensor], Tensor]:
    """La media de una penalización como pérdida, con infinitas respuestas que la política acaba de escribir.

    De logits (K,) a un número: :math:`\\sum_y \\pi(y)\\,k(y)`, donde :math:`\\pi(y)`, la parte de las
    respuestas que son :math:`y`, no lleva gradiente.

    >>> from siguiente.alignment.kl import k1
    >>> gradient_of(mean_penalty(k1, torch.zeros(2)), torch.tensor([0.0, 1.0])).round(decimals=4)
    tensor([0., 0.])
    """

    def loss(logits: Tensor) -> Tensor:
        logprobs = logits.log_softmax(-1)
        return logprobs.detach().exp() @ penalty(logprobs, ref)

    return loss


def gradient_of(loss: Callable[[Tensor], Tensor], logits: Tensor) -> Tensor:
    """El gradiente de una función de los logits, (K,).

    >>> gradient_of(lambda logits: logits @ logits, torch.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(loss(logits), logits)[0]


def check_penalty(penalty: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Dice qué frena una penalización como pérdida, con respuestas que escribió una política anterior.

    La penalización va de lo que dan a cada respuesta la política, la que escribió y el modelo de partida,
    (K,), a lo que se suma a la pérdida por cada una, (K,).

    >>> check_penalty(lambda new, old, ref: new - ref)
    'No frena nada: el gradiente medio es 0.'
    """
    generator = torch.Generator().manual_seed(0)
    logits, before, ref = torch.randn(3, 5, generator=generator, dtype=torch.double).log_softmax(1)

    def drawn(old: Tensor) -> Tensor:
        return gradient_of(lambda z: old.exp() @ penalty(z.log_softmax(-1), old, ref), logits)

    reverse, forward = (
        gradient_of(loss, logits) for loss in (lambda z: exact_kl(z, ref), lambda z: exact_kl(ref, z))
    )
    found = {
        "No frena nada: el gradiente medio es 0.": (drawn(logits), torch.zeros(5).double()),
        "Frena la divergencia contraria, la de π_ref a π.": (drawn(logits), forward),
        "Bien: frena la divergencia de π a π_ref, también si escribió otra política.": (
            drawn(before),
            reverse,
        ),
        "Frena la divergencia de π a π_ref solo si escribió ella.": (drawn(logits), reverse),
    }
    for verdict, (gradient, expected) in found.items():
        if torch.allclose(gradient, expected, atol=1e-8):
            return verdict
    return "No frena ninguna de las dos divergencias."


def strayed_copy(model: GPT, generator: Generator, share: float = STRAYED) -> GPT:
    """Una copia que ya se ha alejado: a cada matriz se le suma ruido, con una parte de su desviación."""
    copy = deepcopy(model)
    with torch.no_grad():
        for weights in copy.parameters():
            if weights.ndim > 1:
                weights.add_(share * weights.std() * torch.randn(weights.shape, generator=generator))
    return copy


def pull_back(
    method: Method, policy: TextModel[GPT], start: GPT, prompts: Sequence[str], generator: Generator
) -> float:
    """Cuánto sube por unidad la pérdida, sin recompensa, al ir de los pesos de partida a los de la política.

    Con un lote de respuestas de la política. Si es positivo, el método la empuja de vuelta.
    """
    rollouts = sample_answers(policy, prompts, generator, ANSWER_LENGTH, GROUP)
    logprobs = answer_logprobs(policy.model, rollouts.answers)
    seen = gather(logprobs.detach(), start, rollouts, [0.0] * len(rollouts.texts), GROUP)
    weights = list(policy.model.parameters())
    slopes = torch.autograd.grad(method.loss(seen)(logprobs).loss, weights)
    back = [(now - then).detach() for now, then in zip(weights, start.parameters(), strict=True)]
    return torch.stack([(slope * way).sum() for slope, way in zip(slopes, back, strict=True)]).sum().item()


def pulls_back(method: Method, start: TextModel[GPT], prompts: Sequence[str], copies: int = 16) -> Tensor:
    """Lo de :func:`pull_back` con varias políticas que ya se han alejado, cada una con su azar, (S,)."""
    found = []
    for seed in range(copies):
        generator = Generator().manual_seed(seed)
        policy = replace(start, model=strayed_copy(start.model, generator))
        found.append(pull_back(method, policy, start.model, prompts, generator))
    return torch.tensor(found)


def regions(answers: Answers) -> dict[str, Tensor]:
    """De qué parte es cada token que se predice: petición, respuesta o relleno, cada una (B, T - 1).

    >>> found = regions(Answers(torch.zeros(1, 5), torch.tensor([[0, 0, 1, 1, 0]]).bool()))
    >>> [part.int().tolist() for part in found.values()]
    [[[1, 0, 0, 0]], [[0, 1, 1, 0]], [[0, 0, 0, 1]]]
    """
    mask = answers.mask[:, 1:]
    begun = mask.cumsum(1) > 0
    return {"petición": ~begun, "respuesta": mask, "relleno": begun & ~mask}


def every_logprob(model: GPT, answers: Answers) -> Tensor:
    """La log-probabilidad de todos los tokens, (B, T - 1), también los de la petición y los de relleno."""
    return answer_logprobs(model, answers._replace(mask=torch.ones_like(answers.mask)))


def first_advantages(rewards: Tensor, mask: Tensor, values: Tensor | None = None) -> Tensor:
    """Las ventajas con que PPO da su primer paso, (B, T), con :math:`\\lambda = 0{,}95` y normalizadas.

    De la recompensa de cada respuesta, (B,), que llega con su último token, y de lo que se esperaba, (B, T):
    si no se dice, nada.

    >>> mask = torch.tensor([[True, True, True]])
    >>> first_advantages(torch.tensor([9.0]), mask).round(decimals=2)
    tensor([[-0.9900, -0.0200, 1.0100]])
    """
    spread = torch.zeros(mask.shape).scatter(1, last_token(mask), rewards[:, None])
    expected = torch.zeros(mask.shape) if values is None else values
    return whitened(generalized_advantages(spread, expected, mask, lam=0.95).advantages, mask)


def left_to_write(mask: Tensor) -> Tensor:
    """Cuántos tokens de la respuesta vienen después de cada uno de los suyos, en fila, (N,).

    >>> left_to_write(torch.tensor([[False, True, True], [True, False, False]]))
    tensor([1, 0, 0])
    """
    return (mask.flip(1).cumsum(1).flip(1) - 1)[mask]


def by_place(values: Tensor, mask: Tensor) -> Tensor:
    """La media de unas cifras, (B, T), según los tokens que faltan para acabar la respuesta, (K,).

    >>> by_place(torch.tensor([[1.0, 2.0], [4.0, 0.0]]), torch.tensor([[True, True], [True, False]]))
    tensor([3., 1.])
    """
    left = left_to_write(mask)
    return torch.zeros(int(left.max()) + 1).index_add(0, left, values[mask]) / left.bincount()


def place_share(values: Tensor, mask: Tensor) -> float:
    """La parte de la varianza de unas cifras, (B, T), que explica cuántos tokens faltan para acabar.

    >>> place_share(torch.tensor([[1.0, 2.0], [2.0, 0.0]]), torch.tensor([[True, True], [True, False]]))
    1.0
    """
    return (by_place(values, mask)[left_to_write(mask)].var() / values[mask].var()).item()
