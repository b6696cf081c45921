"""Datos propios: peticiones con su respuesta, o con dos, en JSON por líneas.

También se leen como los escriben otras herramientas: los mensajes de una conversación (TRL, OpenAI) y las
instrucciones de Alpaca.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from siguiente.alignment.sequences import Preference, PromptCompletion
from siguiente.course.cli.text_file import composed, read_utf8

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
    """Los textos de cada línea, con su número, en el orden de `fields`."""
    return ((line, texts_of(record, fields, where)) for line, record, where in read_objects(path))


def read_objects(path: Path) -> list[tuple[int, dict[str, Any], str]]:
    """Los objetos de un archivo de JSON por líneas: el número de su línea, el objeto y dónde está.
    Las líneas solo las separa ``\\n``, porque un texto puede llevar dentro otros saltos; las que están en
    blanco se saltan.
    """
    lines = enumerate(read_utf8(path, SAVE).split("\n"), 1)
    found = [(number, line, f"{path.name}, línea {number}") for number, line in lines if line.strip()]
    if not found:
        raise ValueError(f"{path.name} no tiene ninguna línea con datos.")
    return [(number, parsed(line, where), where) for number, line, where in found]


def parsed(line: str, where: str) -> dict[str, Any]:
    """El objeto que hay en una línea."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{where}: no es un objeto de JSON entero, como {{"prompt": …}}.') from error
    if not isinstance(record, dict):
        raise ValueError(
            f'{where}: cada línea ha de ser un objeto, como {{"prompt": …}}, y no una lista ni un texto.'
        )
    return record


def texts_of(record: Mapping[str, Any], fields: tuple[str, ...], where: str) -> list[str]:
    """Los textos de un objeto, en el orden de `fields`."""
    flat = flattened(record, where)
    for name in fields:
        text = flat.get(name)
        if not isinstance(text, str) or not text.strip():
            had = ", ".join(map(repr, record)) or "nada"
            raise ValueError(
                f"{where}: {name!r} falta, está vacío o no es un texto; hacen falta {fields} y hay {had}."
            )
        check_whole(text, where)
    return [composed(flat[name]) for name in fields]


def check_whole(text: str, where: str) -> None:
    """Comprueba que un texto se puede escribir: JSON admite medio carácter (``\\ud83d``), y UTF-8 no."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{where}: tiene medio carácter, {text[error.start]!r}: quítelo.") from error


def flattened(record: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Un objeto con los nombres del curso: lo que otras herramientas escriben como mensajes, como texto.

    >>> flattened({"instruction": "Sume.", "input": "2 y 2", "output": "4"}, "línea 1")
    {'prompt': 'Sume.\\n2 y 2', 'completion': '4'}
    >>> talk = [{"role": "user", "content": "¡Hola!"}, {"role": "assistant", "content": "Buenas."}]
    >>> flattened({"messages": talk}, "línea 1")
    {'prompt': '¡Hola!', 'completion': 'Buenas.'}
    """
    if "messages" in record:
        asked, answered = turns(record["messages"], ("user", "assistant"), where)
        return {"prompt": asked, "completion": answered}
    if "instruction" in record:
        parts = [record["instruction"], record.get("input") or ""]
        if not all(isinstance(part, str) for part in parts):
            raise ValueError(f"{where}: 'instruction' e 'input' han de ser textos.")
        return {"prompt": "\n".join(filter(None, parts)), "completion": record.get("output")}
    speakers = {"prompt": "user", "completion": "assistant", "chosen": "assistant", "rejected": "assistant"}
    return {
        name: turns(value, (speakers[name],), where)[0]
        if isinstance(value, list) and name in speakers
        else value
        for name, value in record.items()
    }


def turns(messages: Any, roles: tuple[str, ...], where: str) -> list[str]:
    """Lo que dice cada turno de una conversación, que ha de tener justo los de `roles`."""
    match messages:
        case [*found] if all(isinstance(one, dict) and isinstance(one.get("content"), str) for one in found):
            spoken = [(one.get("role"), one["content"]) for one in found]
        case _:
            spoken = []
    if tuple(role for role, _ in spoken) != roles:
        raise ValueError(
            f"{where}: de los mensajes se lee un turno de {' y otro de '.join(roles)}, con su texto en "
            "'content', y hay otra cosa."
        )
    return [text for _, text in spoken]
