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

# Lo que axe llama `color-contrast`, para el código: cada pareja de colores, una vez, y no cada palabra.
CODE_CONTRAST = """() => {
  const rgba = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const grounds = new Map();
  const ground = box => {
    if (!box) return [255, 255, 255];
    if (!grounds.has(box)) {
      const own = rgba(getComputedStyle(box).backgroundColor);
      grounds.set(box, own[3] === 1 ? own.slice(0, 3) : over(own, ground(box.parentElement)));
    }
    return grounds.get(box);
  };
  const linear = c => c <= 10.31 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;
  const poor = new Map();
  for (const box of document.querySelectorAll(".highlight, .highlight *")) {
    const text = [...box.childNodes].find(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!text) continue;
    const below = ground(box), above = over(rgba(getComputedStyle(box).color), below);
    const [low, high] = [light(below), light(above)].sort((a, b) => a - b), ratio = high / low;
    if (ratio < 4.5) poor.set(`${above} / ${below}`, `${text.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return [...poor.entries()].map(([colours, found]) => `${found} (${colours})`);
}"""

IMAGES = """async () => {
  const images = [...document.querySelectorAll("img")];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map(image => image.decode().catch(() => null)));
  return images.filter(image => !image.naturalWidth || !image.hasAttribute("alt"))
    .map(image => image.getAttribute("src"));
}"""


# Lo que más tarda de axe es el contraste: el del código ya está, y las fórmulas son del color del texto.
AXE_RUN = """async whole => {
  const options = {resultTypes: ["violations"], preload: false};  // con `preload` pediría las hojas de estilo
  const all = await axe.run(whole, {...options, rules: {"color-contrast": {enabled: false}}});
  const contrast = await axe.run(
    {exclude: [[".highlight"], ["mjx-container"]]}, {...options, runOnly: ["color-contrast"]});
  return [...all.violations, ...contrast.violations];
}"""


def axe_violations(tab, page: str) -> list[str]:
    """Pasa axe-core por la página y resume cada falta con los primeros elementos que la cometen."""
    tab.evaluate(AXE)
    # El código fuente entero es mucho: las demás reglas lo miran en las celdas de las páginas del curso.
    whole = {"exclude": [[".highlight"]]} if page.startswith("_modules/") else {"include": [["html"]]}
    return [
        f"{one['id']}: {one['help']} ({len(one['nodes'])}): "
        + "; ".join(n["html"][:140] for n in one["nodes"][:3])
        for one in tab.evaluate(AXE_RUN, whole)
    ]


def problems(visit, page: str, thorough: bool) -> dict[str, list[str]]:
    """Reúne por clases todo lo que está mal en la página abierta."""
    return {
        "errores en la consola": list(visit.console),
        "peticiones que fallaron": list(visit.failed),
        "peticiones a la red": list(visit.outside),
        "se sale por la derecha": visit.tab.evaluate(OVERFLOW),
        "fórmulas sin dibujar": visit.tab.evaluate(MATHS),
        "imágenes que no se cargan o sin texto alternativo": visit.tab.evaluate(IMAGES),
        "interfaz en inglés": english_in(visit.tab.content()),
        "código que apenas se distingue de su fondo": visit.tab.evaluate(CODE_CONTRAST),
        "accesibilidad (axe)": axe_violations(visit.tab, page) if thorough else [],
    }


def save_picture(tab, folder: Path, name: str) -> None:
    """Guarda una foto de la página entera."""
    folder.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=folder / f"{name}.png", full_page=True)


def test_page_is_right(view, visits, pytestconfig):
    """Sin errores, red ni desbordes, con fórmulas e imágenes, en español, accesible y en ambos anchos."""
    theme, width, page = view
    visit = visits[theme, width]
    visit.open(page)
    folder, wrong = pytestconfig.getoption("--screenshots"), {}
    # Cargar es lo caro: la misma página se mira en el otro ancho sin abrirla otra vez.
    for each in visit.widths():
        if folder:
            name = f"{page.removesuffix('.html').replace('/', '-')}-{theme}-{each}"
            save_picture(visit.tab, Path(folder), name)
        found = problems(visit, page, thorough=each == width)
        wrong |= {f"{kind}, {each}": faults for kind, faults in found.items() if faults}
    report = "\n".join(f"  {kind}:\n    " + "\n    ".join(found) for kind, found in wrong.items())
    if wrong:
        pytest.fail(f"{page} ({theme}):\n{report}", pytrace=False)


def test_code_that_can_hardly_be_read_is_found(visits):
    """También sobre un fondo translúcido; lo que no es texto no cuenta."""
    tab = visits["claro", "ancho"].tab
    code = '<div class="highlight" style="background: {}"><pre style="color: {}"> <span>x</span></pre></div>'
    tab.set_content(code.format("#fff", "#767676") + code.format("#000", "#000").replace("x", " "))
    assert tab.evaluate(CODE_CONTRAST) == []
    tab.set_content(code.format("#fff", "#777777") + code.format("rgba(0, 0, 0, 0.5)", "#eee"))
    assert [found.split(" (")[0] for found in tab.evaluate(CODE_CONTRAST)] == ["x: 4.48", "x: 3.43"]


def test_axe_sees_what_is_wrong_outside_the_code(visits):
    """Contraste y estructura, con la página entera y con la de código fuente."""
    tab = visits["claro", "ancho"].tab
    tab.set_content('<img src="data:,"><p style="color: #bbb">Apenas se lee.</p><p class="highlight">x</p>')
    for page in ("llm/index.html", "_modules/siguiente/store.html"):
        found = {violation.split(":")[0] for violation in axe_violations(tab, page)}
        assert {"image-alt", "color-contrast"} <= found


def test_a_solution_opens_with_a_click(visits):
    """Plegada, solo se ve su título; abierta, también su código."""
    visit = next(iter(visits.values()))
    visit.open("prompting/completions.html")
    solution = visit.tab.locator("details.solution").first
    assert not solution.locator(".highlight").first.is_visible()
    solution.locator("summary").first.click()
    assert solution.locator(".highlight").first.is_visible()
