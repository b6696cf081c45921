"""Contar los n-gramas de un texto propio, interrumpirlo y equivocarse."""

import re

import pytest

from siguiente.commands import ngrams
from siguiente.course.cli.text_file import corpus
from siguiente.course.data.tweets import SPLITS, load_tweets

TEXT = "\n".join(tweet.text for split in SPLITS for tweet in load_tweets(split))
SMOOTHINGS = ("kneser-ney", "interpolation", "laplace")


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "texto.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def names(path):
    return sorted(found.name for found in (path.parent / "ngrams").iterdir())


def bits_of(said):
    return [float(x.replace(",", ".")) for x in re.findall(r"Orden \d: ([\d,]+) bits por byte", said)]


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_what_it_says_and_what_it_writes(order, path, capsys, smoothing):
    assert order("ngrams", path, "--order", "3", "--smoothing", smoothing) == 0
    said = capsys.readouterr().out
    bits = bits_of(said)
    assert len(bits) == 3
    assert all(1 < x < 8 for x in bits)
    assert "El de orden 3 escribe:\n" in said
    model = [] if smoothing == "laplace" else ["model.arpa"]
    assert names(path) == sorted(["curves.png", "settings.json", *model])
    assert (path.parent / "ngrams" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_seed_decides_what_it_writes(order, path, capsys):
    def written(seed):
        order("ngrams", path, "--order", "2", "--seed", seed, "--restart")
        return capsys.readouterr().out

    assert written("1") == written("1")
    assert written("1") != written("2")


def test_it_measures_with_the_last_tenth(path):
    learned, held_out = corpus(path, 50)
    assert "".join([*learned, *held_out]) == TEXT
    assert 0.05 < sum(map(len, held_out)) / len(TEXT) < 0.15


def test_without_a_text_it_counts_the_stories_and_context_helps(order, path, monkeypatch, capsys):
    monkeypatch.setattr(ngrams, "STORIES", 200)
    assert order("ngrams", "--order", "3") == 0
    bits = bits_of(capsys.readouterr().out)
    assert bits == sorted(bits, reverse=True)
    assert bits[0] > 2 * bits[2]


def test_one_long_line_is_a_text_like_any_other(order, path):
    path.write_text("la casa y la cama " * 5, encoding="utf-8")
    assert order("ngrams", path) == 0


def test_an_interruption_leaves_nothing_half_written(order, path, monkeypatch, capsys):
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("siguiente.language_models.scoring.text_nats", stopped)
    assert order("ngrams", path) == 130
    assert "Interrumpido" in capsys.readouterr().err
    assert names(path) == ["settings.json"]


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧 " * 60 + "❤️ fin", "el gato come pan " * 30 + " Zaragoza tiene 7 puentes"]
)
def test_what_was_never_seen_is_still_possible(order, path, capsys, text):
    path.write_text(text, encoding="utf-8")
    assert order("ngrams", path, "--order", "3", "--smoothing", "interpolation", "--length", "5") == 0
    assert all(bits < 100 for bits in bits_of(capsys.readouterr().out))


def test_it_continues_a_prompt(order, path, capsys):
    order("ngrams", path, "--order", "2", "--prompt", "Yo quiero")
    assert "El de orden 2 escribe:\nYo quiero" in capsys.readouterr().out


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
def test_a_text_that_does_not_serve_is_explained(refused, path, content, message):
    path.write_bytes(content)
    assert message in refused("ngrams", path)
    assert [found.name for found in path.parent.iterdir()] == ["texto.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--order", "0"], "--order: debe ser un número entero, 1 como poco"),
        (["--length", "0"], "--length: debe ser un número entero, 1 como poco"),
        (["--out", "texto.txt"], "no es de esta orden"),
        (["--smoothing", "ninguno"], "kneser-ney"),
    ],
)
def test_impossible_options_are_explained(refused, path, options, message):
    assert message in refused("ngrams", path, *options)
