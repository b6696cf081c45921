"""La orden que anota: qué rehace, en qué orden, qué conserva y qué encuentra al comprobar."""

import hashlib
import json
import os
import subprocess
import sys
import time

import pytest
import torch
from torch import nn

from siguiente import artefacts, record
from siguiente.record import check, differences, main, trainings
from siguiente.runtime import recipe as recipe_module
from siguiente.runtime.jobs import JobError
from siguiente.runtime.trained import Run, Trained

STEPS = 6


class Toys:
    """Dos recetas de juguete: una parte de lo que aprendió la otra. Recuerda lo que se entrena."""

    def __init__(self):
        self.trained, self.broken = [], None
        self.parent = Trained("story-parent", "pkg.toys", self.run)
        self.child = Trained("story-child", "pkg.toys", self.run_child, ("left", "right"), range(2))
        self.table = {"story-child": self.child, "story-parent": self.parent}

    def run(self, part, name="story-parent", start=None):
        self.trained.append(f"{name}/{part.stem}")
        if self.trained[-1] == self.broken:
            raise ValueError("No sale.")
        model, seed = nn.Linear(2, 2, bias=False), part.seed or 0
        model.weight.data = torch.full((2, 2), 1.0 + seed) if start is None else start / 3 + seed

        def descend():
            for step in range(STEPS):
                yield step, model.weight.square().sum().item(), "un texto"
                model.weight.data *= 0.9

        return Run(model, descend(), lambda rows: [model.weight.sum().item()])

    def run_child(self, part):
        start = self.parent.restore(nn.Linear(2, 2, bias=False)).weight.data
        return self.run(part, "story-child", start)


def run_here(jobs, workers, done):
    """Los mismos trabajos, en este proceso."""
    waiting = dict(jobs)
    while waiting:
        name = next(name for name, job in waiting.items() if not job.needs & waiting.keys())
        work, arguments, _ = waiting.pop(name)
        try:
            work(*arguments)
        except ValueError as error:
            raise JobError(name, str(error)) from error
        done(name)


