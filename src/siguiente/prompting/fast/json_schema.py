"""De un esquema de JSON a la expresión regular de los textos que lo cumplen."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from siguiente.prompting.fast.automaton import DEAD, automaton

Schema = Mapping[str, Any]
# Un carácter de un texto; JSON admite además los de control desde 0x7f, que nadie ve.
CHARACTER = r'(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]|\\["\\/bfnrt])'
INTEGER = r"(?:-?(?:0|[1-9][0-9]{0,14}))"  # hasta 15 cifras, las que todo lector de JSON conserva
SIMPLE = {"integer": INTEGER, "number": rf"(?:{INTEGER}(?:\.[0-9]{{1,15}})?)", "boolean": "(?:true|false)"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
LONGEST = 50_000  # caracteres del patrón de lo que va dentro de una lista, que se escribe dos veces
NOTES = {"$schema", "$id", "title", "description", "examples", "default"}  # no cambian qué se admite
KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "pattern"},
}


def schema_pattern(schema: Schema) -> str:
    """La expresión regular de los textos de JSON que cumplen un esquema, escritos de una sola manera.

    Admite objetos, listas, textos, números, `boolean` y `null`, con `enum`, `const` y `anyOf`, unos dentro de
    otros. Los espacios son los que pone `json.dumps`; las propiedades van en el orden del esquema y se
    escriben todas; los números tienen hasta 15 cifras, y otras tantas decimales; un `pattern` describe el
    texto entero.

    >>> schema = {"type": "object", "properties": {"sí": {"type": "boolean"}}}
    >>> schema_pattern(schema)
    '\\\\{"sí":\\\\ (?:true|false)\\\\}'
    >>> bool(re.fullmatch(schema_pattern(schema), json.dumps({"sí": True}, ensure_ascii=False)))
    True
    """
    try:
        return nested_pattern(schema)
    except RecursionError as error:
        raise ValueError("El esquema es demasiado profundo: aplane las listas y los objetos.") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(
            "El esquema está mal escrito: hay un número, un texto o una lista donde va otra cosa. Corríjalo."
        ) from error


def nested_pattern(schema: Schema) -> str:
    """El patrón de un esquema que puede estar dentro de otro."""
    if not isinstance(schema, Mapping):
        raise ValueError(f"Un esquema es un objeto, y llegó {schema!r}.")
    if "anyOf" in schema:
        check_keywords(schema, {"anyOf"})
        return either([nested_pattern(option) for option in schema["anyOf"]])
    fixed = {"enum", "const"} & schema.keys()
    kind = "" if fixed and "type" not in schema else declared_type(schema)
    if fixed:
        check_keywords(schema, {"type", max(fixed)})
        values = schema.get("enum", [schema.get("const")])
        return either([literal(value) for value in values if not kind or is_a(value, kind)])
    check_keywords(schema, {"type"} | KEYWORDS.get(kind, set()))
    return BUILDERS[kind](schema) if kind in BUILDERS else SIMPLE.get(kind, "null")


def declared_type(schema: Schema) -> str:
    """El tipo que dice un esquema."""
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"El esquema debe decir su tipo ({', '.join(TYPES)}), y dice {kind!r}.")
    return kind


def check_keywords(schema: Schema, known: set[str]) -> None:
    """Rechaza lo que no se sabe exigir: pasarlo por alto daría un JSON que no cumple el esquema."""
    if unknown := [key for key in schema if key not in known | NOTES]:
        raise ValueError(
            f"Aquí el esquema no admite {', '.join(map(str, unknown))}: use solo {', '.join(sorted(known))}."
        )


def is_a(value: Any, kind: str) -> bool:
    """Dice si un valor es de un tipo de JSON; `True` no es un número."""
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def literal(value: Any) -> str:
    """Un valor, tal cual."""
    return re.escape(json.dumps(value, ensure_ascii=False, allow_nan=False))


def either(options: Sequence[str]) -> str:
    """Una de varias opciones."""
    if not options:
        raise ValueError("Nada puede cumplir el esquema: `enum` o `anyOf` no deja ninguna opción.")
    return f"(?:{'|'.join(options)})"


def limits(schema: Schema, least: str, most: str) -> tuple[int, int | None]:
    """Cuántas veces se repite algo, como poco y como mucho; `None` si no hay máximo."""
    low, high = schema.get(least, 0), schema.get(most)
    if type(low) is not int or type(high) not in (int, type(None)):
        raise ValueError(f"{least} y {most} han de ser números enteros, y son {low!r} y {high!r}.")
    if low < 0 or (high is not None and high < low):
        raise ValueError(f"Nada puede cumplir el esquema: {least} es {low} y {most} es {high}.")
    return low, high


def repeated(part: str, low: int, high: int | None) -> str:
    """Una parte, de `low` a `high` veces."""
    return f"{part}{{{low},{'' if high is None else high}}}"


def object_pattern(schema: Schema) -> str:
    """Un objeto con sus propiedades, en orden."""
    properties = schema.get("properties", {})
    if missing := [name for name in schema.get("required", []) if name not in properties]:
        raise ValueError(f"Son obligatorias y no están en `properties`: {', '.join(missing)}.")
    parts = [f"{literal(name)}:\\ {nested_pattern(value)}" for name, value in properties.items()]
    return r"\{" + r",\ ".join(parts) + r"\}"


def array_pattern(schema: Schema) -> str:
    """Una lista de elementos iguales."""
    low, high = limits(schema, "minItems", "maxItems")
    if high == 0:
        return r"\[\]"
    if "items" not in schema:
        raise ValueError("Falta `items`: el esquema de los elementos de la lista.")
    item = nested_pattern(schema["items"])
    if len(item) > LONGEST:
        raise ValueError("El esquema es demasiado profundo: cada lista va dos veces. Aplane las listas.")
    more = repeated(f"(?:,\\ {item})", max(low - 1, 0), None if high is None else high - 1)
    return rf"\[{item}{more}\]" if low else rf"\[(?:{item}{more})?\]"


def string_pattern(schema: Schema) -> str:
    """Un texto entre comillas."""
    low, high = limits(schema, "minLength", "maxLength")
    if "pattern" not in schema:
        return f'"{repeated(CHARACTER, low, high)}"'
    if "minLength" in schema or "maxLength" in schema:
        raise ValueError("Un texto con `pattern` no admite `minLength` ni `maxLength`: dígalo en el patrón.")
    pattern = schema["pattern"]
    escaped = [*range(0x20), ord('"'), ord("\\")]
    if np.any(automaton(pattern).table[:, escaped] != DEAD):
        raise ValueError(
            f"El patrón {pattern!r} admite comillas, barras invertidas o saltos de línea: en JSON "
            r"se escriben de otro modo: exclúyalos, como en [^\"\\\x00-\x1f]."
        )
    return f'"(?:{pattern})"'


BUILDERS: dict[str, Callable[[Schema], str]] = {
    "object": object_pattern,
    "array": array_pattern,
    "string": string_pattern,
}
