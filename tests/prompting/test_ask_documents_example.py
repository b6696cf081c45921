"""El ejemplo que pregunta a una carpeta, con textos de juguete y un modelo diminuto."""

import runpy
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).parents[2] / "examples" / "prompting" / "ask_documents.py"


@pytest.fixture
def example(monkeypatch, text_gru):
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: text_gru)
    return runpy.run_path(str(SCRIPT))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "horarios").mkdir()
    (tmp_path / "horarios" / "barca.txt").write_text(
        "La barca {azul} sale a las nueve.\n\nVuelve de noche.", "utf-8"
    )
    (tmp_path / "notas.MD").write_text("El tren llega tarde.\r\n\r\nNadie se queja.", "utf-8")
    (tmp_path / "foto.png").write_bytes(b"\x89PNG")
    return tmp_path


def said(example, capsys, *options):
    assert example["main"]([str(option) for option in options]) == 0
    return capsys.readouterr().out


def refused(example, capsys, *options):
    with pytest.raises(SystemExit) as stopped:
        example["main"]([str(option) for option in options])
    assert stopped.value.code == 2
    return " ".join(capsys.readouterr().err.split("error: ")[1].split())


def test_it_answers_and_cites_the_file(example, capsys, folder):
    out = said(example, capsys, folder, "¿Cuándo sale la barca?", "--threshold", 0.1, "--length", 5)
    assert out.startswith("Respuesta de gemma-3-270m: ")
    assert str(Path("[horarios") / "barca.txt] La barca {azul} sale a las nueve.") in out
    assert "notas.MD" not in out


def test_it_is_silent_when_nothing_resembles(example, capsys, folder):
    assert said(example, capsys, folder, "¿La alcaldesa?").startswith("No lo sé: ningún pasaje se parece")


def test_it_shows_what_was_nearest_when_it_is_not_enough(example, capsys, folder):
    (folder / "otra.txt").write_text("La barca verde.", "utf-8")
    out = said(example, capsys, folder, "¿barca?")
    assert out.startswith("No lo sé: el pasaje que más se parece puntúa 0,")
    assert "hace falta 1,39.\nLo más parecido es esto:\n[" in out


def test_more_passages_than_there_are_is_all_of_them(example, capsys, folder):
    out = said(example, capsys, folder, "¿el tren?", "--k", 50, "--threshold", 0, "--length", 2)
    assert out.count("\n[") == 4


def test_it_searches_with_vectors(example, capsys, folder, monkeypatch):
    class Encoder:
        def embed(self, texts):
            return torch.tensor([[1.0, float("tren" in text)] for text in texts])

    monkeypatch.setattr("siguiente.llm.embeddings.load_encoder", Encoder)
    out = said(example, capsys, folder, "¿Y el tren?", "--by", "embeddings", "--length", 2)
    assert "[notas.MD] El tren llega tarde." in out


def test_a_long_paragraph_is_cut_and_nothing_is_lost(example):
    words = [f"p{i}" for i in range(200)]
    pieces = example["cut"](" ".join(words[:170]) + "\n\n\n" + " ".join(words[170:]))
    assert [len(piece.split()) for piece in pieces] == [80, 80, 10, 30]
    assert " ".join(pieces).split() == words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["no-existe", "¿a?"], "no-existe no es una carpeta"),
        ([".", " "], "la pregunta está vacía"),
        ([".", "¿de la que?"], "no tiene palabras que buscar"),
        ([".", "¿tren?", "--k", "0"], "Se piden 0 pasajes"),
    ],
)
def test_bad_requests_say_what_to_do(example, capsys, folder, monkeypatch, options, message):
    monkeypatch.chdir(folder)
    assert message in refused(example, capsys, *options)


def test_folders_without_texts_say_so(example, capsys, tmp_path):
    assert "no hay archivos .txt ni .md" in refused(example, capsys, tmp_path, "¿a?")
    (tmp_path / "vacío.txt").write_text("\n \n", "utf-8")
    assert "están vacíos" in refused(example, capsys, tmp_path, "¿a?")
    (tmp_path / "viejo.txt").write_bytes("niño".encode("latin-1"))
    assert "UTF-8" in refused(example, capsys, tmp_path, "¿a?")
