"""Mide lo que cuesta un paso de GRPO según la política y el grupo, y renueva la tabla del curso.

Se llama con `python benchmarks/alignment_costs.py`, con un hilo. El tiempo es el de procesador, que no cuenta
lo que el equipo dedica a otros.
"""

import csv
import datetime
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from alignment import ANSWER, PROMPT, NumberWords, our_grpo, texts
from run import machine

from siguiente.alignment.rollouts import sample_answers
from siguiente.language_models.text import TextModel
from siguiente.store import write_atomically
from siguiente.transformers.gpt import GPT, GPTConfig, parameters_count

SAVED = Path(__file__).parents[1] / "src" / "siguiente" / "alignment" / "measured_costs.csv"
HEADER = ["parameters", "group", "step", "writing", "machine", "date"]
VOCABULARY, GROUP = 1478, 8
SIZES = ((2, 32), (2, 64), (4, 128), (6, 192), (12, 256))  # bloques y canales, con grupos de 8
GROUPS = (2, 4, 8, 16, 32, 64)  # con dos bloques de 64 canales


def main() -> None:
    """Mide todos los casos."""
    torch.set_num_threads(1)
    cases = [(*SIZES[1], group) for group in GROUPS]
    cases += [(*size, GROUP) for size in SIZES if size != SIZES[1]]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADER)
    for case in cases:
        writer.writerow([*measure(*case), machine(), f"{datetime.date.today()}"])
        print(buffer.getvalue().splitlines()[-1], flush=True)
    write_atomically(SAVED, buffer.getvalue())


def measure(layers: int, channels: int, group: int) -> tuple[int, int, float, float]:
    """Parámetros, grupo y segundos: de un paso entero y de escribir sus respuestas."""
    config = GPTConfig(VOCABULARY, PROMPT + ANSWER, layers, max(1, channels // 32), channels)
    prompts, policy = texts(VOCABULARY, 1, PROMPT), TextModel(GPT(config), NumberWords(VOCABULARY))
    generator = torch.Generator().manual_seed(0)
    step = processor_time(our_grpo(config, prompts, group))
    writing = processor_time(lambda: sample_answers(policy, prompts, generator, ANSWER, group))
    return parameters_count(config), group, step, writing


def processor_time(function: Callable[[], object]) -> float:
    """La mediana de cinco llamadas, tras una que no cuenta."""
    seconds = []
    for _ in range(6):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return float(f"{statistics.median(seconds[1:]):.3g}")


if __name__ == "__main__":
    main()
