"""The pool with real worker processes, started as a person starts them: ``python main.py worker``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

import main
from gui.tuning import pool, storage
from gui.tuning.pool import WorkerPool
from gui.tuning.study import COMPLETE, RUNNING, WAITING
from tests.tuning.studies import POSIX, begun, states


def until(met: Callable[[], bool], tended: WorkerPool | None = None, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come to that in time"
        if tended is not None:
            tended.tend()
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def _workers_start_quickly(tmp_path, monkeypatch):
    """Without the compiled step, whose library takes two seconds of each process to import."""
    folder = tmp_path / "no-numba"
    folder.mkdir()
    (folder / "numba.py").write_text("raise ImportError\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture
def tended():
    made = WorkerPool(grace_seconds=60)  # nothing here may wait for the grace
    yield made
    made.close()
    storage.close()


@POSIX
def test_killed_paused_and_resumed(tmp_path, tended):
    """One worker: killed in mid-trial it is replaced, and goes on with that trial; a pause gives the trial back."""
    url, settings = begun(tmp_path, trials=2, epochs=10**9)  # trials that never end

    def view():
        return storage.read_study(url, settings.name)

    def is_training():
        return states(view())[RUNNING] == 1 and any(len(t.params) == 2 for t in view().trials)

    tended.start(url, settings.name, workers=1)
    assert (tended.alive, tended.running) == (1, True)
    until(is_training)
    params = view().trials[0].params
    (killed,) = tended.processes()
    os.kill(killed, signal.SIGKILL)
    until(lambda: tended.alive == 1 and tended.processes() != [killed], tended)
    until(lambda: is_training() and view().trials[0].number == 1)
    assert [trial.params for trial in view().trials] == [params]

    tended.pause()
    assert (tended.alive, tended.running) == (0, False)
    until(lambda: tended.leaving == 0)
    assert states(view()) == {WAITING: 1}
    assert view().trials[0].params == params
    assert (view().workers, view().running) == (0, False)


def test_it_ends_with_the_study(tmp_path, tended):
    url, settings = begun(tmp_path, trials=2)
    tended.start(url, settings.name, workers=1)
    until(lambda: not tended.running, tended)
    assert states(storage.read_study(url, settings.name)) == {COMPLETE: 2}
    assert tended.problem == ""


def test_what_a_person_must_do_first_is_said_once(tmp_path, tended):
    url, _ = begun(tmp_path)
    tended.start(url, "another", workers=1)
    until(lambda: bool(tended.problem), tended)
    assert tended.problem.startswith("There is no study called another in sqlite:///")
    assert tended.problem.endswith("there are: study.")
    assert (tended.running, tended.alive) == (False, 0)


def test_close_ends_workers_at_once(tmp_path, tended):
    url, settings = begun(tmp_path, trials=2)
    tended.start(url, settings.name, workers=2)
    children = [child.process for child in tended._children]
    began = time.monotonic()
    tended.close()
    assert time.monotonic() - began < 30
    assert all(child.returncode is not None for child in children)


@POSIX
def test_the_leash_ends_a_worker_whose_window_is_gone(tmp_path):
    """As when the window itself is killed: nobody is there to ask, but the pipe closes."""
    url, settings = begun(tmp_path, trials=1, epochs=10**9)
    code = f"""
import sys, time
from gui.tuning.pool import WorkerPool
pool = WorkerPool()
pool.start({url!r}, {settings.name!r}, workers=1)
print(pool.processes()[0], flush=True)
time.sleep(600)
"""
    window = subprocess.Popen([sys.executable, "-c", code], cwd=pool.ROOT, stdout=subprocess.PIPE, text=True)
    try:
        worker = int(window.stdout.readline())
        until(lambda: states(storage.read_study(url, settings.name))[RUNNING] == 1)
    finally:
        window.kill()
        window.wait()
        window.stdout.close()
    until(lambda: states(storage.read_study(url, settings.name)) == {WAITING: 1})
    storage.close()
    assert worker > 0


def test_all_cores_but_one(monkeypatch):
    for cores, workers in ((1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid, n=cores: set(range(n)), raising=False)
        assert pool.usual_workers() == workers


def test_the_address_is_not_on_the_command_line(tmp_path, tended, monkeypatch):
    seen = {}

    class Process:
        def __init__(self, command, **options):
            seen.update(command=command, environment=options["env"])
            raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", Process)
    tended.start("postgresql://ada:secret@host/db", "study", workers=1)
    assert not tended.running
    assert tended.problem == "No worker can be started (Cannot allocate memory): close other programs and try again."
    assert not any("secret" in word for word in seen["command"])
    assert seen["environment"]["NEUROLOOM_STORAGE"] == "postgresql://ada:secret@host/db"


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_the_command_line_explains_itself(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main.main(["worker", *arguments])
    said = capsys.readouterr()
    assert (ended.value.code, "--study" in said.out + said.err) == (0 if arguments else 2, True)
