"""El ejecutor: reparte páginas y recursos, y lo que falla no se lleva por delante lo demás."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from test_execution import Project, page, results

from building import runner
from building.memory import container_memory
from building.performance import Performance, Work, next_work, perform
from building.progress import Progress
from building.runner import Course
from nbdeps.closure import Package
from nbdeps.digest import Surroundings


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path).write()


def work(name, do, seconds=1.0, needs=()):
    return Work(name, seconds, 0, frozenset(needs), call=do, keep=lambda failure: failure)


def test_nothing_starts_before_what_it_needs():
    order = []
    works = [
        work("página", lambda: order.append("página"), seconds=9, needs=["model:m"]),
        work("model:m", lambda: order.append("model:m")),
    ]
    assert perform(works, 2) == []
    assert order == ["model:m", "página"]


def test_as_many_at_once_as_asked_and_no_more():
    together, most, lock = [], [], threading.Lock()

    def do():
        with lock:
            together.append(1)
            most.append(len(together))
        time.sleep(0.2)
        together.pop()

    perform([work(str(n), do) for n in range(5)], 2)
    assert max(most) == 2


def test_a_task_that_never_fits_is_done_alone():
    done = []
    large = Work("grande", 1, 10**15, call=lambda: done.append(1), keep=lambda _: None)
    assert next_work([large], (), 1e9) is None
    perform([large], 2)
    assert done == [1]


def test_the_memory_of_a_container_is_what_it_may_still_use(tmp_path):
    assert container_memory(tmp_path) == float("inf")
    (tmp_path / "memory.max").write_text("1000\n", "ascii")
    (tmp_path / "memory.current").write_text("700\n", "ascii")
    (tmp_path / "memory.stat").write_text("anon 600\ninactive_file 100\n", "ascii")
    assert container_memory(tmp_path) == 400
    (tmp_path / "memory.max").write_text("max\n", "ascii")
    assert container_memory(tmp_path) == float("inf")


def test_progress_in_a_file_is_one_line_per_event(tmp_path):
    with (tmp_path / "salida.txt").open("w", encoding="utf8") as stream:
        told = Progress(2, stream)
        told.started("uno")
        told.show([("uno", 0.0)], 100)
        told.finished("uno", 3.4, None, 100)
        told.finished("dos", 2.0, "ZeroDivisionError: division by zero", 0)
    lines = (tmp_path / "salida.txt").read_text("utf8").splitlines()
    assert lines == [
        "Empieza uno.",
        "[1/2] uno: lista en 3 s; quedan unos 2 minutos",
        "[2/2] dos: se detuvo en 2 s",
        "    ZeroDivisionError: division by zero",
    ]


def test_what_changes_while_pages_run_is_seen_the_next_time(project, monkeypatch, tmp_path):
    around = Surroundings(
        Package(project.package), project.docs, project.docs / "_kernel", lambda name: "1", "1"
    )
    course = Course(around, tmp_path / "out", lambda name: None, {})
    alone = project.package / "alone.py"
    monkeypatch.setattr(runner, "perform", lambda *_: [alone.write_text("VALUE = 'otro'", "utf8")][:0])
    runner.run(course)
    assert course.pages(course.surroundings()) == course.pages()


def test_a_killed_kernel_names_its_page_and_the_others_are_whole(project):
    (project.docs / "plain.md").write_text(page("Muere", "import os\nos.kill(os.getpid(), 9)"), "utf8")
    result = project.build()
    assert "FALLO plain: su proceso murió" in result.text
    assert "su proceso murió" in project.html("plain")
    assert results(project.html("data")) == ["6"]


def test_each_kernel_ends_with_its_page(project):
    assert "HIJOS 0" in project.run("data", "plain").text


def test_a_cell_that_does_not_end_stops_its_page(project):
    text = page("Lenta", "import time\ntime.sleep(60)", more="mystnb: {execution_timeout: 1}")
    (project.docs / "plain.md").write_text(text, "utf8")
    assert "FALLO plain: una celda no acabó en 1 segundos." in project.run("plain").text


def test_kernels_and_settings_of_others_are_not_used(project, monkeypatch, tmp_path):
    foreign = tmp_path / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    wrong = {"argv": ["/nada/python", "-f", "{connection_file}"], "display_name": "x", "language": "python"}
    (foreign / "kernel.json").write_text(json.dumps(wrong), "utf8")
    (tmp_path / "start.py").write_text("raise SystemExit('¡ajeno!')", "utf8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "start.py"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "nada"))
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    assert "FALLO" not in project.run("data").text


def test_a_home_where_nothing_can_be_written_is_enough(project, monkeypatch, tmp_path):
    (tmp_path / "casa").write_text("no es una carpeta", "utf8")
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "casa"))
    result = project.run("data")
    assert result.code == 0, result.text
    assert "FALLO" not in result.text


def test_the_name_of_the_folder_can_be_anything(tmp_path):
    made = Project(tmp_path / "¿Y qué? #1 %20 ñandú".replace("?", "" if os.name == "nt" else "?")).write()
    result = made.build()
    assert result.code == 0, result.text
    assert results(made.html("data")) == ["6"]
    assert [child.name for child in tmp_path.iterdir()] == [made.root.name]


def test_files_of_other_programs_are_not_pages(project):
    foreign = project.docs / ".ipynb_checkpoints"
    foreign.mkdir()
    shutil.copy(project.docs / "data.md", foreign / "data-checkpoint.md")
    (project.docs / "._data.md").write_bytes(b"\0\5\26\7\xff")
    (project.docs / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    result = project.build()
    assert result.code == 0, result.text
    assert result.executed == {"lazy", "data", "plain"}


def test_other_seeds_are_other_numbers_and_the_data_stay(project, monkeypatch):
    drawn = "torch.rand(1, generator=torch.Generator().manual_seed(0)).item()"
    again = "default_rng(default_rng(0)).random()"  # scipy vuelve a pasar el generador que le dan
    imports = "import random, torch\nfrom numpy.random import default_rng\n"
    code = f"{imports}[{drawn}, {again}, random.Random(0).random()]"
    (project.docs / "plain.md").write_text(page("Azar", code), "utf8")
    project.build()
    first = results(project.html("plain"))[0].strip("[]").split(", ")
    monkeypatch.setenv("SIGUIENTE_SEED_SHIFT", "1")
    shutil.rmtree(project.root / "out" / "execution" / "pages")
    project.build()
    second = results(project.html("plain"))[0].strip("[]").split(", ")
    assert [one == other for one, other in zip(first, second, strict=True)] == [False, False, True]


def test_a_signal_to_the_build_leaves_no_kernel(project):
    if os.name == "nt":
        pytest.skip("Windows no manda SIGTERM")
    (project.docs / "plain.md").write_text(page("Lenta", "import time\ntime.sleep(60)"), "utf8")
    order = [sys.executable, str(project.root / "build.py"), "out", "1", "plain"]
    process = subprocess.Popen(order, env=project.environment(), stdout=subprocess.DEVNULL)
    parent, limit = psutil.Process(process.pid), time.monotonic() + 60
    while not (family := parent.children(recursive=True)) and time.monotonic() < limit:
        time.sleep(0.2)
    assert family
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    psutil.wait_procs(family, timeout=10)
    assert [child for child in family if child.is_running() and child.status() != "zombie"] == []


@pytest.mark.enable_socket
def test_a_cluster_of_dask_runs_the_pages(project, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(project.root / "src"))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address=None, processes=True
    ) as cluster:
        result = project.run("data", "plain", scheduler=cluster.scheduler_address)
    assert result.executed == {"data", "plain"}
    assert "FALLO" not in result.text
    assert results(project.render(result).text) == []
    assert results(project.html("data")) == ["6"]


@pytest.mark.parametrize(("workers", "seconds"), [(1, 16), (2, 10), (4, 10)])
def test_what_is_left_is_shared_but_no_less_than_the_longest(workers, seconds):
    works = [work(str(n), lambda: None, seconds=n) for n in (10, 4, 2)]
    with ThreadPoolExecutor(1) as threads:
        performance = Performance(works, threads, threads, workers)
    assert performance.left() == seconds
