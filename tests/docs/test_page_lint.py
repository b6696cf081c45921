"""Cada regla de estilo, con un texto que la incumple y otro que la cumple; y el curso entero, sin faltas."""

from pathlib import Path

import pytest

from linting.cell_rules import definitions, imported, length, magic, plotted, repeatable, shown, width
from linting.page_lint import (
    check,
    check_all,
    figures,
    formulas,
    header,
    labels,
    reading_time,
    recipe,
    traceback,
)
from linting.prose_rules import decimals, one_term, origins, wording
from linting.reading import Page
from linting.spelling import spelling

ROOT = Path(__file__).parents[2]
HEADER = "---\nfile_format: mystnb\nkernelspec: {name: python3, language: python}\n---\n"
OPENING = "Unos 20 minutos de lectura. Conviene saber qué es un token. Ocupa 1 GB de memoria.\n\n"
CLOSING = "\n## Errores frecuentes\n\n## Ejercicios\n\n## Qué leer a continuación\n"


def cell(source: str, options: str = "") -> str:
    """Un cuaderno con una celda."""
    return f"{HEADER}\n# Título\n\n```{{code-cell}}\n{options}{source}\n```\n"


def found(rule, text: str, suffix: str = ".md") -> list[tuple[int, str]]:
    """Lo que una regla encuentra en un texto."""
    return list(rule(Page(Path(f"page{suffix}"), text)))


FIGURE = """---
mystnb:
  figure: {name: fig-a, caption: Baja.}
  image: {alt: Curva que baja}
tags: [hide-input]
---
"""
RST_FIGURE = ".. figure:: a.svg\n   :alt: A\n   :name: fig-a\n\n   Baja.\n"
MD_FIGURE = "```{figure} a.svg\n:alt: A\n:name: fig-a\nBaja.\n```\n"
RST_MATH = "\n.. math::\n   :label: eq-a\n\n   x_{día}\n"
RAISED = "Traceback (most recent call last):\n  x\n"
SYNONYM = "La alineación o alineamiento.\n\nLa alineación."
HIDDEN = ":tags: [remove-cell]\n"
DRAW = "from siguiente.course.figures.bars import probability_bars\nprobability_bars([1])"

