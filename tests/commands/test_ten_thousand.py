"""Clasificar diez mil textos: la memoria está acotada, y morir a mitad no cambia ni un byte de lo que sale.

Tarda minutos: ``pytest -m slow tests/commands/test_ten_thousand.py``. Con ``ROWS`` y ``MODEL`` se prueba con
menos textos y con otro modelo, como ``gemma-3-270m``.
"""

import csv
import os
import subprocess
import sys
import time
from contextlib import suppress
from random import Random

import psutil
import pytest

from siguiente.course.cli.export import save_gpt
from siguiente.language_models.bpe import BPETokenizer
from siguiente.language_models.protocol import TextModel
from siguiente.transformers.gpt import GPT, GPTConfig

ROWS, MODEL, KILLS = int(os.environ.get("ROWS", "10000")), os.environ.get("MODEL"), 10
MEMORY = 2.5e9
WORDS = [
    "la película",
    "me gustó",
    "poco",
    "nada",
    "siempre",
    "final",
    "música",
    "noche",
    "😀",
    "año",
    "niño",
]
RESULTS = ("predictions.csv", "summary.txt", "scores.json", "report.html", "confusion.png")


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """La orden, sin decir dónde escribe, con sus textos y su modelo."""
    base, rng, model = tmp_path_factory.mktemp("diez_mil"), Random(0), MODEL
    with (base / "textos.csv").open("w", encoding="utf-8", newline="") as stream:
        texts = (" ".join(rng.choices(WORDS, k=rng.randint(3, 12))) for _ in range(ROWS))
        rows = ([f"{i} {text}", rng.choice(["bien", "mal", ""])] for i, text in enumerate(texts))
        csv.writer(stream).writerows([("text", "label"), *rows])
    if model is None:
        model, tokenizer = base / "gpt", BPETokenizer(())
        model.mkdir()
        shape = GPTConfig(tokenizer.vocab_size, context_length=256, layers=1, heads=2, channels=16)
        save_gpt(TextModel(GPT(shape), tokenizer), model, "Un GPT sin entrenar")
    given = [str(base / "textos.csv"), "--model", str(model), "--k", "0", "--template", "<text>:"]
    return [sys.executable, "-m", "siguiente", "classify", *given, "--out"]


def watched(order, out, seconds=None, saved=False):
    """Da la orden y, pasados unos segundos, la mata; con `saved`, se cuentan desde que guarda algo nuevo.

    Dice con qué código acabó, la memoria que ocupó y los segundos que llevaba al empezar a guardar.
    """
    log, environment = out / "scores.json", os.environ | {"OMP_NUM_THREADS": "1"}
    found, quiet = size(log), {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*order, str(out)], env=environment, **quiet) as run:
        seen, most, start, first = psutil.Process(run.pid), 0, time.monotonic(), None
        while run.poll() is None:
            with suppress(psutil.NoSuchProcess):
                most = max(most, seen.memory_info().rss)
            if first is None and size(log) > found + 1_000:
                first = time.monotonic() - start
            begun = first if saved else 0
            if seconds is not None and begun is not None and time.monotonic() - start > begun + seconds:
                run.kill()
            time.sleep(0.05)
    return run.returncode, most, first


def size(path):
    return path.stat().st_size if path.exists() else 0


@pytest.mark.slow
def test_ten_kills_change_nothing_and_memory_is_bounded(order, tmp_path):
    start = time.monotonic()
    code, memory, first = watched(order, tmp_path / "whole")
    seconds = time.monotonic() - start
    sys.stderr.write(f"\n{ROWS} textos en {seconds:.0f} s; {memory / 1e9:.2f} GB.\n")
    assert code == 0
    assert memory < MEMORY
    rng, codes, done = Random(1), [], []
    for kill in range(KILLS):  # dos, al arrancar; las demás, según guarda
        early = kill in (0, 5)
        wait = rng.uniform(0, first if early else 1.5 * (seconds - first) / KILLS)
        codes.append(watched(order, tmp_path / "parts", wait, saved=not early)[0])
        done.append(size(tmp_path / "parts" / "scores.json"))
    sys.stderr.write(f"Códigos al morir: {codes}. Bytes guardados tras cada muerte: {done}.\n")
    assert done == sorted(done)  # nada de lo guardado se pierde
    assert sum(code not in (0, 2) for code in codes) > KILLS // 2
    assert watched(order, tmp_path / "parts")[0] == 0
    for name in RESULTS:
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
