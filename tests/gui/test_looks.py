"""Looks at the past in the worker and through its thread: what is published, what is kept, and that only the newest waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, Slot

from engine.datasets import DATASETS
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.stopping import Until
from gui import worker as module
from gui.edits import with_learning_rate
from gui.mailbox import FrameGate, Mailbox
from gui.runner import Runner
from gui.worker import RunRequest, Worker

SPEC = replace(
    ExperimentSpec(), data=replace(ExperimentSpec().data, dataset=replace(DATASETS["moons"](), n_samples=60))
)


@pytest.fixture
def mailbox() -> Mailbox[Snapshot]:
    return Mailbox()


@pytest.fixture
def worker(qapp, mailbox) -> Worker:
    """A worker in this thread, whose run 1 stands at epoch 8."""
    worker = Worker(mailbox, FrameGate())
    worker.show_run(RunRequest("playground", 1, SPEC))
    for _ in range(8):
        worker.step("epoch")
    return worker


def test_a_look_is_published_and_the_run_stays(qtbot, worker, mailbox) -> None:
    with qtbot.waitSignals([worker.published, worker.looked]):
        worker.look(1, 3, 0.0)
    seen = mailbox.take()
    assert (seen.run, seen.epoch, seen.last_epoch, seen.viewed) == (1, 3, 8, True)
    assert seen.maps is not None
    assert worker._trainers[1].epoch == 8
    worker.want_minibatch(True)
    assert mailbox.take().minibatch is not None, "the inspector opened while the past is looked at"
    worker.look(1, None, 0.0)
    assert (seen := mailbox.take()).epoch == 8
    assert not seen.viewed


def test_a_look_pauses_what_plays(worker, mailbox) -> None:
    worker.play(None)
    worker._slice()
    worker.look(1, 2, 0.0)
    assert (seen := mailbox.take()).state is RunState.PAUSED
    assert seen.epoch == 2
    assert not worker._playing


@pytest.mark.parametrize("command", ["step", "go_to", "edit", "show_run", "play"])
def test_whatever_trains_or_changes_ends_the_look(worker, mailbox, command) -> None:
    worker.look(1, 2, 0.0)
    arguments = {
        "step": ("batch",), "go_to": (1, 2), "edit": (1, 0, 1.0), "show_run": (RunRequest("playground", 1, SPEC),),
        "play": (None,),
    }  # fmt: skip
    getattr(worker, command)(*arguments[command])
    if command == "play":
        worker.pause()
    assert not mailbox.take().viewed


def test_a_look_at_a_run_that_is_not_on_screen_is_answered_and_shows_nothing(qtbot, worker, mailbox) -> None:
    mailbox.take()
    with qtbot.waitSignal(worker.looked):
        worker.look(7, 3, 0.0)
    assert mailbox.take() is None


def test_a_branch_starts_from_its_parent_and_the_others_are_told(qtbot, worker, mailbox) -> None:
    rested: list[tuple[Snapshot, ...]] = []
    worker.rested.connect(rested.append)
    worker.keep_runs("playground", (1, 2))
    fast = with_learning_rate(SPEC, 0.5)
    worker.show_run(RunRequest("playground", 2, fast, start=(1, 3)))
    seen = mailbox.take()
    assert (seen.run, seen.epoch, seen.spec) == (2, 3, fast)
    assert [(snapshot.run, snapshot.epoch) for snapshot in rested[-1]] == [(1, 8)]
    worker.show_run(RunRequest("playground", 3, fast, start=(99, 3)))
    assert mailbox.take().epoch == 0, "what it began from is gone, so it starts anew"


def test_branches_are_not_let_go_while_they_are_in_the_list(worker, monkeypatch) -> None:
    monkeypatch.setattr(module, "RETIRED_RUNS", 1)
    worker.keep_runs("playground", (1, 2))
    worker.show_run(RunRequest("playground", 2, SPEC, start=(1, 3)))
    for run in range(3, 8):
        worker.show_run(RunRequest("playground", run, SPEC))
    assert {1, 2} <= worker._trainers.keys()
    worker.keep_runs("playground", ())
    worker.show_run(RunRequest("playground", 9, SPEC))
    assert not {1, 2} & worker._trainers.keys()


class Listener(QObject):
    """The window's part: takes every snapshot."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self.runner = runner
        self.seen: list[Snapshot] = []
        runner.published.connect(self.take)

    @Slot()
    def take(self) -> None:
        if (snapshot := self.runner.mailbox.take()) is not None:
            self.seen.append(snapshot)


@pytest.fixture
def runner(qapp) -> Iterator[Runner]:
    runner = Runner()
    yield runner
    assert runner.shut_down()


def test_looks_asked_for_faster_than_they_can_be_shown_do_not_queue(qtbot, runner) -> None:
    listener = Listener(runner)
    runner.show_run(RunRequest("playground", 1, SPEC))
    runner.play(Until("epoch", 60))
    qtbot.waitUntil(lambda: bool(listener.seen) and listener.seen[-1].epoch == 60)
    listener.seen.clear()
    for epoch in range(50):
        runner.look(1, epoch)
    assert runner.look_waits
    qtbot.waitUntil(lambda: not runner.looking)
    assert [snapshot.epoch for snapshot in listener.seen] == [0, 49]


def test_a_look_that_waits_does_not_come_after_play(qtbot, runner) -> None:
    listener = Listener(runner)
    runner.show_run(RunRequest("playground", 1, SPEC))
    runner.play(Until("epoch", 10))
    qtbot.waitUntil(lambda: bool(listener.seen) and listener.seen[-1].epoch == 10)
    runner.look(1, 3)
    runner.look(1, 4)
    runner.play(Until("epoch", 20))
    qtbot.waitUntil(lambda: listener.seen[-1].epoch == 20)
    assert not any(snapshot.viewed and snapshot.epoch == 4 for snapshot in listener.seen)
