"""Lo que la política responde: en orden, con su final y en la máscara."""

import pytest
import torch

from siguiente.alignment.rollouts import sample_answers
from siguiente.alignment.sequences import encode_answers
from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel


def seeded(number=0):
    return torch.Generator().manual_seed(number)


def test_answers_follow_their_prompts(policy, prompts):
    found = sample_answers(policy, prompts, seeded(), length=6, n=3)
    prompt = policy.encode(prompts[0])
    assert len(found.texts) == 6
    assert all(row[: len(prompt)].tolist() == prompt for row in found.answers.ids[:3])


def test_the_end_belongs_to_the_answer_only_if_it_was_written():
    model = TextModel(UniformModel(258), ByteTokenizer())
    found = sample_answers(model, ["¿?"], seeded(), length=200, n=40)
    assert 0 < sum(found.ended) < 40
    for ids, mask, text, ended in zip(*found.answers, *found[1:], strict=True):
        answer = ids[mask].tolist()
        assert ended == (answer[-1] == model.tokenizer.eos_id)
        assert model.decode(answer[:-1] if ended else answer) == text


def test_the_same_seed_gives_the_same_answers(policy, prompts):
    first, second, third = (sample_answers(policy, prompts, seeded(n), length=6).texts for n in (1, 1, 2))
    assert first == second != third


def test_what_is_written_is_read_back(policy, prompts):
    answers = encode_answers(policy, prompts, [" sí", " no gracias"])
    rows = [row[mask].tolist() for row, mask in zip(*answers, strict=True)]
    assert [policy.decode(row[:-1]) for row in rows] == [" sí", " no gracias"]
    assert {row[-1] for row in rows} == {policy.tokenizer.eos_id}


def test_empty_prompts_and_answers_are_said(policy, prompts):
    with pytest.raises(ValueError, match="Hacen falta prompts"):
        sample_answers(policy, [], seeded(), length=4)
    with pytest.raises(ValueError, match="no tiene respuesta"):
        encode_answers(policy, prompts, [" sí", " "])
