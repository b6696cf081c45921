"""Vigilar con registros propios: dónde suena, y qué dice si los registros no casan."""

import json

import pytest


@pytest.fixture
def log(tmp_path):
    def write(name, **columns):
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def good(log):
    return [log(f"good{top}", step=[0, 20], kl=[0, top], words=[80, 80 - top]) for top in (1, 2, 3)]


def test_it_says_when_each_number_leaves_what_good_runs_do(order, log, good, capsys):
    new = log("new", step=[0, 20, 40], kl=[0, 2, 9], words=[80, 82, 78])
    assert order("monitor", new, "--good", *good) == 0
    assert capsys.readouterr().out.replace("\u202f", " ").splitlines() == [
        "kl: suena en el paso 40 (umbral 3,000).",
        "words: no suena (umbral 3,000).",
        "Si es como los buenos, cada una suena en falso un 25 % de las veces, o menos.",
    ]
    order("monitor", new, "--good", *good, "--passing", "2")
    assert "kl: suena en el paso 20 (umbral 1,000)." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"step": [0], "reward": [1.0]}, "«reward» no está en todos los registros buenos"),
        ({"kl": [0.0]}, "hace falta al menos una medida"),
        ({"step": [0, 1], "kl": [0.0, float("nan")]}, "no es un número finito"),
        ({"step": [0], "kl": ["mucho"]}, "no es un número finito"),
    ],
)
def test_it_says_what_is_missing(refused, log, good, columns, said):
    assert said in refused("monitor", log("new", **columns), "--good", *good)
