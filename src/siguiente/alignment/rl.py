"""Aprender de una recompensa: REINFORCE, PPO y GRPO, y el bucle de los tres."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Generator, Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from siguiente.alignment.advantages import explained_variance, generalized_advantages, kl_rewards, whitened
from siguiente.alignment.kl import k1
from siguiente.alignment.policy_gradient import (
    PolicyLoss,
    group_advantages,
    grpo_loss,
    leave_one_out,
    ppo_loss,
    reinforce_loss,
)
from siguiente.alignment.reward_model import ValueModel
from siguiente.alignment.rollouts import Rollouts, sample_answers
from siguiente.alignment.sequences import Answers, answer_logprobs
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.training import (
    MAX_NORM,
    TrainingConfig,
    diverged,
    learning_rate_at,
    make_optimizer,
)
from siguiente.runtime.resume import Progress, fingerprint


class Experience(NamedTuple):
    """Unas respuestas de la política y lo que hace falta para aprender de ellas."""

    answers: Answers
    """B respuestas; las G de cada petición, seguidas."""
    rewards: Tensor
    """Su recompensa, (N, G), con B = N·G."""
    logprobs: Tensor
    """Log-probabilidad de cada token según la política que los escribió, (B, T - 1)."""
    ref_logprobs: Tensor
    """Lo mismo según el modelo de partida, (B, T - 1)."""

    @property
    def mask(self) -> Tensor:
        """Qué tokens cuentan, (B, T - 1)."""
        return self.answers.mask[:, 1:]


Loss: TypeAlias = Callable[[Tensor], PolicyLoss]


class Method:
    """Una manera de aprender de la experiencia. `beta` es lo que cuesta un nat de divergencia.

    Si es `single_use`, cada respuesta sirve para un solo paso: nada corrige que la política ya sea otra.
    """

    beta: float = 0.0
    single_use = False

    def __post_init__(self) -> None:
        if not self.beta >= 0:
            raise ValueError(f"`beta` no puede ser negativo, y vale {self.beta}: premiaría alejarse.")

    @property
    def learned(self) -> nn.Module:
        """Lo que aprende además de la política; si no se dice otra cosa, nada."""
        return nn.Module()

    def loss(self, experience: Experience) -> Loss:
        """La pérdida de unas respuestas, como función de su log-probabilidad con los pesos de ahora."""
        raise NotImplementedError


@dataclass(frozen=True)
class Reinforce(Method):
    """REINFORCE, con las otras respuestas a la misma petición como línea base.

    De la recompensa se descuenta la divergencia, a `beta` por nat.
    """

    beta: float = 0.05
    single_use = True

    def loss(self, experience: Experience) -> Loss:
        """Descuenta la divergencia de la respuesta entera y compara con la línea base."""
        check_group(experience)
        spent = k1(experience.logprobs, experience.ref_logprobs).where(experience.mask, 0.0).sum(1)
        rewards = experience.rewards - self.beta * spent.view_as(experience.rewards)
        advantages = leave_one_out(rewards).flatten()
        return lambda logprobs: reinforce_loss(logprobs, advantages, experience.mask)


@dataclass(frozen=True)
class GRPO(Method):
    """GRPO, que divide por la dispersión del grupo y lleva la divergencia en la pérdida.

    `beta` es lo que cuesta un nat de divergencia, en desviaciones de la recompensa del grupo.
    """

    beta: float = 0.04

    def loss(self, experience: Experience) -> Loss:
        """Compara cada respuesta con las de su grupo."""
        check_group(experience)
        old, ref, mask = experience.logprobs, experience.ref_logprobs, experience.mask
        advantages = group_advantages(experience.rewards).values.flatten()
        return lambda logprobs: grpo_loss(logprobs, old, ref, advantages, mask, beta=self.beta)


@dataclass(frozen=True)
class PPO(Method):
    """PPO, con un modelo del valor, que aprende a la vez, y la divergencia en la recompensa de cada token.

    `value` suele empezar como una copia del de la recompensa, ``deepcopy(reward.values)``
    :cite:p:`ouyang2022`. `beta` es lo que cuesta un nat; `lam`, la mezcla de la ventaja generalizada.
    """

    value: ValueModel
    beta: float = 0.05
    lam: float = 0.95

    @property
    def learned(self) -> nn.Module:
        """El modelo del valor."""
        return self.value

    def loss(self, experience: Experience) -> Loss:
        """Reparte la recompensa entre los tokens y la compara con lo que se esperaba."""
        inputs, mask = experience.answers.ids[:, :-1], experience.mask
        old, ref = experience.logprobs, experience.ref_logprobs
        with torch.no_grad():
            values = self.value(inputs)
        rewards = kl_rewards(experience.rewards.flatten(), old, ref, self.beta, mask)
        estimate = generalized_advantages(rewards, values, mask, lam=self.lam)
        advantages = whitened(estimate.advantages, mask)
        earned = generalized_advantages(rewards, values, mask, lam=1.0).returns  # sin nada de lo esperado
        explained = explained_variance(values, earned, mask)
        return lambda logprobs: ppo_loss(
            logprobs, old, advantages, self.value(inputs), values, estimate.returns, mask
        )._replace(explained=explained)


def check_group(experience: Experience) -> None:
    """Comprueba que hay con qué comparar cada respuesta."""
    if experience.rewards.shape[1] < 2:
        raise ValueError("Este método compara las respuestas a una petición: pida al menos dos (`group`).")


#: De B peticiones y B respuestas a B números.
Reward: TypeAlias = Callable[[Sequence[str], Sequence[str]], Sequence[float]]
STRIDE = 1_000_003  # separa las semillas de dos entrenamientos, que avanzan de paso en paso


class RLReport(NamedTuple):
    """Un paso del aprendizaje por refuerzo, con lo que la política escribía antes de darlo."""

    step: int
    """El número del paso, desde 0."""
    reward: float
    """La recompensa media que se optimiza."""
    gold: float
    """La recompensa verdadera media; la misma, si no se dio otra."""
    kl: float
    """La divergencia desde el modelo de partida, en nats por respuesta, estimada con `k1`."""
    length: float
    """Los tokens por respuesta."""
    ended: float
    """La proporción de respuestas que terminan."""
    sample: str
    """La primera respuesta."""
    clipped: float = 0.0
    """La proporción de tokens sin gradiente, por el recorte, en la última época."""
    explained: float | None = None
    """La parte de la varianza de lo ganado que esperaba el modelo del valor, si lo hay."""


def train_rl(
    policy: TextModel[Any],
    prompts: Sequence[str],
    reward: Reward,
    method: Method,
    config: TrainingConfig,
    group: int = 4,
    epochs: int = 1,
    gold: Reward | None = None,
    checkpoint: Path | None = None,
    unfinished: float = 0.0,
) -> Iterator[RLReport]:
    """Ajusta una política a una recompensa y da un informe por paso.

    El azar de cada paso depende solo de la semilla y de su número: quien interrumpa y repita la llamada
    obtiene lo mismo que sin parar.

    Parameters
    ----------
    policy : TextModel
        La política. Se ajusta en su sitio; el modelo de partida es una copia de como llega.
    prompts : sequence of str
        Las peticiones, de las que cada paso toma `config.batch_size` al azar.
    reward : callable
        Lo que se optimiza: de B peticiones y B respuestas a B números.
    method : Method
        :class:`Reinforce`, :class:`GRPO` o :class:`PPO`.
    config : TrainingConfig
        De ella no cuenta `boundary`; `batch_size` son peticiones y `length`, los tokens de la respuesta más
        larga.
    group : int
        Respuestas por petición, G.
    epochs : int
        Pasos del optimizador con las mismas respuestas.
    gold : callable, optional
        La recompensa verdadera, que solo se mira.
    checkpoint : Path, optional
        Donde se guarda todo cada `config.evaluate_every` pasos y al final. Si existe, se sigue donde quedó, y
        la política ha de llegar como la primera vez: lo aprendido se recupera después.
    unfinished : float
        Lo que se descuenta a una respuesta que se quedó sin sitio. La recompensa lee textos y no lo sabe.
    """
    if not prompts:
        raise ValueError("No hay peticiones: dé al menos una.")
    if epochs > 1 and method.single_use:
        raise ValueError(
            "Este método no corrige que la política ya no sea la que escribió: dé un paso con cada respuesta "
            "(`epochs=1`), o use PPO o GRPO."
        )
    reference = deepcopy(policy.model).eval()
    learned = nn.ModuleList([policy.model, method.learned])
    optimizer = make_optimizer(learned, config)
    letters = torch.tensor([ord(letter) for letter in "\0".join(prompts)])
    identity = fingerprint(learned, letters, (config, method, group, epochs, unfinished), start=reference)
    run = Progress(checkpoint, identity, learned, optimizer, RLReport)

    def steps() -> Iterator[RLReport]:
        for step in range(len(run.log), config.steps):
            # Escribir unas respuestas.
            generator = Generator().manual_seed(config.seed * STRIDE + step)
            rows = torch.randint(len(prompts), (config.batch_size,), generator=generator)
            asked = [prompts[row] for row in rows.tolist()]
            rollouts = sample_answers(policy, asked, generator, config.length, group)
            # Puntuarlas.
            repeated = [prompt for prompt in asked for _ in range(group)]
            scores = reward(repeated, rollouts.texts)
            gold_scores = None if gold is None else gold(repeated, rollouts.texts)
            logprobs = answer_logprobs(policy.model, rollouts.answers)
            experience = gather(logprobs.detach(), reference, rollouts, scores, group, unfinished)
            # Mover los pesos; para la primera época ya está calculado lo que hace falta.
            loss = method.loss(experience)
            for epoch in range(epochs):
                if epoch > 0:
                    logprobs = answer_logprobs(policy.model, rollouts.answers)
                terms = loss(logprobs)
                move(terms.loss, learned, optimizer, config, step)
            yield _report(step, experience, rollouts, gold_scores, terms)

    return run.reports(steps(), config.evaluate_every, config.steps)


def move(
    loss: Tensor, learned: nn.ModuleList, optimizer: Optimizer, config: TrainingConfig, step: int
) -> None:
    """Mueve los pesos como :func:`~siguiente.language_models.training.update`, pero cada red con su recorte.

    Con uno común, un error grande del modelo del valor encogería el paso de la política.
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate_at(step, config)
    optimizer.zero_grad()
    loss.backward()
    parts = [weights for part in learned if (weights := list(part.parameters()))]
    norms = [clip_grad_norm_(weights, MAX_NORM) for weights in parts]
    if not all(x.isfinite() for x in (loss, *norms)):
        raise diverged(step, config)
    optimizer.step()


