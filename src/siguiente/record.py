"""Anotar lo que se entrena: hacerlo otra vez desde el principio, o comprobar lo anotado.

::

    python -m siguiente.record story-gpt     # lo entrena y sustituye lo anotado
    python -m siguiente.record               # todo
    python -m siguiente.record --check       # repite los primeros pasos y compara
    python -m siguiente.record --rekey       # tras reordenar el código: si sale lo mismo, lo anotado vale

Lo anotado está en `siguiente/records`, una carpeta por receta: los pesos, con 16 bits; el registro de cada
paso; y `record.json`, que dice cuándo, en qué procesador, con qué versiones y semillas, en cuántos segundos
de procesador y con qué orden se hizo. Se sustituye cuando lo nuevo está entero: quien interrumpa la orden
conserva lo anterior.
"""

import argparse
import hashlib
import json
import platform
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from nbdeps.machine import processor
from siguiente.artefacts import RECIPES, cores, find, inputs, record_digest, recorded, say
from siguiente.runtime.jobs import Job, JobError, run_jobs, why
from siguiente.runtime.recipe import RECORDS, one_thread, provenance, record_folder, versions
from siguiente.runtime.store import write_atomically
from siguiente.runtime.trained import FIRST, Part, Trained, read_rows, read_weights

TOGETHER = 8  # partes que entrena un proceso: las semillas de un mismo ajuste
SAID = 3  # diferencias que se cuentan de cada parte: bastan para ver cuál es


class Margin(NamedTuple):
    """Lo que se repite de una receta, y lo que puede alejarse de lo anotado en otro procesador."""

    reports: int = FIRST
    """Informes que se repiten."""
    tolerance: float = 1e-4
    """De cada número. Las sumas redondean a su manera (6e-8), y tres pasos lo amplían hasta 1e-6."""
    diverged: float = 0.0
    """Proporción de números y textos que pueden ser otros, si la elección de un token cayó en el borde."""


# Medias de 64 respuestas o menos, de las que puede desviarse una; tras dos pasos, cualquiera.
MEANS = Margin(reports=2, tolerance=0.1)
ROUNDED = Margin(reports=1, tolerance=2e-3)  # se anotan tres decimales, y cambia el último
# Cada informe es una medida entera, con lo que la política escribe.
MEASURED = Margin(reports=1, diverged=1 / 8)
# O son medias de 264 cuentos. En otro procesador, alguna elección de un token cae en el borde y su cuento es
# otro: uno solo las mueve todas, y un uno por ciento son dos.
AVERAGED = Margin(reports=1, tolerance=0.01)
SHARES = AVERAGED._replace(diverged=1 / 8)  # proporciones de un centenar: alguna puede moverse algo más
MARGINS = {
    "story-start": AVERAGED,
    "story-pairs": Margin(reports=32, diverged=1 / 8),
    "story-runs": AVERAGED,
    "story-blank": AVERAGED,
    "story-rates": Margin(reports=0),  # cada informe es un entrenamiento entero
    "story-preferred-rates": Margin(reports=0),
    "story-refusal-rates": Margin(reports=0),
    "story-penalty": AVERAGED,
    "story-pool": MEASURED,
    "story-remedies": Margin(reports=1, tolerance=0.1),
    "story-pursuits": AVERAGED,
    "story-watchers": Margin(reports=0),  # aprende de parejas que escribe: con una distinta, todo es otro
    "story-sft": SHARES,
    "story-sft-path": SHARES,
    "story-dpo": AVERAGED,
    "story-unjudged": AVERAGED,
    "story-choices": MEASURED,
    "assistant-replies": Margin(diverged=1 / 8),
    "chat-refusals": Margin(reports=2, diverged=1 / 8),
    "advert-answers": Margin(reports=1, tolerance=0.01, diverged=1 / 2),  # dos respuestas
    "tool-chains": Margin(reports=1, tolerance=0.01, diverged=1 / 4),  # ocho textos
    "chat-answers": Margin(diverged=1 / 3),  # tres respuestas
    "read-answers": Margin(reports=3, diverged=1 / 3),  # tres respuestas
    "multilingual-scores": Margin(reports=0),  # se hace con una biblioteca que el entorno no trae
    "few-shot-draws": ROUNDED,
    "tweet-forms": ROUNDED,
    "injection-scores": ROUNDED,
    "chat-scores": ROUNDED,
    "reranked": ROUNDED,
    "few-shot-variants": ROUNDED,
    "problem-scores": ROUNDED,
    "gemma-stories": Margin(reports=1, tolerance=0.01),  # cientos de nats, con tres decimales
}


