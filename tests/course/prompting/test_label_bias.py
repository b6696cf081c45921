from collections import Counter

import pytest
import torch

from siguiente.course.cli.labelled_csv import LabelledRow
from siguiente.course.prompting.label_bias import favoured, label_last, label_repeated
from siguiente.prompting.labels import LabelledText

POOL = [LabelledText(f"{label} {i}", label) for i in range(4) for label in "abc"]


@pytest.mark.parametrize("label", "abc")
def test_the_wanted_label_goes_last_and_the_cyclic_order_stays(label):
    turned = label_last(POOL[:3], label)
    assert turned[-1].label == label
    assert "".join(example.label for example in turned) in "abcabc"


def test_repeating_a_label_adds_only_that_label_and_only_in_front():
    examples = label_repeated(POOL[:3], POOL, "b")
    assert examples[3:] == POOL[:3]
    assert Counter(example.label for example in examples) == {"a": 1, "b": 4, "c": 1}
    assert len(set(examples)) == 6


def test_the_same_case_is_never_shown_twice():
    pool = [*POOL, *POOL, LabelledRow("b 1", "b", line=9), LabelledRow("b 0", "b", line=10)]
    examples = label_repeated(POOL[:3], pool, "b")
    assert Counter(example.text for example in examples[:3]) == {"b 1": 1, "b 2": 1, "b 3": 1}


def test_a_prompt_that_favours_nothing_shows_no_difference():
    same = torch.rand(1, 5, 3, generator=torch.Generator().manual_seed(0)).expand(3, 5, 3)
    own, other = favoured(same)
    torch.testing.assert_close(own, other)
    torch.testing.assert_close(own, same[0])


def test_favoured_by_hand():
    boosted = torch.full((3, 1, 3), 0.25) + 0.25 * torch.eye(3)[:, None]
    own, other = favoured(boosted)
    assert own.tolist() == [[0.5, 0.5, 0.5]]
    assert other.tolist() == [[0.25, 0.25, 0.25]]
