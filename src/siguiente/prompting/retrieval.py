"""Buscar antes de preguntar: ordenar pasajes, medir si el bueno está arriba y decidir cuándo callar."""

import re
import unicodedata
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from siguiente.language_models.completions import score_options
from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.prompting.templates import Template

WORD = re.compile(r"\w+")
PASSAGE = Template("Texto: <passage>\n")
QUESTION = Template("Pregunta: <question>\nRespuesta:")
ASKED = Template("Texto: <passage>\nPregunta:")


def search_words(text: str) -> list[str]:
    """Las palabras con que se busca: en minúsculas y sin las que están en todas partes.

    Una letra con tilde se lee igual si el archivo la guarda en dos piezas, la letra y la tilde.

    >>> search_words("¿En qué vagón viajan las bicicletas?")
    ['vagón', 'viajan', 'bicicletas']
    """
    from bm25s.stopwords import STOPWORDS_SPANISH  # type: ignore[import-untyped]

    words = WORD.findall(unicodedata.normalize("NFC", text).lower())
    return [word for word in words if word not in STOPWORDS_SPANISH]


class Bm25:
    """Un índice que puntúa N pasajes por las palabras que comparten con la pregunta.

    Por cada palabra :math:`w` de la pregunta, un pasaje :math:`d` recibe

    .. math:: \\ln\\Bigl(1+\\frac{N-n_w+\\frac12}{n_w+\\frac12}\\Bigr)\\;
              \\frac{f_{w,d}}{f_{w,d}+k_1\\,(1-b+b\\,\\lvert d\\rvert/\\ell)},

    con :math:`n_w` pasajes que la tienen, :math:`f_{w,d}` veces en este, :math:`\\lvert d\\rvert` palabras
    frente a :math:`\\ell` de media, :math:`k_1=1{,}5` y :math:`b=0{,}75`. Lo calcula la biblioteca bm25s
    :cite:p:`robertson2009`.

    >>> Bm25(["El tren sale a las siete.", "La barca cruza la bahía."]).scores(["¿Cuándo sale el tren?"]) > 0
    tensor([[ True, False]])
    """

    def __init__(self, passages: Sequence[str]) -> None:
        from bm25s import BM25  # type: ignore[import-untyped]

        words = [search_words(passage) for passage in passages]
        if not any(words):
            raise ValueError("No hay dónde buscar: dé al menos un pasaje con palabras.")
        self._index = BM25()
        self._index.index(words, show_progress=False)

    def scores(self, questions: Sequence[str]) -> Tensor:
        """Puntúa cada pasaje para cada pregunta, (Q, N); 0 si no comparten ninguna palabra."""
        rows = []
        for question in questions:
            if not (words := search_words(question)):
                raise ValueError(f"La pregunta {question!r} no tiene palabras que buscar: escríbala entera.")
            rows.append(torch.from_numpy(self._index.get_scores(words)))
        return torch.stack(rows)


def cosine_scores(questions: Tensor, passages: Tensor) -> Tensor:
    """Coseno entre cada pregunta y cada pasaje: (Q, C) y (N, C) dan (Q, N).

    >>> cosine_scores(torch.tensor([[2.0, 0.0]]), torch.tensor([[5.0, 0.0], [0.0, 1.0]]))
    tensor([[1., 0.]])
    """
    return normalize(questions, dim=-1) @ normalize(passages, dim=-1).T


def best_passages(scores: Tensor, k: int) -> Tensor:
    """Los k pasajes mejor puntuados de cada pregunta, del mejor al peor: (Q, N) da (Q, k).

    >>> best_passages(torch.tensor([[0.1, 0.9, 0.5]]), 2)
    tensor([[1, 2]])
    """
    if not 1 <= k <= scores.shape[-1]:
        raise ValueError(f"Se piden {k} pasajes y hay {scores.shape[-1]}: pida entre 1 y {scores.shape[-1]}.")
    return scores.topk(k, dim=-1).indices


def ranks_of(scores: Tensor, targets: Tensor) -> Tensor:
    """En qué puesto queda el pasaje que responde a cada pregunta, (Q, N) y (Q,) dan (Q,): 1 es el primero.

    En un empate se cuenta el peor puesto.

    >>> ranks_of(torch.tensor([[0.1, 0.9, 0.5], [0.0, 0.0, 0.0]]), torch.tensor([2, 0]))
    tensor([2, 3])
    """
    return (scores >= scores.gather(1, targets.unsqueeze(1))).sum(1)


