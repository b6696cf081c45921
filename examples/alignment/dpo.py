"""DPO: ajusta la política a unas preferencias, sin modelo de recompensa.

``python -m nox -s example -- alignment/dpo gustos.jsonl --out mi_dpo``

Cada línea es como ``{"prompt": "Salude.", "chosen": "¡Hola!", "rejected": "Ya."}``; sin archivo, aprende las
preferencias del curso. Si se interrumpe, la misma orden sigue donde estaba.
"""

import argparse
import sys
from collections.abc import Sequence

from siguiente.course.cli import scripts


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, ajusta la política y dice dónde está."""
    parser = scripts.make_parser(__doc__, "dpo")
    scripts.add_training(parser, steps=60, batch=32, rate=1e-3)
    add = parser.add_argument
    add("--beta", type=float, default=0.1, metavar="X", help="lo que cuesta alejarse (%(default)s)")
    add("--prompt", metavar="TEXTO", help="lo que se le pide al final (la primera petición)")
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Ajusta, guarda los pesos y la figura, y devuelve una respuesta de muestra."""
    from torch import Generator
    from tqdm import tqdm

    from siguiente.alignment.dpo import train_dpo
    from siguiente.alignment.rollouts import sample_answers
    from siguiente.alignment.sequences import encode_preferences
    from siguiente.course.cli.own_data import (
        answer_room,
        as_request,
        open_policy,
        open_preferences,
        save_weights,
    )

    folder, config = options.out, scripts.training_config(options)
    preferences, policy = open_preferences(options.data), open_policy(options.policy)
    pairs = encode_preferences(policy, preferences)
    prompt = as_request(options.prompt or preferences[0].prompt)
    room = answer_room(policy, [prompt])
    scripts.open_folder(options)
    training = train_dpo(policy.model, pairs, config, options.beta, folder / scripts.CHECKPOINT)
    reports = list(tqdm(training, total=config.steps, unit="paso"))
    save_weights(folder / scripts.POLICY, policy.model)
    changes = {
        "preferida": [report.chosen for report in reports],
        "rechazada": [report.rejected for report in reports],
    }
    curves = {
        "Pérdida (nats por pareja)": {"DPO": [report.loss for report in reports]},
        "Proporción de parejas acertadas": {"DPO": [report.accuracy for report in reports]},
        "Cambio de log-probabilidad (nats)": changes,
    }
    scripts.save_curves(folder / scripts.FIGURE, curves)
    reply = sample_answers(policy, [prompt], Generator().manual_seed(options.seed), room).texts[0]
    return f"\n{prompt}{reply}\n\nEstá todo en {folder}: {scripts.POLICY}, {scripts.FIGURE}."


if __name__ == "__main__":
    sys.exit(main())
