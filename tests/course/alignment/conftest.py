"""Los experimentos en pequeño: una política sin entrenar, una recompensa al azar y pocos textos cortos."""

from types import SimpleNamespace

import pytest
import torch

from siguiente.alignment.reward_model import RewardModel
from siguiente.course.alignment import dpo, overoptimization, policy_scores, preferences, pursuits, rlhf, sft
from siguiente.course.alignment.preferences import StoryPair
from siguiente.course.data.story_requests import load_demonstrations
from siguiente.course.stories.base import make_story_base
from siguiente.language_models.protocol import TextModel
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime.recipe import Recipe

MODULES = (dpo, overoptimization, policy_scores, preferences, pursuits, rlhf, sft)
EMPTY = "Y nada más se supo de aquello. "


@pytest.fixture(scope="session")
def tokenizer():
    """Con estas palabras, los cuentos y las peticiones caben en el contexto."""
    shown = load_demonstrations("train", 400)
    return WordTokenizer.from_texts([EMPTY, *(f"{demo.prompt}{demo.completion}" for demo in shown)])


@pytest.fixture(scope="session")
def start(tokenizer):
    return make_story_base(tokenizer.vocab_size).eval()


@pytest.fixture
def small(monkeypatch, tmp_path, tokenizer, start):
    """La política y la recompensa, que todos los experimentos abren, y la carpeta donde escriben."""
    judge = RewardModel(start).eval()
    torch.nn.init.normal_(judge.values.head.weight, generator=torch.Generator().manual_seed(0))
    shown = load_demonstrations("train", 16)

    def fresh():
        copy = make_story_base(tokenizer.vocab_size)
        copy.load_state_dict(start.state_dict())
        return TextModel(copy.eval(), tokenizer)

    settings = {
        "load_story_policy": fresh,
        "load_story_reward": lambda: judge,
        "load_story_pairs": lambda split="train": [
            StoryPair(demo.request, demo.completion, EMPTY) for demo in shown
        ],
        "STORY_BASE": SimpleNamespace(load=fresh),
        "load_starts": dict,
        "ANSWER_LENGTH": 6,
        "ASKED": 4,
        "TESTS": 3,
        "SHOWN": 4,
    }
    for module in MODULES:
        for name, value in settings.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)

    def record(recipe, name=None, seed=None):
        return recipe.train(recipe.part(name, seed), tmp_path)

    return SimpleNamespace(policy=fresh(), judge=judge, record=record)
