"""Kneser-Ney, frente a un cálculo a mano con fracciones y frente a nltk."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.lm import KneserNeyInterpolated
from nltk.util import everygrams

from siguiente.language_models.kneser_ney import (
    continuation_counts,
    estimate_discount,
    kneser_ney,
)
from siguiente.language_models.ngram_counts import count_ngrams
from siguiente.language_models.scoring import score

END = 0
# «Francisco» sale más veces que «gafas», pero siempre detrás de «San».
TEXTS = ["San Francisco", "San Francisco", "San Francisco", "mis gafas", "tus gafas", "San Pedro"]
WORDS = {word: i for i, word in enumerate(["</s>", "San", "Francisco", "mis", "tus", "gafas", "Pedro", "o"])}


@pytest.fixture
def counts():
    rows = [[WORDS[word] for word in text.split()] for text in TEXTS]
    return count_ngrams(torch.tensor([END, *(i for row in rows for i in [*row, END])]), 2, len(WORDS), END)


def test_continuations_count_contexts_and_not_times(counts):
    times, kinds = counts.counts[0].tolist(), continuation_counts(counts)[0].tolist()
    assert (times[WORDS["Francisco"]], kinds[WORDS["Francisco"]]) == (3, 1)
    assert (times[WORDS["gafas"]], kinds[WORDS["gafas"]]) == (2, 2)
    assert sum(kinds) == counts.index.size(2)  # hay tantas como bigramas distintos


def test_the_example_by_hand(counts):
    """Tipos de bigrama: </s> sigue a 3 palabras; gafas, a 2; «o», a ninguna; las demás, a 1."""
    D, V = Fraction(3, 4), len(WORDS)
    kinds = {"</s>": 3, "San": 1, "Francisco": 1, "mis": 1, "tus": 1, "gafas": 2, "Pedro": 1, "o": 0}
    rest = D * 7 / 10  # siete palabras vistas, diez bigramas distintos
    unigram = {word: max(n - D, 0) / 10 + rest / V for word, n in kinds.items()}
    assert sum(unigram.values()) == 1
    after_san = {word: 2 * D / 4 * p for word, p in unigram.items()}  # Francisco, tres veces; Pedro, una
    after_san["Francisco"] += (3 - D) / 4
    after_san["Pedro"] += (1 - D) / 4
    assert sum(after_san.values()) == 1
    model = kneser_ney(counts, [float(D)] * 2)
    for context, expected in {"San": after_san, "o": unigram}.items():
        p = model.step(torch.tensor([[WORDS[context]]]))[0][0, 0].exp()
        torch.testing.assert_close(p, torch.tensor([float(expected[word]) for word in WORDS]))
    assert unigram["gafas"] > unigram["Francisco"]  # tras un contexto nuevo, gana quien sale en más sitios


@pytest.mark.parametrize(
    ("seen", "expected"), [([1, 1, 1, 2, 9], 0.6), ([1, 1, 3], 1.0), ([2, 2, 3], 0.5), ([0, 0], 0.5)]
)
def test_the_discount_comes_from_what_was_seen_once_and_twice(seen, expected):
    assert estimate_discount(torch.tensor(seen)) == pytest.approx(expected)


def test_grams_that_start_a_text_keep_their_counts():
    """Como en KenLM: nada puede ir delante de un comienzo, así que no hay continuaciones que contar."""
    counts = count_ngrams(torch.tensor([0, 1, 2, 0, 1, 2, 0, 3, 1, 2, 0]), 3, 4, END)
    grams = zip(counts.index.prefixes(2).tolist(), counts.index.tokens(2).tolist(), strict=True)
    seen = dict(zip(grams, continuation_counts(counts)[1].tolist(), strict=True))
    assert seen[END, 1] == 2  # dos comienzos
    assert seen[1, 2] == 2  # detrás del límite y detrás de 3, aunque sale tres veces
    assert seen[2, END] == 1


def nltk_model(letters, order, discount):
    model = KneserNeyInterpolated(order, discount=discount)
    model.fit([list(everygrams(letters, max_len=order))], sorted(set(letters)))
    return model


@settings(max_examples=30, deadline=None)
@given(
    ids=st.lists(st.integers(1, 4), min_size=8, max_size=40), order=st.integers(2, 4), d=st.floats(0.1, 0.9)
)
def test_equal_to_nltk_with_its_single_discount(ids, order, d):
    """nltk no mezcla los unigramas con nada (descuento 0) y no sabe de límites: aquí no hay ninguno.

    El texto da la vuelta para que todo n-grama tenga algo delante: si no, nltk divide por cero.
    """
    ids = ids + ids[: order - 1]
    letters = [str(i) for i in ids]
    peer = nltk_model(letters, order, d)
    ours = kneser_ney(count_ngrams(torch.tensor(ids), order, 10, boundary=9), [0.0] + [d] * (order - 1))
    context = ids[len(ids) // 2 :][: order - 1]
    for token in sorted(set(ids)):
        mine = ours.score(torch.tensor([[*context, token]]), start=len(context)).exp().item()
        assert mine == pytest.approx(peer.score(str(token), [str(i) for i in context]), abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(ids=st.lists(st.integers(0, 4), min_size=2, max_size=40), text=st.lists(st.integers(0, 9), max_size=8))
def test_no_token_is_impossible(ids, text):
    """También los que no se vieron: los bytes de una letra nueva deben poder escribirse."""
    model = kneser_ney(count_ngrams(torch.tensor(ids), 5, 10, END))
    assert score(model, torch.tensor([[0, *text, 9]])).isfinite().all()


def test_more_data_brings_it_to_the_truth():
    """De una cadena de Markov conocida, con 25 000 tokens, apenas cuesta más que su entropía."""
    generator = torch.Generator().manual_seed(0)
    table = torch.rand(6, 6, generator=generator).double().softmax(-1)
    table = (table**8) / (table**8).sum(-1, keepdim=True)
    ids = [1]
    for _ in range(30_000):
        ids.append(int(torch.multinomial(table[ids[-1]], 1, generator=generator)))
    stream = torch.tensor(ids)
    model = kneser_ney(count_ngrams(stream[:25_000], 3, 7, boundary=6), None)
    tail = stream[25_000:]
    truth = table[tail[:-1], tail[1:]].log().mean().item()
    assert truth - score(model, tail[None]).mean().item() == pytest.approx(0.0, abs=0.02)
    assert math.exp(-truth) < 6


@pytest.mark.parametrize("discounts", [[0.5], [0.5, 1.5], [-0.1, 0.5]])
def test_wrong_discounts_are_explained(counts, discounts):
    with pytest.raises(ValueError, match="un descuento entre 0 y 1 por orden"):
        kneser_ney(counts, discounts)
