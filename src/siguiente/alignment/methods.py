"""Los métodos de aprendizaje por refuerzo: qué pérdida saca cada uno de las mismas respuestas."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from siguiente.alignment.advantages import generalized_advantages, kl_rewards, whitened
from siguiente.alignment.answers import Answers
from siguiente.alignment.grpo import GRPOLoss, group_advantages, grpo_loss
from siguiente.alignment.kl import k1
from siguiente.alignment.policy_gradient import ReinforceLoss, leave_one_out, reinforce_loss
from siguiente.alignment.ppo import PPOLoss, ppo_loss
from siguiente.alignment.value_head import ValueModel

__all__ = ["GRPO", "PPO", "Experience", "Method", "Reinforce"]


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


Terms: TypeAlias = ReinforceLoss | PPOLoss | GRPOLoss
Loss: TypeAlias = Callable[[Tensor], Terms]


class Method(Protocol):
    """Una manera de aprender de la experiencia."""

    @property
    def learned(self) -> nn.Module:
        """Lo que aprende además de la política; puede no tener pesos."""
        ...

    def loss(self, experience: Experience) -> Loss:
        """La pérdida de unas respuestas, como función de su log-probabilidad con los pesos de ahora."""
        ...


@dataclass(frozen=True)
class Reinforce:
    """REINFORCE, con las otras respuestas a la misma petición como línea base.

    La divergencia se descuenta de la recompensa.

    Parameters
    ----------
    beta : float
        Cuánto cuesta un nat de divergencia.
    baseline : callable
        De recompensas (N, G) a ventajas (N, G).
    """

    beta: float = 0.05
    baseline: Callable[[Tensor], Tensor] = leave_one_out

    @property
    def learned(self) -> nn.Module:
        """Nada."""
        return nn.Module()

    def loss(self, experience: Experience) -> Loss:
        """Descuenta la divergencia de la respuesta entera y compara con la línea base."""
        spent = k1(experience.logprobs, experience.ref_logprobs).where(experience.mask, 0.0).sum(1)
        rewards = experience.rewards - self.beta * spent.view_as(experience.rewards)
        advantages = self.baseline(rewards).flatten()
        return lambda logprobs: reinforce_loss(logprobs, advantages, experience.mask)


@dataclass(frozen=True)
class GRPO:
    """GRPO, que divide por la dispersión del grupo y lleva la divergencia en la pérdida.

    Parameters
    ----------
    beta : float
        Cuánto cuesta un nat de divergencia por token.
    clip : float
        Cuánto puede cambiar con provecho la probabilidad de un token.
    scale : bool
        Si se divide por la desviación típica del grupo.
    """

    beta: float = 0.04
    clip: float = 0.2
    scale: bool = True

    @property
    def learned(self) -> nn.Module:
        """Nada."""
        return nn.Module()

    def loss(self, experience: Experience) -> Loss:
        """Compara cada respuesta con las de su grupo."""
        advantages = group_advantages(experience.rewards, self.scale).values.flatten()
        return lambda logprobs: grpo_loss(
            logprobs,
            experience.logprobs,
            experience.ref_logprobs,
            advantages,
            experience.mask,
            self.clip,
            self.beta,
        )


@dataclass(frozen=True)
class PPO:
    """PPO, con un modelo del valor y la divergencia en la recompensa de cada token.

    Parameters
    ----------
    value : ValueModel
        El modelo del valor, que aprende a la vez.
    beta : float
        Cuánto cuesta un nat de divergencia.
    clip : float
        Cuánto puede cambiar con provecho la probabilidad de un token.
    gamma, lam : float
        El descuento y la mezcla de la ventaja generalizada.
    """

    value: ValueModel
    beta: float = 0.05
    clip: float = 0.2
    gamma: float = 1.0
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
        estimate = generalized_advantages(rewards, values, mask, self.gamma, self.lam)
        advantages = whitened(estimate.advantages, mask)
        return lambda logprobs: ppo_loss(
            logprobs,
            old,
            advantages,
            self.value(inputs),
            values,
            estimate.returns,
            mask,
            self.clip,
        )
