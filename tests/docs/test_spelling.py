"""La ortografía se revisa en la prosa y solo en ella, y cada falta se nombra por su línea."""

from pathlib import Path

import pytest

from linting.prose import docstring, markdown, python, restructured
from linting.spelling import WORDS, is_right, misspelled, proofread, read_words, without_phrases, words_in

ROOT = Path(__file__).parents[2]
NONE: frozenset[str] = frozenset()

MARKDOWN = """---
title: xxa
---

(sec-xxb)=
# Título

Prosa con `xxc`, $xxd$, {cite:p}`xxe`, *xxf*, [texto](https://xxg.test) y <https://xxh.test>.

```{code-cell}
xxi = 1
```

:::{admonition} Aviso
:class: xxj

Dentro.
:::

```{source} xxk.xxk
```

```{figure} xxk.svg
:alt: Alternativa
:name: xxl

Leyenda.
```

$$
xxm
$$ (eq-xxn)

<!-- xxo -->
Fin {term}`palabra <xxp>`.

## In English

xxq
"""

RESTRUCTURED = """:xxa:

.. _sec-xxb:

Título
======

Prosa con ``xxc``, :math:`xxd`, :cite:p:`xxe`, *xxf* y :term:`palabra <xxg>`.

.. note:: Aviso

   Dentro.

.. figure:: xxh.svg
   :alt: Alternativa
   :name: xxi

   Leyenda.

.. math::
   :label: xxj

   xxk

   xxl

Después::

   xxm

>>> xxn
xxo

.. xxp

`Texto <https://xxq.test>`__ Fin.
"""

MODULE = '''"""Un módulo."""


def f(xxa):
    """Suma, con forma (B, xxb).

    Parameters
    ----------
    xxc : xxd
        Sumando.

    Examples
    --------
    >>> xxe
    xxf
    """
    return "xxg"  # xxh
'''


@pytest.mark.parametrize(
    ("reader", "text", "words"),
    [
        (
            markdown,
            MARKDOWN,
            ["Título", "Prosa", "Aviso", "Dentro", "Alternativa", "Leyenda", "Fin", "palabra"],
        ),
        (
            restructured,
            RESTRUCTURED,
            ["Título", "Prosa", "Aviso", "Dentro", "Alternativa", "Leyenda", "Después", "Fin"],
        ),
        (python, MODULE, ["módulo", "Suma", "forma", "Sumando"]),
    ],
)
def test_only_prose_is_read(reader, text, words):
    """Queda la prosa, desaparece lo demás, y las líneas no se mueven."""
    prose = reader(text)
    assert [word for word in words if word not in prose] == []
    assert "xx" not in prose
    assert prose.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("La *librería* y la pérdida", ["La", "la", "pérdida"]),
        ("GPT-3, LoRA, v1, `x` y torch.Generator", []),
        ("los LLM y las GPUs", ["los", "las"]),
    ],
)
def test_names_are_not_words(text, words):
    """Siglas, nombres de código y cursivas no se revisan."""
    assert [word for _, word in words_in(markdown(text))] == words


@pytest.mark.parametrize("word", ["alineacion", "provabilidad", "entrenamient", "learning"])
def test_wrong_words(word):
    """Lo que no está bien escrito en español no pasa."""
    assert not is_right(word, NONE)


@pytest.mark.parametrize("word", ["alineación", "Probabilidad", "entrenamientos", "muéstrelo"])
def test_right_words(word):
    """Las formas del diccionario pasan, con mayúscula o sin ella."""
    assert is_right(word, NONE)


def test_list_accepts_plural_and_initial_capital():
    """Una palabra de la lista vale en plural; un nombre propio, solo con mayúscula."""
    extra = frozenset({"tokenizador", "Gemma"})
    assert all(is_right(word, extra) for word in ("tokenizadores", "Tokenizador", "Gemma"))
    assert not is_right("gemma", extra)


def test_phrases_of_the_list_are_allowed():
    """Una expresión vale entera, aunque se parta entre líneas; sus palabras sueltas, no."""
    text = without_phrases("Few-shot\nlearning y learning", frozenset({"Few-shot learning"}))
    assert [word for _, word in words_in(text)] == ["learning"]


def test_file_line_and_word(tmp_path):
    """Una falta dice dónde está."""
    page = tmp_path / "page.rst"
    page.write_text("Título\n======\n\nUna ``cosa`` mal escritta.\n", encoding="utf-8")
    assert misspelled([page], NONE) == [(page, 4, "escritta")]


def test_docstring_headings_are_not_spanish():
    """Los títulos de numpydoc están en inglés y no se revisan."""
    assert docstring("Suma.\n\nReturns\n-------\nint\n    Total.").split() == ["Suma.", "Total."]


def test_word_list_is_tidy():
    """La lista no se repite, y lo que el diccionario ya sabe no está en ella."""
    lines = [line.partition("#")[0].strip() for line in WORDS.read_text(encoding="utf-8").splitlines()]
    words = [line for line in lines if line]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert [word for word in words if " " not in word and is_right(word, NONE)] == []


def test_course_is_well_spelled():
    """Todas las páginas y los docstrings están bien escritos."""
    found = misspelled(proofread(ROOT), read_words(WORDS))
    assert [f"{one.path.relative_to(ROOT)}:{one.line}: {one.word}" for one in found] == []
