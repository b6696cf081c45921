"""Entradas hostiles al azar: hojas de cálculo, JSON, esquemas, patrones, plantillas y carpetas."""

import csv
import io
import json
from random import Random

CHARACTERS = " \t\r\n\x0b\x1a\x1c\x85\u2028\u2029\ufeff\u200b\u200d\u202e\ufe0f\u0301aeñé😀日"
CHARACTERS += "\"',;|\\`$%<>{}[]()=+-@#&/.:*?"
PIECES = [
    *(
        "\r\n",
        '""',
        '"";""',
        "text,label\n",
        "text;label\n",
        "sep=;\n",
        "<text>",
        "<x>",
        "=1+1",
        "1e999",
        "NaN",
    ),
    *(
        "null",
        "\\ud83d",
        "\\u0000",
        "<|im_end|>",
        "<bos>",
        "../x",
        "\\n",
        "%s%n",
        "{0}",
        "$\\frac$",
        "\ud83d",
    ),
]
LONG = ["[", "{", '{"a":', "(", "a", " ", "\n", "9", '"', "a ", "e\u0301", "<text>", "ñ", "😀"]
FIELDS = [
    "prompt",
    "completion",
    "chosen",
    "rejected",
    "messages",
    "role",
    "content",
    "text",
    "data",
    "step",
    "kl",
]
FIELDS += ["file", "key", "instruction", "input", "output", "words", "merges", "settings", "scores"]
NUMBERS = [
    0,
    1,
    -1,
    2**63,
    10**400,
    -(10**30),
    0.5,
    1e308,
    5e-324,
    -0.0,
    1e-7,
    1e16,
    float("nan"),
    float("inf"),
]
KINDS = ["object", "array", "string", "integer", "number", "boolean", "null", ["string"], "x"]
SIZES = [-2, 0, 1, 3, 40, 999, 10**9, 2**32, 10**400, 2.5, 1e300, True, None, "3"]
KEYWORDS = [
    "type",
    "properties",
    "items",
    "enum",
    "const",
    "anyOf",
    "pattern",
    "minItems",
    "maxItems",
    "required",
]
KEYWORDS += ["minLength", "maxLength", "$ref", "$comment", "additionalProperties"]
SYNTAX = [
    *"abñ😀.()[]{}*+?|^$\\-,0123456789",
    "[a-z]",
    "{1,999}",
    "{9999}",
    "(a|b)*",
    "(?:",
    "(?i)",
    "\\d",
    "\\1",
]
SYNTAX += ["(?=a)", "a{0,500}", "[^a]", "(a+)+", "{20}", "\\w", "(?P<d>", "(a?){40}", "\\p{L}", "[\ud800]"]


def text(rng: Random, most: int = 4) -> str:
    """Un texto de trozos raros; a veces, larguísimo."""
    made = ""
    for _ in range(rng.randint(0, most)):
        match rng.randrange(12):
            case 0:
                made += rng.choice(LONG) * rng.choice([99, 3_000])
            case 1 | 2 | 3:
                made += rng.choice(PIECES)
            case 4:
                made += "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(1, 5)))
            case 5 | 6:
                made += rng.choice(["sí", "no", "positivo", "Hola, ¿qué tal?", "Mesa, 20 €"])
            case _:
                made += "".join(rng.choices(CHARACTERS, k=rng.randint(1, 9)))
    return made


def leaf(rng: Random):
    """Un valor de JSON sin nada dentro."""
    return rng.choice([None, True, False, rng.choice(NUMBERS), text(rng), text(rng), "sí", ""])


def value(rng: Random, keys: list[str], depth: int = 3):
    """Un valor de JSON con otros dentro."""
    match rng.randrange(4) if depth else 0:
        case 1:
            return [value(rng, keys, depth - 1) for _ in range(rng.randint(0, 3))]
        case 2:
            return {rng.choice(keys): value(rng, keys, depth - 1) for _ in range(rng.randint(0, 4))}
    return leaf(rng)


