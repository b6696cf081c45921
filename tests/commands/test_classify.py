"""Clasificar con un modelo diminuto: interrumpir, seguir, cambiar ajustes y equivocarse."""

import csv
import json
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest

from siguiente.__main__ import make_parser
from siguiente.course.cli.few_shot_task import FewShotTask
from siguiente.course.cli.labelled_csv import read_labelled_texts

ROOT = Path(__file__).parents[2]
LABELS = ("negativo", "positivo", "neutro")
RESULTS = ("predictions.csv", "confusion.png", "summary.txt", "report.html")


def write_csv(path, n=45):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["id", "reseña", "opinión"])
        texts = (f"Película {i}: «{{llaves}}», 😀;\nsegunda línea" for i in range(n))
        writer.writerows([i, text, LABELS[i % 3]] for i, text in enumerate(texts))
    return path


@pytest.fixture
def path(tmp_path):
    return write_csv(tmp_path / "reseñas.csv")


@pytest.fixture
def given(tiny, path):
    return ["classify", path, "--text", "reseña", "--label", "opinión", "--k", "6"]


@pytest.fixture
def run(order, given):
    return lambda *options: order(*given, *options)


@pytest.fixture
def fails(refused, given):
    return lambda *options: refused(*given, *options)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in (*RESULTS, "scores.json")}


