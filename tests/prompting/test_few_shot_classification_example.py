"""El ejemplo completo con un modelo diminuto: interrumpir, seguir, cambiar ajustes y equivocarse."""

import csv
import runpy
from pathlib import Path

import pytest

from siguiente.prompting.few_shot_task import FewShotTask

SCRIPT = Path(__file__).parents[2] / "examples" / "prompting" / "few_shot_classification.py"
LABELS = ("negativo", "positivo", "neutro")
RESULTS = ("predictions.csv", "confusion.png", "summary.txt")


@pytest.fixture
def main(monkeypatch, text_gru):
    monkeypatch.setattr("siguiente.llm.loading.load", lambda name: text_gru)
    return runpy.run_path(str(SCRIPT))["main"]


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
def run(main, path):
    return lambda *options: main([str(path), "--text", "reseña", "--label", "opinión", "--k", "6", *options])


def contents(folder):
    return {name: (folder / name).read_bytes() for name in (*RESULTS, "scores.jsonl")}


def predictions(folder):
    with (folder / "predictions.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def refused(run, capsys, *options):
    with pytest.raises(SystemExit) as stopped:
        run(*options)
    assert stopped.value.code == 2
    return " ".join(capsys.readouterr().err.split("error: ")[1].split())


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
    assert "Interrumpido: 16 de 39; repita la misma orden para seguir." in capsys.readouterr().err
    folder = path.with_name("reseñas-results")
    assert not any((folder / name).exists() for name in RESULTS)
    with (folder / "scores.jsonl").open("r+b") as stream:  # y una línea a medio escribir
        stream.truncate((folder / "scores.jsonl").stat().st_size - 10)
    scored.batches, scored.stop_at = 0, None
    assert run() == 0
    assert scored.batches == 3
    assert "Ya hay 15 puntuados" in capsys.readouterr().out
    assert contents(folder) == contents(tmp_path / "whole")


def test_stopping_a_restart_says_not_to_restart_again(run, capsys, scored):
    scored.stop_at = 0
    assert run("--restart") == 130
    assert "Interrumpido: 0 de 39; repita la misma orden sin --restart" in capsys.readouterr().err


def test_stopping_before_scoring(run, capsys, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(FewShotTask, "read_tokens", stop)
    assert run() == 130
    assert "Interrumpido: nada puntuado" in capsys.readouterr().err


def test_another_calibration_scores_nothing_again(run, path, scored):
    folder, written = path.with_name("reseñas-results"), []
    for how, batches in {"none": 3, "batch": 0, "contextual": 1}.items():
        scored.batches = 0
        run("--calibration", how)
        assert scored.batches == batches, how
        written.append(contents(folder))
    assert len({files["scores.jsonl"] for files in written}) == 1
    assert len({files["predictions.csv"] for files in written}) == 3


def test_the_limit_can_grow(run, path, scored):
    folder = path.with_name("reseñas-results")
    run("--limit", "16")
    first = {row["line"] for row in predictions(folder)}
    run("--limit", "32")
    assert scored.batches == 2
    assert len(first) == 16
    assert first < {row["line"] for row in predictions(folder)}


def test_other_settings_never_overwrite(run, path, capsys):
    run()
    before = contents(path.with_name("reseñas-results"))
    error = refused(run, capsys, "--k", "3")
    assert "otros ajustes (k, examples, texts)" in error
    assert "--restart" in error
    assert contents(path.with_name("reseñas-results")) == before
    assert run("--k", "3", "--restart") == 0


def test_results_without_their_log_are_not_overwritten(run, tmp_path, capsys):
    (tmp_path / "predictions.csv").write_text("ajeno")
    assert "ya tiene otros resultados" in refused(run, capsys, "--out", str(tmp_path))
    assert (tmp_path / "predictions.csv").read_text() == "ajeno"


def test_a_corrected_label_scores_nothing_again(run, path, scored):
    run("--k", "0")
    path.write_bytes(path.read_bytes().replace(b";neutro", b";positivo", 1))
    run("--k", "0")
    assert scored.batches == 3


def test_a_text_that_does_not_fit_is_named_before_scoring(run, path, capsys, gru):
    gru.context_length = 700
    with path.open("a", encoding="utf-8", newline="") as stream:
        stream.write(f"45;{'largo ' * 100};neutro\r\n")
    error = refused(run, capsys)
    assert error.startswith("Línea 92: ")
    assert "caben 700" in error
    assert not path.with_name("reseñas-results").exists()


def test_examples_that_do_not_fit_are_named(run, capsys, gru):
    gru.context_length = 100
    assert refused(run, capsys).startswith("Ejemplos (líneas ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text", "texto"], "'id', 'reseña', 'opinión'"),
        (["--k", "60"], "pida menos (k)"),
        (["--k", "45"], "no queda ningún texto"),
        (["--k", "-1"], "-1"),
        (["--limit", "0"], "al menos un texto"),
        (["--limit", "1"], "--calibration none"),
        (["--template", "Texto: <texto>"], "hueco <text>"),
        (["--template", r"<text>\n"], "espacio"),
    ],
)
def test_bad_options_are_explained(run, path, capsys, options, message):
    assert message in refused(run, capsys, *options)
    assert not path.with_name("reseñas-results").exists()


def test_one_text_without_calibration(run, path):
    assert run("--limit", "1", "--calibration", "none") == 0
    assert len(predictions(path.with_name("reseñas-results"))) == 1


def test_a_folder_that_cannot_be_made(run, path, capsys):
    assert "elija otra carpeta" in refused(run, capsys, "--out", str(path))


def test_backslash_n_is_a_line_break(run, path):
    run("--template", r"<text>\n\nTema:")
    assert r'"<text>\n\nTema:"' in (path.with_name("reseñas-results") / "scores.jsonl").read_text("utf-8")


def test_a_file_that_is_missing(main, tmp_path, capsys):
    assert "No se puede abrir" in refused(lambda *_: main([str(tmp_path / "no.csv")]), capsys)
