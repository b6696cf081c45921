"""Los números puntuados enteros."""

import pytest

from siguiente.course.prompting.completions import whole_number_probabilities
from siguiente.language_models.completions import score_completions
from siguiente.language_models.protocol import ByteTokenizer, TextModel, UniformModel
from siguiente.language_models.scoring import next_logprobs


def test_a_whole_number_is_followed_by_no_digit(text_gru):
    (one, ten) = whole_number_probabilities(text_gru, ["Un"], [1, 10])[0].tolist()
    digits = [ord(str(d)) for d in range(10)]
    first = score_completions(text_gru, ["Un"], [" 1", " 10"]).logprobs[0].exp().tolist()
    after = [1 - next_logprobs(text_gru, text).exp()[digits].sum().item() for text in ("Un 1", "Un 10")]
    assert one == pytest.approx(first[0] * after[0], rel=1e-4)
    assert ten == pytest.approx(first[1] * after[1], rel=1e-4)


def test_a_tokenizer_that_joins_digits_is_refused():
    class Joined(ByteTokenizer):
        def encode(self, text):
            return [7] if text == " 17" else list(text.encode())

    with pytest.raises(ValueError, match="no escribe 17 cifra a cifra"):
        whole_number_probabilities(TextModel(UniformModel(258), Joined()), ["Un"], [1])
