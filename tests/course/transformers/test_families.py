"""Los gemelos que se anotan, con la forma del GPT pequeño."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from siguiente.course.transformers import families as page
from siguiente.course.transformers.families import STORY_TWIN, TWIN_TRAINING, load_causal, load_twin
from siguiente.course.transformers.gpt import SMALL_TRAINING, small_config
from siguiente.language_models.words import END
from siguiente.runtime.recipe import Recipe
from siguiente.transformers.gpt import GPT
from siguiente.transformers.masked import MaskedModel

VOCAB = 300


def test_the_twin_has_one_row_more_than_the_small_gpt():
    small = GPT(small_config(VOCAB))
    twin = MaskedModel(small_config(VOCAB))
    weights = [sum(p.numel() for p in model.parameters()) for model in (small, twin)]
    assert weights[1] - weights[0] == small_config(VOCAB).channels


@pytest.fixture
def small_corpus(monkeypatch, tmp_path):
    stream = (torch.arange(2000) % 250).masked_fill(torch.arange(2000) % 50 == 0, END)
    corpus = SimpleNamespace(tokenizer=SimpleNamespace(vocab_size=VOCAB), train=stream, held_out=stream[:300])
    monkeypatch.setattr(page, "load_story_corpus", lambda: corpus)
    monkeypatch.setattr(page, "SMALL_TRAINING", replace(SMALL_TRAINING, steps=3, warmup=1))
    monkeypatch.setattr(page, "TWIN_TRAINING", replace(TWIN_TRAINING, steps=4, warmup=1))
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "load", "network", "reports"),
    [("masked", load_twin, "network.", 4), ("causal", load_causal, "", 3)],
)
def test_the_weights_that_were_recorded_are_the_ones_opened(small_corpus, name, load, network, reports):
    run = STORY_TWIN.train(STORY_TWIN.part(name), small_corpus)
    opened = load()
    table = f"{network}tokens.weight"
    assert torch.equal(opened.get_parameter(table), run.model.get_parameter(table))
    assert len(STORY_TWIN.rows(name)) == reports
    assert all(value <= 0 for value in run.measure(STORY_TWIN.rows(name)))


def test_the_twin_takes_five_times_as_many_steps():
    assert TWIN_TRAINING.steps == 5 * SMALL_TRAINING.steps
    assert replace(TWIN_TRAINING, steps=SMALL_TRAINING.steps) == SMALL_TRAINING
