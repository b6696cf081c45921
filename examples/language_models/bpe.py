"""Aprende un tokenizador BPE de un texto, mide lo que cuesta cada palabra con él y lo dibuja.

``python examples/language_models/bpe.py --text mi_libro.txt --vocab-size 4096``

Sin texto, aprende de los cuentos del curso. Al terminar escribe el tokenizador y una figura. Si se
interrumpe, no deja nada a medias.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siguiente.language_models.bpe import BPETokenizer

STORIES = 5000  # cuentos de los que se aprende si no se da otro texto
HELD_OUT = 10  # de cada cuántos cuentos se aparta uno para medir
BAR = "{desc} {percentage:3.0f} % |{bar}| {n_fmt} de {total_fmt} uniones [{elapsed}; quedan {remaining}]"
SMALLEST = 258  # los 256 bytes, el token de final y una unión
LONGEST, POINTS = 10, 6  # tokens largos que se enseñan y puntos de la curva, cada uno la mitad del siguiente


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, aprende y escribe los resultados."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--text", type=Path, metavar="ARCHIVO", help="un texto en UTF-8 (si falta, los cuentos del curso)")
    add("--vocab-size", type=int, default=4096, metavar="N", help="tokens que se quieren (%(default)s)")
    add("--out", type=Path, default=Path("bpe.json"), metavar="ARCHIVO", help="donde se guarda (%(default)s)")
    add("--plot", type=Path, default=Path("bpe.png"), metavar="ARCHIVO", help="la figura (%(default)s)")
    add("--overwrite", action="store_true", help="sustituye esos archivos si ya existen")
    options = parser.parse_args(given)
    try:
        print(run(options))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("\nInterrumpido: no queda nada a medias.", file=sys.stderr)
        return 130
    return 0


def run(options: argparse.Namespace) -> str:
    """Aprende el tokenizador, lo mide y lo guarda; devuelve lo que hay que decir."""
    from siguiente.course.cli.saved_tokenizer import save_tokenizer
    from siguiente.runtime.store import write_atomically

    if options.vocab_size < SMALLEST:
        raise ValueError(f"--vocab-size debe ser al menos {SMALLEST}, y vale {options.vocab_size}")
    check_places(options)
    learn, held_out = corpus(options.text)
    tokenizer = trained(learn, options.vocab_size)
    report, image = described(tokenizer, held_out), drawn(tokenizer, held_out)
    save_tokenizer(tokenizer, options.out)
    write_atomically(options.plot, image)
    return f"{report}\nEl tokenizador está en {options.out} y la figura, en {options.plot}."


def check_places(options: argparse.Namespace) -> None:
    """Antes de trabajar, comprueba que lo que se va a escribir cabe donde se pide y no pisa nada."""
    for path in (options.out, options.plot):
        if not path.parent.is_dir() or path.is_dir():
            raise ValueError(f"no se puede escribir {path}: elija un archivo de una carpeta que exista")
        if not path.exists():
            continue
        if options.text is not None and options.text.exists() and path.samefile(options.text):
            raise ValueError(f"{path} es el texto, y ahí va un resultado: elija otro sitio")
        if not options.overwrite:
            raise ValueError(f"{path} ya existe: elija otro sitio o use --overwrite")
    if options.out.resolve() == options.plot.resolve():
        raise ValueError("--out y --plot son el mismo archivo: elija dos")


def corpus(path: Path | None) -> tuple[list[str], list[str]]:
    """Los textos de que se aprende y aquellos con que se mide."""
    from siguiente.course.cli.text_file import read_text, split_text
    from siguiente.course.data.stories import load_stories

    if path is None:
        return list(load_stories("train", STORIES)), list(load_stories("test", STORIES // HELD_OUT))
    return split_text(read_text(path))


def trained(texts: Sequence[str], vocab_size: int) -> "BPETokenizer":
    """Aprende las uniones, con una barra que dice cuánto queda."""
    from tqdm import tqdm

    from siguiente.language_models.bpe import BPETokenizer, byte_words
    from siguiente.language_models.fast.bpe_training import learn_merges

    words, wanted = byte_words(texts), vocab_size - SMALLEST + 1
    print(f"{words.total()} piezas, {len(words)} distintas.", flush=True)
    learned = islice(learn_merges(words), wanted)
    with tqdm(learned, "Aprendiendo", wanted, bar_format=BAR) as merges:
        tokenizer = BPETokenizer(tuple(merges))
    if not tokenizer.merges:
        raise ValueError("en el texto no hay ninguna pareja que se repita: hace falta uno más largo")
    if len(tokenizer.merges) < wanted:
        print(f"No queda ninguna pareja que se repita: el vocabulario tiene {tokenizer.vocab_size} tokens.")
    return tokenizer


def described(tokenizer: "BPETokenizer", texts: Sequence[str]) -> str:
    """Cuánto cuesta una palabra y cuáles son los tokens más largos."""
    from siguiente.course.language_models.token_counts import (
        tokens_per_word,
        visible_token,
    )
    from siguiente.course.report.numbers import number

    longest = sorted(tokenizer.learned, key=lambda token: (-len(token.decode(errors="replace")), token))
    cost = tokens_per_word(tokenizer, ["".join(texts)]).item()
    return (
        f"{tokenizer.vocab_size} tokens. En texto que no vio, {number(cost, 2)} tokens por palabra.\n"
        f"Los más largos: {', '.join(map(visible_token, longest[:LONGEST]))}."
    )


def drawn(tokenizer: "BPETokenizer", texts: Sequence[str]) -> bytes:
    """Los tokens por palabra según el tamaño del vocabulario, como imagen."""
    import matplotlib
    import matplotlib.pyplot as plt

    from siguiente.course.figures.curves import estimate_curves
    from siguiente.course.language_models.token_counts import tokens_per_word
    from siguiente.evaluation.intervals import bootstrap
    from siguiente.language_models.bpe import BPETokenizer

    matplotlib.use("agg")  # sin ventana
    total = len(tokenizer.merges)
    sizes = sorted({0, *(total >> halved for halved in range(POINTS))})
    cuts = [BPETokenizer(tokenizer.merges[:size]) for size in sizes]
    curve = [bootstrap(tokens_per_word(cut, texts)) for cut in cuts]
    vocabulary = [cut.vocab_size for cut in cuts]
    ax = estimate_curves(vocabulary, {"": curve}, "Tokens en el vocabulario", "Tokens por palabra")
    image = io.BytesIO()
    ax.figure.savefig(image, format="png", dpi=150)
    plt.close(ax.figure)
    return image.getvalue()


if __name__ == "__main__":
    sys.exit(main())
