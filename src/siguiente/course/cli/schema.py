"""Un esquema de JSON ajeno, con lo que escriben otros programas puesto como aquí se entiende."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siguiente.course.cli.text_file import read_utf8
from siguiente.prompting.fast.automaton import automaton

NAMED = re.compile(r"\(\?P<\w+>")
NOTES = {"$comment", "format"}  # no cambian qué se admite: el estándar los tiene por notas
DECIMALS = 15  # los que un número puede llevar


def read_json(path: Path) -> Any:
    """Lee un archivo de JSON."""
    try:
        content = read_utf8(path, "Guárdelo en UTF-8.")
        return json.loads(content, parse_int=number, parse_float=number, parse_constant=number)
    except json.JSONDecodeError as error:
        where = f"línea {error.lineno}, columna {error.colno}"
        raise ValueError(f"{path.name} no es JSON ({where}): corríjalo.") from error
    except RecursionError as error:
        raise ValueError(f"{path.name} tiene demasiadas listas u objetos unos dentro de otros.") from error


def number(text: str) -> int | float:
    """Un número de JSON; ni infinito, ni de miles de cifras, que nadie espera y nadie sabe escribir.

    >>> number("12"), number("1e3")
    (12, 1000.0)
    """
    value = float(text)
    if not abs(value) <= sys.float_info.max:
        raise ValueError(f"Hay un número que no cabe o no es un número ({text[:30]}): corríjalo.")
    return int(text) if text.removeprefix("-").isdecimal() else value


def tidy(schema: Any) -> Any:
    """El mismo esquema, sin notas, con los patrones sin anclas ni nombres y los enteros como enteros.

    >>> tidy({"type": "string", "pattern": "^(?P<día>[0-9]+)$", "$comment": "nota"})
    {'type': 'string', 'pattern': '([0-9]+)'}
    """
    if isinstance(schema, list):
        return [tidy(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {name: tidy(value) for name, value in schema.items() if name not in NOTES or "type" not in schema}
    if isinstance(made.get("pattern"), str):
        made["pattern"] = NAMED.sub("(", without_anchors(made["pattern"]))
    if made.get("type") == "integer" and isinstance(made.get("enum"), list):
        made["enum"] = [int(x) if isinstance(x, float) and x.is_integer() else x for x in made["enum"]]
    return made


def without_anchors(pattern: str) -> str:
    """Un patrón sin las anclas de los extremos: aquí describe siempre el texto entero.

    >>> without_anchors("^a|b$"), without_anchors("^[0-9]+$")
    ('^a|b$', '[0-9]+')
    """
    whole = pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$")
    return pattern[1:-1] if whole and "|" not in pattern else pattern


def fulfils(pattern: str, text: str) -> bool:
    """Dice si un texto entero cumple un patrón, leyéndolo una sola vez: no hay patrón que lo haga esperar.

    >>> fulfils("([a-z]+ ?)+", "a" * 100 + "1")
    False
    """
    machine = automaton(pattern)
    return bool(machine.final[machine.read(text.encode())])


def plain_json(value: Any) -> str:
    """Escribe un dato como el esquema lo espera: los números, sin exponente y con 15 decimales como mucho.

    >>> plain_json({"p": 1e-05, "q": 0.30000000000000004})
    '{"p": 0.00001, "q": 0.3}'
    """
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(name, ensure_ascii=False)}: {plain_json(one)}" for name, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(plain_json, value)) + "]"
    if isinstance(value, float):
        return written(value)
    return json.dumps(value, ensure_ascii=False)


def written(value: float) -> str:
    """Un número con decimales, sin exponente."""
    whole, _, decimals = f"{value:.{DECIMALS}f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}" if decimals else whole
