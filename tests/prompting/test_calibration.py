import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.prompting.labels import batch_calibration, contextual_calibration

ROWS = st.lists(st.lists(st.floats(-20, 0), min_size=3, max_size=3), min_size=1, max_size=6).map(torch.tensor)


def test_the_formula_of_the_authors_chooses_the_same_label():
    scores, free = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)).split([47, 3])
    p, p_cf = scores.softmax(1), free.softmax(1).mean(0)
    authors = (p @ torch.diag(1 / p_cf)).softmax(1)
    assert torch.equal(contextual_calibration(scores, free).argmax(1), authors.argmax(1))
    assert not torch.equal(scores.argmax(1), authors.argmax(1))


def test_by_hand():
    scores = torch.tensor([[0.8, 0.2], [0.6, 0.4]]).log()
    batch = torch.tensor([[0.8 / 0.7, 0.2 / 0.3], [0.6 / 0.7, 0.4 / 0.3]])
    torch.testing.assert_close(batch_calibration(scores).exp(), batch / batch.sum(1, keepdim=True))


@given(scores=ROWS, free=ROWS)
def test_rows_are_probabilities_and_a_uniform_prior_changes_nothing(scores, free):
    calibrated = contextual_calibration(scores, free)
    torch.testing.assert_close(calibrated.exp().sum(1), torch.ones(len(scores)))
    same = contextual_calibration(scores, torch.zeros(1, 3))
    torch.testing.assert_close(same, scores.log_softmax(1), atol=1e-4, rtol=0)


@given(scores=ROWS, bias=st.lists(st.floats(-5, 5), min_size=3, max_size=3).map(torch.tensor))
def test_a_bias_common_to_texts_and_content_free_texts_disappears(scores, bias):
    free = torch.zeros(1, 3)
    clean, biased = contextual_calibration(scores, free), contextual_calibration(scores + bias, free + bias)
    torch.testing.assert_close(clean, biased, atol=1e-3, rtol=0)