def trainings() -> list[str]:
    """Los nombres de lo que se anota: las recetas que entrenan.

    >>> "stories" in trainings()
    False
    """
    return [name for name in RECIPES if isinstance(find(name), Trained)]


def training(name: str) -> Trained:
    """Una receta que entrena; si no hay ninguna con ese nombre, es un `ValueError`."""
    if name in RECIPES and isinstance(found := find(name), Trained):
        return found
    raise ValueError(f"No se anota {name!r}. Se anotan estos: {', '.join(trainings())}.")


def parents(name: str) -> list[str]:
    """Las recetas que entrenan y de que parte otra."""
    return [other for other in inputs(name) if isinstance(find(other), Trained)]


def record(names: Sequence[str], workers: int) -> None:
    """Entrena desde el principio y anota unas recetas, con las que necesiten y no estén anotadas.

    En `workers` procesos a la vez, de un hilo cada uno: en cada proceso, `TOGETHER` partes seguidas, que así
    preparan una vez lo que comparten. La que falla conserva lo que tenía anotado.
    """
    needed = {*names, *(other for name in names for other in parents(name) if not recorded(other))}
    with tempfile.TemporaryDirectory(prefix=".recording-", dir=RECORDS) as folder:
        made, jobs = Path(folder), dict[str, Job]()
        groups = {name: grouped(training(name).parts) for name in RECIPES if name in needed}
        left = {name: {f"{name}/{group}" for group in groups[name]} for name in groups}
        for name in groups:
            before = frozenset(job for other in parents(name) for job in left.get(other, ()))
            for group, parts in groups[name].items():
                jobs[f"{name}/{group}"] = Job(train, (name, parts, made), before)

        def done(job: str) -> None:
            name = job.partition("/")[0]
            left[name].remove(job)
            if not left[name]:
                settle(name, made)
                say(f"{name}: anotado.")

        run_jobs(jobs, workers, done)


def grouped(parts: Sequence[Part]) -> dict[str, Sequence[Part]]:
    """Las partes de una receta, en grupos; el nombre de cada grupo dice desde cuál y hasta cuál.

    >>> list(grouped([Part("dpo", seed) for seed in range(TOGETHER + 1)]))
    ['dpo-0…dpo-7', 'dpo-8']
    """
    groups = [parts[start : start + TOGETHER] for start in range(0, len(parts), TOGETHER)]
    return {"…".join(dict.fromkeys((group[0].stem, group[-1].stem))): group for group in groups}


def train(name: str, parts: Sequence[Part], made: Path) -> None:
    """Entrena unas partes y escribe en la carpeta de su receta lo que salió; al lado, lo que costaron."""
    found, folder = training(name), made / name
    folder.mkdir(exist_ok=True)
    for part in parts:
        start = time.process_time()
        with one_thread():
            run = found.train(part, folder)
            seconds = time.process_time() - start
            measured = [float(number) for number in run.measure(read_rows(folder, part.stem))]
        facts = {"seconds": round(seconds, 1), "measured": measured}
        (made / f"{name}.{part.stem}.facts").write_text(json.dumps(facts), "utf8")


