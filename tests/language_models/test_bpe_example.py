"""El ejemplo completo: aprender de un texto propio, interrumpirlo y equivocarse."""

import runpy
from pathlib import Path
from string import ascii_letters

import pytest

from siguiente.course.cli.saved_tokenizer import load_tokenizer
from siguiente.course.cli.text_file import corpus
from siguiente.course.data.tweets import SPLITS, load_tweets
from siguiente.language_models.fast.bpe_training import train_bpe

SCRIPT = Path(__file__).parents[2] / "examples" / "language_models" / "bpe.py"
TEXT = "\n".join(tweet.text for split in SPLITS for tweet in load_tweets(split))


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


def test_what_it_says_and_what_it_writes(main, path, capsys):
    assert main(["--text", str(path), "--vocab-size", "500"]) == 0
    said = capsys.readouterr().out
    assert "500 tokens. En texto que no vio, " in said
    assert "Los más largos: " in said
    assert "El tokenizador está en bpe.json y la figura, en bpe.png." in said
    assert names(path) == ["bpe.json", "bpe.png", "texto.txt"]
    assert path.with_name("bpe.png").read_bytes().startswith(b"\x89PNG")
    tokenizer = load_tokenizer(path.with_name("bpe.json"))
    assert tokenizer.vocab_size == 500
    assert tokenizer.decode(tokenizer.encode("¿Qué tal, pingüino? 😀")) == "¿Qué tal, pingüino? 😀"


def test_it_learns_from_the_beginning_and_measures_with_the_end(main, path):
    learned, held_out = corpus(path, 50)
    assert "".join([*learned, *held_out]) == TEXT
    assert 0.05 < sum(map(len, held_out)) / len(TEXT) < 0.15
    main(["--text", str(path), "--vocab-size", "400"])
    assert load_tokenizer(path.with_name("bpe.json")) == train_bpe(learned, 400)


def test_one_long_line_is_a_text_like_any_other(main, path):
    path.write_text("la casa y la cama " * 5, encoding="utf-8")
    assert main(["--text", str(path)]) == 0


def test_without_a_text_it_learns_from_the_stories(main, path, monkeypatch, capsys):
    monkeypatch.setitem(main.__globals__, "STORIES", 50)
    assert main(["--vocab-size", "300"]) == 0
    assert "300 tokens" in capsys.readouterr().out


def test_when_nothing_repeats_any_more_it_says_so(main, path, capsys):
    path.write_text("uno dos tres cuatro cinco " * 5, encoding="utf-8")
    main(["--text", str(path)])
    assert "No queda ninguna pareja que se repita" in capsys.readouterr().out


def test_an_interruption_leaves_nothing_half_written(main, path, monkeypatch, capsys):
    def stopped(words):
        yield 32, 100
        raise KeyboardInterrupt

    monkeypatch.setattr("siguiente.language_models.fast.bpe_training.learn_merges", stopped)
    path.with_name("bpe.json").write_text("lo de antes", encoding="utf-8")
    assert main(["--text", str(path), "--overwrite"]) == 130
    assert "no queda nada a medias" in capsys.readouterr().err
    assert names(path) == ["bpe.json", "texto.txt"]
    assert path.with_name("bpe.json").read_text(encoding="utf-8") == "lo de antes"


def test_it_never_writes_over_anything_unasked(main, path, capsys):
    assert "es el texto" in refused(main, capsys, "--text", path, "--out", path, "--overwrite")
    path.with_name("bpe.png").write_text("otra cosa", encoding="utf-8")
    assert "bpe.png ya existe" in refused(main, capsys, "--text", path)
    assert main(["--text", str(path), "--vocab-size", "300", "--overwrite"]) == 0
    assert path.with_name("bpe.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "vacío"),
        (b"a", "no tiene qué aprender"),
        (b"pocas palabras", "menos de 20 palabras"),
        ("caña".encode("cp1252"), "no está en UTF-8"),
        (b"\x00\x01", "caracteres nulos"),
        (" ".join(ascii_letters).encode(), "ninguna pareja que se repita"),
    ],
)
def test_a_text_that_does_not_serve_is_explained(main, path, capsys, content, message):
    path.write_bytes(content)
    assert message in refused(main, capsys, "--text", path)
    assert names(path) == ["texto.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--vocab-size", "257"], "al menos 258"),
        (["--out", "no/bpe.json"], "una carpeta que exista"),
        (["--plot", "."], "elija un archivo"),
        (["--out", "a", "--plot", "a"], "el mismo archivo"),
        (["--text", "no.txt"], "No se puede abrir no.txt"),
    ],
)
def test_impossible_options_are_explained(main, path, capsys, options, message):
    assert message in refused(main, capsys, *options)
