"""Lo escrito a la vez es lo escrito de uno en uno; para un modelo preentrenado, en `tests/llm`."""

import pytest
import torch

from siguiente.language_models.sampling import generate, generate_batch, greedy, sampler

PROMPTS = [[1, 2, 3], [4], [5, 6, 7], [8, 9], [4]]


def one_by_one(model, length, eos=None, adjust=None):
    for prompt in PROMPTS:
        row = generate(model, torch.tensor([prompt]), length, greedy, 1, eos, adjust)[0].tolist()
        yield row[: row.index(eos)] if eos in row else row


def test_the_same_as_one_by_one(gru):
    found = generate_batch(gru, PROMPTS, 9, greedy)
    assert found == list(one_by_one(gru, 9))
    assert len({tuple(row) for row in found}) > 2


def test_each_row_ends_where_it_ends_alone(gru):
    eos = generate_batch(gru, PROMPTS, 9, greedy)[0][3]
    found = generate_batch(gru, PROMPTS, 9, greedy, eos)
    assert found == list(one_by_one(gru, 9, eos))
    assert len(found[0]) <= 3


def test_adjust_sees_the_tokens_of_its_rows(gru):
    def no_repeats(written, logits):
        return logits.scatter(1, written, -torch.inf)

    found = generate_batch(gru, PROMPTS, 9, greedy, adjust=no_repeats)
    assert found == list(one_by_one(gru, 9, adjust=no_repeats))
    assert all(len(set(row)) == 9 for row in found)


def test_equal_lengths_are_read_together(gru):
    generate_batch(gru, PROMPTS, 1, greedy)
    assert gru.read == sum(map(len, PROMPTS))


def test_random_choices_have_the_same_distribution(gru):
    """El último de tres tokens al azar, de 12: ji cuadrado de dos muestras, sumada en los prompts."""
    model, draws = type(gru)(vocab_size=12), 400
    choose = sampler(torch.Generator().manual_seed(0))
    together = torch.tensor(generate_batch(model, PROMPTS * draws, 3, choose)).view(draws, len(PROMPTS), 3)
    alone = [generate(model, torch.tensor([prompt]), 3, choose, draws) for prompt in PROMPTS]

    def distance(first, second):
        a, b = (tokens[:, -1].bincount(minlength=12) for tokens in (first, second))
        return ((a - b) ** 2 / (a + b).clamp(min=1)).sum().item()

    freedom = 11 * len(PROMPTS)
    bound = freedom + 4 * (2 * freedom) ** 0.5
    assert sum(distance(together[:, i], alone[i]) for i in range(len(PROMPTS))) < bound
    assert sum(distance(together[:, i], alone[i - 2]) for i in range(len(PROMPTS))) > 2 * bound


def test_the_longest_does_not_fit(gru):
    gru.context_length = 5
    with pytest.raises(ValueError, match="pida menos"):
        generate_batch(gru, PROMPTS, 3, greedy)
