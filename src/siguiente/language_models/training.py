"""Entrenar: un solo bucle para todos los modelos neuronales del curso."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW, Optimizer

from siguiente.language_models.protocol import check_positive
from siguiente.language_models.windows import IGNORED, Windows, cut_windows, find_windows, shuffled_windows
from siguiente.runtime.resume import DivergedError, Progress, fingerprint

FINAL_RATE = 0.1  # la tasa de aprendizaje termina en esta fracción de la mayor
MAX_NORM = 1.0  # la norma a que se recorta el gradiente
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
    evaluate_every: int = 100
    seed: int = 0
    boundary: int | None = None

    def __post_init__(self) -> None:
        check_positive(self, "steps", "batch_size", "length", "evaluate_every")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"`learning_rate` debe ser positivo y finito, y es {self.learning_rate}.")
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


def update(loss: Tensor, weights: nn.Module, optimizer: Optimizer, config: TrainingConfig, step: int) -> None:
    """Mueve los pesos un paso cuesta abajo de la pérdida, (), con la tasa de aprendizaje del paso `step`.

    Antes recorta el gradiente. Si él o la pérdida no son números finitos, es un error y no se mueve ninguno.

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
    norm = clip_grad_norm_(weights.parameters(), MAX_NORM)
    if not (loss.isfinite() and norm.isfinite()):
        raise diverged(step, config)
    optimizer.step()


def diverged(step: int, config: TrainingConfig) -> DivergedError:
    """El error de un entrenamiento que se fue al infinito."""
    return DivergedError(
        f"En el paso {step} la pérdida dejó de ser un número finito. Pruebe con una tasa de aprendizaje "
        f"(`learning_rate`) menor que {config.learning_rate:g} o con más calentamiento (`warmup`)."
    )


def training_step(
    model: nn.Module,
    optimizer: Optimizer,
    batch: tuple[Tensor, Tensor],
    config: TrainingConfig,
    step: int = 0,
) -> Tensor:
    """El paso número `step`: predecir, medir la pérdida y mover los pesos.

    El lote es lo que se lee y lo que se predice, (B, T). Devuelve la pérdida, (), antes de mover los pesos.

    >>> net = nn.Sequential(nn.Embedding(2, 2), nn.Linear(2, 2))
    >>> config, batch = TrainingConfig(steps=1), (torch.tensor([[0, 1]]), torch.tensor([[1, 0]]))
    >>> optimizer = make_optimizer(net, config)
    >>> bool(training_step(net, optimizer, batch, config) > training_step(net, optimizer, batch, config))
    True
    """
    inputs, targets = batch
    loss = next_token_loss(model(inputs), targets)
    update(loss, model, optimizer, config, step)
    return loss.detach()


def steps(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], config: TrainingConfig
) -> Iterator[Tensor]:
    """Da un paso con cada lote, hasta los que dice `config`, y la pérdida de cada uno.

    Entrena el modelo en su sitio, en el modo en que esté. Pide cada lote justo antes de su paso.

    >>> net = nn.Sequential(nn.Embedding(2, 2), nn.Linear(2, 2))
    >>> batches = [(torch.tensor([[0, 1]]), torch.tensor([[1, 0]]))] * 9
    >>> losses = list(steps(net, batches, TrainingConfig(steps=9, learning_rate=0.1)))
    >>> len(losses), bool(losses[-1] < losses[0])
    (9, True)
    """
    optimizer = make_optimizer(model, config)
    for step, batch in islice(enumerate(batches), config.steps):
        yield training_step(model, optimizer, batch, config, step)


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

    Examples
    --------
    >>> net, stream = nn.Embedding.from_pretrained(torch.zeros(2, 2), freeze=False), torch.arange(64) % 2
    >>> config = TrainingConfig(steps=20, batch_size=4, length=8, learning_rate=0.1, evaluate_every=10)
    >>> [(report.step, round(report.held_out, 1)) for report in train(net, stream, config, stream)]
    [(0, 0.7), (10, 0.2), (20, 0.1)]
    """
    check_readable(model, [stream] if held_out is None else [stream, held_out], config)
    windows = find_windows(stream, config.length, config.boundary)
    optimizer = make_optimizer(model, config)
    identity = fingerprint(model, stream, config, held_out)
    run = Progress(checkpoint, identity, model, optimizer, Report)

    def reports() -> Iterator[Report]:
        done = run.log[-1].step if run.log else 0
        tokens = run.log[-1].tokens if run.log else 0
        losses = list[Tensor]()
        shuffled = shuffled_windows(windows, config.batch_size, config.seed)
        for step, rows in islice(enumerate(shuffled), done, config.steps):
            batch = cut_windows(stream, rows)
            if not run.log:  # el primer informe, antes de aprender
                loss = first_loss(model, batch)
                yield measured(model, 0, 0, loss, held_out, config)
            losses.append(training_step(model.train(), optimizer, batch, config, step))
            tokens += int((batch[1] != IGNORED).sum())
            done = step + 1
            if done % config.evaluate_every == 0 or done == config.steps:
                loss, losses = torch.stack(losses).mean(), []
                yield measured(model, done, tokens, loss, held_out, config)
        model.eval()

    return run.reports(reports())


def check_readable(model: nn.Module, streams: Sequence[Tensor], config: TrainingConfig) -> None:
    """Comprueba que el modelo puede leer las ventanas de unos flujos."""
    limit, size = getattr(model, "context_length", None), getattr(model, "vocab_size", None)
    if limit is not None and config.length > limit:
        raise ValueError(
            f"La ventana es de {config.length} tokens y en el contexto caben {limit}: baje `length`."
        )
    if any(
        stream.min() < 0 or (size is not None and stream.max() >= size) for stream in streams if len(stream)
    ):
        raise ValueError("El flujo tiene tokens que el modelo no conoce: ¿son de otro tokenizador?")


@torch.no_grad()
def first_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """La pérdida de un lote, antes de aprender."""
    return next_token_loss(model.eval()(batch[0]), batch[1])


def measured(
    model: nn.Module, step: int, tokens: int, loss: Tensor, held_out: Tensor | None, config: TrainingConfig
) -> Report:
    """Mide y deja el modelo en evaluación; si la medida no es un número, no hay informe."""
    model.eval()
    apart = None if held_out is None else held_out_loss(model, held_out, config)
    if not math.isfinite(loss.item() + (apart or 0)):
        raise diverged(step, config)
    return Report(step, tokens, loss.item(), apart)
