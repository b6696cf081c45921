"""Un modelo preentrenado que cumple el protocolo del curso."""

import copy
import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from siguiente.language_models.protocol import State
from siguiente.language_models.trie import TokenTrie

__all__ = ["CacheState", "PretrainedModel", "open_network"]

NETWORKS = {
    "gemma3": ("transformers.models.gemma3.modeling_gemma3", "Gemma3ForCausalLM"),
    "llama": ("transformers.models.llama.modeling_llama", "LlamaForCausalLM"),
}


@dataclass(frozen=True, eq=False)
class CacheState:
    """Las claves y los valores de lo ya leído, capa por capa; no cambian nunca.

    Attributes
    ----------
    layers : tuple
        Una capa de caché de transformers por capa de la red, con claves y valores (B, H, T, D).
    length : int
        Número de tokens leídos, con el relleno.
    padding : Tensor, optional
        Cuántos de ellos son relleno, por la izquierda, en cada fila, (B,); sin él, ninguno.
    """

    layers: tuple[Any, ...]
    length: int
    padding: Tensor | None = None

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas: (B, ...) pasa a (B·n, ...)."""
        return self._mapped(lambda tensor: tensor.repeat_interleave(n, 0))

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice: (B, ...) pasa a (len(rows), ...)."""
        return self._mapped(lambda tensor: tensor.index_select(0, rows))

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> Self:
        layers = tuple(copy.copy(layer) for layer in self.layers)
        for layer in layers:
            layer.keys, layer.values = change(layer.keys), change(layer.values)
        return replace(self, layers=layers, padding=None if self.padding is None else change(self.padding))


@dataclass(frozen=True, eq=False)
class PretrainedModel:
    """Una red de transformers vista como modelo de lenguaje.

    Parameters
    ----------
    network : Module
        Red causal de transformers, en evaluación y en float32.
    vocab_size : int
        Número de tokens, V.
    context_length : int
        Tokens que caben en el contexto.
    """

    network: Any
    vocab_size: int
    context_length: int

    def step(self, ids: Tensor, state: State | None = None, last: int = 1) -> tuple[Tensor, CacheState]:
        """Lee T tokens en una pasada y devuelve los logits de las últimas posiciones.

        Parameters
        ----------
        ids : Tensor
            Tokens nuevos, (B, T), enteros de 64 bits.
        state : CacheState, optional
            Lo leído antes; sigue siendo válido después.
        last : int
            Cuántas posiciones finales necesitan logits, entre 1 y T.

        Returns
        -------
        tuple of (Tensor, CacheState)
            Logits (B, last, V) en float32 y el estado nuevo.

        Raises
        ------
        ValueError
            Si `ids` no es (B, T), si `last` no está entre 1 y T, si el estado es de otra clase de modelo o si
            el texto no cabe en el contexto.
        """
        if not isinstance(state, CacheState | None):
            raise ValueError("Ese estado es de otro modelo: use el que devolvió este mismo.")
        past, padding = (0, None) if state is None else (state.length, state.padding)
        self._check(ids, past, last)
        cache = continued_cache(self.network.config, state)
        mask, positions = unpadded(padding, past, past + ids.shape[1])
        with torch.inference_mode():
            output = self.network(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=last,
            )
        return output.logits.float(), CacheState(tuple(cache.layers), past + ids.shape[1], padding)

    def read_batch(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, CacheState]:
        """Lee de una pasada prompts de distinta longitud, con relleno por la izquierda que nadie ve.

        Parameters
        ----------
        prompts : sequence of sequence of int
            B prompts, ninguno vacío.

        Returns
        -------
        tuple of (Tensor, CacheState)
            Logits (B, 1, V) del token que sigue a cada uno y el estado, de B filas.
        """
        length = max(map(len, prompts))
        padding = torch.tensor([length - len(prompt) for prompt in prompts])
        ids = torch.tensor([[0] * (length - len(prompt)) + list(prompt) for prompt in prompts])
        return self.step(ids, CacheState((), 0, padding) if padding.any() else None)

    def hidden(self, ids: Tensor) -> Tensor:
        """Devuelve el vector de cada token en la última capa: (B, T) pasa a (B, T, C).

        Las filas cortas se rellenan por la derecha: una red causal no ve lo que viene después.
        """
        self._check(ids, past=0, last=1)
        with torch.inference_mode():
            output = self.network.get_decoder()(input_ids=ids, use_cache=False)
        hidden: Tensor = output.last_hidden_state.float()
        return hidden

    def score_trie(self, trie: TokenTrie) -> Tensor:
        """Puntúa un trie con muchas ramas por pasada: :func:`siguiente.llm.packing.score_trie`."""
        from siguiente.llm.packing import score_trie

        return score_trie(self, trie)

    def _check(self, ids: Tensor, past: int, last: int) -> None:
        if ids.ndim != 2 or ids.numel() == 0:
            raise ValueError(f"Se esperaban tokens de forma (B, T), con T >= 1, y llegó {tuple(ids.shape)}.")
        if not 1 <= last <= ids.shape[1]:
            raise ValueError(f"`last` debe estar entre 1 y T = {ids.shape[1]}, y vale {last}.")
        if past + ids.shape[1] > self.context_length:
            total = past + ids.shape[1]
            raise ValueError(f"El texto llega a {total} tokens y en el contexto caben {self.context_length}.")


def continued_cache(config: Any, state: CacheState | None) -> Any:
    """Crea una caché que empieza donde `state` terminó; al crecer, cada capa une tensores en otros nuevos."""
    from transformers.cache_utils import DynamicCache

    cache = DynamicCache(config=config)
    if state is not None and state.layers:
        cache.layers = [copy.copy(layer) for layer in state.layers]
    return cache


def unpadded(padding: Tensor | None, past: int, total: int) -> tuple[Tensor | None, Tensor | None]:
    """Qué posiciones son texto, (B, total), y cuál ocupa cada token nuevo en el suyo, (B, total - past)."""
    if padding is None:
        return None, None
    places = torch.arange(total) - padding[:, None]
    return places >= 0, places[:, past:].clamp(min=0)


def open_network(folder: Path, architecture: str) -> Any:
    """Abre una red convertida, con los pesos leídos del disco según hacen falta.

    Parameters
    ----------
    folder : Path
        Carpeta con `config.json` y `model.safetensors`.
    architecture : {"gemma3", "llama"}
        Familia de la red.

    Returns
    -------
    Module
        La red, en evaluación, en float32 y sin gradientes.
    """
    from safetensors.torch import load_file
    from transformers.initialization import no_init_weights

    module, name = NETWORKS[architecture]
    network_class = getattr(importlib.import_module(module), name)
    config = network_class.config_class(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
    with no_init_weights():  # los números al azar tardarían segundos y no se usarían
        network = network_class(config)
    weights = load_file(folder / "model.safetensors")
    if config.tie_word_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    network.load_state_dict(weights, assign=True)
    network.tie_weights()
    return network.requires_grad_(False).eval()
