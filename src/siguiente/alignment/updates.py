"""Un paso del optimizador, con la tasa que toca y sin dejar pasar lo que no es un número."""

from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from siguiente.language_models.training import TrainingConfig, diverged, learning_rate_at

__all__ = ["update"]


def update(loss: Tensor, weights: nn.Module, optimizer: Optimizer, config: TrainingConfig, step: int) -> None:
    """Mueve los pesos un paso cuesta abajo.

    Parameters
    ----------
    loss : Tensor
        La pérdida, ().
    weights : nn.Module
        Lo que aprende.
    optimizer : Optimizer
        El de esos pesos.
    config : TrainingConfig
        De ella cuentan la tasa de aprendizaje y el recorte.
    step : int
        El número del paso, desde 0.

    Raises
    ------
    DivergedError
        Si la pérdida o su gradiente no son finitos; los pesos no se tocan.

    Examples
    --------
    >>> import torch
    >>> net, config = nn.Linear(1, 1, bias=False), TrainingConfig(steps=1, learning_rate=0.5)
    >>> before = net.weight.item()
    >>> update(net.weight.sum(), net, torch.optim.SGD(net.parameters()), config, 0)
    >>> round(before - net.weight.item(), 4)
    0.5
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate_at(step, config)
    optimizer.zero_grad()
    loss.backward()
    norm = clip_grad_norm_(weights.parameters(), config.clip)
    if not (loss.isfinite() and norm.isfinite()):
        raise diverged(step, config)
    optimizer.step()
