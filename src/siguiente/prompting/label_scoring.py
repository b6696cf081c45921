"""Puntuar etiquetas: qué probabilidad tiene cada una, entera, tras un prompt."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from siguiente.data.labelled_text import LabelledText
from siguiente.language_models.completions import CompletionScores, score_completions
from siguiente.language_models.protocol import LanguageModel
from siguiente.language_models.text import TextModel
from siguiente.prompting.templates import TweetTemplate

__all__ = [
    "FORMS",
    "check_label",
    "hits",
    "label_completions",
    "label_indices",
    "mention_effect",
    "score_forms",
    "score_labels",
    "tweet_prompts",
]

#: Los nombres de las dos formas, en el orden en que se puntúan.
FORMS = ("libre", "con categorías")


def check_label(label: str) -> None:
    """Exige que una etiqueta se pueda escribir en un prompt sin cambiarle el formato.

    Raises
    ------
    ValueError
        Si está vacía, o tiene espacios alrededor o seguidos, o saltos de línea.

    Examples
    --------
    >>> check_label("banco central")
    >>> check_label("banco\\n\\nTexto: otro")
    Traceback (most recent call last):
    ...
    ValueError: Escriba la etiqueta 'banco\\n\\nTexto: otro' sin espacios alrededor ni saltos de línea.
    """
    if not label:
        raise ValueError("Hay una etiqueta vacía: escriba algo.")
    if label != " ".join(label.split()):
        raise ValueError(f"Escriba la etiqueta {label!r} sin espacios alrededor ni saltos de línea.")


def label_completions(labels: Sequence[str], separator: str = "\n\n") -> list[str]:
    """Las continuaciones que se puntúan: cada etiqueta con su espacio delante y, si hace falta, su cierre.

    Parameters
    ----------
    labels : sequence of str
        C etiquetas, sin espacios alrededor.
    separator : str
        Lo que cierra una etiqueta. Se añade a todas, y solo si alguna es el comienzo de otra: si no, «banco»
        ganaría siempre a «banco central», que la contiene.

    Returns
    -------
    list of str
        C continuaciones, en el mismo orden.

    Raises
    ------
    ValueError
        Si una etiqueta está vacía, repetida, con espacios de más o con saltos de línea.

    Examples
    --------
    >>> label_completions(["sí", "no"])
    [' sí', ' no']
    >>> label_completions(["banco", "banco central"], separator="\\n")
    [' banco\\n', ' banco central\\n']
    """
    for label in labels:
        check_label(label)
    if len(set(labels)) < len(labels):
        raise ValueError(f"Hay etiquetas repetidas: {', '.join(labels)}.")
    nested = any(a != b and b.startswith(a) for a in labels for b in labels)
    return [f" {label}{separator if nested else ''}" for label in labels]


def score_labels(
    model: TextModel[LanguageModel], prompts: Sequence[str], labels: Sequence[str], separator: str = "\n\n"
) -> Tensor:
    """Log-probabilidad de que cada prompt siga con cada etiqueta entera.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    prompts : sequence of str
        N textos, que terminan donde va la etiqueta, sin espacio final.
    labels : sequence of str
        C etiquetas.
    separator : str
        Lo que cierra una etiqueta; lo que se puntúa de cada una lo dice `label_completions`.

    Returns
    -------
    Tensor
        (N, C), en nats.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> score_labels(uniform, ["¿Hoy?"], ["sí", "no"]) / math.log(258)
    tensor([[-4., -3.]])
    """
    return score_completions(model, prompts, label_completions(labels, separator)).logprobs


def label_indices(cases: Sequence[LabelledText], labels: Sequence[str]) -> Tensor:
    """El número de la etiqueta de cada caso, (N,), de 0 a C - 1.

    Raises
    ------
    ValueError
        Si un caso tiene una etiqueta que no está en la lista.

    Examples
    --------
    >>> label_indices([LabelledText("Qué golazo", "deportes")], ["bancos", "deportes"])
    tensor([1])
    """
    if unknown := {case.label for case in cases} - set(labels):
        raise ValueError(f"{min(unknown)!r} no está entre las etiquetas: {', '.join(labels)}.")
    return torch.tensor([labels.index(case.label) for case in cases])


def tweet_prompts(templates: Sequence[TweetTemplate], tweet: str, user: str = "@ana") -> list[str]:
    """Rellena cada plantilla con un tweet: primero la forma libre y después la que nombra las categorías.

    Examples
    --------
    >>> from siguiente.prompting.templates import TWEET_TEMPLATES
    >>> tweet_prompts(TWEET_TEMPLATES[:1], "Hoy no hay pan")[0]
    'El usuario @ana publicó en su feed: Hoy no hay pan. Este tweet hace referencia a'
    """
    values = {"usuario": user, "tweet": tweet}
    return [form.fill(values) for template in templates for form in (template.free, template.listed)]


def score_forms(
    model: TextModel[LanguageModel],
    templates: Sequence[TweetTemplate],
    tweets: Sequence[str],
    labels: Sequence[str],
) -> CompletionScores:
    """Puntúa cada etiqueta entera con todas las plantillas, en una sola pasada.

    Parameters
    ----------
    model : TextModel
        El modelo y su tokenizador.
    templates : sequence of TweetTemplate
        K plantillas, cada una con sus dos formas.
    tweets : sequence of str
        N textos.
    labels : sequence of str
        C etiquetas, con su espacio inicial.

    Returns
    -------
    CompletionScores
        Tensores (N, K, 2, C); las dos formas, en el orden de ``FORMS``.

    Notes
    -----
    Lo que comparten las plantillas de un tweet, que es el tweet, se lee una vez.

    Examples
    --------
    >>> from siguiente.language_models.text import ByteTokenizer
    >>> from siguiente.language_models.uniform import UniformModel
    >>> from siguiente.prompting.templates import TWEET_TEMPLATES
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> score_forms(uniform, TWEET_TEMPLATES, ["Hoy no hay pan"], [" sí", " no"]).logprobs.shape
    torch.Size([1, 12, 2, 2])
    """
    prompts = [prompt for tweet in tweets for prompt in tweet_prompts(templates, tweet)]
    scores = score_completions(model, prompts, labels)
    shape = len(tweets), len(templates), len(FORMS), len(labels)
    return CompletionScores(scores.logprobs.view(shape), scores.tokens.view(shape))


def hits(scores: Tensor, targets: Tensor) -> Tensor:
    """Aciertos al elegir la etiqueta más probable.

    Parameters
    ----------
    scores : Tensor
        (N, ..., C), en nats: por texto, una o muchas preguntas.
    targets : Tensor
        (N,), la etiqueta correcta de cada texto, de 0 a C - 1.

    Returns
    -------
    Tensor
        (N, ...): 1 si acierta y 0 si no.

    Examples
    --------
    >>> import torch
    >>> hits(torch.tensor([[[[-1.0, -2.0], [-3.0, -2.0]]]]), torch.tensor([0]))
    tensor([[[1., 0.]]])
    """
    return (scores.argmax(-1) == targets.view(-1, *[1] * (scores.ndim - 2))).float()


def mention_effect(scores: Tensor) -> Tensor:
    """Cuánto sube la probabilidad total de las etiquetas cuando el prompt las nombra.

    Parameters
    ----------
    scores : Tensor
        (N, K, 2, C), en nats.

    Returns
    -------
    Tensor
        (N, K), en órdenes de magnitud: 1 significa diez veces más probable.

    Examples
    --------
    >>> import torch
    >>> free, listed = torch.tensor([0.001, 0.001]).log(), torch.tensor([0.1, 0.1]).log()
    >>> mention_effect(torch.stack([free, listed]).view(1, 1, 2, 2))
    tensor([[2.]])
    """
    free, listed = scores.logsumexp(-1).unbind(2)
    return (listed - free) / math.log(10)
