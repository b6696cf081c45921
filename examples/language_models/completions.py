"""Continúa un texto con un modelo de verdad, o dice qué probabilidad tiene cada continuación.

``python examples/language_models/completions.py "Había una vez" --n 3``
``python examples/language_models/completions.py "El cielo es de color" --among azul verde rosa``
"""

import argparse
import sys
from collections.abc import Sequence

from siguiente.course.cli import scripts


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, carga el modelo y escribe el resultado."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("prompt", help="el comienzo del texto")
    add("--among", nargs="+", metavar="TEXTO", help="compara estas continuaciones en vez de escribir")
    add("--length", type=int, default=30, help="tokens que se escriben, como máximo")
    add("--n", type=int, default=1, help="cuántas continuaciones")
    add("--temperature", type=float, default=1.0, help="cuanto mayor, más variado")
    add("--seed", type=int, default=0, help="con la misma semilla sale el mismo texto")
    add("--model", default="gemma-3-270m", help="nombre del modelo en el catálogo")
    return scripts.run_script(parser, run, given, stopped=".")


def run(options: argparse.Namespace) -> str:
    """Escribe o compara, según lo que se pida."""
    return "\n".join(compare(options) if options.among else write(options))


def write(options: argparse.Namespace) -> list[str]:
    """Escribe `n` continuaciones del prompt."""
    import torch

    from siguiente.language_models.sampling import complete, sampler
    from siguiente.llm.files.loading import load

    choose = sampler(torch.Generator().manual_seed(options.seed), options.temperature)
    texts = complete(load(options.model), options.prompt, options.length, choose, options.n)
    return [options.prompt + text for text in texts]


def compare(options: argparse.Namespace) -> list[str]:
    """Ordena las continuaciones de más a menos probable."""
    from siguiente.course.report.numbers import number
    from siguiente.language_models.completions import score_completions
    from siguiente.llm.files.loading import load

    words = [f" {text.strip()}" for text in options.among]
    if " " in words:
        raise ValueError("una de las continuaciones está vacía: escriba al menos una palabra en cada una")
    scores = score_completions(load(options.model), [options.prompt], words).logprobs[0]
    order = scores.argsort(descending=True).tolist()
    return [f"{words[i].strip():<20} {number(scores[i], 2):>8} nats" for i in order]


if __name__ == "__main__":
    sys.exit(main())
