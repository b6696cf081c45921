import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import siguiente
from nbdeps.closure import Package, closure
from siguiente.language_models import training
from siguiente.language_models.training import (
    TrainingConfig,
    held_out_loss,
    learning_rate_at,
    make_optimizer,
    next_token_loss,
    steps,
    train,
    training_step,
)

CONFIG = TrainingConfig(
    steps=12, batch_size=3, length=5, learning_rate=0.03, warmup=2, evaluate_every=4, seed=3
)
STREAM = torch.randint(7, (150,), generator=torch.Generator().manual_seed(0))
HELD_OUT = STREAM[:38]


class Tiny(nn.Module):
    """Un modelo causal con una matriz, un sesgo y una norma, pequeño y siempre igual."""

    def __init__(self, vocab_size=7, width=8, context_length=None):
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.vocab_size, self.context_length = vocab_size, context_length
        self.embedding, self.norm = nn.Embedding(vocab_size, width), nn.LayerNorm(width)
        self.head = nn.Linear(width, vocab_size)
        for weight in self.parameters():
            weight.data.normal_(std=0.3, generator=generator)

    def forward(self, ids):
        return self.head(self.norm(self.embedding(ids)))


def weights(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def trained(**options):
    model = Tiny()
    return list(train(model, STREAM, CONFIG, HELD_OUT, **options)), weights(model)


def test_reports_come_at_the_start_every_so_often_and_at_the_end():
    reports = list(train(Tiny(), STREAM, replace(CONFIG, steps=10), HELD_OUT))
    assert [report.step for report in reports] == [0, 4, 8, 10]
    # La última ventana repite un token que la penúltima ya predijo.
    assert [report.tokens for report in reports] == [0, 60, 119, 149]
    assert reports[-1].held_out < reports[0].held_out
    assert reports[0].loss == pytest.approx(reports[0].held_out, rel=0.2)


def test_a_learnable_rule_is_learned():
    """Tras cada token viene siempre el mismo: la pérdida llega casi a cero, y un modelo sin datos no."""
    stream = torch.arange(300) % 7
    config = TrainingConfig(steps=150, batch_size=8, length=6, learning_rate=0.05, evaluate_every=150)
    first, last = train(Tiny(), stream, config, stream)
    assert first.held_out > 1.5
    assert last.held_out < 0.05


def test_without_held_out_text_only_the_training_loss_is_reported():
    assert {report.held_out for report in train(Tiny(), STREAM, CONFIG)} == {None}


def test_training_is_the_same_every_time_and_another_seed_is_another():
    assert trained()[0] == trained()[0]
    assert torch.equal(trained()[1], trained()[1])
    other = Tiny()
    list(train(other, STREAM, replace(CONFIG, seed=4), HELD_OUT))
    assert not torch.equal(weights(other), trained()[1])


def test_the_whole_loop_equals_one_written_by_hand():
    """El mismo entrenamiento, escrito sin nada de este módulo salvo la tasa: AdamW de PyTorch y ventanas."""
    model = Tiny()
    matrices, vectors = (
        [model.embedding.weight, model.head.weight],
        [*model.norm.parameters(), model.head.bias],
    )
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99))
    generator, order = torch.Generator().manual_seed(3), []
    while len(order) < 36:
        order += torch.randperm(30, generator=generator).tolist()
    for step in range(12):
        optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = learning_rate_at(step, CONFIG)
        losses = []
        for i in order[3 * step : 3 * step + 3]:
            begin = min(5 * i, 144)
            losses.append((STREAM[begin : begin + 6], 5 * i - begin))
        chunks = torch.stack([chunk for chunk, _ in losses])
        counted = torch.tensor([[j >= skip for j in range(5)] for _, skip in losses])
        logprobs = model(chunks[:, :-1]).log_softmax(-1).gather(-1, chunks[:, 1:, None])[..., 0]
        loss = -logprobs[counted].mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    torch.testing.assert_close(trained()[1], weights(model), atol=1e-5, rtol=1e-4)


def test_the_held_out_loss_is_the_mean_over_every_token_whatever_the_batch():
    model = Tiny().eval()
    by_hand = next_token_loss(model(HELD_OUT[None, :-1]), HELD_OUT[None, 1:]).item()
    for batch_size in (1, 2, 50):
        measured = held_out_loss(model, HELD_OUT, replace(CONFIG, batch_size=batch_size))
        assert measured == pytest.approx(by_hand, rel=1e-5)


def test_held_out_text_never_changes_the_weights():
    silent = Tiny()
    list(train(silent, STREAM, CONFIG))
    assert torch.equal(weights(silent), trained()[1])


def test_dropout_is_off_at_each_report_and_on_in_each_step():
    model, modes = Tiny(), []
    model.register_forward_pre_hook(lambda module, _: modes.append(module.training))
    for _ in train(model, STREAM, replace(CONFIG, steps=2, evaluate_every=1), HELD_OUT[:6]):
        assert not model.training
    assert modes == [False, False, True, False, True, False]


@settings(deadline=None)
@given(steps=st.integers(1, 300), data=st.data())
def test_the_learning_rate_rises_then_falls_to_a_tenth(steps, data):
    config = TrainingConfig(steps=steps, warmup=data.draw(st.integers(0, steps)), learning_rate=2.0)
    rates = [learning_rate_at(step, config) for step in range(steps)]
    assert rates[: config.warmup] == sorted(rates[: config.warmup])
    assert rates[config.warmup :] == sorted(rates[config.warmup :], reverse=True)
    assert 0 < min(rates) <= max(rates) <= 2.0
    if steps - config.warmup > 1:
        assert rates[config.warmup] == pytest.approx(2.0)
        assert rates[-1] == pytest.approx(0.2)


