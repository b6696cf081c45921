"""Lo que escribe un modelo con una restricción, que siempre la cumple."""

import json
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel
from siguiente.language_models.sampling import complete, generate, greedy, sampler
from siguiente.prompting.constrained import Constraint
from siguiente.prompting.fast.json_schema import schema_pattern

PIECES = ["ñ", "año", '": ', '", "', "sí", "}", '{"', "12", "\\n", "😀"]


class PieceTokenizer(ByteTokenizer):
    """Bytes y unos trozos; algunos terminan a media letra."""

    def __init__(self):
        object.__setattr__(
            self, "pieces", [piece.encode() for piece in PIECES] + [b"a\xc3", b"\xb1o", b"\xb1"]
        )
        object.__setattr__(self, "vocab_size", 258 + len(self.pieces))

    def token_bytes(self, token):
        return super().token_bytes(token) if token < 258 else self.pieces[token - 258]

    def decode(self, ids):
        return b"".join(map(self.token_bytes, ids)).decode(errors="replace")


class Noise(UniformModel):
    """Logits al azar, que no dependen de lo leído."""

    def step(self, ids, state=None, last=1):
        logits, state = super().step(ids, state, last)
        return torch.randn(logits.shape, generator=self.generator) * 5, state


def noise(seed):
    tokenizer = PieceTokenizer()
    model = Noise(tokenizer.vocab_size + 3)  # la red puede tener más logits que tokens
    object.__setattr__(model, "generator", torch.Generator().manual_seed(seed))
    return TextModel(model, tokenizer)


def check_record(value):
    """Lo que pide el último esquema, comprobado a mano."""
    assert list(value) == ["año", "nota", "¿sí?", "más"]
    assert type(value["año"]) is int
    assert len(value["nota"]) <= 12
    assert value["¿sí?"] in (True, False, None)
    assert set(value["más"]["ñ"]) <= {"ñ"}


def check_numbers(value):
    assert 1 <= len(value) <= 3
    assert all(type(number) in (int, float) for number in value)


def check_integer(value):
    assert type(value) is int


def check_listed(value):
    assert value in LISTED


