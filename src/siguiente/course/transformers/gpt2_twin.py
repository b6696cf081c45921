"""El mismo modelo en transformers: un GPT-2 con los pesos copiados, para comparar."""

from typing import Any

import torch

from siguiente.transformers.gpt import GPT

#: Cómo llamamos a las piezas que transformers llama de otra manera.
OURS = {
    "transformer.wte": "tokens",
    "transformer.wpe": "positions",
    "transformer.ln_f": "norm",
    "transformer.h": "blocks",
    "ln_1": "norm1",
    "ln_2": "norm2",
    "attn.c_attn": "attention.qkv",
    "attn.c_proj": "attention.out",
    "mlp.c_fc": "widen",
    "mlp.c_proj": "narrow",
}


@torch.no_grad()
def gpt2_twin(model: GPT) -> Any:
    """Construye el GPT-2 de transformers con los pesos de un GPT causal nuestro, en evaluación.

    >>> from siguiente.transformers.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=9, context_length=4, layers=1, heads=2, channels=4))
    >>> ids = torch.tensor([[3, 1, 4]])
    >>> torch.allclose(gpt2_twin(model)(ids).logits, model(ids), atol=1e-6)
    True
    """
    from transformers.models.gpt2 import GPT2Config, GPT2LMHeadModel

    c = model.config
    settings: dict[str, Any] = {"vocab_size": c.vocab_size, "n_positions": c.context_length}
    settings |= {"n_embd": c.channels, "n_layer": c.layers, "n_head": c.heads}
    settings |= {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    twin = GPT2LMHeadModel(GPT2Config(**settings, bos_token_id=None, eos_token_id=None))
    for name, weights in twin.named_parameters():
        ours = model.get_parameter(our_name(name))
        weights.copy_(ours.T if ".c_" in name and name.endswith("weight") else ours)  # las suyas, traspuestas
    return twin.eval()


def our_name(name: str) -> str:
    """Cómo llamamos a un parámetro de transformers.

    >>> our_name("transformer.h.2.attn.c_proj.bias")
    'blocks.2.attention.out.bias'
    """
    for theirs, ours in OURS.items():
        name = name.replace(theirs, ours)
    return name
