"""Entrena un GPT con un texto propio, lo mide, le deja escribir y dibuja lo que aprendió.

``siguiente train mi_libro.txt --steps 2000 --out mi_gpt``
``siguiente complete "Había una vez" --model mi_gpt``

Sin texto, aprende los cuentos del curso. El último décimo se aparta para medir. Lo que escribe lo abren
también transformers y tokenizers. Si se interrumpe, la misma orden sigue donde estaba; con más ``--steps``,
sigue entrenando, y la tasa de aprendizaje, que ya había bajado, vuelve a subir.
"""

import math
import re
from argparse import Namespace
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.course.cli import command

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


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add, count = parser.add_argument, command.COUNT
    command.add_text(parser)
    add("--tokenizer", choices=("words", "bpe", "bytes"), default="words", help="cómo se corta (%(default)s)")
    add("--vocab-size", type=count, default=1024, metavar="N", help="tokens, con bpe (%(default)s)")
    add("--layers", type=count, default=4, metavar="N", help="bloques (%(default)s)")
    add("--heads", type=count, default=4, metavar="N", help="cabezas de atención por bloque (%(default)s)")
    add("--channels", type=count, default=128, metavar="N", help="números por token (%(default)s)")
    add("--context", type=count, default=128, metavar="N", help="tokens que puede mirar (%(default)s)")
    command.add_training(parser, steps=1000, batch=16, rate=2e-3)
    add("--prompt", default="", metavar="TEXTO", help="lo que debe continuar al final (nada)")
    add("--length", type=count, default=100, metavar="N", help="tokens que escribe, como mucho (%(default)s)")
    command.add_seed(parser)
    command.add_results(parser, "gpt")


def run(options: Namespace) -> command.Result:
    """Entrena lo que falta, escribe una muestra y la figura, y devuelve lo que hay que decir."""
    from siguiente.course.cli.export import MODEL_FILES, save_gpt
    from siguiente.course.figures.curves import learning_curves
    from siguiente.language_models.windows import token_stream

    learn, held_out = texts(options.text)
    model, config = made(options, learn), plan(options)
    streams = [token_stream(model.tokenizer, texts) for texts in (learn, held_out)]
    check(options, model, streams)
    checkpoint = command.open_training(options, config, command.FIGURE, *MODEL_FILES)
    price = (len(streams[1]) - 1) / math.log(2) / sum(len(text.encode()) for text in held_out)
    curve = trained(model, streams, price, config, checkpoint)
    written = sample(model, options)
    source = "un texto propio" if options.text else "los cuentos del curso"
    files = save_gpt(model, options.out, f"un GPT entrenado con {source}")
    command.save_figure(options.out / command.FIGURE, lambda: learning_curves({"GPT": curve}))
    said = command.written(options.out, command.CHECKPOINT, *files, command.FIGURE)
    facts = {"bits_per_byte": curve[-1][1], "text": written, "out": str(options.out)}
    return command.Result(f"\nEl GPT escribe:\n{options.prompt}{written}\n\n{said}", facts)


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


def made(options: Namespace, texts: Sequence[str]) -> "TextModel[GPT]":
    """El GPT con sus pesos iniciales y el tokenizador que sale del texto."""
    from siguiente.course.report.numbers import number
    from siguiente.language_models.protocol import TextModel, count_parameters
    from siguiente.transformers.gpt import GPT, GPTConfig

    tokenizer = cut(options.tokenizer, texts, options.vocab_size)
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


def check(options: Namespace, model: "TextModel[GPT]", streams: "Sequence[Tensor]") -> None:
    """Antes de entrenar, comprueba que hay texto y que al final quedará sitio para escribir."""
    shortest, window = min(map(len, streams)), options.context + 1
    if shortest < window:
        raise ValueError(
            f"El texto es corto: lo que se mide tiene {shortest} tokens y una ventana, {window}; use más "
            "texto o menos contexto (--context)."
        )
    used = len(model.encode(options.prompt))
    if used >= options.context:
        raise ValueError(f"--prompt ocupa {used} tokens y en --context caben {options.context}: acórtelo.")


def trained(
    model: "TextModel[GPT]", streams: "Sequence[Tensor]", price: float, config: "TrainingConfig", path: Path
) -> list[tuple[float, float]]:
    """Entrena hasta el final y devuelve la curva: tokens leídos y bits por byte."""
    from siguiente.course.report.numbers import number
    from siguiente.language_models.training import train

    curve: list[tuple[float, float]] = []
    if path.exists():
        print(f"{path} tiene un entrenamiento empezado: se sigue desde ahí.", flush=True)
    for report in train(model.model, streams[0], config, streams[1], path):
        bits = (report.held_out or 0) * price
        curve.append((report.tokens, bits))
        print(f"Paso {report.step} de {config.steps}: {number(bits, 3)} bits por byte.", flush=True)
    return curve


def plan(options: Namespace) -> "TrainingConfig":
    """Cómo se entrena."""
    from siguiente.language_models.training import TrainingConfig

    return TrainingConfig(
        steps=options.steps,
        batch_size=options.batch,
        length=options.context,
        learning_rate=options.rate,
        warmup=options.steps // 20,
        evaluate_every=max(1, options.steps // REPORTS),
        seed=options.seed,
    )


def sample(model: "TextModel[GPT]", options: Namespace) -> str:
    """Lo que el modelo escribe tras el *prompt*, con algo menos de azar del que tiene."""
    import torch

    from siguiente.language_models.sampling import complete, sampler

    room = min(options.length, options.context - len(model.encode(options.prompt)))
    choose = sampler(torch.Generator().manual_seed(options.seed), temperature=0.8)
    return complete(model, options.prompt, room, choose)[0]