# (regla, extensión, texto que la incumple, texto que la cumple)
CASES = [
    (length, ".md", cell("x = 1\n" * 10 + "x"), cell("x = 1\n" * 9 + "x")),
    (length, ".md", cell("x\n" * 11), cell("x\n" * 11, ":tags: [hide-input]\n\n")),
    (
        reading_time,
        ".md",
        f"{cell('1')}12 minutos de lectura.",
        f"{cell('1')}{'a ' * 1800}12 minutos de lectura.",
    ),
    (width, ".md", cell(f"x = '{'a' * 75}'"), cell(f"x = '{'a' * 73}'")),
    (width, ".md", cell(f"x = '{'a' * 75}'"), cell(f"x = '{'a' * 75}'", ":tags: [remove-cell]\n")),
    (magic, ".md", cell("!pip install torch"), cell("1 != 2")),
    (magic, ".md", cell("%matplotlib inline"), cell("7 % 2")),
    (magic, ".md", cell("x = ("), cell("x = (", ":tags: [raises-exception]\n")),
    (definitions, ".md", cell("class A:\n    pass\nA()"), cell("dict(a=1)")),
    (imported, ".md", cell("import torch\n1"), cell("import torch\ntorch.tensor(1)")),
    (shown, ".md", cell("x = 1", HIDDEN) + cell("x"), cell("x = 1") + cell("x", HIDDEN)),
    (shown, ".md", cell("def f():\n    return x"), cell("def f(x):\n    y = x\n    return y, len(y)")),
    (shown, ".md", cell("x\nx = 1") + cell("y"), cell("x = 1") + cell("[x for y in range(x)]")),
    (repeatable, ".md", cell("torch.randn(3)"), cell("torch.randn(3, generator=g)")),
    (repeatable, ".md", cell("np.random.rand(3)"), cell("np.random.default_rng(0).random(3)")),
    (repeatable, ".md", cell("np.random.default_rng()"), cell("np.random.default_rng(seed=3)")),
    (repeatable, ".md", cell("g = torch.Generator()\ng"), cell("g = torch.Generator().manual_seed(0)\ng")),
    (repeatable, ".md", cell("random.choice(x)"), cell("random.Random(0).choice(x)")),
    (repeatable, ".md", cell("time.perf_counter()"), cell("timestamps.count()")),
    (repeatable, ".md", cell("datetime.now()"), cell("date(2026, 1, 1)")),
    (plotted, ".md", cell(DRAW), cell(DRAW, FIGURE)),
    (figures, ".md", cell(DRAW, FIGURE.replace("caption: Baja.", "")), cell(DRAW, FIGURE)),
    (figures, ".md", cell(DRAW, FIGURE.replace("name: fig-a, ", "")), cell(DRAW, FIGURE)),
    (figures, ".md", cell(DRAW, FIGURE.replace("alt:", "width:")), cell(DRAW, FIGURE)),
    (labels, ".md", cell(DRAW, FIGURE.replace("fig-a", "a")), cell(DRAW, FIGURE)),
    (header, ".md", cell("1").replace("language: python", "language: py"), cell("1")),
    (header, ".md", cell("1").replace("file_format: mystnb\n", ""), cell("1")),
    (recipe, ".md", cell("1"), OPENING + cell("1") + CLOSING),
    (recipe, ".md", OPENING + cell("1"), OPENING + cell("1") + CLOSING),
    (labels, ".rst", ".. _attention:\n\nAtención\n", ".. _sec-attention:\n\nAtención\n"),
    (labels, ".md", "(attention)=\n# Atención\n", "(sec-attention)=\n# Atención\n"),
    (labels, ".rst", ".. math::\n   :label: loss\n\n   x\n", ".. math::\n   :label: eq-loss\n\n   x\n"),
    (labels, ".md", "$$\nx\n$$ (loss)\n", "$$\nx\n$$ (eq-loss)\n"),
    (labels, ".md", "```{exercise}\n:label: uno\n```", "```{exercise}\n:label: ej-uno\n```"),
    (labels, ".md", "```{exercise-start}\n:label: uno\n```", "```{exercise-start}\n:label: ej-uno\n```"),
    (labels, ".rst", ".. list-table:: A\n   :name: a\n", ".. list-table:: A\n   :name: tab-a\n"),
    (figures, ".rst", ".. image:: a.svg\n", ".. image:: a.svg\n   :alt: Curva\n"),
    (figures, ".rst", RST_FIGURE.replace("   :name: fig-a\n", ""), RST_FIGURE),
    (figures, ".rst", RST_FIGURE.replace("   Baja", "Baja"), RST_FIGURE),
    (figures, ".md", MD_FIGURE.replace("Baja.\n", ""), MD_FIGURE),
    (figures, ".md", MD_FIGURE.replace(":alt: A\n", ""), MD_FIGURE),
    (formulas, ".md", r"$\operatorname{Atención}(Q)$", r"$\text{Atención}(Q)$ y ñandú"),
    (formulas, ".md", "$$\nx_á\n$$\n", "$$\nx\n$$ (eq-a)\n\nAquí,\n\n$$\nx\n$$"),
    (formulas, ".rst", ":math:`x_{pérdida}`", r":math:`x_{\text{pérdida}}` y pérdida"),
    (formulas, ".rst", RST_MATH, RST_MATH.replace("x_{día}", "x") + "\nDía y $año$.\n"),
    (formulas, ".md", "```{math}\n:label: eq-a\nx_á\n```", "```{math}\n:label: eq-a\nx\n```\n\nAquí."),
    (traceback, ".rst", RAISED, ">>> 1 / 0\n" + RAISED),
    (wording, ".rst", "Ahora puedes probar.", "Ahora puede probar."),
    (wording, ".rst", "Una librería de Python.", "Una biblioteca de Python."),
    (spelling, ".md", "El modelo se alínea.", "El modelo se alinea."),
    (wording, ".md", 'Dijo "hola".', 'Dijo «hola» y `"hola"`.'),
    (spelling, ".md", "El learning rate baja.", "La tasa de aprendizaje (*learning rate*) baja."),
    (spelling, ".rst", "Las features del texto.", "Las características (*features*) y ``features``."),
    (wording, ".rst", "los LLMs", "los LLM"),
    (wording, ".rst", "Sigue y sigue...", "Sigue y sigue… con ``...``."),
    (wording, ".md", "Un inciso - como este - sobra.", "Un inciso —como este— vale."),
    (decimals, ".rst", "Tarda 3.5 horas.", "Tarda 3,5 horas."),
    (decimals, ".rst", "Con 1.600 pesos.", "Con 1600 pesos."),
    (decimals, ".md", "Vale 0.5.", "Python 3.11, GPT-3.5, CC BY 4.0, $0.5$, `0.5` y arXiv:1706.03762."),
    (origins, ".md", "Acierta el 42 %.\n" + cell("1"), "Acierta el {glue:text}`a` %.\n" + cell("1")),
    (origins, ".md", "Pesa 3,5 GB.\n" + cell("1"), "Pesa 3,5 GB {cite:p}`x`.\n" + cell("1")),
    (one_term, ".rst", "El alineamiento.\n\nEl alineamiento.", SYNONYM),
]


@pytest.mark.parametrize(("rule", "suffix", "wrong", "right"), CASES)
def test_rule(rule, suffix, wrong, right):
    """La regla encuentra la falta y deja en paz el texto correcto."""
    assert found(rule, wrong, suffix)
    assert found(rule, right, suffix) == []


@pytest.mark.parametrize(
    ("rule", "text", "line"),
    [
        (definitions, cell("x = 1\nclass A:\n    pass"), 10),
        (repeatable, cell("1\ntorch.rand(2)", ":tags: [hide-input]\n\n"), 12),
        (wording, "Una línea.\n\n```python\npuedes\n```\n\nAquí puedes.", 7),
        (decimals, "$x$\n$$\n0.5\n$$\n\nEs 0.5.", 6),
        (labels, "Uno\n\n(a)=\n# Dos", 3),
        (formulas, "Uno\ny $x_á$", 2),
        (traceback, "Uno\n\n    Traceback (most recent call last):", 3),
    ],
)
def test_line_is_right(rule, text, line):
    """La falta se nombra por su línea, aunque antes haya código o fórmulas."""
    assert [number for number, _ in found(rule, text)] == [line]


def test_finding_reads_as_file_and_line():
    """Una falta se escribe como archivo, línea y qué hacer."""
    page = Page(Path("docs/a.rst"), "Texto.\n\nAhora puedes probar.\n")
    assert check(page) == ["docs/a.rst:3: «puedes»: trate a quien lee de usted"]


def test_course():
    """Ninguna página del curso incumple las reglas, y todo está bien escrito, también los docstrings."""
    assert check_all(ROOT) == []
