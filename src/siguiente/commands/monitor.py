"""Vigila un entrenamiento con los registros de otros que salieron bien.

``siguiente monitor nuevo.jsonl --good bueno1.jsonl bueno2.jsonl``

Cada línea de un registro es una medida, como ``{"step": 20, "kl": 1.3, "words": 81.5}``: el paso y las
cifras que vigila, con el nombre que quiera. De cada cifra se mira cuánto se apartó de la primera medida, y la
alarma suena si es más de lo que se apartó en los entrenamientos buenos.
"""

import sys
from argparse import Namespace
from pathlib import Path

from siguiente.course.cli import command

STEP = "step"


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta."""
    add = parser.add_argument
    add("log", type=Path, metavar="REGISTRO", help="el registro del entrenamiento que se vigila")
    add(
        "--good", type=Path, nargs="+", required=True, metavar="REGISTRO", help="los de entrenamientos buenos"
    )
    add(
        "--passing",
        type=command.whole(0),
        default=0,
        metavar="N",
        help="buenos que pueden pasar (%(default)s)",
    )


def run(options: Namespace) -> command.Result:
    """Escribe una línea por cifra vigilada."""
    import torch

    from siguiente.alignment.monitoring import first_alarm, quiet_threshold
    from siguiente.course.report.numbers import number, percent

    steps, changes = read_changes(options.log)
    good = [read_changes(path)[1] for path in options.good]
    lines, alarms = [], {}
    for name, change in changes.items():
        if any(name not in each for each in good):
            raise ValueError(
                f"«{name}» no está en todos los registros buenos: quítela o mídala también en ellos."
            )
        threshold = quiet_threshold(torch.tensor([max(each[name]) for each in good]), options.passing)
        first = int(first_alarm(torch.tensor(change), threshold))
        alarms[name] = steps[first] if first < len(steps) else None
        said = "no suena" if alarms[name] is None else f"suena en el paso {number(steps[first])}"
        lines.append(f"{name}: {said} (umbral {number(threshold, 3)}).")
    false = (options.passing + 1) / (len(good) + 1)
    lines.append(f"Si es como los buenos, cada una suena en falso un {percent(false)} de las veces, o menos.")
    return command.Result("\n".join(lines), {"alarms": alarms, "false_alarms": false})


def read_changes(path: Path) -> tuple[list[float], dict[str, list[float]]]:
    """Los pasos de un registro y, de cada cifra, cuánto se apartó en cada medida de la primera."""
    from siguiente.course.cli.records import read_objects

    rows = [row for _, row, _ in read_objects(path)]
    if any(rows[0].keys() != row.keys() for row in rows) or STEP not in rows[0]:
        raise ValueError(
            f"{path.name}: hace falta al menos una medida, y en todas «{STEP}» y las mismas cifras."
        )
    if not all(is_finite(value) for row in rows for value in row.values()):
        raise ValueError(f"{path.name}: hay una cifra que no es un número finito: corríjala.")
    names = [name for name in rows[0] if name != STEP]
    return [row[STEP] for row in rows], {n: [abs(row[n] - rows[0][n]) for row in rows] for n in names}


def is_finite(value: object) -> bool:
    """Dice si un valor de JSON es un número con que se puede calcular: ni infinito ni de miles de cifras.

    >>> [is_finite(value) for value in (3, -0.5, True, "3", float("nan"), 10**400)]
    [True, True, False, False, False, False]
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max
