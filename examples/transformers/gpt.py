"""Entrena un GPT con un texto propio, lo mide, le deja escribir y dibuja lo que aprendió.

``python examples/transformers/gpt.py --text mi_libro.txt --steps 2000 --checkpoint mi_gpt``

Sin texto, aprende los cuentos del curso. El último décimo se aparta para medir. Si se interrumpe, la misma
orden sigue donde estaba.
"""

import argparse
import math
import re
import sys
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.course.cli import scripts

if TYPE_CHECKING:
    from torch import Tensor

    from siguiente.language_models.bpe import BPETokenizer
    from siguiente.language_models.protocol import TextModel
    from siguiente.language_models.training import TrainingConfig
    from siguiente.language_models.words import WordTokenizer
    from siguiente.transformers.gpt import GPT

STORIES = 3000  # cuentos con que se aprende si no se da otro texto
MEASURED = 50_000  # bytes con que se mide, como mucho: más no afina la curva y cuesta tiempo
REPORTS = 20  # veces que se mide y se guarda
WEIGHTS, VOCABULARY, FIGURE = "checkpoint.pt", "tokenizer.json", "learning.png"


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, entrena y escribe los resultados."""
    parser = scripts.new_parser(__doc__)
    add_options(parser)
    return scripts.run_script(parser, run, given)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declara las opciones de la orden."""
    add = parser.add_argument
    add("--text", type=Path, metavar="ARCHIVO", help="un texto en UTF-8 (si falta, los cuentos del curso)")
    add("--tokenizer", choices=("words", "bpe", "bytes"), default="words", help="cómo se corta (%(default)s)")
    add("--vocab", type=int, default=1024, metavar="N", help="tokens del vocabulario, con bpe (%(default)s)")
    add("--layers", type=int, default=4, metavar="N", help="bloques (%(default)s)")
    add("--heads", type=int, default=4, metavar="N", help="cabezas de atención por bloque (%(default)s)")
    add("--channels", type=int, default=128, metavar="N", help="números por token (%(default)s)")
    add("--context", type=int, default=128, metavar="N", help="tokens que puede mirar (%(default)s)")
    add("--steps", type=int, default=1000, metavar="N", help="pasos de entrenamiento (%(default)s)")
    add("--batch", type=int, default=16, metavar="N", help="ventanas por paso (%(default)s)")
    add("--rate", type=float, default=2e-3, metavar="X", help="tasa de aprendizaje (%(default)s)")
    add("--seed", type=int, default=0, help="con la misma semilla, el mismo modelo (%(default)s)")
    add("--checkpoint", type=Path, default=Path("gpt"), metavar="CARPETA", help="donde guarda (%(default)s)")
    add("--restart", action="store_true", help="borra lo guardado y empieza de nuevo")
    add("--overwrite", action="store_true", help="sustituye en la carpeta lo que no sea de esta orden")
    add("--prompt", default="", metavar="TEXTO", help="lo que debe continuar al final (nada)")
    add("--length", type=int, default=100, metavar="N", help="tokens que escribe, como mucho (%(default)s)")


def run(options: argparse.Namespace) -> str:
    """Entrena lo que falta, escribe una muestra y la figura, y devuelve lo que hay que decir."""
    from siguiente.language_models.windows import token_stream

    learn, held_out = texts(options.text)
    model = made(options, learn)
    streams = [token_stream(model.tokenizer, texts) for texts in (learn, held_out)]
    check(options, model, streams)
    prepare(options.checkpoint, options.restart, options.overwrite)
    price = (len(streams[1]) - 1) / math.log(2) / sum(len(text.encode()) for text in held_out)
    return shown(model, trained(model, streams, price, options), options)


def shown(model: "TextModel[GPT]", curve: Sequence[tuple[float, float]], options: argparse.Namespace) -> str:
    """Guarda el tokenizador, escribe una muestra y dibuja."""
    from siguiente.course.cli.saved_tokenizer import save_tokenizer
    from siguiente.course.figures.curves import learning_curves

    folder = options.checkpoint
    save_tokenizer(model.tokenizer, folder / VOCABULARY)
    written = sample(model, options)
    scripts.save_figure(folder / FIGURE, lambda: learning_curves({"GPT": curve}))
    files = scripts.written(folder, WEIGHTS, VOCABULARY, FIGURE)
    return f"\nEl GPT escribe:\n{options.prompt}{written}\n\n{files}"


def texts(path: Path | None) -> tuple[list[str], list[str]]:
    """Los textos con que se aprende y aquellos con que se mide: los párrafos, si es uno propio."""
    from siguiente.course.cli.text_file import corpus

    learn, held_out = corpus(path, STORIES)
    if path is None:
        return learn, held_out
    return paragraphs("".join(learn)), limited(paragraphs("".join(held_out)))


def paragraphs(text: str) -> list[str]:
    """Los párrafos, que separa una línea en blanco."""
    return re.split(r"\n\s*\n", text.strip())


