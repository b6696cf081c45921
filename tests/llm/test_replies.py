"""Responder: trozos de texto con caracteres enteros, y la probabilidad de una respuesta completa."""

import dataclasses

import pytest
import torch

from siguiente.language_models.protocol import TextModel, UniformModel
from siguiente.language_models.sampling import generate, greedy, sampler
from siguiente.llm.chat import Message, chat_ids
from siguiente.llm.files.loading import load_card, load_pretrained_tokenizer
from siguiente.llm.replies import reply, score_replies, stream_reply

TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['content'] + '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>' }}{% endif %}"
)
HELLO = [Message("user", "hola")]


@pytest.fixture
def tiny_chat(tinies, cache):
    tiny = tinies["llama"]
    model = load_card(tiny.card, tiny.path)
    return TextModel(model.model, dataclasses.replace(model.tokenizer, chat_template=TEMPLATE))


def scripted(tokens):
    """Un modelo que escribe lo que se le dicta."""
    smollm = load_pretrained_tokenizer("smollm2-135m-instruct")
    turn = iter(tokens(smollm))
    return TextModel(UniformModel(smollm.vocab_size), smollm), lambda logits: torch.tensor([next(turn)])


def test_the_pieces_are_what_generate_writes(tiny_chat):
    draw = lambda: sampler(torch.Generator().manual_seed(3))  # noqa: E731
    pieces = list(stream_reply(tiny_chat, HELLO, 20, draw()))
    ids = generate(tiny_chat.model, chat_ids(tiny_chat, HELLO), 20, draw(), eos=2)[0]
    assert "".join(pieces) == tiny_chat.decode(ids) == reply(tiny_chat, HELLO, 20, draw())
    assert len(pieces) > 1


def test_no_piece_cuts_a_character():
    text = "¡Qué ñandú! 🙂👩‍👩‍👧 日本"
    model, choose = scripted(lambda tokenizer: [*tokenizer.encode(text), tokenizer.eos_id])
    naive = "".join(model.decode([token]) for token in model.tokenizer.encode(text))
    pieces = list(stream_reply(model, HELLO, 200, choose))
    assert "".join(pieces) == text
    assert "�" in naive
    assert not any("�" in piece or piece == "" for piece in pieces)


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|im_start|>", "<|endoftext|>"])
def test_a_control_token_ends_the_turn(mark):
    model, choose = scripted(lambda known: [*known.encode("Sí."), known.marks[mark], *known.encode("No.")])
    assert reply(model, HELLO, 50, choose) == "Sí."


def test_a_reply_cut_by_its_length_says_so():
    model, choose = scripted(lambda tokenizer: tokenizer.encode("🙂"))
    assert reply(model, HELLO, 1, choose) == "�"


def test_a_reply_that_does_not_fit_is_explained_before_writing(tiny_chat):
    with pytest.raises(ValueError, match="en el contexto caben 96"):
        stream_reply(tiny_chat, HELLO, 96, greedy)


def test_scores_add_up_the_whole_reply_and_its_end(tiny_chat):
    talks = [HELLO, [*HELLO, Message("assistant", "la"), Message("user", "mu")]]
    replies = [["hola", "la mu"], ["mu", "a"]]
    scores = score_replies(tiny_chat, talks, replies)
    for i, talk in enumerate(talks):
        head = chat_ids(tiny_chat, talk)[0].tolist()
        for j, text in enumerate(replies[i]):
            tail = [*tiny_chat.tokenizer.encode(text), tiny_chat.tokenizer.eos_id]
            logits, _ = tiny_chat.model.step(torch.tensor([head + tail]), last=len(tail) + 1)
            rows = logits[0, :-1].log_softmax(-1)
            expected = rows[range(len(tail)), tail].sum()
            assert scores.logprobs[i, j].item() == pytest.approx(expected.item(), abs=1e-4)
            assert scores.tokens[i, j] == len(tail)


@pytest.mark.parametrize("replies", [[], [["a"], ["b"]], [[]]])
def test_replies_must_match_the_conversations(tiny_chat, replies):
    with pytest.raises(ValueError, match="tantas como las demás"):
        score_replies(tiny_chat, [HELLO], replies)


def test_replies_of_different_counts_are_refused(tiny_chat):
    with pytest.raises(ValueError, match="tantas como las demás"):
        score_replies(tiny_chat, [HELLO, HELLO], [["a"], ["b", "c"]])
