"""La búsqueda funciona abriendo el sitio desde el disco, con tildes y sin ellas."""

import pytest


def results(visit, query: str) -> list[str]:
    """Busca y devuelve las páginas encontradas, en orden."""
    visit.open(f"search.html?q={query}")
    visit.tab.wait_for_function(
        "() => /Se encontr|Ninguna/.test(document.querySelector('#search-results').innerText)"
    )
    visit.tab.wait_for_function("() => document.querySelectorAll('#search-results ul.search li').length > 0")
    visit.tab.wait_for_timeout(300)
    return visit.tab.eval_on_selector_all("#search-results ul.search li a", "all => all.map(a => a.href)")


@pytest.fixture
def visit(visits):
    """La pestaña clara y ancha."""
    return visits["claro", "ancho"]


def page_names(addresses: list[str]) -> set[str]:
    """Deja de cada dirección solo la página."""
    return {address.split("?")[0].split("#")[0] for address in addresses}


def test_accents_do_not_matter(visit):
    """*alineacion* encuentra las mismas páginas que *alineación*."""
    assert page_names(results(visit, "alineacion")) == page_names(results(visit, "alineación")) != set()


def test_search_has_no_errors(visit):
    """Buscar no deja errores ni pide nada a la red."""
    results(visit, "modelo")
    assert (visit.console, visit.outside) == ([], [])
