"""Aprendizaje por refuerzo: la política persigue una recompensa con REINFORCE, PPO o GRPO.

``python -m nox -s example -- alignment/reinforce gustos.jsonl --reward mi_recompensa/reward.safetensors``

De cada línea cuenta ``"prompt"``: sirve el archivo de las preferencias. Sin archivo, pide cuentos; sin
``--reward``, puntúa el modelo de recompensa de los cuentos. Si se interrumpe, la misma orden sigue donde
estaba.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from siguiente.course.cli import scripts

NAMES = {"reinforce": "REINFORCE", "ppo": "PPO", "grpo": "GRPO"}


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, ajusta la política y dice dónde está."""
    parser = scripts.make_parser(__doc__, "reinforce")
    scripts.add_training(parser, steps=30, batch=64, rate=1e-3)
    add = parser.add_argument
    add("--method", choices=[*NAMES], default="grpo", help="con qué se aprende (%(default)s)")
    add("--beta", type=float, metavar="X", help="lo que cuesta alejarse (0.02; con grpo, 0.04)")
    add("--reward", type=Path, metavar="ARCHIVO", help="lo que escribió alignment/reward_model")
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Ajusta, guarda los pesos y la figura, y devuelve lo que se ganó y una respuesta de muestra."""
    from dataclasses import replace
    from functools import partial

    from siguiente.alignment.reward_model import score_texts
    from siguiente.alignment.rl import train_rl
    from siguiente.course.alignment.rlhf import GROUP, METHODS
    from siguiente.course.cli import own_data
    from siguiente.course.report.numbers import number

    folder, config = options.out, scripts.training_config(options)
    prompts, policy = own_data.open_prompts(options.data), own_data.open_policy(options.policy)
    judge = own_data.open_reward(options.reward, policy)
    reward, method = partial(score_texts, judge, policy), METHODS[options.method](policy.model, judge)
    if options.beta is not None:
        method = replace(method, beta=options.beta)
    asked = max(1, config.batch_size // GROUP)
    config = replace(config, batch_size=asked, length=own_data.answer_room(policy, prompts))
    scripts.open_folder(options)
    path = folder / scripts.CHECKPOINT
    training = train_rl(policy, prompts, reward, method, config, GROUP, checkpoint=path)
    reports, name = scripts.followed(training, config.steps), NAMES[options.method]
    own_data.save_weights(folder / scripts.POLICY, policy.model)
    curves = {
        "Recompensa": {name: [report.reward for report in reports]},
        "KL (nats por respuesta)": {name: [report.kl for report in reports]},
        "Tokens por respuesta": {name: [report.length for report in reports]},
    }
    scripts.save_curves(folder / scripts.FIGURE, curves)
    first, last = reports[0], reports[-1]
    if len({report.reward for report in reports}) == 1 < len(reports):
        warnings.warn(
            "Toda respuesta recibió la misma recompensa, y de eso no se aprende: revísela.", stacklevel=2
        )
    gained = f"De {number(first.reward, 2)} a {number(last.reward, 2)} de recompensa"
    gained += f", con una divergencia de {number(last.kl, 1)} nats por respuesta."
    return f"\n{last.sample}\n\n{gained}\n{scripts.written(folder, scripts.POLICY, scripts.FIGURE)}"


if __name__ == "__main__":
    sys.exit(main())
