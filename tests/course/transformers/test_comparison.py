"""Lo anotado de Gemma con los cuentos, lo que se paga de más y lo que mira cada cabeza."""

import math

import pytest
import torch

from siguiente.course.data.stories import load_stories, story_logprob
from siguiente.course.stories.corpus import load_story_corpus
from siguiente.course.transformers.comparison import (
    CONTEXTS,
    KINDS,
    STORIES,
    load_gemma_nats,
    read_story,
    split_excess,
    token_kinds,
    weight_on_name,
)
from siguiente.language_models.protocol import UniformModel
from siguiente.transformers.gpt import GPT, GPTConfig
from siguiente.transformers.heads import head_weights


def test_each_story_costs_more_than_the_grammar_asks_for_and_less_after_reading_others():
    cold, warm = map(load_gemma_nats, CONTEXTS)
    truth = [-story_logprob(text) for text in load_stories("test", STORIES)]
    assert all(a > b > c for a, b, c in zip(cold.tolist(), warm.tolist(), truth, strict=True))


CORPUS = load_story_corpus()
STORY = CORPUS.texts[0]


def test_a_uniform_model_overpays_what_its_tokens_cost_less_the_grammar():
    story = read_story(STORY, CORPUS.tokenizer)
    paid = len(story.truths) * math.log2(CORPUS.tokenizer.vocab_size)
    extra = split_excess(UniformModel(CORPUS.tokenizer.vocab_size), [story])
    assert extra.shape == (1, len(KINDS))
    assert extra.sum().item() == pytest.approx(paid + story_logprob(STORY) / math.log(2))


def test_a_name_is_new_once():
    ids = CORPUS.tokenizer.encode("Ana vio a Luis. Ana")
    assert [KINDS[kind] for kind in token_kinds(ids, CORPUS.tokenizer)] == [
        "nombre nuevo",
        "lo demás",
        "lo demás",
        "nombre nuevo",
        "lo demás",
        "nombre que vuelve",
    ]


def test_the_weight_on_a_name_by_hand():
    """El nombre 0 vuelve una vez, a cinco tokens: mira quien está justo antes."""
    model = GPT(GPTConfig(vocab_size=6, context_length=8, layers=1, heads=2, channels=4), seed=1)
    ids, names = torch.tensor([0, 3, 1, 3, 4, 0]), torch.tensor([0, 1, -1, -1, -1, -1])
    same, other = weight_on_name(model, ids, names, beyond=4)
    row = head_weights(model, ids)[:, :, 4]
    assert torch.allclose(same, row[..., 0])
    assert torch.allclose(other, row[..., 2])
    assert weight_on_name(model, ids, names, beyond=5) is None
