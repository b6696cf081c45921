"""Entrenar: un solo bucle para todos los modelos neuronales del curso."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW, Optimizer

from siguiente.language_models.windows import (
    IGNORED,
    Windows,
    cut_windows,
    find_windows,
    shuffled_windows,
)
from siguiente.runtime.resume import DivergedError, fingerprint, resume

FINAL_RATE = 0.1  # la tasa de aprendizaje termina en esta fracción de la mayor
BETAS = (0.9, 0.99)  # memoria de AdamW: de la media del gradiente y de la de su cuadrado


@dataclass(frozen=True)
class TrainingConfig:
    """Cómo se entrena un modelo: todo lo que, con los datos y los pesos iniciales, decide el resultado.

    Parameters
    ----------
    steps : int
        Actualizaciones de los pesos.
    batch_size : int
        Ventanas por lote, B.
    length : int
        Tokens por ventana, T.
    learning_rate : float
        La mayor tasa de aprendizaje.
    warmup : int
        Pasos de calentamiento, en que la tasa sube desde casi cero.
    weight_decay : float
        Cuánto se encogen las matrices en cada paso, en unidades de la tasa.
    clip : float
        Norma máxima del gradiente.
    evaluate_every : int
        Pasos entre dos informes.
    seed : int
        Semilla del orden de las ventanas.
    boundary : int, optional
        El token que separa los textos: con él, cada uno empieza su ventana; sin él, se corta cada `length`.
    """

    steps: int
    batch_size: int = 16
    length: int = 128
    learning_rate: float = 1e-3
    warmup: int = 0
    weight_decay: float = 0.1
    clip: float = 1.0
    evaluate_every: int = 100
    seed: int = 0
    boundary: int | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "length", "evaluate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` debe ser al menos 1, y es {getattr(self, name)}.")
        for name in ("learning_rate", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"`{name}` debe ser positivo y finito, y es {getattr(self, name)}.")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"`weight_decay` debe ser cero o positivo, y es {self.weight_decay}.")
        if not 0 <= self.warmup <= self.steps:
            raise ValueError(f"`warmup` debe estar entre 0 y los {self.steps} pasos, y es {self.warmup}.")


class Report(NamedTuple):
    """Un momento del entrenamiento."""

    step: int
    """Pasos dados."""
    tokens: int
    """Tokens predichos al entrenar."""
    loss: float
    """Pérdida media de los lotes desde el informe anterior, en nats por token; al empezar, la del primero."""
    held_out: float | None
    """Pérdida en el texto apartado, en nats por token; `None` si no se dio."""


def learning_rate_at(step: int, config: TrainingConfig) -> float:
    """Tasa de aprendizaje de un paso: sube en línea recta y baja como un coseno hasta la décima parte.

    El descenso es el de :cite:t:`loshchilov2017sgdr`, sin reinicios.

    >>> config = TrainingConfig(steps=101, warmup=4, learning_rate=1.0)
    >>> [round(learning_rate_at(step, config), 4) for step in (0, 3, 4, 52, 100)]
    [0.25, 1.0, 1.0, 0.55, 0.1]
    """
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    done = min(1.0, (step - config.warmup) / max(1, config.steps - 1 - config.warmup))
    cosine = (1 + math.cos(math.pi * done)) / 2
    return config.learning_rate * (FINAL_RATE + (1 - FINAL_RATE) * cosine)


def make_optimizer(model: nn.Module, config: TrainingConfig) -> Optimizer:
    """AdamW, con decaimiento de pesos solo en las matrices: ni los sesgos ni las normas se encogen.

    Descuenta los pesos aparte del gradiente :cite:p:`loshchilov2019adamw`.

    >>> optimizer = make_optimizer(nn.Linear(2, 2), TrainingConfig(steps=1, weight_decay=0.5))
    >>> [group["weight_decay"] for group in optimizer.param_groups]
    [0.5, 0.0]
    """
    weights = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in weights if p.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in weights if p.ndim < 2], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=config.learning_rate, betas=BETAS, fused=True)


def next_token_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Entropía cruzada media, en nats por token, de unos logits (B, T, V) y sus objetivos (B, T).

    Los objetivos que valen `IGNORED` no cuentan.

    >>> next_token_loss(torch.zeros(1, 2, 4), torch.tensor([[3, IGNORED]]))
    tensor(1.3863)
    """
    return cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def training_step(
    model: nn.Module, optimizer: Optimizer, batch: tuple[Tensor, Tensor], config: TrainingConfig
) -> Tensor:
    """Un paso: predecir, medir la pérdida, hallar su gradiente, recortarlo y mover los pesos.

    El lote es lo que se lee y lo que se predice, (B, T). Devuelve la pérdida antes de mover los pesos, que no
    se tocan si ella o su gradiente no son números finitos.

    >>> net = nn.Sequential(nn.Embedding(2, 2), nn.Linear(2, 2))
    >>> config, batch = TrainingConfig(steps=1), (torch.tensor([[0, 1]]), torch.tensor([[1, 0]]))
    >>> optimizer = make_optimizer(net, config)
    >>> bool(training_step(net, optimizer, batch, config) > training_step(net, optimizer, batch, config))
    True
    """
    inputs, targets = batch
    loss = next_token_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    norm = clip_grad_norm_(model.parameters(), config.clip)
    if not (loss.isfinite() and norm.isfinite()):
        raise FloatingPointError("La pérdida o su gradiente ya no son números finitos.")
    optimizer.step()
    return loss.detach()


