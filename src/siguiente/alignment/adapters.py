"""El archivo de un adaptador: lo que LoRA aprendió, sin la red, y la prueba de que está entero."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from siguiente.alignment.lora import LoRAConfig, add_lora, lora_state
from siguiente.store import write_atomically

__all__ = ["load_adapter", "save_adapter"]


def save_adapter(path: Path, network: nn.Module, config: LoRAConfig, base: str) -> None:
    """Guarda las matrices de una red adaptada, sin la red.

    Parameters
    ----------
    path : Path
        El archivo, en formato safetensors.
    network : nn.Module
        La red adaptada con `config`.
    config : LoRAConfig
        Cómo se adaptó.
    base : str
        Lo que identifica los pesos que no se guardan: para un modelo del catálogo, su
        :func:`~siguiente.llm.checkpoints.checkpoint_key`.
    """
    from safetensors.torch import save

    tensors = {name: matrix.detach().contiguous() for name, matrix in lora_state(network).items()}
    facts: dict[str, Any] = {"base": base, **asdict(config)}
    facts["sha256"] = fingerprint(tensors, facts)
    write_atomically(path, save(tensors, {"adapter": json.dumps(facts)}))


def load_adapter(path: Path, network: nn.Module, base: str) -> None:
    """Adapta una red en su sitio con unas matrices guardadas.

    Parameters
    ----------
    path : Path
        El archivo que escribió :func:`save_adapter`.
    network : nn.Module
        La red de partida, sin adaptar.
    base : str
        Lo que identifica sus pesos.

    Raises
    ------
    ValueError
        Si el archivo no es un adaptador, si está alterado o si se hizo para otro modelo.
    OSError
        Si no se puede leer.
    """
    from safetensors import SafetensorError, safe_open

    data = path.read_bytes()  # antes: así, si falta, el error es el de siempre
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {}).get("adapter", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path.name} no es un adaptador o está incompleto ({len(data)} bytes).") from error
    if facts.pop("sha256", None) != fingerprint(tensors, facts):
        raise ValueError(f"El adaptador {path.name} está alterado: su resumen SHA-256 no es el que anotó.")
    if facts["base"] != base:
        raise ValueError(
            f"El adaptador {path.name} se hizo para otro modelo: sobre este daría texto sin sentido."
        )
    config = LoRAConfig(facts["rank"], facts["alpha"], tuple(facts["targets"]))
    add_lora(network, config, Generator())
    with torch.no_grad():
        for name, matrix in lora_state(network).items():
            matrix.copy_(tensors[name])


def fingerprint(tensors: dict[str, Tensor], facts: dict[str, Any]) -> str:
    """Resumen SHA-256 de unas matrices, con su nombre, y de lo que se dice de ellas."""
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(f"{name} {tuple(tensors[name].shape)}".encode() + tensors[name].numpy().tobytes())
    return found.hexdigest()
