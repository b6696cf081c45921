"""El ejemplo completo: contar un texto propio, interrumpirlo y equivocarse."""

import re
import runpy
from pathlib import Path

import pytest

from siguiente.course.cli.text_file import corpus
from siguiente.course.data.tweets import SPLITS, load_tweets

SCRIPT = Path(__file__).parents[2] / "examples" / "language_models" / "ngram.py"
TEXT = "\n".join(tweet.text for split in SPLITS for tweet in load_tweets(split))
SMOOTHINGS = ("kneser-ney", "interpolation", "laplace")


@pytest.fixture
def main():
    return runpy.run_path(str(SCRIPT))["main"]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "texto.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def refused(main, capsys, *options):
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, options)))
    assert stopped.value.code == 2
    return " ".join(capsys.readouterr().err.split("error: ")[1].split())


def names(path):
    return sorted(found.name for found in path.parent.iterdir())


def bits_of(said):
    return [float(x.replace(",", ".")) for x in re.findall(r"Orden \d: ([\d,]+) bits por byte", said)]


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_what_it_says_and_what_it_writes(main, path, capsys, smoothing):
    assert main(["--text", str(path), "--order", "3", "--smoothing", smoothing]) == 0
    said = capsys.readouterr().out
    bits = bits_of(said)
    assert len(bits) == 3
    assert all(1 < x < 8 for x in bits)
    assert "El de orden 3 escribe:\n" in said
    assert names(path) == ["ngram.png", "texto.txt"]
    assert path.with_name("ngram.png").read_bytes().startswith(b"\x89PNG")


def test_the_seed_decides_what_it_writes(main, path, capsys):
    def written(seed):
        main(["--text", str(path), "--order", "2", "--seed", seed, "--overwrite"])
        return capsys.readouterr().out

    assert written("1") == written("1")
    assert written("1") != written("2")


def test_it_measures_with_the_last_tenth(path):
    learned, held_out = corpus(path, 50)
    assert "".join([*learned, *held_out]) == TEXT
    assert 0.05 < sum(map(len, held_out)) / len(TEXT) < 0.15


def test_without_a_text_it_counts_the_stories_and_context_helps(main, path, monkeypatch, capsys):
    monkeypatch.setitem(main.__globals__, "STORIES", 200)
    assert main(["--order", "3"]) == 0
    bits = bits_of(capsys.readouterr().out)
    assert bits == sorted(bits, reverse=True)
    assert bits[0] > 2 * bits[2]


def test_one_long_line_is_a_text_like_any_other(main, path):
    path.write_text("la casa y la cama " * 5, encoding="utf-8")
    assert main(["--text", str(path)]) == 0


def test_an_interruption_leaves_nothing_half_written(main, path, monkeypatch, capsys):
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("siguiente.language_models.scoring.text_nats", stopped)
    assert main(["--text", str(path)]) == 130
    assert "no queda nada a medias" in capsys.readouterr().err
    assert names(path) == ["texto.txt"]


def test_it_never_writes_over_anything_unasked(main, path, capsys):
    assert "es el texto" in refused(main, capsys, "--text", path, "--plot", path, "--overwrite")
    path.with_name("ngram.png").write_text("otra cosa", encoding="utf-8")
    assert "ngram.png ya existe" in refused(main, capsys, "--text", path)
    assert main(["--text", str(path), "--order", "1", "--overwrite"]) == 0
    assert path.with_name("ngram.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "vacío"),
        (b"a", "no tiene qué aprender"),
        (b"pocas palabras", "menos de 20 palabras"),
        ("caña".encode("cp1252"), "no está en UTF-8"),
        (b"\x00\x01", "caracteres nulos"),
    ],
)
def test_a_text_that_does_not_serve_is_explained(main, path, capsys, content, message):
    path.write_bytes(content)
    assert message in refused(main, capsys, "--text", path)
    assert names(path) == ["texto.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--order", "0"], "al menos 1"),
        (["--length", "0"], "al menos 1"),
        (["--plot", "no/figura.png"], "una carpeta que exista"),
        (["--plot", "."], "elija un archivo"),
        (["--text", "no.txt"], "No se puede abrir no.txt"),
        (["--smoothing", "ninguno"], "kneser-ney"),
    ],
)
def test_impossible_options_are_explained(main, path, capsys, options, message):
    assert message in refused(main, capsys, *options)
