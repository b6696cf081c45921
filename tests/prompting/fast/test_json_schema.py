"""El patrón de un esquema frente a un validador y a lo que escribe `json.dumps`."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outlines_core.json_schema import build_regex_from_schema

from siguiente.prompting.fast.automaton import automaton
from siguiente.prompting.fast.json_schema import schema_pattern

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=6)
WHOLE = st.integers(-(10**15) + 1, 10**15 - 1)
#: Un esquema y los valores que lo cumplen.
CASES = st.recursive(
    st.sampled_from(
        [
            ({"type": "integer"}, WHOLE),
            ({"type": "number"}, WHOLE | st.sampled_from([0.5, -2.25, 1e3])),
            ({"type": "boolean"}, st.booleans()),
            ({"type": "null"}, st.none()),
            ({"type": "string", "maxLength": 6, "description": "un texto"}, TEXT),
            ({"type": "string", "pattern": "[a-zñ]{2}"}, st.from_regex("[a-zñ]{2}", fullmatch=True)),
            ({"enum": ["a.b", "ñ", 3, None]}, st.sampled_from(["a.b", "ñ", 3, None])),
            ({"type": "string", "enum": ["sí", 3]}, st.just("sí")),
            ({"const": {"a": [1, 'x"y']}}, st.just({"a": [1, 'x"y']})),
        ]
    ),
    lambda case: (
        case.map(
            lambda c: (
                {"type": "array", "items": c[0], "minItems": 1, "maxItems": 3},
                st.lists(c[1], min_size=1, max_size=3),
            )
        )
        | st.dictionaries(TEXT, case, max_size=3).map(
            lambda cases: (
                {
                    "type": "object",
                    "properties": {k: c[0] for k, c in cases.items()},
                    "required": list(cases),
                },
                st.tuples(*(c[1] for c in cases.values())).map(
                    lambda values: dict(zip(cases, values, strict=True))
                ),
            )
        )
        | st.tuples(case, case).map(lambda two: ({"anyOf": [c[0] for c in two]}, two[0][1] | two[1][1]))
    ),
    max_leaves=4,
)


@given(st.data())
def test_every_value_of_the_schema_is_admitted_as_json_writes_it(data):
    schema, values = data.draw(CASES)
    text = json.dumps(data.draw(values), ensure_ascii=False)
    assert re.fullmatch(schema_pattern(schema), text)


@given(st.data())
def test_every_text_of_the_pattern_is_a_value_of_the_schema(data):
    schema, _ = data.draw(CASES)
    text = data.draw(st.from_regex(schema_pattern(schema), fullmatch=True))
    assert valid(json.loads(text), schema), (schema, text)


LIST = {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 3}
RECORD = {"año": {"type": "string", "maxLength": 6}, "b c": {"enum": ["a.b", "ñ", 3, None]}, "": LIST}


@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer"},
        {"type": "string", "minLength": 1, "maxLength": 3},
        {"type": "string", "pattern": "[a-zñ]{2}"},
        {"anyOf": [{"type": "boolean"}, {"type": "null"}, {"const": 'x"y'}]},
        {"type": "array", "items": LIST, "maxItems": 2},
        {"type": "object", "properties": RECORD, "required": list(RECORD)},
    ],
)
@given(st.data())
def test_every_text_of_the_pattern_is_one_for_outlines(schema, data):
    """El suyo admite más (otros espacios, exponentes, más cifras), pero no le falta nada de lo nuestro.

    Se comparan esquemas sin comillas en los nombres de las propiedades, que outlines_core no escapa.
    """
    text = data.draw(st.from_regex(schema_pattern(schema), fullmatch=True))
    assert re.fullmatch(build_regex_from_schema(json.dumps(schema)), text)


def valid(value, schema):
    """Un validador mínimo, escrito aparte, de lo que admite `schema_pattern`."""
    if "anyOf" in schema:
        return any(valid(value, option) for option in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kind = schema["type"]
    if kind == "object":
        return (
            isinstance(value, dict)
            and list(value) == list(schema["properties"])
            and all(valid(value[name], part) for name, part in schema["properties"].items())
        )
    if kind == "array":
        few, many = schema["minItems"], schema["maxItems"]
        sized = isinstance(value, list) and few <= len(value) <= many
        return sized and all(valid(item, schema["items"]) for item in value)
    if kind == "string":
        fits = isinstance(value, str) and len(value) <= schema.get("maxLength", 1000)
        return fits and bool(re.fullmatch(schema.get("pattern", "(?s:.)*"), value))
    types = {"integer": int, "number": (int, float), "boolean": bool, "null": type(None)}
    return isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))


@pytest.mark.parametrize(
    ("schema", "yes", "no"),
    [
        ({"type": "integer"}, ["0", "-7", "123456789012345"], ["01", "1.0", "+1", "-", "1234567890123456"]),
        ({"type": "number"}, ["0.50", "-3"], ["1.", ".5", "1e3", "NaN"]),
        (
            {"type": "string", "minLength": 1, "maxLength": 2},
            ['"ñ"', r'"\"\\"'],
            ['""', '"abc"', '"\n"', r'"\x"'],
        ),
        ({"type": "array", "items": {"type": "null"}}, ["[]", "[null]", "[null, null]"], ["[,]", "[null ]"]),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2}, ["[null, null]"], ["[]", "[null]"]),
        ({"type": "array", "maxItems": 0}, ["[]"], ["[null]"]),
        ({"type": "object"}, ["{}"], ['{"a": 1}']),
    ],
)
def test_what_is_admitted_and_what_is_not(schema, yes, no):
    pattern = schema_pattern(schema)
    assert [text for text in yes + no if re.fullmatch(pattern, text)] == yes


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({}, "debe decir su tipo"),
        (True, "Un esquema es un objeto"),
        ({"type": "texto"}, "y dice 'texto'"),
        ({"type": ["string", "null"]}, "debe decir su tipo"),
        ({"type": ["string", "null"], "enum": ["a", None]}, "debe decir su tipo"),
        ({"type": "texto", "enum": ["a"]}, "y dice 'texto'"),
        ({"type": "null", 5: 6}, "no admite 5"),
        ({"anyOf": 5}, "mal escrito"),
        ({"type": "object", "properties": []}, "mal escrito"),
        ({"type": "object", "required": "ab"}, "no están en `properties`: a, b"),
        ({"type": "object", "required": [["b"]]}, "mal escrito"),
        ({"type": "string", "pattern": 5}, "mal escrito"),
        ({"const": float("nan")}, "JSON"),
        ({"enum": ["a", {1, 2}]}, "mal escrito"),
        ({"type": "integer", "minimum": 0}, "no admite minimum"),
        ({"type": "string", "format": "date"}, "no admite format"),
        ({"type": "object", "patternProperties": {}}, "no admite patternProperties"),
        ({"enum": []}, "no deja ninguna opción"),
        ({"type": "integer", "enum": ["a", True]}, "no deja ninguna opción"),
        ({"anyOf": []}, "no deja ninguna opción"),
        ({"anyOf": [{"type": "null"}], "type": "null"}, "no admite type"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength es 3 y maxLength es 2"),
        ({"type": "array", "items": {"type": "null"}, "minItems": -1}, "minItems es -1"),
        ({"type": "array"}, "Falta `items`"),
        ({"type": "object", "required": ["b"]}, "no están en `properties`: b"),
        ({"type": "string", "pattern": ".*"}, "admite comillas"),
        ({"type": "string", "pattern": "a", "maxLength": 3}, "dígalo en el patrón"),
        ({"type": "string", "pattern": "^a"}, "quite las anclas"),
        ({"type": "string", "pattern": r"[^\s\S]"}, "Ningún texto cumple"),
    ],
)
def test_schemas_that_are_not_possible(schema, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        schema_pattern(schema)


def nested(levels, wrap):
    schema = {"type": "null"}
    for _ in range(levels):
        schema = wrap(schema)
    return schema


@pytest.mark.parametrize("levels", [16, 150, 900])
def test_lists_too_deep(levels):
    """Cada lista escribe dos veces lo de dentro: con 30 niveles, el patrón no cabría en la memoria."""
    with pytest.raises(ValueError, match=r"El esquema es demasiado profundo.*[Aa]plane las listas"):
        schema_pattern(nested(levels, lambda schema: {"type": "array", "items": schema}))


def test_lists_as_deep_as_anyone_needs():
    pattern = schema_pattern(nested(8, lambda schema: {"type": "array", "items": schema}))
    assert re.fullmatch(pattern, "[[[[[[[[null, null], []]]]]]], []]")
    assert not re.fullmatch(pattern, "[[[[[[[[[null]]]]]]]]]")


def test_objects_too_deep():
    def wrap(schema):
        return {"type": "object", "properties": {"a": schema}}

    assert re.fullmatch(schema_pattern(nested(3, wrap)), '{"a": {"a": {"a": null}}}')
    with pytest.raises(ValueError, match="El esquema es demasiado profundo"):
        schema_pattern(nested(900, wrap))


def test_a_large_schema_is_not_a_large_machine():
    text = {"type": "string", "maxLength": 40}
    schema = {"type": "object", "properties": {f"campo {i}": text for i in range(5)}}
    assert len(automaton(schema_pattern(schema)).final) < 2500
