"""Lo que cuesta una palabra cada vez que vuelve."""

import math

import pytest
import torch

from siguiente.language_models.corpus import token_stream
from siguiente.language_models.ngram_counts import count_ngrams
from siguiente.language_models.pieces import END
from siguiente.language_models.recurrence import mention_nats
from siguiente.language_models.smoothing import maximum_likelihood
from siguiente.language_models.text import TextModel
from siguiente.language_models.words import WordTokenizer

TEXTS = ("Ana ve a Luis y Ana ríe.", "Luis ve a Ana.")


@pytest.fixture(scope="module")
def bigram():
    tokenizer = WordTokenizer.from_texts(TEXTS)
    counts = count_ngrams(token_stream(tokenizer, TEXTS), 2, tokenizer.vocab_size, END)
    return TextModel(maximum_likelihood(counts), tokenizer)


def test_each_mention_pays_its_own_price(bigram):
    first, second = mention_nats(bigram, TEXTS, ["Ana", "Ana"])
    assert first.tolist() == pytest.approx([math.log(2), math.log(2)])  # 1 de 2 comienzos; 1 de 2 tras «a»
    assert second.tolist() == pytest.approx([0.0])  # tras « y» solo vino «Ana»


def test_the_mentions_are_part_of_what_the_text_costs(bigram):
    first, second = mention_nats(bigram, TEXTS[:1], ["Ana"])
    ids = torch.tensor([bigram.encode(TEXTS[0])])
    whole = -bigram.model.score(ids).double().sum()
    assert 0 < first.sum() + second.sum() <= whole


@pytest.mark.parametrize(
    ("texts", "words", "reason"),
    [(TEXTS, ["Ana"], "Hay 2 textos y 1 palabras"), (TEXTS[:1], ["Eva"], "«Eva» no es un token")],
)
def test_bad_input_is_explained(bigram, texts, words, reason):
    with pytest.raises(ValueError, match=reason):
        mention_nats(bigram, texts, words)
