"""Los modelos de los cuentos: se entrenan una vez, y una interrupción no cambia el resultado."""

import pytest
import torch
from torch import nn

from siguiente.course.stories import model as story_model
from siguiente.course.stories.corpus import StoryCorpus
from siguiente.course.stories.model import StoryModel
from siguiente.language_models.protocol import TensorState
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.windows import token_stream
from siguiente.language_models.words import WordTokenizer
from siguiente.runtime import recipe
from siguiente.runtime.trained import FIRST

TEXTS = ("Ana ve el mar.", "Luis ve el sol.", "Ana ve a Luis.")
CONFIG = TrainingConfig(steps=6, batch_size=2, length=4, evaluate_every=2, learning_rate=0.1)


class Bigram(nn.Module):
    """El modelo entrenable más pequeño: una fila de logits por token anterior."""

    context_length = None

    def __init__(self, vocab_size):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.zeros(vocab_size, vocab_size), freeze=False)
        self.vocab_size = vocab_size

    def forward(self, ids):
        return self.table(ids)

    def step(self, ids, state=None, last=1):
        return self(ids[:, -last:]).detach(), TensorState(ids)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Un modelo de cuentos con tres frases y una caché vacía."""
    tokenizer = WordTokenizer.from_texts(TEXTS)
    corpus = StoryCorpus(tokenizer, token_stream(tokenizer, TEXTS), token_stream(tokenizer, TEXTS[:1]), TEXTS)
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path))
    monkeypatch.setattr(story_model, "load_story_corpus", lambda: corpus)
    monkeypatch.setattr(recipe, "code_key", lambda path: "1")
    return StoryModel("tiny", "pkg.tiny", Bigram, CONFIG)


def weights(model):
    return model.load().model.table.weight


def test_it_learns_and_keeps_its_log(tiny):
    stages = tiny.stages()
    assert [stage.report.step for stage in stages] == [0, 2, 4, 6]
    assert stages[-1].report.held_out < stages[0].report.held_out
    assert all(isinstance(stage.sample, str) for stage in stages)


def test_the_first_steps_are_logged_to_be_repeated(tiny):
    """Son los mismos del entrenamiento: la primera pérdida es la del primer informe."""
    first = tiny.rows()[:FIRST]
    assert first[0] == pytest.approx(tiny.stages()[0].report.loss)
    assert first[-1] < first[0]
    run = tiny.learn(tiny.part())
    assert [next(run.reports) for _ in range(FIRST)] == first
    assert run.measure([]) == [pytest.approx(tiny.stages()[0].report.held_out)]


def test_an_interruption_changes_neither_the_weights_nor_the_log(tiny, tmp_path, monkeypatch):
    expected, stages = weights(tiny), tiny.stages()
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "otra"))
    with monkeypatch.context() as patch:
        patch.setattr(story_model, "complete", interrupt_at(3, story_model.complete))
        with pytest.raises(KeyboardInterrupt):
            tiny.load()
    assert torch.equal(weights(tiny), expected)
    assert tiny.stages() == stages
    assert [path.name for path in (tmp_path / "otra").glob(".training*")] == []


def interrupt_at(call, function):
    """La misma función, que a la llamada número `call` se interrumpe."""
    calls = iter(range(1, call + 1))

    def interrupted(*arguments):
        if next(calls) == call:
            raise KeyboardInterrupt
        return function(*arguments)

    return interrupted
