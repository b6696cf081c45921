"""LoRA: aprender unas matrices de rango bajo en lugar de los pesos; y sus archivos."""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import linear

from siguiente.runtime.store import write_atomically


@dataclass(frozen=True)
class LoRAConfig:
    """Qué capas se adaptan y con cuántos números.

    Attributes
    ----------
    rank : int
        El rango, r: las filas de A y las columnas de B.
    alpha : float
        La escala, α: lo aprendido se multiplica por α/r.
    targets : tuple of str
        Cómo se llaman, al final de su nombre, las capas que se adaptan.

    Examples
    --------
    >>> LoRAConfig(rank=4, alpha=8).targets
    ('q_proj', 'v_proj')
    """

    rank: int
    alpha: float
    targets: tuple[str, ...] = ("q_proj", "v_proj")

    def __post_init__(self) -> None:
        if self.rank < 1 or not 0 < self.alpha < math.inf or not self.targets:
            raise ValueError(
                f"Hacen falta un rango de al menos 1, una escala positiva y alguna capa: {self}."
            )


class LoRALinear(nn.Module):
    """Una capa lineal de pesos W, (C', C), que ya no cambia, más lo que aprenden dos matrices delgadas.

    Calcula :math:`Wx+\\frac{\\alpha}{r}BAx` :cite:p:`hu2022`. Como :math:`B` empieza en cero, al principio la
    capa hace lo mismo que la de antes.

    >>> layer = LoRALinear(nn.Linear(64, 32), rank=2, alpha=4, generator=Generator().manual_seed(0))
    >>> layer.A.shape, layer.B.shape
    (torch.Size([2, 64]), torch.Size([32, 2]))
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float, generator: Generator) -> None:
        super().__init__()
        wide, tall = base.in_features, base.out_features
        self.base, self.scale = base.requires_grad_(False), alpha / rank
        self.A = nn.Parameter(torch.randn(rank, wide, generator=generator) / math.sqrt(wide))
        self.B = nn.Parameter(torch.zeros(tall, rank))

    def forward(self, x: Tensor) -> Tensor:
        """De (..., C) a (..., C')."""
        return self.base(x) + self.scale * linear(linear(x, self.A), self.B)

    def merged(self) -> nn.Linear:
        """La capa lineal que hace lo mismo, de pesos W + (α/r) B A; la de partida no cambia."""
        tall, wide = self.base.weight.shape
        layer = nn.Linear(wide, tall, bias=self.base.bias is not None, device="meta")
        layer.weight = nn.Parameter(self.base.weight + self.scale * (self.B @ self.A).detach(), False)
        layer.bias = self.base.bias
        return layer


def add_lora(network: nn.Module, config: LoRAConfig, generator: Generator) -> None:
    """Adapta una red en su sitio: congela todos sus pesos y deja que aprendan solo las matrices A y B.

    >>> net = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2))
    >>> add_lora(net, LoRAConfig(rank=1, alpha=2, targets=("0",)), Generator().manual_seed(0))
    >>> [name for name, weights in net.named_parameters() if weights.requires_grad]
    ['0.A', '0.B']
    """
    if lora_state(network):
        raise ValueError("La red ya está adaptada: funda antes sus matrices con `merge_lora`.")
    layers = {name: layer for name, layer in network.named_modules() if isinstance(layer, nn.Linear)}
    endings = [f".{target}" for target in config.targets]  # el nombre entero: «q» no es el final de «seq»
    for ending in endings:
        if not any(f".{name}".endswith(ending) for name in layers):
            known = ", ".join(sorted({name.rpartition(".")[2] for name in layers}))
            raise ValueError(f"La red no tiene ninguna capa lineal {ending[1:]!r}. Tiene estas: {known}.")
    network.requires_grad_(False)
    for name, layer in layers.items():
        if f".{name}".endswith(tuple(endings)):
            network.set_submodule(name, LoRALinear(layer, config.rank, config.alpha, generator))


def adapted(network: nn.Module) -> Iterator[tuple[str, LoRALinear]]:
    """Las capas adaptadas, con su nombre."""
    return ((name, layer) for name, layer in [*network.named_modules()] if isinstance(layer, LoRALinear))


def lora_state(network: nn.Module) -> dict[str, Tensor]:
    """Lo que se aprende de una red adaptada: las matrices A y B de cada capa, por su nombre.

    >>> lora_state(nn.Linear(2, 2))
    {}
    """
    return {f"{name}.{part}": getattr(layer, part) for name, layer in adapted(network) for part in "AB"}


def merge_lora(network: nn.Module) -> None:
    """Funde en su sitio lo aprendido con los pesos de cada capa: vuelve a ser una red de capas lineales.

    >>> net = nn.Sequential(nn.Linear(8, 8))
    >>> add_lora(net, LoRAConfig(rank=1, alpha=2, targets=("0",)), Generator().manual_seed(0))
    >>> merge_lora(net)
    >>> net[0]
    Linear(in_features=8, out_features=8, bias=True)
    """
    for name, layer in adapted(network):
        network.set_submodule(name, layer.merged())


def save_adapter(path: Path, network: nn.Module, config: LoRAConfig, base: str) -> None:
    """Guarda las matrices de una red adaptada con `config`, sin la red, en un archivo safetensors.

    `base` identifica los pesos que no se guardan: para un modelo del catálogo, su
    :func:`~siguiente.llm.files.checkpoints.checkpoint_key`.
    """
    from safetensors.torch import save

    tensors = {name: matrix.detach().contiguous() for name, matrix in lora_state(network).items()}
    facts: dict[str, Any] = {"base": base, **asdict(config)}
    facts["sha256"] = adapter_digest(tensors, facts)
    write_atomically(path, save(tensors, {"adapter": json.dumps(facts)}))


def load_adapter(path: Path, network: nn.Module, base: str) -> None:
    """Adapta una red en su sitio con las matrices que guardó :func:`save_adapter`.

    `base` identifica los pesos de la red: no se cargan unas matrices alteradas ni las de otro modelo.
    """
    from safetensors import SafetensorError, safe_open

    data = path.read_bytes()  # antes: así, si falta, el error es el de siempre
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {}).get("adapter", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path.name} no es un adaptador o está incompleto ({len(data)} bytes).") from error
    if facts.pop("sha256", None) != adapter_digest(tensors, facts):
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


def adapter_digest(tensors: dict[str, Tensor], facts: dict[str, Any]) -> str:
    """Resumen SHA-256 de unas matrices, con su nombre, y de lo que se dice de ellas."""
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(f"{name} {tuple(tensors[name].shape)}".encode() + tensors[name].numpy().tobytes())
    return found.hexdigest()
