import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from siguiente.evaluation.classification import (
    confusion_matrix,
    precisions,
    recalls,
)

CLASSES = 5
labels = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=40
).map(lambda pairs: tuple(torch.tensor(pairs).T))


def test_a_case_by_hand():
    """Gatos, perros y loros: un gato pasa por perro, y ningún loro se reconoce."""
    targets = torch.tensor([0, 0, 0, 1, 1, 2])
    predictions = torch.tensor([0, 0, 1, 1, 1, 0])
    matrix = confusion_matrix(targets, predictions, classes=3)
    assert matrix.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert recalls(matrix).tolist() == pytest.approx([2 / 3, 1, 0])
    assert precisions(matrix).tolist() == pytest.approx([2 / 3, 2 / 3, float("nan")], nan_ok=True)


@given(pair=labels)
def test_it_is_the_matrix_of_scikit_learn(pair):
    targets, predictions = pair
    expected = metrics.confusion_matrix(targets, predictions, labels=range(CLASSES))
    matrix = confusion_matrix(targets, predictions, CLASSES)
    assert matrix.tolist() == expected.tolist()
    assert matrix.sum() == len(targets)
    assert matrix.trace() == (targets == predictions).sum()
    assert confusion_matrix(predictions, targets, CLASSES).tolist() == matrix.T.tolist()


@given(pair=labels)
def test_the_measures_are_those_of_scikit_learn(pair):
    matrix = confusion_matrix(*pair, CLASSES)
    precision, recall, _, _ = metrics.precision_recall_fscore_support(
        *pair, labels=range(CLASSES), zero_division=float("nan")
    )
    assert precisions(matrix).tolist() == pytest.approx(precision.tolist(), nan_ok=True)
    assert recalls(matrix).tolist() == pytest.approx(recall.tolist(), nan_ok=True)


def test_classes_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="no está entre las 3"):
        confusion_matrix(torch.tensor([0, 1]), torch.tensor([0, 3]), classes=3)
