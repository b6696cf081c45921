import pytest
import torch

from siguiente.course.prompting.label_scores import (
    TWEET_TEMPLATES,
    mention_effect,
    score_forms,
    tweet_prompts,
)
from siguiente.language_models.completions import score_completions
from siguiente.prompting.labels import (
    LabelledText,
    hits,
    label_completions,
    label_indices,
    score_labels,
)

PROMPTS = ["Tema:", "Otro tema:"]


def test_a_whole_label_counts_all_its_tokens(text_gru):
    expected = score_completions(text_gru, PROMPTS, [" sí", " quizá"]).logprobs
    torch.testing.assert_close(score_labels(text_gru, PROMPTS, ["sí", "quizá"]), expected)


def test_a_label_inside_another_is_closed_by_the_separator(text_gru):
    labels = ["banco", "banco central", "bolsa"]
    closed = score_completions(text_gru, PROMPTS, [f" {label}\n\n" for label in labels]).logprobs
    torch.testing.assert_close(score_labels(text_gru, PROMPTS, labels), closed)


def test_an_unclosed_label_always_beats_the_one_that_contains_it(text_gru):
    naive = score_completions(text_gru, PROMPTS, [" banco", " banco central"]).logprobs
    assert (naive[:, 0] > naive[:, 1]).all()


def test_completions_are_closed_only_if_a_label_begins_another():
    assert label_completions(["central", "banco central"]) == [" central", " banco central"]
    assert label_completions(["ab", "c", "a"], "\n--\n") == [" ab\n--\n", " c\n--\n", " a\n--\n"]


@pytest.mark.parametrize("label", ["", " ", " a", "a ", "a\nb", "a  b", "a\u2028b"])
def test_a_label_that_would_break_the_prompt_is_refused(text_gru, label):
    with pytest.raises(ValueError, match="está vacía o tiene espacios de más"):
        score_labels(text_gru, PROMPTS, ["bien", label])


def test_a_repeated_label_is_refused():
    with pytest.raises(ValueError, match="repetidas"):
        label_completions(["bien", "mal", "bien"])


def test_scores_stand_at_their_tweet_template_form_and_label(text_gru):
    tweets, labels = ["uno {x}", "dos"], [" A", " BC"]
    scores = score_forms(text_gru, TWEET_TEMPLATES[:3], tweets, labels)
    for i, tweet in enumerate(tweets):
        prompts = tweet_prompts(TWEET_TEMPLATES[:3], tweet)
        expected = score_completions(text_gru, prompts, labels)
        torch.testing.assert_close(scores.logprobs[i], expected.logprobs.view(3, 2, 2), atol=1e-4, rtol=0)
        assert scores.tokens[i].tolist() == expected.tokens.view(3, 2, 2).tolist()


def test_label_indices_follow_the_order_of_the_labels():
    cases = [LabelledText("x", label) for label in "cab"]
    assert label_indices(cases, "abc").tolist() == [2, 0, 1]
    with pytest.raises(ValueError, match="'b' no está entre las etiquetas"):
        label_indices(cases, ["a"])


def test_hits_and_mention_effect_by_hand():
    free = torch.tensor([[0.02, 0.01], [0.01, 0.02]])
    listed = torch.tensor([[0.2, 0.1], [0.2, 0.1]])
    scores = torch.stack([free, listed], 1)[:, None].log()
    assert hits(scores, torch.tensor([0, 1]))[:, 0].tolist() == [[1, 1], [1, 0]]
    assert hits(free, torch.tensor([0, 0])).tolist() == [1, 0]
    torch.testing.assert_close(mention_effect(scores), torch.ones(2, 1))
