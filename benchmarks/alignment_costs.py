"""Mide lo que cuesta un paso de GRPO según la política y el grupo, y renueva la tabla del curso.

Se llama con `python benchmarks/alignment_costs.py`, con un hilo. Cada caso se guarda en cuanto se mide, y lo
que ya está guardado no se repite: para medirlo todo otra vez, se borra la tabla. El tiempo es el de
procesador, que no cuenta lo que el equipo dedica a otros.
"""

import csv
import datetime
import io
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
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
VOCABULARY, GROUP, REPEATS = 1478, 8, 7
SIZES = ((2, 32), (2, 64), (4, 128), (6, 192), (12, 256))  # bloques y canales, con grupos de 8
GROUPS = (2, 4, 8, 16, 32, 64)  # con dos bloques de 64 canales


def main() -> None:
    """Mide los casos que falten."""
    torch.set_num_threads(1)
    cases = [(*SIZES[1], group) for group in GROUPS]
    cases += [(*size, GROUP) for size in SIZES if size != SIZES[1]]
    rows = saved()
    for layers, channels, group in cases:
        config = GPTConfig(VOCABULARY, PROMPT + ANSWER, layers, max(1, channels // 32), channels)
        case = [str(parameters_count(config)), str(group)]
        if case not in [row[:2] for row in rows]:
            seconds = [f"{value:.3g}" for value in measure(config, group)]
            rows.append([*case, *seconds, machine(), f"{datetime.date.today()}"])
            print(*rows[-1], flush=True)
            write_atomically(SAVED, written([HEADER, *rows]))


def saved() -> list[list[str]]:
    """Las filas que ya hay."""
    lines = SAVED.read_text(encoding="utf-8").splitlines() if SAVED.exists() else []
    return list(csv.reader(lines))[1:]


def written(rows: Iterable[Sequence[str]]) -> str:
    """Las filas, como un CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def measure(config: GPTConfig, group: int) -> tuple[float, float]:
    """Segundos de un paso entero y de escribir sus respuestas."""
    prompts, policy = texts(VOCABULARY, 1, PROMPT), TextModel(GPT(config), NumberWords(VOCABULARY))
    generator = torch.Generator().manual_seed(0)
    step = processor_time(our_grpo(config, prompts, group))
    writing = processor_time(lambda: sample_answers(policy, prompts, generator, ANSWER, group))
    return step, writing


def processor_time(function: Callable[[], object]) -> float:
    """La mediana de unas llamadas, tras una que no cuenta."""
    seconds = []
    for _ in range(1 + REPEATS):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    main()
