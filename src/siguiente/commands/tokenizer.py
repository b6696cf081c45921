"""Aprende un tokenizador BPE de un texto, mide lo que cuesta cada palabra con él y lo dibuja.

``siguiente tokenizer mi_libro.txt --vocab-size 4096``

Sin texto, aprende de los cuentos del curso. Lo que escribe, ``tokenizer.json``, lo abren la biblioteca
tokenizers (``Tokenizer.from_file``), transformers y ``siguiente train --tokenizer``.
"""

from argparse import Namespace
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from siguiente.course.cli import command

if TYPE_CHECKING:
    from siguiente.language_models.bpe import BPETokenizer

STORIES = 5000  # cuentos de los que se aprende si no se da otro texto
SMALLEST = 258  # los 256 bytes, el token de final y una unión
LONGEST, POINTS = 10, 6  # tokens largos que se enseñan y puntos de la curva, cada uno la mitad del siguiente
VOCABULARY = "tokenizer.json"


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add, size = parser.add_argument, command.whole(SMALLEST)
    command.add_text(parser)
    add("--vocab-size", type=size, default=4096, metavar="N", help="tokens que se quieren (%(default)s)")
    command.add_results(parser, "tokenizer")


def run(options: Namespace) -> command.Result:
    """Aprende el tokenizador, lo mide y lo guarda; devuelve lo que hay que decir."""
    from siguiente.course.cli.text_file import corpus
    from siguiente.language_models.files.tokenizer_json import write_tokenizer_json

    learn, held_out = corpus(options.text, STORIES)
    command.open_folder(options, VOCABULARY, command.FIGURE)
    tokenizer = trained(learn, options.vocab_size)
    cost, longest = described(tokenizer, held_out)
    command.save_figure(options.out / command.FIGURE, lambda: draw(tokenizer, held_out))
    write_tokenizer_json(tokenizer, options.out / VOCABULARY)
    said = f"{longest}\n{command.written(options.out, VOCABULARY, command.FIGURE)}"
    facts = {"vocab_size": tokenizer.vocab_size, "tokens_per_word": cost, "out": str(options.out)}
    return command.Result(said, facts)


def trained(texts: Sequence[str], vocab_size: int) -> "BPETokenizer":
    """Aprende las uniones, con una barra que dice cuánto queda."""
    from tqdm import tqdm

    from siguiente.language_models.bpe import BPETokenizer, byte_words
    from siguiente.language_models.fast.bpe_training import learn_merges

    words, wanted = byte_words(texts), vocab_size - SMALLEST + 1
    print(f"{words.total()} piezas, {len(words)} distintas.", flush=True)
    learned = islice(learn_merges(words), wanted)
    with tqdm(learned, "Aprendiendo", wanted, unit="uniones", bar_format=command.BAR) as merges:
        tokenizer = BPETokenizer(tuple(merges))
    if not tokenizer.merges:
        raise ValueError("En el texto no hay ninguna pareja que se repita: hace falta uno más largo.")
    if len(tokenizer.merges) < wanted:
        print(f"No queda ninguna pareja que se repita: el vocabulario tiene {tokenizer.vocab_size} tokens.")
    return tokenizer


def described(tokenizer: "BPETokenizer", texts: Sequence[str]) -> tuple[float, str]:
    """Cuánto cuesta una palabra, y la frase que lo dice con los tokens más largos."""
    from siguiente.course.language_models.token_counts import tokens_per_word, visible_token
    from siguiente.course.report.numbers import number

    longest = sorted(tokenizer.learned, key=lambda token: (-len(token.decode(errors="replace")), token))
    cost = tokens_per_word(tokenizer, ["".join(texts)]).item()
    return cost, (
        f"{tokenizer.vocab_size} tokens. En texto que no vio, {number(cost, 2)} tokens por palabra.\n"
        f"Los más largos: {', '.join(map(visible_token, longest[:LONGEST]))}."
    )


def draw(tokenizer: "BPETokenizer", texts: Sequence[str]) -> None:
    """Dibuja los tokens por palabra según el tamaño del vocabulario."""
    from siguiente.course.figures.curves import estimate_curves
    from siguiente.course.language_models.token_counts import tokens_per_word
    from siguiente.evaluation.intervals import bootstrap
    from siguiente.language_models.bpe import BPETokenizer

    total = len(tokenizer.merges)
    sizes = sorted({0, *(total >> halved for halved in range(POINTS))})
    cuts = [BPETokenizer(tokenizer.merges[:size]) for size in sizes]
    curve = [bootstrap(tokens_per_word(cut, texts)) for cut in cuts]
    vocabulary = [cut.vocab_size for cut in cuts]
    estimate_curves(vocabulary, {"": curve}, "Tokens en el vocabulario", "Tokens por palabra")
