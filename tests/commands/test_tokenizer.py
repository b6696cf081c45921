"""Aprender un tokenizador de un texto propio, interrumpirlo y equivocarse."""

import io
from string import ascii_letters

import pytest
from tokenizers import Tokenizer

from siguiente.commands import tokenizer
from siguiente.course.cli.text_file import corpus
from siguiente.course.data.tweets import SPLITS, load_tweets
from siguiente.language_models.fast.bpe_training import train_bpe

TEXT = "\n".join(tweet.text for split in SPLITS for tweet in load_tweets(split))
RESULTS = ["curves.png", "settings.json", "tokenizer.json"]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "texto.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def names(folder):
    return sorted(found.name for found in folder.iterdir())


def test_what_it_says_and_what_it_writes(order, path, capsys):
    assert order("tokenizer", path, "--vocab-size", "500") == 0
    said = capsys.readouterr().out
    assert "500 tokens. En texto que no vio, " in said
    assert "Los más largos: " in said
    assert "Está todo en tokenizer: tokenizer.json, curves.png." in said
    folder = path.with_name("tokenizer")
    assert names(folder) == RESULTS
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    theirs, ours = Tokenizer.from_file(str(folder / "tokenizer.json")), train_bpe(corpus(path, 0)[0], 500)
    assert theirs.encode("¿Qué tal, pingüino? 😀").ids == ours.encode("¿Qué tal, pingüino? 😀")


def test_it_learns_from_the_beginning_and_measures_with_the_end(path):
    learned, held_out = corpus(path, 50)
    assert "".join([*learned, *held_out]) == TEXT
    assert 0.05 < sum(map(len, held_out)) / len(TEXT) < 0.15


def test_one_long_line_is_a_text_like_any_other(order, path):
    path.write_text("la casa y la cama " * 5, encoding="utf-8")
    assert order("tokenizer", path) == 0


def test_the_standard_input_is_a_text_like_any_other(order, path, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(TEXT.encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert order("tokenizer", "-", "--vocab-size", "300") == 0


def test_decomposed_letters_are_the_same_letters(path):
    words = "La niña comió un pingüino y el ñandú bebió té con limón y una canción más se oyó allí. " * 3
    path.write_text(words, encoding="utf-8")
    composed = corpus(path, 0)
    import unicodedata

    path.write_text(unicodedata.normalize("NFD", words), encoding="utf-8")
    assert corpus(path, 0) == composed


def test_many_blanks_at_the_end_cost_nothing(path):
    path.write_text("hola que tal " * 2000 + " " * 400_000, encoding="utf-8")
    learned, held_out = corpus(path, 0)
    assert "".join([*learned, *held_out]) == ("hola que tal " * 2000).rstrip()


def test_without_a_text_it_learns_from_the_stories(order, path, monkeypatch, capsys):
    monkeypatch.setattr(tokenizer, "STORIES", 50)
    assert order("tokenizer", "--vocab-size", "300") == 0
    assert "300 tokens" in capsys.readouterr().out


def test_when_nothing_repeats_any_more_it_says_so(order, path, capsys):
    path.write_text("uno dos tres cuatro cinco " * 5, encoding="utf-8")
    order("tokenizer", path)
    assert "No queda ninguna pareja que se repita" in capsys.readouterr().out


def test_an_interruption_leaves_nothing_half_written(order, path, monkeypatch, capsys):
    def stopped(words):
        yield 32, 100
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("siguiente.language_models.fast.bpe_training.learn_merges", stopped)
        assert order("tokenizer", path) == 130
    assert "Interrumpido" in capsys.readouterr().err
    assert names(path.with_name("tokenizer")) == ["settings.json"]
    assert order("tokenizer", path, "--vocab-size", "4096") == 0


def test_other_settings_never_overwrite(order, refused, path):
    order("tokenizer", path, "--vocab-size", "300")
    before = (path.with_name("tokenizer") / "tokenizer.json").read_bytes()
    assert "otros ajustes (vocab_size)" in refused("tokenizer", path, "--vocab-size", "400")
    assert (path.with_name("tokenizer") / "tokenizer.json").read_bytes() == before
    assert order("tokenizer", path, "--vocab-size", "400", "--restart") == 0


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
def test_a_text_that_does_not_serve_is_explained(refused, path, content, message):
    path.write_bytes(content)
    assert message in refused("tokenizer", path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--vocab-size", "257"], "--vocab-size: debe ser un número entero, 258 como poco"),
        (["--out", "texto.txt"], "no es de esta orden"),
        (["--out", "."], "está donde van los resultados"),
        (["no.txt"], "No se puede abrir no.txt"),
    ],
)
def test_impossible_options_are_explained(refused, path, options, message):
    given = options if options == ["no.txt"] else [path, *options]
    assert message in refused("tokenizer", *given)
