"""Las respuestas anotadas a los anuncios, y qué cuenta como acierto."""

import pytest

from siguiente.course.data.adverts import load_adverts
from siguiente.course.prompting.structured_output import (
    ADVERTS,
    advert_prompts,
    check_extraction,
    load_free_answers,
)


def test_examples_teach_the_form():
    truth = [advert.answer() for advert in load_adverts("test")[:ADVERTS]]
    zero, three = (check_extraction(truth, load_free_answers(shots)) for shots in (0, 3))
    assert zero.valid.mean() < 0.5 < three.valid.mean()
    assert three.right.mean() > 0.6  # sin el token de comienzo, copia los datos de los ejemplos


def test_a_prompt_ends_where_the_answer_goes_and_has_its_examples_before():
    for shots in (0, 3):
        assert all(prompt.endswith("JSON:") for prompt in advert_prompts(shots))
        assert all(prompt.count("Anuncio:") == shots + 1 for prompt in advert_prompts(shots))


TRUTH = {"producto": "mesa", "precio": 9}


@pytest.mark.parametrize(
    ("text", "valid", "right"),
    [
        (' {"producto": "mesa", "precio": 9}', 1, [1, 1]),
        ('{"precio": 9, "producto": "silla"}', 1, [0, 1]),
        ('{"producto": "mesa"}', 0, [1, 0]),
        ('{"producto": "mesa", "precio": 9, "otro": 1}', 0, [1, 1]),
        ('{"producto": "mesa", "precio": 9', 0, [0, 0]),
        ('[{"producto": "mesa", "precio": 9}]', 0, [0, 0]),
        ('{"producto": "mesa", "precio": "9"}', 1, [1, 0]),
        ("", 0, [0, 0]),
    ],
)
def test_what_counts(text, valid, right):
    found = check_extraction([TRUTH], [text])
    assert found.valid.tolist() == [valid]
    assert found.right.tolist() == [right]


def test_as_many_answers_as_texts():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        check_extraction([TRUTH], [])
