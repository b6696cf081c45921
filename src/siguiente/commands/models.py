"""Enumera los modelos que el curso conoce, con su licencia, y si ya están listos en este equipo.

``siguiente models``

Los nombres valen para ``--model``, que admite también la carpeta de un modelo guardado con transformers.
"""

from argparse import Namespace

from siguiente.course.cli import command


def add_options(parser: command.Parser) -> None:
    """Declara lo que la orden acepta, que es nada."""


def run(options: Namespace) -> command.Result:
    """Una línea por modelo."""
    from siguiente.course.cli.models import ASSISTANT
    from siguiente.llm.files.catalogue import CATALOGUE
    from siguiente.llm.files.checkpoints import checkpoint_key
    from siguiente.runtime.store import directory, is_intact

    kinds = {"base": "continúa textos", "chat": "conversa, en inglés"}
    lines, facts = [], []
    for card in CATALOGUE:
        ready = is_intact(directory(card.name, checkpoint_key(card)))
        state = "listo" if ready else "se prepara la primera vez que se usa"
        lines.append(
            f"{card.name}: {card.title}, {card.quantisation}; {kinds[card.kind]}. {card.licence}. {state}."
        )
        facts.append({"name": card.name, "title": card.title, "licence": card.licence, "ready": ready})
    lines.append(f"{ASSISTANT}: Gemma con lo que el curso le enseñó; responde en español. Es para chat.")
    return command.Result("\n".join(lines), {"models": facts})
