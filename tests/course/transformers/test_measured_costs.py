"""Las medidas guardadas: completas, del mismo día y equipo, y de las redes que dicen."""

from itertools import pairwise

from siguiente.course.transformers.measured_costs import load_measured_costs
from siguiente.transformers.costs import count_parameters
from siguiente.transformers.gpt import GPTConfig

COSTS = load_measured_costs()


def test_every_case_is_there_once_and_from_one_machine():
    assert len({(c.attention, c.parameters, c.context) for c in COSTS}) == len(COSTS) == 18
    assert len({c.machine for c in COSTS}) == 1
    assert all(c.microseconds_per_token > 0 and c.megabytes > 0 for c in COSTS)


def test_the_parameters_are_those_of_the_measured_networks():
    for cost in COSTS:
        if cost.context != 128:
            assert cost.parameters == count_parameters(GPTConfig(512, cost.context, 4, 4, 128))


def test_more_parameters_cost_more_time_and_memory():
    by_size = sorted(c for c in COSTS if c.attention == "fused" and c.context == 128)
    for small, large in pairwise(by_size):
        assert small.microseconds_per_token < large.microseconds_per_token
        assert small.megabytes < large.megabytes
