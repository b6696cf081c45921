"""La bibliografía y las páginas coinciden: ninguna obra sobra, falta ni se repite."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from building.files import files
from linting.pages import published

ROOT = Path(__file__).parents[2]
BIBLIOGRAPHY = ROOT / "docs" / "references.bib"
ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)
# :cite:p:`a, b` en reStructuredText y en la documentación del código; {cite:p}`a` en MyST.
CITATION = re.compile(r"(?::cite(?::\w+)?:|\{cite(?::\w+)?\})`([^`]+)`")


def entries(bibliography: str) -> list[str]:
    """Claves de las obras, en su orden."""
    return ENTRY.findall(bibliography)


def cited(texts: Iterable[str]) -> set[str]:
    """Claves que citan unos textos."""
    groups = (group for text in texts for group in CITATION.findall(text))
    return {key.strip() for group in groups for key in group.split(",")}


def problems(bibliography: str, texts: Iterable[str]) -> dict[str, list[str]]:
    """Claves repetidas, sin usar y sin definir."""
    keys = entries(bibliography)
    used = cited(texts)
    return {
        "repetidas": sorted({key for key in keys if keys.count(key) > 1}),
        "sin usar": sorted(set(keys) - used),
        "sin definir": sorted(used - set(keys)),
    }


def sources() -> list[str]:
    """Textos que pueden citar: las páginas y la documentación del paquete."""
    paths = [*published(ROOT / "docs"), *files(ROOT / "src", ".py")]
    return [path.read_text(encoding="utf-8") for path in paths]


def test_every_entry_is_cited_once_and_every_citation_exists():
    found = problems(BIBLIOGRAPHY.read_text(encoding="utf-8"), sources())
    assert found == {"repetidas": [], "sin usar": [], "sin definir": []}


def test_the_citations_of_the_course_are_seen():
    assert {"vaswani2017", "touvron2023llama"} <= cited(sources())


@pytest.mark.parametrize(
    ("bibliography", "text", "problem", "key"),
    [
        ("@misc{a,\n}\n@book{a,\n}", "{cite}`a`", "repetidas", "a"),
        ("@misc{a,\n}\n@book{b,\n}", "{cite:p}`a`", "sin usar", "b"),
        ("@misc{a,\n}", ":cite:t:`a, z`", "sin definir", "z"),
    ],
)
def test_each_kind_of_problem_is_found(bibliography: str, text: str, problem: str, key: str):
    found = problems(bibliography, [text])
    assert found.pop(problem) == [key]
    assert not any(found.values())
