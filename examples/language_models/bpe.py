"""Aprende un tokenizador BPE de un texto, mide lo que cuesta cada palabra con él y lo dibuja.

``python examples/language_models/bpe.py --text mi_libro.txt --vocab-size 4096``

Sin texto, aprende de los cuentos del curso. Al terminar escribe el tokenizador y una figura. Si se
interrumpe, no deja nada a medias.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.course.cli import scripts

if TYPE_CHECKING:
    from siguiente.language_models.bpe import BPETokenizer

STORIES = 5000  # cuentos de los que se aprende si no se da otro texto
SMALLEST = 258  # los 256 bytes, el token de final y una unión
LONGEST, POINTS = 10, 6  # tokens largos que se enseñan y puntos de la curva, cada uno la mitad del siguiente


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, aprende y escribe los resultados."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("--text", type=Path, metavar="ARCHIVO", help="un texto en UTF-8 (si falta, los cuentos del curso)")
    add("--vocab-size", type=int, default=4096, metavar="N", help="tokens que se quieren (%(default)s)")
    add("--out", type=Path, default=Path("bpe.json"), metavar="ARCHIVO", help="donde se guarda (%(default)s)")
    add("--plot", type=Path, default=Path("bpe.png"), metavar="ARCHIVO", help="la figura (%(default)s)")
    add("--overwrite", action="store_true", help="sustituye esos archivos si ya existen")
    return scripts.run_script(parser, run, given, stopped=": no queda nada a medias.")


def run(options: argparse.Namespace) -> str:
    """Aprende el tokenizador, lo mide y lo guarda; devuelve lo que hay que decir."""
    from siguiente.course.cli.saved_tokenizer import save_tokenizer
    from siguiente.course.cli.text_file import corpus

    if options.vocab_size < SMALLEST:
        raise ValueError(f"--vocab-size debe ser al menos {SMALLEST}, y vale {options.vocab_size}")
    if options.out.resolve() == options.plot.resolve():
        raise ValueError("--out y --plot son el mismo archivo: elija dos")
    for path in (options.out, options.plot):
        scripts.check_place(path, options.text, options.overwrite)
    learn, held_out = corpus(options.text, STORIES)
    tokenizer = trained(learn, options.vocab_size)
    report = described(tokenizer, held_out)
    scripts.save_figure(options.plot, lambda: draw(tokenizer, held_out))
    save_tokenizer(tokenizer, options.out)
    return f"{report}\nEl tokenizador está en {options.out} y la figura, en {options.plot}."


def trained(texts: Sequence[str], vocab_size: int) -> "BPETokenizer":
    """Aprende las uniones, con una barra que dice cuánto queda."""
    from tqdm import tqdm

    from siguiente.language_models.bpe import BPETokenizer, byte_words
    from siguiente.language_models.fast.bpe_training import learn_merges

    words, wanted = byte_words(texts), vocab_size - SMALLEST + 1
    print(f"{words.total()} piezas, {len(words)} distintas.", flush=True)
    learned = islice(learn_merges(words), wanted)
    with tqdm(learned, "Aprendiendo", wanted, unit="uniones", bar_format=scripts.BAR) as merges:
        tokenizer = BPETokenizer(tuple(merges))
    if not tokenizer.merges:
        raise ValueError("en el texto no hay ninguna pareja que se repita: hace falta uno más largo")
    if len(tokenizer.merges) < wanted:
        print(f"No queda ninguna pareja que se repita: el vocabulario tiene {tokenizer.vocab_size} tokens.")
    return tokenizer


def described(tokenizer: "BPETokenizer", texts: Sequence[str]) -> str:
    """Cuánto cuesta una palabra y cuáles son los tokens más largos."""
    from siguiente.course.language_models.token_counts import tokens_per_word, visible_token
    from siguiente.course.report.numbers import number

    longest = sorted(tokenizer.learned, key=lambda token: (-len(token.decode(errors="replace")), token))
    cost = tokens_per_word(tokenizer, ["".join(texts)]).item()
    return (
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


if __name__ == "__main__":
    sys.exit(main())
