"""Las llamadas a una herramienta: cuáles se leen, y el bucle que las ejecuta."""

import re

import pytest

from siguiente.prompting.constrained import Constraint
from siguiente.prompting.tools import OPERATIONS, TURN, Call, calculator, read_call, use_tools


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("Cuentas: 12 × 3 =", Call(12, "×", 3)),
        ("Cuentas: 12 × 3 = 36; 36 - 7 =", Call(36, "-", 7)),
        ("Problema: 5 + 5 = ¿cuánto?\nCuentas: 1 + 2 =", Call(1, "+", 2)),
        ("Cuentas: 1 + 2 = 3; 3 + 4 = 7\nProblema: ¿?\nCuentas: 12 × 3 =", Call(12, "×", 3)),
        ("Cuentas: 12 × 3 = 36", None),
        ("Cuentas: 12 ÷ 3 =", None),
        ("Cuentas: borre 12 × 3 =", None),
        ("12 × 3 =\nRespuesta: 36", None),
        ("", None),
    ],
)
def test_only_a_call_at_the_end_is_read(text, call):
    assert read_call(text) == call


@pytest.mark.parametrize(("sign", "result"), [("+", " 15"), ("-", " -1"), ("×", " 56")])
def test_the_calculator_writes_the_result(sign, result):
    assert calculator(f"Cuentas: 7 {sign} 8 =") == result


def test_every_turn_of_the_model_is_a_call_or_an_answer():
    for text in (" 12 × 3 =", "; 36 - 7 =", "\nRespuesta: 29", "\nRespuesta: -3"):
        assert re.fullmatch(TURN, text)
    for text in (" 12 ÷ 3 =", " 12 × 3 = 36", " abrir la puerta"):
        assert not re.fullmatch(TURN, text)


def test_the_pattern_can_be_written_by_any_tokenizer():
    from siguiente.language_models.protocol import ByteTokenizer

    constraint = Constraint(TURN, ByteTokenizer(), length=20)
    written = ByteTokenizer().encode(" 12 × 3 =")
    assert constraint.allowed(written).nonzero()[0].tolist() == [ByteTokenizer().eos_id]


def test_the_loop_observes_each_result_and_stops_at_the_answer():
    """El primero pide dos operaciones; el segundo responde enseguida, y no se le vuelve a preguntar."""
    asked = []

    def write(texts):
        asked.append(len(texts))
        new = {"A:": " 2 + 3 =", "A: 2 + 3 = 5": "; 5 × 4 =", "B:": "\nRespuesta: 1"}
        return [new.get(text, "\nRespuesta: 20") for text in texts]

    found = use_tools(["A:", "B:"], write, calculator)
    assert found == [" 2 + 3 = 5; 5 × 4 = 20\nRespuesta: 20", "\nRespuesta: 1"]
    assert asked == [2, 1, 1]


def test_the_loop_ends_even_if_the_model_never_answers():
    found = use_tools(["A:"], lambda texts: ["; 1 + 1 =" for _ in texts], calculator, turns=3)
    assert found == ["; 1 + 1 = 2" * 3]


def test_a_tool_can_be_anything_that_reads_a_text():
    found = use_tools(["¿Hora?"], lambda texts: [" hora()" if "12" not in t else " Fin." for t in texts],
                      lambda text: " 12:00" if text.endswith("hora()") else None)  # fmt: skip
    assert found == [" hora() 12:00 Fin."]


def test_the_operations_are_those_of_the_pattern():
    assert set(OPERATIONS) == set("+-×")
