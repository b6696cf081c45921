"""El gemelo que se anota: tiene la forma y los pasos del GPT pequeño, y se abre con los mismos pesos."""

from dataclasses import replace
from types import SimpleNamespace

import torch

from siguiente.course.transformers import story_twin
from siguiente.course.transformers.story_twin import (
    SMALL_TRAINING,
    STORY_TWIN,
    load_story_twin,
    small_config,
)
from siguiente.language_models.words import END
from siguiente.runtime.recipe import Recipe
from siguiente.transformers.gpt import GPT

VOCAB = 300


def test_the_twin_has_one_row_more_than_the_small_gpt():
    small = GPT(small_config(VOCAB))
    twin = story_twin.MaskedModel(small_config(VOCAB))
    weights = [sum(p.numel() for p in model.parameters()) for model in (small, twin)]
    assert weights[1] - weights[0] == small_config(VOCAB).channels


def test_the_weights_that_were_recorded_are_the_ones_opened(monkeypatch, tmp_path):
    stream = (torch.arange(2000) % 250).masked_fill(torch.arange(2000) % 50 == 0, END)
    corpus = SimpleNamespace(tokenizer=SimpleNamespace(vocab_size=VOCAB), train=stream, held_out=stream[:300])
    monkeypatch.setattr(story_twin, "load_story_corpus", lambda: corpus)
    monkeypatch.setattr(story_twin, "SMALL_TRAINING", replace(SMALL_TRAINING, steps=3, warmup=1))
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    run = STORY_TWIN.train(STORY_TWIN.part(), tmp_path)
    opened = load_story_twin()
    assert torch.equal(opened.network.tokens.weight, run.model.network.tokens.weight)
    assert not torch.equal(
        opened.network.tokens.weight,
        story_twin.MaskedModel(small_config(VOCAB), seed=1).network.tokens.weight,
    )
    assert len(STORY_TWIN.rows()) == 3
    assert all(value <= 0 for value in run.measure(STORY_TWIN.rows()))
