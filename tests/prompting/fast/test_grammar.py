"""De patrones a gramáticas de llama.cpp; que él las entiende se ve en `nox -s servers`."""

import json

import pytest

from siguiente.prompting.fast.grammar import gbnf, writable
from siguiente.prompting.fast.json_schema import schema_pattern


def test_surrogates_are_left_out():
    assert writable([(0x41, 0x10FFFF)]) == [(0x41, 0xD7FF), (0xE000, 0x10FFFF)]
    assert writable([(0x41, 0x42)]) == [(0x41, 0x42)]
    assert writable([(0xF000, 0xF001)]) == [(0xF000, 0xF001)]


def test_parts_keep_their_order_and_their_repetitions():
    assert gbnf("(?:ab)*c+") == r"root ::= ([\U00000061] [\U00000062]){0,} [\U00000063]{1,}"
    assert gbnf("a|") == r'root ::= ([\U00000061] | "")'


def test_the_pattern_of_a_schema_has_a_grammar():
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}
    assert gbnf(schema_pattern(json.loads(json.dumps(schema)))).startswith(r"root ::= [\U0000007B]")


def test_what_has_no_grammar_is_said():
    with pytest.raises(ValueError, match="una gramática no tiene"):
        gbnf(r"a\b")
