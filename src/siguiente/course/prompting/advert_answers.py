"""Los datos que Gemma escribe de unos anuncios, sin restricción: se escriben una vez y se anotan."""

import json
from collections.abc import Sequence
from typing import Any

from siguiente.course.data.adverts import load_adverts
from siguiente.language_models.sampling import generate_batch, greedy
from siguiente.language_models.scoring import text_nats
from siguiente.llm.files.loading import opened
from siguiente.prompting.few_shot import FewShotTemplate
from siguiente.prompting.labels import LabelledText
from siguiente.prompting.templates import Template
from siguiente.runtime.trained import Part, Run, Trained

BASE = "gemma-3-270m"
ASK = "Responda con un JSON que tenga producto, precio y ciudad."
ADVERTS = 10
LENGTH = 30  # tokens, como mucho
READ = 2  # respuestas que se vuelven a leer para comprobar los pesos
SHOTS = {"zero": 0, "three": 3}


def advert_prompts(shots: int) -> list[str]:
    """Los diez primeros anuncios de prueba, cada uno detrás de los primeros ejemplos resueltos.

    >>> [prompt.count("JSON:") for prompt in advert_prompts(3)[:2]]
    [4, 4]
    """
    template = FewShotTemplate(Template("Anuncio: <text>\nJSON:"), ASK)
    solved = [
        LabelledText(advert.text, json.dumps(advert.answer(), ensure_ascii=False))
        for advert in load_adverts("examples")
    ]
    return template.prompts([advert.text for advert in load_adverts("test")[:ADVERTS]], solved[:shots])


def load_free_answers(shots: int) -> list[str]:
    """Abre lo que Gemma escribe tras cada *prompt*, con 0 o 3 ejemplos; si falta, lo escribe."""
    names = {number: name for name, number in SHOTS.items()}
    return [text for some in ADVERT_ANSWERS.rows(names[shots]) for text in some]


def written(prompts: Sequence[str]) -> list[str]:
    """Lo más probable tras cada *prompt*, hasta una línea en blanco."""
    gemma = opened(BASE)
    [blank] = gemma.tokenizer.encode("\n\n")
    ids = [gemma.encode(text) for text in prompts]
    return [gemma.decode(row) for row in generate_batch(gemma.model, ids, LENGTH, greedy, blank)]


def sweep(part: Part) -> Run:
    """Escribe las respuestas, de dos en dos."""
    prompts = advert_prompts(SHOTS[part.name])
    reports = (written(prompts[start : start + READ]) for start in range(0, ADVERTS, READ))

    def measure(rows: list[Any]) -> list[float]:
        return [float(text_nats(opened(BASE), [text], context=prompts[0])) for text in rows[0]]

    return Run(None, reports, measure)


ADVERT_ANSWERS = Trained("advert-answers", __name__, sweep, parts=tuple(SHOTS))
