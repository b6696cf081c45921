"""Las puntuaciones anotadas de los ataques: qué textos son, quién los elige y qué se puntuó."""

import pytest
import torch

from siguiente.course.data.injections import load_injections
from siguiente.course.data.reviews import OPINIONS
from siguiente.course.prompting.injection import (
    CANDIDATES,
    INJECTION_SCORES,
    PARTS,
    attacked,
    chosen,
    contrary,
    dodge,
    fixed_attacks,
    load_attack_scores,
    split_reviews,
)
from siguiente.prompting.injection import DEFENCES, without_orders

SHOTS, DESIGN, TEST = split_reviews()


def test_the_attacker_tries_with_other_reviews_than_those_of_the_measure():
    texts = [{review.text for review in some} for some in (SHOTS, DESIGN, TEST)]
    assert sum(map(len, texts)) == len(set.union(*texts)) == 128
    assert len(TEST) >= 100
    assert [sum(review.label == opinion for review in TEST) for opinion in OPINIONS] == [54, 54]


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_an_attack_follows_the_review_and_asks_for_the_contrary(candidate):
    for review, text in zip(TEST[:2], attacked(TEST[:2], candidate), strict=True):
        assert text.startswith(review.text)
        added = text.removeprefix(review.text).replace("\u200b", "")
        assert OPINIONS[1 - OPINIONS.index(review.label)] in added
        assert review.label not in added


def test_the_fixed_attacks_take_turns():
    texts, injections = fixed_attacks(TEST), load_injections()
    assert texts[71] == f"{TEST[71].text} {injections[1].attack_with('positivo')}"
    assert len(texts) == len(TEST)


def test_the_trick_hides_every_order_from_the_filter_and_nothing_from_a_person():
    texts = attacked(DESIGN, "dos casos")
    assert all(without_orders(text) != text for text in texts)
    for text in texts:
        assert without_orders(dodge(text)) == dodge(text)
        assert dodge(text).replace("\u200b", "") == text


def test_the_attacker_keeps_what_wins_most():
    """El tercero gana en todas; los demás, en ninguna."""
    goals = contrary(DESIGN)
    lost = torch.nn.functional.one_hot(1 - goals, 2).float()
    design = lost.expand(len(CANDIDATES), -1, -1).clone()
    design[2] = 1 - lost
    assert chosen(design) == list(CANDIDATES)[2]


@pytest.mark.parametrize("defence", PARTS)
def test_what_is_recorded_has_its_shape(defence):
    scores = load_attack_scores(defence)
    assert scores["design"].shape == (len(CANDIDATES), len(DESIGN), 2)
    assert all(scores[name].shape == (len(TEST), 2) for name in ("clean", "fixed", "adaptive"))
    assert all((x.exp().sum(-1) <= 1.001).all() for x in scores.values())


def test_each_defence_has_a_part():
    assert set(PARTS) == set(DEFENCES)
    with pytest.raises(ValueError, match="injection-scores no tiene 'marked'"):
        INJECTION_SCORES.part("marked")
