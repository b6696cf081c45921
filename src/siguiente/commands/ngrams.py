"""Cuenta los n-gramas de un texto, mide lo que sabe cada orden, escribe un poco y lo dibuja.

``siguiente ngrams mi_libro.txt --order 4 --smoothing kneser-ney``

Sin texto, cuenta los cuentos del curso. El último décimo se aparta para medir. El modelo queda en
``model.arpa``, que lee KenLM (el de ``laplace`` no cabe en ese formato): a cada palabra le precede su número.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.course.cli import command

if TYPE_CHECKING:
    from siguiente.evaluation.intervals import Estimate
    from siguiente.language_models.ngram import NGramModel
    from siguiente.language_models.protocol import TextModel

STORIES = 5000  # cuentos que se cuentan si no se da otro texto
HELD_OUT = 10  # de cada cuántos textos se aparta uno para ajustar los pesos
SMOOTHINGS = ("kneser-ney", "interpolation", "laplace")
MODEL = "model.arpa"
LEAST = 1e-4  # el peso del uniforme, como poco


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    command.add_text(parser)
    add("--order", type=command.COUNT, default=5, metavar="N", help="palabras del n-grama (%(default)s)")
    add("--smoothing", choices=SMOOTHINGS, default=SMOOTHINGS[0], help="el suavizado (%(default)s)")
    add("--prompt", default="", metavar="TEXTO", help="lo que el de mayor orden continúa (nada)")
    add("--length", type=command.COUNT, default=60, metavar="N", help="tokens que escribe (%(default)s)")
    command.add_seed(parser)
    command.add_results(parser, "ngrams")


def run(options: Namespace) -> command.Result:
    """Cuenta, mide cada orden, escribe y dibuja; devuelve lo que hay que decir."""
    import torch

    from siguiente.course.cli.text_file import corpus
    from siguiente.course.figures.curves import estimate_curves
    from siguiente.course.report.numbers import interval, number
    from siguiente.language_models.sampling import complete, sampler

    learn, held_out = corpus(options.text, STORIES)
    command.open_folder(options, MODEL, command.FIGURE)
    models = trained(learn, options.order, options.smoothing)
    paid = measured(models, held_out)
    choose = sampler(torch.Generator().manual_seed(options.seed))
    written = complete(models[-1], options.prompt, options.length, choose)[0]
    axes = "Orden", "Bits por byte en texto apartado"
    orders = range(1, len(paid) + 1)
    command.save_figure(options.out / command.FIGURE, lambda: estimate_curves(orders, {"": paid}, *axes))
    files = [*save_model(models[-1], options.out), command.FIGURE]
    rows = [
        f"Orden {order}: {number(bits.value, 3)} bits por byte {interval(bits.low, bits.high, 3)}."
        for order, bits in zip(orders, paid, strict=True)
    ]
    said = [*rows, f"\nEl de orden {options.order} escribe:\n{options.prompt}{written.strip()}\n"]
    said.append(command.written(options.out, *files))
    facts = {"bits_per_byte": [bits.value for bits in paid], "text": written, "out": str(options.out)}
    return command.Result("\n".join(said), facts)


def save_model(model: "TextModel[NGramModel]", folder: Path) -> list[str]:
    """Guarda el modelo en ARPA, si cabe; da los archivos que escribió."""
    from siguiente.language_models.files.arpa import arpa_words, write_arpa

    if not model.model.recursive:
        return []
    write_arpa(model.model, arpa_words(model.tokenizer), folder / MODEL)
    return [MODEL]


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
        models = [interpolate(c, floored(fit_weights(part.up_to(c.order), rest))) for c in counts]
    else:
        models = list(map(kneser_ney if smoothing == "kneser-ney" else add_k, counts))
    return [TextModel(model, tokenizer) for model in models]


def floored(weights: Sequence[float]) -> list[float]:
    """Unos pesos en que el uniforme, el primero, nunca es cero: lo que no se vio sigue siendo posible.

    >>> floored([0.0, 0.5, 0.5])
    [0.0001, 0.49995, 0.49995]
    """
    if weights[0] >= LEAST:
        return [*weights]
    return [LEAST, *(weight * (1 - LEAST) / (1 - weights[0]) for weight in weights[1:])]


def measured(models: "Sequence[TextModel[NGramModel]]", texts: Sequence[str]) -> "list[Estimate]":
    """Los bits por byte de cada modelo, con una barra que dice cuánto queda."""
    import math

    import torch
    from tqdm import tqdm

    from siguiente.evaluation.intervals import bootstrap
    from siguiente.language_models.scoring import text_nats

    paid = torch.zeros(len(models), len(texts), dtype=torch.double)
    with tqdm(desc="Midiendo", total=paid.numel(), unit="textos", bar_format=command.BAR) as bar:
        for order, model in enumerate(models):
            for number, text in enumerate(texts):
                paid[order, number] = text_nats(model, [text], end=True)[0]
                bar.update()
    size = sum(len(text.encode()) for text in texts) / len(texts)
    return [bootstrap(row / math.log(2) / size) for row in paid]
