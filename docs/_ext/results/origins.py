"""Extensión de Sphinx: cada página ejecutada dice de dónde salen sus números y cuánta memoria ocupó.

Al final de la página, un pliegue distingue lo calculado aquí, lo registrado y lo citado. El papel
`run-memory` da la memoria en la unidad que se le pide.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from building import resources
from results.execution import RUN, PageRun
from results.tables import fold, paragraph
from siguiente.course.report.numbers import THIN_SPACE, number
from spanish.build_date import in_spanish

AFTER_NOTES = 800  # las notas que van en el texto de la página
TITLE = "De dónde salen los números"
UNITS = {"GB": (1e9, 1), "MB": (1e6, 0)}
ARTEFACT = "artefact:"


class RunMemory(SphinxRole):
    """Da la memoria que ocupó la página al ejecutarse, en GB o en MB."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Escribe la cifra."""
        if self.text not in UNITS:
            message = f"«run-memory» da la memoria en {' o en '.join(UNITS)}, no en «{self.text}»."
            return [], [self.inliner.reporter.error(message, line=self.lineno)]
        run = self.env.metadata[self.env.docname].get(RUN)
        return [nodes.Text(memory(run, self.text))], []


def artefacts(app: Sphinx, docname: str) -> list[str]:
    """Nombres de los artefactos que una página declara en `resources`, en su cabecera."""
    declared = json.loads(app.env.metadata[docname].get("resources") or "[]")
    return [name.removeprefix(ARTEFACT) for name in declared if name.startswith(ARTEFACT)]


def records(app: Sphinx, docname: str) -> dict[str, dict[str, Any]]:
    """Procedencia de los registros que usa una página, por nombre; los que ya no valen no se usan."""
    found: dict[str, dict[str, Any]] = {}
    for name in artefacts(app, docname):
        with suppress(ValueError):  # de uno que no se conoce ya avisa quien ejecuta la página
            found |= {name: facts} if (facts := resources.recorded(f"{ARTEFACT}{name}")) else {}
    return found


def complete(app: Sphinx, doctree: nodes.document) -> None:
    """Pone el pliegue al final de una página ejecutada."""
    docname = app.env.docname
    run = app.env.metadata[docname].get(RUN)
    section = next(doctree.findall(nodes.section), None)
    if run is not None and section is not None:
        used = records(app, docname)
        built = [name for name in artefacts(app, docname) if name not in used]
        section += fold(TITLE, *told(run, used, built), classes=["origins"])


def memory(run: PageRun | None, unit: str) -> str:
    """Escribe la memoria que ocupó una página.

    >>> memory(None, "GB")
    'sin dato'
    """
    if run is None:
        return "sin dato"
    size, digits = UNITS[unit]
    least = 10**-digits  # nada ocupa 0,0 GB
    return f"{number(max(least, run.memory / size), digits)}{THIN_SPACE}{unit}"


def told(run: PageRun, used: dict[str, dict[str, Any]], built: list[str]) -> Iterator[nodes.Node]:
    """Escribe los tres orígenes; lo que costó la página está en el estado de la ejecución."""
    yield lead(
        "Calculado aquí.", f"Las celdas se ejecutaron el {day(run.day)}, en este equipo: {run.processor}."
    )
    if built:
        yield paragraph(f"También se hizo en este equipo, antes que la página: {', '.join(built)}.")
    if used:
        yield lead("Registrado.", "Lo hizo este proyecto en otro momento, y se guarda con su procedencia:")
        yield nodes.bullet_list("", *(recorded(name, facts) for name, facts in used.items()))
    else:
        yield lead("Registrado.", "Nada.")
    yield lead("Citado.", "Los números de otros llevan al lado la cita de quien los midió.")


def lead(strong: str, rest: str) -> nodes.paragraph:
    """Un párrafo que empieza en negrita."""
    return paragraph(nodes.strong("", strong), f" {rest}")


def recorded(name: str, facts: dict[str, Any]) -> nodes.list_item:
    """Dice cuándo, dónde y en cuánto tiempo se hizo un registro, y cómo repetirlo."""
    cost = f"con {duration(facts['seconds'])} de procesador"
    made = f": el {day(facts['date'])}, en {facts['processor']}, {cost}. Se repite con "
    order = nodes.literal("", facts["command"])
    return nodes.list_item("", paragraph(nodes.literal("", name), made, order, "."))


def day(iso: str) -> str:
    """Escribe una fecha, con hora o sin ella.

    >>> day("2026-11-22"), day("2026-11-22T10:00:00+00:00")
    ('22 de noviembre de 2026', '22 de noviembre de 2026')
    """
    return in_spanish(date.fromisoformat(iso[:10]))


def duration(seconds: float) -> str:
    """Escribe un tiempo en segundos, o en minutos si pasa de uno.

    >>> [duration(seconds).replace(THIN_SPACE, " ") for seconds in (2.04, 59.97, 390)]
    ['2,0 s', '1 min', '6,5 min']
    """
    if seconds < 59.95:
        return f"{number(seconds, 1)}{THIN_SPACE}s"
    minutes = number(seconds / 60, 1).removesuffix(",0")
    return f"{minutes}{THIN_SPACE}min"


def setup(app: Sphinx) -> dict[str, Any]:
    """Instala el pliegue y el papel."""
    app.setup_extension("sphinx_design")
    app.add_role("run-memory", RunMemory())
    app.connect("doctree-read", complete, priority=AFTER_NOTES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
