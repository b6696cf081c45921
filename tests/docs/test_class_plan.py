"""El plan de clases: todas las páginas, con los minutos que dicen, y ninguna clase de más de una hora."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"(?m)^   \* - (\d+)\n     - (.+)\n     - (\d+)$")
PLAN = [
    (re.findall(r"<(sec-[\w-]+)>", topic), int(minutes))
    for _, topic, minutes in ROW.findall((DOCS / "index.rst").read_text("utf-8"))
]
HOUR = 60


def pages() -> dict[str, int]:
    """Los minutos que dice cada página de las partes, por su etiqueta."""
    found = dict[str, int]()
    for path in sorted([*DOCS.glob("[!_r]*/*.md"), *DOCS.glob("[!_r]*/*.rst")]):
        text = path.read_text("utf-8")
        label = re.search(r"(?m)^(?:\.\. _|\()(sec-[\w-]+)", text)
        said = re.search(r"(\d+) minutos", text)
        assert label, path
        assert said, path
        found[label[1]] = int(said[1])
    return found


def test_every_page_is_in_one_class():
    assert sorted(label for labels, _ in PLAN for label in labels) == sorted(pages())


def test_a_class_lasts_what_its_pages_say():
    said = pages()
    assert [minutes for _, minutes in PLAN] == [sum(said[label] for label in labels) for labels, _ in PLAN]


def test_no_class_leaves_less_than_half_an_hour_for_the_exercises():
    assert max(minutes for _, minutes in PLAN) <= HOUR
