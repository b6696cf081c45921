"""El registro de puntuaciones: cortado donde sea, se reanuda o dice qué le pasa; nunca da una fila falsa."""

import json
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from siguiente.course.cli.score_log import ScoreLog, UnusableLogError

SETTINGS = {"model": "uno", "labels": ["sí", "no"], "k": 2, "examples": [["¿{Qué}?\n", "sí"]]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.jsonl"


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


def test_the_file_is_one_json_object_per_line(path):
    first, *rows = [json.loads(line) for line in write(path, [2, 5]).decode().splitlines()]
    assert first == {"settings": SETTINGS}
    assert [row["row"] for row in rows] == [2, 5]


def test_rows_already_there_are_not_written_again(path):
    before = write(path, [2, 3])
    assert write(path, [2, 3]) == before
    after = write(path, [2, 3, 4])
    assert after.startswith(before)
    assert after.count(b"\n") == 4


def test_every_batch_is_on_disk_before_the_next(path):
    with ScoreLog.open(path, SETTINGS) as log:
        for row in (2, 3):
            log.append([row], torch.zeros(1, 2))
            assert path.read_bytes().count(b"\n") == row


@pytest.mark.parametrize(
    ("other", "names"),
    [({"k": 3}, "k"), ({"model": "dos", "labels": ["no", "sí"]}, "model, labels"), ({"seed": 1}, "seed")],
)
def test_other_settings_never_overwrite(path, other, names):
    before = write(path, [2])
    with pytest.raises(UnusableLogError, match=rf"otros ajustes \({names}\): escriba en otra carpeta o emp"):
        write(path, [3], SETTINGS | other)
    assert path.read_bytes() == before


def test_restarting_is_asked_for(path):
    write(path, [2])
    assert write(path, [3], SETTINGS | {"k": 3}, restart=True).count(b"\n") == 2


GOOD = b'{"row": 2, "scores": [-1.0, -2.0]}\n'


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"\0\0\0\n",
        b"\xff\n",
        b"[]\n",
        b'{"row": 3, "scores": [-1.0\n',
        b'{"row": 3, "scores": []}\n',
        b'{"row": 3, "scores": [-1.0]}\n',
        b'{"row": 3, "scores": [-1.0, NaN]}\n',
        b'{"row": 3, "scores": [-1.0, "2"]}\n',
        b'{"row": "3", "scores": [-1.0, -2.0]}\n',
        b'{"row": true, "scores": [-1.0, -2.0]}\n',
        b'{"row": 3}\n',
        GOOD,
    ],
)
def test_a_damaged_line_is_named_and_left_alone(path, line):
    with ScoreLog.open(path, SETTINGS):
        head = path.read_bytes()
    path.write_bytes(head + GOOD + line + GOOD.replace(b"2", b"4", 1))
    before = path.read_bytes()
    with pytest.raises(UnusableLogError, match=r"La línea 3 .* está dañada: escriba en otra carpeta o emp"):
        write(path, [5])
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"id,texto\n1,Hola\n", b"id,texto", b"[]\n", b'{"settings": 3}\n'])
def test_another_file_is_never_overwritten(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"La línea 1 .* está dañada"):
        write(path, [2])
    assert path.read_bytes() == content


@given(data=st.data())
def test_cut_at_any_byte_it_resumes_or_says_why(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "cut.jsonl"
    path.unlink(missing_ok=True)
    whole = write(path, [2, 3, 4])
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    if 0 < cut <= whole.index(b"\n"):
        with pytest.raises(ValueError, match=r"La línea 1 .* está dañada"):
            write(path, [2, 3, 4])
        assert path.read_bytes() == whole[:cut]
    else:
        assert write(path, [2, 3, 4]) == whole


@given(data=st.data())
def test_a_block_of_zeros_never_gives_a_wrong_row(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "zeros.jsonl"
    path.unlink(missing_ok=True)
    whole = bytearray(write(path, [2, 3, 4]))
    start = data.draw(st.integers(0, len(whole) - 1))
    stop = data.draw(st.integers(start + 1, len(whole)))
    whole[start:stop] = bytes(stop - start)
    path.write_bytes(whole)
    if stop < len(whole) or start <= whole.index(b"\n" if b"\n" in whole else b"\0"):
        with pytest.raises(ValueError, match="está dañada: escriba en otra carpeta"):
            write(path, [2])
    else:
        with ScoreLog.open(path, SETTINGS) as log:
            assert all(values == [pytest.approx(-row / 3), -1.0] for row, values in log.scores.items())


@pytest.mark.parametrize(
    "scores", [torch.tensor([-1.0, -2.0]), torch.tensor([[-1.0, torch.nan]]), torch.zeros(1, 0)]
)
def test_scores_that_are_not_numbers_are_refused(path, scores):
    with (
        ScoreLog.open(path, SETTINGS) as log,
        pytest.raises(ValueError, match=r"finitas y de forma \(N, C\)"),
    ):
        log.append([2], scores)


def test_the_number_of_labels_cannot_change(path):
    write(path, [2])
    with ScoreLog.open(path, SETTINGS) as log, pytest.raises(ValueError, match="forma"):
        log.append([3], torch.zeros(1, 3))


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
        write(tmp_path / "archivo" / "scores.jsonl", [2])


@pytest.mark.parametrize("restart", [False, True])
def test_a_folder_where_the_file_goes(path, restart):
    path.mkdir()
    with pytest.raises(OSError, match="es una carpeta, y ahí va un archivo"):
        write(path, [2], restart=restart)
