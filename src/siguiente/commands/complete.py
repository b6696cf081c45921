"""Continúa un texto con un modelo de verdad, o dice qué probabilidad tiene cada continuación.

``siguiente complete "Había una vez" --n 3``
``siguiente complete "El cielo es de color" --among azul verde rosa``
``siguiente complete "Cuente un cuento de Ana.\\n" --model sft/policy.safetensors``

Un ``\\n`` en el comienzo es un salto de línea: así acaban las peticiones a una política.
"""

from argparse import Namespace

from siguiente.course.cli import command, models


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    add("prompt", metavar="TEXTO", help="el comienzo")
    add("--among", nargs="+", metavar="TEXTO", help="compara estas continuaciones en vez de escribir")
    add("--length", type=command.COUNT, default=30, metavar="N", help="tokens, como mucho (%(default)s)")
    add("--n", type=command.COUNT, default=1, metavar="N", help="cuántas continuaciones (%(default)s)")
    models.add_choosing(parser, temperature=0.8)
    models.add_model(parser)


def run(options: Namespace) -> command.Result:
    """Escribe o compara, según lo que se pida."""
    options.prompt = options.prompt.replace(r"\n", "\n")
    return compare(options) if options.among else write(options)


def write(options: Namespace) -> command.Result:
    """Escribe `n` continuaciones del prompt."""
    from siguiente.language_models.sampling import complete

    model, choose = models.open_model(options), models.chooser(options)
    texts = complete(model, options.prompt, options.length, choose, options.n)
    return command.Result("\n".join(options.prompt + text for text in texts), {"completions": texts})


def compare(options: Namespace) -> command.Result:
    """Ordena las continuaciones de más a menos probable."""
    from siguiente.course.report.numbers import number
    from siguiente.language_models.completions import score_completions

    words = [f" {text.strip()}" for text in options.among]
    if " " in words:
        raise ValueError("Una de las continuaciones está vacía: escriba al menos una palabra en cada una.")
    scores = score_completions(models.open_model(options), [options.prompt], words).logprobs[0]
    ordered = {words[i].strip(): scores[i].item() for i in scores.argsort(descending=True).tolist()}
    lines = [f"{word:<20} {number(score, 2):>8} nats" for word, score in ordered.items()]
    return command.Result("\n".join(lines), {"nats": ordered})
