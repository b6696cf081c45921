"""Convierte Gemma 3 270M, un modelo base, en un pequeño asistente en español, con LoRA.

``python examples/alignment/spanish_assistant.py --data mis_datos.jsonl --out mi_asistente``

Cada línea de los datos es como ``{"prompt": "Salude.", "completion": "¡Hola!"}``; sin ellos, aprende las
instrucciones del curso. Si se interrumpe, la misma orden sigue donde estaba.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from siguiente.course.cli import scripts

CHECKPOINT, ADAPTER, LOG, FIGURE = "checkpoint.pt", "adapter.safetensors", "adapter.json", "loss.png"


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, ajusta el modelo y dice dónde está lo aprendido."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("--data", type=Path, metavar="ARCHIVO", help="peticiones y respuestas propias, en JSONL")
    add("--steps", type=int, default=102, metavar="N", help="pasos de 8 demostraciones (%(default)s)")
    add("--rate", type=float, default=1e-3, metavar="X", help="tasa de aprendizaje (%(default)s)")
    add("--prompt", default="¿Qué es un volcán?", metavar="TEXTO", help="lo que se le pide al final")
    add("--out", type=Path, default=Path("assistant"), metavar="CARPETA", help="donde escribe (%(default)s)")
    add("--restart", action="store_true", help="olvida lo que hubiera en la carpeta")
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Ajusta, guarda el adaptador, la pérdida y su figura, y devuelve una respuesta de muestra."""
    from siguiente.alignment.lora import save_adapter
    from siguiente.alignment.sequences import encode_demonstrations
    from siguiente.alignment.sft import AnswerLogits, train_sft
    from siguiente.course.alignment import spanish_assistant as course
    from siguiente.course.cli.records import load_prompt_completion

    warmup = min(course.TRAINING.warmup, max(0, options.steps))
    config = replace(course.TRAINING, steps=options.steps, learning_rate=options.rate, warmup=warmup)
    own = options.data and [
        course.as_demonstration(record) for record in load_prompt_completion(options.data)
    ]
    model, folder = course.make_assistant(), options.out
    data = encode_demonstrations(model, own or course.training_records())
    folder.mkdir(parents=True, exist_ok=True)
    if options.restart:
        (folder / CHECKPOINT).unlink(missing_ok=True)
    network = model.model.network
    training = train_sft(AnswerLogits(network), data, config, folder / CHECKPOINT)
    losses = scripts.followed(training, config.steps)
    save_adapter(folder / ADAPTER, network, course.LORA, course.base_key())
    digest = sha256((folder / ADAPTER).read_bytes()).hexdigest()
    log = {"base": course.base_key(), "sha256": digest, "losses": losses}
    (folder / LOG).write_text(json.dumps(log, indent=1), encoding="utf-8")
    scripts.save_curves(folder / FIGURE, {"Pérdida (nats por token de la respuesta)": {"LoRA": losses}})
    reply = course.write_replies(model, [course.request(options.prompt)])[0].text.strip()
    return f"\n{options.prompt}\n{reply}\n\n{scripts.written(folder, ADAPTER, LOG, FIGURE)}"


if __name__ == "__main__":
    sys.exit(main())
