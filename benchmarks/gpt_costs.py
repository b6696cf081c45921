"""Mide lo que cuesta entrenar un GPT según su tamaño y su contexto, y renueva la tabla del curso.

Se llama con `python benchmarks/gpt_costs.py`. Cada caso va en un proceso nuevo, con un hilo: así la memoria
es la suya. El tiempo es el de procesador, que no cuenta lo que el equipo dedica a otros.
"""

import argparse
import csv
import datetime
import io
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

import psutil
import torch
from gpt import our_loss, stepper
from pairs import processor_seconds
from run import machine
from torch import Tensor

from siguiente.runtime.store import write_atomically
from siguiente.transformers import gpt
from siguiente.transformers.attention import causal_mask, scaled_dot_product
from siguiente.transformers.costs import count_parameters
from siguiente.transformers.gpt import GPT, GPTConfig

SAVED = Path(__file__).parents[1] / "src" / "siguiente" / "course" / "transformers" / "measured_costs.csv"
HEADER = ["attention", "parameters", "context", "microseconds_per_token", "megabytes", "machine", "date"]
FUSED, BY_HAND = "fused", "by hand"  # la atención de PyTorch, que no guarda los pesos, y la escrita a mano
VOCABULARY, TOKENS = 512, 2048  # tokens por paso: más contexto, menos ventanas
SIZES = ((2, 32), (3, 64), (4, 128), (6, 192), (8, 320))  # bloques y canales, con 128 de contexto
CONTEXTS = (32, 64, 128, 256, 512, 1024, 2048)  # con cuatro bloques de 128 canales


def main() -> None:
    """Mide un caso, si se dice cuál, o todos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs=4, metavar=("ATENCIÓN", "BLOQUES", "CANALES", "CONTEXTO"))
    if case := parser.parse_args().case:
        print(case[0], *measure(case[0] == BY_HAND, *map(int, case[1:])), sep=",")
        return
    cases = [(FUSED, *size, 128) for size in SIZES]
    cases += [(FUSED, 4, 128, length) for length in CONTEXTS if length != 128]
    cases += [(BY_HAND, 4, 128, length) for length in CONTEXTS]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADER)
    for case in cases:
        # Dos procesos: en el de la memoria, lo liberado vuelve enseguida al sistema, y eso cuesta tiempo.
        *found, microseconds, _ = in_new_process(case, {})
        *_, megabytes = in_new_process(case, {"MALLOC_MMAP_THRESHOLD_": "65536"})
        writer.writerow([*found, microseconds, megabytes, machine(), f"{datetime.date.today()}"])
        print(buffer.getvalue().splitlines()[-1], flush=True)
    write_atomically(SAVED, buffer.getvalue())


def in_new_process(case: Sequence[object], environment: Mapping[str, str]) -> list[str]:
    """Lo que escribe un caso, medido en un proceso suyo."""
    command = [sys.executable, __file__, "--case", *map(str, case)]
    env = {**os.environ, **environment}
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", env=env)
    return done.stdout.strip().split(",")


def peak_memory(run: Callable[[], object]) -> int:
    """Bytes que llega a ocupar este proceso mientras se ejecuta algo, mirados cada milisegundo."""
    process, over, seen = psutil.Process(), Event(), [0]

    def watch() -> None:
        while not over.wait(1e-3):
            seen.append(process.memory_info().rss)

    watcher = Thread(target=watch)
    watcher.start()
    run()
    over.set()
    watcher.join()
    return max(seen)


def attend_by_hand(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Lo que da `fused_attention`, con todos los pesos a la vez en la memoria."""
    return scaled_dot_product(q, k, v, causal_mask(q.shape[2]))[0]


def measure(by_hand: bool, layers: int, channels: int, context: int) -> tuple[int, int, float, float]:
    """Parámetros, contexto, microsegundos por token y megabytes de entrenar una red."""
    torch.set_num_threads(1)
    if by_hand:
        vars(gpt)["fused_attention"] = attend_by_hand
    config = GPTConfig(VOCABULARY, context, layers, max(1, channels // 32), channels)
    ids = torch.randint(VOCABULARY, (TOKENS // context, context), generator=torch.Generator().manual_seed(0))
    small = GPT(GPTConfig(8, 8, 1, 1, 8))
    stepper(small, lambda: our_loss(small, torch.zeros(1, 8, dtype=torch.int64)))()  # lo que PyTorch carga
    before = psutil.Process().memory_info().rss
    model = GPT(config)
    step = stepper(model, lambda: our_loss(model, ids))
    seconds = [processor_seconds(step) for _ in range(9)]
    memory = (peak_memory(lambda: [step() for _ in range(4)]) - before) / 2**20
    microseconds = 1e6 * statistics.median(seconds[1:]) / TOKENS
    return count_parameters(config), context, round(microseconds, 2), round(memory, 1)


if __name__ == "__main__":
    main()
