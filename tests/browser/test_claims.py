"""El filtro de las afirmaciones: va con el teclado, dice cuántas quedan y, vacío, deja todo como estaba."""

import pytest

ROWS = "details.claims-of-page tbody tr"


@pytest.fixture
def tab(visits):
    """La página de afirmaciones, en la pestaña clara y ancha."""
    visit = visits["claro", "ancho"]
    visit.open("reference/claims.html")
    return visit.tab


def counted(tab) -> str:
    """Lo que se anuncia cuando el filtro ha hecho su trabajo."""
    tab.wait_for_function("() => document.querySelector('.claims-count').textContent")
    return tab.locator(".claims-count").inner_text()


def test_words_leave_the_rows_that_have_them_without_accents_or_capitals(tab):
    """Quedan, a la vista, las filas con esas palabras, y se anuncia cuántas son."""
    total = tab.locator(ROWS).count()
    tab.get_by_label("Palabras").focus()
    tab.keyboard.type("MAS")
    told = counted(tab)
    shown = tab.locator(f"{ROWS}:visible").count()
    assert told == f"{shown} de {total} afirmaciones."
    assert 0 < shown < total
    tab.keyboard.press("Control+A")
    tab.keyboard.press("Delete")
    tab.wait_for_function("() => !document.querySelector('.claims-count').textContent")
    assert tab.locator(f"{ROWS}:visible").count() == 0
    assert tab.locator("details.claims-of-page:visible").count() > 1


def test_a_kind_leaves_only_its_rows(tab):
    """De una clase quedan todas las suyas, y ninguna otra."""
    tab.get_by_label("Clase").select_option("identity")
    counted(tab)
    assert tab.locator(f"{ROWS}:visible").count() == tab.locator("tr.claim-identity").count() > 0


def test_only_the_unmet_ones(tab):
    """Quedan las no cumplidas, aunque no haya ninguna."""
    tab.get_by_label("Solo las no cumplidas").check()
    counted(tab)
    assert tab.locator(f"{ROWS}:visible").count() == tab.locator("tr.claim-unmet").count()
