"""Las puntuaciones anotadas de los ataques: qué textos son y qué se puntuó."""

import pytest
import torch

from siguiente.course.data.injections import ATTACK_KINDS, load_injections
from siguiente.course.data.reviews import load_reviews
from siguiente.course.prompting.injection import (
    DEFENDED,
    DODGED,
    INJECTION_SCORES,
    attacks,
    dodge,
    load_attack_scores,
)
from siguiente.prompting.injection import without_orders

PARTS = (*DEFENDED.values(), DODGED)


def test_each_review_is_attacked_once_in_each_way_with_the_contrary_opinion():
    contrary = {"positivo": "negativo", "negativo": "positivo"}
    hosts, injections = load_reviews()[4:14], load_injections()
    for number, (text, injection) in enumerate(zip(attacks(), injections, strict=True)):
        host = hosts[number % 10]
        assert text == f"{host.text} {injection.attack_with(contrary[host.label])}"
    for number in range(10):
        assert {injection.kind for injection in injections[number::10]} == set(ATTACK_KINDS)


def test_the_trick_hides_every_order_from_the_filter_and_nothing_from_a_person():
    assert sum(without_orders(text) != text for text in attacks()) > 35
    for text in attacks():
        assert without_orders(dodge(text)) == dodge(text)
        assert dodge(text).replace("\u200b", "") == text


@pytest.mark.parametrize("part", PARTS)
def test_there_is_a_log_probability_for_each_attack_and_opinion(part):
    scores = load_attack_scores(part)
    assert scores.shape == (70, 2)
    assert (scores.exp().sum(1) <= 1.001).all()


def test_each_defence_gives_other_scores():
    scores = [load_attack_scores(part) for part in PARTS]
    assert not any(torch.equal(a, b) for i, a in enumerate(scores) for b in scores[:i])


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="injection-scores no tiene 'marked'"):
        INJECTION_SCORES.part("marked")
