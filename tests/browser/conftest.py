"""Navegador sin red para mirar el sitio construido. Solo entra si se pide: `pytest tests/browser`."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = Path(os.environ.get("SIGUIENTE_SITE", ROOT / "docs" / "_build" / "html")).resolve()
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = {"ancho": 1280, "teléfono": 390}
THEMES = {"claro": "light", "oscuro": "dark"}
# Entre las dos tienen ambos colores y ambos anchos: cada página se abre así, y axe solo va en ellas.
EXTREMES = (("claro", "ancho"), ("oscuro", "teléfono"))
FROM_CODE = ("_modules/", "reference/api/siguiente/")
SAMPLED = 5  # una de cada cuántas páginas de código fuente se abre
# La página de error usa direcciones absolutas: solo tiene sentido en un servidor.
SERVER = "http://siguiente.invalid/"
SERVED = "404.html"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Deja fuera esta carpeta salvo que se la nombre en la orden."""
    asked = any(Path(arg.split("::")[0]).resolve().is_relative_to(HERE) for arg in config.args)
    return None if asked else True


def pytest_addoption(parser: pytest.Parser) -> None:
    """Añade la carpeta en que se guardan las fotos de las páginas."""
    parser.addoption("--screenshots", metavar="DIR", help="guarda una foto de cada página en esta carpeta")


def site_pages() -> list[str]:
    """Enumera las páginas del sitio; del código fuente, que sale todo de una plantilla, una muestra."""
    found = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    sources = [page for page in found if page.startswith("_modules/")]
    return [page for page in found if not page.startswith(("_static/", "_modules/"))] + sources[::SAMPLED]


def views(number: int, page: str) -> tuple[tuple[str, str], ...]:
    """Da los colores y el ancho con que se abre una página; las del código alternan los dos extremos."""
    return EXTREMES[number % 2 :][:1] if page.startswith(FROM_CODE) else EXTREMES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hace una prueba de cada página y cada color."""
    if "view" in metafunc.fixturenames:
        pages = enumerate(site_pages())
        cases = [(theme, width, page) for number, page in pages for theme, width in views(number, page)]
        metafunc.parametrize("view", cases, ids=[f"{page}-{theme}-{width}" for theme, width, page in cases])


@dataclass
class Visit:
    """Lo que pasó al abrir una página."""

    tab: object
    width: str
    console: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Olvida lo que pasó en la página anterior."""
        for log in (self.console, self.failed, self.outside):
            log.clear()

    def widths(self) -> Iterator[str]:
        """Da a la página abierta el ancho de su pestaña y después el otro, sin cargarla otra vez."""
        for width in sorted(WIDTHS, key=lambda name: name != self.width):
            self.tab.set_viewport_size({"width": WIDTHS[width], "height": 900})
            # Dos dibujos: la página ya se ha acomodado.
            self.tab.evaluate(
                "() => new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))"
            )
            yield width

    def open(self, page: str) -> None:
        """Abre una página del sitio, con el ancho de su pestaña, y espera a que se dibujen las fórmulas."""
        self.forget()
        self.tab.set_viewport_size({"width": WIDTHS[self.width], "height": 900})
        name, _, query = page.partition("?")
        base = SERVER + name if name == SERVED else (SITE / name).as_uri()
        self.tab.goto(f"{base}?{query}" if query else base)
        self.tab.evaluate("() => window.MathJax?.startup?.promise")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Arranca un Chromium: el de `SIGUIENTE_CHROMIUM`, el del sistema o el de Playwright."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="falta el grupo «browser»")
    if not (SITE / "index.html").exists():
        pytest.fail(f"No hay sitio en {SITE}: constrúyalo con «nox -s docs» o indique SIGUIENTE_SITE.")
    found = os.environ.get("SIGUIENTE_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


def answer(route: object) -> None:
    """Sirve del disco lo que es del sitio y corta todo lo demás."""
    url = route.request.url
    path = SITE / url.removeprefix(SERVER).split("?")[0].split("#")[0]
    if url.startswith(SERVER) and path.is_file():
        route.fulfill(path=path)
    else:
        route.abort()


def watch(tab: object, width: str) -> Visit:
    """Anota los errores y las peticiones de una pestaña."""
    visit = Visit(tab, width)
    tab.on("console", lambda line: visit.console.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: visit.console.append(str(error)))
    tab.on("requestfailed", lambda request: visit.failed.append(request.url))
    local = ("file:", "data:", "blob:", SERVER)
    tab.on("request", lambda one: None if one.url.startswith(local) else visit.outside.append(one.url))
    return visit


@pytest.fixture(scope="session")
def visits(browser) -> Iterator[dict[tuple[str, str], Visit]]:
    """Abre una pestaña sin red por cada uno de los dos extremos."""
    opened = {}
    for theme, width in EXTREMES:
        context = browser.new_context(
            viewport={"width": WIDTHS[width], "height": 900},
            color_scheme=THEMES[theme],
            locale="es",
            reduced_motion="reduce",
        )
        context.route(re.compile(r"^(https?|wss?):"), answer)
        opened[theme, width] = watch(context.new_page(), width)
    yield opened
    for visit in opened.values():
        visit.tab.context.close()
