"""Configuración de Sphinx: solo ajustes; lo que es código vive en `_ext/`."""

import sys
from pathlib import Path

import siguiente

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "Siguiente"
author = "El equipo de Siguiente"
copyright = "2026, El equipo de Siguiente"  # noqa: A001
version = release = siguiente.__version__
language = "es"
root_doc = "index"
exclude_patterns = ["_build", "_static", "_templates", "_ext", "_ipython", "locale"]
templates_path = ["_templates"]
html_static_path = ["_static"]
nitpicky = True
numfig = True

extensions = [
    "myst_nb",
    "sphinx_book_theme",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_exercise",
    "sphinxcontrib.bibtex",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.intersphinx",
    "notfound.extension",
    "sphinxext.opengraph",
]

# --- MyST y ejecución -------------------------------------------------------------------------
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_output_stderr = "remove-warn"
nb_render_markdown_format = "myst"
nb_kernel_rgx_aliases = {".*": "python3"}

# --- Bibliografía -----------------------------------------------------------------------------
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

# --- Aspecto ----------------------------------------------------------------------------------
html_theme = "sphinx_book_theme"
html_title = "Siguiente"
html_theme_options = {"navbar_persistent": []}
