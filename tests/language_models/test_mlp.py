from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from siguiente.language_models.gru import GRU, GRUConfig, gru_cell
from siguiente.language_models.mlp import MLP, MLPConfig, context_windows
from siguiente.language_models.sampling import generate, greedy
from siguiente.language_models.scoring import score
from siguiente.language_models.training import TrainingConfig, train

SMALL = MLPConfig(vocab_size=9, boundary=8, order=4, channels=5, hidden=6)
MODELS = {
    "MLP": MLP(SMALL, seed=1),
    "MLP de orden 2": MLP(replace(SMALL, order=2), seed=1),
    "GRU": GRU(GRUConfig(vocab_size=9, channels=5, hidden=7), seed=1),
    "GRU atada": GRU(GRUConfig(vocab_size=9, channels=6, hidden=6, tied=True), seed=1),
}
each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
texts = st.lists(st.integers(0, 8), min_size=2, max_size=12).map(lambda row: torch.tensor([row]))


@each_model
@settings(deadline=None)
@given(ids=texts, data=st.data())
def test_reading_in_pieces_equals_reading_at_once(model, ids, data):
    cut = data.draw(st.integers(1, ids.shape[1] - 1))
    whole = model(ids)
    first, state = model.step(ids[:, :cut], last=cut)
    second, _ = model.step(ids[:, cut:], state, last=ids.shape[1] - cut)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, atol=1e-5, rtol=1e-5)


@each_model
@settings(deadline=None)
@given(ids=texts, data=st.data())
def test_a_future_token_never_changes_a_past_prediction(model, ids, data):
    place = data.draw(st.integers(1, ids.shape[1] - 1))
    changed = ids.clone()
    changed[0, place:] = (ids[0, place:] + data.draw(st.integers(1, 8))) % 9
    torch.testing.assert_close(model(changed)[:, :place], model(ids)[:, :place], atol=1e-6, rtol=0)
    assert not torch.equal(model(changed), model(ids))


@each_model
def test_all_the_continuations_of_a_prefix_sum_to_one(model):
    """Los 81 finales de dos tokens, puntuados desde el estado del comienzo: es uno si nada mira adelante."""
    _, state = model.step(torch.tensor([[8, 3, 8, 1, 2]])[:, :-1])
    finals = torch.cartesian_prod(torch.arange(9), torch.arange(9))
    rows = torch.cat([torch.full((81, 1), 2), finals], 1)
    assert score(model, rows, state)[:, -2:].sum(1).exp().sum().item() == pytest.approx(1, abs=1e-5)


@each_model
def test_states_do_not_change_and_can_be_repeated_and_selected(model):
    ids = torch.tensor([[1, 2, 3], [4, 5, 6]])
    _, state = model.step(ids)
    once, _ = model.step(ids[:, :1], state)
    again, _ = model.step(ids[:, :1], state)
    assert torch.equal(once, again)
    tripled, _ = model.step(ids[:, :1].repeat_interleave(3, 0), state.repeat(3))
    torch.testing.assert_close(tripled, once.repeat_interleave(3, 0))
    swapped, _ = model.step(ids[:, :1].flip(0), state.select(torch.tensor([1, 0])))
    torch.testing.assert_close(swapped, once.flip(0))


@each_model
def test_a_common_prefix_serves_several_rows(model):
    prefix, rows = torch.tensor([[8, 1]]), torch.tensor([[2, 3], [4, 5]])
    _, state = model.step(prefix)
    shared = score(model, rows, state)
    torch.testing.assert_close(shared, score(model, torch.cat([prefix.expand(2, -1), rows], 1), start=3))


@each_model
def test_it_writes(model):
    assert generate(model, torch.tensor([[8]]), length=4, choose=greedy, n=2).shape == (2, 4)


@pytest.mark.parametrize(("kind", "config"), [(MLP, SMALL), (GRU, GRUConfig(vocab_size=9))])
def test_the_configuration_and_the_seed_decide_the_weights(kind, config):
    torch.manual_seed(0)
    first = kind(config, seed=2)
    torch.manual_seed(1)
    again, other = kind(config, seed=2), kind(config, seed=3)
    pairs = list(zip(first.parameters(), again.parameters(), other.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b, _ in pairs)
    assert not any(torch.equal(a, c) for a, _, c in pairs if a.ndim == 2)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_before_training_no_token_is_much_preferred(model):
    assert model(torch.tensor([[1, 2, 3]])).softmax(-1).max() < 0.7


def test_the_mlp_is_the_formula_of_bengio():
    """z = b + U tanh(d + H x), con los vectores de los tres tokens anteriores en x."""
    model = MODELS["MLP"]
    logits = model(torch.tensor([[1, 2, 3, 4]]))
    x = model.embedding.weight[[2, 3, 4]].flatten()
    y = model.head.bias + model.head.weight @ torch.tanh(model.hidden.bias + model.hidden.weight @ x)
    torch.testing.assert_close(logits[0, -1], y)


def test_the_mlp_sees_nothing_before_its_window_and_the_gru_does():
    near, far = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[7, 2, 3, 4]])
    assert torch.equal(MODELS["MLP"](near)[:, -1], MODELS["MLP"](far)[:, -1])
    assert not torch.equal(MODELS["GRU"](near)[:, -1], MODELS["GRU"](far)[:, -1])


