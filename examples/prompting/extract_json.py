"""Saca datos de los textos de una carpeta y los escribe en JSON, uno por línea, con la forma de un esquema.

``python examples/prompting/extract_json.py carpeta --schema esquema.json --examples casos.jsonl``

Cada línea de lo que escribe tiene el nombre del archivo y sus datos. Si se interrumpe, la misma orden sigue
donde estaba. Los casos resueltos, uno por línea, son como ``{"text": "Mesa, 20 €", "data": {"precio": 20}}``:
sin ellos, el JSON tendrá la forma pedida, pero lo que diga será casi siempre falso.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siguiente.course.cli import scripts

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.prompting.constrained import Constraint

BATCH = 4
RESTART = "use otro archivo (--out) o empiece de nuevo (--restart)"


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, saca los datos y dice dónde están."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("folder", type=Path, help="carpeta con archivos .txt en UTF-8")
    add("--schema", type=Path, required=True, help="esquema de JSON de lo que se quiere")
    add("--examples", type=Path, metavar="ARCHIVO", help="casos resueltos, uno por línea (JSONL)")
    add("--length", type=int, default=100, metavar="N", help="tokens de cada respuesta (%(default)s)")
    add("--out", type=Path, metavar="ARCHIVO", help="donde se escribe (CARPETA.jsonl, junto a la carpeta)")
    add("--restart", action="store_true", help="borra lo que ese archivo tuviera")
    add("--model", default="gemma-3-270m", help="nombre del modelo en el catálogo (%(default)s)")
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Lo comprueba todo antes de escribir nada, escribe lo que falta y dice cuánto hay."""
    from siguiente.course.cli.score_log import alone
    from siguiente.llm.files.loading import load
    from siguiente.prompting.constrained import Constraint
    from siguiente.prompting.fast.json_schema import schema_pattern

    whole = options.folder.resolve()
    out = options.out or whole.with_name(f"{whole.name}.jsonl")
    if out.is_dir() or not out.resolve().parent.is_dir():
        raise OSError(f"No se puede escribir en {out}: elija un archivo de una carpeta que exista (--out).")
    texts, schema = read_folder(options.folder), read_json(options.schema)
    pattern, examples = " " + schema_pattern(schema), read_examples(options.examples, schema)
    model = load(options.model)
    constraint = Constraint(pattern, model.tokenizer, options.length)
    prompts = {name: prompt(model, examples, name, text, options.length) for name, text in texts.items()}
    settings = [options.model, pattern, options.length]
    keys = {name: digest([*settings, prompts[name]]) for name in prompts}
    with alone(out):
        lines = {} if options.restart or not out.exists() else kept_lines(out, keys)
        extract(model, constraint, prompts, keys, lines, out)
    return f"Están los datos de {len(texts)} textos en {out}."


def read_folder(folder: Path) -> dict[str, str]:
    """Los textos de una carpeta, por su nombre y en orden."""
    from siguiente.course.cli.text_file import read_text

    if not folder.is_dir():
        raise OSError(f"{folder} no es una carpeta: indique la que tiene los textos.")
    texts = {path.name: read_text(path) for path in sorted(folder.glob("*.txt"))}
    if not texts:
        raise ValueError(f"En {folder} no hay ningún archivo .txt: ponga ahí los textos.")
    return texts


def read_json(path: Path) -> Any:
    """Lee un archivo de JSON."""
    from siguiente.course.cli.text_file import read_utf8

    try:
        return json.loads(read_utf8(path, "Guárdelo en UTF-8."))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} no es JSON (línea {error.lineno}: {error.msg}): corríjalo.") from error


def read_examples(path: Path | None, schema: Mapping[str, Any]) -> list[Any]:
    """Los casos resueltos, que deben cumplir el esquema: si no, enseñarían otra cosa."""
    import re

    from siguiente.course.cli.text_file import read_utf8
    from siguiente.prompting.fast.json_schema import schema_pattern
    from siguiente.prompting.labels import LabelledText

    examples = []
    lines = read_utf8(path, "Guárdelo en UTF-8.").splitlines() if path else []
    for number, line in enumerate(lines, 1):
        try:
            case = json.loads(line)
            text, data = case["text"], json.dumps(case["data"], ensure_ascii=False)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'Línea {number} de {path}: debe ser {{"text": …, "data": …}}.') from error
        if not re.fullmatch(schema_pattern(schema), data):
            raise ValueError(f"Línea {number} de {path}: {data} no cumple el esquema, o no en su orden.")
        examples.append(LabelledText(text, data))
    return examples


def prompt(model: "TextModel", examples: list[Any], name: str, text: str, length: int) -> list[int]:
    """Los tokens del prompt de un texto; si no cabe con su respuesta, dice cuál es."""
    from siguiente.language_models.protocol import check_room
    from siguiente.prompting.few_shot import FewShotTemplate
    from siguiente.prompting.templates import Template

    ids = model.encode(FewShotTemplate(Template("Texto: <text>\nJSON:")).prompt(text, examples))
    try:
        check_room(model.model, len(ids) + length)
    except ValueError as error:
        raise ValueError(f"{name} ({len(text)} caracteres): {error}") from error
    return ids


def digest(facts: Any) -> str:
    """Un resumen de todo lo que determina una respuesta."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def kept_lines(out: Path, keys: Mapping[str, str]) -> dict[str, str]:
    """Las líneas ya escritas, por su texto, si se hicieron con estos ajustes y con esos mismos textos."""
    lines = {}
    for number, line in enumerate(out.read_bytes().splitlines(), 1):
        try:
            row = json.loads(line)
            name, key = str(row["file"]), row["key"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"La línea {number} de {out} no es de este programa: {RESTART}.") from error
        if keys.get(name) != key:
            raise ValueError(f"{out} se hizo con otros ajustes, o {name} cambió: {RESTART}.")
        lines[name] = f"{line.decode()}\n"
    return lines


def extract(
    model: "TextModel",
    constraint: "Constraint",
    prompts: Mapping[str, list[int]],
    keys: Mapping[str, str],
    lines: dict[str, str],
    out: Path,
) -> None:
    """Escribe los datos que faltan, de pocos en pocos; cada tanda está en el disco antes de seguir."""
    from tqdm import tqdm

    from siguiente.language_models.sampling import generate_batch, greedy
    from siguiente.runtime.store import write_atomically

    names, length = [name for name in prompts if name not in lines], int(constraint.length)
    write_atomically(out, "".join(lines.values()))
    bar = tqdm(desc="Sacando datos", total=len(names), unit="textos", bar_format=scripts.BAR)
    with bar:
        for batch in (names[i : i + BATCH] for i in range(0, len(names), BATCH)):
            ids = [prompts[name] for name in batch]
            eos = model.tokenizer.eos_id
            rows = generate_batch(model.model, ids, length, greedy, eos, constraint.adjust)
            for name, row in zip(batch, rows, strict=True):
                fact = {"file": name, "data": json.loads(model.decode(row)), "key": keys[name]}
                lines[name] = json.dumps(fact, ensure_ascii=False) + "\n"
            write_atomically(out, "".join(lines.values()))
            bar.update(len(batch))


if __name__ == "__main__":
    sys.exit(main())
