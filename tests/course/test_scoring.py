"""Puntuar por tandas: un informe por tanda, en milésimas, y lo que se comprueba, sin redondear."""

import torch

from siguiente.course.scoring import batches, scoring


def test_each_batch_is_a_report_and_what_is_checked_is_not_rounded():
    cases = [1.23456, 2.0, 3.0]
    run = scoring(lambda some: torch.tensor(some, dtype=torch.double)[:, None], batches(cases, 2), cases[:1])
    assert list(run.reports) == [[[1.235], [2.0]], [[3.0]]]
    assert run.measure([]) == cases[:1]
    assert run.model is None
