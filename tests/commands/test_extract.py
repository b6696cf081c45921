"""Sacar datos de una carpeta con un modelo diminuto: interrumpir, seguir, cambiar textos y equivocarse."""

import json
import re

import pytest

from siguiente.prompting.fast.json_schema import schema_pattern

SCHEMA = {
    "type": "object",
    "properties": {"año": {"type": "integer"}, "nota": {"type": "string", "maxLength": 8}},
}
CASE = {"text": "Del año 1990.", "data": {"año": 1990, "nota": "sí"}}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "textos"
    path.mkdir()
    for i in range(9):
        (path / f"{i}.txt").write_text(
            f"Texto número {i}, {'con más letras ' * (i % 3)}y 😀.", encoding="utf-8"
        )
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    (tmp_path / "casos.jsonl").write_text(json.dumps(CASE) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def given(tiny, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return ["extract", folder, "--schema", tmp_path / "schema.json", "--length", "50"]


@pytest.fixture
def run(order, given):
    return lambda *options: order(*given, *options)


@pytest.fixture
def fails(refused, given):
    return lambda *options: refused(*given, *options)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "extract" / "data.jsonl"


def facts(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_one_line_per_text_with_the_form_of_the_schema(run, out, capsys):
    assert run() == 0
    assert "9 textos" in capsys.readouterr().out
    assert [fact["file"] for fact in facts(out)] == [f"{i}.txt" for i in range(9)]
    for fact in facts(out):
        assert re.fullmatch(schema_pattern(SCHEMA), json.dumps(fact["data"], ensure_ascii=False))


class Stopped:
    """Genera, y se interrumpe con Ctrl-C en la tanda que se diga."""

    def __init__(self, generate):
        self.generate, self.batches, self.at = generate, 0, None

    def __call__(self, *given):
        if self.batches == self.at:
            raise KeyboardInterrupt
        self.batches += 1
        return self.generate(*given)


@pytest.fixture
def batches(monkeypatch):
    from siguiente.language_models import sampling as batch

    counted = Stopped(batch.generate_batch)
    monkeypatch.setattr(batch, "generate_batch", counted)
    return counted


def test_an_interrupted_run_goes_on_and_ends_the_same(run, out, tmp_path, capsys, batches, monkeypatch):
    monkeypatch.setattr("siguiente.commands.extract.TOKENS", 300)
    assert run("--out", "whole") == 0
    batches.batches, batches.at = 0, 1
    assert run() == 130
    assert "Interrumpido" in capsys.readouterr().err
    assert 0 < len(facts(out)) < 9
    batches.at = None
    assert run() == 0
    made = batches.batches
    assert out.read_bytes() == (tmp_path / "whole" / "data.jsonl").read_bytes()
    assert run() == 0  # y otra vez, no hace nada
    assert batches.batches == made


@pytest.mark.parametrize("change", [["--length", "60"], ["--model", "otro"], ["--examples", "casos.jsonl"]])
def test_other_settings_never_overwrite(run, fails, out, change):
    run()
    before = out.read_bytes()
    assert "resultados de otros ajustes" in fails(*change)
    assert out.read_bytes() == before
    assert run(*change, "--restart") == 0


def test_only_what_changed_is_done_again(run, folder, out, batches):
    run()
    before = {fact["file"]: fact for fact in facts(out)}
    batches.batches = 0
    (folder / "3.txt").write_text("Otra cosa, más larga.", encoding="utf-8")
    (folder / "8.txt").unlink()
    (folder / "nuevo.txt").write_text("Un texto nuevo.", encoding="utf-8")
    assert run() == 0
    after = {fact["file"]: fact for fact in facts(out)}
    assert batches.batches == 1
    assert set(after) == set(before) - {"8.txt"} | {"nuevo.txt"}
    assert {name for name in before if after.get(name) == before[name]} == set(before) - {"3.txt", "8.txt"}


def test_the_cost_is_said_before_and_nothing_is_written(run, out, capsys):
    assert run("--dry-run", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["texts"] == 9
    assert facts["tokens"] > 9 * 20
    assert facts["minutes"] > 0
    assert not out.parent.exists()
    run()
    capsys.readouterr()
    assert run("--dry-run") == 0
    assert "Faltan 0 textos de 9" in capsys.readouterr().out


def test_a_folder_of_others_is_not_overwritten(fails, out):
    out.parent.mkdir()
    out.write_text("lo mío\n", encoding="utf-8")
    for options in ([], ["--restart"]):
        assert "no es de esta orden" in fails(*options)
    assert out.read_text(encoding="utf-8") == "lo mío\n"


def test_a_long_text_is_named_and_nothing_is_written(fails, folder, out, gru):
    gru.context_length = 2000
    (folder / "largo.txt").write_text("palabras " * 1111 + "x", encoding="utf-8")
    error = fails()
    assert error.startswith("largo.txt (10000 caracteres)")
    assert "caben 2000" in error
    assert not out.parent.exists()


@pytest.mark.filterwarnings("default")
def test_one_bad_file_does_not_stop_the_others(run, folder, out, capsys):
    for name, data in {"vacío.txt": b"", "._a.txt": b"\0\5\26\7", "viejo.txt": b"caf\xe9"}.items():
        (folder / name).write_bytes(data)
    (folder / "OTRO.TXT").write_text("Silla, 8 euros", encoding="utf-8")
    assert run() == 0
    assert {fact["file"] for fact in facts(out)} == {*(f"{i}.txt" for i in range(9)), "OTRO.TXT"}
    told = capsys.readouterr().err
    assert "vacío.txt está vacío" in told
    assert "viejo.txt no está en UTF-8" in told
    assert "._a" not in told


def test_an_empty_folder(fails, folder):
    for path in folder.iterdir():
        path.unlink()
    assert "no hay ningún texto (.txt)" in fails()


def test_what_is_not_a_folder(refused, tmp_path):
    assert "no es una carpeta" in refused("extract", tmp_path / "no", "--schema", "x.json")


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("schema.json", "{", [], "schema.json no es JSON (línea 1"),
        ("schema.json", "[" * 100_000, [], "schema.json tiene demasiadas listas"),
        ("schema.json", '{"type": "texto"}', [], "debe decir su tipo"),
        ("schema.json", '{"enum": []}', [], "Nada puede cumplir"),
        ("schema.json", '{"type": "integer", "minimum": 3}', [], "no admite minimum"),
        ("casos.jsonl", '{"text": "a"}', ["--examples", "casos.jsonl"], "casos.jsonl, línea 1"),
        ("casos.jsonl", "[" * 100_000, ["--examples", "casos.jsonl"], "casos.jsonl, línea 1: no es"),
        (
            "casos.jsonl",
            '{"text": "a", "data": {"año": "x", "nota": ""}}',
            ["--examples", "casos.jsonl"],
            "no cumple el esquema",
        ),
        (
            "casos.jsonl",
            '{"text": "a\\ud83d", "data": {"año": 1, "nota": ""}}',
            ["--examples", "casos.jsonl"],
            "medio carácter",
        ),
        ("casos.jsonl", "", ["--length", "5"], "Hacen falta"),
    ],
)
def test_bad_input_is_explained(fails, out, tmp_path, name, content, options, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert message in fails(*options)
    assert not out.parent.exists()


def test_any_line_break_and_blank_line_fits_in_the_cases(run, tmp_path):
    cases = [CASE | {"text": f"Mesa{mark}20 €"} for mark in "\u0085\u2028\u2029"]
    text = "\n\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n   \n"
    (tmp_path / "casos.jsonl").write_text(text, encoding="utf-8")
    assert run("--examples", "casos.jsonl") == 0


def schema_of(tmp_path, **properties):
    schema = {"type": "object", "properties": properties}
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")


def test_a_pattern_that_others_read_for_hours_is_checked_at_once(fails, tmp_path):
    schema_of(tmp_path, n={"type": "string", "pattern": "([A-Za-zñáéíóú]+ ?)+"})
    case = {"text": "x", "data": {"n": "a" * 60 + "1"}}
    (tmp_path / "casos.jsonl").write_text(json.dumps(case), encoding="utf-8")
    assert "no cumple el esquema" in fails("--examples", "casos.jsonl")


def test_what_other_programs_write_in_a_schema_is_understood(run, tmp_path, out):
    named = {"type": "string", "pattern": "^(?P<d>[0-9])$", "$comment": "una cifra", "format": "cifra"}
    schema_of(tmp_path, a=named, b=named, c={"type": "integer", "enum": [1.0]})
    assert run("--length", "60") == 0
    assert all(re.fullmatch("[0-9]", fact["data"]["a"]) and fact["data"]["c"] == 1 for fact in facts(out))


@pytest.mark.parametrize("value", [1e-05, 0.30000000000000004, 2.5, 1e14])
def test_numbers_with_exponents_fit_in_the_cases(run, tmp_path, value):
    schema_of(tmp_path, p={"type": "number"})
    (tmp_path / "casos.jsonl").write_text(json.dumps({"text": "x", "data": {"p": value}}), encoding="utf-8")
    assert run("--examples", "casos.jsonl") == 0