def predictions(folder):
    with (folder / "predictions.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def test_what_it_says_and_what_it_writes(run, path, capsys):
    assert run() == 0
    said, folder = capsys.readouterr().out, path.with_name("reseñas-results")
    assert "45 textos: negativo (15), neutro (15), positivo (15)." in said
    assert "Se clasifican 39 con gemma-3-270m." in said
    assert (folder / "summary.txt").read_text(encoding="utf-8") in said
    rows = predictions(folder)
    assert len(rows) == 39
    assert list(rows[0]) == ["line", "text", "label", "prediction", "P(negativo)", "P(neutro)", "P(positivo)"]
    assert (folder / "confusion.png").read_bytes().startswith(b"\x89PNG")


def test_every_prediction_is_of_its_own_line(run, path):
    run("--calibration", "none")
    lines = path.read_bytes().decode().split("\n")
    for row in predictions(path.with_name("reseñas-results")):
        where = int(row["line"]) - 1
        assert row["text"].split("\n")[0] in lines[where].replace('""', '"')
        assert lines[where + 1].endswith(f";{row['label']}\r")
        shares = {label: float(row[f"P({label})"]) for label in LABELS}
        assert sum(shares.values()) == pytest.approx(1, abs=2e-6)
        assert shares[row["prediction"]] == max(shares.values())


def test_the_summary_agrees_with_the_predictions(run, path, capsys):
    run()
    rows = predictions(path.with_name("reseñas-results"))
    hits = sum(row["label"] == row["prediction"] for row in rows)
    share = f"{100 * hits / 39:.1f}".replace(".", ",")
    assert f"Exactitud: {share}\u202f%" in capsys.readouterr().out


class Scored:
    """Cuenta las tandas que se puntúan, y puede parar con Ctrl-C al llegar a una."""

    def __init__(self, score):
        self.score, self.batches, self.stop_at = score, 0, None

    def __call__(self, task, model, texts):
        if self.batches == self.stop_at:
            raise KeyboardInterrupt
        self.batches += 1
        return self.score(task, model, texts)


@pytest.fixture
def scored(monkeypatch):
    counted = Scored(FewShotTask.score)
    monkeypatch.setattr(FewShotTask, "score", lambda *arguments: counted(*arguments))
    return counted


def test_an_interrupted_run_goes_on_and_ends_the_same(run, path, tmp_path, capsys, scored):
    run("--out", str(tmp_path / "whole"))
    scored.batches, scored.stop_at = 0, 1
    assert run() == 130
    assert "Interrumpido" in capsys.readouterr().err
    folder = path.with_name("reseñas-results")
    assert not any((folder / name).exists() for name in RESULTS)
    scored.batches, scored.stop_at = 0, None
    assert run() == 0
    assert scored.batches == 2
    assert "Ya hay 16 puntuados" in capsys.readouterr().out
    assert contents(folder) == contents(tmp_path / "whole")


def stop(*arguments, **options):
    raise KeyboardInterrupt


def test_stopping_while_drawing_leaves_the_predictions_and_no_old_figure(run, path, capsys, monkeypatch):
    run()
    folder = path.with_name("reseñas-results")
    before = (folder / "predictions.csv").read_bytes()
    monkeypatch.setattr("siguiente.course.figures.heatmaps.confusion_heatmap", stop)
    assert run("--calibration", "none") == 130
    assert "Interrumpido" in capsys.readouterr().err
    assert (folder / "predictions.csv").read_bytes() != before
    assert "Calibración: none." in (folder / "summary.txt").read_text("utf-8")
    assert not (folder / "confusion.png").exists()


def test_another_calibration_scores_nothing_again(run, path, scored):
    folder, written = path.with_name("reseñas-results"), []
    for how, batches in {"none": 3, "batch": 0, "contextual": 1}.items():
        scored.batches = 0
        run("--calibration", how)
        assert scored.batches == batches, how
        written.append(contents(folder))
    assert len({files["scores.json"] for files in written}) == 1
    assert len({files["predictions.csv"] for files in written}) == 3


def test_the_limit_can_grow(run, path, scored):
    folder = path.with_name("reseñas-results")
    run("--limit", "16")
    first = {row["line"] for row in predictions(folder)}
    run("--limit", "32")
    assert scored.batches == 2
    assert len(first) == 16
    assert first < {row["line"] for row in predictions(folder)}


def test_other_settings_never_overwrite(run, fails, path):
    run()
    before = contents(path.with_name("reseñas-results"))
    error = fails("--k", "3")
    assert "otros ajustes (k, examples, texts)" in error
    assert error.endswith("use otra carpeta (--out) o empiece de nuevo (--restart).")
    assert contents(path.with_name("reseñas-results")) == before
    assert run("--k", "3", "--restart") == 0


def test_results_without_their_log_are_not_overwritten(fails, tmp_path):
    (tmp_path / "predictions.csv").write_text("ajeno", encoding="utf-8")
    assert "ya tiene otros resultados" in fails("--out", str(tmp_path))
    assert (tmp_path / "predictions.csv").read_text(encoding="utf-8") == "ajeno"


@pytest.mark.parametrize("name", [*RESULTS, "scores.json"])
@pytest.mark.parametrize("options", [[], ["--restart"]])
def test_the_texts_are_never_overwritten(tiny, refused, tmp_path, name, options):
    before = write_csv(tmp_path / name).read_bytes()
    given = ["classify", tmp_path / name, "--text", "reseña", "--label", "opinión", "--out", tmp_path]
    error = refused(*given, *options)
    assert f"{name} tiene los textos, y ahí van resultados: use otra carpeta (--out)" in error
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: before}


@pytest.mark.parametrize("name", [*RESULTS, "scores.json"])
@pytest.mark.parametrize("options", [[], ["--restart"]])
def test_a_folder_where_a_file_goes(fails, path, name, options):
    (path.with_name("reseñas-results") / name).mkdir(parents=True)
    assert f"{name} es una carpeta, y ahí va un archivo" in fails(*options)


def test_a_label_with_dollars_is_drawn(run, path):
    path.write_bytes(path.read_bytes().replace(b";neutro", rb";$\frac$"))
    assert run() == 0
    assert set(RESULTS) < {file.name for file in path.with_name("reseñas-results").iterdir()}


