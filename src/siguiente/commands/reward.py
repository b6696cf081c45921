"""Aprende de preferencias a puntuar respuestas: un modelo de recompensa.

``siguiente reward gustos.jsonl --out mi_recompensa``

Cada línea es como ``{"prompt": "Salude.", "chosen": "¡Hola!", "rejected": "Ya."}``; sin archivo, aprende las
preferencias del curso. Una petición de cada cinco se aparta, con sus parejas, para medir. Lo que escribe
sirve a ``siguiente best-of-n`` y a ``siguiente rl``. Si se interrumpe, la misma orden sigue donde estaba.
"""

from argparse import Namespace
from collections.abc import Sequence

from siguiente.course.cli import command

HELD_OUT = 5  # de cada cuántas peticiones se aparta una


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    command.add_policy(parser, "reward")
    command.add_training(parser, steps=100, batch=32, rate=1e-3)


def run(options: Namespace) -> command.Result:
    """Ajusta, pone el cero en las respuestas preferidas, guarda y devuelve en cuántas parejas acierta."""
    from torch import arange, tensor

    from siguiente.alignment.reward_model import (
        RewardModel,
        centre_rewards,
        preference_accuracy,
        train_reward_model,
    )
    from siguiente.alignment.sequences import encode_preferences
    from siguiente.course.cli import own_data
    from siguiente.course.report.numbers import percent

    folder, config = options.out, command.training_config(options)
    policy = own_data.open_policy(options.policy)
    preferences = own_data.open_preferences(options.data, policy)
    pairs, rows = encode_preferences(policy, preferences), arange(len(preferences))
    apart = tensor(held_out([pair.prompt for pair in preferences]))
    learn, measured = pairs.select(rows[~apart]), pairs.select(rows[apart])
    checkpoint = command.open_training(options, config, command.REWARD, command.FIGURE)
    model = RewardModel(policy.model)
    training = train_reward_model(model, learn, config, checkpoint)
    losses = command.followed(training, config.steps)
    centre_rewards(model, learn.chosen)
    own_data.save_weights(folder / command.REWARD, model)
    command.save_curves(folder / command.FIGURE, {"Pérdida (nats por pareja)": {"recompensa": losses}})
    seen, unseen = (preference_accuracy(model, some) for some in (learn, measured))
    said = (
        f"\nLa preferida puntúa más en el {percent(seen)} de las parejas vistas y en el {percent(unseen)} de "
        f"las apartadas ({int(apart.sum())}); al azar, en la mitad.\n"
        f"{command.written(folder, command.REWARD, command.FIGURE)}"
    )
    return command.Result(said, {"seen": float(seen), "held_out": float(unseen), "out": str(folder)})


def held_out(prompts: Sequence[str]) -> list[bool]:
    """Qué parejas se apartan: todas las de una petición de cada cinco, para que ninguna se vea antes.

    >>> held_out(["a", "b", "a", "c", "d", "e", "e"])
    [False, False, False, False, False, True, True]
    """
    places = {prompt: place for place, prompt in enumerate(dict.fromkeys(prompts))}
    if len(places) < HELD_OUT:
        raise ValueError(f"Hay {len(places)} peticiones distintas y hacen falta {HELD_OUT}: una se aparta.")
    return [places[prompt] % HELD_OUT == HELD_OUT - 1 for prompt in prompts]
