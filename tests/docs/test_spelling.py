"""La ortografía se revisa en la prosa y solo en ella, y cada falta se nombra por su línea."""

from pathlib import Path

import pytest

from linting.reading import Page
from linting.spelling import WORDS, is_right, misspelled, without_phrases, words_in

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

CAPTION = """```{code-cell}
---
mystnb:
  figure:
    caption: >-
      Una
      escritta
---
1
```
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
    ("suffix", "text", "words"),
    [
        (
            ".md",
            MARKDOWN,
            ["Título", "Prosa", "Aviso", "Dentro", "Alternativa", "Leyenda", "Fin", "palabra"],
        ),
        (
            ".rst",
            RESTRUCTURED,
            ["Título", "Prosa", "Aviso", "Dentro", "Alternativa", "Leyenda", "Después", "Fin"],
        ),
        (".py", MODULE, ["módulo", "Suma", "forma", "Sumando"]),
    ],
)
def test_only_prose_is_read(suffix, text, words):
    """Queda la prosa, desaparece lo demás, y nada se mueve de su sitio."""
    prose = Page(Path(f"page{suffix}"), text).prose
    assert [word for word in words if word not in prose] == []
    assert "xx" not in prose
    assert len(prose) == len(text)
    assert all(one in (" ", other) for one, other in zip(prose, text, strict=True))


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
    assert [word for _, word in words_in(Page(Path("page.md"), text).prose)] == words


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


@pytest.mark.parametrize(
    ("suffix", "text", "line"),
    [
        (".rst", "Título\n======\n\nUna ``cosa`` mal\nescritta.\n", 5),
        (".rst", "=======\nescritta\n=======\n", 2),
        (".rst", ".. list-table:: Tabla\n   :header-rows: 1\n\n   * - Una\n     - escritta\n", 5),
        (".rst", ".. dropdown:: Aviso\n\n   #. Uno\n   #. escritta\n", 4),
        (".rst", "Nota [#a]_.\n\n.. [#a] Una nota\n   escritta.\n", 4),
        (".rst", ":math:`x`\nescritta\n", 2),
        (".md", "Uno\n\n| a | b |\n|---|---|\n| c | d |\n| e | escritta |\n", 6),
        (".md", "- Uno `dos\n  tres`\n- cuatro escritta\n", 3),
        (".md", "Una[^a].\n\n[^a]: Una nota\n    escritta.\n", 4),
        (".md", "::::{dropdown} Aviso\n:::{list-table} Tabla\n* - Una\n  - escritta\n:::\n::::\n", 4),
        (".md", "```{figure} a.svg\n:name: fig-a\n:alt: Una escritta\n\nLeyenda.\n```\n", 3),
        (".md", CAPTION, 7),
        (".md", "```{code-cell}\n---\nmystnb:\n  image: {alt: 'Una, escritta'}\n---\n1\n```\n", 4),
        (".py", '"""Uno.\n\nDos\nescritta.\n"""\n', 4),
        (".py", 'class A:\n    a: int\n    """Una\n    escritta."""\n', 4),
    ],
)
def test_misspelling_has_its_line(suffix, text, line):
    """Una falta se encuentra esté donde esté, y dice en qué línea."""
    assert misspelled(Page(Path(f"page{suffix}"), text), NONE) == [(line, "escritta")]


def test_docstring_headings_are_not_spanish():
    """Los títulos de numpydoc están en inglés y no se revisan."""
    module = '"""Suma.\n\nReturns\n-------\nint\n    Total.\n"""'
    assert Page(Path("module.py"), module).prose.split() == ["Suma.", "Total."]


def test_word_list_is_tidy():
    """La lista no se repite, y lo que el diccionario ya sabe no está en ella."""
    lines = [line.partition("#")[0].strip() for line in WORDS.read_text(encoding="utf-8").splitlines()]
    words = [line for line in lines if line]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert [word for word in words if " " not in word and is_right(word, NONE)] == []
