"""Lo que Gemma da a los sectores con muchos sorteos de ejemplos: se puntúa una vez y se anota."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Generator

from siguiente.course.data.tweets import SECTORS, load_tweets
from siguiente.course.prompting.label_bias import label_last, label_repeated
from siguiente.llm.files.loading import opened
from siguiente.prompting.few_shot import (
    TEMPLATES,
    FewShotScores,
    balanced_examples,
    randomly_labelled,
    score_few_shot,
    shuffled,
)
from siguiente.prompting.labels import CONTENT_FREE, LabelledText
from siguiente.runtime.trained import Part, Run, Trained, thousandths

BASE = "gemma-3-270m"
DRAWS = 8  # sorteos de ejemplos de cada tamaño
CHANGED = 3  # sorteos que se repiten con otro orden o con otras etiquetas
BIASED = 14  # tweets con que se buscan los sesgos
READ = 7  # tweets que se vuelven a puntuar para comprobar los pesos
#: Los tamaños de los sorteos.
SIZES = {"seven": 7, "fourteen": 14, "twenty-eight": 28}
#: Lo que se anota, que son los sorteos y los cambios que se hacen en ellos.
KINDS = (*SIZES, "reordered", "relabelled", "last", "repeated")


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


def scored(texts: Sequence[str], examples: Sequence[LabelledText]) -> FewShotScores:
    """Lo mismo que hace la página, con su plantilla."""
    return score_few_shot(opened(BASE), TEMPLATES["categoría"], texts, SECTORS, examples)


def sweep(part: Part) -> Run:
    """Puntúa los tweets de prueba con todos los sorteos de una clase."""
    sets, cases = example_sets(part.name), load_tweets("test")
    texts = [case.text for case in cases[: BIASED if part.name in ("last", "repeated") else len(cases)]]
    places = {case.text: place for place, case in enumerate(load_tweets("examples"))}

    def draws() -> Iterator[Any]:
        for examples in sets:
            found = scored(texts, examples)
            written = [(places[shown.text], SECTORS.index(shown.label)) for shown in examples]
            yield written, thousandths(torch.cat([found.raw, found.content_free]).tolist())

    return Run(None, draws(), lambda rows: scored(texts[:READ], sets[0]).raw.flatten().tolist())


FEW_SHOT_DRAWS = Trained("few-shot-draws", __name__, sweep, parts=KINDS)
