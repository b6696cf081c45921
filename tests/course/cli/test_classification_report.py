import csv
import io

import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.cli.classification_report import FORMULA, predictions_csv, summary
from siguiente.course.cli.labelled_csv import LabelledRow

LABELS = ("banca", "ocio")
ROWS = [LabelledRow("Uno", "banca", 2), LabelledRow("Dos", "banca", 4), LabelledRow("Tres", "ocio", 7)]
PROBABILITIES = torch.tensor([[0.9, 0.1], [0.25, 0.75], [0.5, 0.5]])


def test_the_table_gives_line_prediction_and_every_probability():
    rows = list(csv.DictReader(io.StringIO(predictions_csv(ROWS, LABELS, PROBABILITIES).lstrip("\ufeff"))))
    assert [row["line"] for row in rows] == ["2", "4", "7"]
    assert [row["prediction"] for row in rows] == ["banca", "ocio", "banca"]
    assert rows[1]["P(ocio)"] == "0.750000"


@given(text=st.text(st.characters(exclude_categories=["Cs"])), label=st.text("a,;\"'\n{}😀", min_size=1))
def test_any_text_and_label_can_be_read_back(text, label):
    written = predictions_csv([LabelledRow(text, label, 2)], [label, "otra"], PROBABILITIES[:1])
    assert written.startswith("\ufeff")
    header, row = csv.reader(io.StringIO(written[1:], newline=""))
    assert header[4] == f"P({label})"
    assert [cell.removeprefix("'") for cell in row[1:4]] == [
        each.removeprefix("'") for each in (text, label, label)
    ]
    assert not any(cell.startswith(FORMULA) for cell in row[1:4])


def test_the_summary_compares_with_always_saying_the_most_common():
    text = summary(torch.tensor([[9, 1], [4, 6]]), LABELS)
    assert "Exactitud: 75,0\u202f% [53,1; 88,8], en 20 textos." in text
    assert "Decir siempre «banca»: 50,0\u202f% [29,9; 70,1]." in text