def steps(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    config: TrainingConfig,
    first: int = 0,
    optimizer: Optimizer | None = None,
) -> Iterator[Tensor]:
    """Da un paso con cada lote, con la tasa de aprendizaje que le toca, hasta el último de `config`.

    Entrena el modelo en su sitio, en el modo en que esté, y da la pérdida de cada paso. Pide cada lote justo
    antes de su paso; `first` es el número del primero y `optimizer`, el que ya empezó, si se continúa.

    >>> net = nn.Sequential(nn.Embedding(2, 2), nn.Linear(2, 2))
    >>> batches = [(torch.tensor([[0, 1]]), torch.tensor([[1, 0]]))] * 9
    >>> losses = list(steps(net, batches, TrainingConfig(steps=9, learning_rate=0.1)))
    >>> len(losses), bool(losses[-1] < losses[0])
    (9, True)
    """
    optimizer = make_optimizer(model, config) if optimizer is None else optimizer
    for step, batch in zip(range(first, config.steps), batches, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(step, config)
        try:
            yield training_step(model, optimizer, batch, config)
        except FloatingPointError as error:
            raise diverged(step, config) from error


def diverged(step: int, config: TrainingConfig) -> DivergedError:
    """El error de un entrenamiento que se fue al infinito."""
    return DivergedError(
        f"En el paso {step} la pérdida dejó de ser un número finito. Pruebe con una tasa de aprendizaje "
        f"(`learning_rate`) menor que {config.learning_rate:g} o con más calentamiento (`warmup`)."
    )


@torch.no_grad()
def held_out_loss(model: nn.Module, stream: Tensor, config: TrainingConfig) -> float:
    """Pérdida media en un texto entero, en nats por token, por ventanas como las del entrenamiento.

    Deja el modelo en modo de evaluación.

    >>> net = nn.Embedding.from_pretrained(torch.zeros(4, 4))
    >>> round(held_out_loss(net, torch.tensor([0, 1, 2, 3]), TrainingConfig(steps=1, length=2)), 4)
    1.3863
    """
    model.eval()
    total, windows = 0.0, find_windows(stream, config.length, config.boundary)
    for part in zip(*(edge.split(config.batch_size) for edge in windows), strict=True):
        inputs, targets = cut_windows(stream, Windows(*part))
        count = (targets != IGNORED).sum().item()
        total += count * next_token_loss(model(inputs), targets).item()
    return total / (len(stream) - 1)


def train(
    model: nn.Module,
    stream: Tensor,
    config: TrainingConfig,
    held_out: Tensor | None = None,
    checkpoint: Path | None = None,
    progress: bool = False,
) -> Iterator[Report]:
    """Entrena un modelo y da un informe al empezar, cada `evaluate_every` pasos y al terminar.

    Los pesos cambian mientras se recorren los informes; entre dos, el modelo está en modo de evaluación.
    Quien interrumpa y repita la misma llamada obtiene, bit a bit, los pesos y los informes de un
    entrenamiento sin interrumpir, con los mismos hilos y si el modelo no tiene azar propio: por eso solo se
    guarda al informar. Tras una interrupción se dan también los informes de antes, con los pesos recuperados.

    Parameters
    ----------
    model : nn.Module
        De tokens (B, T) a logits (B, T, V). Se entrena en su sitio.
    stream : Tensor
        El flujo de entrenamiento, (N,), como el de `token_stream`.
    config : TrainingConfig
        Cómo se entrena.
    held_out : Tensor, optional
        Un flujo apartado, (M,), que se mide en cada informe.
    checkpoint : Path, optional
        Archivo en que se guarda todo en cada informe. Si existe, sigue donde quedó; si está dañado, lo dice.
    progress : bool
        Si se dibuja una barra de progreso.

    Examples
    --------
    >>> net, stream = nn.Embedding.from_pretrained(torch.zeros(2, 2), freeze=False), torch.arange(64) % 2
    >>> config = TrainingConfig(steps=20, batch_size=4, length=8, learning_rate=0.1, evaluate_every=10)
    >>> [(report.step, round(report.held_out, 1)) for report in train(net, stream, config, stream)]
    [(0, 0.7), (10, 0.2), (20, 0.1)]
    """
    for tokens in (stream,) if held_out is None else (stream, held_out):
        check_stream(model, tokens, config)
    optimizer, windows = make_optimizer(model, config), find_windows(stream, config.length, config.boundary)

    def batches(
        first: int = 0,
    ) -> Iterator[tuple[Tensor, Tensor]]:  # con la misma semilla, siempre los mismos
        for batch in islice(shuffled_windows(windows, config.batch_size, config.seed), first, None):
            yield cut_windows(stream, batch)

    def reports(log: list[Report]) -> Iterator[Report]:
        if not log:
            yield _report(model, 0, 0, [_first_loss(model, next(batches()))], config, held_out)
        last, read, losses = log[-1].step, log[-1].tokens, list[Tensor]()

        def counted() -> Iterator[tuple[Tensor, Tensor]]:
            nonlocal read
            for batch in batches(last):
                read += int((batch[1] != IGNORED).sum())
                yield batch

        moved = steps(model.train(), counted(), config, last, optimizer)
        for step, loss in enumerate(bar := _bar(moved, last, config.steps, progress), last + 1):
            losses.append(loss)
            if step % config.evaluate_every == 0 or step == config.steps:
                yield (made := _report(model, step, read, losses, config, held_out))
                bar.set_postfix_str(f"pérdida {made.loss:.3f}".replace(".", ","))
                losses.clear()
                model.train()
        model.eval()

    return resume(checkpoint, fingerprint(model, stream, config, held_out), model, optimizer, Report, reports)


def _first_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """La pérdida de un lote, antes de aprender."""
    with torch.no_grad():
        return next_token_loss(model.eval()(batch[0]), batch[1])


def _report(
    model: nn.Module,
    step: int,
    tokens: int,
    losses: list[Tensor],
    config: TrainingConfig,
    held_out: Tensor | None,
) -> Report:
    """Mide y deja el modelo en evaluación; si la medida no es un número, no hay informe."""
    mean = torch.stack(losses).mean().item()
    apart = None if held_out is None else held_out_loss(model.eval(), held_out, config)
    if not math.isfinite(mean + (apart or 0)):
        raise diverged(step, config)
    model.eval()
    return Report(step, tokens, mean, apart)


def _bar(losses: Iterator[Tensor], first: int, total: int, progress: bool) -> Any:
    """Los pasos, con una barra si se pide."""
    from tqdm import tqdm

    return tqdm(losses, initial=first, total=total, unit="paso", disable=not progress)


def check_stream(model: nn.Module, stream: Tensor, config: TrainingConfig) -> None:
    """Comprueba que un flujo da al menos una ventana, y que el modelo puede leerla."""
    limit, size = getattr(model, "context_length", None), getattr(model, "vocab_size", None)
    if stream.ndim != 1 or stream.dtype != torch.int64:
        raise ValueError("El flujo debe ser un vector (N,) de enteros de 64 bits, como el de `token_stream`.")
    if len(stream) == 0:
        raise ValueError("El flujo está vacío: no hay tokens con que entrenar o medir.")
    if len(stream) < 2 or (config.boundary is None and len(stream) <= config.length):
        raise ValueError(
            f"El flujo tiene {len(stream)} tokens y una ventana necesita {config.length + 1}: use más texto "
            "o una ventana (`length`) más corta."
        )
    if limit is not None and config.length > limit:
        raise ValueError(
            f"La ventana es de {config.length} tokens y en el contexto del modelo caben {limit}: use una "
            "ventana (`length`) más corta o un modelo con más contexto."
        )
    if stream.min() < 0 or (size is not None and stream.max() >= size):
        raise ValueError("El flujo tiene tokens que el modelo no conoce: ¿son de otro tokenizador?")


def update(loss: Tensor, weights: nn.Module, optimizer: Optimizer, config: TrainingConfig, step: int) -> None:
    """Mueve los pesos un paso cuesta abajo de la pérdida, (), con la tasa de aprendizaje del paso `step`.

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
