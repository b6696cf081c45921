"""Repite las páginas con otras semillas y con otra aritmética: `python docs/replicas.py --help` dice cómo."""

import argparse
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS / "_ext")]

from compare import said  # noqa: E402

from building.our_course import our_course, prepare_kernels  # noqa: E402
from building.performance import Work, perform  # noqa: E402
from building.processes import ending_together, leave_with, only_one  # noqa: E402
from building.runner import Course, Page, page_work, resource_works  # noqa: E402
from claims.claim_text import claims  # noqa: E402
from claims.replica_digest import computation, statement_of, statements  # noqa: E402
from nbdeps.store import NotebookStore  # noqa: E402
from siguiente.runtime.store import settle_folders, write_atomically  # noqa: E402

COURSE = "curso"
TABLE = DOCS / "reference" / "replicas.json"
# Cómo calcularía otro procesador: los núcleos de torch, de oneDNN y de MKL.
ARITHMETIC = {
    "default": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_CBWR": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_CBWR": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
}


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Lee las opciones de la orden."""
    parser = argparse.ArgumentParser(
        prog="nox -s replicas --", description="Repite las páginas con otro azar."
    )
    parser.add_argument("page", nargs="*", help="las páginas, como prompting/completions; sin ninguna, todas")
    parser.add_argument("--seeds", type=int, default=5, help="cuántas veces con otras semillas")
    parser.add_argument("--arithmetic", type=int, default=2, help="cuántas con otra aritmética, hasta 2")
    parser.add_argument("--jobs", type=int, help="réplicas a la vez; si no se dice, según núcleos y memoria")
    parser.add_argument(
        "--scheduler", default="", help="dirección de un planificador de Dask que las ejecute"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="COPIA",
        help="valen las de celdas que afirman lo que en esta copia",
    )
    parser.add_argument("--out", type=Path, default=DOCS / "_build" / "replicas", help="carpeta de trabajo")
    options = parser.parse_args(given)
    options.page = [page.removeprefix("docs/").removesuffix(".md") for page in options.page]
    return options


def variants(seeds: int, arithmetic: int) -> dict[str, dict[str, str]]:
    """El entorno de cada ejecución, por nombre: la del curso y sus réplicas.

    >>> list(variants(2, 1))
    ['curso', 'semilla 1', 'semilla 2', 'default']
    """
    shifted = {f"semilla {n}": {"SIGUIENTE_SEED_SHIFT": str(n)} for n in range(1, seeds + 1)}
    return {COURSE: {}} | shifted | dict(list(ARITHMETIC.items())[:arithmetic])


def replica_works(course: Course, pages: Iterable[Page], asked: Mapping[str, dict[str, str]]) -> list[Work]:
    """Las ejecuciones que faltan: las hechas con las mismas cuentas valen."""
    works = []
    for page in pages:
        for variant, environment in asked.items():
            store, key = place(course, page, variant)
            if not (store.is_fresh(page.name, key) and (variant == COURSE or tells(store, page, key))):
                works.append(page_work(course, page, environment, store, key, f"{page.name} ({variant})"))
    return works


def place(course: Course, page: Page, variant: str) -> tuple[NotebookStore, str]:
    """Dónde está el cuaderno de una ejecución: el del curso, donde lo deja quien lo construye."""
    if variant == COURSE:
        return our_course(DOCS / "_build").store, page.digest
    return NotebookStore(course.out / variant.replace(" ", "-")), computation(page.notebook.cells)


def tells(store: NotebookStore, page: Page, key: str) -> bool:
    """Dice si un cuaderno afirmó todo lo que la página afirma ahora."""
    notebook = json.loads(store.path(page.name, key).read_text("utf8"))
    said = [(sentence, claim["statement"]) for sentence, claim in by_sentence(notebook).items()]
    asserted = [made for made in statements(page.notebook.cells) if made.asserts]
    return all(any(made.says(s) and made.digest == digest for s, digest in said) for made in asserted)


def row(course: Course, page: Page, asked: Mapping[str, dict[str, str]]) -> dict[str, Any]:
    """Lo que se anota de una página: cada frase, en cuántas réplicas se cumplió y con qué holgura.

    Nada, si de la página no hay ningún cuaderno.
    """
    places = {variant: place(course, page, variant) for variant in asked}
    paths = {variant: store.path(page.name, key) for variant, (store, key) in places.items()}
    notebooks = {v: json.loads(path.read_text("utf8")) for v, path in paths.items() if path.is_file()}
    if not notebooks:
        return {}
    facts = {variant: notebook["metadata"]["nbdeps"] for variant, notebook in notebooks.items()}
    told = {v: by_sentence(notebook) for v, notebook in notebooks.items() if v != COURSE}
    sentences = sorted({sentence for found in told.values() for sentence in found})
    return {
        "cells": computation(page.notebook.cells),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "variants": list(told),
        "failed": {variant: fact["failed"] for variant, fact in facts.items() if fact["failed"]},
        "seconds": round(median(fact["cpu"] for fact in facts.values()), 1),
        "memory": max(fact["memory"] for fact in facts.values()),
        "claims": {sentence: claim_row(sentence, told) for sentence in sentences},
    }


def keep(course: Course, pages: Iterable[Page], copy: Path) -> list[str]:
    """Da por buenas las réplicas de las celdas reescritas que calculan lo mismo; devuelve las que no.

    Lo mismo es que cada frase se afirme con los números con que se afirmó en una copia de
    `docs/_build/execution/pages`, hecha con las celdas de antes.
    """
    table, changed = json.loads(TABLE.read_text("utf8")), []
    for page in pages:
        store, key = place(course, page, COURSE)
        found = [*NotebookStore(copy).notebooks(page.name)[:1], store.path(page.name, key)]
        told = [said(json.loads(path.read_text("utf8"))) for path in found if path.is_file()]
        if len(told) < 2 or told[0] != told[1] or page.name not in table["pages"]:
            changed.append(page.name)
            continue
        kept, made = table["pages"][page.name], statements(page.notebook.cells)
        kept["cells"] = computation(page.notebook.cells)
        for sentence, claim in kept["claims"].items():
            if statement := statement_of(sentence, made):
                claim["statement"] = statement.digest
    write_table(table)
    return changed


def write_table(table: dict[str, Any]) -> None:
    """Escribe la tabla, entera o nada."""
    write_atomically(TABLE, json.dumps(table, ensure_ascii=False, indent=1) + "\n")


def by_sentence(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Lo que un cuaderno afirmó, por su frase y con lo que compara; de lo repetido, lo menos cumplido."""
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    written, made = statements(cells), dict[str, dict[str, Any]]()
    for claim in claims(notebook):
        sentence = claim["sentence"]
        if sentence not in made or tightness(claim) < tightness(made[sentence]):
            statement = statement_of(sentence, written)
            made[sentence] = claim | {"statement": statement.digest if statement else ""}
    return made


