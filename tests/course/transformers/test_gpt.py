"""Los dos sentidos de una palabra, y el gemelo que se anota, con la forma y los pasos del GPT pequeño."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from siguiente.course.transformers import gpt as page
from siguiente.course.transformers.gpt import (
    SMALL_TRAINING,
    STORY_TWIN,
    cut_at_phrase,
    layer_vectors,
    load_story_twin,
    nearest_centroid,
    small_config,
)
from siguiente.language_models.words import END, WordTokenizer
from siguiente.runtime.recipe import Recipe
from siguiente.transformers.gpt import GPT, GPTConfig
from siguiente.transformers.masked import MaskedModel

VOCAB = 300

TEXTS = ["Ana guardó sus monedas en el banco del pueblo", "Luis se sentó a la sombra en el banco"]
TOKENIZER = WordTokenizer.from_texts(TEXTS)
MODEL = GPT(GPTConfig(TOKENIZER.vocab_size, context_length=16, layers=2, heads=2, channels=8), seed=3)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_cut_ends_in_the_word_and_keeps_what_precedes_it():
    rows = cut_at_phrase(TOKENIZER, TEXTS, " banco", before=3).tolist()
    assert [TOKENIZER.decode(row) for row in rows] == [" monedas en el banco", " sombra en el banco"]


def test_only_the_first_time_counts():
    text = "el banco y otro banco"
    tokenizer = WordTokenizer.from_texts([text])
    assert tokenizer.decode(cut_at_phrase(tokenizer, [text], " banco", 1)[0].tolist()) == "el banco"


@pytest.mark.parametrize(("phrase", "before"), [(" banquillo", 1), (" banco", 9), (" pueblo", 1)])
def test_a_phrase_that_cannot_be_cut(phrase, before):
    with pytest.raises(ValueError, match="tokens"):
        cut_at_phrase(TOKENIZER, TEXTS, phrase, before)


def test_a_phrase_of_several_tokens():
    rows = cut_at_phrase(TOKENIZER, TEXTS, " en el banco", before=0)
    assert torch.equal(rows[0], rows[1])
    assert rows.shape == (2, 3)


def test_no_texts_no_rows():
    assert cut_at_phrase(TOKENIZER, [], " banco", 2).shape == (0, 3)


def test_without_blocks_the_word_is_the_same_in_every_context_and_with_them_it_is_not():
    vectors = layer_vectors(MODEL, cut_at_phrase(TOKENIZER, TEXTS, " banco", before=3))
    assert vectors.shape == (3, 2, 8)
    assert torch.equal(vectors[0, 0], vectors[0, 1])
    assert not torch.allclose(vectors[1, 0], vectors[1, 1])


def test_the_last_layer_is_what_the_head_reads():
    ids = cut_at_phrase(TOKENIZER, TEXTS, " banco", before=3)
    vectors = layer_vectors(MODEL, ids)
    torch.testing.assert_close(MODEL.head(vectors[-1]), MODEL(ids)[:, -1])


def test_centroids_by_hand():
    """Los centros son (1, 0) y (10, 0): la mitad del camino está en 5,5."""
    examples, labels = torch.tensor([[0.0, 0], [2, 0], [10, 0]]), torch.tensor([0, 0, 1])
    queries = torch.tensor([[5.4, 0], [5.6, 0], [5.5, 3]])
    assert nearest_centroid(examples, labels, queries).tolist() == [0, 1, 0]


@given(st.integers(2, 40), st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_equal_vectors_cannot_be_told_apart(n, seed):
    """Con vectores idénticos todo va a la primera clase: se acierta la mitad."""
    vector = torch.randn(1, 5, generator=seeded(seed))
    labels = torch.arange(2 * n) % 2
    assert not nearest_centroid(vector.expand(2 * n, 5), labels, vector.expand(3, 5)).any()


@given(st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_it_agrees_with_sklearn(seed):
    from sklearn.neighbors import NearestCentroid

    examples, queries = (
        torch.randn(30, 4, generator=seeded(seed)),
        torch.randn(20, 4, generator=seeded(seed + 100)),
    )
    labels = torch.arange(30) % 3
    expected = (
        NearestCentroid().fit(examples.double().numpy(), labels.numpy()).predict(queries.double().numpy())
    )
    assert nearest_centroid(examples, labels, queries).tolist() == expected.tolist()


def test_the_twin_has_one_row_more_than_the_small_gpt():
    small = GPT(small_config(VOCAB))
    twin = MaskedModel(small_config(VOCAB))
    weights = [sum(p.numel() for p in model.parameters()) for model in (small, twin)]
    assert weights[1] - weights[0] == small_config(VOCAB).channels


def test_the_weights_that_were_recorded_are_the_ones_opened(monkeypatch, tmp_path):
    stream = (torch.arange(2000) % 250).masked_fill(torch.arange(2000) % 50 == 0, END)
    corpus = SimpleNamespace(tokenizer=SimpleNamespace(vocab_size=VOCAB), train=stream, held_out=stream[:300])
    monkeypatch.setattr(page, "load_story_corpus", lambda: corpus)
    monkeypatch.setattr(page, "SMALL_TRAINING", replace(SMALL_TRAINING, steps=3, warmup=1))
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    run = STORY_TWIN.train(STORY_TWIN.part(), tmp_path)
    opened = load_story_twin()
    assert torch.equal(opened.network.tokens.weight, run.model.network.tokens.weight)
    assert not torch.equal(
        opened.network.tokens.weight,
        MaskedModel(small_config(VOCAB), seed=1).network.tokens.weight,
    )
    assert len(STORY_TWIN.rows()) == 3
    assert all(value <= 0 for value in run.measure(STORY_TWIN.rows()))
