"""Extensión de Sphinx: cada página ejecutada dice de dónde salen sus números y cuánta memoria ocupó.

Al final de la página, un pliegue distingue lo calculado aquí, lo registrado y lo citado. El papel
`run-memory` da la memoria en la unidad que se le pide.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from results.executed import PageRun, page_runs
from results.tables import fold
from siguiente.course.report.numbers import THIN_SPACE, number
from spanish.build_date import in_spanish

# Detrás de `executed`, que recoge lo que salió de la página, y de las notas que van en su texto.
AFTER_EXECUTED = 800
TITLE = "De dónde salen los números"
UNITS = {"GB": (1e9, 1), "MB": (1e6, 0)}
ARTEFACT = "artefact:"


class run_memory(nodes.Inline, nodes.TextElement):  # noqa: N801
    """Lugar de la memoria, que se conoce cuando la página se ha leído entera."""


class RunMemory(SphinxRole):
    """Da la memoria que ocupó la página al ejecutarse, en GB o en MB."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Deja el lugar de la cifra."""
        if self.text not in UNITS:
            message = f"«run-memory» da la memoria en {' o en '.join(UNITS)}, no en «{self.text}»."
            return [], [self.inliner.reporter.error(message, line=self.lineno)]
        return [run_memory("", unit=self.text)], []


def resources(app: Sphinx, docname: str) -> list[str]:
    """Lo que una página declara en `resources`, en su cabecera."""
    declared = app.env.metadata.get(docname, {}).get("resources") or []
    return json.loads(declared) if isinstance(declared, str) else list(declared)


def artefacts(app: Sphinx, docname: str) -> list[str]:
    """Nombres de los artefactos que usa una página."""
    found = (name for name in resources(app, docname) if name.startswith(ARTEFACT))
    return [name.removeprefix(ARTEFACT) for name in found]


def records(app: Sphinx, docname: str) -> dict[str, dict[str, Any]]:
    """Procedencia de los registros que usa una página, por nombre; los que ya no valen no se usan."""
    module, _, function = app.config.origins_records.partition(":")
    recorded = getattr(import_module(module), function)
    found: dict[str, dict[str, Any]] = {}
    for name in artefacts(app, docname):
        with suppress(ValueError):  # de uno que no se conoce ya avisa quien ejecuta la página
            found |= {name: facts} if (facts := recorded(f"{ARTEFACT}{name}")) else {}
    return found


def complete(app: Sphinx, doctree: nodes.document) -> None:
    """Al leer una página, escribe la memoria en sus lugares y el pliegue al final."""
    docname = app.env.docname
    run = page_runs(app.env).get(docname)
    for place in list(doctree.findall(run_memory)):
        place.replace_self(nodes.Text(memory(run, place["unit"])))
    section = next(iter(doctree.findall(nodes.section)), None)
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
    """Escribe los tres orígenes."""
    yield lead("Calculado aquí.", computed(run))
    if built:
        yield nodes.paragraph("", f"También se hizo en este equipo, antes que la página: {', '.join(built)}.")
    if used:
        yield lead("Registrado.", "Lo hizo este proyecto en otro momento, y se guarda con su procedencia:")
        yield nodes.bullet_list("", *(recorded(name, facts) for name, facts in used.items()))
    else:
        yield lead("Registrado.", "Nada.")
    yield lead("Citado.", "Los números de otros llevan al lado la cita de quien los midió.")


def lead(strong: str, rest: str) -> nodes.paragraph:
    """Un párrafo que empieza en negrita."""
    return nodes.paragraph("", "", nodes.strong("", strong), nodes.Text(f" {rest}"))


def computed(run: PageRun) -> str:
    """Dice cuándo y dónde se ejecutaron las celdas; lo que costaron está en el estado de la ejecución."""
    return f"Las celdas se ejecutaron el {day(run.day)}, en este equipo: {run.processor}."


def recorded(name: str, facts: dict[str, Any]) -> nodes.list_item:
    """Dice cuándo, dónde y en cuánto tiempo se hizo un registro, y cómo repetirlo."""
    order = facts.get("command") or f"python -m nox -s record -- {name}"
    cost = f"con {duration(facts['seconds'])} de procesador"
    made = f": el {day(facts['date'])}, en {facts['processor']}, {cost}. Se repite con "
    content = [nodes.literal("", name), nodes.Text(made), nodes.literal("", order), nodes.Text(".")]
    return nodes.list_item("", nodes.paragraph("", "", *content))


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
    app.add_config_value("origins_records", "building.resources:recorded", "env", str)
    app.add_node(run_memory)
    app.add_role("run-memory", RunMemory())
    app.connect("doctree-read", complete, priority=AFTER_EXECUTED)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
