"""Puntuar muchos textos con los mismos ejemplos, con y sin calibrar."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from siguiente.data.labelled_text import LabelledText
from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.text import TextModel
from siguiente.prompting.calibration import CONTENT_FREE, batch_calibration, contextual_calibration
from siguiente.prompting.few_shot import FewShotTemplate
from siguiente.prompting.label_scoring import hits, score_labels

__all__ = ["METHODS", "FewShotScores", "score_few_shot", "score_texts"]

#: Las tres maneras de leer unas puntuaciones, en orden.
METHODS = ("sin calibrar", "contextual", "por lotes")


@dataclass(frozen=True, eq=False)
class FewShotScores:
    """Lo que un prompt con ejemplos dice de N textos y de M sin contenido.

    Attributes
    ----------
    raw : Tensor
        (N, C), log-probabilidad de cada etiqueta entera, en nats, sin renormalizar.
    content_free : Tensor
        (M, C), la misma tras los textos de :data:`~siguiente.prompting.calibration.CONTENT_FREE`. Con M = 0
        falta solo la calibración contextual.

    Examples
    --------
    >>> import torch
    >>> scores = FewShotScores(torch.tensor([[0.75, 0.25]]).log(), torch.tensor([[0.9, 0.1]]).log())
    >>> [scores.calibrated(method).argmax(1).item() for method in METHODS[:2]]
    [0, 1]
    """

    raw: Tensor
    content_free: Tensor

    def calibrated(self, method: str) -> Tensor:
        """Log-probabilidades renormalizadas entre las etiquetas, (N, C), con una de `METHODS`.

        Raises
        ------
        ValueError
            Si no es una de ellas o si faltan las puntuaciones que necesita.
        """
        plain, contextual, batch = METHODS
        if method == plain:
            return self.raw.log_softmax(1)
        if method == contextual:
            return contextual_calibration(self.raw, self.content_free)
        if method == batch:
            return batch_calibration(self.raw)
        raise ValueError(f"{method!r} no es una de las maneras de leer: {', '.join(METHODS)}.")

    def by_method(self) -> dict[str, Tensor]:
        """Log-probabilidades renormalizadas entre las etiquetas, (N, C), con cada una de `METHODS`."""
        return {method: self.calibrated(method) for method in METHODS}

    def hits(self, targets: Tensor) -> dict[str, Tensor]:
        """Aciertos, (N,), con cada una de `METHODS`; `targets` son las etiquetas correctas, (N,)."""
        return {method: hits(scores, targets) for method, scores in self.by_method().items()}


def score_few_shot(
    model: TextModel[LanguageModel],
    template: FewShotTemplate,
    texts: Sequence[str],
    labels: Sequence[str],
    examples: Sequence[LabelledText] = (),
) -> FewShotScores:
    """Puntúa todas las etiquetas de todos los textos con los mismos ejemplos.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    template : FewShotTemplate
        Cómo se escribe cada caso.
    texts : sequence of str
        N textos.
    labels : sequence of str
        C etiquetas.
    examples : sequence of LabelledText
        k casos resueltos; sin ninguno, es *zero-shot*.

    Returns
    -------
    FewShotScores
        Las puntuaciones de los textos y de los que no tienen contenido: los ejemplos se leen una sola vez.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> from siguiente.prompting.templates import Template
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> template = FewShotTemplate(Template("<text>:"))
    >>> scores = score_few_shot(uniform, template, ["Hoy no hay pan"], ["sí", "no"])
    >>> scores.by_method()["contextual"].exp()
    tensor([[0.5000, 0.5000]])
    """
    scores = score_texts(model, template, [*texts, *CONTENT_FREE], labels, examples)
    return FewShotScores(*scores.split([len(texts), len(CONTENT_FREE)]))


def score_texts(
    model: TextModel[LanguageModel],
    template: FewShotTemplate,
    texts: Sequence[str],
    labels: Sequence[str],
    examples: Sequence[LabelledText] = (),
) -> Tensor:
    """Log-probabilidad de cada etiqueta entera tras cada texto, (N, C), en nats.

    Los parámetros son los de `score_few_shot`, que puntúa además los textos sin contenido.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> from siguiente.prompting.templates import Template
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> score_texts(uniform, FewShotTemplate(Template("<text>:")), ["Hoy no hay pan"], ["sí", "no"]).shape
    torch.Size([1, 2])
    """
    return score_labels(model, template.prompts(texts, examples), labels, template.separator)
