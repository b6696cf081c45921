"""Los modelos de los cuentos: se entrenan una vez, y una interrupción no cambia el resultado."""

import pytest
import torch
from filelock import FileLock
from torch import nn

from siguiente import store
from siguiente.language_models import story_model
from siguiente.language_models.corpus import token_stream
from siguiente.language_models.story_corpus import StoryCorpus
from siguiente.language_models.story_model import StoryModel
from siguiente.language_models.training import TrainingConfig
from siguiente.language_models.uniform import NoState
from siguiente.language_models.words import WordTokenizer

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
        return self(ids[:, -last:]).detach(), NoState()


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Un modelo de cuentos con tres frases y una caché vacía."""
    tokenizer = WordTokenizer.from_texts(TEXTS)
    corpus = StoryCorpus(tokenizer, token_stream(tokenizer, TEXTS), token_stream(tokenizer, TEXTS[:1]), TEXTS)
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path))
    monkeypatch.setattr(story_model, "load_story_corpus", lambda: corpus)
    return StoryModel("tiny", "siguiente.store", Bigram, CONFIG)


def weights(model):
    return model.load().model.table.weight


def test_it_learns_and_keeps_its_log(tiny):
    stages = tiny.stages()
    assert [stage.report.step for stage in stages] == [0, 2, 4, 6]
    assert stages[-1].report.held_out < stages[0].report.held_out
    assert all(isinstance(stage.sample, str) for stage in stages)


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


def test_a_full_disk_at_the_end_does_not_lose_the_training(tiny, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(store, "_seal", full_disk)
        with pytest.raises(OSError, match="No hay sitio"):
            tiny.load()
    assert [path.name for path in tmp_path.glob(".training*/checkpoint")] == ["checkpoint"]
    monkeypatch.setattr("siguiente.language_models.training.training_step", no_more_steps)
    assert tiny.stages()[-1].report.step == 6
    assert weights(tiny).any()
    assert list(tmp_path.glob(".training*")) == []


def full_disk(path):
    raise OSError(28, "No space left on device")


def no_more_steps(*arguments):
    raise AssertionError("El entrenamiento ya había terminado.")


def test_the_work_of_an_older_code_is_swept_and_that_of_others_is_not(tiny, tmp_path):
    old, busy = tmp_path / f".training-tiny-{'0' * 16}", tmp_path / f".training-tiny-{'1' * 16}"
    other = tmp_path / f".training-tiny-gpt-{'0' * 16}"
    for folder in (old, busy, other):
        folder.mkdir()
        (folder / "checkpoint").write_text("a medias", encoding="utf-8")
    with FileLock(tmp_path / f"tiny-{'1' * 16}.lock"):  # otro proceso lo está entrenando
        tiny.load()
    assert sorted(tmp_path.glob(".training*")) == [busy, other]


def interrupt_at(call, function):
    """La misma función, que a la llamada número `call` se interrumpe."""
    calls = iter(range(1, call + 1))

    def interrupted(*arguments):
        if next(calls) == call:
            raise KeyboardInterrupt
        return function(*arguments)

    return interrupted


def test_the_number_of_threads_is_left_as_it_was(tiny):
    before = torch.get_num_threads()
    tiny.load()
    assert torch.get_num_threads() == before
