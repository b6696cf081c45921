"""Modelo de recompensa: aprende de preferencias a puntuar respuestas.

``python -m nox -s example -- alignment/reward_model gustos.jsonl --out mi_recompensa``

Cada línea es como ``{"prompt": "Salude.", "chosen": "¡Hola!", "rejected": "Ya."}``; sin archivo, aprende las
preferencias del curso. Una pareja de cada cinco se aparta para medir. Lo que escribe sirve a
``alignment/best_of_n`` y ``alignment/reinforce``. Si se interrumpe, la misma orden sigue donde estaba.
"""

import argparse
import sys
from collections.abc import Sequence

from siguiente.course.cli import scripts

HELD_OUT = 5  # de cada cuántas parejas se aparta una


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, ajusta el modelo y dice dónde está."""
    parser = scripts.make_parser(__doc__, "reward_model")
    scripts.add_training(parser, steps=100, batch=32, rate=1e-3)
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Ajusta, pone el cero en las respuestas preferidas, guarda y devuelve en cuántas parejas acierta."""
    from torch import arange

    from siguiente.alignment.reward_model import (
        RewardModel,
        centre_rewards,
        preference_accuracy,
        train_reward_model,
    )
    from siguiente.alignment.sequences import encode_preferences
    from siguiente.course.cli import own_data
    from siguiente.course.report.numbers import percent

    folder, config = options.out, scripts.training_config(options)
    preferences, policy = own_data.open_preferences(options.data), own_data.open_policy(options.policy)
    pairs, rows = encode_preferences(policy, preferences), arange(len(preferences))
    if len(rows) < HELD_OUT:
        raise ValueError(f"Hay {len(rows)} parejas y hacen falta {HELD_OUT}: una se aparta para medir.")
    apart = rows % HELD_OUT == HELD_OUT - 1
    learn, held_out = pairs.select(rows[~apart]), pairs.select(rows[apart])
    scripts.open_folder(options)
    model = RewardModel(policy.model)
    training = train_reward_model(model, learn, config, folder / scripts.CHECKPOINT)
    losses = scripts.followed(training, config.steps)
    centre_rewards(model, learn.chosen)
    own_data.save_weights(folder / scripts.REWARD, model)
    scripts.save_curves(folder / scripts.FIGURE, {"Pérdida (nats por pareja)": {"recompensa": losses}})
    right = [percent(preference_accuracy(model, some)) for some in (learn, held_out)]
    return (
        f"\nLa preferida puntúa más en el {right[0]} de las parejas que vio y en el {right[1]} de las "
        f"apartadas ({int(apart.sum())}); al azar, en la mitad.\n"
        f"{scripts.written(folder, scripts.REWARD, scripts.FIGURE)}"
    )


if __name__ == "__main__":
    sys.exit(main())
