"""Demostraciones en tokens y en lotes."""

from itertools import islice

import pytest
import torch

from siguiente.alignment.sequences import (
    Demonstrations,
    PromptCompletion,
    encode_demonstrations,
    shuffled_answers,
)
from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel

DATA = Demonstrations([[1] * n for n in range(1, 8)], [[10 + n] for n in range(1, 8)])


@pytest.fixture
def model():
    return TextModel(UniformModel(258), ByteTokenizer())


def test_what_is_learned_is_what_will_be_read(model):
    data = encode_demonstrations(model, [PromptCompletion("¿{x}?", " Sí.")])
    assert data.prompts == [model.encode("¿{x}?")]
    assert model.decode(data.answers[0]) == " Sí."
    assert data.answers[0][-1] == model.tokenizer.eos_id


def test_bad_demonstrations_are_said(model, gru):
    good = PromptCompletion("a", "b")
    with pytest.raises(ValueError, match="La demostración 2 no tiene respuesta"):
        encode_demonstrations(model, [good, PromptCompletion("a", " ")])
    with pytest.raises(ValueError, match="alguna demostración"):
        encode_demonstrations(model, [])
    gru.context_length = 8
    with pytest.raises(ValueError, match="La demostración 2 ocupa 10 tokens y en el contexto caben 8"):
        encode_demonstrations(TextModel(gru, ByteTokenizer()), [good, PromptCompletion("a", "b" * 7)])


def test_each_epoch_gives_every_demonstration_once():
    batches = shuffled_answers(DATA, batch_size=3, seed=0)
    for _ in range(2):
        epoch = [batch.ids[batch.mask].tolist() for batch in islice(batches, 3)]
        assert sorted(token for batch in epoch for token in batch) == list(range(11, 18))


def test_a_batch_joins_similar_lengths():
    lengths = [(batch.ids > 0).sum(1) for batch in islice(shuffled_answers(DATA, 3, seed=0), 6)]
    assert all(found.max() - found.min() <= 2 for found in lengths)


def test_the_seed_decides_the_batches():
    one, same, other = (
        [batch.ids.tolist() for batch in islice(shuffled_answers(DATA, 2, seed), 8)] for seed in (0, 0, 1)
    )
    assert one == same != other
    torch.manual_seed(5)  # el azar de todos no cuenta
    assert [batch.ids.tolist() for batch in islice(shuffled_answers(DATA, 2, 0), 8)] == one
