"""Leer datos propios en JSON por líneas: lo que vale, y lo que no, con su línea."""

import json

import pytest

from siguiente.course.cli.records import load_preferences, load_prompt_completion

GOOD = {"prompt": "Salude.", "chosen": "¡Hola!", "rejected": "Ya."}


@pytest.fixture
def write(tmp_path):
    def written(*lines):
        path = tmp_path / "datos.jsonl"
        texts = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
        path.write_text("\n".join(texts), encoding="utf-8")
        return path

    return written


def test_demonstrations_are_read_in_order(write):
    path = write(
        {"prompt": "1", "completion": "uno", "kind": "x"}, "", {"completion": "a\u2028b\n", "prompt": "2"}
    )
    assert load_prompt_completion(path) == [("1", "uno"), ("2", "a\u2028b\n")]


def test_preferences_are_read(write):
    assert load_preferences(write(GOOD, GOOD)) == [("Salude.", "¡Hola!", "Ya.")] * 2


@pytest.mark.parametrize(
    "line", ["{", "hola", "[1, 2]", "3", '{"prompt": "a"}', '{"prompt": "a", "completion": " "}']
)
def test_what_is_wrong_is_said_with_its_line(write, line):
    good = {"prompt": "1", "completion": "uno"}
    with pytest.raises(
        ValueError,
        match=r"datos\.jsonl, línea 3: (no es un objeto|cada línea ha de ser|'.*' falta, está vacío)",
    ):
        load_prompt_completion(write(good, "", line))


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_a_file_without_data_is_refused(write, lines):
    with pytest.raises(ValueError, match="ninguna línea con datos"):
        load_preferences(write(*lines))


def test_a_preference_between_equals_is_refused(write):
    with pytest.raises(ValueError, match="línea 2: las dos respuestas son iguales"):
        load_preferences(write(GOOD, GOOD | {"rejected": "¡Hola!"}))


def test_a_pair_in_both_orders_is_warned(write):
    opposite = {"prompt": "Salude.", "chosen": "Ya.", "rejected": "¡Hola!"}
    with pytest.warns(UserWarning, match="las líneas 1 y 3 se contradicen"):
        found = load_preferences(write(GOOD, GOOD | {"prompt": "Otra."}, opposite))
    assert len(found) == 3


def test_the_same_pair_for_other_prompts_is_no_contradiction(write):
    load_preferences(write(GOOD, {"prompt": "Despídase.", "chosen": "Ya.", "rejected": "¡Hola!"}))


def test_other_encodings_and_missing_files_are_said(tmp_path):
    (tmp_path / "x.jsonl").write_bytes('{"prompt": "niño"}'.encode("latin-1"))
    with pytest.raises(ValueError, match="no está en UTF-8"):
        load_preferences(tmp_path / "x.jsonl")
    with pytest.raises(OSError, match="No se puede abrir"):
        load_preferences(tmp_path / "no.jsonl")
