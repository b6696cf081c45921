"""Entrena un GPT con un texto propio, lo mide, le deja escribir y dibuja lo que aprendió.

``python examples/transformers/gpt.py --text mi_libro.txt --steps 2000 --checkpoint mi_gpt``

Sin texto, aprende los cuentos del curso. El último décimo se aparta para medir. Si se interrumpe, la misma
orden sigue donde estaba.
"""

import argparse
import io
import math
import re
import sys
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from siguiente.language_models.bpe import BPETokenizer
    from siguiente.language_models.protocol import TextModel
    from siguiente.language_models.training import TrainingConfig
    from siguiente.language_models.words import WordTokenizer
    from siguiente.transformers.gpt import GPT

STORIES = 3000  # cuentos con que se aprende si no se da otro texto
HELD_OUT = 10  # de cada cuántos cuentos se aparta uno
MEASURED = 50_000  # bytes con que se mide, como mucho: más no afina la curva y cuesta tiempo
REPORTS = 20  # veces que se mide y se guarda
TOKENIZERS = ("words", "bpe", "bytes")
WEIGHTS, VOCABULARY, FIGURE = "checkpoint.pt", "tokenizer.json", "learning.png"
SHAPE = {"layers": 4, "heads": 4, "channels": 128, "context": 128}
SHAPE_HELP = {
    "layers": "bloques",
    "heads": "cabezas de atención por bloque",
    "channels": "números por token, un múltiplo de las cabezas",
    "context": "tokens que puede mirar",
}


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, entrena y escribe los resultados."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    options = parser.parse_args(given)
    try:
        print(run(options))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt as stop:
        print(f"\nInterrumpido{str(stop) or ': no había nada que guardar.'}", file=sys.stderr)
        return 130
    return 0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declara las opciones de la orden."""
    add = parser.add_argument
    add("--text", type=Path, metavar="ARCHIVO", help="un texto en UTF-8 (si falta, los cuentos del curso)")
    add("--tokenizer", choices=TOKENIZERS, default=TOKENIZERS[0], help="en qué se corta (%(default)s)")
    add("--vocab", type=int, default=1024, metavar="N", help="tokens del vocabulario, con bpe (%(default)s)")
    for name, value in SHAPE.items():
        add(f"--{name}", type=int, default=value, metavar="N", help=f"{SHAPE_HELP[name]} (%(default)s)")
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

    learn, held_out = corpus(options.text)
    model = made(options, learn)
    streams = [token_stream(model.tokenizer, texts) for texts in (learn, held_out)]
    check(options, model, streams)
    prepare(options.checkpoint, options.restart, options.overwrite)
    price = (len(streams[1]) - 1) / math.log(2) / sum(len(text.encode()) for text in held_out)
    curve = trained(model, streams, price, options)
    try:
        return shown(model, curve, options)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(finished(options.checkpoint, options.restart)) from None


def shown(model: "TextModel[GPT]", curve: Sequence[tuple[float, float]], options: argparse.Namespace) -> str:
    """Guarda el tokenizador, escribe una muestra y dibuja."""
    from siguiente.course.cli.saved_tokenizer import save_tokenizer
    from siguiente.runtime.store import write_atomically

    folder = options.checkpoint
    save_tokenizer(model.tokenizer, folder / VOCABULARY)
    written = sample(model, options)
    write_atomically(folder / FIGURE, drawn(curve))
    files = f"Está todo en {folder}: {WEIGHTS}, {VOCABULARY}, {FIGURE}."
    return f"\nEl GPT escribe:\n{options.prompt}{written}\n\n{files}"


def corpus(path: Path | None) -> tuple[list[str], list[str]]:
    """Los textos con que se aprende y aquellos con que se mide: los párrafos, si es uno propio."""
    from siguiente.course.cli.text_file import read_text, split_text
    from siguiente.course.data.stories import load_stories

    if path is None:
        return list(load_stories("train", STORIES)), list(load_stories("test", STORIES // HELD_OUT))
    learn, held_out = (paragraphs("".join(blocks)) for blocks in split_text(read_text(path)))
    return learn, limited(held_out)


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
    from siguiente.language_models.protocol import TextModel
    from siguiente.transformers.gpt import GPT, GPTConfig, parameters_count

    tokenizer = cut(options.tokenizer, texts, options.vocab)
    shape = options.context, options.layers, options.heads, options.channels
    config = GPTConfig(tokenizer.vocab_size, *shape)
    count = number(parameters_count(config))
    print(f"{len(texts)} textos; vocabulario de {tokenizer.vocab_size}; {count} parámetros.", flush=True)
    return TextModel(GPT(config, options.seed), tokenizer)


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
        raise ValueError(
            f"--prompt ocupa {used} de los {options.context} tokens del contexto y --length es "
            f"{options.length}: no queda qué escribir"
        )


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

    path, curve, step = options.checkpoint / WEIGHTS, [], 0
    if path.exists():
        print(f"{path} tiene un entrenamiento empezado: se sigue desde ahí.", flush=True)
    try:
        for report in train(model.model, streams[0], plan(options), streams[1], path, progress=True):
            step, bits = report.step, report.held_out * price
            curve.append((report.tokens, bits))
            say(f"Paso {step} de {options.steps}: {number(bits, 3)} bits por byte.")
    except KeyboardInterrupt:
        if not curve:
            raise
        again = "repita la misma orden" + " sin --restart" * options.restart
        raise KeyboardInterrupt(f" tras guardar el paso {step}; {again} para seguir.") from None
    return curve


def finished(folder: Path, restart: bool) -> str:
    """Lo que se dice a quien interrumpe después del último paso."""
    again = "repita la misma orden" + " sin --restart" * restart
    return f" después de entrenar: el modelo está en {folder / WEIGHTS}; {again} para que escriba y dibuje."


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


def say(line: str) -> None:
    """Escribe una línea sin romper la barra de progreso."""
    from tqdm import tqdm

    tqdm.write(line)


def drawn(curve: Sequence[tuple[float, float]]) -> bytes:
    """La curva de aprendizaje, como imagen."""
    import matplotlib
    import matplotlib.pyplot as plt

    from siguiente.course.figures.learning import learning_curves

    matplotlib.use("agg")  # sin ventana
    figure, image = learning_curves({"GPT": curve}).figure, io.BytesIO()
    figure.savefig(image, format="png", dpi=150)
    plt.close(figure)
    return image.getvalue()


if __name__ == "__main__":
    sys.exit(main())
