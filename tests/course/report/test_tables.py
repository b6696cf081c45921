import pytest
import torch

from siguiente.course.report.tables import Table
from siguiente.evaluation.intervals import Estimate


def test_the_same_table_by_columns_and_by_rows():
    names, worth = ["uno", "dos"], {"uno": 0.5, "dos": -1.25}
    assert repr(Table({"nombre": names, "vale": worth})) == repr(Table(["nombre", "vale"], worth))


def test_each_kind_of_value_is_written_its_own_way():
    rows = {"a": [3, 1.5, torch.tensor(2.25), torch.tensor([7])[0], True, Estimate(1, 0, 2.5), "texto"]}
    table = Table(["", "n", "x", "t", "k", "sí", "e", "s"], rows, digits=1)
    assert table.cells == [["a", "3", "1,5", "2,2", "7", "sí", "1,0 [0,0; 2,5]", "texto"]]


def test_a_row_may_be_a_tensor_or_a_single_estimate():
    assert Table(["π", "A", "B"], {"π*": torch.tensor([0.25, 0.75])}).cells == [["π*", "0,25", "0,75"]]
    assert Table(["", "e"], {"x": Estimate(1.0, 0.5, 1.5)}, digits=1).cells == [["x", "1,0 [0,5; 1,5]"]]


def test_columns_have_their_own_digits_and_percentages():
    columns = {"n": [1.0], "KL": [1.0], "gana": [0.125], "de más": [Estimate(0.5, 0.25, 0.75)]}
    table = Table(columns, digits={"KL": 3, "gana": 1}, percent=["gana", "de más"])
    assert table.cells == [["1,00", "1,000", "12,5\u202f%", "50\u202f% [25; 75]"]]


@pytest.mark.parametrize("rows", [[["a"]], {"a": [1, 2]}])
def test_a_row_of_another_length_is_refused(rows):
    with pytest.raises(ValueError, match="zip"):
        Table(["uno", "dos"], rows)


def test_what_a_model_wrote_is_shown_as_it_is():
    assert repr(Table(["texto"], [["a|b\n*c*"]])).endswith("| a\\|b ⏎ \\*c\\* |")
