# PYTHON_ARGCOMPLETE_OK
"""La orden `siguiente`: lo que el curso enseña, con los textos y los datos de usted.

``siguiente classify opiniones.csv`` clasifica; ``siguiente ORDEN --help`` explica cada una.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

import siguiente
from siguiente.commands import COMMANDS, module_of
from siguiente.course.cli.command import CODES, Parser, not_understood, perform
from siguiente.course.cli.spanish import in_spanish

COMPLETION = """Para que el tabulador complete órdenes y opciones, en bash o zsh:
  eval "$(register-python-argcomplete siguiente)\""""


def make_parser() -> Parser:
    """Todas las órdenes con sus opciones; la ayuda de cada una es lo que dice su módulo."""
    parser = Parser(
        prog="siguiente", description=(__doc__ or "").replace("``", ""), epilog=f"{CODES}\n\n{COMPLETION}"
    )
    version = f"siguiente {siguiente.__version__}"
    parser.add_argument("--version", action="version", version=version, help="dice la versión y termina")
    orders = parser.add_subparsers(dest="command", metavar="ORDEN", required=True, title="órdenes")
    for name in COMMANDS:
        module = import_module(module_of(name))
        described = (module.__doc__ or "").replace("``", "")
        order = orders.add_parser(name, help=first_sentence(described), description=described)
        module.add_options(order)
        order.add_argument("--json", action="store_true", help="el resultado, en JSON, para otros programas")
        order.set_defaults(run=module.run, parser=order)
    return parser


def first_sentence(text: str) -> str:
    """La primera frase de una descripción, sin su punto."""
    return " ".join(text.split()).split(". ")[0].rstrip(".")


def main(given: Sequence[str] | None = None) -> int:
    """Lee lo que se pide, lo hace y da el código con que acaba."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # una consola sin tildes no detiene nada
    with in_spanish():
        parser = make_parser()
        complete(parser)
        options, unknown = parser.parse_known_args(given)
        if unknown:
            options.parser.error(not_understood(options.parser, unknown))
        return perform(options)


def complete(parser: Parser) -> None:
    """Responde al tabulador, si es él quien pregunta."""
    import argcomplete

    argcomplete.autocomplete(parser)


if __name__ == "__main__":
    sys.exit(main())
