"""La página de continuar textos: los números enteros, cifra a cifra."""

from collections.abc import Sequence

from torch import Tensor

from siguiente.language_models.completions import score_completions
from siguiente.language_models.protocol import LanguageModel, TextModel

# Cosas masculinas a las que se pone nota: «a este … le doy un».
RATED_THINGS = (
    "restaurante",
    "hotel",
    "libro",
    "disco",
    "vino",
    "partido",
    "concierto",
    "museo",
    "postre",
    "curso",
    "viaje",
    "teléfono",
)


def whole_number_probabilities(
    model: TextModel[LanguageModel], prompts: Sequence[str], numbers: Sequence[int]
) -> Tensor:
    """Probabilidad, (P, M), de que cada prompt siga con cada número y después con algo que no es una cifra.

    :math:`P(n, \\text{no cifra}) = P(n) - \\sum_{d=0}^{9} P(nd)`. Un decimal como «8,5» cuenta como 8. El
    tokenizador ha de escribir los números cifra a cifra, y los prompts no terminan en espacio.

    >>> from siguiente.language_models.protocol import ByteTokenizer, UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> p = whole_number_probabilities(uniform, ["Le doy un"], [7])
    >>> round(p.item() * 258**2 / (1 - 10 / 258), 4)
    1.0
    """
    words = [f" {number}" for number in numbers]
    longer = [f"{word}{digit}" for word in words for digit in range(10)]
    for word, prefix in zip(longer, (word for word in words for _ in range(10)), strict=True):
        tokens = model.tokenizer.encode(prefix)
        if model.tokenizer.encode(word)[: len(tokens)] != tokens:
            raise ValueError(f"El tokenizador no escribe{word} cifra a cifra: no se puede restar.")
    probabilities = score_completions(model, prompts, [*words, *longer]).logprobs.exp()
    whole, continued = probabilities.split([len(words), len(longer)], 1)
    return whole - continued.view(len(prompts), len(words), 10).sum(2)
