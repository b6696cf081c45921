"""Abrir Gemma: nuestro punto de control frente a la lectura del GGUF que hace transformers."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import Benchmark

OURS = """
from siguiente.llm.files.loading import load
model = load("gemma-3-270m")
model.model.step(model.prompt("Hola"))
"""
PEER = """
import sys
from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1], gguf_file=sys.argv[2])
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], gguf_file=sys.argv[2])
model(**tokenizer("Hola", return_tensors="pt"))
"""


def run(code: str, *arguments: str, **env: str) -> None:
    """Ejecuta un programa en un proceso nuevo, como la primera celda de una página."""
    subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, env=os.environ | env, capture_output=True
    )


def first_use() -> None:
    """Comprobar, convertir y abrir, con la caché vacía."""
    with tempfile.TemporaryDirectory() as cache:
        run(OURS, SIGUIENTE_CACHE=cache)


def benchmarks(folder: Path) -> list[Benchmark]:
    """Las dos comparaciones; `folder` guarda el archivo GGUF entero que pide transformers."""
    from siguiente.llm.files.catalogue import card
    from siguiente.llm.files.sources import find, join

    gemma = card("gemma-3-270m")
    join(find(gemma), folder / gemma.filename)

    def peer() -> None:
        run(PEER, str(folder), gemma.filename)

    return [
        Benchmark("Abrir Gemma por primera vez", first_use, peer, goal=0.5, repeats=3),
        Benchmark("Abrir Gemma después", lambda: run(OURS), peer, goal=0.2, repeats=3),
    ]