@pytest.mark.parametrize(("labels", "shown"), [(2, 8), (3, 9), (7, 7), (8, 8)])
def test_the_examples_shown_by_default_are_the_same_of_each_label(
    tiny, order, tmp_path, capsys, labels, shown
):
    rows = [f"Texto {i},clase {i % labels}\n" for i in range(6 * labels)]
    (tmp_path / "textos.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")
    order("classify", tmp_path / "textos.csv")
    said = capsys.readouterr().out
    assert f"no se clasifican: {shown}.\n" in said
    counts = {said.count(f", clase {label}: ") for label in range(labels)}
    assert counts == {shown // labels}
    assert "Aviso" not in said


@pytest.mark.parametrize(("k", "warned"), [("5", True), ("3", False), ("0", False)])
def test_examples_that_are_not_the_same_of_each_label_are_announced(run, capsys, k, warned):
    run("--k", k)
    said = capsys.readouterr().out
    assert (f"Aviso: {k} ejemplos no se reparten por igual entre 3 etiquetas." in said) == warned


def test_a_corrected_label_scores_nothing_again(run, path, scored):
    run("--k", "0")
    path.write_bytes(path.read_bytes().replace(b";neutro", b";positivo", 1))
    run("--k", "0")
    assert scored.batches == 3


def test_a_text_that_does_not_fit_is_named_before_scoring(fails, path, gru):
    gru.context_length = 700
    with path.open("a", encoding="utf-8", newline="") as stream:
        stream.write(f"45;{'largo ' * 100};neutro\r\n")
    error = fails()
    assert error.startswith("Línea 92: ")
    assert "caben 700" in error
    assert not path.with_name("reseñas-results").exists()


def test_examples_that_do_not_fit_are_named(fails, gru):
    gru.context_length = 100
    assert fails().startswith("Ejemplos (líneas ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text", "texto"], "'id', 'reseña', 'opinión'"),
        (["--k", "60"], "pida menos (k)"),
        (["--k", "45"], "no queda ningún texto"),
        (["--k", "-1"], "--k: debe ser un número entero, 0 como poco"),
        (["--limit", "0"], "--limit: debe ser un número entero, 1 como poco"),
        (["--limit", "1"], "--calibration none"),
        (["--template", "Texto: <texto>"], "hueco <text>"),
        (["--template", r"<text>\n"], "espacio"),
    ],
)
def test_bad_options_are_explained(fails, path, options, message):
    assert message in fails(*options)
    assert not path.with_name("reseñas-results").exists()


def test_one_text_without_calibration(run, path):
    assert run("--limit", "1", "--calibration", "none") == 0
    assert len(predictions(path.with_name("reseñas-results"))) == 1


def test_a_folder_that_cannot_be_made(fails, path):
    assert "elija otra carpeta" in fails("--out", str(path))


def test_backslash_n_is_a_line_break(run, path):
    run("--template", r"<text>\n\nTema:")
    assert r'"<text>\n\nTema:"' in (path.with_name("reseñas-results") / "scores.json").read_text("utf-8")


def test_a_file_that_is_missing(refused, tmp_path):
    assert "No se puede abrir" in refused("classify", tmp_path / "no.csv")


