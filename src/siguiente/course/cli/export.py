"""Lo que se entrena, en los formatos que abren transformers, tokenizers y quien los use, con su ficha."""

import json
from pathlib import Path

from siguiente.course.transformers.gpt2_twin import gpt2_twin
from siguiente.language_models.bpe import BPETokenizer
from siguiente.language_models.files.tokenizer_json import END_TEXT, write_tokenizer_json
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.store import write_atomically
from siguiente.transformers.gpt import GPT

CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG, CARD = MODEL_FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "README.md",
)
TEXT = """# {title}

Lo escribió la orden `siguiente` del curso. Es un GPT-2 pequeño: {parameters} parámetros, un contexto de
{context} tokens y un vocabulario de {vocabulary}. Se abre así:

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("{folder}")
tokenizer = AutoTokenizer.from_pretrained("{folder}")
```

O en la terminal: `siguiente complete "…" --model {folder}`.

**Licencia.** La del texto con que se entrenó, que es de quien lo dio. **Límites.** Es pequeño: escribe con la
forma de lo que leyó, inventa, y puede repetir trozos enteros de ese texto. No sirve para informar a nadie.
"""


def save_gpt(model: TextModel[GPT], folder: Path, title: str) -> tuple[str, ...]:
    """Guarda un GPT con su tokenizador y su ficha, como un GPT-2 de transformers; da sus archivos."""
    from safetensors.torch import save

    if not isinstance(model.tokenizer, WordTokenizer | BPETokenizer):
        raise ValueError("Solo se exporta un GPT con un tokenizador de palabras o de BPE.")
    twin, end = gpt2_twin(model.model), model.tokenizer.eos_id
    config = twin.config.to_dict() | {
        "architectures": ["GPT2LMHeadModel"],
        "bos_token_id": end,
        "eos_token_id": end,
    }
    tied = {"lm_head.weight"}  # es la misma tabla que convierte tokens en vectores
    weights = {name: value.contiguous() for name, value in twin.state_dict().items() if name not in tied}
    write_atomically(folder / CONFIG, json.dumps(config, indent=1, default=str))
    write_atomically(folder / WEIGHTS, save(weights, {"format": "pt"}))
    write_tokenizer_json(model.tokenizer, folder / TOKENIZER, starts=True)
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": END_TEXT, "eos_token": END_TEXT}
    write_atomically(
        folder / TOKENIZER_CONFIG, json.dumps(kind | {"model_max_length": model.model.context_length})
    )
    facts = {"parameters": sum(value.numel() for value in weights.values()), "folder": folder}
    shape = {"context": model.model.context_length, "vocabulary": model.tokenizer.vocab_size}
    write_atomically(folder / CARD, TEXT.format(title=title.capitalize(), **facts, **shape))
    return MODEL_FILES
