"""Las medidas guardadas: completas, de un solo equipo y en el orden que cabe esperar."""

from itertools import pairwise

from siguiente.course.alignment.measured_costs import load_measured_steps
from siguiente.transformers.costs import count_parameters
from siguiente.transformers.gpt import GPTConfig

COSTS = load_measured_steps()
SMALL = count_parameters(GPTConfig(1478, 110, layers=2, heads=2, channels=64))


def test_every_case_is_there_once_and_from_one_machine():
    assert len({(cost.parameters, cost.group) for cost in COSTS}) == len(COSTS) == 10
    assert len({cost.machine for cost in COSTS}) == 1
    assert all(0 < cost.writing < cost.step for cost in COSTS)


def test_more_parameters_and_more_answers_cost_more():
    by_size = sorted(cost for cost in COSTS if cost.group == 8)
    by_group = [cost for cost in COSTS if cost.parameters == SMALL]
    assert (len(by_size), len(by_group)) == (5, 6)
    for less, more in (*pairwise(by_size), *pairwise(by_group)):
        assert less.step < more.step
