"""Ajusta el modelo base de los cuentos para que responda, imitando demostraciones (SFT).

``siguiente sft mis_datos.jsonl --out mi_sft``

Cada línea es como ``{"prompt": "Salude.", "completion": "¡Hola!"}``; sin archivo, aprende las demostraciones
del curso. Con ``--policy`` sigue desde otra política. Si se interrumpe, la misma orden sigue donde estaba.
El modelo solo conoce las palabras de los cuentos: para las de usted, vea ``siguiente assistant``.
"""

from argparse import Namespace

from siguiente.course.cli import command


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    command.add_policy(parser, "sft")
    command.add_training(parser, steps=200, batch=16, rate=1e-2)
    parser.add_argument("--prompt", metavar="TEXTO", help="lo que se le pide al final (la primera petición)")


def run(options: Namespace) -> command.Result:
    """Ajusta, guarda los pesos y la figura, y devuelve una respuesta de muestra."""
    from siguiente.alignment.sequences import encode_demonstrations
    from siguiente.alignment.sft import train_sft
    from siguiente.course.cli import own_data

    folder, config = options.out, command.training_config(options)
    policy = own_data.open_policy(options.policy, base=True)
    records = own_data.open_demonstrations(options.data, policy)
    data = encode_demonstrations(policy, records)
    prompt = own_data.as_request(options.prompt or records[0].prompt)
    room = own_data.answer_room(policy, [prompt])
    checkpoint = command.open_training(options, config, command.POLICY, command.FIGURE)
    training = train_sft(policy.model, data, config, checkpoint)
    losses = command.followed(training, config.steps)
    own_data.save_weights(folder / command.POLICY, policy.model)
    curves = {"Pérdida (nats por token de la respuesta)": {"SFT": losses}}
    command.save_curves(folder / command.FIGURE, curves)
    reply = own_data.answer(policy, prompt, options.seed, room)
    said = f"\n{prompt}{reply}\n\n{command.written(folder, command.POLICY, command.FIGURE)}"
    return command.Result(said, {"loss": losses[-1], "reply": reply, "out": str(folder)})
