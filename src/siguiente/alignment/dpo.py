"""Aprender de preferencias sin modelo de recompensa: las pérdidas de DPO, IPO, KTO y SimPO, y su bucle."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siguiente.alignment.sequences import (
    Answers,
    Pairs,
    answer_logprobs,
    answer_totals,
    join_answers,
    shuffled_rows,
)
from siguiente.language_models.training import TrainingConfig, make_optimizer, update
from siguiente.runtime.resume import Progress, fingerprint

ONE, ZERO = torch.ones(1), torch.zeros(1)


class Compared(NamedTuple):
    """Lo que la política y el modelo de partida dicen de B parejas: log-probabilidades, (B,), en nats."""

    chosen: Tensor
    """La de las preferidas, según la política."""
    rejected: Tensor
    """La de las rechazadas."""
    ref_chosen: Tensor
    """La de las preferidas, según el modelo de partida."""
    ref_rejected: Tensor
    """La de las rechazadas."""
    sizes: tuple[Tensor, Tensor] = (ONE, ONE)
    """Los tokens de las preferidas y de las rechazadas, que solo mira SimPO."""
    stray: Tensor = ZERO
    """Cuánto cambió la log-probabilidad de respuestas a otra petición, que solo mira KTO."""

    @property
    def changes(self) -> tuple[Tensor, Tensor]:
        """Cuánto cambió la de cada preferida y la de cada rechazada."""
        return self.chosen - self.ref_chosen, self.rejected - self.ref_rejected

    @property
    def margin(self) -> Tensor:
        """Cuánto más subió la preferida, :math:`\\Delta`, la resta de los cambios."""
        chosen, rejected = self.changes
        return chosen - rejected


def dpo_loss(seen: Compared, beta: float = 0.1, preference: Tensor | float = 1.0) -> Tensor:
    """La pérdida de Bradley-Terry con la recompensa escrita en función de la política.

    :math:`-p\\log\\sigma(\\beta\\Delta) - (1-p)\\log\\sigma(-\\beta\\Delta)`, media de B parejas, con
    :math:`\\Delta = \\log\\frac{\\pi(y_w)}{\\pi_{\\mathrm{ref}}(y_w)} -
    \\log\\frac{\\pi(y_l)}{\\pi_{\\mathrm{ref}}(y_l)}`. `preference` es :math:`p`, la probabilidad de que la
    preferida lo sea, (B,), si los jueces dudan; con :math:`p = 1` es la de :cite:t:`rafailov2023`.

    >>> start, up = torch.tensor([-5.0]), torch.tensor([-4.0])
    >>> dpo_loss(Compared(up, start, start, start), beta=1.0)
    tensor(0.3133)
    """
    h = beta * seen.margin
    return -(preference * F.logsigmoid(h) + (1 - preference) * F.logsigmoid(-h)).mean()


def ipo_loss(seen: Compared, beta: float = 0.1) -> Tensor:
    """La pérdida que se detiene: quiere que la preferida suba una cantidad fija más que la otra.

    :math:`\\bigl(\\Delta - \\frac1{2\\beta}\\bigr)^2`, media de B parejas :cite:p:`azar2024`. TRL pone medias
    por token donde aquí hay sumas.

    >>> start, up = torch.tensor([-5.0]), torch.tensor([-4.0])
    >>> ipo_loss(Compared(up, start, start, start), beta=0.25)
    tensor(1.)
    """
    return (seen.margin - 1 / (2 * beta)).square().mean()


def kto_loss(seen: Compared, beta: float = 0.1) -> Tensor:
    """La pérdida que no compara: cada respuesta, buena o mala, se mide con la divergencia de ahora.

    :math:`1 - \\sigma\\bigl(\\pm\\beta(\\log\\frac{\\pi}{\\pi_{\\mathrm{ref}}} - z_0)\\bigr)`, con más en las
    preferidas y menos en las rechazadas, media de las 2B. :math:`z_0` es lo que subieron de media las
    preferidas cambiadas de petición, o cero si bajaron; no lleva gradiente :cite:p:`ethayarajh2024`.

    >>> start, up = torch.tensor([-5.0]), torch.tensor([-4.0])
    >>> kto_loss(Compared(up, start, start, start), beta=1.0)
    tensor(0.3845)
    """
    chosen, rejected = seen.changes
    z0 = seen.stray.mean().clamp(min=0).detach()
    return (2 - (beta * (chosen - z0)).sigmoid() - (beta * (z0 - rejected)).sigmoid()).mean() / 2


def simpo_loss(seen: Compared, beta: float = 2.5, gap: float = 0.55) -> Tensor:
    """La pérdida sin modelo de partida: compara lo que la política da a un token de cada una, de media.

    :math:`-\\log\\sigma\\bigl(\\frac\\beta{|y_w|}\\log\\pi(y_w) - \\frac\\beta{|y_l|}\\log\\pi(y_l)
    - \\gamma\\bigr)`, media de B parejas; `gap` es :math:`\\gamma/\\beta` :cite:p:`meng2024simpo`.

    >>> low, high = torch.tensor([-8.0]), torch.tensor([-6.0])
    >>> simpo_loss(Compared(high, low, low, low, (torch.tensor([4]), torch.tensor([4]))), 1.0, 0.0)
    tensor(0.4741)
    """
    chosen, rejected = seen.chosen / seen.sizes[0], seen.rejected / seen.sizes[1]
    return -F.logsigmoid(beta * (chosen - rejected - gap)).mean()


PairLoss: TypeAlias = Callable[[Compared, float], Tensor]


class DPOReport(NamedTuple):
    """Un paso, medido en su lote antes de darlo."""

    step: int
    """El número del paso, desde 0."""
    loss: float
    """La pérdida media."""
    accuracy: float
    """La proporción de parejas en que la preferida subió más que la otra."""
    chosen: float
    """Cuánto cambió la log-probabilidad de la preferida desde el modelo de partida, en nats."""
    rejected: float
    """Lo mismo, de la rechazada."""


def strayed(answers: Answers) -> Answers:
    """Las mismas B peticiones, cada una con la respuesta de la anterior.

    >>> from siguiente.alignment.sequences import join_answers
    >>> strayed(join_answers([[1], [2]], [[5, 6], [7]])).ids
    tensor([[1, 7, 0],
            [2, 5, 6]])
    """
    prompts = [ids[: mask.int().argmax()].tolist() for ids, mask in zip(*answers, strict=True)]
    texts = [ids[mask].tolist() for ids, mask in zip(*answers, strict=True)]
    return join_answers(prompts, [texts[-1], *texts[:-1]])


def train_dpo(
    policy: nn.Module,
    pairs: Pairs,
    config: TrainingConfig,
    beta: float = 0.1,
    loss: PairLoss = dpo_loss,
    reference: nn.Module | None = None,
    checkpoint: Path | None = None,
) -> Iterator[DPOReport]:
    """Ajusta una política a unas preferencias y da un informe por paso.

    Lo que el modelo de partida dice de cada pareja se calcula una sola vez, al empezar.

    Parameters
    ----------
    policy : nn.Module
        De tokens (B, T) a logits (B, T, V). Se ajusta en su sitio.
    pairs : Pairs
        Las preferencias.
    config : TrainingConfig
        De ella no cuentan `length` ni `boundary`.
    beta : float
        Cuánto cuesta alejarse del modelo de partida, positivo.
    loss : callable
        :func:`dpo_loss`, :func:`ipo_loss`, :func:`kto_loss` o :func:`simpo_loss`.
    reference : nn.Module, optional
        El modelo de partida; si no se da, la política como llega.
    checkpoint : Path, optional
        Donde se guarda todo cada `config.evaluate_every` pasos y al final. Si existe, se sigue donde quedó, y
        la política ha de llegar como la primera vez: lo aprendido se recupera después.
    """
    if not beta > 0:
        raise ValueError(f"`beta` debe ser positivo, y vale {beta}.")
    start = deepcopy(policy).eval() if reference is None else reference
    before = [answer_totals(start, answers) for answers in pairs]
    optimizer = make_optimizer(policy, config)
    text = torch.cat([answers.ids.flatten() for answers in pairs])
    identity = fingerprint(policy, text, (config, beta, loss.__name__), start=policy)
    run = Progress(checkpoint, identity, policy, optimizer, DPOReport)

    def compare(rows: Tensor) -> Compared:
        read = pairs.select(rows)
        chosen, rejected = (answer_logprobs(policy, answers).sum(1) for answers in read)
        sizes = read.chosen.mask.sum(1), read.rejected.mask.sum(1)
        stray = ZERO
        if loss is kto_loss:
            others = strayed(read.chosen)
            stray = answer_totals(policy, others) - answer_totals(start, others)
        return Compared(chosen, rejected, before[0][rows], before[1][rows], sizes, stray)

    def steps() -> Iterator[DPOReport]:
        batches = shuffled_rows(len(before[0]), config.batch_size, config.seed)
        pending = islice(enumerate(batches), len(run.log), config.steps)
        for step, rows in pending:
            seen = compare(rows)
            value = loss(seen, beta)
            update(value, policy, optimizer, config, step)
            changes = [change.mean().item() for change in seen.changes]
            accuracy = (seen.margin > 0).float().mean().item()
            yield DPOReport(step, value.item(), accuracy, *changes)

    return run.reports(steps(), config.evaluate_every, config.steps)
