"""Vigilar un entrenamiento con los registros de otros que salieron bien.

``python -m nox -s example -- alignment/monitoring nuevo.jsonl --good bueno1.jsonl bueno2.jsonl``

Cada línea de un registro es una medida, como ``{"step": 20, "kl": 1.3, "words": 81.5}``: el paso y las
cifras que vigila, con el nombre que quiera. De cada cifra se mira cuánto se apartó de la primera medida, y la
alarma suena si es más de lo que se apartó en los entrenamientos buenos.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from siguiente.course.cli import scripts

STEP = "step"


def main(given: Sequence[str] | None = None) -> int:
    """Lee las opciones, elige los umbrales y dice cuándo sonó cada alarma."""
    parser = scripts.new_parser(__doc__)
    add = parser.add_argument
    add("log", type=Path, metavar="REGISTRO", help="el registro del entrenamiento que se vigila")
    add(
        "--good", type=Path, nargs="+", required=True, metavar="REGISTRO", help="los de entrenamientos buenos"
    )
    add("--passing", type=int, default=0, metavar="N", help="buenos que pueden pasar el umbral (%(default)s)")
    return scripts.run_script(parser, run, given, stopped=".")


def run(options: argparse.Namespace) -> str:
    """Escribe una línea por cifra vigilada."""
    import torch

    from siguiente.alignment.monitoring import first_alarm, quiet_threshold
    from siguiente.course.report.numbers import number, percent

    steps, changes = read_changes(options.log)
    good = [read_changes(path)[1] for path in options.good]
    lines = []
    for name, change in changes.items():
        if any(name not in each for each in good):
            raise ValueError(
                f"«{name}» no está en todos los registros buenos: quítela o mídala también en ellos."
            )
        threshold = quiet_threshold(torch.tensor([max(each[name]) for each in good]), options.passing)
        first = int(first_alarm(torch.tensor(change), threshold))
        said = f"suena en el paso {number(steps[first])}" if first < len(steps) else "no suena"
        lines.append(f"{name}: {said} (umbral {number(threshold, 3)}).")
    false = percent((options.passing + 1) / (len(good) + 1))
    return "\n".join(
        [*lines, f"Si es como los buenos, cada una suena en falso un {false} de las veces, o menos."]
    )


def read_changes(path: Path) -> tuple[list[float], dict[str, list[float]]]:
    """Los pasos de un registro y, de cada cifra, cuánto se apartó en cada medida de la primera."""
    rows = [json.loads(line) for line in path.read_text("utf8").splitlines() if line.strip()]
    if not rows or any(rows[0].keys() != row.keys() for row in rows) or STEP not in rows[0]:
        raise ValueError(
            f"{path.name}: hace falta al menos una medida, y en todas «{STEP}» y las mismas cifras."
        )
    names = [name for name in rows[0] if name != STEP]
    return [row[STEP] for row in rows], {n: [abs(row[n] - rows[0][n]) for row in rows] for n in names}


if __name__ == "__main__":
    sys.exit(main())