def tightness(claim: dict[str, Any]) -> tuple[bool, float]:
    """Cuánto se cumplió: primero si se cumplió, después la holgura."""
    return claim["met"], float("inf") if claim["slack"] is None else claim["slack"]


def claim_row(sentence: str, told: Mapping[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Lo que pasó con una frase en las réplicas."""
    found = {variant: claims[sentence] for variant, claims in told.items() if sentence in claims}
    worst = min(found, key=lambda variant: tightness(found[variant]))
    slack = found[worst]["slack"]
    return {
        "kind": found[worst]["kind"],
        "statement": found[worst]["statement"],
        "replicas": len(found),
        "met": sum(claim["met"] for claim in found.values()),
        "slack": None if slack is None else float(f"{slack:.3g}"),
        "worst": worst,
    }


def main() -> int:
    """Hace las réplicas que faltan y renueva la tabla; si se interrumpe, sigue donde quedó."""
    options = arguments()
    settle_folders()
    course, asked = our_course(options.out.resolve()), variants(options.seeds, options.arithmetic)
    course.out.mkdir(parents=True, exist_ok=True)
    prepare_kernels(course.work)
    known = course.pages()
    if unknown := set(options.page) - set(known):
        sys.exit(f"No hay páginas con celdas que se llamen así: {', '.join(sorted(unknown))}.")
    pages = [known[name] for name in options.page or known]
    if options.keep:
        changed = keep(course, pages, options.keep)
        sys.stderr.writelines(
            f"{name}: no afirma lo mismo, o falta ejecutarla: repítala.\n" for name in changed
        )
        return 1 if changed else 0
    with ending_together(), only_one(course.out / "replicas.lock"):
        works = replica_works(course, pages, asked)
        failures = perform(
            [*resource_works(course, pages if works else []), *works], options.jobs, options.scheduler
        )
    save(course, pages, asked)
    for failure in failures:
        sys.stderr.write(f"{failure.name}: {failure.reason}\n")
    return 1 if failures else 0


def save(course: Course, pages: Iterable[Page], asked: Mapping[str, dict[str, str]]) -> None:
    """Renueva las filas de unas páginas y deja las demás."""
    table = json.loads(TABLE.read_text("utf8")) if TABLE.is_file() else {"pages": {}}
    rows = {page.name: row(course, page, asked) for page in pages}
    table["pages"] |= {name: made for name, made in rows.items() if made}
    table["pages"] = dict(sorted(table["pages"].items()))
    write_table(table)


if __name__ == "__main__":
    leave_with(main)
