import pytest
import torch

from siguiente.language_models.sampling import (
    complete,
    generate,
    generate_batch,
    greedy,
    sampler,
    stream_tokens,
)


def seeded(seed=0, temperature=1.0):
    return sampler(torch.Generator().manual_seed(seed), temperature)


def test_greedy_equals_reading_everything_again_at_each_step(gru):
    ids = torch.tensor([[1, 2, 3]])
    new = generate(gru, ids, length=8, choose=greedy)
    for _ in range(8):
        ids = torch.cat([ids, gru.step(ids)[0][:, -1].argmax(-1, keepdim=True)], 1)
    assert new.tolist() == ids[:, 3:].tolist()


def test_samples_follow_the_distribution(gru):
    ids, n = torch.tensor([[7]]), 20_000
    probabilities = gru.step(ids)[0][0, -1].softmax(-1)
    drawn = generate(gru, ids, length=1, choose=seeded(), n=n).flatten()
    token = probabilities.argmax()
    error = (probabilities[token] * (1 - probabilities[token]) / n).sqrt()
    assert abs((drawn == token).float().mean() - probabilities[token]) < 4 * error


def test_the_same_seed_writes_the_same_text(text_gru):
    assert complete(text_gru, "Hola", 12, seeded(3), n=2) == complete(text_gru, "Hola", 12, seeded(3), n=2)
    assert complete(text_gru, "Hola", 12, seeded(3)) != complete(text_gru, "Hola", 12, seeded(4))


def test_a_low_temperature_is_greedy(gru):
    ids = torch.tensor([[1, 2, 3]])
    assert generate(gru, ids, 8, seeded(0, 1e-4)).tolist() == generate(gru, ids, 8, greedy).tolist()


def test_the_prompt_is_read_once_for_all_continuations(gru):
    generate(gru, torch.zeros(1, 50, dtype=torch.long), length=3, choose=seeded(), n=4)
    assert gru.read == 50 + 2 * 4


def test_stops_at_the_final_token_and_does_not_write_it(gru):
    ids = torch.tensor([[1]])
    free = generate(gru, ids, length=10, choose=seeded(5), n=3)
    eos = free[0, 4].item()
    stopped = generate(gru, ids, length=10, choose=seeded(5), n=3, eos=eos)
    first = free[0].tolist().index(eos)
    assert stopped[0, : first + 1].tolist() == free[0, : first + 1].tolist()
    assert set(stopped[0, first:].tolist()) == {eos}


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_not_positive_is_refused(temperature):
    with pytest.raises(ValueError, match="positiva"):
        seeded(0, temperature)


def test_no_room_in_the_context(text_gru):
    text_gru.model.context_length = 8
    with pytest.raises(ValueError, match="pida menos"):
        complete(text_gru, "Hola", 6)
    with pytest.raises(ValueError, match="acórtelo"):
        complete(text_gru, "Un texto largo", 1)


def test_what_is_written_is_shown_to_adjust_and_obeyed(gru):
    seen = []

    def one_of_each(written, logits):
        seen.append(written.clone())
        return logits.scatter(1, written, -torch.inf)

    new = generate(gru, torch.tensor([[1]]), 8, seeded(), n=2, adjust=one_of_each)
    assert all(len(set(row)) == 8 for row in new.tolist())
    assert [tuple(written.shape) for written in seen] == [(2, t) for t in range(8)]
    assert torch.equal(seen[-1], new[:, :-1])


def test_the_stream_reads_only_what_is_asked_of_it(gru):
    ids = torch.tensor([[1, 2, 3]])
    tokens = stream_tokens(gru, ids, 8, greedy)
    first = [next(tokens).item() for _ in range(3)]
    assert gru.read == 3 + 2
    assert first == generate(gru, ids, 3, greedy)[0].tolist()


def test_the_stream_refuses_at_once(gru):
    with pytest.raises(ValueError, match="al menos un token"):
        stream_tokens(gru, torch.tensor([[1]]), 0, greedy)


def test_stops_before_the_first_stop_text_of_each_row(text_gru):
    free = complete(text_gru, "Hola", 30, seeded(2), n=3)
    stop = [free[0][7], free[1][4:6], free[2][20]]
    found = complete(text_gru, "Hola", 30, seeded(2), n=3, stop=stop)
    for text, whole in zip(found, free, strict=True):
        end = min(whole.find(s) for s in stop if s in whole)
        assert text == whole[:end]


def test_nothing_is_written_after_the_last_stop(text_gru):
    end = complete(text_gru, "Hola", 30)[0][2]
    text_gru.model.read = 0
    assert end not in complete(text_gru, "Hola", 30, stop=end)[0]
    assert text_gru.model.read < text_gru.prompt("Hola").shape[1] + 30 - 1


def test_an_empty_stop_text_is_refused(text_gru):
    with pytest.raises(ValueError, match="vacío"):
        complete(text_gru, "Hola", 3, stop=["\n", ""])


@pytest.mark.parametrize(("prompts", "length"), [([], 3), ([[]], 3), ([[1]], 0)])
def test_a_batch_needs_prompts_and_a_length(text_gru, prompts, length):
    with pytest.raises(ValueError, match="Hacen falta prompts"):
        generate_batch(text_gru.model, prompts, length, greedy)
