import pytest
import torch

from siguiente.course.language_models.recall import (
    Recall,
    recall,
    states_after_name,
    within,
    word_numbers,
)
from siguiente.language_models.gru import GRU, GRUConfig
from siguiente.language_models.protocol import ByteTokenizer, TensorState, UniformModel

# Tokens 1 y 5 son formas del nombre 0; 2 es el nombre 1; 3, otro que no sale; los demás no son nombres.
NAMES = torch.tensor([-1, 0, 1, 2, -1, 0])


class LastName:
    """Espera siempre el token 1, con la mitad de la probabilidad; lo demás, a partes iguales."""

    vocab_size, context_length = 6, None

    def step(self, ids, state=None, last=1):
        p = torch.full((1, last, 6), 0.1)
        p[..., 1] = 0.5
        return p.log(), TensorState(ids)


def test_only_names_that_come_back_count_with_their_distance():
    found = recall(UniformModel(6), torch.tensor([0, 1, 2, 4, 4, 1, 0, 2, 3]), NAMES)
    assert found.distance.tolist() == [4, 5]
    assert found.probability.tolist() == pytest.approx([2 / 4, 1 / 4])


def test_two_forms_of_a_name_are_the_same_name():
    assert recall(UniformModel(6), torch.tensor([0, 5, 4, 1]), NAMES).distance.tolist() == [2]


def test_the_distance_is_to_the_last_time():
    assert recall(UniformModel(6), torch.tensor([1, 4, 1, 1, 4, 4, 1]), NAMES).distance.tolist() == [2, 1, 3]


def test_the_probability_is_shared_among_names():
    """Por 1 y 5: 0,5 + 0,1; por todos los nombres: 0,8."""
    assert recall(LastName(), torch.tensor([1, 1]), NAMES).probability.tolist() == pytest.approx([0.6 / 0.8])
    assert recall(LastName(), torch.tensor([2, 2]), NAMES).probability.tolist() == pytest.approx([0.1 / 0.8])


class NoNames(LastName):
    """Tras el token 4 da a todos los nombres la misma probabilidad; tras los demás, ninguna."""

    def step(self, ids, state=None, last=1):
        hopeless = (ids[:, -last:] != 4)[..., None] & (NAMES >= 0)
        return torch.zeros(1, last, 6).masked_fill(hopeless, -torch.inf), TensorState(ids)


def test_where_no_name_has_any_probability_nothing_is_measured():
    found = recall(NoNames(), torch.tensor([1, 1, 4, 1]), NAMES)
    assert found.distance.tolist() == [2]
    assert found.probability.tolist() == pytest.approx([2 / 4])


def test_a_text_that_repeats_no_name_is_empty():
    found = recall(UniformModel(6), torch.tensor([0, 1, 2, 3, 4]), NAMES)
    assert len(found.distance) == len(found.probability) == 0
    assert len(within([found], 1, 100)) == 0


def test_means_are_by_text_and_both_ends_count():
    one = Recall(torch.tensor([1, 5, 6]), torch.tensor([0.2, 0.4, 1.0]))
    two = Recall(torch.tensor([7]), torch.tensor([0.5]))
    assert within([one, two], 1, 5).tolist() == pytest.approx([0.3])
    assert within([one, two], 6, 9).tolist() == pytest.approx([1.0, 0.5])


def test_words_of_several_tokens_have_no_number():
    numbers = word_numbers(ByteTokenizer(), ["a", "no"])
    assert (numbers[ord("a")], (numbers >= 0).sum()) == (0, 1)


def test_a_state_is_the_one_after_so_many_tokens_and_no_other_name():
    network = GRU(GRUConfig(vocab_size=6, channels=4, hidden=4))
    texts = [torch.tensor([0, 1, 4, 4, 2]), torch.tensor([2, 1, 4, 4]), torch.tensor([0, 4])]
    states, labels = states_after_name(network, texts, NAMES, age=2)
    torch.testing.assert_close(states[0], network.step(texts[0][None, :4])[1].tensor[0])
    assert labels.tolist() == [0]