def test_a_text_begins_the_same_wherever_it_is():
    """Tras un límite, el MLP predice igual que al comienzo: en el flujo, y en un texto suelto."""
    alone, inside = torch.tensor([[8, 1, 2]]), torch.tensor([[3, 5, 5, 8, 1, 2]])
    torch.testing.assert_close(MODELS["MLP"](alone), MODELS["MLP"](inside)[:, 3:])


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=3, max_size=12), st.integers(1, 3))
def test_context_windows_by_hand(row, n):
    windows = context_windows(torch.tensor([row]), n, boundary=0)[0].tolist()
    for i, window in enumerate(windows):
        seen = row[i : i + n]
        if 0 in seen:
            last = n - 1 - seen[::-1].index(0)
            seen = [0] * (last + 1) + seen[last + 1 :]
        assert window == seen


def test_the_cell_written_by_hand_reads_like_torch():
    rnn = nn.GRU(4, 6, batch_first=True)
    x, h = torch.randn(3, 10, 4, generator=torch.Generator().manual_seed(0)), torch.zeros(3, 6)
    outputs, final = rnn(x)
    for t in range(10):
        h = gru_cell(x[:, t], h, rnn)
        torch.testing.assert_close(h, outputs[:, t], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(h, final[0], atol=1e-6, rtol=1e-5)


def test_an_update_gate_that_is_closed_keeps_the_past_and_an_open_one_forgets_it():
    rnn, h = nn.GRU(1, 1), torch.tensor([[0.7]])
    nn.init.zeros_(rnn.weight_ih_l0), nn.init.zeros_(rnn.weight_hh_l0), nn.init.zeros_(rnn.bias_hh_l0)
    rnn.bias_ih_l0.data = torch.tensor([0.0, 50.0, 0.3])
    assert gru_cell(torch.ones(1, 1), h, rnn).item() == pytest.approx(0.7)
    rnn.bias_ih_l0.data = torch.tensor([0.0, -50.0, 0.3])
    assert gru_cell(torch.ones(1, 1), h, rnn).item() == pytest.approx(torch.tensor(0.3).tanh().item())


def test_tied_weights_are_one_matrix_and_stay_so():
    model, untied = MODELS["GRU atada"], GRU(GRUConfig(vocab_size=9, channels=6, hidden=6))
    count = [sum(weight.numel() for weight in net.parameters()) for net in (model, untied)]
    assert count[1] - count[0] == 9 * 6
    config = TrainingConfig(steps=3, batch_size=2, length=4, evaluate_every=3)
    list(train(model, torch.arange(40) % 9, config))
    assert model.head.weight is model.embedding.weight


def remembering(length):
    """Textos de tres tokens: el tercero repite el primero, que el segundo, al azar, aleja."""
    first = torch.randint(4, (length, 1), generator=torch.Generator().manual_seed(0))
    gaps = torch.randint(4, 8, (length, 3), generator=torch.Generator().manual_seed(1))
    return torch.cat([first, gaps, first, torch.full((length, 1), 8)], 1).flatten()


def test_only_the_model_with_room_for_the_clue_learns_to_repeat_it():
    """Con un contexto de tres tokens la pista queda fuera; con cinco, o con memoria, dentro."""
    stream, config = remembering(300), TrainingConfig(300, 8, 30, learning_rate=0.02, evaluate_every=300)
    ids = stream[-60:].view(10, 6)
    recalled = {}
    for name, model in {
        "corto": MLP(replace(SMALL, channels=16, hidden=32)),
        "largo": MLP(replace(SMALL, order=6, channels=16, hidden=32)),
        "GRU": GRU(GRUConfig(9, 16, 32)),
    }.items():
        list(train(model, stream, config))
        recalled[name] = score(model, ids)[:, 3].exp().mean()
    assert recalled["corto"] < 0.35
    assert min(recalled["largo"], recalled["GRU"]) > 0.9


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        (MLPConfig, {"vocab_size": 0, "boundary": 0}, "`vocab_size` debe"),
        (MLPConfig, {"vocab_size": 5, "boundary": 5}, "`boundary` debe ser un token, de 0 a 4"),
        (MLPConfig, {"vocab_size": 5, "boundary": -1}, "`boundary`"),
        (MLPConfig, {"vocab_size": 5, "boundary": 0, "order": 1}, "`order` debe ser al menos 2"),
        (MLPConfig, {"vocab_size": 5, "boundary": 0, "hidden": 0}, "`hidden` debe"),
        (GRUConfig, {"vocab_size": 5, "channels": 0}, "`channels` debe"),
        (
            GRUConfig,
            {"vocab_size": 5, "channels": 3, "hidden": 4, "tied": True},
            "deben ser iguales: valen 3 y 4",
        ),
    ],
)
def test_shapes_without_sense_are_refused(kind, wrong, said):
    with pytest.raises(ValueError, match=said):
        kind(**wrong)
