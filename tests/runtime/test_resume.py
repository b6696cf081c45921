import os
from dataclasses import replace

import pytest
import torch
from torch import nn

from siguiente.language_models.training import TrainingConfig, train

CONFIG = TrainingConfig(steps=9, batch_size=3, length=4, learning_rate=0.05, warmup=2, evaluate_every=2)
STREAM = torch.randint(6, (61,), generator=torch.Generator().manual_seed(1))


def net(width=4):
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(6, width), nn.Linear(width, 6))


def weights(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def run(path=None, model=None, config=CONFIG, stream=STREAM, held_out=STREAM):
    model = net() if model is None else model
    return list(train(model, stream, config, held_out, path)), weights(model)


class Interrupted(nn.Sequential):
    """Se interrumpe, como con Control-C, en la llamada que se le diga."""

    calls = 0

    def forward(self, ids):
        Interrupted.calls -= 1
        if Interrupted.calls < 0:
            raise KeyboardInterrupt
        return super().forward(ids)


def cut_after(calls, path):
    Interrupted.calls = calls
    model = Interrupted(*net())
    with pytest.raises(KeyboardInterrupt):
        run(path, model)


@pytest.mark.parametrize("calls", range(0, 35, 3))
def test_an_interrupted_run_ends_bit_by_bit_like_one_that_was_not(tmp_path, calls):
    """Se corta en cualquier momento, también mientras se mide, y al repetir no se nota."""
    Interrupted.calls = 1000
    whole = run(model=Interrupted(*net()))
    cut_after(calls, tmp_path / "a.pt")
    Interrupted.calls = 1000
    reports, values = run(tmp_path / "a.pt", Interrupted(*net()))
    assert reports == whole[0]
    assert torch.equal(values, whole[1])


def test_it_survives_many_interruptions_and_a_different_start(tmp_path):
    path, seen = tmp_path / "a.pt", 0
    while seen < 6:
        reports = train(net(), STREAM, CONFIG, STREAM, path)
        seen += 1
        for _ in range(seen):
            next(reports)
        reports.close()
    model = net()
    nn.init.zeros_(model[1].weight)  # los pesos de partida ya no cuentan
    reports, values = run(path, model)
    assert (reports, values.tolist()) == (run()[0], run()[1].tolist())


def test_a_finished_run_gives_its_reports_again_without_training(tmp_path):
    first = run(tmp_path / "a.pt")
    model = net()
    model[0].register_forward_hook(lambda *_: pytest.fail("no debía calcular nada"))
    again = run(tmp_path / "a.pt", model)
    assert (first[0], first[1].tolist()) == (again[0], again[1].tolist())


@pytest.mark.parametrize("place", [0, 25, 60, 500, -1])
def test_a_changed_byte_is_noticed(tmp_path, place):
    path = tmp_path / "a.pt"
    run(path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"a\.pt (está dañado|no es un punto de control).*(bórrelo|otro archivo)"
    ):
        run(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("size", [0, 5, 22, 40, 300, -1])
def test_a_truncated_file_is_noticed(tmp_path, size):
    path = tmp_path / "a.pt"
    run(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"a\.pt está dañado o incompleto: bórrelo"):
        run(path)


def test_other_files_and_folders_are_refused(tmp_path):
    (tmp_path / "carta.txt").write_text("Querida Ana:", encoding="utf-8")
    with pytest.raises(ValueError, match=r"carta\.txt no es un punto de control"):
        run(tmp_path / "carta.txt")
    with pytest.raises(ValueError, match="es una carpeta"):
        run(tmp_path)
    with pytest.raises(OSError, match="No se pudo escribir"):
        run(tmp_path / "falta" / "a.pt")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"config": replace(CONFIG, steps=20)}, "la configuración"),
        ({"config": replace(CONFIG, seed=1)}, "la configuración"),
        ({"model": net(5)}, "el modelo"),
        ({"stream": STREAM.flip(0)}, "el texto"),
        ({"held_out": STREAM.flip(0)}, "el texto apartado"),
        ({"held_out": None}, "el texto apartado"),
    ],
)
def test_the_checkpoint_of_another_run_is_not_used(tmp_path, change, said):
    path = tmp_path / "a.pt"
    run(path)
    good = path.read_bytes()
    with pytest.raises(ValueError, match=rf"es de otro entrenamiento: no coincide {said};"):
        run(path, **change)
    assert path.read_bytes() == good


def test_a_process_killed_while_writing_leaves_the_previous_file(tmp_path, monkeypatch):
    path, model = tmp_path / "a.pt", net()
    reports = train(model, STREAM, CONFIG, STREAM, path)
    next(reports), next(reports)
    good = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="no queda sitio"):
        next(reports)
    monkeypatch.undo()
    assert path.read_bytes() == good
    assert torch.equal(run(path)[1], run()[1])