def readme_order():
    """La orden de clasificar del README, y la carpeta desde donde se da."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    orders = [line for line in lines if line.startswith("python -m nox -s siguiente -- classify ")]
    assert len(orders) == 1
    return shlex.split(orders[0])[6:]


def test_the_order_of_the_readme_is_understood_and_its_file_has_what_it_asks():
    options = make_parser().parse_args(readme_order())
    rows = read_labelled_texts(ROOT / options.csv, options.text, options.label)
    assert Counter(row.label for row in rows) == {"negativo": 15, "positivo": 15}
    assert len({row.text for row in rows}) == 30


def test_the_readme_shows_what_the_order_says_before_scoring(tiny, order, monkeypatch, tmp_path, capsys):
    """Lo que depende del modelo no se puede comprobar aquí; los textos y los ejemplos elegidos, sí."""
    monkeypatch.chdir(ROOT)
    order(*readme_order(), "--out", tmp_path)
    said = capsys.readouterr().out
    shown = said[: said.index("Se clasifican")]
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def half(path):
    """El mismo archivo, con la mitad de las etiquetas borradas."""
    lines = path.read_bytes().split(b"\r\n")
    blank = [
        line.rpartition(b";")[0] + b";" if place % 2 and b";" in line else line
        for place, line in enumerate(lines)
    ]
    path.write_bytes(b"\r\n".join(blank))
    return path


def test_what_has_no_label_is_classified_and_does_not_count(run, half, capsys):
    assert run() == 0
    rows = predictions(half.with_name("reseñas-results"))
    blank = [row for row in rows if not row["label"]]
    assert 10 < len(blank) < len(rows)
    assert all(row["prediction"] in LABELS for row in blank)
    said = capsys.readouterr().out
    assert "sin etiqueta (23)" in said
    assert f"en {len(rows) - len(blank)} textos." in said


def test_with_no_label_left_to_measure_it_says_so(tiny, order, tmp_path, capsys):
    rows = [f"Texto {i},{'sí' if i < 4 else 'no' if i < 8 else ''}\n" for i in range(12)]
    (tmp_path / "textos.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")
    assert order("classify", tmp_path / "textos.csv", "--k", "8", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["accuracy"] is None
    assert facts["measured"] == 0
    assert "no se sabe cuánto se acierta" in (tmp_path / "textos-results" / "summary.txt").read_text("utf-8")


def test_the_report_shows_the_doubtful_first_and_needs_nothing_from_outside(run, path):
    path.write_bytes(path.read_bytes().replace(b"segunda", b"<script>alert(1)</script>"))
    run()
    text = (path.with_name("reseñas-results") / "report.html").read_text("utf-8")
    assert "<script>" not in text
    assert "http" not in text
    shares = [float(x.replace(",", ".")) for x in re.findall(r"<td>([\d,]+)\u202f%</td>", text)]
    assert len(shares) == 39
    assert shares == sorted(shares)


def test_the_cost_is_said_before_and_nothing_is_written(run, path, capsys):
    assert run("--dry-run", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["tokens"] > 39
    assert facts["minutes"] > 0
    assert not path.with_name("reseñas-results").exists()


def test_formulas_are_written_as_texts(tiny, order, tmp_path):
    texts = ["=1+1", "+34 600", "@pepe", "-2", "normal", "otro"]
    rows = [f"{text};{'sí' if i % 2 else 'no'}\n" for i, text in enumerate(texts)]
    (tmp_path / "textos.csv").write_text("text;label\n" + "".join(rows), encoding="utf-8")
    order("classify", tmp_path / "textos.csv", "--k", "0")
    written = (tmp_path / "textos-results" / "predictions.csv").read_text("utf-8-sig")
    assert {line.split(";")[1] for line in written.splitlines()[1:]} == {
        "'=1+1",
        "'+34 600",
        "'@pepe",
        "'-2",
        "normal",
        "otro",
    }


@pytest.mark.parametrize(
    "labels",
    [
        ("日本", "🍕", "中国"),
        (f"{'a' * 60}", f"{'b' * 60}", f"{'a' * 61}"),
        ("🏴\U000e0067\U000e007f", "🏴\U000e0073\U000e007f", "x"),
    ],
)
def test_any_label_is_drawn_without_warnings(tiny, order, tmp_path, labels, capsys):
    rows = [f"Texto {i},{labels[i % 3]}\n" for i in range(12)]
    (tmp_path / "textos.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")
    assert order("classify", tmp_path / "textos.csv", "--k", "3") == 0
    assert "Glyph" not in capsys.readouterr().err
    assert {row["label"] for row in read(tmp_path / "textos-results" / "predictions.csv")} == set(labels)


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_column_of_numbers_is_not_a_label(refused, tiny, path):
    assert (
        "cada texto tiene una etiqueta distinta"
        in refused("classify", path, "--text", "reseña", "--label", "id").lower()
    )
