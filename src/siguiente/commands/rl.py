"""Ajusta la política para que persiga una recompensa, con REINFORCE, PPO o GRPO.

``siguiente rl gustos.jsonl --reward mi_recompensa/reward.safetensors``

De cada línea cuenta ``"prompt"``: sirve el archivo de las preferencias. Sin archivo, pide cuentos; sin
``--reward``, puntúa el modelo de recompensa de los cuentos. Si se interrumpe, la misma orden sigue donde
estaba.
"""

import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

from siguiente.course.cli import command

NAMES = {"reinforce": "REINFORCE", "ppo": "PPO", "grpo": "GRPO"}


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    command.add_policy(parser, "rl")
    command.add_training(parser, steps=30, batch=64, rate=1e-3)
    add = parser.add_argument
    add("--method", choices=[*NAMES], default="grpo", help="con qué se aprende (%(default)s)")
    add("--beta", type=command.real(0), metavar="X", help="lo que cuesta alejarse (0.02; con grpo, 0.04)")
    add("--reward", type=Path, metavar="ARCHIVO", help="lo que escribió siguiente reward")


def run(options: Namespace) -> command.Result:
    """Ajusta, guarda los pesos y la figura, y devuelve lo que se ganó y una respuesta de muestra."""
    from dataclasses import replace
    from functools import partial

    from siguiente.alignment.reward_model import score_texts
    from siguiente.alignment.rl import train_rl
    from siguiente.course.alignment.rlhf import GROUP, METHODS
    from siguiente.course.cli import own_data
    from siguiente.course.report.numbers import number

    folder, config = options.out, command.training_config(options)
    prompts, policy = own_data.open_prompts(options.data), own_data.open_policy(options.policy)
    judge = own_data.open_reward(options.reward, policy)
    reward = partial(score_texts, judge, policy)
    method: Any = METHODS[options.method](policy.model, judge)
    if options.beta is not None:
        method = replace(method, beta=options.beta)
    asked = max(1, config.batch_size // GROUP)
    config = replace(config, batch_size=asked, length=own_data.answer_room(policy, prompts))
    path = command.open_training(options, config, command.POLICY, command.FIGURE)
    training = train_rl(policy, prompts, reward, method, config, GROUP, checkpoint=path)
    reports, name = command.followed(training, config.steps), NAMES[options.method]
    own_data.save_weights(folder / command.POLICY, policy.model)
    curves = {
        "Recompensa": {name: [report.reward for report in reports]},
        "KL (nats por respuesta)": {name: [report.kl for report in reports]},
        "Tokens por respuesta": {name: [report.length for report in reports]},
    }
    command.save_curves(folder / command.FIGURE, curves)
    first, last = reports[0], reports[-1]
    if len({report.reward for report in reports}) == 1 < len(reports):
        warnings.warn(
            "Toda respuesta recibió la misma recompensa, y de eso no se aprende: revísela.", stacklevel=2
        )
    gained = (
        f"De {number(first.reward, 2)} a {number(last.reward, 2)} de recompensa. La divergencia, estimada "
    )
    gained += f"con las respuestas del último paso, es de {number(last.kl, 1)} nats por respuesta."
    said = f"\n{last.sample}\n\n{gained}\n{command.written(folder, command.POLICY, command.FIGURE)}"
    facts = {
        "before": first.reward,
        "after": last.reward,
        "kl": last.kl,
        "reply": last.sample,
        "out": str(folder),
    }
    return command.Result(said, facts)
