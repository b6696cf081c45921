"""Lo anotado en el curso: vale para el código de ahora, está entero y dice de dónde sale."""

from datetime import date

import pytest
import torch
from safetensors.torch import load

from siguiente.artefacts import find, inputs, record_digest
from siguiente.record import MARGINS, Margin, described, trainings
from siguiente.runtime.recipe import DECIDING, RECORDS, provenance
from siguiente.runtime.trained import read_rows

NAMES = trainings()
LIMIT = 25_000_000


@pytest.fixture(params=NAMES)
def name(request):
    """Una receta que entrena y está anotada."""
    if provenance(request.param) is None:
        pytest.fail(f"Falta anotarla: `python -m siguiente.record {request.param}`.")
    return request.param


def test_the_record_is_of_the_code_of_now(name):
    again = f"Cambió el código que la decide: `python -m siguiente.record {name}`."
    assert provenance(name)["key"] == find(name).key, again


def test_the_record_is_whole(name):
    files = {path.name: path for path in (RECORDS / name).iterdir() if path.name != "record.json"}
    assert {file: described(path) for file, path in files.items()} == provenance(name)["files"]


def test_the_record_says_where_it_comes_from(name):
    facts = provenance(name)
    assert facts["name"] == name
    assert facts["command"] == f"python -m siguiente.record {name}"
    assert date.fromisoformat(facts["date"])
    assert all(facts[field] for field in ("processor", "system", "arithmetic"))
    assert facts["threads"] == 1
    assert facts["versions"].keys() == {"python", *DECIDING}
    assert facts["parts"].keys() == {part.stem for part in find(name).parts}
    assert all(part["seconds"] >= 0 and part["measured"] for part in facts["parts"].values())
    assert facts["seconds"] > 0


def test_what_it_starts_from_is_what_is_recorded_now(name):
    expected = {other: record_digest(other) for other in inputs(name) if other in NAMES}
    assert provenance(name)["inputs"] == expected, f"Hay que rehacerla: `python -m siguiente.record {name}`."


def test_its_weights_have_16_bits_and_its_reports_can_be_repeated(name):
    for part in find(name).parts:
        assert len(read_rows(RECORDS / name, part.stem)) >= MARGINS.get(name, Margin()).reports
        path = RECORDS / name / f"{part.stem}.safetensors"
        for weights in load(path.read_bytes()).values() if path.is_file() else []:
            assert weights.dtype == torch.float16 or not weights.is_floating_point()
            assert weights.isfinite().all()


def test_nothing_is_recorded_that_nobody_declares():
    folders = {path.name for path in RECORDS.iterdir() if path.is_dir()}
    assert {folder for folder in folders if not folder.startswith(".recording-")} <= set(NAMES)


def test_all_together_are_small():
    files = [path for folder in NAMES for path in (RECORDS / folder).glob("*")]
    assert sum(path.stat().st_size for path in files) < LIMIT
