"""Datos propios: peticiones con su respuesta, o con dos, en JSON por líneas."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

from siguiente.alignment.sequences import Preference, PromptCompletion
from siguiente.course.cli.text_file import read_utf8

SAVE = "Guárdelo de nuevo con la codificación UTF-8."


def load_prompt_completion(path: Path) -> list[PromptCompletion]:
    """Lee peticiones con su respuesta, una por línea, como ``{"prompt": "…", "completion": "…"}``.
    Un error dice en qué línea falta un texto, está vacío o no es JSON.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mis_datos.jsonl"
    ...     _ = path.write_text('{"prompt": "Salude.", "completion": "¡Hola!"}', encoding="utf-8")
    ...     load_prompt_completion(path)
    [PromptCompletion(prompt='Salude.', completion='¡Hola!')]
    """
    return [PromptCompletion(*texts) for _, texts in read_records(path, PromptCompletion._fields)]


def load_preferences(path: Path) -> list[Preference]:
    """Lee preferencias, una por línea, como ``{"prompt": "…", "chosen": "…", "rejected": "…"}``.
    Si la misma pareja está en los dos órdenes, avisa: una preferencia anula la otra.
    """
    lines: dict[Preference, int] = {}
    found = []
    for line, texts in read_records(path, Preference._fields):
        preference = Preference(*texts)
        if preference.chosen == preference.rejected:
            raise ValueError(f"{path.name}, línea {line}: las dos respuestas son iguales.")
        opposite = lines.get(Preference(preference.prompt, preference.rejected, preference.chosen))
        if opposite:
            warnings.warn(
                f"{path.name}: las líneas {opposite} y {line} se contradicen: prefieren lo contrario de la "
                "misma pareja; se quedan las dos y se anulan.",
                stacklevel=2,
            )
        lines[preference] = line
        found.append(preference)
    return found


def read_records(path: Path, fields: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Los textos de cada línea, con su número; las que están en blanco se saltan."""
    lines = enumerate(read_utf8(path, SAVE).split("\n"), 1)
    found = [(number, line) for number, line in lines if line.strip()]
    if not found:
        raise ValueError(f"{path.name} no tiene ninguna línea con datos.")
    return ((number, texts_of(line, fields, f"{path.name}, línea {number}")) for number, line in found)


def texts_of(line: str, fields: tuple[str, ...], where: str) -> list[str]:
    """Los textos de una línea, en el orden de `fields`."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where}: no es JSON ({error}). Cada línea es un objeto entero.") from error
    for name in fields:
        text = record.get(name) if isinstance(record, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{where}: {name!r} falta o está vacío; hace falta un texto en {fields}.")
    return [record[name] for name in fields]
