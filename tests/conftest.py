"""Lo común a las pruebas: cómo se sortean los ejemplos, un modelo pequeño al azar y un Python sin POSIX."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from siguiente.language_models.gru import GRU, GRUConfig
from siguiente.language_models.protocol import ByteTokenizer, TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.transformers.gpt import GPT, GPTConfig

# Lo que tarda un ejemplo depende de la máquina y de su carga: no dice nada del código.
settings.register_profile("course", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("course")

# Lo ejecuta todo Python que lo tenga en `PYTHONPATH`, también el de un kernel, antes que ninguna otra cosa.
WITHOUT_POSIX = """
import os, sys
import filelock, psutil  # cada sistema tiene su manera de hacer lo suyo, y en este es con esos módulos

for name in ("resource", "fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("fork", "forkpty", "killpg"):
    if hasattr(os, name):
        delattr(os, name)
"""


class RandomGRU(GRU):
    """Cuenta las posiciones que lee, para ver que lo común se lee una vez."""

    def __init__(self, vocab_size=258, width=16, context_length=None):
        super().__init__(GRUConfig(vocab_size, width, width))
        self.context_length, self.read = context_length, 0
        for weights in self.parameters():
            weights.data *= 3  # predicciones lejos de la uniforme

    def step(self, ids, state=None, last=1):
        self.read += ids.numel()
        return super().step(ids, state, last)


@pytest.fixture
def gru():
    return RandomGRU()


@pytest.fixture
def text_gru(gru):
    return TextModel(gru, ByteTokenizer())


@pytest.fixture(scope="session")
def without_posix(tmp_path_factory) -> Path:
    """Carpeta que, en `PYTHONPATH`, quita a Python los módulos y las funciones que no hay en Windows."""
    folder = tmp_path_factory.mktemp("without_posix")
    (folder / "sitecustomize.py").write_text(WITHOUT_POSIX, encoding="utf-8")
    return folder


@pytest.fixture
def oracle():
    """Los logits de todas las posiciones de un texto, de una vez: con ellos se comparan los atajos."""

    def one_pass(model, ids):
        logits, _ = model.step(ids, last=ids.shape[1])
        return logits.log_softmax(-1)

    return one_pass


@pytest.fixture
def prompts():
    return ["di sí.", "di no."]


@pytest.fixture
def policy(prompts):
    """Una política de juguete: pocas palabras, y una recompensa que se puede subir en segundos."""
    tokenizer = WordTokenizer.from_texts([*prompts, " sí no gracias"])
    config = GPTConfig(tokenizer.vocab_size, context_length=16, layers=1, heads=2, channels=8)
    return TextModel(GPT(config).eval(), tokenizer)
