from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.cli.few_shot_task import BATCH, few_shot_task
from siguiente.course.cli.labelled_csv import LabelledRow
from siguiente.course.cli.score_log import ScoreLog
from siguiente.prompting.few_shot import FewShotTemplate
from siguiente.prompting.labels import score_labels
from siguiente.prompting.templates import Template

TEMPLATE = FewShotTemplate(Template("Texto: <text>\nTema:"))
ROWS = [LabelledRow(f"Texto {i}", ("ocio", "banca", "ocio")[i % 3], line=2 * i + 2) for i in range(60)]


NESTED = [replace(row, label=row.label.replace("ocio", "banca central")) for row in ROWS]


def task(rows=ROWS, k=4, seed=0, limit=None):
    return few_shot_task(rows, TEMPLATE, k, torch.Generator().manual_seed(seed), limit)


@given(k=st.integers(0, 40), seed=st.integers(0, 99), limit=st.none() | st.integers(1, 99))
def test_examples_are_never_asked_and_nothing_is_lost(k, seed, limit):
    made = task(k=k, seed=seed, limit=limit)
    assert sorted((*made.examples, *made.pool), key=lambda row: row.line) == ROWS
    assert list(made.rows) == sorted(made.rows, key=lambda row: row.line)
    assert len(made.rows) == min(60 - k, limit or 60)
    batched = [row for batch in made.batches() for row in batch]
    assert batched == list(made.pool[:limit])


def test_the_limit_only_adds():
    assert set(task(limit=10).rows) < set(task(limit=20).rows)
    assert task(limit=10).settings == task(limit=20).settings


def test_a_text_shown_with_its_label_is_not_asked():
    rows = [*ROWS, *(LabelledRow(f"  Texto\n{i} ", "ocio", line=500 + i) for i in range(60))]
    made = task(rows)
    shown = {" ".join(example.text.split()) for example in made.examples}
    assert len(shown) == 4
    assert shown.isdisjoint(" ".join(row.text.split()) for row in made.pool)
    assert len(made.pool) == 120 - 8


def test_labels_are_in_order_and_all_there():
    assert task(k=1).labels == ("banca", "ocio")


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"k": 2},
        {"rows": [*ROWS[:-1], LabelledRow("Otro", "ocio", line=120)]},
        {"rows": ROWS[:-1]},
    ],
)
def test_the_settings_change_with_what_is_scored(change):
    assert task(**change).settings != task().settings


def test_the_settings_do_not_change_with_the_true_labels_of_what_is_asked():
    made = task(k=0)
    rows = [LabelledRow(ROWS[0].text, "banca", ROWS[0].line), *ROWS[1:]]
    assert task(rows, k=0).settings == made.settings


def test_batches_score_the_same_as_all_at_once(text_gru, tmp_path):
    made = task()
    with ScoreLog.open(tmp_path / "scores.json", made.settings) as log:
        added = list(made.score_missing(text_gru, log))
        scores = log.tensor([row.line for row in made.rows])
        assert list(made.score_missing(text_gru, log)) == []
    prompts = [TEMPLATE.prompt(row.text, made.examples) for row in made.rows]
    torch.testing.assert_close(scores, score_labels(text_gru, prompts, made.labels), atol=1e-4, rtol=0)
    assert added == [BATCH, BATCH, BATCH, 56 - 3 * BATCH]


@pytest.mark.parametrize(("rows", "longest"), [(ROWS, " banca"), (NESTED, " banca central\n\n")])
def test_a_prompt_that_just_fits_is_accepted_and_one_token_more_is_not(text_gru, gru, rows, longest):
    made = task(rows)
    prompts = TEMPLATE.prompts([row.text for row in made.rows], made.examples)
    gru.context_length = max(len(text_gru.encode(prompt + longest)) for prompt in prompts)
    made.score(text_gru, [row.text for row in made.rows])
    gru.read = 0
    made.check_room(text_gru)
    assert gru.read == 0
    gru.context_length -= 1
    with pytest.raises(ValueError, match=f"caben {gru.context_length}"):
        made.check_room(text_gru)


def test_a_text_that_does_not_fit_is_named(text_gru, gru):
    rows = [*ROWS, LabelledRow("largo " * 100, "banca", line=777)]
    gru.context_length = 400
    made = task(rows)
    assert rows[-1] in made.pool
    with pytest.raises(ValueError, match=r"^Línea 777: .*caben 400"):
        made.check_room(text_gru)


def test_examples_that_do_not_fit_are_named(text_gru, gru):
    gru.context_length = 50
    lines = ", ".join(str(example.line) for example in task().examples)
    with pytest.raises(ValueError, match=rf"^Ejemplos \(líneas {lines}\): .*caben 50"):
        task().check_room(text_gru)


def test_a_template_that_does_not_fit_is_named(text_gru, gru):
    gru.context_length = 5
    with pytest.raises(ValueError, match=r"^Plantilla: "):
        task(k=0).check_room(text_gru)


@pytest.mark.parametrize(
    ("options", "message"), [({"limit": 0}, "límite es 0"), ({"limit": -3}, "límite es -3")]
)
def test_nothing_to_ask_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        task(**options)


def test_examples_that_use_up_every_text_are_refused():
    with pytest.raises(ValueError, match="no queda ningún texto"):
        task(ROWS[:2], k=2)
