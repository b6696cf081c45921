"""La interfaz construida está en español, también la de las páginas que hace Sphinx por su cuenta."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError
from english_interface import english_in

from spanish.interface import SOURCES, compile_catalogues, read_catalogue, search_messages

DOCS = Path(__file__).parents[2] / "docs"
OURS = {
    "accessibility",
    "offline.local_mathjax",
    "offline.requests",
    "spanish.bibliography",
    "spanish.interface",
}
EXTENSIONS = DOCS / "_ext"
OTHERS = {".".join(p.relative_to(EXTENSIONS).with_suffix("").parts) for p in EXTENSIONS.rglob("*.py")} - OURS

INDEX = """
Portada
=======

.. toctree::

   page
   code
"""

PAGE = """
.. _sec-page:

Una página
==========

.. note:: Una nota.

.. list-table:: Una tabla.

   * - a

.. glossary::

   perplejidad
      Una medida.

.. exercise:: Contar
   :label: ej-contar

   ¿Cuántos?

.. solution:: ej-contar

   Dos, como en :eq:`eq-two`.

.. math::
   :label: eq-two

   1 + 1

Otra sección
------------

Con ``código``.

.. py:function:: f(x, *, y)

   Suma.

   .. versionadded:: 1.0

   :param x: uno
   :raises ValueError: si no.
   :returns: la suma
   :rtype: int
"""

CODE = """
Código
======

.. automodule:: sample_module
   :members:
   :show-inheritance:
"""

MODULE = '''
"""Un módulo."""


class Base(ValueError):
    """Una clase."""


def f(x):
    """Suma.

    Raises
    ------
    ValueError
        Si no.
    """
'''

CONF = """
import sys
sys.path.insert(0, {here!r})
__file__ = {conf!r}
exec(compile(open({conf!r}, encoding="utf-8").read(), {conf!r}, "exec"))
extensions = [e for e in extensions if e not in {others!r}]
templates_path = [{templates!r}]
html_static_path = [{static!r}]
html_favicon = None
bibtex_bibfiles = []
nitpicky = False
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Construye un sitio mínimo con la configuración del curso."""
    folder = tmp_path_factory.mktemp("site")
    pages = {"index.rst": INDEX, "page.rst": PAGE, "code.rst": CODE, "sample_module.py": MODULE}
    conf = CONF.format(
        here=str(folder),
        others=OTHERS,
        conf=str(DOCS / "conf.py"),
        templates=str(DOCS / "_templates"),
        static=str(DOCS / "_static"),
    )
    for name, text in {**pages, "conf.py": conf}.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-D", "nb_execution_mode=off"]
    done = subprocess.run(
        [*command, folder, folder / "html"], capture_output=True, text=True, timeout=120, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_no_english_interface(site):
    """Ninguna página muestra ni dice palabras de la interfaz en inglés."""
    pages = sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)
    found = {page.name: english_in(page.read_text(encoding="utf-8")) for page in pages}
    assert {name: words for name, words in found.items() if words} == {}
    assert {"index.html", "search.html", "404.html", "sample_module.html"} <= found.keys()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("page.html", ["Nota", "Tabla 1", "Ejercicio 1", "Solución", "Añadido en la versión", "Excepciones"]),
        (
            "page.html",
            ["Enlace a este título", "Enlace a esta ecuación", "Saltar al contenido", "En esta página"],
        ),
        ("code.html", ["fuente]", "Hereda de", "Excepciones"]),
        ("search.html", ["Buscar en el curso…"]),
    ],
)
def test_interface_in_spanish(site, page, words):
    """Las palabras que debían traducirse están, y en español."""
    text = (site / page).read_text(encoding="utf-8")
    assert [word for word in words if word not in text] == []


def test_search_speaks_spanish(site):
    """El buscador dice en español cuántas páginas encontró, y su regla de plurales da un índice."""
    text = (site / "_static" / "translations.js").read_text(encoding="utf-8")
    data = json.loads(text[text.index("{") : text.rindex("}") + 1])
    found = data["messages"]["Search finished, found one page matching the search query."]
    assert found == ["Se encontró una página.", "Se encontraron ${resultCount} páginas."]
    assert data["plural_expr"] == "Number((n != 1))"
    assert all(data["messages"].values())


def test_footer_has_version_and_date(site):
    """El pie dice la versión y la fecha de los textos."""
    from spanish.build_date import in_spanish, source_date

    text = (site / "index.html").read_text(encoding="utf-8")
    assert f"Siguiente 0.1.0, {in_spanish(source_date(DOCS))}." in text or not source_date(DOCS)


@pytest.mark.parametrize(
    "html",
    [
        '<nav aria-label="Main"></nav>',
        '<button title="Toggle primary sidebar"></button>',
        '<a class="headerlink" href="#x" title="Link to this heading">#</a>',
        "<p><button>Copy</button></p>",
        "<details><summary>Show source</summary></details>",
        "<h2>Search Results</h2>",
        '<a href="x"><span>[source]</span></a>',
        '<dt class="field-odd">Raises<span>:</span></dt>',
    ],
)
def test_english_is_found(html):
    """Cada frase en inglés de la interfaz se encuentra."""
    assert english_in(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Page es página en inglés.</p>",
        "<pre>Parameters</pre>",
        '<nav aria-label="Páginas"></nav>',
        "<h1>Índice</h1>",
    ],
)
def test_spanish_and_quotes_are_left(html):
    """Ni el español ni el inglés que el artículo cita cuentan como falta."""
    assert english_in(html) == []


def test_catalogues_are_complete():
    """Ninguna entrada de nuestros catálogos se quedó sin traducir."""
    for path in sorted(SOURCES.glob("*.po")):
        empty = [entry.id for entry in read_catalogue(path) if entry.id and not entry.string]
        assert (path.name, empty) == (path.name, [])


def test_compiled_outside_the_sources(tmp_path):
    """Se compila donde se pide y no se deja nada junto a los `.po`."""
    compile_catalogues(SOURCES, tmp_path)
    names = sorted(path.name for path in (tmp_path / "es" / "LC_MESSAGES").iterdir())
    assert names == ["booktheme.mo", "sphinx.js", "sphinx.mo"]
    assert {path.suffix for path in SOURCES.iterdir()} == {".po"}


def test_broken_catalogue_fails(tmp_path):
    """Un catálogo mal escrito no se acepta en silencio."""
    (tmp_path / "sphinx.po").write_text('msgid "a"\nmsgtr b\n', encoding="utf-8")
    with pytest.raises(PoFileError):
        read_catalogue(tmp_path / "sphinx.po")


def test_search_messages_keep_the_stock_ones():
    """Lo que Sphinx ya traducía sigue traducido."""
    assert '"Index": "Índice"' in search_messages(read_catalogue(SOURCES / "sphinx.po"))


def test_git_is_optional(tmp_path, monkeypatch):
    """Sin repositorio y sin `SOURCE_DATE_EPOCH` no hay fecha; con ella, la que diga."""
    from spanish.build_date import in_spanish, source_date

    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    shutil.copy(DOCS / "conf.py", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert in_spanish(source_date(tmp_path)) == ""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert in_spanish(source_date(tmp_path)) == "21 de septiembre de 2026"
