"""Trabajos en procesos: su orden, y lo que se dice cuando uno falla o alguien lo mata."""

import time

import pytest

from siguiente.runtime.jobs import Job, JobError, run_jobs, why

# El proceso nuevo no puede importar lo que este archivo define: el trabajo es un código.
NOTE = "open({path!r}, 'a', encoding='utf8').write({text!r} + chr(10))"

# Como lo deja el sistema cuando falta memoria; Windows solo tiene una manera de terminar un proceso.
KILLED = "import os, signal; os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))"


def note(path, text, *needs):
    return Job(exec, (NOTE.format(path=str(path), text=text),), frozenset(needs))


def test_each_job_follows_what_it_needs(tmp_path):
    path, seen = tmp_path / "order.txt", []
    jobs = {
        "techo": note(path, "techo", "paredes"),
        "paredes": note(path, "paredes", "suelo", "lo que ya estaba"),
        "suelo": note(path, "suelo"),
    }
    run_jobs(jobs, 2, seen.append)
    assert path.read_text("utf8").split() == seen == ["suelo", "paredes", "techo"]


def test_a_failure_names_its_job_and_its_reason():
    with pytest.raises(JobError) as found:
        run_jobs({"cuento": Job(exec, ("raise OSError(28, 'No hay sitio.')",))}, 1, print)
    assert (found.value.name, found.value.reason) == ("cuento", "No hay sitio.")


def test_an_unexpected_failure_is_told_whole(capfd):
    with pytest.raises(JobError, match="cuento: KeyError: 'x'"):
        run_jobs({"cuento": Job(exec, ("def stumble(): {}['x']\nstumble()",))}, 1, print)
    assert "in stumble" in capfd.readouterr().err


def test_a_killed_job_is_named_at_once_and_the_others_end():
    start = time.monotonic()
    with pytest.raises(JobError, match=r"cuento: Su proceso terminó de pronto .* memoria"):
        run_jobs({"largo": Job(time.sleep, (600,)), "cuento": Job(exec, (KILLED,))}, 2, print)
    assert time.monotonic() - start < 60


def test_the_reason_is_a_sentence():
    assert why(FileNotFoundError(2, "Falta el archivo.")) == "Falta el archivo."
    assert why(ValueError("No vale.")) == "No vale."
