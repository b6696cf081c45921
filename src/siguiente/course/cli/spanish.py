"""Las órdenes hablan español: lo que argparse escribe en inglés se dice con lo que hay en `spanish.toml`."""

import argparse
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

WORDS: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))


@contextmanager
def in_spanish() -> Iterator[None]:
    """Mientras dura, la ayuda y los errores de argparse salen en español.

    >>> with in_spanish():
    ...     argparse.ArgumentParser(prog="siguiente").print_help()
    uso: siguiente [-h]
    <BLANKLINE>
    opciones:
      -h, --help  muestra esta ayuda y termina
    """

    def translated(message: str) -> str:
        return WORDS.get(message, message)

    def counted(one: str, many: str, count: int) -> str:
        return f"hacen falta {count} valores"  # la única frase que argparse escribe en plural

    with patch.object(argparse, "_", translated), patch.object(argparse, "ngettext", counted):
        yield
