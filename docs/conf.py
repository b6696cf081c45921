"""Configuración de Sphinx: solo ajustes; lo que es código vive en `_ext/`."""

import gc
import os
import sys
from pathlib import Path

import siguiente

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from spanish import build_date, interface  # noqa: E402

# Casi todo lo que Sphinx lee sigue vivo hasta el final: buscar basura cada poco duplicaba su tiempo.
gc.set_threshold(1_000_000)

project = "Siguiente"
author = "El equipo de Siguiente"
copyright = "2026, El equipo de Siguiente"
version = release = siguiente.__version__
language = "es"
locale_dirs = [interface.compile_catalogues(interface.SOURCES, HERE / "_build" / "locale")]
root_doc = "index"
exclude_patterns = ["_*", "locale", ".*", "**/.*"]
templates_path = ["_templates"]
html_static_path = ["_static"]
nitpicky = True
numfig = True

extensions = [
    "spanish.interface",
    "results.execution",
    "source",
    "module_table",
    "myst_nb",
    "sphinx_book_theme",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_exercise",
    "sphinxcontrib.bibtex",
    "spanish.bibliography",
    "spanish.fields",
    "api_pages",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.intersphinx",
    "notfound.extension",
    "sphinxext.opengraph",
    "offline.local_mathjax",
    "spanish.folded_solutions",
    "accessibility",
    "offline.requests",
    "offline.no_network",
]

# --- MyST y ejecución -------------------------------------------------------------------------
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
nb_execution_mode = "off"  # las páginas ya se ejecutaron
# `execution` avisa de todo stderr, también en las celdas ocultas.
nb_output_stderr = "remove"
nb_render_markdown_format = "myst"

# --- Bibliografía -----------------------------------------------------------------------------
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = bibtex_reference_style = "spanish"

# --- API --------------------------------------------------------------------------------------
# Los tipos de las secciones van como texto: los enlaces salen de las anotaciones.
napoleon_use_param = napoleon_use_rtype = False
autodoc_typehints_format = "short"
# El índice de una página nombra sus módulos. Con todas sus funciones, el del curso se rehacía en cada página.
toc_object_entries = False
autodoc_preserve_defaults = True
# Inventarios mínimos del proyecto: lo que se enlaza, sin red al construir.
intersphinx_mapping = {
    "python": ("https://docs.python.org/es/3/", ("inventories/python.inv",)),
    "torch": ("https://docs.pytorch.org/docs/stable/", ("inventories/torch.inv",)),
    "numpy": ("https://numpy.org/doc/stable/", ("inventories/numpy.inv",)),
}
# Nombres privados con que la biblioteca presenta un tipo público: ningún inventario los tiene.
nitpick_ignore = [
    ("py:class", "argparse.ArgumentParser"),
    ("py:class", "argparse.Namespace"),
    ("py:class", "matplotlib.axes._axes.Axes"),
    ("py:class", "matplotlib.axis.Axis"),
    ("py:class", "numpy.ndarray"),
    ("py:class", "tokenizers.Tokenizer"),
    ("py:class", "torch.nn.modules.container.ModuleList"),
    ("py:class", "torch._C.Generator"),
    ("py:class", "torch.nn.modules.linear.Linear"),
    ("py:class", "torch.nn.modules.module.Module"),
    ("py:class", "torch.nn.modules.rnn.GRU"),
    ("py:class", "torch.optim.optimizer.Optimizer"),
    # Variables de tipo.
    ("py:class", "Node"),
    ("py:class", "siguiente.language_models.protocol.Model"),
    ("py:class", "siguiente.prompting.few_shot.Example"),
    ("py:class", "siguiente.course.cli.command.Report"),
    ("py:class", "siguiente.runtime.resume.Report"),
    ("py:class", "siguiente.runtime.trained.Model"),
    # De `nbdeps`, que tiene su propio README.
    ("py:class", "nbdeps.closure.Package"),
    # Un nombre que solo se importa para los tipos.
    ("py:class", "Choose"),
    ("py:class", "nn.Module"),
    ("py:class", "Pipeline"),
    # El inventario guardado, que está recortado, no los trae.
    ("py:class", "collections.Counter"),
    ("py:class", "collections.abc.Collection"),
    ("py:class", "collections.abc.Hashable"),
    ("py:class", "os.PathLike"),
    ("py:class", "random.Random"),
    ("py:class", "Tensor"),  # En una sección «Attributes», sin el módulo delante.
    ("py:class", "callable"),  # En una sección «Attributes»: una palabra, no un tipo.
]
# Trozos de un tipo compuesto que Sphinx corta por sus comas.
nitpick_ignore_regex = [("py:class", r'.*[\[{"].*'), ("py:class", r"(ast|gguf|multiprocessing)\..*")]

# --- Aspecto ----------------------------------------------------------------------------------
html_theme = "sphinx_book_theme"
html_title = "Siguiente"
html_favicon = "_static/logo.svg"
html_context = {"default_mode": "auto", "build_date": build_date.date_shown()}
html_css_files = ["siguiente.css"]
html_js_files = [("siguiente.js", {"defer": "defer"})]
SIDEBAR = ["navbar-logo.html", "search-button-field.html", "sbt-sidebar-nav.html"]
# Junto al código fuente, que son casi doscientas páginas, no va el índice del curso.
html_sidebars = {"[!_]**": SIDEBAR, "_modules/**": SIDEBAR[:2]}
html_copy_source = False
html_use_index = html_domain_indices = False  # medían sesenta pantallas, y el buscador encuentra lo mismo
html_show_sourcelink = False
html_theme_options = {
    "logo": {"image_light": "_static/logo.svg", "image_dark": "_static/logo.svg", "alt_text": ""},
    "navbar_persistent": [],  # Un solo buscador: el de la barra lateral.
    "search_bar_text": "Buscar en el curso…",
    "toc_title": "En esta página",
    "footer_content_items": ["build.html"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "use_download_button": False,
    "use_fullscreen_button": False,
}
copybutton_selector = "div:not(.output) > div.highlight > pre"
copybutton_exclude = ".linenos, .gp, .go"
nb_code_prompt_show = "Mostrar el código"
nb_code_prompt_hide = "Ocultar el código"
ogp_site_name = "Siguiente"
ogp_site_url = ""
ogp_social_cards = {"enable": False}
# En GitHub Pages el sitio cuelga de una carpeta con el nombre del repositorio.
notfound_urls_prefix = os.environ.get("SIGUIENTE_BASE_PATH", "/")
notfound_context = {
    "title": "Página no encontrada",
    "body": "<h1>Página no encontrada</h1><p>Puede que haya cambiado de sitio: búsquela.</p>",
}

# --- Fórmulas ---------------------------------------------------------------------------------
mathjax_path = "mathjax/tex-svg-full.js"
# El menú está en inglés y pide módulos aparte; la lectura en voz alta no depende de él.
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"mtextInheritFont": True, "scale": 0.96}}
