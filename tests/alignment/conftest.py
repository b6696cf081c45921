"""Una política de juguete: pocas palabras, y una recompensa que se puede subir en segundos."""

import pytest

from siguiente.language_models.text import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.transformers.gpt import GPT, GPTConfig

PROMPTS = ["di sí.", "di no."]


@pytest.fixture
def policy():
    tokenizer = WordTokenizer.from_texts([*PROMPTS, " sí no gracias"])
    config = GPTConfig(tokenizer.vocab_size, context_length=16, layers=1, heads=2, channels=8)
    return TextModel(GPT(config).eval(), tokenizer)


@pytest.fixture
def prompts():
    return PROMPTS
