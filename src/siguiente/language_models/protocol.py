"""El protocolo: lo único que un modelo de lenguaje del curso debe saber hacer."""

from typing import Any, Protocol, Self

from torch import Tensor, nn

__all__ = ["LanguageModel", "State", "count_parameters"]


class State(Protocol):
    """Lo que un modelo recuerda de un prefijo: un contexto, un vector oculto o una caché de claves y valores.

    Un estado no cambia nunca: `LanguageModel.step` devuelve otro y el anterior sigue siendo válido.
    """

    def repeat(self, n: int) -> Self:
        """Repite cada fila `n` veces seguidas: (B, ...) pasa a (B·n, ...)."""
        ...

    def select(self, rows: Tensor) -> Self:
        """Elige filas por su índice: (B, ...) pasa a (len(rows), ...)."""
        ...


class LanguageModel(Protocol):
    """Asigna a cada prefijo de tokens los logits del token siguiente.

    Attributes
    ----------
    vocab_size : int
        Número de tokens del vocabulario, V.
    context_length : int or None
        Tokens que caben en el contexto; `None` si no hay límite.
    """

    @property
    def vocab_size(self) -> int: ...  # noqa: D102

    @property
    def context_length(self) -> int | None: ...  # noqa: D102

    def step(self, ids: Tensor, state: Any = None, last: int = 1) -> tuple[Tensor, Any]:
        """Lee T tokens en una pasada y devuelve los logits de las últimas posiciones.

        Parameters
        ----------
        ids : Tensor
            Tokens nuevos, (B, T), enteros de 64 bits, con T >= 1.
        state : State, optional
            Lo leído antes con este mismo modelo; sin él, el texto empieza aquí.
        last : int
            Cuántas posiciones finales necesitan logits, entre 1 y T.

        Returns
        -------
        tuple of (Tensor, State)
            Logits (B, last, V) en float32 y el estado nuevo.
        """
        ...


def count_parameters(model: nn.Module) -> int:
    """Los números que un modelo aprende; los compartidos, una vez.

    Examples
    --------
    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(weights.numel() for weights in model.parameters())
