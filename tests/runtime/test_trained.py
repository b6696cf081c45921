"""Lo que se entrena: sus archivos, sus semillas y sus interrupciones."""

import gzip
import json

import pytest
import torch
from filelock import FileLock
from torch import nn

from siguiente.runtime import recipe as recipe_module
from siguiente.runtime import store, trained
from siguiente.runtime.recipe import Recipe
from siguiente.runtime.trained import Part, Run, Trained


def descend(model, seed, checkpoint):
    """Tres pasos cuesta abajo desde unos pesos que dependen de la semilla, y recuerda por dónde iba."""
    torch.manual_seed(seed)
    torch.nn.init.normal_(model.weight)
    for step in range(3):
        loss = model.weight.square().sum()
        (gradient,) = torch.autograd.grad(loss, model.weight)
        model.weight.data -= 0.1 * gradient
        yield step, loss.item()
        if checkpoint is not None:
            checkpoint.write_text(str(step), "utf8")


class Toy:
    """Una receta de juguete en una caché vacía, y las partes que ha entrenado."""

    def __init__(self, **settings):
        self.trained, self.broken = [], None
        self.recipe = Trained("story-toy", "pkg.toys", self.run, **settings)

    def run(self, part):
        self.trained.append(part.stem)
        if part.stem == self.broken:
            raise KeyboardInterrupt
        model = nn.Linear(2, 2, bias=False)
        return Run(
            model, descend(model, part.seed, part.checkpoint), lambda rows: [model.weight.sum().item()]
        )


@pytest.fixture
def toy(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(recipe_module, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(recipe_module, "code_key", lambda path: "1")
    return Toy(parts=("left", "right"), seeds=range(2))


def test_without_parts_or_seeds_there_is_one_model(tmp_path, monkeypatch):
    assert Trained("story-toy", "pkg.toys", lambda part: None).parts == [Part("model")]


def test_each_part_and_seed_is_trained_and_loaded_apart(toy):
    recipe = toy.recipe
    assert sorted(path.name for path in recipe.build().glob("*.safetensors")) == [
        f"{name}-{seed}.safetensors" for name in ("left", "right") for seed in (0, 1)
    ]
    zero, one = (recipe.restore(nn.Linear(2, 2, bias=False), seed=seed).weight for seed in (0, 1))
    assert not torch.equal(zero, one)
    assert [step for step, _ in recipe.rows("right", seed=1)] == [0, 1, 2]
    assert recipe.rows("right", seed=1) == recipe.rows("left", seed=1) != recipe.rows("left", seed=0)
    assert toy.trained == ["left-0", "left-1", "right-0", "right-1"]


def test_what_it_does_not_have_is_refused(toy):
    with pytest.raises(ValueError, match=r"story-toy no tiene 'up' con la semilla 7. Tiene: left-0, left-1"):
        toy.recipe.part("up", 7)


def test_weights_are_rounded_to_16_bits_before_anyone_starts_from_them(toy, tmp_path):
    run = toy.recipe.train(toy.recipe.part(), tmp_path)
    assert torch.equal(run.model.weight, run.model.weight.half().float())
    again = nn.Linear(2, 2, bias=False)
    trained.read_weights(tmp_path, "left-0", again)
    assert again.weight.dtype == torch.float32
    assert torch.equal(again.weight, run.model.weight)


def test_an_interruption_keeps_the_parts_that_were_done(toy, tmp_path):
    toy.broken = "right-0"
    with pytest.raises(KeyboardInterrupt):
        toy.recipe.build()
    toy.broken, toy.trained = None, []
    folder = toy.recipe.build()
    assert toy.trained == ["right-0", "right-1"]
    assert len(list(folder.glob("*.json"))) == 4 + 1  # con el manifiesto
    assert list((tmp_path / "cache").glob(".training*")) == []


def test_a_full_disk_at_the_end_does_not_lose_the_training(toy, tmp_path, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_seal", full)
        with pytest.raises(OSError, match="No hay sitio"):
            toy.recipe.build()
    toy.trained = []
    toy.recipe.build()
    assert toy.trained == []


def test_the_work_of_an_older_code_is_swept_and_that_of_others_is_not(toy, tmp_path):
    cache = tmp_path / "cache"
    old, busy = cache / f".training-story-toy-{'0' * 16}", cache / f".training-story-toy-{'1' * 16}"
    other = cache / f".training-story-toy-gpt-{'0' * 16}"
    for folder in (old, busy, other):
        folder.mkdir(parents=True)
        (folder / "checkpoint").write_text("a medias", "utf8")
    with FileLock(cache / f"story-toy-{'1' * 16}.lock"):  # otro proceso lo está entrenando
        toy.recipe.build()
    assert sorted(cache.glob(".training*")) == [busy, other]


@pytest.mark.parametrize("data", [b"", b"roto", b"\xff" * 100])
def test_damaged_weights_are_told_with_a_sentence(toy, tmp_path, data):
    (tmp_path / "left-0.safetensors").write_bytes(data)
    with pytest.raises(ValueError, match=r"left-0\.safetensors está dañado o es de otro modelo"):
        trained.read_weights(tmp_path, "left-0", nn.Linear(2, 2))


def test_weights_of_another_model_are_refused(toy, tmp_path):
    trained.write_weights(tmp_path, "model", nn.Linear(3, 3))
    with pytest.raises(ValueError, match="es de otro modelo"):
        trained.read_weights(tmp_path, "model", nn.Linear(2, 2))


@pytest.mark.parametrize(("count", "name"), [(3, "log.json"), (20_000, "log.json.gz")])
def test_long_logs_are_compressed_and_the_same_every_time(tmp_path, count, name):
    rows = [[step, 0.5, "ñandú"] for step in range(count)]
    trained.write_rows(tmp_path, "log", rows)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert trained.read_rows(tmp_path, "log") == rows
    before = (tmp_path / name).read_bytes()
    trained.write_rows(tmp_path, "log", rows)
    assert (tmp_path / name).read_bytes() == before


def test_compressed_logs_carry_no_date(tmp_path):
    trained.write_rows(tmp_path, "log", ["a" * trained.LONG])
    with gzip.open(tmp_path / "log.json.gz") as file:
        assert len(json.loads(file.read())[0]) == trained.LONG
        assert file.mtime == 0


def test_texts_alone_have_no_weights(tmp_path, monkeypatch):
    recipe = Trained(
        "story-toy", "pkg.toys", lambda part: Run(None, iter(["uno", "dos"]), len), parts=("texts",)
    )
    recipe.train(recipe.part(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["texts.json"]
    monkeypatch.setattr(Recipe, "folder", lambda self: tmp_path)
    assert recipe.rows() == ["uno", "dos"]
