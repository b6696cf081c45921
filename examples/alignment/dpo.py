"""DPO: ajusta la política a unas preferencias, sin modelo de recompensa.

``python -m nox -s example -- alignment/dpo gustos.jsonl --out mi_dpo``

Cada línea es como ``{"prompt": "Salude.", "chosen": "¡Hola!", "rejected": "Ya."}``; sin archivo, aprende las
preferencias del curso. Con ``--loss ipo``, ``kto`` o ``simpo`` usa otra de las pérdidas de la página. Si se
interrumpe, la misma orden sigue donde estaba.
"""

import argparse
import sys
from collections.abc import Sequence

from siguiente.course.cli import scripts


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, ajusta la política y dice dónde está."""
    parser = scripts.make_parser(__doc__, "dpo")
    scripts.add_training(parser, steps=60, batch=32, rate=3e-4)
    add = parser.add_argument
    add("--beta", type=float, default=0.1, metavar="X", help="lo que cuesta alejarse (%(default)s)")
    add("--loss", choices=("dpo", "ipo", "kto", "simpo"), default="dpo", help="la pérdida (%(default)s)")
    add("--prompt", metavar="TEXTO", help="lo que se le pide al final (la primera petición)")
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Ajusta, guarda los pesos y la figura, y devuelve una respuesta de muestra."""
    from siguiente.alignment import dpo
    from siguiente.alignment.sequences import encode_preferences
    from siguiente.course.cli import own_data

    folder, config = options.out, scripts.training_config(options)
    preferences, policy = own_data.open_preferences(options.data), own_data.open_policy(options.policy)
    pairs = encode_preferences(policy, preferences)
    prompt = own_data.as_request(options.prompt or preferences[0].prompt)
    room = own_data.answer_room(policy, [prompt])
    scripts.open_folder(options)
    loss = getattr(dpo, f"{options.loss}_loss")
    checkpoint = folder / scripts.CHECKPOINT
    training = dpo.train_dpo(policy.model, pairs, config, options.beta, loss, checkpoint=checkpoint)
    reports = scripts.followed(training, config.steps)
    own_data.save_weights(folder / scripts.POLICY, policy.model)
    changes = {
        "preferida": [report.chosen for report in reports],
        "rechazada": [report.rejected for report in reports],
    }
    curves = {
        "Pérdida": {options.loss: [report.loss for report in reports]},
        "Proporción de parejas acertadas": {options.loss: [report.accuracy for report in reports]},
        "Cambio de log-probabilidad (nats)": changes,
    }
    scripts.save_curves(folder / scripts.FIGURE, curves)
    reply = own_data.answer(policy, prompt, options.seed, room)
    return f"\n{prompt}{reply}\n\n{scripts.written(folder, scripts.POLICY, scripts.FIGURE)}"


if __name__ == "__main__":
    sys.exit(main())
