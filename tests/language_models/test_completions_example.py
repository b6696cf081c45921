import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "language_models" / "completions.py"


@pytest.fixture
def main(monkeypatch, text_gru):
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: text_gru)
    return runpy.run_path(str(SCRIPT))["main"]


def test_writes_as_many_texts_as_asked(main, capsys):
    assert main(["Hola", "--n", "2", "--length", "4"]) == 0
    assert capsys.readouterr().out.count("Hola") == 2


def test_orders_completions_by_probability(main, capsys):
    main(["Hola", "--among", "a", "b", "c"])
    scores = [
        float(line.split()[1].replace("−", "-").replace(",", "."))
        for line in capsys.readouterr().out.splitlines()
    ]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("bad", [["--n", "0"], ["--temperature", "0"], ["--length", "0"], ["--among", ""]])
def test_bad_options_are_explained(main, capsys, bad):
    with pytest.raises(SystemExit) as stopped:
        main(["Hola", *bad])
    assert stopped.value.code == 2
    assert "error" in capsys.readouterr().err
