"""Decodificación restringida: solo se escribe lo que puede terminar cumpliendo un patrón."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from siguiente.language_models.sampling import Adjust
from siguiente.language_models.text import Tokenizer
from siguiente.prompting.automaton import DEAD, START, automaton
from siguiente.prompting.token_index import ByteTree, TokenIndex, byte_tree

__all__ = ["Constraint", "tokenizer_tree", "watched"]


@lru_cache(maxsize=4)
def tokenizer_tree(tokenizer: Tokenizer) -> ByteTree:
    """El árbol de bytes de un tokenizador; el de los últimos que se usaron se recuerda.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> [len(level.parents) for level in tokenizer_tree(ByteTokenizer()).levels]
    [256]
    """
    return byte_tree(tokenizer.token_bytes(token) for token in range(tokenizer.vocab_size))


class Constraint:
    """Obliga a un modelo a escribir un texto que cumple un patrón, entero y sin nada más.

    Parameters
    ----------
    pattern : str
        Una expresión regular, como las de :func:`~siguiente.prompting.automaton.automaton`.
    tokenizer : Tokenizer
        El del modelo.
    length : int, optional
        Los tokens que se van a pedir. Con él, la respuesta siempre está completa: no se empieza nada que no
        dé tiempo a terminar. Sin él, una respuesta larga puede quedar cortada.

    Raises
    ------
    ValueError
        Si el patrón no sirve, si el vocabulario no puede escribirlo, si el tokenizador no tiene token de
        final o si `length` no alcanza para ninguna respuesta.

    Notes
    -----
    El logit de un token que no se admite pasa a :math:`-\\infty`, y la probabilidad de los demás se
    renormaliza :cite:p:`willard2023`. Los tokens especiales no se admiten nunca, salvo el de final donde el
    texto ya cumple el patrón. Se trabaja con bytes, así que vale un token que es media letra.

    Examples
    --------
    >>> from siguiente.language_models.sampling import complete
    >>> from siguiente.language_models.text import ByteTokenizer, TextModel
    >>> from siguiente.language_models.uniform import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> constraint = Constraint("(sí|no), señor", uniform.tokenizer, length=12)
    >>> complete(uniform, "¿Sí?", length=12, adjust=constraint.adjust)
    ['no, señor']
    """

    def __init__(self, pattern: str, tokenizer: Tokenizer, length: int | None = None) -> None:
        if tokenizer.eos_id is None:
            raise ValueError("Este tokenizador no tiene token de final: no se sabría dónde termina el texto.")
        self.index = TokenIndex(automaton(pattern), tokenizer_tree(tokenizer))  # type: ignore[arg-type]
        self.eos, self.length = tokenizer.eos_id, np.inf if length is None else length
        self._bytes = tokenizer.token_bytes
        fewest = self.index.fewest[START]
        if fewest == np.inf:
            raise ValueError(f"El vocabulario no puede escribir ningún texto que cumpla {pattern[:60]!r}.")
        if fewest > self.length:
            raise ValueError(
                f"Hacen falta {fewest:.0f} tokens para cumplir el patrón y se piden {length}: pida más."
            )

    def adjust(self, written: Tensor, logits: Tensor) -> Tensor:
        """Prohíbe los tokens con que el texto ya no podría cumplir el patrón.

        Parameters
        ----------
        written : Tensor
            Los tokens escritos hasta ahora, (B, t), sin los del prompt.
        logits : Tensor
            Los del token siguiente, (B, V).

        Returns
        -------
        Tensor
            (B, V), con :math:`-\\infty` donde no se admite.

        Raises
        ------
        ValueError
            Si lo escrito no cumple el patrón o si los logits son de otro vocabulario.
        """
        rows = [self.allowed(row) for row in written.tolist()]
        extra = logits.shape[-1] - len(rows[0])
        if extra < 0:
            raise ValueError(f"Hay {logits.shape[-1]} logits y el tokenizador tiene {len(rows[0])} tokens.")
        mask = torch.from_numpy(np.pad(np.stack(rows), ((0, 0), (0, extra))))
        return logits.masked_fill(~mask, -torch.inf)

    def allowed(self, written: list[int]) -> np.ndarray:
        """Los tokens que se admiten después de unos, (V,).

        Examples
        --------
        >>> from siguiente.language_models.text import ByteTokenizer
        >>> np.flatnonzero(Constraint("a[ñb]?", ByteTokenizer()).allowed([97]))  # ñ son 195 y 177
        array([ 98, 195, 257])
        """
        text = written[: written.index(self.eos)] if self.eos in written else written
        pieces = [self._bytes(token) for token in text]
        state = self.index.machine.read(b"".join(pieces))
        if (
            state == DEAD
            or not all(pieces)
            or (len(text) < len(written) and not self.index.machine.final[state])
        ):
            raise ValueError(
                "Lo escrito no cumple el patrón: la restricción debe estar desde el primer token."
            )
        if len(text) < len(written):
            allowed = np.zeros(len(self.index.tree.nodes), dtype=bool)
        else:
            allowed = self.index.allowed(state, self.length - len(text) - 1)
        allowed[self.eos] = self.index.machine.final[state]
        return allowed


def watched(adjust: Adjust, masses: list[Tensor]) -> Adjust:
    """Hace lo mismo que `adjust` y apunta, antes de cada token, qué probabilidad tenía lo que se admite.

    Parameters
    ----------
    adjust : callable
        :meth:`Constraint.adjust`.
    masses : list of Tensor
        Donde se apunta: (B,) por token escrito, entre 0 y 1.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> masses = []
    >>> adjust = watched(Constraint("a|b", ByteTokenizer()).adjust, masses)
    >>> adjusted = adjust(torch.empty(1, 0, dtype=torch.long), torch.zeros(1, 258))
    >>> round(masses[0].item() * 258, 4)
    2.0
    """

    def watching(written: Tensor, logits: Tensor) -> Tensor:
        kept = adjust(written, logits)
        masses.append((kept.logsumexp(-1) - logits.logsumexp(-1)).exp())
        return kept

    return watching
