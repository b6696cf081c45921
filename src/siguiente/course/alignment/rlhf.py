"""Los experimentos de la página de RLHF."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Generator, Tensor

from siguiente.alignment.rl import RLReport


def ends(reports: Sequence[RLReport], steps: int = 10) -> dict[str, Tensor]:
    """Recompensa, recompensa verdadera, divergencia y tokens, (4,), de media al comienzo y al final.

    >>> reports = [RLReport(k, k / 2, 9.0, 0.0, 60.0, 1.0, "Un cuento.") for k in range(20)]
    >>> ends(reports)["diez últimos"]
    tensor([ 7.2500, 9.0000, 0.0000, 60.0000])
    """
    log = torch.tensor([[r.reward, r.gold, r.kl, r.length] for r in reports])
    return {"diez primeros": log[:steps].mean(0), "diez últimos": log[-steps:].mean(0)}


def trailing_means(
    logs: Mapping[str, Sequence[RLReport]], field: str, span: int = 5
) -> dict[str, list[float]]:
    """Una cifra de los informes de cada entrenamiento, con la media de los `span` últimos pasos en cada paso.

    >>> reports = [RLReport(k, float(k), 9.0, 0.0, 60.0, 1.0, "Un cuento.") for k in range(4)]
    >>> trailing_means({"PPO": reports}, "reward", span=2)
    {'PPO': [0.0, 0.5, 1.5, 2.5]}
    """
    found = {}
    for name, log in logs.items():
        x = torch.tensor([getattr(report, field) for report in log])
        found[name] = [x[max(0, k - span + 1) : k + 1].mean().item() for k in range(len(x))]
    return found


def train_table(loss: Callable[[Tensor, Tensor], Tensor], start: Tensor, steps: int = 300) -> Tensor:
    """A qué probabilidades, (K,), lleva una pérdida de log-probabilidades y de lo que se sortea con ellas.
    Cada paso sortea 256. Como el sorteo hace temblar el final, se da la media de la segunda mitad.

    >>> train_table(lambda logprobs, picks: -logprobs[0], torch.zeros(2))[0] > 0.9
    tensor(True)
    """
    logits, generator, seen = start.clone().requires_grad_(), Generator().manual_seed(0), []
    optimizer = torch.optim.SGD([logits], lr=0.3)
    for _ in range(steps):
        logprobs = logits.log_softmax(0)
        picks = torch.multinomial(logprobs.exp(), 256, True, generator=generator)
        optimizer.zero_grad()
        loss(logprobs, picks).backward()
        optimizer.step()
        seen.append(logprobs.detach().exp())
    return torch.stack(seen[steps // 2 :]).mean(0)
