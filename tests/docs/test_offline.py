"""Cada forma de pedir algo a la red se encuentra, con su línea; los enlaces que se pulsan, no."""

from types import SimpleNamespace

import pytest
from sphinx.errors import ExtensionError

from accessibility import repair
from offline.local_mathjax import find_script
from offline.requests import fail_if_online, requests_in, scan

ONLINE = [
    (".html", '<script src="https://cdn.test/a.js"></script>'),
    (".html", "<script src=https://cdn.test/a.js></script>"),
    (".html", '<img alt="x"\n  src="//cdn.test/a.png">'),
    (".html", '<link rel="stylesheet" href="https://cdn.test/a.css">'),
    (".html", '<style>@import "https://cdn.test/a.css";</style>'),
    (".html", '<div style="background: url(https://cdn.test/a.png)"></div>'),
    (".html", '<script type="module">import x from "https://cdn.test/a.js"</script>'),
    (".html", '<iframe src="https://cdn.test/"></iframe>'),
    (".css", "a { background: url('https://cdn.test/a.woff2') }"),
    (".js", 'fetch("https://cdn.test/data.json")'),
    (".js", "script.src = 'https://cdn.test/a.js'"),
    (".js", 'import("https://cdn.test/a.js")'),
    (".svg", '<svg><image xlink:href="https://cdn.test/a.png"/></svg>'),
]

OFFLINE = [
    (".html", '<a href="https://arxiv.org/abs/1706.03762">artículo</a>'),
    (".html", '<link rel="canonical" href="https://curso.test/">'),
    (".html", '<script src="_static/a.js"></script><img src="data:image/png;base64,AA" alt="">'),
    (".css", "a { background: url(a.woff2) } /* https://licencia.test */"),
    (".js", '// véase https://licencia.test\nconst ns = "http://www.w3.org/2000/svg"'),
    (".svg", '<svg xmlns="http://www.w3.org/2000/svg"><use xlink:href="#a"/></svg>'),
]


@pytest.mark.parametrize(("suffix", "text"), ONLINE)
def test_outside_resource_is_found(suffix, text):
    """Hay exactamente un recurso externo."""
    assert len(list(requests_in(text, suffix))) == 1


@pytest.mark.parametrize(("suffix", "text"), OFFLINE)
def test_links_and_local_files_are_left(suffix, text):
    """Los enlaces, los espacios de nombres y lo local no son peticiones."""
    assert list(requests_in(text, suffix)) == []


def site(folder):
    """Lo que `fail_if_online` mira de una construcción en una carpeta."""
    builder = SimpleNamespace(format="html", name="html")
    return SimpleNamespace(builder=builder, outdir=folder)


def test_the_whole_site_is_searched_in_every_build(tmp_path):
    """Lo que estaba bien y deja de estarlo se encuentra, y mientras no se arregle, se repite."""
    page = tmp_path / "a.html"
    page.write_text("<p>Nada.</p>", encoding="utf-8")
    fail_if_online(site(tmp_path), None)
    page.write_text('<img alt="" src="https://cdn.test/a.png">', encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ExtensionError, match=r"a\.html:1"):
            fail_if_online(site(tmp_path), None)


def test_file_and_line_are_named(tmp_path):
    """El error nombra el archivo, la línea y la dirección, y detiene la construcción."""
    (tmp_path / "a.html").write_text('<p>\n\n<img alt="" src="https://cdn.test/a.png">', encoding="utf-8")
    assert scan(tmp_path) == ["  a.html:3: https://cdn.test/a.png"]
    with pytest.raises(ExtensionError, match=r"a\.html:3: https://cdn\.test/a\.png"):
        fail_if_online(site(tmp_path), None)


def test_earlier_failure_is_not_hidden(tmp_path):
    """Si la construcción ya falló, no se añade otro error encima."""
    (tmp_path / "a.css").write_text("@import 'https://cdn.test/a.css'", encoding="utf-8")
    fail_if_online(site(tmp_path), ValueError("otro"))


def test_mathjax_is_installed_and_local():
    """MathJax es el publicado y no pide nada a la red."""
    assert list(requests_in(find_script().read_text(encoding="utf-8"), ".js")) == []


def test_altered_mathjax_is_refused(tmp_path, monkeypatch):
    """Un MathJax cambiado no entra en el sitio."""
    altered = tmp_path / "tex-svg-full.js"
    altered.write_text("alert(1)", encoding="utf-8")
    package = SimpleNamespace(locate_file=lambda name: altered)
    monkeypatch.setattr("offline.local_mathjax.distribution", lambda name: package)
    with pytest.raises(ExtensionError, match="reinstale"):
        find_script()


def test_summary_says_what_it_shows():
    """La etiqueta en inglés que callaba el texto visible desaparece, y arreglar dos veces no cambia nada."""
    once = repair('<summary aria-label="Toggle hidden content">\n<span>Mostrar el código</span>')
    assert once == "<summary>\n<span>Mostrar el código</span>"
    assert repair(once) == once


def test_empty_header_is_a_cell():
    """Una celda de cabecera vacía deja de anunciarse como cabecera; las que dicen algo, no se tocan."""
    assert repair('<th class="head"></th><th class="head"><p>Capas</p></th>') == (
        '<td></td><th class="head"><p>Capas</p></th>'
    )
