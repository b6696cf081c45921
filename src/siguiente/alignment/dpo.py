"""DPO: aprender de preferencias sin modelo de recompensa; la pérdida y el bucle."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siguiente.alignment.sequences import Pairs, answer_logprobs, answer_totals, shuffled_rows
from siguiente.language_models.training import TrainingConfig, make_optimizer, update
from siguiente.runtime.resume import Progress, fingerprint


class DPOLoss(NamedTuple):
    """La pérdida de DPO y la recompensa que la política lleva dentro."""

    loss: Tensor
    """Lo que se minimiza, en nats por par."""
    chosen_reward: Tensor
    """La recompensa implícita media de las preferidas."""
    rejected_reward: Tensor
    """La de las rechazadas."""
    accuracy: Tensor
    """La proporción de pares bien ordenados."""


def dpo_loss(
    chosen: Tensor,
    rejected: Tensor,
    ref_chosen: Tensor,
    ref_rejected: Tensor,
    beta: float = 0.1,
    preference: Tensor | float = 1.0,
) -> DPOLoss:
    """La pérdida de Bradley-Terry con la recompensa escrita en función de la política.

    De log-probabilidades de respuestas enteras, (B,), a medias sobre los B pares:
    :math:`L = -p\\log\\sigma(h) - (1-p)\\log\\sigma(-h)`, con :math:`h = \\hat r_w - \\hat r_l` y
    :math:`\\hat r = \\beta\\log(\\pi/\\pi_{\\mathrm{ref}})`. :math:`p` es `preference`, la probabilidad de
    que la preferida lo sea, (B,), si los jueces dudan; con :math:`p = 1` es la de :cite:t:`rafailov2023`.

    >>> before, after = torch.tensor([-5.0]), torch.tensor([-4.0])
    >>> terms = dpo_loss(after, before, before, before, beta=1.0)
    >>> [round(term.item(), 4) for term in terms]
    [0.3133, 1.0, 0.0, 1.0]
    """
    chosen_reward, rejected_reward = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
    h = chosen_reward - rejected_reward
    loss = -(preference * F.logsigmoid(h) + (1 - preference) * F.logsigmoid(-h)).mean()
    means = chosen_reward.mean().detach(), rejected_reward.mean().detach()
    return DPOLoss(loss, *means, (h > 0).float().mean())


class DPOReport(NamedTuple):
    """Un paso de DPO, medido en su lote antes de darlo."""

    step: int
    """El número del paso, desde 0."""
    loss: float
    """La pérdida, en nats por pareja."""
    accuracy: float
    """La proporción de parejas en que la preferida subió más que la otra."""
    chosen: float
    """Cuánto cambió la log-probabilidad de la preferida desde el modelo de partida, en nats."""
    rejected: float
    """Lo mismo, de la rechazada."""


def train_dpo(
    policy: nn.Module, pairs: Pairs, config: TrainingConfig, beta: float = 0.1, checkpoint: Path | None = None
) -> Iterator[DPOReport]:
    """Ajusta una política a unas preferencias y da un informe por paso.

    Lo que el modelo de partida dice de cada pareja se calcula una sola vez, al empezar.

    Parameters
    ----------
    policy : nn.Module
        De tokens (B, T) a logits (B, T, V). Se ajusta en su sitio; el modelo de partida es como llega.
    pairs : Pairs
        Las preferencias.
    config : TrainingConfig
        De ella no cuentan `length` ni `boundary`.
    beta : float
        Cuánto cuesta alejarse del modelo de partida, positivo.
    checkpoint : Path, optional
        Donde se guarda todo cada `config.evaluate_every` pasos y al final. Si existe, se sigue donde quedó, y
        la política ha de llegar como la primera vez: lo aprendido se recupera después.
    """
    if not beta > 0:
        raise ValueError(f"`beta` debe ser positivo, y vale {beta}.")
    reference = [answer_totals(policy, answers) for answers in pairs]
    optimizer = make_optimizer(policy, config)
    seen = torch.cat([answers.ids.flatten() for answers in pairs])
    identity = fingerprint(policy, seen, (config, beta), start=policy)
    run = Progress(checkpoint, identity, policy, optimizer, DPOReport)

    def steps() -> Iterator[DPOReport]:
        batches = shuffled_rows(len(reference[0]), config.batch_size, config.seed)
        pending = islice(enumerate(batches), len(run.log), config.steps)
        for step, rows in pending:
            chosen, rejected = (answer_logprobs(policy, answers).sum(1) for answers in pairs.select(rows))
            terms = dpo_loss(chosen, rejected, reference[0][rows], reference[1][rows], beta)
            update(terms.loss, policy, optimizer, config, step)
            changes = terms.chosen_reward.item() / beta, terms.rejected_reward.item() / beta
            yield DPOReport(step, terms.loss.item(), terms.accuracy.item(), *changes)

    return run.reports(steps(), config.evaluate_every, config.steps)
