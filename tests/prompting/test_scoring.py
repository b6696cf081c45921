import pytest
import torch

from siguiente.language_models.completions import score_completions
from siguiente.language_models.prediction import next_logprobs
from siguiente.language_models.text import ByteTokenizer, TextModel
from siguiente.language_models.uniform import UniformModel
from siguiente.prompting.label_scoring import hits, mention_effect, score_forms, tweet_prompts
from siguiente.prompting.number_scoring import whole_number_probabilities
from siguiente.prompting.templates import TWEET_TEMPLATES


class Recent:
    """Un modelo cuyos logits dependen de los últimos bytes: distingue un prompt de otro."""

    vocab_size, context_length = 258, None

    def step(self, ids, state=None, last=1):
        start = torch.zeros(ids.shape[0], 1) if state is None else state
        sums = start + (ids.double() + 1).log().cumsum(1)
        columns = torch.arange(258).double()
        return torch.sin(sums[:, -last:, None] * (columns + 1)).float() * 3, sums[:, -1:]


@pytest.fixture
def recent():
    return TextModel(Recent(), ByteTokenizer())


def test_scores_stand_at_their_tweet_template_form_and_label(recent):
    tweets, labels = ["uno {x}", "dos"], [" A", " B"]
    scores = score_forms(recent, TWEET_TEMPLATES[:3], tweets, labels)
    for i, tweet in enumerate(tweets):
        prompts = tweet_prompts(TWEET_TEMPLATES[:3], tweet)
        expected = score_completions(recent, prompts, labels).logprobs.view(3, 2, 2)
        torch.testing.assert_close(scores[i], expected, atol=1e-4, rtol=0)


def test_a_whole_number_is_followed_by_no_digit(recent):
    (one, ten) = whole_number_probabilities(recent, ["Un"], [1, 10])[0].tolist()
    digits = [ord(str(d)) for d in range(10)]
    first = score_completions(recent, ["Un"], [" 1", " 10"]).logprobs[0].exp().tolist()
    after = [1 - next_logprobs(recent, text).exp()[digits].sum().item() for text in ("Un 1", "Un 10")]
    assert one == pytest.approx(first[0] * after[0], rel=1e-4)
    assert ten == pytest.approx(first[1] * after[1], rel=1e-4)


def test_a_tokenizer_that_joins_digits_is_refused():
    class Joined(ByteTokenizer):
        def encode(self, text):
            return [7] if text == " 17" else list(text.encode())

    with pytest.raises(ValueError, match="no escribe 17 cifra a cifra"):
        whole_number_probabilities(TextModel(UniformModel(258), Joined()), ["Un"], [1])


def test_hits_and_mention_effect_by_hand():
    free = torch.tensor([[0.02, 0.01], [0.01, 0.02]])
    listed = torch.tensor([[0.2, 0.1], [0.2, 0.1]])
    scores = torch.stack([free, listed], 1)[:, None].log()
    assert hits(scores, torch.tensor([0, 1]))[:, 0].tolist() == [[1, 1], [1, 0]]
    torch.testing.assert_close(mention_effect(scores), torch.ones(2, 1))
