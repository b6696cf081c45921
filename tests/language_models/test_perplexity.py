import math

import pytest
import torch

from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel
from siguiente.language_models.scoring import evaluate, next_logprobs, text_nats, top_tokens

TEXTS = ["El sol sale por el este.", "¿Qué hora es? Son las tres."]


def test_sums_over_texts_as_one_plain_pass_does(text_gru, oracle):
    result = evaluate(text_gru, TEXTS, end=True)
    nats = 0.0
    for text in TEXTS:
        ids = torch.tensor([text_gru.encode(text, end=True)])
        nats -= oracle(text_gru.model, ids)[0, :-1].gather(-1, ids[0, 1:, None]).sum().item()
    assert result.nats == pytest.approx(nats, abs=1e-3)
    assert result.bytes == sum(len(text.encode()) for text in TEXTS)
    assert result.tokens == result.bytes + 2
    assert result.perplexity == pytest.approx(math.exp(result.nats / result.tokens))


def test_bits_per_byte_do_not_depend_on_the_tokenizer_and_perplexity_does():
    class Pairs(ByteTokenizer):
        """Dos bytes por token: el mismo modelo del texto, la mitad de tokens."""

        def encode(self, text):
            data = text.encode()
            return [data[i] * 256 + data[i + 1] for i in range(0, len(data), 2)]

    texts = ["ocho letras!"]
    one = evaluate(TextModel(UniformModel(2**8), ByteTokenizer(bos_id=0)), texts)
    two = evaluate(TextModel(UniformModel(2**16), Pairs(bos_id=0)), texts)
    assert one.bits_per_byte == pytest.approx(two.bits_per_byte) == pytest.approx(8)
    assert two.perplexity == pytest.approx(one.perplexity**2)


def test_each_text_pays_for_itself(text_gru):
    texts = ["uno", "dos y tres"]
    paid = text_nats(text_gru, texts, end=True)
    alone = [evaluate(text_gru, [text], end=True).nats for text in texts]
    assert paid.tolist() == pytest.approx(alone)


def test_a_context_is_read_and_not_paid(text_gru):
    paid = text_nats(text_gru, ["uno", "dos"], end=True, context="cero, ")
    both = text_nats(text_gru, ["cero, uno", "cero, dos"], end=True)
    alone = text_nats(text_gru, ["cero, "])
    assert paid.tolist() == pytest.approx((both - alone).tolist(), rel=1e-4)


@pytest.mark.parametrize("texts", [[""], ["bien", ""]])
def test_empty_texts_are_refused(text_gru, texts):
    with pytest.raises(ValueError, match="qué puntuar"):
        evaluate(text_gru, texts)


def test_the_next_token_distribution_is_the_last_row(text_gru, oracle):
    ids = text_gru.prompt("Hola")
    torch.testing.assert_close(next_logprobs(text_gru, "Hola"), oracle(text_gru.model, ids)[0, -1])
    best = top_tokens(text_gru, "Hola", k=5)
    assert [b.probability for b in best] == sorted((b.probability for b in best), reverse=True)
