"""Lo que Gemma da a los sectores con otras plantillas y con marcas: se puntúa una vez y se anota."""

from collections.abc import Sequence

from torch import Tensor

from siguiente.course.data.branded_tweets import BRANDS, load_branded_tweets
from siguiente.course.data.tweets import SECTORS, load_tweets
from siguiente.course.prompting.few_shot_draws import example_sets, split
from siguiente.llm.files.loading import opened
from siguiente.prompting.few_shot import TEMPLATES, FewShotScores, score_texts
from siguiente.prompting.labels import CONTENT_FREE, LabelledText
from siguiente.runtime.trained import Part, Run, Trained, thousandths

BASE = "gemma-3-270m"
CHOSEN = "categoría"  # la plantilla de la página
TRIED = 70  # tweets de desarrollo con que se elige la plantilla
TAUGHT = 14  # tweets con marca que sirven de ejemplos
TOGETHER = 20  # textos que se puntúan de cada vez
READ = 7  # tweets que se vuelven a puntuar para comprobar los pesos
#: Las plantillas que la página no elige.
OTHER_TEMPLATES = tuple(name for name in TEMPLATES if name != CHOSEN)
#: Las maneras de llenar el hueco de la empresa, con la marca de su sector, sin marca o con la de otro sector.
BRANDED = "own-brand", "no-brand", "other-brand"


def load_variant(kind: str) -> FewShotScores:
    """Abre las puntuaciones de una variante; si faltan, puntúa.
    Es una de `OTHER_TEMPLATES`, con los siete ejemplos del primer sorteo y 70 tweets de desarrollo, o una de
    `BRANDED`, con los tweets de :func:`branded_cases`.
    """
    return split([row for rows in FEW_SHOT_VARIANTS.rows(kind) for row in rows])


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


def sweep(part: Part) -> Run:
    """Puntúa por tandas los tweets de una variante y los textos sin contenido."""
    name, examples, cases = materials(part.name)
    texts = [*(case.text for case in cases), *CONTENT_FREE]

    def scored(some: Sequence[str]) -> Tensor:
        return score_texts(opened(BASE), TEMPLATES[name], some, SECTORS, examples)

    batches = (texts[start : start + TOGETHER] for start in range(0, len(texts), TOGETHER))
    reports = (thousandths(scored(batch).tolist()) for batch in batches)
    return Run(None, reports, lambda rows: scored(texts[:READ]).flatten().tolist())


FEW_SHOT_VARIANTS = Trained("few-shot-variants", __name__, sweep, parts=(*OTHER_TEMPLATES, *BRANDED))
