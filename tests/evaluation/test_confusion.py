import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from siguiente.evaluation.classification import (
    confusion_matrix,
    macro_f1,
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
    assert macro_f1(matrix) == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)


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
    assert macro_f1(matrix) == pytest.approx(metrics.f1_score(*pair, average="macro"))


def test_the_mean_over_classes_sees_what_accuracy_hides():
    """Decir siempre la clase frecuente acierta 9 de 10, y la rara no existe para ese modelo."""
    matrix = confusion_matrix(torch.tensor([0] * 9 + [1]), torch.zeros(10).long(), classes=2)
    assert matrix.trace() / matrix.sum() == pytest.approx(0.9)
    assert macro_f1(matrix) == pytest.approx((18 / 19 + 0) / 2)


@pytest.mark.parametrize(
    ("targets", "predictions", "message"),
    [
        ([0, 1], [0], "una clase verdadera y una predicha"),
        ([], [], "una clase verdadera y una predicha"),
        ([0, 3], [0, 1], "entre 0 y 2"),
        ([0, 1], [0, -1], "entre 0 y 2"),
        ([0, 1], [0.0, 1.0], "deben ser enteros"),
    ],
)
def test_labels_that_do_not_exist_or_do_not_match_are_refused(targets, predictions, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(torch.tensor(targets), torch.tensor(predictions), classes=3)


@pytest.mark.parametrize("measure", [recalls, precisions, macro_f1])
def test_measures_need_a_square_matrix(measure):
    with pytest.raises(ValueError, match="cuadrada"):
        measure(torch.ones(2, 3).long())


def test_without_cases_there_is_no_mean():
    with pytest.raises(ValueError, match="ningún caso"):
        macro_f1(torch.zeros(2, 2).long())
