"""Mide lo que cuesta un paso de GRPO según la política y el grupo, y renueva la tabla del curso.

Se llama con `python benchmarks/alignment_costs.py`, con un hilo. El tiempo es el de procesador, que no cuenta
lo que el equipo dedica a otros. Los casos se miden por turnos, así que lo que frene al equipo un rato los
frena a todos, y la tabla se guarda tras cada vuelta.
"""

import csv
import datetime
import io
import statistics
from functools import partial
from pathlib import Path

import torch
from alignment import ANSWER, PROMPT, NumberWords, our_grpo, texts
from pairs import processor_seconds
from run import machine

from siguiente.alignment.rollouts import sample_answers
from siguiente.language_models.protocol import TextModel
from siguiente.runtime.store import write_atomically
from siguiente.transformers.costs import count_parameters
from siguiente.transformers.gpt import GPT, GPTConfig

SAVED = Path(__file__).parents[1] / "src" / "siguiente" / "alignment" / "measured_costs.csv"
HEADER = ["parameters", "group", "step", "writing", "machine", "date"]
VOCABULARY, GROUP, REPEATS = 1478, 8, 15
SIZES = ((2, 32), (2, 64), (4, 128), (6, 192), (12, 256))  # bloques y canales, con grupos de 8
GROUPS = (2, 4, 8, 16, 32, 64)  # con dos bloques de 64 canales


class Case:
    """Una política y un grupo, con lo que tardó cada vez."""

    def __init__(self, layers: int, channels: int, group: int) -> None:
        config = GPTConfig(VOCABULARY, PROMPT + ANSWER, layers, max(1, channels // 32), channels)
        prompts, policy = texts(VOCABULARY, 1, PROMPT), TextModel(GPT(config), NumberWords(VOCABULARY))
        generator = torch.Generator().manual_seed(0)
        self.names = [count_parameters(config), group]
        self.step = our_grpo(config, prompts, group)
        self.write = partial(sample_answers, policy, prompts, generator, ANSWER, group)
        self.seconds: list[tuple[float, float]] = []

    def measure(self) -> None:
        """Mide una vez un paso entero y otra solo escribir las respuestas."""
        self.seconds.append((processor_seconds(self.step), processor_seconds(self.write)))

    def row(self) -> list[object]:
        """Las medianas de lo medido."""
        medians = [f"{statistics.median(column):.3g}" for column in zip(*self.seconds, strict=True)]
        return [*self.names, *medians, machine(), datetime.date.today()]


def main() -> None:
    """Mide todos los casos, por turnos."""
    torch.set_num_threads(1)
    cases = [Case(*SIZES[1], group) for group in GROUPS]
    cases += [Case(*size, GROUP) for size in SIZES if size != SIZES[1]]
    for case in cases:
        case.step(), case.write()  # la primera vez no cuenta
    for _ in range(REPEATS):
        for case in cases:
            case.measure()
        write_atomically(SAVED, table([case.row() for case in cases]))
        print(len(cases[0].seconds), flush=True)


def table(rows: list[list[object]]) -> str:
    """Las filas, como un CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([HEADER, *rows])
    return buffer.getvalue()


if __name__ == "__main__":
    main()
