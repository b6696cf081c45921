"""Un GPT: frente al GPT-2 de transformers con los mismos pesos, al entrenar y al generar."""

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pairs import Benchmark
from torch import Tensor

from siguiente.course.transformers.gpt2_twin import gpt2_twin
from siguiente.language_models.sampling import generate, greedy
from siguiente.language_models.training import next_token_loss
from siguiente.language_models.windows import IGNORED
from siguiente.transformers.gpt import GPT, GPTConfig

# Nombre, forma y ventanas por lote: 0,2 y 3 millones de parámetros.
SIZES = (
    ("0,2 M", GPTConfig(vocab_size=512, context_length=128, layers=3, heads=4, channels=64), 16),
    ("3 M", GPTConfig(vocab_size=2048, context_length=128, layers=6, heads=6, channels=192), 8),
)
PROMPT, NEW = 8, 100  # tokens que se leen y que se generan


def benchmarks(folder: Path) -> list[Benchmark]:
    """El paso de entrenamiento y la generación, con cada tamaño."""
    made = []
    for name, config, batch_size in SIZES:
        ids = torch.randint(config.vocab_size, (batch_size, 128), generator=torch.Generator().manual_seed(0))
        ours, peer = GPT(config), gpt2_twin(GPT(config))
        pair = (
            partial(generate, ours, ids[:1, :PROMPT], NEW, greedy),
            partial(generated, peer, ids[:1, :PROMPT]),
        )
        torch.testing.assert_close(pair[0](), pair[1]())
        made.append(Benchmark(f"{name}: generar {NEW} tokens", *pair, 0.7, 7))
        ours, peer = GPT(config), gpt2_twin(GPT(config)).train()
        pair = stepper(ours, partial(our_loss, ours, ids)), stepper(peer, partial(peer_loss, peer, ids))
        for _ in range(3):  # la misma pérdida antes de moverse y tras dos pasos
            torch.testing.assert_close(pair[0](), pair[1](), atol=1e-4, rtol=0)
        made.append(Benchmark(f"{name}: un paso de entrenamiento", *pair, 0.9, 41))
    return made


def our_loss(model: GPT, ids: Tensor) -> Tensor:
    """La pérdida del curso; lo que sigue al último token no se conoce."""
    targets = torch.cat([ids[:, 1:], torch.full_like(ids[:, :1], IGNORED)], 1)
    return next_token_loss(model(ids), targets)


def peer_loss(model: Any, ids: Tensor) -> Tensor:
    """La misma, como la calcula transformers."""
    return model(input_ids=ids, labels=ids).loss


def stepper(model: torch.nn.Module, loss_of: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """Un paso entero, igual para los dos: pérdida, gradiente y AdamW."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> Tensor:
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def generated(model: Any, ids: Tensor) -> Tensor:
    """Lo más probable, token a token, con la caché de transformers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # avisos sobre su configuración por defecto
        every = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW, do_sample=False, pad_token_id=0
        )
    return every[:, ids.shape[1] :]
