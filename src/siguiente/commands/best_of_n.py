"""Escribe varias respuestas a cada petición y se queda con la que más puntúa: lo mejor de n.

``siguiente best-of-n gustos.jsonl --reward mi_recompensa/reward.safetensors``

De cada línea cuenta ``"prompt"``. Sin archivo, pide cuentos; sin ``--reward``, puntúa el modelo de recompensa
de los cuentos. No entrena nada: lo elegido va a ``answers.jsonl``, con que se puede ajustar otra política
(``siguiente sft``). Si se interrumpe, la misma orden sigue donde estaba, y ``--limit`` se puede ampliar.
"""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from siguiente.course.cli import command


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    command.add_policy(parser, "best_of_n")
    add = parser.add_argument
    add("--n", type=command.COUNT, default=16, metavar="N", help="respuestas por petición (%(default)s)")
    add("--limit", type=command.COUNT, default=50, metavar="N", help="peticiones, como mucho (%(default)s)")
    add("--reward", type=Path, metavar="ARCHIVO", help="lo que escribió siguiente reward")


def run(options: Namespace) -> command.Result:
    """Responde lo que falta, guarda cada elección y la figura, y devuelve lo que se ganó."""
    import torch
    from tqdm import tqdm

    from siguiente.alignment.reward_model import score_texts
    from siguiente.alignment.rollouts import sample_answers
    from siguiente.course.cli import own_data
    from siguiente.course.report.numbers import number
    from siguiente.evaluation.selection import best_of_n, best_of_n_kl
    from siguiente.runtime.store import write_atomically

    folder, n = options.out, options.n
    prompts = own_data.open_prompts(options.data)[: options.limit]
    policy = own_data.open_policy(options.policy)
    reward, room = own_data.open_reward(options.reward, policy), own_data.answer_room(policy, prompts)
    command.open_folder(options, command.ANSWERS, command.FIGURE)
    path = folder / command.ANSWERS
    rows = read_answers(path)
    bar = tqdm(prompts[len(rows) :], "Respondiendo", bar_format=command.BAR, unit="peticiones")
    for place, prompt in enumerate(bar, start=len(rows)):
        generator, asked = torch.Generator().manual_seed(options.seed * 1_000_003 + place), [prompt]
        texts = sample_answers(policy, asked, generator, room, n).texts
        rewards = score_texts(reward, policy, asked * n, texts)
        rows.append(
            {"prompt": prompt.removesuffix("\n"), "completion": best_text(texts, rewards), "rewards": rewards}
        )
        write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    scores = torch.tensor([row["rewards"] for row in rows], dtype=torch.double)  # (N, n)
    gains = [best_of_n(scores, scores, k).mean().item() for k in range(1, n + 1)]
    command.save_curves(folder / command.FIGURE, {"Recompensa de la mejor": {"lo mejor de n": gains}}, "n")
    said = (
        f"\n{rows[0]['completion']}\n\nDe {number(gains[0], 2)} a {number(gains[-1], 2)} de "
        f"recompensa, con una divergencia de {number(best_of_n_kl(n), 2)} nats como mucho.\n"
        f"{command.written(folder, command.ANSWERS, command.FIGURE)}"
    )
    return command.Result(said, {"one": gains[0], "best": gains[-1], "n": n, "out": str(folder)})


def read_answers(path: Path) -> list[dict[str, Any]]:
    """Lo que ya se respondió."""
    from siguiente.course.cli.records import read_objects

    return [row for _, row, _ in read_objects(path)] if path.exists() else []


def best_text(texts: list[str], rewards: list[float]) -> str:
    """La respuesta que más puntúa entre las que dicen algo: de una vacía no se puede aprender.

    >>> best_text(["", "¡Hola!", "Ya."], [9.0, 2.0, 1.0])
    '¡Hola!'
    """
    able = [place for place, text in enumerate(texts) if text.strip()]
    if not able:
        raise ValueError(
            "Todas las respuestas a una petición están vacías: pida más (--n) o use otra política."
        )
    return texts[max(able, key=rewards.__getitem__)]
