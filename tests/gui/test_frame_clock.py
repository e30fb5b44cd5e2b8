"""The frame clock: the newest snapshot of the right run to the visible panels, and the gate is open again whatever happens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.phases import Kind, Phase
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.frame_clock import FrameClock
from gui.mailbox import FrameGate, Mailbox
from gui.panels.base import Panel
from gui.theme import LIGHT


class StillRunner(QObject):
    """A runner without a thread: the test puts snapshots into the mailbox itself."""

    published = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mailbox: Mailbox[Snapshot] = Mailbox()
        self.gate = FrameGate()
        self.minibatch_wanted = False

    def want_minibatch(self, wanted: bool) -> None:
        self.minibatch_wanted = wanted


class Watcher(Panel):
    """Remembers what it was shown, and whether training stood still while it painted."""

    def __init__(self, gate: FrameGate) -> None:
        super().__init__(LIGHT)
        self.setMinimumSize(20, 20)
        self.gate = gate
        self.shown: list[Snapshot] = []
        self.painted = 0
        self.closed_while_painting: list[bool] = []
        self.bug: Exception | None = None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.shown.append(snapshot)
        self.update()
        if self.bug is not None:
            raise self.bug

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted += 1
        self.closed_while_painting.append(self.gate.closed)


@dataclass
class Stage:
    window: QWidget
    runner: StillRunner
    panels: list[Watcher]
    clock: FrameClock
    snapshot: Snapshot

    def publish(self, **more: object) -> Snapshot:
        """As the worker does: into the mailbox, and a signal when paused."""
        snapshot = replace(self.snapshot, **more)
        self.runner.mailbox.put(snapshot)
        if snapshot.state is not RunState.RUNNING:
            self.runner.published.emit()
        return snapshot


@pytest.fixture
def stage(qtbot) -> Iterator[Stage]:
    window, runner = QWidget(), StillRunner()
    qtbot.addWidget(window)
    panels = [Watcher(runner.gate) for _ in range(3)]
    box = QVBoxLayout(window)
    for panel in panels:
        box.addWidget(panel)
    clock = FrameClock(runner, window, lambda: panels, window)
    clock.run = 7
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: all(panel.painted for panel in panels))
    for panel in panels:
        panel.painted = 0
        panel.closed_while_painting.clear()
    yield Stage(window, runner, panels, clock, Trainer(ExperimentSpec()).snapshot(run=7))
    clock.stop()


def test_a_paused_snapshot_is_shown_and_painted_at_once_behind_the_gate(qtbot, stage):
    with qtbot.waitSignal(stage.clock.shown, timeout=0):
        snapshot = stage.publish()
    for panel in stage.panels:
        assert panel.shown == [snapshot]
        assert panel.closed_while_painting == [True]
    assert not stage.runner.gate.closed
    assert stage.clock.latest is snapshot


def test_running_snapshots_are_taken_by_the_clock(qtbot, stage):
    stage.publish(state=RunState.RUNNING)
    assert stage.panels[0].shown == []
    qtbot.waitUntil(lambda: len(stage.panels[0].shown) == 1)
    assert stage.runner.mailbox.wants()


def test_in_slow_motion_the_clock_waits_without_hurry_for_the_next_phase(qtbot, stage):
    for phase, hurries in ((None, True), (Phase(Kind.LOSS), False)):
        stage.publish(state=RunState.RUNNING, phase=phase)
        qtbot.waitUntil(stage.runner.mailbox.wants)
        stage.clock._again.stop()
        stage.clock._tick()
        assert stage.clock._again.isActive() is hurries


def test_a_snapshot_of_another_run_is_dropped(qtbot, stage):
    with qtbot.assertNotEmitted(stage.clock.shown):
        stage.publish(run=6)
    assert stage.runner.mailbox.wants(), "a stale one must not block the mailbox"
    assert all(panel.shown == [] for panel in stage.panels)
    assert stage.clock.latest is None
    assert not stage.runner.gate.closed


def test_hidden_panels_are_shown_nothing_until_they_are_back(qtbot, stage):
    hidden = stage.panels[1]
    hidden.hide()
    snapshot = stage.publish()
    assert hidden.shown == []
    assert stage.panels[0].shown == [snapshot]
    hidden.show()
    qtbot.waitUntil(lambda: hidden.shown == [snapshot])
    assert stage.panels[0].shown == [snapshot], "who was there all the time needs it no second time"


def test_a_panel_that_comes_back_is_not_shown_the_last_of_another_run(qtbot, stage):
    hidden, seen = stage.panels[1], stage.panels[0]
    hidden.hide()
    stage.publish()
    stage.clock.run = 8
    hidden.show()
    stage.publish(run=8)
    assert [s.run for s in hidden.shown] == [8]
    assert [s.run for s in seen.shown] == [7, 8]


@pytest.mark.parametrize("bug", [ValueError("a bug"), ZeroDivisionError()])
def test_a_bug_in_one_panel_stops_neither_the_others_nor_the_clock(qtbot, stage, monkeypatch, bug):
    caught: list[type] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: caught.append(kind))
    stage.panels[0].bug = bug
    for _ in range(3):
        with qtbot.waitSignal(stage.clock.shown, timeout=0):
            stage.publish()
        assert not stage.runner.gate.closed
    assert caught == [type(bug)] * 3
    assert len(stage.panels[1].shown) == len(stage.panels[2].shown) == 3


def test_the_gate_is_open_even_after_a_bug_in_who_listens(qtbot, stage, monkeypatch):
    monkeypatch.setattr(stage.clock, "_show", lambda snapshot: 1 / 0)
    with qtbot.captureExceptions() as caught:
        stage.publish()
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    assert not stage.runner.gate.closed


def test_slow_panels_are_spared_while_it_runs_and_get_the_last_word(stage):
    slow, fast = stage.panels[:2]
    slow.frames_per_second = 0.01
    stage.publish()
    slow.shown.clear()
    fast.shown.clear()
    for _ in range(3):
        stage.publish(state=RunState.RUNNING)
        stage.clock._tick()
    # The first running one follows a paused one, so everybody sees that it runs now.
    assert len(slow.shown) == 1
    assert len(fast.shown) >= 1
    last = stage.publish()
    assert slow.shown[-1] is fast.shown[-1] is last


def test_maps_reach_a_panel_that_wants_them_out_of_turn(qtbot, stage):
    wants, plain = stage.panels[:2]
    wants.wants_maps = True
    wants.frames_per_second = plain.frames_per_second = 0.01
    stage.publish(state=RunState.RUNNING)
    stage.clock._tick()
    maps = Trainer(ExperimentSpec()).maps(4)
    stage.publish(state=RunState.RUNNING)
    stage.clock._tick()
    before = len(wants.shown), len(plain.shown)
    stage.publish(state=RunState.RUNNING, maps=maps)
    stage.clock._tick()
    qtbot.waitUntil(lambda: len(wants.shown) == before[0] + 1)  # a slow panel is painted half-way to the next frame
    assert wants.closed_while_painting[-1]
    assert len(plain.shown) == before[1]


def test_frames_are_counted_and_none_follows_the_stop(qtbot, stage):
    for _ in range(5):
        stage.publish()
    assert stage.clock.frames_per_second == 5
    assert np.all(np.diff(stage.clock.painted) >= 0)
    stage.clock.stop()
    stage.clock.stop()
    with qtbot.assertNotEmitted(stage.clock.shown, wait=80):
        stage.publish()


def test_the_next_minibatch_is_asked_for_while_a_panel_that_wants_it_is_seen(stage: Stage) -> None:
    wants = stage.panels[0]
    stage.publish()
    assert not stage.runner.minibatch_wanted
    wants.wants_minibatch = True
    stage.publish()
    assert stage.runner.minibatch_wanted
    wants.hide()
    stage.publish()
    assert not stage.runner.minibatch_wanted