def test_only_matrices_decay():
    model = Tiny()
    decayed, kept = make_optimizer(model, CONFIG).param_groups
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.1, 0.0)
    assert {id(p) for p in decayed["params"]} == {id(model.embedding.weight), id(model.head.weight)}
    assert len(kept["params"]) == 3


def test_the_gradient_is_clipped_to_its_norm(monkeypatch):
    monkeypatch.setattr(training, "MAX_NORM", 1e-3)
    model, batch = Tiny(), (STREAM[None, :5], STREAM[None, 1:6])
    training_step(model, make_optimizer(model, CONFIG), batch, CONFIG)
    norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=1e-2)


def test_the_loss_is_computed_in_single_precision():
    """Sumar exponenciales en bfloat16 pierde cifras que la pérdida necesita."""
    logits = torch.randn(1, 4, 500, generator=torch.Generator().manual_seed(0)).bfloat16()
    targets = torch.tensor([[1, 2, 3, 4]])
    loss = next_token_loss(logits, targets)
    naive = nn.functional.cross_entropy(logits[0], targets[0])
    exact = nn.functional.cross_entropy(logits[0].double(), targets[0])
    assert abs(loss - exact) < 1e-5 < abs(naive - exact)


class Explosive(Tiny):
    """Da pérdidas normales unas cuantas veces, y luego otra cosa."""

    def __init__(self, after, value):
        super().__init__()
        self.left, self.value = after, value

    def forward(self, ids):
        self.left -= self.training
        return super().forward(ids) * (self.value if self.left < 0 else 1.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_says_the_step_and_keeps_the_good_checkpoint(tmp_path, value):
    path, model = tmp_path / "net.pt", Explosive(6, value)
    with pytest.raises(ValueError, match=r"paso 6 .*learning_rate.* menor que 0.03 .*net.pt conserva"):
        list(train(model, STREAM, CONFIG, HELD_OUT, path))
    assert weights(model).isfinite().all()
    again = Explosive(99, 1.0)
    reports = list(train(again, STREAM, CONFIG, HELD_OUT, path))
    assert (reports, weights(again).tolist()) == (trained()[0], trained()[1].tolist())


def test_weights_that_blow_up_in_the_last_step_are_not_saved(tmp_path):
    """La pérdida se mide antes de mover los pesos: al final solo el texto apartado lo ve."""
    path, model = tmp_path / "net.pt", Tiny()
    config = replace(CONFIG, steps=1, warmup=0, learning_rate=1e38)
    reports = train(model, STREAM, config, HELD_OUT, path)
    next(reports)
    good = path.read_bytes()
    with pytest.raises(ValueError, match=r"paso 1 .*finito.*net.pt conserva"):
        next(reports)
    assert path.read_bytes() == good


def test_before_anything_was_saved_nothing_is_promised(tmp_path):
    """Los pesos de partida ya no sirven: no hubo informe ni, por tanto, archivo."""
    path, model = tmp_path / "net.pt", Tiny()
    model.head.bias.data.fill_(math.nan)
    with pytest.raises(ValueError, match=r"paso 0 .*finito") as raised:
        list(train(model, STREAM, CONFIG, HELD_OUT, path))
    assert "conserva" not in str(raised.value)
    assert not path.exists()


def test_each_step_has_its_rate_and_they_stop_at_the_last(monkeypatch):
    model, batch, asked = Tiny(), (STREAM[None, :5], STREAM[None, 1:6]), []
    optimizer = make_optimizer(model, CONFIG)
    monkeypatch.setattr(training, "make_optimizer", lambda *_: optimizer)
    batches = (asked.append(number) or batch for number in range(99))
    rates = [optimizer.param_groups[0]["lr"] for _ in steps(model, batches, CONFIG)]
    assert rates == [learning_rate_at(step, CONFIG) for step in range(12)]
    assert asked == [*range(12)]  # ni un lote de más: su azar es el de los siguientes


def test_steps_that_diverge_say_which_and_what_to_try():
    batch, model = (STREAM[None, :5], STREAM[None, 1:6]), Explosive(2, math.nan)
    losses = steps(model, [batch] * 9, CONFIG)
    assert len([next(losses), next(losses)]) == 2
    with pytest.raises(ValueError, match=r"paso 2 .*`learning_rate`. menor que 0.03 .*`warmup`"):
        next(losses)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"batch_size": 0},
        {"length": 0},
        {"evaluate_every": 0},
        {"learning_rate": 0.0},
        {"learning_rate": math.nan},
        {"weight_decay": -0.1},
        {"warmup": 13},
        {"warmup": -1},
    ],
)
def test_configurations_without_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` debe"):
        replace(CONFIG, **wrong)


def test_how_a_number_is_written_does_not_train_again():
    """La clave de un modelo resume todo su código: el de dibujar no debe estar."""
    package = Package(Path(siguiente.__file__).parent)
    found = closure(package, ["import siguiente.course.stories.gpt"])
    assert "siguiente.language_models.training" in found
    assert [module for module in found if module.startswith("siguiente.course.figures")] == []


@pytest.mark.parametrize("stream", [STREAM + 1, STREAM - 1])
def test_tokens_of_another_tokenizer_are_refused_at_once(stream):
    with pytest.raises(ValueError, match="otro tokenizador"):
        train(Tiny(), stream, CONFIG)
    with pytest.raises(ValueError, match="otro tokenizador"):
        train(Tiny(), STREAM, CONFIG, held_out=stream)


def test_a_window_longer_than_the_context_is_refused():
    with pytest.raises(ValueError, match="ventana es de 5 tokens y en el contexto caben 4"):
        train(Tiny(context_length=4), STREAM, CONFIG)
    assert list(train(Tiny(context_length=5), STREAM, CONFIG))
