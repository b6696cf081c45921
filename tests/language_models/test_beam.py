"""El haz frente a recorrerlo todo y frente al de transformers."""

from itertools import product

import pytest
import torch

from siguiente.course.transformers.gpt2_twin import gpt2_twin
from siguiente.language_models.beam import beam_search
from siguiente.language_models.sampling import generate, greedy
from siguiente.language_models.scoring import score
from siguiente.transformers.gpt import GPT, GPTConfig

EOS = 0


@pytest.fixture(scope="module")
def gpt():
    model = GPT(GPTConfig(vocab_size=6, context_length=32, layers=2, heads=2, channels=16), seed=3)
    for weights in model.parameters():
        weights.data *= 1.7  # predicciones lejos de la uniforme
    return model


PROMPT = torch.tensor([[1, 4, 2]])


def every_ending(model, length, alpha):
    """Todo lo que se puede escribir, con su puntuación: 6 tokens y pocos pasos."""
    rows = torch.tensor(list(product(range(6), repeat=length)))
    logprobs = score(model, torch.cat([PROMPT.expand(len(rows), -1), rows], 1), start=3).cumsum(1)
    found = {}
    for row, values in zip(rows.tolist(), logprobs.tolist(), strict=True):
        size = row.index(EOS) + 1 if EOS in row else length
        found[tuple(row[:size])] = values[size - 1] / size**alpha
    return sorted(found.items(), key=lambda pair: -pair[1])


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
def test_a_wide_beam_finds_the_best_of_all(gpt, alpha):
    expected = every_ending(gpt, 4, alpha)
    found = beam_search(gpt, PROMPT, 4, 6**3, EOS, alpha)
    for beam, (tokens, value) in zip(found[:5], expected[:5], strict=True):
        assert beam.tokens == list(tokens)
        assert beam.score == pytest.approx(value, abs=1e-5)
        assert beam.score == pytest.approx(beam.logprob / len(tokens) ** alpha)


def test_a_beam_of_one_is_greedy(gpt):
    found = beam_search(gpt, PROMPT, 10, 1)
    assert found[0].tokens == generate(gpt, PROMPT, 10, greedy)[0].tolist()


def test_the_probability_is_that_of_scoring(gpt):
    for beam in beam_search(gpt, PROMPT, 8, 4, EOS):
        ids = torch.cat([PROMPT, torch.tensor([beam.tokens])], 1)
        assert beam.logprob == pytest.approx(score(gpt, ids, start=3).sum().item(), abs=1e-4)


def test_without_length_the_text_is_as_short_or_shorter(gpt):
    plain, normalised = (beam_search(gpt, PROMPT, 12, 4, EOS, alpha)[0] for alpha in (0.0, 1.0))
    assert len(plain.tokens) < len(normalised.tokens)
    assert plain.logprob > normalised.logprob


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("beams", [2, 3, 5])
@pytest.mark.parametrize("eos", [0, 3, None])
def test_equal_to_transformers(gpt, alpha, beams, eos):
    theirs = gpt2_twin(gpt).generate(
        PROMPT,
        attention_mask=torch.ones_like(PROMPT),
        max_new_tokens=9,
        do_sample=False,
        num_beams=beams,
        num_return_sequences=beams,
        length_penalty=alpha,
        early_stopping="never",
        eos_token_id=eos,
        pad_token_id=7,
        return_dict_in_generate=True,
        output_scores=True,
    )
    ours = beam_search(gpt, PROMPT, 9, beams, eos, alpha)
    rows = [[token for token in row[3:] if token != 7] for row in theirs.sequences.tolist()]
    assert [beam.tokens for beam in ours] == rows
    torch.testing.assert_close(torch.tensor([beam.score for beam in ours]), theirs.sequences_scores)


def test_fewer_ways_than_beams(gru):
    """De dos tokens posibles y un paso salen dos textos, por más que se pidan."""
    from siguiente.language_models.protocol import UniformModel

    assert len(beam_search(UniformModel(2), torch.tensor([[0]]), 1, 5)) == 2


@pytest.mark.parametrize(
    ("length", "beams", "alpha"), [(0, 1, 0), (1, 0, 0), (1, 1, -0.1), (1, 1, float("nan"))]
)
def test_values_that_make_no_sense(gru, length, beams, alpha):
    with pytest.raises(ValueError, match="Hacen falta"):
        beam_search(gru, torch.tensor([[1]]), length, beams, None, alpha)


def test_no_room_in_the_context(gpt):
    with pytest.raises(ValueError, match="pida menos"):
        beam_search(gpt, PROMPT, 40, 2)


def test_a_batch_of_prompts_is_refused(gpt):
    with pytest.raises(ValueError, match="un solo prompt"):
        beam_search(gpt, PROMPT.repeat(2, 1), 3, 2)