def limited(texts: Sequence[str]) -> list[str]:
    """Los primeros textos, hasta `MEASURED` bytes; al menos uno."""
    sizes = accumulate(len(text.encode()) for text in texts)
    return [text for text, size in zip(texts, sizes, strict=True) if size <= MEASURED] or [*texts[:1]]


def made(options: argparse.Namespace, texts: Sequence[str]) -> "TextModel[GPT]":
    """El GPT con sus pesos iniciales y el tokenizador que sale del texto."""
    from siguiente.course.report.numbers import number
    from siguiente.language_models.protocol import TextModel, count_parameters
    from siguiente.transformers.gpt import GPT, GPTConfig

    tokenizer = cut(options.tokenizer, texts, options.vocab)
    shape = options.context, options.layers, options.heads, options.channels
    network = GPT(GPTConfig(tokenizer.vocab_size, *shape), options.seed)
    count = number(count_parameters(network))
    print(f"{len(texts)} textos; vocabulario de {tokenizer.vocab_size}; {count} parámetros.", flush=True)
    return TextModel(network, tokenizer)


def cut(name: str, texts: Sequence[str], size: int) -> "WordTokenizer | BPETokenizer":
    """El tokenizador que se pide; el de bytes es un BPE que no une nada."""
    from siguiente.language_models.bpe import BPETokenizer
    from siguiente.language_models.fast.bpe_training import train_bpe
    from siguiente.language_models.words import WordTokenizer

    if name == "words":
        return WordTokenizer.from_texts(texts, min_count=2)
    return train_bpe(texts, size) if name == "bpe" else BPETokenizer(())


def check(options: argparse.Namespace, model: "TextModel[GPT]", streams: "Sequence[Tensor]") -> None:
    """Antes de entrenar, comprueba que hay texto y que al final quedará sitio para escribir."""
    shortest, window = min(map(len, streams)), options.context + 1
    if shortest < window:
        raise ValueError(
            f"el texto es corto: lo que se mide tiene {shortest} tokens y una ventana, {window}; use más "
            "texto o menos contexto (--context)"
        )
    used = len(model.encode(options.prompt))
    if options.length < 1 or used >= options.context:
        raise ValueError(f"--prompt ocupa {used} tokens y --length, {options.length}: no queda qué escribir")


def prepare(folder: Path, restart: bool, overwrite: bool) -> None:
    """Crea la carpeta, comprueba que no se va a pisar nada ajeno y, si se pide, borra lo guardado."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} es un archivo: elija una carpeta (--checkpoint)")
    foreign = [folder / name for name in (VOCABULARY, FIGURE) if (folder / name).exists()]
    if foreign and not overwrite and not (folder / WEIGHTS).exists():
        raise ValueError(
            f"{foreign[0]} ya existe y no es de esta orden, porque no hay un {WEIGHTS} a su lado: elija otra "
            "carpeta (--checkpoint) o use --overwrite"
        )
    folder.mkdir(parents=True, exist_ok=True)
    if restart:
        for name in (WEIGHTS, VOCABULARY, FIGURE):
            (folder / name).unlink(missing_ok=True)


def trained(
    model: "TextModel[GPT]", streams: "Sequence[Tensor]", price: float, options: argparse.Namespace
) -> list[tuple[float, float]]:
    """Entrena hasta el final y devuelve la curva: tokens leídos y bits por byte."""
    from siguiente.course.report.numbers import number
    from siguiente.language_models.training import train

    path, curve = options.checkpoint / WEIGHTS, []
    if path.exists():
        print(f"{path} tiene un entrenamiento empezado: se sigue desde ahí.", flush=True)
    for report in train(model.model, streams[0], plan(options), streams[1], path):
        bits = report.held_out * price
        curve.append((report.tokens, bits))
        print(f"Paso {report.step} de {options.steps}: {number(bits, 3)} bits por byte.", flush=True)
    return curve


def plan(options: argparse.Namespace) -> "TrainingConfig":
    """Cómo se entrena."""
    from siguiente.language_models.training import TrainingConfig

    o = options
    return TrainingConfig(
        steps=o.steps,
        batch_size=o.batch,
        length=o.context,
        learning_rate=o.rate,
        warmup=max(0, o.steps) // 20,
        evaluate_every=max(1, o.steps // REPORTS),
        seed=o.seed,
    )


def sample(model: "TextModel[GPT]", options: argparse.Namespace) -> str:
    """Lo que el modelo escribe tras el *prompt*, con algo menos de azar del que tiene."""
    import torch

    from siguiente.language_models.sampling import complete, sampler

    room = min(options.length, options.context - len(model.encode(options.prompt)))
    choose = sampler(torch.Generator().manual_seed(options.seed), temperature=0.8)
    return complete(model, options.prompt, room, choose)[0]


if __name__ == "__main__":
    sys.exit(main())