def recall_at_k(ranks: Tensor, k: int) -> Tensor:
    """Exhaustividad a k, pregunta por pregunta, (Q,): 1 si su pasaje está entre los k primeros.

    >>> recall_at_k(torch.tensor([1, 4, 2]), k=3)
    tensor([1., 0., 1.])
    """
    return (ranks <= k).float()


def mean_reciprocal_rank(ranks: Tensor) -> float:
    """Media del inverso del puesto: 1 si el pasaje sale siempre el primero.

    >>> mean_reciprocal_rank(torch.tensor([1, 2, 4, 4]))
    0.5
    """
    return (1 / ranks).double().mean().item()


def rerank(
    model: TextModel[LanguageModel],
    questions: Sequence[str],
    passages: Sequence[str],
    scores: Tensor,
    k: int,
) -> Tensor:
    """Vuelve a ordenar los k primeros pasajes de cada pregunta: gana el que hace más probable la pregunta.

    De las puntuaciones de la primera búsqueda, (Q, N), a otras, (Q, N): :math:`\\log p(q\\mid d)` en los que
    se leyeron y :math:`-\\infty` en los demás :cite:p:`sachan2022`.
    """
    best = best_passages(scores, k).tolist()
    pairs = [(i, j) for i, row in enumerate(best) for j in row]
    prompts = [ASKED.fill({"passage": " ".join(passages[j].split())}) for _, j in pairs]
    found = score_options(model, prompts, [[f" {questions[i]}"] for i, _ in pairs]).logprobs[:, 0]
    result = torch.full_like(scores, -torch.inf)
    rows, columns = torch.tensor(pairs).T
    result[rows, columns] = found
    return result


def abstention_threshold(confidence: Tensor, right: Tensor, target: float) -> float:
    """La puntuación mínima con que conviene responder, para acertar lo que se pide sin callar de más.

    Es el umbral más bajo con que, de lo que se responda, es cierta la proporción `target`. De cada pregunta
    de desarrollo se da la puntuación de su primer pasaje y si este responde, (Q,). Se elige con unas
    preguntas y se mide con otras: con las mismas, saldría bien por construcción.

    >>> right = torch.tensor([True, True, False, True, False])
    >>> abstention_threshold(torch.tensor([9.0, 8.0, 7.0, 6.0, 5.0]), right, target=0.75)
    6.0
    """
    candidates = confidence.unique()
    reached = torch.stack([right[confidence >= value].double().mean() >= target for value in candidates])
    if not reached.any():
        raise ValueError(f"Ningún umbral llega a acertar un {100 * target:.0f} %: pida menos o busque mejor.")
    return candidates[reached].min().item()


def chunks(text: str, size: int, step: int) -> list[str]:
    """Corta un texto en trozos de `size` palabras, uno cada `step`: si es menor que `size`, se pisan.

    >>> chunks("uno dos tres cuatro cinco", size=3, step=2)
    ['uno dos tres', 'tres cuatro cinco']
    """
    if not 1 <= step <= size:
        raise ValueError(f"Con trozos de {size} palabras, uno cada {step}, se perdería texto: baje `step`.")
    words = text.split()
    starts = range(0, max(len(words) - size, 0) + step, step)
    return [" ".join(words[start : start + size]) for start in starts]


def quotations(text: str, most: int) -> str:
    """El patrón de lo que se puede citar de un texto: de una a `most` palabras seguidas, tal como están.

    >>> quotations("Sale a las diez.", most=1)
    'Sale|a|las|diez'
    """
    words = text.split()
    spans = [" ".join(words[i : i + n]) for i in range(len(words)) for n in range(1, most + 1)]
    return "|".join(dict.fromkeys(re.escape(bare) for span in spans if (bare := span.strip(".,;:¿?¡!()«»"))))


def retrieval_prompt(question: str, passages: Sequence[str] = ()) -> str:
    """Escribe los pasajes, uno por línea, y después la pregunta, sin responder; sin pasajes, va sola.

    Lo que se inserta no se interpreta: llaves, comillas o saltos de línea de un documento no cambian el
    formato. Eso no impide que un documento lleve *instrucciones*.

    >>> print(retrieval_prompt("¿Cuánto vale?", ["Vale {dos}\\ncoronas."]))
    Texto: Vale {dos} coronas.
    Pregunta: ¿Cuánto vale?
    Respuesta:
    """
    *texts, asked = [" ".join(text.split()) for text in (*passages, question)]
    context = [PASSAGE.fill({"passage": text}) for text in texts]
    return "".join([*context, QUESTION.fill({"question": asked})])