LISTED = ["ñu", 'con "comillas"', None, 2.5]
#: Un esquema y cómo se comprueba lo que se lee.
SCHEMAS = [
    ({"type": "integer"}, check_integer),
    ({"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 3}, check_numbers),
    ({"enum": LISTED}, check_listed),
    ({
        "type": "object",
        "properties": {
            "año": {"type": "integer"},
            "nota": {"type": "string", "maxLength": 12},
            "¿sí?": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            "más": {"type": "object", "properties": {"ñ": {"type": "array", "items": {"const": "ñ"}}}},
        },
    }, check_record),
]  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(SCHEMAS), st.integers(0, 2**32), st.integers(45, 90))
def test_what_is_written_is_a_value_of_the_schema(case, seed, length):
    schema, check = case
    model, pattern = noise(seed), schema_pattern(schema)
    constraint = Constraint(pattern, model.tokenizer, length)
    choose = sampler(torch.Generator().manual_seed(seed))
    for text in complete(model, "x", length, choose, n=3, adjust=constraint.adjust):
        assert re.fullmatch(pattern, text)
        check(json.loads(text))


@settings(deadline=None)
@given(st.sampled_from(["(año|ñ)*", "[a-zñ]{3,}", "sí|año{1,9}", "[^x]{2}a*"]), st.integers(0, 2**32))
def test_what_is_written_is_finished_even_in_the_fewest_tokens(pattern, seed):
    model = noise(seed)
    fewest = int(Constraint(pattern, model.tokenizer).index.fewest[1])
    for length in range(max(1, fewest), fewest + 3):
        adjust = Constraint(pattern, model.tokenizer, length).adjust
        assert re.fullmatch(pattern, complete(model, "x", length, greedy, adjust=adjust)[0], re.DOTALL)


def test_without_length_it_can_be_cut():
    model = noise(0)
    text = complete(model, "x", 5, greedy, adjust=Constraint("[0-9]{40}", model.tokenizer).adjust)[0]
    assert re.fullmatch("[0-9]{5,10}", text)


def test_half_a_letter_can_be_a_token():
    """«ñ» se puede escribir entera, byte a byte, o con trozos que la parten."""
    tokenizer = PieceTokenizer()
    constraint = Constraint("año", tokenizer)
    names = {"a": 97, "año": 259, "a\\xc3": 268, "\\xb1o": 269, "\\xb1": 270}
    assert np.flatnonzero(constraint.allowed([])).tolist() == [97, 259, 268]
    assert np.flatnonzero(constraint.allowed([268])).tolist() == [0xB1, names["\\xb1o"], names["\\xb1"]]
    assert np.flatnonzero(constraint.allowed([97])).tolist() == [0xC3, 258]


def test_special_tokens_only_at_the_end():
    tokenizer = ByteTokenizer()
    constraint = Constraint("ab?", tokenizer)
    assert np.flatnonzero(constraint.allowed([])).tolist() == [97]
    assert np.flatnonzero(constraint.allowed([97])).tolist() == [98, tokenizer.eos_id]
    assert np.flatnonzero(constraint.allowed([97, 98])).tolist() == [tokenizer.eos_id]
    assert np.flatnonzero(constraint.allowed([97, tokenizer.eos_id])).tolist() == [tokenizer.eos_id]


def test_the_rest_keeps_its_logits():
    logits = torch.randn(2, 258, generator=torch.Generator().manual_seed(0))
    adjusted = Constraint("a|b", ByteTokenizer()).adjust(torch.empty(2, 0, dtype=torch.long), logits)
    assert adjusted[:, [97, 98]].equal(logits[:, [97, 98]])
    assert adjusted.isinf().sum(1).tolist() == [256, 256]
    assert not logits.isinf().any()


def test_each_row_has_its_own_mask():
    written = torch.tensor([[97], [98]])
    adjusted = Constraint("ax|by", ByteTokenizer()).adjust(written, torch.zeros(2, 258))
    assert adjusted.argmax(1).tolist() == [ord("x"), ord("y")]


def test_rows_that_end_before_others_stay_ended():
    model = noise(1)
    constraint = Constraint("a*", model.tokenizer, 6)
    rows = generate(
        model.model, torch.tensor([[1]]), 6, sampler(torch.Generator().manual_seed(3)), 8,
        model.tokenizer.eos_id, constraint.adjust,
    )  # fmt: skip
    assert all(re.fullmatch("a*", model.decode(row)) for row in rows)


class Endless(ByteTokenizer):
    """Un tokenizador sin token de final."""

    eos_id = None

    def __init__(self):
        pass


class OnlyLetters(ByteTokenizer):
    """Un vocabulario que no puede escribir cifras."""

    def token_bytes(self, token):
        return b"" if 48 <= token < 58 else super().token_bytes(token)


@pytest.mark.parametrize(
    ("pattern", "tokenizer", "length", "message"),
    [
        ("a", Endless(), None, "no tiene token de final"),
        ("[0-9]a", OnlyLetters(), None, "no puede escribir ningún texto"),
        ("a{5}", ByteTokenizer(), 4, "Hacen falta 5 tokens para cumplir el patrón y se piden 4"),
    ],
)
def test_what_cannot_be_written_is_said_before_writing(pattern, tokenizer, length, message):
    with pytest.raises(ValueError, match=message):
        Constraint(pattern, tokenizer, length)


@pytest.mark.parametrize("written", [[98], [97, 97]])
def test_what_was_written_without_the_constraint(written):
    constraint = Constraint("ab", ByteTokenizer())
    with pytest.raises(ValueError, match="desde el primer token"):
        constraint.allowed(written)