@pytest.fixture
def toys(tmp_path, monkeypatch):
    toys = Toys()
    (tmp_path / "records").mkdir()
    monkeypatch.setenv("SIGUIENTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(recipe_module, "code_key", lambda path: f"lo que hace {path}")
    for module in (recipe_module, record):
        monkeypatch.setattr(module, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(artefacts, "KNOWN", {name: found.path for name, found in toys.table.items()})
    monkeypatch.setattr(record, "RECIPES", dict.fromkeys(toys.table, "pkg.toys"))
    for name, found in (
        ("find", toys.table.__getitem__),
        ("inputs", lambda name: ("story-parent",) if name == "story-child" else ()),
        ("run_jobs", run_here),
    ):
        monkeypatch.setattr(record, name, found)
    return toys


def facts(name):
    return json.loads((record.RECORDS / name / "record.json").read_text("utf8"))


def test_everything_is_recorded_in_its_order_with_its_provenance(toys, capsys):
    main([])
    assert toys.trained[0] == "story-parent/model"
    assert toys.trained[1:] == [f"story-child/{name}-{n}" for name in ("left", "right") for n in (0, 1)]
    assert capsys.readouterr().out == "story-parent: anotado.\nstory-child: anotado.\n"
    found = facts("story-child")
    assert found["key"] == toys.child.key
    assert found["command"] == "python -m siguiente.record story-child"
    assert (found["threads"], found["seeds"]) == (1, [0, 1])
    assert found["inputs"] == {"story-parent": artefacts.record_digest("story-parent")}
    assert found["seconds"] == pytest.approx(
        sum(part["seconds"] for part in found["parts"].values()), abs=0.1
    )
    assert {"date", "processor", "system", "arithmetic"} < found.keys()
    assert found["versions"].keys() > {"python", "torch"}
    assert sorted(found["files"]) == sorted(
        path.name for path in (record.RECORDS / "story-child").iterdir() if path.name != "record.json"
    )


def test_what_is_recorded_is_loaded_by_seed_without_training(toys):
    main([])
    toys.trained.clear()
    zero, one = (toys.child.restore(nn.Linear(2, 2, bias=False), "left", seed).weight for seed in (0, 1))
    assert one.sum() > zero.sum()
    assert len(toys.child.rows("right", seed=1)) == STEPS
    assert toys.trained == []


def test_it_is_made_again_from_nothing_and_its_parents_only_if_they_are_not_recorded(toys):
    main(["story-child"])
    assert toys.trained[0] == "story-parent/model"
    toys.trained.clear()
    main(["story-child"])
    assert len(toys.trained) == 4
    assert "story-parent/model" not in toys.trained


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_failure_leaves_the_old_record_whole(toys, monkeypatch):
    main([])
    before = content(record.RECORDS / "story-child")
    toys.broken = "story-child/right-1"
    with pytest.raises(SystemExit, match=r"^No se pudo anotar story-child/left-0…right-1\. No sale\.$"):
        main(["story-child"])
    assert content(record.RECORDS / "story-child") == before
    assert sorted(path.name for path in record.RECORDS.iterdir()) == ["story-child", "story-parent"]


def test_what_cannot_be_put_in_place_leaves_the_old_one(tmp_path):
    old, new = tmp_path / "place", tmp_path / "made"
    old.mkdir()
    (old / "a.txt").write_text("antes", "utf8")
    with pytest.raises(FileNotFoundError):
        record.replace(new, old)
    assert (old / "a.txt").read_text("utf8") == "antes"
    new.mkdir()
    (new / "a.txt").write_text("después", "utf8")
    record.replace(new, old)
    assert (old / "a.txt").read_text("utf8") == "después"
    assert list(tmp_path.iterdir()) == [old]


def test_an_unknown_name_is_refused_with_the_known_ones(toys):
    with pytest.raises(
        SystemExit, match=r"^No se anota 'stories'. Se anotan estos: story-child, story-parent\.$"
    ):
        main(["stories"])
    assert toys.trained == []


def test_some_process_must_do_it(toys, capsys):
    with pytest.raises(SystemExit):
        main(["--jobs", "0"])
    assert "--jobs debe ser 1 o más" in capsys.readouterr().err
    assert toys.trained == []


def test_checking_repeats_only_the_first_steps_of_the_first_seed(toys, capsys):
    main([])
    toys.trained.clear()
    with pytest.raises(SystemExit) as ended:
        main(["--check", "--jobs", "1"])
    assert ended.value.code is None
    assert toys.trained == ["story-parent/model", "story-child/left-0", "story-child/right-0"]
    assert "story-child: coincide con lo anotado" in capsys.readouterr().out


def forge(name, file, change):
    """Altera una anotación y sus resúmenes: nada en ella lo delata."""
    folder = record.RECORDS / name
    path, found = folder / file, facts(name)
    path.write_bytes(change(path.read_bytes()))
    if file != "record.json":
        found["files"][file]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        (folder / "record.json").write_text(json.dumps(found), "utf8")


def other_weights(data):
    from safetensors.torch import load, save

    return save({name: value + 0.25 for name, value in load(data).items()})


def other_measure(data):
    found = json.loads(data)
    found["parts"]["left-0"]["measured"] = [99.0]
    return json.dumps(found).encode()


@pytest.mark.parametrize(
    ("file", "change", "problem"),
    [
        ("left-0.json", lambda data: data.replace(b"[0, ", b"[0, 1"), "left-0, informe 1: sale"),
        ("left-0.json", lambda data: b"[]", "left-0, salen 3 informes y hay anotados 0"),
        ("left-0.safetensors", other_weights, "left-0, al medir lo anotado: informe 1: sale"),
        ("record.json", other_measure, "left-0, al medir lo anotado: informe 1: sale"),
    ],
)
def test_checking_finds_what_was_forged(toys, file, change, problem):
    main([])
    forge("story-child", file, change)
    (found,) = check("story-child")
    assert found.startswith(problem)


def test_checking_finds_what_is_damaged(toys):
    main([])
    (record.RECORDS / "story-parent" / "model.json").write_text("[]", "utf8")
    for name in toys.table:
        (found,) = check(name)
        assert found.startswith("Lo anotado de story-parent está dañado: model.json")


def test_checking_finds_another_parent_another_code_and_nothing(toys, monkeypatch):
    assert check("story-parent") == ["lo anotado de story-parent no vale: rehágalo"]
    main([])
    forge("story-parent", "model.json", lambda data: data.replace(b"un texto", b"otro"))
    assert check("story-child") == ["se hizo a partir de otro story-parent: rehágalo"]
    monkeypatch.setattr(recipe_module, "code_key", lambda path: "otro código")
    with pytest.raises(SystemExit, match="story-parent: lo anotado de story-parent no vale: rehágalo"):
        main(["--check", "--jobs", "1"])


def test_code_that_moved_keeps_its_record_if_it_does_the_same(toys, monkeypatch):
    main([])
    before = facts("story-child")
    monkeypatch.setattr(recipe_module, "code_key", lambda path: "el mismo código, en otro sitio")
    with pytest.raises(SystemExit) as ended:
        main(["--rekey"])
    assert ended.value.code is None
    assert facts("story-child") == before | {"key": toys.child.key}
    assert check("story-child") == []


def test_code_that_does_something_else_does_not(toys, monkeypatch):
    main([])
    forge("story-child", "left-0.json", lambda data: data.replace(b"[0, ", b"[0, 1"))
    monkeypatch.setattr(recipe_module, "code_key", lambda path: "otro código")
    with pytest.raises(SystemExit, match="story-child: left-0, informe 1: sale"):
        main(["--rekey"])
    assert check("story-child") == ["lo anotado de story-child no vale: rehágalo"]
    assert check("story-parent") == []


def test_a_part_that_was_never_recorded_is_missed(toys):
    main([])
    toys.table["story-child"] = Trained(
        "story-child", "pkg.toys", toys.run_child, ("left", "middle"), range(2)
    )
    assert check("story-child") == ["no está anotado middle-0: rehágalo"]


def test_the_key_is_not_given_to_what_starts_from_something_else(toys, monkeypatch):
    """Repetirlo entrenaría aquello de que parte, que puede tardar horas."""
    main([])
    toys.trained.clear()
    monkeypatch.setattr(recipe_module, "code_key", lambda path: "otro código")
    assert check("story-child", rekey=True) == ["lo anotado de story-parent no vale: rehágalo"]
    assert toys.trained == []


STOPPED = """
import sys, time
from pathlib import Path
from siguiente import record
from siguiente.runtime.jobs import Job, run_jobs
from siguiente.runtime.trained import Trained

def last_long(jobs, workers, done):
    print(*(path.name[:11] for path in record.RECORDS.iterdir()), flush=True)
    run_jobs({"largo": Job(time.sleep, (600,))}, workers, done)

toy = Trained("story-toy", "pkg.toys", None)
record.RECORDS, record.RECIPES, record.run_jobs = Path(sys.argv[1]), {"story-toy": "pkg.toys"}, last_long
record.find, record.inputs = lambda name: toy, lambda name: ()
record.main(["story-toy"])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows no avisa al proceso que termina")
def test_who_is_terminated_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-c", STOPPED, str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == ".recording-\n"
        time.sleep(0.5)
        process.terminate()
        _, said = process.communicate(timeout=60)  # acaba cuando también acaba quien entrenaba
    assert (process.returncode, said) == (1, "Interrumpido: lo que no llegó a anotarse queda como estaba.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_number_may_move_as_rounding_does_and_no_more():
    assert differences([[1, 2.0], 0.5], [[1, 2.0015], 0.4995], tolerance=1e-3) == []
    assert differences([2.0], [2.0021], tolerance=1e-3) == ["informe 1: sale 2 y está anotado 2.0021"]
    assert differences([float("nan")], [2.0], tolerance=1e-3) == ["informe 1: sale nan y está anotado 2"]
    assert differences([["a", 1]], [["a"]], tolerance=1e-3) == ["informe 1: no tiene la forma del anotado"]


def test_few_texts_may_diverge_where_they_are_sampled(toys, monkeypatch):
    main([])
    forge("story-child", "left-0.json", lambda data: data.replace(b"[0, ", b"[0, 1"))
    margin = record.Margin(diverged=1 / 9)  # son tres informes de tres: puede desviarse uno
    monkeypatch.setattr(record, "MARGINS", {"story-child": margin})
    assert check("story-child") == []
    forge("story-child", "left-0.json", lambda data: data.replace(b"[1, ", b"[1, 1"))
    assert len(check("story-child")) == 2


def test_texts_without_numbers_are_compared():
    texts = [["Ana", "Luis"], ["Eva"]]
    assert differences(texts, texts, tolerance=1e-3) == []
    assert differences([["Ana", "Leo"], ["Eva"]], texts, tolerance=1e-3) == [
        "informe 1: sale «Leo» y está anotado «Luis»"
    ]


def test_margins_are_of_what_is_recorded():
    assert set(record.MARGINS) <= set(trainings())
