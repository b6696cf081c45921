"""Aprendizaje por refuerzo: responder, puntuar, aprender, y otra vez."""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Generator, Tensor, nn

from siguiente.alignment.answers import answer_logprobs
from siguiente.alignment.kl import k1
from siguiente.alignment.methods import Experience, Method
from siguiente.alignment.rollouts import Rollouts, sample_answers
from siguiente.alignment.updates import update
from siguiente.language_models.text import TextModel
from siguiente.language_models.training import TrainingConfig, make_optimizer
from siguiente.language_models.training_checkpoint import fingerprint, resume

__all__ = ["RLReport", "Reward", "reinforce"]

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


def reinforce(
    policy: TextModel[Any],
    prompts: Sequence[str],
    reward: Reward,
    method: Method,
    config: TrainingConfig,
    group: int = 4,
    epochs: int = 1,
    gold: Reward | None = None,
    checkpoint: Path | None = None,
) -> Iterator[RLReport]:
    """Ajusta una política a una recompensa y da un informe por paso.

    Parameters
    ----------
    policy : TextModel
        La política. Se ajusta en su sitio; el modelo de partida es una copia de como llega.
    prompts : sequence of str
        Las peticiones, de las que cada paso toma `config.batch_size` al azar.
    reward : callable
        Lo que se optimiza: de B peticiones y B respuestas a B números.
    method : Method
        Uno de :mod:`siguiente.alignment.methods`.
    config : TrainingConfig
        De ella cuentan los pasos, el lote, la tasa, el decaimiento, el recorte y la semilla; `length` son los
        tokens de la respuesta más larga.
    group : int
        Respuestas por petición, G.
    epochs : int
        Pasos del optimizador con las mismas respuestas.
    gold : callable, optional
        La recompensa verdadera, que solo se mira.
    checkpoint : Path, optional
        Archivo en que se guarda todo cada `config.evaluate_every` pasos y al final; si existe, se sigue donde
        quedó.

    Raises
    ------
    ValueError
        Si no hay peticiones, si una recompensa no es un número finito o si el punto de control es de otro
        entrenamiento.
    DivergedError
        Si la pérdida deja de ser un número.

    Notes
    -----
    El azar de cada paso depende solo de la semilla y de su número: quien interrumpa y repita la llamada
    obtiene lo mismo que sin parar.
    """
    if not prompts:
        raise ValueError("No hay peticiones: dé al menos una.")
    reference = deepcopy(policy.model).eval()
    learned = nn.ModuleList([policy.model, method.learned])
    optimizer = make_optimizer(learned, config)

    def steps(log: list[RLReport]) -> Iterator[RLReport]:
        for step in range(len(log), config.steps):
            generator = Generator().manual_seed(config.seed * STRIDE + step)
            rows = torch.randint(len(prompts), (config.batch_size,), generator=generator)
            asked = [prompts[row] for row in rows.tolist()]
            rollouts = sample_answers(policy, asked, generator, config.length, group)
            repeated = [prompt for prompt in asked for _ in range(group)]
            logprobs = answer_logprobs(policy.model, rollouts.answers)
            scores = reward(repeated, rollouts.texts)
            experience = gather(logprobs.detach(), reference, rollouts, scores, group)
            truth = None if gold is None else gold(repeated, rollouts.texts)
            compute = method.loss(experience)
            for epoch in range(epochs):
                if epoch:
                    logprobs = answer_logprobs(policy.model, rollouts.answers)
                update(compute(logprobs).loss, learned, optimizer, config, step)
            yield _report(step, experience, rollouts, truth)

    identity = _identity(learned, prompts, (config, method, group, epochs))
    every, last = config.evaluate_every, config.steps
    yield from resume(checkpoint, identity, learned, optimizer, RLReport, steps, every, last)


@torch.no_grad()
def gather(
    logprobs: Tensor, reference: nn.Module, rollouts: Rollouts, rewards: Sequence[float], group: int
) -> Experience:
    """Reúne lo que hace falta para aprender de unas respuestas."""
    scores = torch.as_tensor(rewards, dtype=torch.float32)
    if scores.shape != (len(rollouts.texts),) or not scores.isfinite().all():
        raise ValueError(
            f"Se esperaban {len(rollouts.texts)} recompensas finitas, una por respuesta: revise la función "
            "de recompensa."
        )
    ref = answer_logprobs(reference, rollouts.answers)
    return Experience(rollouts.answers, scores.view(-1, group), logprobs, ref)


def _report(step: int, seen: Experience, rollouts: Rollouts, truth: Sequence[float] | None) -> RLReport:
    reward = seen.rewards.mean().item()
    return RLReport(
        step,
        reward,
        reward if truth is None else sum(truth) / len(truth),
        k1(seen.logprobs, seen.ref_logprobs).where(seen.mask, 0.0).sum(1).mean().item(),
        seen.mask.sum(1).float().mean().item(),
        sum(rollouts.ended) / len(rollouts.ended),
        rollouts.texts[0],
    )


def _identity(learned: nn.Module, prompts: Sequence[str], settings: object) -> dict[str, str]:
    """Lo que identifica un entrenamiento: cómo se aprende, la forma de lo que aprende y las peticiones."""
    letters = torch.tensor([ord(letter) for letter in "\0".join(prompts)])
    described = re.sub(" at 0x[0-9a-fA-F]+", "", str(settings))  # dónde está una función cambia cada vez
    return fingerprint(learned, letters, described, None)