def settle(name: str, made: Path) -> None:
    """Escribe la procedencia de lo que acaba de entrenarse y lo pone en su sitio."""
    import torch

    found, folder = training(name), made / name
    stems = [part.stem for part in found.parts]
    facts = {stem: json.loads((made / f"{name}.{stem}.facts").read_text("utf8")) for stem in stems}
    content = {
        "name": name,
        "key": found.key,
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "arithmetic": torch.backends.cpu.get_cpu_capability(),  # con qué instrucciones se sumó
        "threads": 1,
        "versions": {"python": platform.python_version()} | versions(),
        "seeds": list(found.seeds),
        "seconds": round(sum(fact["seconds"] for fact in facts.values()), 1),
        "command": f"python -m siguiente.record {name}",
        "inputs": {other: record_digest(other) for other in inputs(name) if provenance(other)},
        "parts": facts,
        "files": {file.name: described(file) for file in sorted(folder.iterdir())},
    }
    write_provenance(folder, content)
    replace(folder, RECORDS / name)


def write_provenance(folder: Path, facts: Mapping[str, Any]) -> None:
    """Escribe en su carpeta de dónde sale lo anotado."""
    write_atomically(folder / "record.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")


def described(file: Path) -> dict[str, Any]:
    """El tamaño y el resumen de un archivo."""
    return {"bytes": file.stat().st_size, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def replace(new: Path, place: Path) -> None:
    """Pone una carpeta en el sitio de otra; si algo lo impide, la de antes vuelve."""
    old = new.with_name(f"{new.name}.old")
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except BaseException:
        if old.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def check(name: str, rekey: bool = False) -> list[str]:
    """Repite los primeros pasos de lo anotado, vuelve a medir sus pesos y dice qué no coincide.

    Los pasos, de la primera parte: a las demás las entrena el mismo código. Las medidas, de todas, con la
    primera semilla. Con `rekey` no importa que el código sea otro: si sale lo mismo, a lo anotado se le da su
    clave, y su procedencia queda como estaba, porque quien reordena el código no ha entrenado nada.
    """
    key, keys = training(name).key, {other: find(other).key for other in parents(name)}
    try:
        facts = provenance(name)
        keys[name] = facts["key"] if rekey and facts else key
        stale = [other for other, expected in keys.items() if record_folder(other, expected) is None]
    except ValueError as error:  # alguna no está entera
        return [str(error)]
    if stale or facts is None:
        return [f"lo anotado de {other} no vale: rehágalo" for other in stale]
    if rekey and facts["key"] == key:
        return []
    problems = compared(name, facts)
    if rekey and not problems:
        write_provenance(RECORDS / name, facts | {"key": key})
    return problems


def compared(name: str, facts: Mapping[str, Any]) -> list[str]:
    """Lo que no coincide con lo anotado al repetirlo."""
    found, margin = training(name), MARGINS.get(name, Margin())
    problems = [
        f"se hizo a partir de otro {other}: rehágalo"
        for other, digest in facts["inputs"].items()
        if digest != record_digest(other)
    ]
    for part in found.parts:
        if part.stem not in facts["parts"]:
            return [f"no está anotado {part.stem}: rehágalo"]
        if part.seed not in (None, *found.seeds[:1]):
            continue
        with one_thread():
            far = repeated(found, part, margin, facts["parts"][part.stem]["measured"])
            problems += [f"{part.stem}, {text}" for text in far]
        margin = margin._replace(reports=0)
    return problems


def repeated(found: Trained, part: Part, margin: Margin, measured: Sequence[float]) -> Iterator[str]:
    """Lo que no coincide al repetir los primeros pasos y al medir los pesos anotados."""
    folder = RECORDS / found.name
    run, rows = found.run(part), read_rows(folder, part.stem)
    again = json.loads(json.dumps(list(islice(run.reports, margin.reports))))
    far = differences(again, rows[: margin.reports], margin.tolerance)
    if len(far) > margin.diverged * len(leaves(again)):
        yield from far[:SAID]
    if run.model is not None:
        read_weights(folder, part.stem, run.model)
    now = [float(number) for number in run.measure(rows)]
    for text in differences([now], [measured], Margin().tolerance)[:SAID]:
        yield f"al medir lo anotado: {text}"


def differences(found: Sequence[Any], expected: Sequence[Any], tolerance: float) -> list[str]:
    """Los números y los textos que distinguen unos informes de los anotados.

    Un número puede alejarse `tolerance` veces su tamaño o, si es menor que 1, `tolerance`. Donde un informe
    tiene números, son ellos los que miden sus textos, que no se comparan.

    >>> differences([[0, 2.5, "Ana"]], [[0, 2.6, "Luis"]], tolerance=1e-3)
    ['informe 1: sale 2.5 y está anotado 2.6']
    >>> differences(["Ana", "Eva"], ["Ana", "Luis"], tolerance=1e-3)
    ['informe 2: sale «Eva» y está anotado «Luis»']
    """
    if len(found) != len(expected):
        return [f"salen {len(found)} informes y hay anotados {len(expected)}"]
    far = []
    for number, (new, old) in enumerate(zip(map(leaves, found), map(leaves, expected), strict=True), 1):
        if [type(leaf) for leaf in new] != [type(leaf) for leaf in old]:
            far.append(f"informe {number}: no tiene la forma del anotado")
            continue
        pairs = list(zip(new, old, strict=True))
        numbers = [(a, b) for a, b in pairs if not isinstance(b, str)]
        for a, b in numbers or pairs:
            if isinstance(b, str):
                wrong, shown = a != b, f"sale «{a:.60}» y está anotado «{b:.60}»"
            else:
                wrong = not abs(a - b) <= tolerance * max(1, abs(b))
                shown = f"sale {a:g} y está anotado {b:g}"
            if wrong:
                far.append(f"informe {number}: {shown}")
    return far


def leaves(report: Any) -> list[Any]:
    """Los números y los textos de un informe, en orden.

    >>> leaves([1, {"suyo": [2.5, "Ana"]}])
    [1, 2.5, 'Ana']
    """
    if isinstance(report, dict):
        report = list(report.values())
    return [leaf for part in report for leaf in leaves(part)] if isinstance(report, list) else [report]


def main(given: Sequence[str] | None = None) -> None:
    """Hace lo que dice la orden; si no puede, o si algo no coincide, termina y dice por qué."""
    parser = argparse.ArgumentParser("python -m siguiente.record", description="Anota lo que se entrena.")
    add = parser.add_argument
    add("names", nargs="*", metavar="NOMBRE", help="qué; si no se dice, todo")
    add("--check", action="store_true", help="repite los primeros pasos y compara")
    add("--rekey", action="store_true", help="si al repetirlos sale lo mismo, da por bueno el código")
    add("--jobs", type=int, default=cores(), metavar="N", help="procesos a la vez")
    options = parser.parse_args(given)
    if options.jobs < 1:
        parser.error("--jobs debe ser 1 o más")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # quien la termina la interrumpe
    try:
        names = [training(name).name for name in options.names or trainings()]
        if options.check or options.rekey:
            names.sort(key=lambda name: len(inputs(name)))  # primero, aquello de que otros parten
            from joblib import Parallel, delayed

            # Un proceso que abrió un modelo ocupa más que al empezar, y joblib lo cambia por otro.
            warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
            # Una clave nueva cambia la de quien parte de ella: esas, de una en una.
            together = Parallel(n_jobs=1 if options.rekey else options.jobs)
            problems = together(delayed(told)(name, options.rekey) for name in names)
            sys.exit("\n".join(chain(*problems)) or None)
        record(names, options.jobs)
    except JobError as error:
        sys.exit(f"No se pudo anotar {error.name}. {error.reason}")
    except PermissionError:
        sys.exit(f"No se puede escribir en {RECORDS}: anote desde una copia del curso que sea suya.")
    except (OSError, ValueError) as error:
        sys.exit(why(error))
    except KeyboardInterrupt:
        sys.exit("Interrumpido: lo que no llegó a anotarse queda como estaba.")


def told(name: str, rekey: bool) -> list[str]:
    """Comprueba lo anotado de una receta y lo cuenta."""
    start = time.process_time()
    if not (problems := check(name, rekey)):
        say(f"{name}: coincide con lo anotado ({time.process_time() - start:.0f} s).")
    return [f"{name}: {problem}." for problem in problems]


if __name__ == "__main__":
    main()
