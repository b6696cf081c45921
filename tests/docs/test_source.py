import pytest

import source

MODULE = '''
@decorated
def f(x):
    """Duplica.

    >>> f(1)
    2
    """
    return 2 * x


def g():
    return 1


class Pair:
    """Dos."""

    def g(self):
        """Dos."""
        return 2
'''


def test_quotes_the_code_with_decorators_and_without_its_docstring():
    assert source.body(MODULE, "f") == "@decorated\ndef f(x):\n    return 2 * x"
    assert source.body(MODULE, "g") == "def g():\n    return 1"


def test_quotes_a_method():
    assert source.body(MODULE, "Pair.g") == "def g(self):\n    return 2"
    file, target = source.find("siguiente.language_models.protocol.TextModel.prompt")
    assert (file.name, target) == ("protocol.py", "TextModel.prompt")


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no define «h»"):
        source.body(MODULE, "h")


def test_finds_the_file_of_a_module_of_the_package():
    file, target = source.find("siguiente.language_models.scoring.next_logprobs")
    assert (file.name, target) == ("scoring.py", "next_logprobs")
    assert "log_softmax" in source.body(file.read_text(encoding="utf-8"), target)
