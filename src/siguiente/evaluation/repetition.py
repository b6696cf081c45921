"""Repetición: cuántas secuencias distintas hay en un texto."""

from collections.abc import Hashable, Sequence

__all__ = ["distinct_n"]


def distinct_n(tokens: Sequence[Hashable], n: int) -> float:
    """Proporción de n-gramas distintos entre todos los de un texto.

    Parameters
    ----------
    tokens : sequence
        Los tokens, o las palabras, en orden.
    n : int
        Cuántos seguidos forman un n-grama.

    Returns
    -------
    float
        Mayor que 0 y como mucho 1, que es no repetir ninguno. Baja al alargar el texto: solo se comparan
        textos de la misma longitud.

    Raises
    ------
    ValueError
        Si `n` es menor que 1 o si el texto no tiene tantos tokens.

    Notes
    -----
    Es la medida de :cite:t:`li2016`, que divide por los tokens y no por los n-gramas: casi lo mismo.

    Examples
    --------
    >>> round(distinct_n("la casa de la casa de la casa".split(), 2), 4)
    0.4286
    """
    if not 1 <= n <= len(tokens):
        raise ValueError(f"No hay n-gramas de {n} en un texto de {len(tokens)} tokens.")
    grams = [tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]
    return len(set(grams)) / len(grams)
