"""Escribir solo lo que una gramática permite: se prohíben los tokens con que ya no se podría cumplir."""

import numpy as np
import torch
from torch import Tensor

from siguiente.language_models.protocol import Tokenizer
from siguiente.language_models.sampling import Adjust
from siguiente.prompting.fast.automaton import DEAD, START, automaton
from siguiente.prompting.fast.token_index import TokenIndex, tokenizer_tree


class Constraint:
    """Obliga a un modelo a escribir un texto que cumple un patrón, entero y sin nada más.

    El patrón es de los de :func:`~siguiente.prompting.fast.automaton.automaton`. El logit de un token que no
    se admite pasa a :math:`-\\infty`, y la probabilidad de los demás se renormaliza :cite:p:`willard2023`.
    Los tokens especiales no se admiten nunca, salvo el de final donde el texto ya cumple el patrón. Se
    trabaja con bytes, así que vale un token que es media letra. Con `length`, los tokens que se van a pedir,
    no se empieza nada que no dé tiempo a terminar; sin él, una respuesta larga puede quedar cortada.

    >>> from siguiente.language_models.sampling import complete
    >>> from siguiente.language_models.protocol import ByteTokenizer, TextModel
    >>> from siguiente.language_models.protocol import UniformModel
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
            raise ValueError(f"Hacen falta {fewest:.0f} tokens para cumplir el patrón y se piden {length}.")

    def adjust(self, written: Tensor, logits: Tensor) -> Tensor:
        """Prohíbe, con :math:`-\\infty`, los tokens con que el texto ya no podría cumplir el patrón.

        Los logits son los del token siguiente, (B, V); `written`, los tokens escritos tras el prompt, (B, t).
        """
        rows = np.stack([self.allowed(row) for row in written.tolist()])
        mask = torch.from_numpy(np.pad(rows, ((0, 0), (0, logits.shape[-1] - rows.shape[-1]))))
        return logits.masked_fill(~mask, -torch.inf)

    def allowed(self, written: list[int]) -> np.ndarray:
        """Los tokens que se admiten después de unos, (V,).

        >>> from siguiente.language_models.protocol import ByteTokenizer
        >>> np.flatnonzero(Constraint("a[ñb]?", ByteTokenizer()).allowed([97]))  # ñ son 195 y 177
        array([ 98, 195, 257])
        """
        ended = self.eos in written
        text = written[: written.index(self.eos)] if ended else written
        state = self.index.machine.read(b"".join(map(self._bytes, text)))
        if state == DEAD:
            raise ValueError("Lo escrito no cumple el patrón: restrinja desde el primer token.")
        left = -1 if ended else self.length - len(text) - 1  # tras el final no va nada
        allowed = self.index.allowed(state, left)
        allowed[self.eos] = self.index.machine.final[state]
        return allowed


def watched(adjust: Adjust, masses: list[Tensor]) -> Adjust:
    """Hace lo mismo que `adjust` y apunta en `masses`, por token, la probabilidad de lo que se admite, (B,).

    >>> from siguiente.language_models.protocol import ByteTokenizer
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
