"""Las sumas: qué aprende el modelo, que escribe lo que dice, y qué errores descubre cada prueba."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.data.sums import Column, Sum, draw_sums, number_words
from siguiente.course.prompting.sums import (
    CONTEXT,
    answers,
    casts_out_nines,
    make_sum_model,
    solution_only,
    steps_hold,
    sum_tokenizer,
    train_sums,
    write_sums,
    written_answer,
    written_columns,
)
from siguiente.evaluation.selection import NO_ANSWER
from siguiente.language_models.sampling import sampler
from siguiente.language_models.training import TrainingConfig, next_token_loss
from siguiente.language_models.windows import IGNORED

FEW = [Sum(2, 3), Sum(4, 4), Sum(9, 5), Sum(7, 1)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@given(st.builds(Sum, st.integers(0, 999), st.integers(0, 999)))
def test_every_sum_fits_with_a_token_per_word(added):
    text = added.question + added.solution(steps=True)
    ids = sum_tokenizer().encode(text)
    assert len(ids) <= CONTEXT - 2
    assert {token for token in ids if token < 256} <= set(b":,;")
    assert sum_tokenizer().decode(ids) == text


@pytest.mark.parametrize("worked", [True, False])
def test_it_learns_a_few_sums_by_heart(worked):
    model = make_sum_model()
    list(train_sums(model, FEW, worked, TrainingConfig(steps=60, batch_size=4, learning_rate=5e-3)))
    assert write_sums(model, FEW) == [[added.solution(worked)] for added in FEW]


def test_the_question_is_not_learned():
    """La pérdida de un lote es la de los tokens de la solución y del final: ni uno más."""
    model, config = make_sum_model(), TrainingConfig(steps=1, batch_size=1)
    loss = next(train_sums(model, [Sum(2, 3)], False, config))
    model = make_sum_model()
    question, whole = (model.encode(text) for text in ("dos más tres", "dos más tres son cinco"))
    ids = torch.tensor([[*whole, model.tokenizer.eos_id]])
    logits = model.model(ids[:, :-1])
    start = len(question) - 1
    assert loss == pytest.approx(next_token_loss(logits[:, start:], ids[:, 1 + start :]).item(), abs=1e-5)


def test_only_the_solution_counts_in_each_row():
    inputs, targets = torch.tensor([[0, 1, 9, 5], [0, 1, 1, 9]]), torch.tensor([[1, 9, 5, 9], [1, 1, 9, 6]])
    same, kept = solution_only(inputs, targets, first=9)
    assert same is inputs
    assert kept.tolist() == [[IGNORED, 9, 5, 9], [IGNORED, IGNORED, 9, 6]]


def test_the_seed_decides():
    one, two, other = (make_sum_model(seed).model.tokens.weight for seed in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_each_question_gets_its_own_samples():
    model, sums = make_sum_model(), [*draw_sums(2, 3, seeded()), *draw_sums(2, 1, seeded())]
    greedy = write_sums(model, sums, n=2)
    assert all(first == second for first, second in greedy)
    assert [texts[0] for texts in greedy] == [texts[0] for texts in write_sums(model, sums)]
    samples = write_sums(model, sums, sampler(seeded()), n=2)
    assert all(first != second for first, second in samples)
    assert samples == write_sums(model, sums, sampler(seeded()), n=2)


SUMS = st.builds(Sum, st.integers(0, 999), st.integers(0, 999))
GOOD = (
    ": cinco más siete, doce; ocho más dos más uno, once; tres más cuatro más uno, ocho; son ochocientos doce"
)


@given(SUMS)
def test_what_is_right_always_passes(added):
    worked = added.solution(steps=True)
    assert written_answer(worked) == written_answer(added.solution(steps=False)) == sum(added)
    assert written_columns(worked) == added.columns
    assert steps_hold(worked)
    assert casts_out_nines(added, worked)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("doce;", "trece;"),  # una cuenta
        ("son ochocientos doce", "son ochocientos once"),  # el resultado no es el de los pasos
        ("ocho más dos más uno, once", "ocho más dos, diez"),  # no se lleva una
        ("cinco más siete, doce", "cinco más dos, siete"),  # se lleva una que no hay
        ("; tres más cuatro más uno, ocho", ""),  # falta una columna
        ("más siete", "siete"),  # no se entiende
    ],
)
def test_each_kind_of_fault_is_seen_in_the_steps(right, wrong):
    assert right in GOOD
    assert steps_hold(GOOD)
    assert not steps_hold(GOOD.replace(right, wrong))


@pytest.mark.parametrize(
    "text",
    [
        ": cinco más siete, doce; ocho más dos más cinco, quince; son ciento cincuenta y dos",
        ": doce más quince, veintisiete; son veintisiete",
    ],
    ids=["carries five", "not a digit"],
)
def test_steps_that_add_up_but_are_not_columns(text):
    assert not steps_hold(text)


def test_the_steps_do_not_see_a_digit_copied_wrong():
    """La suma está bien hecha, pero es otra: para verlo hay que mirar la pregunta."""
    other = Sum(385, 426)
    assert steps_hold(other.solution(steps=True))
    assert not casts_out_nines(Sum(385, 427), other.solution(steps=True))


@given(SUMS, st.integers(-1000, 1000))
def test_nines_miss_only_the_errors_that_are_multiples_of_nine(added, error):
    answer = sum(added) + error
    if 0 <= answer < 2000:
        assert casts_out_nines(added, f" son {number_words(answer)}") == (error % 9 == 0)


@pytest.mark.parametrize("text", ["", " son", " son y uno", "sesenta y cinco", ": ; son"])
def test_what_says_no_number_has_no_answer(text):
    assert written_answer(text) == NO_ANSWER
    assert not casts_out_nines(Sum(0, 8), text)
    assert not steps_hold(text)


def test_answers_are_a_row_per_question():
    assert torch.equal(answers([[" son dos", " son"], [GOOD, ""]]), torch.tensor([[2, -1], [812, -1]]))


def test_columns_are_read_as_written():
    assert written_columns(": siete más ocho, catorce; y qué más; son diez") == [Column((7, 8), 14), None]
