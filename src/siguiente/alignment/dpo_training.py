"""Ajustar una política con DPO: de las preferencias a los pesos, sin modelo de recompensa."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from siguiente.alignment.answers import answer_logprobs, answer_totals
from siguiente.alignment.dpo import DPOLoss, dpo_loss
from siguiente.alignment.preferences import Pairs, shuffled_rows
from siguiente.alignment.updates import update
from siguiente.language_models.training import TrainingConfig, make_optimizer
from siguiente.language_models.training_checkpoint import fingerprint, resume

__all__ = ["DPOReport", "train_dpo"]


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
        Cuánto cuesta alejarse del modelo de partida.
    checkpoint : Path, optional
        Archivo en que se guarda todo cada `config.evaluate_every` pasos y al final; si existe, se sigue donde
        quedó.

    Raises
    ------
    ValueError
        Si `beta` no es positivo o el punto de control es de otro entrenamiento.
    DivergedError
        Si la pérdida deja de ser un número.
    """
    reference = [answer_totals(policy, answers) for answers in pairs]
    optimizer = make_optimizer(policy, config)
    seen = torch.cat([answers.ids.flatten() for answers in pairs])

    def steps(log: list[DPOReport]) -> Iterator[DPOReport]:
        batches = shuffled_rows(len(reference[0]), config.batch_size, config.seed)
        for step, rows in islice(enumerate(batches), len(log), config.steps):
            chosen, rejected = (answer_logprobs(policy, answers).sum(1) for answers in pairs.select(rows))
            terms = dpo_loss(chosen, rejected, reference[0][rows], reference[1][rows], beta)
            update(terms.loss, policy, optimizer, config, step)
            yield _report(step, terms, beta)

    identity, last = fingerprint(policy, seen, (config, beta), None), config.steps
    every = config.evaluate_every
    yield from resume(checkpoint, identity, policy, optimizer, DPOReport, steps, every, last)


def _report(step: int, terms: DPOLoss, beta: float) -> DPOReport:
    """Las recompensas implícitas, divididas entre `beta`, son los cambios de log-probabilidad."""
    changes = [reward.item() / beta for reward in (terms.chosen_reward, terms.rejected_reward)]
    return DPOReport(step, terms.loss.item(), terms.accuracy.item(), *changes)
