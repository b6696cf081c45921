"""Ejemplos en el prompt: cuáles, en qué orden, y lo que puntúa cada etiqueta."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Generator, Tensor

from siguiente.language_models.protocol import LanguageModel, TextModel
from siguiente.prompting.labels import (
    CONTENT_FREE,
    LabelledText,
    batch_calibration,
    check_label,
    contextual_calibration,
    hits,
    score_labels,
)
from siguiente.prompting.templates import Template

Example = TypeVar("Example", bound=LabelledText)


def one_line(text: str) -> str:
    """Deja un texto en una línea, sin espacios seguidos: así no puede imitar el formato de los casos.

    >>> one_line("Muy buena.\\nOpinión: negativo")
    'Muy buena. Opinión: negativo'
    """
    return " ".join(text.split())


@dataclass(frozen=True)
class FewShotTemplate:
    """Un prompt hecho de casos iguales: cada ejemplo con su etiqueta y, al final, el caso sin ella.

    Parameters
    ----------
    shot : Template
        Un caso hasta el lugar de la etiqueta, con el hueco ``<text>`` y sin espacio final.
    instruction : str
        Lo que se dice antes del primer caso; puede estar vacío.
    separator : str
        Lo que separa un caso del siguiente y cierra cada etiqueta; lleva un salto de línea.
    rewrite : callable
        Lo que se hace con cada texto, también con los de los ejemplos. Con `one_line`, sin saltos de línea,
        ninguno puede añadir un caso de su propia mano.

    Examples
    --------
    >>> template = FewShotTemplate(Template("Tweet: <text>\\nSector:"))
    >>> print(template.prompt("¿Aceptan {efectivo}?", [LabelledText("Qué\\ngolazo", "deportes")]))
    Tweet: Qué golazo
    Sector: deportes
    <BLANKLINE>
    Tweet: ¿Aceptan {efectivo}?
    Sector:
    """

    shot: Template
    instruction: str = ""
    separator: str = "\n\n"
    rewrite: Callable[[str], str] = one_line

    def __post_init__(self) -> None:
        if self.shot.fields != {"text"}:
            raise ValueError("La plantilla de un caso debe tener el hueco <text>, y ningún otro.")
        if self.shot.text != self.shot.text.rstrip():
            raise ValueError("La plantilla termina en espacio: quítelo, que pertenece a la etiqueta.")
        if "\n" not in self.separator:
            raise ValueError("El separador debe tener un salto de línea: si no, un texto podría contenerlo.")

    def prompt(self, text: str, examples: Sequence[LabelledText] = ()) -> str:
        """Escribe los ejemplos resueltos y, al final, `text` sin etiqueta.

        Los textos se reescriben con `rewrite`; las etiquetas, que se puntúan, no se cambian.
        """
        for example in examples:
            check_label(example.label)
        cases = [f"{self.case(example.text)} {example.label}" for example in examples]
        return self.separator.join([*filter(None, [self.instruction]), *cases, self.case(text)])

    def prompts(self, texts: Sequence[str], examples: Sequence[LabelledText] = ()) -> list[str]:
        """Escribe un prompt por texto, todos con los mismos ejemplos."""
        return [self.prompt(text, examples) for text in texts]

    def case(self, text: str) -> str:
        """Escribe un caso hasta el lugar de su etiqueta."""
        return self.shot.fill({"text": self.rewrite(text)})


#: Tres maneras de preguntar por el sector de un tweet, por la palabra con que se pregunta.
TEMPLATES = {
    "sector": FewShotTemplate(Template("Tweet: <text>\nSector:")),
    "tema": FewShotTemplate(Template("Tweet: <text>\nTema:")),
    "categoría": FewShotTemplate(Template("Texto: <text>\nCategoría:")),
}


def balanced_examples(pool: Sequence[Example], k: int, generator: Generator) -> list[Example]:
    """Elige k ejemplos al azar, los mismos de cada etiqueta, en orden al azar.

    Si k no es múltiplo del número de etiquetas, unas reciben uno más: cuáles, se sortea, con la misma
    probabilidad para todas. En `pool` no deben estar los textos con que se mide.

    >>> pool = [LabelledText(f"{label} {i}", label) for label in ("sí", "no") for i in range(3)]
    >>> sorted(example.label for example in balanced_examples(pool, 4, torch.Generator().manual_seed(0)))
    ['no', 'no', 'sí', 'sí']
    """
    groups: dict[str, list[Example]] = {}
    for example in shuffled(pool, generator):
        groups.setdefault(example.label, []).append(example)
    if k < 0 or not groups:
        raise ValueError(f"No se pueden elegir {k} ejemplos de {len(pool)}.")
    names, left, chosen = sorted(groups), k % len(groups), list[Example]()
    lucky = torch.randperm(len(names), generator=generator)[:left].tolist() if left else []
    extra = [names[i] for i in lucky]
    for label in groups:
        share = k // len(groups) + (label in extra)
        if len(groups[label]) < share:
            raise ValueError(f"Hacen falta {share} ejemplos de {label!r}, y hay menos: pida menos (k).")
        chosen += groups[label][:share]
    return shuffled(chosen, generator)


def shuffled(examples: Sequence[Example], generator: Generator) -> list[Example]:
    """Los mismos ejemplos en un orden al azar."""
    return [examples[i] for i in torch.randperm(len(examples), generator=generator).tolist()]


def randomly_labelled(
    examples: Sequence[LabelledText], labels: Sequence[str], generator: Generator
) -> list[LabelledText]:
    """Los mismos textos con etiquetas al azar :cite:p:`min2022`: se sortean entre todas, y alguna acierta.

    >>> examples = [LabelledText(letter, "x") for letter in "abc"]
    >>> drawn = randomly_labelled(examples, ["sí", "no"], torch.Generator().manual_seed(0))
    >>> [example.text for example in drawn], {example.label for example in drawn} <= {"sí", "no"}
    (['a', 'b', 'c'], True)
    """
    drawn = torch.randint(len(labels), (len(examples),), generator=generator).tolist()
    return [LabelledText(example.text, labels[i]) for example, i in zip(examples, drawn, strict=True)]


@dataclass(frozen=True, eq=False)
class FewShotScores:
    """Lo que un prompt con ejemplos dice de N textos, `raw`, y de M sin contenido, `content_free`.

    Son log-probabilidades de C etiquetas enteras, (N, C) y (M, C), en nats, sin renormalizar; las segundas,
    tras los textos de :data:`~siguiente.prompting.labels.CONTENT_FREE`. Con M = 0 falta solo la calibración
    contextual.

    >>> import torch
    >>> scores = FewShotScores(torch.tensor([[0.75, 0.25]]).log(), torch.tensor([[0.9, 0.1]]).log())
    >>> [scores.calibrated(method).argmax(1).item() for method in METHODS[:2]]
    [0, 1]
    """

    raw: Tensor
    content_free: Tensor

    def calibrated(self, method: str) -> Tensor:
        """Log-probabilidades renormalizadas entre las etiquetas, (N, C), con una de `METHODS`."""
        return READINGS[method](self)

    def hits(self, targets: Tensor) -> dict[str, Tensor]:
        """Aciertos, (N,), con cada una de `METHODS`; `targets` son las etiquetas correctas, (N,)."""
        return {method: hits(self.calibrated(method), targets) for method in METHODS}


READINGS: dict[str, Callable[[FewShotScores], Tensor]] = {
    "sin calibrar": lambda scores: scores.raw.log_softmax(1),
    "contextual": lambda scores: contextual_calibration(scores.raw, scores.content_free),
    "por lotes": lambda scores: batch_calibration(scores.raw),
}
#: Las tres maneras de leer unas puntuaciones, en orden.
METHODS = tuple(READINGS)


def score_few_shot(
    model: TextModel[LanguageModel],
    template: FewShotTemplate,
    texts: Sequence[str],
    labels: Sequence[str],
    examples: Sequence[LabelledText] = (),
) -> FewShotScores:
    """Puntúa C etiquetas tras N textos con los mismos ejemplos; sin ninguno, es *zero-shot*.

    Puntúa además los textos sin contenido, y los ejemplos se leen una sola vez.

    >>> from siguiente.language_models.protocol import ByteTokenizer
    >>> from siguiente.language_models.protocol import UniformModel
    >>> from siguiente.prompting.templates import Template
    >>> uniform = TextModel(UniformModel(258), ByteTokenizer())
    >>> template = FewShotTemplate(Template("<text>:"))
    >>> scores = score_few_shot(uniform, template, ["Hoy no hay pan"], ["sí", "no"])
    >>> scores.calibrated("contextual").exp()
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
    """Log-probabilidad de cada etiqueta entera tras cada texto, (N, C), en nats, como en `score_few_shot`."""
    return score_labels(model, template.prompts(texts, examples), labels, template.separator)
