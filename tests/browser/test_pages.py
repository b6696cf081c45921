"""Cada página, en claro y en oscuro, en pantalla ancha y en teléfono: se ve bien y es accesible."""

from importlib.resources import files
from pathlib import Path

import pytest
from english_interface import english_in

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

OVERFLOW = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= innerWidth) return [];
  return [...document.querySelectorAll("main *")]
    .filter(box => box.getBoundingClientRect().right > innerWidth + 1)
    .filter(box => !box.closest("mjx-container, pre, svg"))
    .slice(0, 5).map(box => box.outerHTML.slice(0, 90)).concat([`${page.scrollWidth} > ${innerWidth}`]);
}"""

MATHS = """() => [...document.querySelectorAll(".math:not(.highlight)")]
  .filter(one => !one.querySelector("mjx-container") || one.querySelector("[data-mml-node=merror]"))
  .map(one => one.textContent.slice(0, 90))"""

IMAGES = """async () => {
  const images = [...document.querySelectorAll("img")];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map(image => image.decode().catch(() => null)));
  return images.filter(image => !image.naturalWidth || !image.hasAttribute("alt"))
    .map(image => image.getAttribute("src"));
}"""


def axe_violations(tab, page: str) -> list[str]:
    """Pasa axe-core por la página y resume cada falta con los primeros elementos que la cometen."""
    tab.evaluate(AXE)
    # El código se mira en las páginas del curso: las del código fuente lo colorean igual, y son muchas.
    scope = "{exclude: [['.highlight']]}" if page.startswith("_modules/") else "document"
    # Sin `preload`, axe no pide las hojas de estilo por su cuenta: desde el disco fallaría, y tarde.
    options = "{resultTypes: ['violations'], preload: false}"
    found = tab.evaluate(f"async () => (await axe.run({scope}, {options})).violations")
    return [
        f"{one['id']}: {one['help']} ({len(one['nodes'])}): "
        + "; ".join(n["html"][:140] for n in one["nodes"][:3])
        for one in found
    ]


def problems(visit, page: str) -> dict[str, list[str]]:
    """Reúne por clases todo lo que está mal en la página abierta."""
    return {
        "errores en la consola": list(visit.console),
        "peticiones que fallaron": list(visit.failed),
        "peticiones a la red": list(visit.outside),
        "se sale por la derecha": visit.tab.evaluate(OVERFLOW),
        "fórmulas sin dibujar": visit.tab.evaluate(MATHS),
        "imágenes que no se cargan o sin texto alternativo": visit.tab.evaluate(IMAGES),
        "interfaz en inglés": english_in(visit.tab.content()),
        "accesibilidad (axe)": axe_violations(visit.tab, page) if visit.thorough else [],
    }


def save_picture(tab, folder: Path, name: str) -> None:
    """Guarda una foto de la página entera."""
    folder.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=folder / f"{name}.png", full_page=True)


def test_page_is_right(view, visits, pytestconfig):
    """Sin errores, sin red, sin desbordes, con fórmulas e imágenes, en español y accesible."""
    theme, width, page = view
    visit = visits[theme, width]
    visit.open(page)
    if folder := pytestconfig.getoption("--screenshots"):
        save_picture(
            visit.tab, Path(folder), f"{page.removesuffix('.html').replace('/', '-')}-{theme}-{width}"
        )
    wrong = {kind: found for kind, found in problems(visit, page).items() if found}
    report = "\n".join(f"  {kind}:\n    " + "\n    ".join(found) for kind, found in wrong.items())
    if wrong:
        pytest.fail(f"{page} ({theme}, {width}):\n{report}", pytrace=False)


def test_a_solution_opens_with_a_click(visits):
    """Plegada, solo se ve su título; abierta, también su código."""
    visit = next(iter(visits.values()))
    visit.open("prompting/completions.html")
    solution = visit.tab.locator("details.solution").first
    assert not solution.locator(".highlight").first.is_visible()
    solution.locator("summary").first.click()
    assert solution.locator(".highlight").first.is_visible()
