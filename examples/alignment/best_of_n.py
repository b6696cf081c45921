"""Lo mejor de n: escribe varias respuestas a cada petición y se queda con la que más puntúa.

``python -m nox -s example -- alignment/best_of_n gustos.jsonl --reward mi_recompensa/reward.safetensors``

De cada línea cuenta ``"prompt"``. Sin archivo, pide cuentos; sin ``--reward``, puntúa el modelo de recompensa
de los cuentos. No entrena nada: lo elegido va a ``answers.jsonl``, con que se puede ajustar otra política
(``alignment/sft``). Si se interrumpe, la misma orden sigue donde estaba.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from siguiente.course.cli import scripts


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, responde y dice dónde está lo elegido."""
    parser = scripts.make_parser(__doc__, "best_of_n")
    add = parser.add_argument
    add("--n", type=int, default=16, metavar="N", help="respuestas por petición (%(default)s)")
    add("--limit", type=int, default=50, metavar="N", help="peticiones, como mucho (%(default)s)")
    add("--reward", type=Path, metavar="ARCHIVO", help="lo que escribió alignment/reward_model")
    return scripts.run_script(parser, run, given)


def run(options: argparse.Namespace) -> str:
    """Responde lo que falta, guarda cada elección y la figura, y devuelve lo que se ganó."""
    import torch
    from tqdm import tqdm

    from siguiente.alignment.reward_model import score_texts
    from siguiente.alignment.rollouts import sample_answers
    from siguiente.course.cli import own_data
    from siguiente.course.report.numbers import number
    from siguiente.evaluation.selection import best_of_n, best_of_n_kl, select_best
    from siguiente.runtime.store import write_atomically

    folder, n = options.out, options.n
    if n < 1:
        raise ValueError(f"--n debe ser al menos 1, y vale {n}.")
    prompts = own_data.open_prompts(options.data)[: max(1, options.limit)]
    policy = own_data.open_policy(options.policy)
    reward, room = own_data.open_reward(options.reward, policy), own_data.answer_room(policy, prompts)
    scripts.open_folder(options)
    path = folder / scripts.ANSWERS
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    for place in tqdm(range(len(lines), len(prompts)), "Peticiones", len(prompts), initial=len(lines)):
        generator, asked = torch.Generator().manual_seed(options.seed * 1_000_003 + place), [prompts[place]]
        texts = sample_answers(policy, asked, generator, room, n).texts
        rewards = score_texts(reward, policy, asked * n, texts)
        best = texts[int(select_best(torch.tensor(rewards)))]
        row = {"prompt": prompts[place], "completion": best, "rewards": rewards}
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
        write_atomically(path, "".join(lines))
    scores = torch.tensor([json.loads(line)["rewards"] for line in lines], dtype=torch.double)  # (N, n)
    gains = [best_of_n(scores, scores, k).mean().item() for k in range(1, n + 1)]
    scripts.save_curves(folder / scripts.FIGURE, {"Recompensa de la mejor": {"lo mejor de n": gains}}, "n")
    return (
        f"\n{json.loads(lines[0])['completion']}\n\nDe {number(gains[0], 2)} a {number(gains[-1], 2)} de "
        f"recompensa, con una divergencia de {number(best_of_n_kl(n), 2)} nats como mucho.\n"
        f"{scripts.written(folder, scripts.ANSWERS, scripts.FIGURE)}"
    )


if __name__ == "__main__":
    sys.exit(main())
