"""The compiled step gets ready beside a window in use: a child compiles, a thread loads, running trainings go over to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QProcess

from engine import compiled
from engine.spec import ExperimentSpec
from gui.compiling import Compiling
from gui.runner import Runner
from gui.worker import RunRequest

needs_numba = pytest.mark.skipif(not compiled.is_installed(), reason="Numba, which compiles the step, is not installed")


@pytest.fixture
def runner(qtbot) -> Iterator[Runner]:
    runner = Runner()
    runner.show_run(RunRequest("playground", 1, ExperimentSpec()))
    qtbot.waitUntil(lambda: runner.mailbox.take() is not None)
    yield runner
    assert runner.shut_down()


@pytest.fixture(autouse=True)
def _as_nobody_has_loaded_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_kernels", None)


def trains_compiled(runner: Runner) -> bool:
    return runner._worker._trainers[1].descent.compiled


@needs_numba
def test_a_run_that_plays_goes_over_to_the_compiled_step(qtbot, runner):
    compiling = Compiling(runner)
    runner.play()
    compiling.start()
    qtbot.waitUntil(lambda: trains_compiled(runner), timeout=120_000)
    trainer = runner._worker._trainers[1]
    epoch = trainer.epoch
    qtbot.waitUntil(lambda: trainer.epoch > epoch + 100)
    compiling.stop()
    assert trainer.diverged is None


@needs_numba
def test_a_window_that_closes_leaves_no_compiler_behind(qtbot, runner):
    compiling = Compiling(runner)
    compiling.start()
    child = compiling._child
    assert child.waitForStarted()
    compiling.stop()
    assert child.state() is QProcess.ProcessState.NotRunning
    assert not compiled.is_loaded()


def test_a_compiler_that_fails_changes_nothing(qtbot, runner, caplog, monkeypatch):
    monkeypatch.setattr(compiled, "is_installed", lambda: True)
    compiling = Compiling(runner)
    compiling._child.setArguments(["-c", "raise SystemExit(1)"])
    with qtbot.waitSignal(compiling._child.finished, timeout=20_000):
        compiling.start()
    assert "not available" in caplog.text
    assert not trains_compiled(runner)


def test_without_numba_nothing_is_started(qtbot, runner, monkeypatch):
    monkeypatch.setattr(compiled, "is_installed", lambda: False)
    compiling = Compiling(runner)
    compiling.start()
    assert compiling._child.state() is QProcess.ProcessState.NotRunning
    compiling.stop()
