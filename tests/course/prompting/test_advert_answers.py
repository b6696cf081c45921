"""Las respuestas anotadas a los anuncios."""

from siguiente.course.data.adverts import load_adverts
from siguiente.course.prompting.advert_answers import (
    ADVERTS,
    advert_prompts,
    load_free_answers,
)
from siguiente.course.prompting.extraction import check_extraction


def test_examples_teach_the_form():
    truth = [advert.answer() for advert in load_adverts("test")[:ADVERTS]]
    zero, three = (check_extraction(truth, load_free_answers(shots)) for shots in (0, 3))
    assert zero.valid.mean() < 0.5 < three.valid.mean()
    assert three.right.mean() > 0.6  # sin el token de comienzo, copia los datos de los ejemplos


def test_a_prompt_ends_where_the_answer_goes_and_has_its_examples_before():
    for shots in (0, 3):
        assert all(prompt.endswith("JSON:") for prompt in advert_prompts(shots))
        assert all(prompt.count("Anuncio:") == shots + 1 for prompt in advert_prompts(shots))
