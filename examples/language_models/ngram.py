"""Cuenta los n-gramas de un texto, mide lo que sabe cada orden, escribe un poco y lo dibuja.

``python examples/language_models/ngram.py --text mi_libro.txt --order 4 --smoothing kneser-ney``

Sin texto, cuenta los cuentos del curso. El último décimo se aparta para medir. Si se interrumpe, no deja nada
a medias.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.course.cli import scripts

if TYPE_CHECKING:
    from siguiente.evaluation.intervals import Estimate
    from siguiente.language_models.ngram import NGramModel
    from siguiente.language_models.protocol import TextModel

STORIES = 5000  # cuentos que se cuentan si no se da otro texto
HELD_OUT = 10  # de cada cuántos textos se aparta uno para ajustar los pesos
SMOOTHINGS = ("kneser-ney", "interpolation", "laplace")


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, cuenta y escribe los resultados."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("--text", type=Path, metavar="ARCHIVO", help="un texto en UTF-8 (si falta, los cuentos del curso)")
    add("--order", type=int, default=5, metavar="N", help="palabras del n-grama (%(default)s)")
    add("--smoothing", choices=SMOOTHINGS, default=SMOOTHINGS[0], help="el suavizado (%(default)s)")
    add("--length", type=int, default=60, metavar="N", help="tokens que escribe, como mucho (%(default)s)")
    add("--seed", type=int, default=0, help="con la misma semilla, el mismo texto (%(default)s)")
    add("--plot", type=Path, default=Path("ngram.png"), metavar="ARCHIVO", help="la figura (%(default)s)")
    add("--overwrite", action="store_true", help="sustituye la figura si ya existe")
    return scripts.run_script(parser, run, given, stopped=": no queda nada a medias.")


def run(options: argparse.Namespace) -> str:
    """Cuenta, mide cada orden, escribe y dibuja; devuelve lo que hay que decir."""
    import torch

    from siguiente.course.cli.text_file import corpus
    from siguiente.course.figures.curves import estimate_curves
    from siguiente.course.report.numbers import interval, number
    from siguiente.language_models.sampling import complete, sampler

    if options.order < 1 or options.length < 1:
        raise ValueError(f"--order ({options.order}) y --length ({options.length}) deben ser al menos 1")
    scripts.check_place(options.plot, options.text, options.overwrite)
    learn, held_out = corpus(options.text, STORIES)
    models = trained(learn, options.order, options.smoothing)
    paid = measured(models, held_out)
    choose = sampler(torch.Generator().manual_seed(options.seed))
    written = complete(models[-1], "", options.length, choose)[0].strip()
    axes = "Orden", "Bits por byte en texto apartado"
    orders = range(1, len(paid) + 1)
    scripts.save_figure(options.plot, lambda: estimate_curves(orders, {"": paid}, *axes))
    rows = [
        f"Orden {order}: {number(bits.value, 3)} bits por byte {interval(bits.low, bits.high, 3)}."
        for order, bits in zip(orders, paid, strict=True)
    ]
    said = [*rows, f"\nEl de orden {options.order} escribe:\n{written}", f"\nFigura: {options.plot}."]
    return "\n".join(said)


def trained(texts: Sequence[str], order: int, smoothing: str) -> "list[TextModel[NGramModel]]":
    """Un modelo por orden. Lo que se ve una sola vez se cuenta byte a byte: así se aprende a deletrear."""
    from siguiente.language_models.kneser_ney import kneser_ney
    from siguiente.language_models.ngram_counts import count_ngrams
    from siguiente.language_models.protocol import TextModel
    from siguiente.language_models.smoothing import add_k, fit_weights, interpolate
    from siguiente.language_models.windows import token_stream
    from siguiente.language_models.words import WordTokenizer

    tokenizer = WordTokenizer.from_texts(texts, min_count=2)
    size, end, cut = tokenizer.vocab_size, tokenizer.eos_id, len(texts) - len(texts) // HELD_OUT
    stream = token_stream(tokenizer, texts)
    print(f"{len(texts)} textos, {len(stream)} tokens, vocabulario de {size}.", flush=True)
    whole = count_ngrams(stream, order, size, end)
    counts = [whole.up_to(k) for k in range(1, order + 1)]
    if smoothing == "interpolation":  # los pesos, con un décimo que no se cuenta al ajustarlos
        part = count_ngrams(token_stream(tokenizer, texts[:cut]), order, size, end)
        rest = token_stream(tokenizer, texts[cut:])
        models = [interpolate(c, fit_weights(part.up_to(c.order), rest)) for c in counts]
    else:
        models = list(map(kneser_ney if smoothing == "kneser-ney" else add_k, counts))
    return [TextModel(model, tokenizer) for model in models]


def measured(models: "Sequence[TextModel[NGramModel]]", texts: Sequence[str]) -> "list[Estimate]":
    """Los bits por byte de cada modelo, con una barra que dice cuánto queda."""
    import math

    import torch
    from tqdm import tqdm

    from siguiente.evaluation.intervals import bootstrap
    from siguiente.language_models.scoring import text_nats

    paid = torch.zeros(len(models), len(texts), dtype=torch.double)
    with tqdm(desc="Midiendo", total=paid.numel(), unit="textos", bar_format=scripts.BAR) as bar:
        for order, model in enumerate(models):
            for number, text in enumerate(texts):
                paid[order, number] = text_nats(model, [text], end=True)[0]
                bar.update()
    size = sum(len(text.encode()) for text in texts) / len(texts)
    return [bootstrap(row / math.log(2) / size) for row in paid]


if __name__ == "__main__":
    sys.exit(main())
