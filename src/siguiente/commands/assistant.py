"""Convierte Gemma 3 270M, un modelo base, en un pequeño asistente en español, con LoRA.

``siguiente assistant mis_datos.jsonl --out mi_asistente``
``siguiente chat --adapter mi_asistente/adapter.safetensors``

Cada línea de los datos es como ``{"prompt": "Salude.", "completion": "¡Hola!"}``; sin ellos, aprende las
instrucciones del curso. Con lo que escribe se conversa después. Si se interrumpe, la misma orden sigue donde
estaba.
"""

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siguiente.course.cli import command

if TYPE_CHECKING:
    from siguiente.alignment.sequences import Demonstrations, PromptCompletion

ADAPTER, LOG = "adapter.safetensors", "adapter.json"
ROOM = 512  # tokens de respuesta en un paso: cada uno da 262 144 logits, y más no cabrían en un portátil


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    add(
        "data",
        nargs="?",
        type=command.source,
        metavar="ARCHIVO",
        help="peticiones y respuestas, en JSONL (las del curso)",
    )
    add(
        "--steps",
        type=command.COUNT,
        default=102,
        metavar="N",
        help="pasos de 8 demostraciones (%(default)s)",
    )
    add("--rate", type=command.POSITIVE, default=1e-3, metavar="X", help="tasa de aprendizaje (%(default)s)")
    add("--prompt", default="¿Qué es un volcán?", metavar="TEXTO", help="lo que se le pide al final")
    command.add_results(parser, "assistant")


def run(options: Namespace) -> command.Result:
    """Ajusta, guarda el adaptador, la pérdida y su figura, y devuelve una respuesta de muestra."""
    from dataclasses import replace
    from hashlib import sha256

    from siguiente.alignment.lora import save_adapter
    from siguiente.alignment.sequences import encode_demonstrations
    from siguiente.alignment.sft import AnswerLogits, train_sft
    from siguiente.course.alignment import spanish_assistant as course
    from siguiente.runtime.store import write_atomically

    warmup = min(course.TRAINING.warmup, options.steps)
    config = replace(course.TRAINING, steps=options.steps, learning_rate=options.rate, warmup=warmup)
    own = own_demonstrations(options.data) if options.data else None
    model, folder = course.make_assistant(), options.out
    data = encode_demonstrations(model, own or course.training_records())
    config = replace(config, batch_size=batch_size(data, config.batch_size))
    checkpoint = command.open_training(options, config, ADAPTER, LOG, command.FIGURE)
    network = model.model.network
    training = train_sft(AnswerLogits(network), data, config, checkpoint)
    losses = command.followed(training, config.steps)
    save_adapter(folder / ADAPTER, network, course.LORA, course.base_key())
    digest = sha256((folder / ADAPTER).read_bytes()).hexdigest()
    log = {"base": course.base_key(), "sha256": digest, "losses": losses}
    write_atomically(folder / LOG, json.dumps(log, indent=1))
    command.save_curves(
        folder / command.FIGURE, {"Pérdida (nats por token de la respuesta)": {"LoRA": losses}}
    )
    reply = course.write_replies(model, [course.request(options.prompt)])[0].text.strip()
    said = f"\n{options.prompt}\n{reply}\n\n{command.written(folder, ADAPTER, LOG, command.FIGURE)}"
    return command.Result(said, {"loss": losses[-1], "reply": reply, "out": str(folder)})


def own_demonstrations(path: Path) -> "list[PromptCompletion]":
    """Lee demostraciones propias, escritas como el asistente las aprende."""
    from siguiente.course.alignment.spanish_assistant import as_demonstration
    from siguiente.course.cli.records import load_prompt_completion

    return [as_demonstration(record) for record in load_prompt_completion(path)]


def batch_size(data: "Demonstrations", wanted: int) -> int:
    """Cuántas demostraciones caben en un paso; si son menos de las que se querían, lo dice."""
    longest = max(map(len, data.answers))
    if longest > ROOM:
        places = [f"{place} ({len(ids)})" for place, ids in enumerate(data.answers, 1) if len(ids) > ROOM]
        raise ValueError(
            f"Hay respuestas de más de {ROOM} tokens, que no caben en un paso: {', '.join(places[:5])}. "
            "Acórtelas."
        )
    size = min(wanted, ROOM // longest)
    if size < wanted:
        print(f"La respuesta más larga tiene {longest} tokens: por paso se leen {size}, y no {wanted}.")
    return size
