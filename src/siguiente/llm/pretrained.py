"""Un modelo preentrenado que cumple el protocolo del curso."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from siguiente.language_models.fast.trie import TokenTrie
from siguiente.language_models.protocol import check_room
from siguiente.llm.cache import CacheState, continued_cache, unpadded
from siguiente.llm.fast import packing


@dataclass(frozen=True, eq=False)
class PretrainedModel:
    """Una red causal de transformers, en evaluación y en float32, vista como modelo de lenguaje."""

    network: Any
    vocab_size: int
    context_length: int

    def step(self, ids: Tensor, state: CacheState | None = None, last: int = 1) -> tuple[Tensor, CacheState]:
        """Lee tokens nuevos, (B, T), y da los logits de los `last` últimos, (B, last, V), y otro estado.

        Lo leído antes, `state`, sigue siendo válido después.
        """
        past, padding = (0, None) if state is None else (state.length, state.padding)
        check_room(self, past + ids.shape[1])
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
        """Lee de una pasada B prompts de distinta longitud, con relleno por la izquierda que nadie ve.

        Devuelve los logits, (B, 1, V), del token que sigue a cada uno y el estado, de B filas.
        """
        length = max(map(len, prompts))
        padding = torch.tensor([length - len(prompt) for prompt in prompts])
        ids = torch.tensor([[0] * (length - len(prompt)) + list(prompt) for prompt in prompts])
        return self.step(ids, CacheState((), 0, padding) if padding.any() else None)

    def hidden(self, ids: Tensor) -> Tensor:
        """Devuelve el vector de cada token en la última capa: (B, T) pasa a (B, T, C).

        Las filas cortas se rellenan por la derecha: una red causal no ve lo que viene después.
        """
        check_room(self, ids.shape[1])
        with torch.inference_mode():
            output = self.network.get_decoder()(input_ids=ids, use_cache=False)
        hidden: Tensor = output.last_hidden_state.float()
        return hidden

    def score_trie(self, trie: TokenTrie) -> Tensor:
        """Puntúa un trie con muchas ramas por pasada: :func:`siguiente.llm.fast.packing.score_trie`."""
        return packing.score_trie(self, trie)


def open_network(folder: Path) -> Any:
    """Abre una red guardada como las de transformers, en evaluación y sin gradientes.

    Los pesos se leen según hacen falta.
    """
    from safetensors.torch import load_file

    network = empty_network(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    weights = load_file(folder / "model.safetensors")
    if network.config.tie_word_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    network.load_state_dict(weights, assign=True)
    network.tie_weights()
    return network.requires_grad_(False).eval()


def empty_network(config: Mapping[str, Any]) -> Any:
    """La red causal que describe una configuración de transformers, sin dar valor a sus pesos."""
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.initialization import no_init_weights

    with no_init_weights():  # los números al azar tardarían segundos y no se usarían
        return AutoModelForCausalLM.from_config(AutoConfig.for_model(**config))
