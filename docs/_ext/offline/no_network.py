"""La construcción se hace sin red: no se confía en que nada la use, se corta. `linkcheck` es la excepción."""

import sys
from typing import Any

from sphinx.application import Sphinx

from nbdeps.guard import LOCAL


def refuse(event: str, args: tuple[Any, ...]) -> None:
    """Gancho de auditoría: impide buscar o conectar con otra máquina."""
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if host not in LOCAL:
        raise PermissionError(f"El curso se construye sin red; algo intentó usar «{host}».")


def cut(app: Sphinx) -> None:
    """Corta la red de este proceso y de los que se dividan de él."""
    if app.builder.name != "linkcheck":
        sys.addaudithook(refuse)


def setup(app: Sphinx) -> dict[str, bool]:
    """Se corta antes de leer la primera página."""
    app.connect("builder-inited", cut)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
