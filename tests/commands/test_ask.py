"""Preguntar a una carpeta, con textos de juguete y un modelo diminuto."""

import pytest
import torch

from siguiente.commands.ask import cut

FILLER = "El gato número {} duerme en la cocina."


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "horarios").mkdir()
    text = "La barca {azul} sale a las nueve.\n\nVuelve de noche."
    (tmp_path / "horarios" / "barca.txt").write_text(text, "utf-8")
    (tmp_path / "notas.MD").write_text("El tren llega tarde.\r\n\r\nNadie se queja.", "utf-8")
    (tmp_path / "foto.png").write_bytes(b"\x89PNG")
    return tmp_path


@pytest.fixture
def said(order, capsys, tiny):
    def said(*options):
        assert order("ask", *options) == 0
        return capsys.readouterr().out

    return said


def test_it_answers_and_cites_the_file(said, folder):
    out = said(folder, "¿Cuándo sale la barca?", "--k", 1, "--length", 5)
    assert out.startswith("Respuesta de gemma-3-270m: ")
    assert "[horarios/barca.txt] La barca {azul} sale a las nueve." in out
    assert "notas.MD" not in out


@pytest.mark.parametrize("passages", [1, 5, 50, 500])
@pytest.mark.parametrize("question", ["¿A qué hora abre la biblioteca?", "biblioteca", "¿Hay bibliotecas?"])
def test_a_rare_word_is_enough_among_few_or_many_passages(said, tmp_path, passages, question):
    texts = ["La biblioteca abre a las nueve.", *map(FILLER.format, range(passages - 1))]
    (tmp_path / "todo.txt").write_text("\n\n".join(texts), "utf-8")
    out = said(tmp_path, question, "--length", 2)
    assert out.startswith("Respuesta de")
    assert "[todo.txt] La biblioteca abre a las nueve." in out


@pytest.mark.parametrize("question", ["¿Cuál es la capital de Francia?", "¿Qué es esto?", "¿De la que?"])
def test_it_is_silent_when_nothing_resembles(said, folder, question):
    assert said(folder, question).startswith("No lo sé: ningún pasaje se parece")


def test_what_is_in_too_many_passages_is_not_enough(said, tmp_path):
    (tmp_path / "todo.txt").write_text("\n\n".join(map(FILLER.format, range(30))), "utf-8")
    out = said(tmp_path, "¿Qué hace el gato de mi vecina?")
    assert out.startswith("No lo sé: lo que la pregunta comparte con los textos está en demasiados pasajes.")
    assert "Lo más parecido es esto:\n[todo.txt]" in out


def test_a_threshold_decides_by_the_score(said, folder):
    out = said(folder, "¿Cuándo sale la barca?", "--threshold", 9)
    assert "hace falta 9,00.\nLo más parecido es esto:\n[" in out
    assert said(folder, "¿El tren?", "--k", 50, "--threshold", 0, "--length", 2).count("\n[") == 4


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("cafeteria", "La cafetería cierra."),
        ("¿Y los niños?", "Un niño canta."),
        ("nombres", "Su nombre es Ana."),
    ],
)
def test_neither_accents_nor_plurals_hide_a_passage(said, tmp_path, question, text):
    (tmp_path / "a.txt").write_text(text, "utf-8")
    assert text in said(tmp_path, question, "--length", 2)


def test_the_letter_of_spain_is_another_letter(said, tmp_path):
    (tmp_path / "a.txt").write_text("Una cana en el pelo.", "utf-8")
    assert said(tmp_path, "¿Y la caña?").startswith("No lo sé")


def test_it_searches_with_vectors(said, folder, monkeypatch):
    class Encoder:
        def embed(self, texts):
            return torch.tensor([[1.0, float("tren" in text)] for text in texts])

    monkeypatch.setattr("siguiente.llm.embeddings.load_encoder", Encoder)
    out = said(folder, "¿Y el tren?", "--by", "embeddings", "--length", 2)
    assert "[notas.MD] El tren llega tarde." in out


def test_a_long_paragraph_is_cut_and_nothing_is_lost():
    words = [f"p{i}" for i in range(200)]
    pieces = cut(" ".join(words[:170]) + "\n\n\n" + " ".join(words[170:]))
    assert [len(piece.split()) for piece in pieces] == [80, 80, 10, 30]
    assert " ".join(pieces).split() == words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["no-existe", "¿a?"], "no-existe no es una carpeta"),
        ([".", " "], "La pregunta está vacía"),
        ([".", "ni\udcf1o"], "medio carácter"),
        ([".", "¿tren?", "--k", "0"], "--k: debe ser un número entero, 1 como poco, y es «0»"),
        ([".", "¿tren?", "--threshold", "nan"], "--threshold: debe ser un número 0 o más, y es «nan»"),
    ],
)
def test_bad_requests_say_what_to_do(refused, folder, monkeypatch, options, message):
    monkeypatch.chdir(folder)
    assert message in refused("ask", *options)


@pytest.mark.filterwarnings("default")
def test_what_is_not_a_text_is_told_and_the_rest_is_read(order, tiny, folder, capsys):
    for name, data in {
        "viejo.txt": "niño".encode("latin-1"),
        "vacío.txt": b" \n",
        "._a.txt": b"\0\5",
    }.items():
        (folder / name).write_bytes(data)
    (folder / ".git").mkdir()
    (folder / ".git" / "x.txt").write_bytes(b"caf\xe9")
    assert order("ask", folder, "¿Y el tren?", "--length", 2) == 0
    shown = capsys.readouterr()
    told = [line for line in shown.err.splitlines() if line.startswith("Aviso: ")]
    assert len(told) == 2
    assert told[0].startswith("Aviso: vacío.txt está vacío")
    assert "viejo.txt no está en UTF-8" in told[1]
    assert "[notas.MD] El tren llega tarde." in shown.out


def test_folders_without_texts_say_so(refused, tmp_path):
    assert "no hay ningún texto (.txt, .md)" in refused("ask", tmp_path, "¿a?")
