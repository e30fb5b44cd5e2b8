"""How smooth the window stays while a network trains flat out in it, how fast it trains there, and how soon it stops."""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest

from engine import compiled
from engine.snapshot import RunState, Snapshot
from engine.trainer import Trainer
from gui import app, settings
from gui.main_window import MainWindow
from gui.worker import SLICE_SECONDS
from tests.benchmarks.harness import figure

GROUP = "ui"
ROUNDS = 5
ROUND_SECONDS = 2.0  # ten seconds in all
SETTLE_SECONDS = 0.3
ALONE_SECONDS = 0.7
PRESSES = 50


class GraphFrames(QObject):
    """The frames that a person saw: those of the frame clock in which the network graph was painted too.

    An event filter sees the graph's paint events, and the clock's ``shown`` says that a frame is over.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window, self._painted = window, False
        self.times: list[float] = []
        self.empty = 0
        window.page.graph.installEventFilter(self)
        window.clock.shown.connect(self._on_shown)

    def close(self) -> None:
        self._window.clock.shown.disconnect(self._on_shown)
        self._window.page.graph.removeEventFilter(self)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._painted = True
        return False

    def _on_shown(self, _snapshot: Snapshot) -> None:
        if self._painted:
            self.times.append(self._window.clock.painted[-1])
        else:
            self.empty += 1
        self._painted = False

    def gaps_ms(self) -> np.ndarray:
        return np.diff(self.times) * 1e3


def spin(seconds: float) -> None:
    """Run the real event loop: one that is polled would fight the training thread for the GIL."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1e3), loop.quit)
    loop.exec()


def playground(folder: Path) -> MainWindow:
    """The real window on its Playground page, with the first experiment (2-8-8-1, spiral), paused."""
    app.application()
    window = app.build(
        settings.Places(folder / "settings.json", folder), settings.Settings(theme="light", page="playground")
    )
    window.resize(1400, 800)
    window.show()
    spin(1.0)
    page = window.page
    shown = (page.graph, page.settings, page.boundary, page.curves, page.inspector, page.time)
    if hidden := [panel for panel in shown if not panel.isVisible()] or window.lab.latest is None:
        raise RuntimeError(f"the page is not complete: {hidden} hidden")
    return window


def trainer_of(window: MainWindow) -> Trainer:
    """The one that trains in the window's thread. Its counters may be read from here."""
    trainer = window.lab.runner._worker._trainer
    assert trainer is not None
    return trainer


def alone(trainer: Trainer) -> float:
    """Steps a second of a trainer that has the process to itself, in slices as long as the window's."""
    clock, before, start = time.perf_counter, trainer.descent.step, time.perf_counter()
    while clock() - start < ALONE_SECONDS:
        end = clock() + SLICE_SECONDS
        trainer.advance(lambda end=end: clock() >= end)
    return (trainer.descent.step - before) / (clock() - start)


@figure("ui.p99_gap_ms.numpy", at_most=40, unit="ms")
@figure("ui.training_share.numpy", at_least=0.6)
@figure("ui.frames_per_second.numpy", unit="frames/s")
@figure("ui.steps_per_second.numpy", unit="steps/s")
def playing_with_numpy() -> dict[str, float]:
    """As where Numba is not installed."""
    return {f"{name}.numpy": value for name, value in playing().items()}


@figure("ui.p99_gap_ms", at_most=33, unit="ms")
@figure("ui.training_share", at_least=0.9)
@figure("ui.frames_per_second", unit="frames/s")
@figure("ui.steps_per_second", unit="steps/s")
def playing_compiled() -> dict[str, float]:
    """With the compiled step, as a person has it a few seconds after the start."""
    if not compiled.load():
        raise RuntimeError("Numba is not installed")
    return playing()


def playing() -> dict[str, float]:
    """Ten seconds flat out, in rounds.

    Between two rounds the window rests and a trainer of the same experiment runs alone: a machine's speed changes from
    second to second, so each round is compared with its two neighbours, and the share is the median of the rounds.
    """
    gaps: list[np.ndarray] = []
    rates, shares = [], []
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        window = playground(Path(folder))
        try:
            lonely, trainer = Trainer(window.lab.document.spec), trainer_of(window)
            frames = GraphFrames(window)
            alone(lonely)
            speed = alone(lonely)
            for _ in range(ROUNDS):
                window.lab.play()
                spin(SETTLE_SECONDS)
                frames.times.clear()
                before, start = trainer.descent.step, time.perf_counter()
                spin(ROUND_SECONDS)
                rates.append((trainer.descent.step - before) / (time.perf_counter() - start))
                gaps.append(frames.gaps_ms())
                window.lab.pause()
                spin(SETTLE_SECONDS)
                speed, earlier = alone(lonely), speed
                shares.append(rates[-1] / ((speed + earlier) / 2))
            frames.close()
        finally:
            window.close()
    every = np.concatenate(gaps)
    if os.environ.get("NEUROLOOM_BENCH_DETAILS"):
        sys.stderr.write(
            f"{len(every)} gaps: median {np.median(every):.1f}, p95 {np.percentile(every, 95):.1f}, "
            f"largest {every.max():.1f} ms; "
            f"frames without a painted graph: {frames.empty}; shares {[round(share, 2) for share in shares]}\n"
        )
    return {
        "ui.p99_gap_ms": float(np.percentile(every, 99)),
        "ui.training_share": statistics.median(shares),
        "ui.frames_per_second": 1e3 / float(every.mean()),
        "ui.steps_per_second": statistics.median(rates),
    }


class LastStep:
    """Notes when a trainer last came back from training: no step is done after that."""

    def __init__(self, trainer: Trainer) -> None:
        self.at = 0.0
        advance = trainer.advance

        def noted(*arguments: object) -> bool:
            done = advance(*arguments)
            self.at = time.perf_counter()
            return done

        trainer.advance = noted


@figure("ui.pause_ms", at_most=60, unit="ms")
def pausing() -> float:
    """Space is pressed at random moments of a run; from the press to the end of the last training step."""
    moments, result = random.Random(0), []
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        window = playground(Path(folder))
        try:
            last = LastStep(trainer_of(window))
            for _ in range(PRESSES):
                QTest.keyClick(window, Qt.Key.Key_Space)
                spin(moments.uniform(0.1, 0.3))
                if not (last.at and window.lab.playing):
                    raise RuntimeError("Space did not start the training")
                pressed = time.perf_counter()
                QTest.keyClick(window, Qt.Key.Key_Space)
                spin(0.25)
                if window.lab.latest is None or window.lab.latest.state is not RunState.PAUSED:
                    raise RuntimeError("Space did not stop the training")
                result.append((last.at - pressed) * 1e3)
        finally:
            window.close()
    return float(np.percentile(result, 95))
