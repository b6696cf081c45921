"""Ajuste fino supervisado: el modelo base de los cuentos aprende a responder imitando demostraciones.

``python -m nox -s example -- alignment/sft mis_datos.jsonl --out mi_sft``

Cada línea es como ``{"prompt": "Salude.", "completion": "¡Hola!"}``; sin archivo, aprende las demostraciones
del curso. Con ``--policy`` sigue desde otra política. Si se interrumpe, la misma orden sigue donde estaba.
Para ajustar Gemma, vea ``alignment/spanish_assistant``.
"""

import argparse
import sys
from collections.abc import Sequence

from siguiente.course.cli import scripts


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, ajusta la política y dice dónde está."""
    parser = scripts.make_parser(__doc__, "sft")
    scripts.add_training(parser, steps=200, batch=16, rate=1e-2)
    parser.add_argument("--prompt", metavar="TEXTO", help="lo que se le pide al final (la primera petición)")
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Ajusta, guarda los pesos y la figura, y devuelve una respuesta de muestra."""
    from siguiente.alignment.sequences import encode_demonstrations
    from siguiente.alignment.sft import train_sft
    from siguiente.course.cli import own_data

    folder, config = options.out, scripts.training_config(options)
    records = own_data.open_demonstrations(options.data)
    policy = own_data.open_policy(options.policy, base=True)
    data = encode_demonstrations(policy, records)
    prompt = own_data.as_request(options.prompt or records[0].prompt)
    room = own_data.answer_room(policy, [prompt])
    scripts.open_folder(options)
    training = train_sft(policy.model, data, config, folder / scripts.CHECKPOINT)
    losses = scripts.followed(training, config.steps)
    own_data.save_weights(folder / scripts.POLICY, policy.model)
    curves = {"Pérdida (nats por token de la respuesta)": {"SFT": losses}}
    scripts.save_curves(folder / scripts.FIGURE, curves)
    reply = own_data.answer(policy, prompt, options.seed, room)
    return f"\n{prompt}{reply}\n\n{scripts.written(folder, scripts.POLICY, scripts.FIGURE)}"


if __name__ == "__main__":
    sys.exit(main())
