"""Saca datos de los textos de una carpeta y los escribe en JSON, uno por línea, con la forma de un esquema.

``siguiente extract carpeta --schema esquema.json --examples casos.jsonl``

Lee los ``.txt`` de la carpeta. Cada línea de ``data.jsonl`` tiene el nombre de un archivo y sus datos. Si se
interrumpe, la misma orden sigue donde estaba; si un texto cambia, se añade o se quita, rehace solo ese. Los
casos resueltos, uno por línea, son como ``{"text": "Mesa, 20 €", "data": {"precio": 20}}``. Sin ellos el JSON
tiene la forma pedida, pero lo que dice es casi siempre falso.
"""

import hashlib
import json
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siguiente.course.cli import command
from siguiente.course.cli.models import add_model

if TYPE_CHECKING:
    from siguiente.language_models.protocol import TextModel
    from siguiente.prompting.constrained import Constraint

TOKENS = 2_000  # de los prompts de una tanda, con sus respuestas: lo que decide la memoria
SUFFIXES = (".txt",)
DATA = "data.jsonl"


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    add("folder", type=Path, metavar="CARPETA", help="la que tiene los archivos .txt, en UTF-8")
    add("--schema", type=Path, required=True, metavar="ARCHIVO", help="esquema de JSON de lo que se quiere")
    add("--examples", type=Path, metavar="ARCHIVO", help="casos resueltos, uno por línea (JSONL)")
    add(
        "--length",
        type=command.COUNT,
        default=100,
        metavar="N",
        help="tokens de cada respuesta (%(default)s)",
    )
    add(
        "--dry-run",
        action="store_true",
        help="dice lo que costaría, en tokens y en minutos, y no escribe nada",
    )
    command.add_results(parser, "extract")
    add_model(parser)


def run(options: Namespace) -> command.Result:
    """Lo comprueba todo antes de escribir nada, escribe lo que falta y dice cuánto hay."""
    from siguiente.course.cli import schema as schemas
    from siguiente.course.cli.cost import in_pieces
    from siguiente.course.cli.models import open_model
    from siguiente.course.cli.score_log import alone
    from siguiente.course.cli.text_file import read_folder
    from siguiente.prompting.constrained import Constraint
    from siguiente.prompting.fast.json_schema import schema_pattern

    texts = read_folder(options.folder, SUFFIXES)
    pattern = schema_pattern(schemas.tidy(schemas.read_json(options.schema)))
    examples = read_examples(options.examples, pattern)
    model = in_pieces(open_model(options))
    constraint = Constraint(f" {pattern}", model.tokenizer, options.length)
    prompts = {name: prompt(model, examples, name, text, options.length) for name, text in texts.items()}
    settings = [options.model, str(options.adapter), pattern, options.length]
    keys = {name: digest([*settings, ids]) for name, ids in prompts.items()}
    out = options.out / DATA
    if options.dry_run:
        lines = {} if options.restart else kept_lines(out, keys)
        said, facts = price(model, prompts, [name for name in prompts if name not in lines], options.length)
        return command.Result(said, facts)
    command.open_folder(options, DATA)
    with alone(out):
        lines = kept_lines(out, keys)
        extract(model, constraint, prompts, keys, lines, out)
    said = f"Están los datos de {len(texts)} textos en {out}."
    return command.Result(said, {"texts": len(texts), "out": str(out)})


def read_examples(path: Path | None, pattern: str) -> list[Any]:
    """Los casos resueltos, que deben cumplir el esquema: si no, enseñarían otra cosa."""
    from siguiente.course.cli.records import check_whole, read_objects
    from siguiente.course.cli.schema import fulfils, plain_json
    from siguiente.prompting.labels import LabelledText

    examples = []
    for _, case, where in read_objects(path) if path else ():
        if not isinstance(case.get("text"), str) or "data" not in case:
            raise ValueError(f'{where}: debe ser {{"text": "…", "data": …}}.')
        text, data = case["text"], plain_json(case["data"])
        check_whole(text + data, where)
        if not fulfils(pattern, data):
            raise ValueError(f"{where}: {data} no cumple el esquema, o no en su orden.")
        examples.append(LabelledText(text, data))
    return examples


def prompt(model: "TextModel[Any]", examples: list[Any], name: str, text: str, length: int) -> list[int]:
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
    """Las líneas ya escritas de los textos que siguen igual, por su nombre; las demás se rehacen."""
    from siguiente.course.cli.records import read_objects

    rows = [row for _, row, _ in read_objects(out)] if out.exists() and out.stat().st_size else []
    same = [row for row in rows if row.get("key") and keys.get(str(row.get("file"))) == row["key"]]
    return {str(row["file"]): json.dumps(row, ensure_ascii=False) + "\n" for row in same}


def batches(prompts: Mapping[str, Sequence[int]], names: Sequence[str], length: int) -> Iterator[list[str]]:
    """Reparte unos textos en tandas que ocupan parecido: pocos, si son largos.

    >>> list(batches({"a": [1] * 900, "b": [1] * 900, "c": [1] * 1500}, ["a", "b", "c"], 100))
    [['a', 'b'], ['c']]
    """
    batch = list[str]()
    for name in names:
        widest = max(len(prompts[one]) + length for one in [*batch, name])
        if batch and widest * (len(batch) + 1) > TOKENS:
            yield batch
            batch = []
        batch.append(name)
    if batch:
        yield batch


def price(
    model: "TextModel[Any]", prompts: Mapping[str, Sequence[int]], names: Sequence[str], length: int
) -> tuple[str, dict[str, Any]]:
    """Lo que costará leer unos textos y escribir sus datos: dicho, y en números."""
    from siguiente.course.cli.cost import reading_minutes, writing_minutes
    from siguiente.course.report.numbers import number

    tokens, rounds = sum(len(prompts[name]) for name in names), len(list(batches(prompts, names, length)))
    facts: dict[str, Any] = {"texts": len(names), "tokens": tokens, "minutes": 0.0}
    if names:
        facts["minutes"] = reading_minutes(model, tokens) + writing_minutes(model, rounds * length)
    said = f"Faltan {len(names)} textos de {len(prompts)}: con los ejemplos, {number(tokens)} tokens que leer"
    return f"{said}; {number(facts['minutes'], 1)} minutos en este equipo, más o menos.", facts


def extract(
    model: "TextModel[Any]",
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
    print(price(model, prompts, names, length)[0], flush=True)
    write_atomically(out, "".join(lines[name] for name in prompts if name in lines))
    with tqdm(desc="Sacando datos", total=len(names), unit="textos", bar_format=command.BAR) as bar:
        for batch in batches(prompts, names, length):
            ids, eos = [prompts[name] for name in batch], model.tokenizer.eos_id
            rows = generate_batch(model.model, ids, length, greedy, eos, constraint.adjust)
            for name, row in zip(batch, rows, strict=True):
                fact = {"file": name, "data": json.loads(model.decode(row)), "key": keys[name]}
                lines[name] = json.dumps(fact, ensure_ascii=False) + "\n"
            write_atomically(out, "".join(lines[name] for name in prompts if name in lines))
            bar.update(len(batch))
