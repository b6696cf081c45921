"""El registro de puntuaciones: se reanuda o dice qué le pasa, y dos procesos no escriben a la vez."""

import json
import subprocess
import sys

import pytest
import torch

from siguiente.course.cli.score_log import ScoreLog

SETTINGS = {"model": "uno", "labels": ["sí", "no"], "k": 2, "examples": [["¿{Qué}?\n", "sí"]]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.json"


def write(path, rows, settings=SETTINGS, **options):
    with ScoreLog.open(path, settings, **options) as log:
        log.append(rows, torch.tensor([[-row / 3, -1.0] for row in rows]))
    return path.read_bytes()


def test_what_is_written_is_read_back_exactly(path):
    scores = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    with ScoreLog.open(path, SETTINGS) as log:
        log.append(range(5), scores)
    with ScoreLog.open(path, SETTINGS) as log:
        assert torch.equal(log.tensor([4, 0]), scores[[4, 0]])
        assert log.missing([9, 3, 7]) == [9, 7]


def test_rows_already_there_are_kept(path):
    before = write(path, [2, 3])
    assert write(path, [2, 3]) == before
    with ScoreLog.open(path, SETTINGS) as log:
        log.append([3, 4], torch.zeros(2, 2))
        assert log.tensor([3, 4]).tolist() == [[-1.0, -1.0], [0.0, 0.0]]


def test_every_batch_is_on_disk_before_the_next(path):
    with ScoreLog.open(path, SETTINGS) as log:
        for row in (2, 3):
            log.append([row], torch.zeros(1, 2))
            assert len(json.loads(path.read_bytes())["scores"]) == row - 1


@pytest.mark.parametrize(
    ("other", "names"),
    [({"k": 3}, "k"), ({"model": "dos", "labels": ["no", "sí"]}, "model, labels"), ({"seed": 1}, "seed")],
)
def test_other_settings_never_overwrite(path, other, names):
    before = write(path, [2])
    with pytest.raises(ValueError, match=rf"otros ajustes \({names}\): use otra carpeta \(--out\) o emp"):
        write(path, [3], SETTINGS | other)
    assert path.read_bytes() == before


def test_restarting_is_asked_for(path):
    write(path, [2])
    write(path, [3], SETTINGS | {"k": 3}, restart=True)
    with ScoreLog.open(path, SETTINGS | {"k": 3}) as log:
        assert list(log.scores) == [3]


@pytest.mark.parametrize("content", [b"", b"id,texto\n1,Hola\n", b"[]\n", b'{"settings": 3}\n', b"\xff"])
def test_another_file_is_never_overwritten(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="está dañado o no es de este programa: use otra carpeta"):
        write(path, [2])
    assert path.read_bytes() == content


CHILD = """
import sys
from pathlib import Path
from siguiente.course.cli.score_log import ScoreLog
try:
    with ScoreLog.open(Path(sys.argv[1]), {}):
        print("abierto")
except ValueError as error:
    print(error)
"""


def test_two_processes_cannot_write_at_once(path):
    def child():
        return subprocess.run(
            [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, encoding="utf-8"
        ).stdout

    with ScoreLog.open(path, {}):
        assert "Otro proceso está escribiendo" in child()
    assert child() == "abierto\n"


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "archivo").touch()
    with pytest.raises(OSError, match=r"No se puede escribir .*elija otra carpeta"):
        write(tmp_path / "archivo" / "scores.json", [2])