@torch.no_grad()
def gather(
    logprobs: Tensor,
    reference: nn.Module,
    rollouts: Rollouts,
    rewards: Sequence[float],
    group: int,
    unfinished: float = 0.0,
) -> Experience:
    """Reúne lo que hace falta para aprender de unas respuestas; a las que no terminan les descuenta algo."""
    scores = torch.as_tensor(rewards, dtype=torch.float32)
    if scores.shape != (len(rollouts.texts),) or not scores.isfinite().all():
        raise ValueError(
            f"Se esperaban {len(rollouts.texts)} recompensas finitas, una por respuesta: revise la función "
            "de recompensa."
        )
    scores = scores - unfinished * ~torch.tensor(rollouts.ended)
    ref = answer_logprobs(reference, rollouts.answers)
    return Experience(rollouts.answers, scores.view(-1, group), logprobs, ref)


def _report(
    step: int, seen: Experience, rollouts: Rollouts, gold: Sequence[float] | None, terms: PolicyLoss
) -> RLReport:
    reward = seen.rewards.mean().item()
    return RLReport(
        step,
        reward,
        reward if gold is None else sum(gold) / len(gold),
        k1(seen.logprobs, seen.ref_logprobs).where(seen.mask, 0.0).sum(1).mean().item(),
        seen.mask.sum(1).float().mean().item(),
        sum(rollouts.ended) / len(rollouts.ended),
        rollouts.texts[0],
        float(terms.clipped),
        terms.explained,
    )
