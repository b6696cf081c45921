"""Lo que se mide de un asistente."""

import pytest
import torch

from siguiente.course.alignment.assistant_measures import (
    BATCH,
    ENGLISH,
    SPANISH,
    Reply,
    bits_per_byte,
    measure_replies,
    stays_in_spanish,
    stopped,
    write_replies,
)
from siguiente.course.data.instructions import load_instructions
from siguiente.course.data.parallel_sentences import load_parallel_sentences
from siguiente.language_models.sampling import complete
from siguiente.language_models.scoring import evaluate


@pytest.mark.parametrize("field", ["prompt", "completion"])
def test_the_instructions_are_in_spanish(field):
    wrong = [i for i in load_instructions("train") if not stays_in_spanish(getattr(i, field))]
    assert not wrong


def test_sentences_are_told_apart():
    for pair in load_parallel_sentences():
        assert stays_in_spanish(pair.spanish)
        assert not stays_in_spanish(pair.english)


def test_no_word_is_of_both_languages():
    assert not set(SPANISH.split()) & set(ENGLISH.split())


def test_each_measure_has_its_column():
    test = load_instructions("test")
    good = [Reply(i.completion, True) for i in test]
    assert measure_replies(test, good).mean(0).tolist() == [1, 1, 1]
    assert measure_replies(test, [Reply(r.text, False) for r in good]).mean(0).tolist() == [0, 1, 1]
    assert measure_replies(test[:1], [Reply("", True)]).tolist() == [[1, 0, 1]]
    with pytest.raises(ValueError, match="zip"):
        measure_replies(test, good[1:])


def test_the_first_mark_ends_the_reply():
    reply = Reply("uno\nB: dos\nA: tres", False)
    assert stopped(reply, ["\nA:", "\nB:"]) == Reply("uno", True)
    assert stopped(reply, ["\nA:"]) == Reply("uno\nB: dos", True)
    assert stopped(reply, ["C"]) == reply


def test_replies_are_the_most_likely_and_say_if_they_ended(text_gru):
    prompts = [f"Petición {n}" * (1 + n % 3) for n in range(BATCH + 3)]
    alone = [complete(text_gru, prompt, 8)[0] for prompt in prompts]
    assert [reply.text for reply in write_replies(text_gru, prompts, 8)] == alone
    torch.nn.init.constant_(text_gru.model.head.bias, 0)
    with torch.no_grad():
        text_gru.model.head.bias[text_gru.tokenizer.eos_id] = 1e4
    assert write_replies(text_gru, ["a"], 8) == [Reply("", True)]


def test_bits_per_byte_are_those_of_each_text(text_gru):
    texts = ["un niño", "otra cosa más larga"]
    expected = [evaluate(text_gru, [text]).bits_per_byte for text in texts]
    assert bits_per_byte(text_gru, texts).tolist() == pytest.approx(expected)
