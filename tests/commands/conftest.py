"""Lo común a las pruebas de las órdenes: darlas como en la terminal, y ver por qué se rechazan."""

import pytest

from siguiente.__main__ import main


@pytest.fixture
def order():
    """Da una orden, con sus opciones como texto, y devuelve el código con que acaba."""
    return lambda *given: main([str(option) for option in given])


@pytest.fixture
def refused(order, capsys):
    """Da una orden que se rechaza y devuelve por qué, en una sola frase y sin lo que la precede."""

    def refused(*given):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            order(*given)
        shown = capsys.readouterr().err
        assert stopped.value.code == 2
        assert "Traceback" not in shown
        assert shown.rstrip().endswith("--help")
        said = shown[: shown.rindex("\nAyuda: ")].split("\n")[-1]
        return said.partition(": ")[2]

    return refused


@pytest.fixture
def tiny(monkeypatch, text_gru):
    """Un modelo diminuto en lugar de los del catálogo."""
    monkeypatch.setattr("siguiente.llm.files.loading.load", lambda name: text_gru)
    return text_gru
