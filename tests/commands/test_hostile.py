"""Entradas hostiles al azar: ninguna da una traza, ni hace esperar, ni pierde lo que ya estaba hecho.

De costumbre se prueban pocas de cada clase; más, con ``HOSTILE=2000 pytest tests/commands/test_hostile.py``.
"""

import csv
import io
import json
import os
import re
import time
import warnings
from random import Random

import hostile
import pytest
import torch

from siguiente.commands import ask, chat, extract, monitor
from siguiente.course.cli import command, text_file
from siguiente.course.cli import schema as schemas
from siguiente.course.cli.classification_report import predictions_csv
from siguiente.course.cli.few_shot_task import few_shot_task
from siguiente.course.cli.labelled_csv import read_table
from siguiente.course.cli.records import load_preferences, load_prompt_completion
from siguiente.course.cli.saved_tokenizer import load_tokenizer
from siguiente.prompting.fast.automaton import automaton
from siguiente.prompting.fast.json_schema import schema_pattern
from siguiente.prompting.few_shot import FewShotTemplate
from siguiente.prompting.labels import LabelledText
from siguiente.prompting.templates import Template

TIMES = int(os.environ.get("HOSTILE", "60"))
SECONDS = 2.0  # de procesador, que con la máquina ocupada cuenta el doble
QUOTED = re.compile(r"«.*?»|'.*?'|\".*?\"|\(.*?\)|: .*", re.DOTALL)
ENGLISH = re.compile(
    r"\b(expect|must|invalid|could|cannot|codec|unhashable|index|object|argument|support|exceed|the|not|missing)",
    re.IGNORECASE,
)
TEMPLATE = FewShotTemplate(Template("Texto: <text>\nTema:"))


def stood(read, *given):
    """Lee algo hostil: o vale, o una frase en español dice por qué no; y sin hacer esperar."""
    start, value, said = time.process_time(), None, "Vale."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            value = read(*given)
    except (ValueError, OSError) as error:
        said = str(error)
    assert time.process_time() - start < SECONDS
    assert said
    assert not ENGLISH.search(QUOTED.sub("", said)), said
    return value


def sheet(rng, base):
    (base / "a.csv").write_bytes(hostile.sheet(rng))
    if table := stood(read_table, base / "a.csv"):
        labels = sorted({row.label for row in table.rows if row.label})
        shares = torch.full((len(table.rows), len(labels)), 1 / len(labels))
        text = predictions_csv(table.rows, labels, shares, table.separator).removeprefix("\ufeff")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=table.separator))
        assert [int(row[0]) for row in rows[1:]] == [row.line for row in table.rows]
        stood(few_shot_task, table.rows, TEMPLATE, len(labels), torch.Generator().manual_seed(0))


def lines(rng, base):
    path = base / "a.jsonl"
    path.write_bytes(hostile.lines(rng))
    for read in (load_prompt_completion, load_preferences, monitor.read_changes, chat.read, load_tokenizer):
        stood(read, path)
    stood(extract.read_examples, path, '"[a-z ]*"')
    stood(extract.kept_lines, path, {})


def schema(rng, base):
    (base / "a.json").write_bytes(hostile.config(rng))
    pattern = stood(lambda: schema_pattern(schemas.tidy(schemas.read_json(base / "a.json"))))
    if pattern is not None:
        stood(automaton, f" {pattern}")


def pattern(rng, base):
    stood(schemas.fulfils, hostile.pattern(rng), hostile.text(rng).encode(errors="ignore").decode())


def template(rng, base):
    text = "".join(rng.choice(["<text>", hostile.text(rng)]) for _ in range(rng.randint(0, 3)))
    case = LabelledText(hostile.text(rng), hostile.text(rng))
    stood(lambda: FewShotTemplate(Template(text)).prompt(hostile.text(rng), [case, case]))


def folder(rng, base):
    inside = base / str(len(list(base.iterdir())))
    inside.mkdir()
    for name, data in hostile.files(rng).items():
        (inside / name).write_bytes(data)
    if texts := stood(text_file.read_folder, inside, (".txt", ".md")):
        json.dumps(texts, ensure_ascii=False).encode()  # todo lo leído se puede escribir
        pieces, question = ask.read_pieces(inside), hostile.text(rng)
        stood(ask.search, "bm25", question, pieces)
        stood(ask.rare_words, question, pieces, pieces)
        for text in texts.values():
            stood(text_file.split_text, text)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("read", [sheet, lines, schema, pattern, template, folder])
def test_nothing_hostile_breaks_a_reader(tmp_path, read):
    for seed in range(TIMES):
        try:
            read(Random(seed), tmp_path)
        except Exception as error:
            raise AssertionError(f"{read.__name__}, semilla {seed}") from error


GOOD = {
    "a.csv": "text,label\n" + "".join(f"Texto {i},{'sí' if i % 2 else 'no'}\n" for i in range(8)),
    "schema.json": '{"type": "object", "properties": {"n": {"type": "integer"}}}',
    "cases.jsonl": '{"text": "Uno", "data": {"n": 1}}',
}
ORDERS = {
    "a.csv": (hostile.sheet, ["classify", "a.csv", "--k", "2", "--out", "out"]),
    "schema.json": (hostile.config, ["extract", "texts", "--schema", "schema.json", "--out", "out"]),
    "cases.jsonl": (
        hostile.lines,
        ["extract", "texts", "--schema", "schema.json", "--examples", "cases.jsonl", "--out", "out"],
    ),
}


def contents(base):
    return {
        path: path.read_bytes() for path in base.rglob("*") if path.is_file() and ".lock" not in path.name
    }


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", sorted(ORDERS))
def test_what_is_refused_loses_nothing(order, tiny, gru, tmp_path, monkeypatch, capsys, name):
    """Con resultados ya hechos, otra entrada: o se rechaza y todo sigue igual, o se hace entera."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "save_figure", lambda path, draw: path.write_bytes(b""))
    gru.context_length = 600
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("Uno", "utf-8")
    for file, text in GOOD.items():
        (tmp_path / file).write_text(text, "utf-8")
    make, given = ORDERS[name]
    assert order(*given) == 0
    for seed in range(-(-TIMES // 4)):
        rng = Random(seed)
        (tmp_path / name).write_bytes(make(rng))
        before = contents(tmp_path)
        try:
            code = order(*given, *rng.choice([[], ["--restart"]]))
        except SystemExit as stopped:
            code = stopped.code
        said = capsys.readouterr().err
        assert code in (0, 2), seed
        assert "Traceback" not in said, seed
        assert len(said) < 5_000, seed
        if code == 2:
            assert contents(tmp_path) == before, seed
