"""Las órdenes: el cuerpo de cada una, en un archivo con su nombre.

Un módulo tiene `add_options`, que declara lo que acepta, y `run`, que lo comprueba todo, trabaja y devuelve
lo que hay que decir. `siguiente.__main__` las reúne.
"""

COMMANDS = (
    "classify",
    "extract",
    "ask",
    "chat",
    "complete",
    "ngrams",
    "tokenizer",
    "train",
    "assistant",
    "sft",
    "reward",
    "best-of-n",
    "rl",
    "dpo",
    "monitor",
    "models",
    "cache",
)


def module_of(command: str) -> str:
    """El módulo de una orden.

    >>> module_of("best-of-n")
    'siguiente.commands.best_of_n'
    """
    return f"siguiente.commands.{command.replace('-', '_')}"
