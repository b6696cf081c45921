"""Ajusta la política a unas preferencias con DPO, sin modelo de recompensa.

``siguiente dpo gustos.jsonl --out mi_dpo``

Cada línea es como ``{"prompt": "Salude.", "chosen": "¡Hola!", "rejected": "Ya."}``; sin archivo, aprende las
preferencias del curso. Con ``--loss ipo``, ``kto`` o ``simpo`` usa otra de las pérdidas de la página. Si se
interrumpe, la misma orden sigue donde estaba.
"""

from argparse import Namespace

from siguiente.course.cli import command


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    command.add_policy(parser, "dpo")
    command.add_training(parser, steps=60, batch=32, rate=3e-4)
    add = parser.add_argument
    add(
        "--beta", type=command.POSITIVE, default=0.1, metavar="X", help="lo que cuesta alejarse (%(default)s)"
    )
    add("--loss", choices=("dpo", "ipo", "kto", "simpo"), default="dpo", help="la pérdida (%(default)s)")
    add("--prompt", metavar="TEXTO", help="lo que se le pide al final (la primera petición)")


def run(options: Namespace) -> command.Result:
    """Ajusta, guarda los pesos y la figura, y devuelve una respuesta de muestra."""
    from siguiente.alignment import dpo
    from siguiente.alignment.sequences import encode_preferences
    from siguiente.course.cli import own_data

    folder, config = options.out, command.training_config(options)
    policy = own_data.open_policy(options.policy)
    preferences = own_data.open_preferences(options.data, policy)
    pairs = encode_preferences(policy, preferences)
    prompt = own_data.as_request(options.prompt or preferences[0].prompt)
    room = own_data.answer_room(policy, [prompt])
    checkpoint = command.open_training(options, config, command.POLICY, command.FIGURE)
    loss = getattr(dpo, f"{options.loss}_loss")
    training = dpo.train_dpo(policy.model, pairs, config, options.beta, loss, checkpoint=checkpoint)
    reports = command.followed(training, config.steps)
    own_data.save_weights(folder / command.POLICY, policy.model)
    changes = {
        "preferida": [report.chosen for report in reports],
        "rechazada": [report.rejected for report in reports],
    }
    curves = {
        "Pérdida": {options.loss: [report.loss for report in reports]},
        "Proporción de parejas acertadas": {options.loss: [report.accuracy for report in reports]},
        "Cambio de log-probabilidad (nats)": changes,
    }
    command.save_curves(folder / command.FIGURE, curves)
    reply, last = own_data.answer(policy, prompt, options.seed, room), reports[-1]
    said = f"\n{prompt}{reply}\n\n{command.written(folder, command.POLICY, command.FIGURE)}"
    return command.Result(
        said, {"loss": last.loss, "accuracy": last.accuracy, "reply": reply, "out": str(folder)}
    )
