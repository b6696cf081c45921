"""Lo que Gemma da a los sectores con otros ejemplos, otras plantillas o marcas: se puntúa una vez."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from siguiente.course.data.branded_tweets import BRANDS, load_branded_tweets
from siguiente.course.data.tweets import SECTORS, load_tweets
from siguiente.course.scoring import batches, scoring, thousandths
from siguiente.llm.files.loading import opened
from siguiente.prompting.few_shot import (
    TEMPLATES,
    FewShotScores,
    balanced_examples,
    randomly_labelled,
    score_texts,
    shuffled,
)
from siguiente.prompting.labels import CONTENT_FREE, LabelledText
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
CHOSEN = "categoría"  # la plantilla de la página
READ = 7  # tweets que se vuelven a puntuar para comprobar los pesos

DRAWS = 8  # sorteos de ejemplos de cada tamaño
CHANGED = 3  # sorteos que se repiten con otro orden o con otras etiquetas
REPEATED = 3  # ejemplos de más de una etiqueta, al buscar los sesgos
BIASED = 14  # tweets con que se buscan
#: Los tamaños de los sorteos.
SIZES = {"seven": 7, "fourteen": 14, "twenty-eight": 28}
#: Lo que se anota, que son los sorteos y los cambios que se hacen en ellos.
KINDS = (*SIZES, "reordered", "relabelled", "last", "repeated")

TRIED = 70  # tweets de desarrollo con que se elige la plantilla
TAUGHT = 14  # tweets con marca que sirven de ejemplos
TOGETHER = 20  # textos que se puntúan de cada vez
#: Las plantillas que la página no elige.
OTHER_TEMPLATES = tuple(name for name in TEMPLATES if name != CHOSEN)
#: Las maneras de llenar el hueco de la empresa, con la marca de su sector, sin marca o con la de otro sector.
BRANDED = "own-brand", "no-brand", "other-brand"


class Draw(NamedTuple):
    """Unos ejemplos y lo que Gemma dice con ellos delante."""

    examples: list[LabelledText]
    """Los ejemplos, en el orden del *prompt*."""
    scores: FewShotScores
    """Las puntuaciones de los tweets de prueba y de los textos sin contenido."""


def load_draws(kind: str) -> list[Draw]:
    """Abre los sorteos de una de las `KINDS`; si faltan, los puntúa.

    `seven`, `fourteen` y `twenty-eight` son ocho sorteos de ese número de ejemplos, con los 140 tweets de
    prueba. Los demás cambian los de siete: `reordered`, tres órdenes del primero; `relabelled`, los tres
    primeros con etiquetas al azar; `last` y `repeated`, el primero con cada sector al final o repetido, y
    solo 14 tweets.
    """
    pool = [case.text for case in load_tweets("examples")]
    return [
        Draw([LabelledText(pool[text], SECTORS[label]) for text, label in examples], split(rows))
        for examples, rows in FEW_SHOT_DRAWS.rows(kind)
    ]


def load_variant(kind: str) -> FewShotScores:
    """Abre las puntuaciones de una variante; si faltan, puntúa.
    Es una de `OTHER_TEMPLATES`, con los siete ejemplos del primer sorteo y 70 tweets de desarrollo, o una de
    `BRANDED`, con los tweets de :func:`branded_cases`.
    """
    return split([row for rows in FEW_SHOT_VARIANTS.rows(kind) for row in rows])


def split(rows: Sequence[Sequence[float]]) -> FewShotScores:
    """Separa las puntuaciones de los tweets de las de los textos sin contenido."""
    scores = torch.tensor(rows)
    return FewShotScores(*scores.split([len(scores) - len(CONTENT_FREE), len(CONTENT_FREE)]))


def example_sets(kind: str) -> list[list[LabelledText]]:
    """Los ejemplos de cada sorteo de una clase."""
    pool = load_tweets("examples")
    if kind in SIZES:
        return [balanced_examples(pool, SIZES[kind], seeded(draw)) for draw in range(DRAWS)]
    first, *_ = sets = example_sets("seven")[:CHANGED]
    if kind == "reordered":
        return [shuffled(first, seeded(10 + i)) for i in range(CHANGED)]
    if kind == "relabelled":
        return [randomly_labelled(shown, SECTORS, seeded(20 + i)) for i, shown in enumerate(sets)]
    if kind == "last":
        return [label_last(first, sector) for sector in SECTORS]
    return [label_repeated(first, pool, sector) for sector in SECTORS]


def seeded(seed: int) -> Generator:
    """Una fuente de azar con su semilla."""
    return Generator().manual_seed(seed)


def label_last(examples: Sequence[LabelledText], label: str) -> list[LabelledText]:
    """Gira los ejemplos hasta que el último tenga esa etiqueta.

    >>> examples = [LabelledText(text, label) for text, label in ("1a", "2b", "3c")]
    >>> "".join(example.text for example in label_last(examples, "a"))
    '231'
    """
    last = max(i for i, example in enumerate(examples) if example.label == label)
    return [*examples[last + 1 :], *examples[: last + 1]]


def label_repeated(
    examples: Sequence[LabelledText], pool: Sequence[LabelledText], label: str
) -> list[LabelledText]:
    """Pone delante de los ejemplos `REPEATED` más de una etiqueta; los que había siguen en su sitio.
    Ningún texto se enseña dos veces, aunque `pool` lo repita: se repite la etiqueta, no el caso.

    >>> pool = [LabelledText(text, label) for text, label in ("1a", "2b", "3b", "4b", "5b")]
    >>> "".join(example.text for example in label_repeated(pool[:2], pool, "b"))
    '34512'
    """
    shown = {example.text for example in examples}
    others = {case.text: case for case in pool if case.label == label and case.text not in shown}
    return [*list(others.values())[:REPEATED], *examples]


def branded_cases(kind: str) -> tuple[list[LabelledText], list[LabelledText]]:
    """Los 14 ejemplos y los 70 tweets de `BRANDED`, las maneras de llenar el hueco de la empresa.
    Con `other-brand`, los ejemplos llevan la marca de su sector y los tweets, la del siguiente.

    >>> [len(cases) for cases in branded_cases("no-brand")]
    [14, 70]
    """
    first, *rest = (BRANDS[sector] for sector in SECTORS)
    shifted = dict(zip(SECTORS, [*rest, first], strict=True))
    same = dict.fromkeys(SECTORS, "la empresa")
    ways = {"own-brand": (BRANDS, BRANDS), "no-brand": (same, same), "other-brand": (BRANDS, shifted)}
    taught, cases = ways[kind]
    return load_branded_tweets(taught)[:TAUGHT], load_branded_tweets(cases)[TAUGHT:]


def materials(kind: str) -> tuple[str, Sequence[LabelledText], Sequence[LabelledText]]:
    """La plantilla, los ejemplos y los tweets de una variante."""
    if kind in OTHER_TEMPLATES:
        return kind, example_sets("seven")[0], load_tweets("development")[:TRIED]
    return CHOSEN, *branded_cases(kind)


def scored(texts: Sequence[str], examples: Sequence[LabelledText], template: str = CHOSEN) -> Tensor:
    """Lo mismo que hace la página."""
    return score_texts(opened(BASE), TEMPLATES[template], texts, SECTORS, examples)


def score_draws(part: Part) -> Run:
    """Puntúa con todos los sorteos de una clase los tweets de prueba y los textos sin contenido."""
    sets, cases = example_sets(part.name), load_tweets("test")
    texts = [case.text for case in cases[: BIASED if part.name in ("last", "repeated") else len(cases)]]
    places = {case.text: place for place, case in enumerate(load_tweets("examples"))}

    def draws() -> Iterator[Any]:
        for examples in sets:
            written = [(places[shown.text], SECTORS.index(shown.label)) for shown in examples]
            yield written, thousandths(scored([*texts, *CONTENT_FREE], examples).tolist())

    return Run(None, draws(), lambda rows: scored(texts[:READ], sets[0]).flatten().tolist())


def score_variant(part: Part) -> Run:
    """Puntúa por tandas los tweets de una variante y los textos sin contenido."""
    template, examples, cases = materials(part.name)
    texts = [*(case.text for case in cases), *CONTENT_FREE]
    return scoring(lambda some: scored(some, examples, template), batches(texts, TOGETHER), texts[:READ])


FEW_SHOT_DRAWS = Trained("few-shot-draws", __name__, score_draws, parts=KINDS)
FEW_SHOT_VARIANTS = Trained("few-shot-variants", __name__, score_variant, parts=(*OTHER_TEMPLATES, *BRANDED))
