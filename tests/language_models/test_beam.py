"""El haz frente a recorrerlo todo y frente al de transformers."""

from itertools import product

import pytest
import torch

from siguiente.course.transformers.gpt2_twin import gpt2_twin
from siguiente.language_models.beam import beam_search
from siguiente.language_models.sampling import generate, greedy
from siguiente.language_models.scoring import score
from siguiente.transformers.gpt import GPT, GPTConfig


@pytest.fixture(scope="module")
def gpt():
    model = GPT(GPTConfig(vocab_size=6, context_length=32, layers=2, heads=2, channels=16), seed=3)
    for weights in model.parameters():
        weights.data *= 1.7  # predicciones lejos de la uniforme
    return model


PROMPT = torch.tensor([[1, 4, 2]])


def test_a_wide_beam_finds_the_best_of_all(gpt):
    """Todo lo que se puede escribir en cuatro pasos, con 6 tokens."""
    rows = torch.tensor(list(product(range(6), repeat=4)))
    logprobs = score(gpt, torch.cat([PROMPT.expand(len(rows), -1), rows], 1), start=3).sum(1)
    found = beam_search(gpt, PROMPT, 4, 6**3)
    for beam, best in zip(found[:5], logprobs.topk(5).indices, strict=True):
        assert beam.tokens == rows[best].tolist()
        assert beam.logprob == pytest.approx(logprobs[best].item(), abs=1e-5)


def test_a_beam_of_one_is_greedy(gpt):
    found = beam_search(gpt, PROMPT, 10, 1)
    assert found[0].tokens == generate(gpt, PROMPT, 10, greedy)[0].tolist()


def test_the_probability_is_that_of_scoring(gpt):
    for beam in beam_search(gpt, PROMPT, 8, 4):
        ids = torch.cat([PROMPT, torch.tensor([beam.tokens])], 1)
        assert beam.logprob == pytest.approx(score(gpt, ids, start=3).sum().item(), abs=1e-4)


@pytest.mark.parametrize("beams", [2, 3, 5])
def test_equal_to_transformers(gpt, beams):
    theirs = gpt2_twin(gpt).generate(
        PROMPT,
        attention_mask=torch.ones_like(PROMPT),
        max_new_tokens=9,
        do_sample=False,
        num_beams=beams,
        num_return_sequences=beams,
        length_penalty=0.0,
        early_stopping="never",
        eos_token_id=None,
        pad_token_id=7,
        return_dict_in_generate=True,
        output_scores=True,
    )
    ours = beam_search(gpt, PROMPT, 9, beams)
    assert [beam.tokens for beam in ours] == theirs.sequences[:, 3:].tolist()
    torch.testing.assert_close(torch.tensor([beam.logprob for beam in ours]), theirs.sequences_scores)


def test_fewer_ways_than_beams(gru):
    """De dos tokens posibles y un paso salen dos textos, por más que se pidan."""
    from siguiente.language_models.protocol import UniformModel

    assert len(beam_search(UniformModel(2), torch.tensor([[0]]), 1, 5)) == 2


def test_no_room_in_the_context(gpt):
    with pytest.raises(ValueError, match="acórtelo"):
        beam_search(gpt, PROMPT, 40, 2)
