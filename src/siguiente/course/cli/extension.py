"""Alargar un entrenamiento: lo que se guardó para unos pasos vale para más, y se dice en qué se nota."""

import io
import re
import warnings
from dataclasses import replace
from pathlib import Path

from siguiente.course.report.numbers import percent
from siguiente.language_models.training import TrainingConfig, learning_rate_at

# Lo que depende de cuántos pasos se dan, tal como sale al escribir un `TrainingConfig`.
PLANNED = re.compile(r"\b(steps|warmup|evaluate_every)=(\d+)")
CONFIG = "la configuración"


def extend(checkpoint: Path, config: TrainingConfig) -> None:
    """Deja que un punto de control de menos pasos siga con `config`; si no es eso lo que hay, no lo toca.

    La tasa de aprendizaje se calcula para el total: la que ya había bajado vuelve a subir, y lo que sale no
    es lo mismo que con todos los pasos desde el principio. Se avisa de ello.
    """
    import torch

    from siguiente.runtime.resume import MARK, checked, digest
    from siguiente.runtime.store import write_atomically

    if not checkpoint.exists():
        return
    content = torch.load(io.BytesIO(checked(checkpoint)), weights_only=True)
    found = str(content["identity"].get(CONFIG))
    before = int(dict(PLANNED.findall(found)).get("steps", config.steps))
    if before >= config.steps:
        return
    content["identity"][CONFIG] = PLANNED.sub(lambda named: f"{named[1]}={getattr(config, named[1])}", found)
    torch.save(content, buffer := io.BytesIO())
    write_atomically(checkpoint, MARK + digest(buffer.getvalue()) + buffer.getvalue())
    warnings.warn(told(before, config), stacklevel=2)


def told(before: int, config: TrainingConfig) -> str:
    """Qué pasa con la tasa de aprendizaje al alargar.

    >>> print(told(100, TrainingConfig(steps=200, learning_rate=1.0))[72:150].replace("\u202f", " "))
    tras el paso 100, sube del 10 % de la mayor al 55 %). No sale lo mismo que con
    """
    short = replace(config, steps=before, warmup=min(config.warmup, before))
    low, high = (learning_rate_at(step, plan) for step, plan in ((before - 1, short), (before, config)))
    return (
        f"de {before} pasos a {config.steps}: la tasa de aprendizaje sigue ahora la curva de {config.steps} "
        f"(tras el paso {before}, sube del {percent(low / config.learning_rate)} de la mayor al "
        f"{percent(high / config.learning_rate)}). No sale lo mismo que con todos desde el principio: para "
        "eso, use otra carpeta (--out)."
    )
