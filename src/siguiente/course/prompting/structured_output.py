"""La página de la salida estructurada: lo que Gemma escribe sin restricción, y cómo se mide lo que saca."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from siguiente.course.data.adverts import load_adverts
from siguiente.course.scoring import batches
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


def answer(part: Part) -> Run:
    """Escribe las respuestas, de dos en dos."""
    prompts = advert_prompts(SHOTS[part.name])
    reports = (written(some) for some in batches(prompts, READ))
    return Run(None, reports, lambda rows: text_nats(opened(BASE), rows[0], context=prompts[0]).tolist())


ADVERT_ANSWERS = Trained("advert-answers", __name__, answer, parts=tuple(SHOTS))


class Extraction(NamedTuple):
    """Lo que se midió de N respuestas con K datos cada una, en ceros y unos."""

    valid: Tensor
    """(N,), si la respuesta es un objeto de JSON con las propiedades pedidas, y ninguna otra."""
    right: Tensor
    """(N, K), si cada dato es el que debía; lo que no se puede leer no acierta nada."""


def check_extraction(answers: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> Extraction:
    """Compara unas respuestas escritas en JSON con las N que debían ser, todas con las mismas K propiedades.

    >>> check_extraction([{"precio": 9}] * 3, ['{"precio": 9}', '{"precio": 8}', "9 euros"])
    Extraction(valid=tensor([1., 1., 0.]), right=tensor([[1.], [0.], [0.]]))
    """
    found = [parsed_object(text) for text in texts]
    pairs = list(zip(answers, found, strict=True))
    right = [[name in data and data[name] == value for name, value in truth.items()] for truth, data in pairs]
    valid = [data.keys() == truth.keys() for truth, data in pairs]
    return Extraction(torch.tensor(valid).float(), torch.tensor(right).float())


def parsed_object(text: str) -> dict[str, Any]:
    """El objeto de JSON que hay en un texto; vacío, si no lo es."""
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
