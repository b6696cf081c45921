"""El modelo de recompensa: aprende lo que se prefiere, su cero no significa nada y no toca la política."""

from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import nn

from siguiente.alignment.reward_model import (
    RewardModel,
    bradley_terry_loss,
    centre_rewards,
    preference_accuracy,
    score_answers,
    score_texts,
    train_reward_model,
)
from siguiente.alignment.sequences import Answers, Pairs, join_answers
from siguiente.language_models.protocol import ByteTokenizer, TextModel
from siguiente.language_models.training import TrainingConfig
from siguiente.transformers.gpt import GPT, GPTConfig

GOOD, END, CONTENT = 7, 8, 6
CONFIG = TrainingConfig(steps=80, batch_size=16, learning_rate=0.01, weight_decay=0.0)


def gpt():
    return GPT(GPTConfig(vocab_size=9, context_length=12, layers=1, heads=2, channels=8))


def some_pairs(n=96, seed=0):
    """Se prefiere siempre la respuesta que tiene el token 7, esté donde esté."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(1, CONTENT, (2 * n, 5), generator=generator)
    places = torch.randint(5, (n,), generator=generator)
    rows[torch.arange(n), places] = GOOD
    answers = [[*row, END] for row in rows.tolist()]
    return Pairs(join_answers([[1]] * n, answers[:n]), join_answers([[1]] * n, answers[n:]))


def noised(model):
    """Con una última capa al azar, para que las recompensas no sean todas 0."""
    nn.init.normal_(model.values.head.weight, generator=torch.Generator().manual_seed(0))
    return model


def test_it_reads_the_whole_answer_and_no_padding():
    model = noised(RewardModel(gpt()))
    answers = join_answers([[1, 2], [3]], [[4, 5, END], [6, END]])
    alone = [model(join_answers([[1, 2]], [[4, 5, END]])), model(join_answers([[3]], [[6, END]]))]
    torch.testing.assert_close(model(answers), torch.cat(alone))
    other = Answers(answers.ids.masked_fill(~answers.mask, 0), answers.mask)
    other.ids[1, 3:] = 5  # el relleno
    other.ids[0, :2], other.ids[1, 0] = answers.ids[0, :2], 3
    assert torch.equal(model(other), model(answers))
    other.ids[0, 2] = 6  # el primer token de la respuesta
    assert model(other)[0] != model(answers)[0]


def test_it_learns_what_is_preferred_and_the_policy_does_not_move():
    policy, ids = gpt(), torch.tensor([[1, 2, 3]])
    before, model = policy(ids).detach(), RewardModel(policy)
    assert preference_accuracy(model, some_pairs()) == 0.5
    losses = list(train_reward_model(model, some_pairs(), CONFIG))
    assert losses[0] == pytest.approx(0.6931, abs=1e-4)
    assert losses[-1] < 0.1
    assert preference_accuracy(model, some_pairs(seed=1)) > 0.95
    assert torch.equal(policy(ids), before)


@pytest.mark.parametrize(("share", "low", "high"), [(1.0, 0.95, 1.0), (0.5, 0.3, 0.7)])
def test_from_labels_drawn_with_a_coin_there_is_nothing_to_learn(share, low, high):
    """El mismo ajuste a las mismas parejas: con las preferencias, acierta en ellas; con monedas, no."""
    pairs = some_pairs()
    kept = torch.rand(96, 1, generator=torch.Generator().manual_seed(0)) < share
    sides = [torch.where(kept, one.ids, other.ids) for one, other in (pairs, pairs[::-1])]
    model = RewardModel(gpt())
    labelled = Pairs(*(Answers(ids, pairs.chosen.mask) for ids in sides))
    list(train_reward_model(model, labelled, TrainingConfig(steps=40, batch_size=16, learning_rate=0.01)))
    assert low <= preference_accuracy(model, labelled) <= high


def test_the_same_seed_gives_the_same_model():
    losses = [list(islice(train_reward_model(RewardModel(gpt()), some_pairs(), CONFIG), 9)) for _ in range(2)]
    assert losses[0] == losses[1]


def test_an_interrupted_fit_ends_like_an_unbroken_one(tmp_path):
    config, path = replace(CONFIG, steps=8, evaluate_every=3), tmp_path / "reward.pt"
    whole, parts = RewardModel(gpt()), RewardModel(gpt())
    losses = list(train_reward_model(whole, some_pairs(), config))
    broken = train_reward_model(RewardModel(gpt()), some_pairs(), config, path)
    assert [next(broken) for _ in range(5)] == losses[:5]
    broken.close()
    assert list(train_reward_model(parts, some_pairs(), config, path)) == losses
    assert all(map(torch.equal, whole.state_dict().values(), parts.state_dict().values()))
    with pytest.raises(ValueError, match="es de otro entrenamiento: no coincide el texto"):
        next(train_reward_model(parts, some_pairs(seed=1), config, path))


class Linear(nn.Module):
    """La recompensa más simple: una nota por token de la respuesta, que se suman."""

    def __init__(self):
        super().__init__()
        self.notes = nn.Parameter(torch.zeros(CONTENT + 1))

    def forward(self, answers):
        return (self.notes[answers.ids.clamp(max=CONTENT)] * answers.mask).sum(1)


def test_a_linear_reward_reaches_the_maximum_likelihood():
    """El oráculo: sin sesgo, es la regresión logística de la diferencia de las cuentas de cada token."""
    from sklearn.linear_model import LogisticRegression

    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(CONTENT, (2, 300, 4), generator=generator)
    gap = torch.linspace(-1, 1, CONTENT)[rows].sum(-1).diff(dim=0)[0]  # (300,)
    swap = (torch.rand(300, generator=generator) < gap.sigmoid())[None, :, None]
    chosen, rejected = torch.where(swap, rows.flip(0), rows)
    pairs = Pairs(*(join_answers([[0]] * 300, rows.tolist()) for rows in (chosen, rejected)))
    counts = [nn.functional.one_hot(rows, CONTENT).sum(1) for rows in (chosen, rejected)]
    sides = torch.where(torch.arange(300) % 2 == 0, 1, -1)  # hacen falta las dos clases
    design = (counts[0] - counts[1]) * sides[:, None]
    oracle = LogisticRegression(C=1e9, fit_intercept=False, tol=1e-10, max_iter=1000)
    expected = torch.from_numpy(oracle.fit(design.numpy(), sides.numpy()).coef_[0]).float()

    model = Linear()
    config = TrainingConfig(steps=250, batch_size=300, learning_rate=0.1, weight_decay=0.0)
    list(train_reward_model(model, pairs, config))
    found = model.notes.detach()[:CONTENT]
    torch.testing.assert_close(found - found.mean(), expected - expected.mean(), atol=2e-3, rtol=0)


def test_a_constant_changes_neither_the_loss_nor_its_gradient():
    model, pairs, gradients = noised(RewardModel(gpt())), some_pairs(16), []
    for _ in range(2):
        model.zero_grad()
        bradley_terry_loss(model(pairs.chosen), model(pairs.rejected)).backward()
        gradients.append([weights.grad.clone() for weights in model.parameters() if weights.grad is not None])
        assert model.values.head.bias.grad.item() == pytest.approx(0, abs=1e-6)
        with torch.no_grad():
            model.values.head.bias += 5
    for before, after in zip(*gradients, strict=True):
        torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-4)


def test_centring_puts_zero_at_the_reference_and_keeps_the_order():
    model, pairs = noised(RewardModel(gpt())), some_pairs(16)
    before = score_answers(model, pairs.rejected)
    mean = centre_rewards(model, pairs.chosen)
    assert score_answers(model, pairs.chosen).mean().item() == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(score_answers(model, pairs.rejected), before - mean)


def test_texts_are_scored_with_their_end():
    policy = GPT(GPTConfig(vocab_size=258, context_length=24, layers=1, heads=2, channels=8))
    model, reader = noised(RewardModel(policy)), TextModel(policy, ByteTokenizer())
    texts = ["Sí.", "", "No, señor."]
    found = score_texts(model, reader, ["¿Sí?"] * 3, texts)
    for text, value in zip(texts, found, strict=True):
        row = join_answers([reader.encode("¿Sí?")], [[*text.encode(), 257]])
        assert value == pytest.approx(model(row).item(), abs=1e-5)
    many = score_texts(model, reader, ["¿Sí?"] * 150, texts * 50)
    assert many == pytest.approx(found * 50, abs=1e-5)


def test_what_is_not_a_number_stops_everything():
    model = RewardModel(gpt())
    with torch.no_grad():
        model.values.head.bias.fill_(torch.nan)
    with pytest.raises(ValueError, match="dejó de ser un número finito"):
        next(train_reward_model(model, some_pairs(), CONFIG))


def test_a_text_that_grew_when_read_back_is_cut_and_not_an_error(policy, prompts):
    model = RewardModel(policy.model)
    nn.init.ones_(model.values.head.weight)
    nn.init.normal_(model.values.body.norm.weight, generator=torch.Generator().manual_seed(0))
    texts = [" gracias" * times for times in (40, 11, 10)]
    long, full, shorter = score_texts(model, policy, prompts[:1] * 3, texts)
    assert long == pytest.approx(full, abs=1e-5)
    assert abs(full - shorter) > 1e-3