def record(rng: Random):
    """Un objeto como los de los datos propios, o casi."""
    match rng.randrange(7):
        case 0:
            return {name: text(rng) for name in ("prompt", "completion", "chosen", "rejected")}
        case 1:
            return {"role": rng.choice(["user", "assistant", "system", "x", 3]), "content": leaf(rng)}
        case 2:
            turns = [{"role": role, "content": text(rng)} for role in ("user", "assistant")]
            return {rng.choice(["messages", "prompt"]): turns[: rng.randint(0, 2)]}
        case 3:
            return {"step": rng.choice(NUMBERS), "kl": rng.choice([*NUMBERS, "x"])}
        case 4:
            return {"text": text(rng), "data": value(rng, FIELDS)}
        case 5:
            return {"instruction": text(rng), "input": leaf(rng), "output": leaf(rng)}
    return value(rng, FIELDS)


def lines(rng: Random) -> bytes:
    """Un archivo de JSON por líneas."""
    return damaged(rng, b"\n".join(as_json(rng, record(rng)) for _ in range(rng.randint(0, 5))))


def as_json(rng: Random, made) -> bytes:
    """Un valor como JSON: con las letras como están o escapadas, y lo que UTF-8 no admite, como llegue."""
    plain = json.dumps(made, ensure_ascii=rng.random() < 0.3)
    return plain.encode("utf8", rng.choice(["replace", "surrogatepass"]))


def pattern(rng: Random) -> str:
    """Una expresión regular, casi siempre mal escrita o exagerada."""
    return "".join(rng.choices(SYNTAX, k=rng.randint(0, 9)))


def schema(rng: Random, depth: int = 4):
    """Un esquema que casi siempre está bien escrito."""
    inner = lambda: schema(rng, depth - 1)  # noqa: E731
    made: dict = {}
    match rng.randrange(7) if depth else 5:
        case 0 | 1:
            made = {"type": "object", "properties": {text(rng, 2): inner() for _ in range(rng.randint(0, 4))}}
        case 2:
            made = {"type": "array", "items": inner()}
        case 3:
            made = {"anyOf": [inner() for _ in range(rng.randint(0, 3))]}
        case 4:
            made = {"enum": [leaf(rng) for _ in range(rng.randint(0, 3))]}
        case 5:
            made = {"type": rng.choice(KINDS)}
            if rng.random() < 0.5:
                made |= {"type": "string", "pattern": pattern(rng)}
        case 6:
            return value(rng, KEYWORDS)
    for name in ("minItems", "maxItems", "minLength", "maxLength", "type", "required", "const", "$comment"):
        if rng.random() < 0.06:
            made[name] = rng.choice([*SIZES, leaf(rng)])
    return made


def config(rng: Random) -> bytes:
    """El archivo de un esquema."""
    return damaged(rng, as_json(rng, schema(rng)))


def sheet(rng: Random) -> bytes:
    """Una hoja de cálculo, con el separador, la cabecera y las comillas que toquen."""
    stream = io.StringIO()
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    labels = rng.choice([["sí", "no"], ["sí", "no", ""], ["sí", "Sí"], [text(rng), text(rng), "x"]])
    rows = [(text(rng), rng.choice(labels)) for _ in range(rng.randint(0, 12))]
    writer = csv.writer(stream, delimiter=rng.choice(",;\t|"), quoting=quoting)
    writer.writerows([("text", "label"), *rows])
    return damaged(rng, stream.getvalue().encode("utf8", rng.choice(["surrogatepass", "replace", "replace"])))


def files(rng: Random) -> dict[str, bytes]:
    """Los archivos de una carpeta."""
    names = [
        "".join(rng.choices(" .-ñ😀'\"\\*?$%a\n\udcff", k=rng.randint(1, 9)))
        for _ in range(rng.randint(0, 5))
    ]
    suffixes = ["", ".txt", ".txt", ".TXT", ".md", ".csv"]
    wanted = [name + rng.choice(suffixes) for name in names]
    return {name: damaged(rng, text(rng).encode("utf8", "replace")) for name in wanted if name.strip(".")}


def damaged(rng: Random, data: bytes) -> bytes:
    """Unos bytes a los que, quizá, algo les pasó."""
    while rng.random() < 0.15:
        place = rng.randint(0, len(data))
        end = rng.choice([place, place + 1, len(data)])
        data = (
            data[:place] + rng.choice([b"\xff", b"\0", b'"', b"\n", b"", b"\xef\xbb\xbf", b"\r"]) + data[end:]
        )
    return data
