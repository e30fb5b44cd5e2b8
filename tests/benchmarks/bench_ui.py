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

from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui import app, settings
from gui.main_window import MainWindow
from gui.runner import SLICE_SECONDS
from tests.benchmarks.harness import figure

GROUP = "ui"
WINDOW_SECONDS = 10.0
ALONE_SECONDS = 1.0
ALONE_TIMES = 3
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
    window = app.build(settings.Places(folder / "settings.json", folder), settings.Settings(theme="light", page="playground"))
    window.resize(1400, 800)
    window.show()
    spin(1.0)
    panels = [panel for panel in window.page.panels() if not panel.isVisible()]
    if panels or window.lab.latest is None:
        raise RuntimeError(f"the page is not complete: {panels} hidden")
    return window


def trainer_of(window: MainWindow) -> Trainer:
    """The one that trains in the window's thread. Its counters may be read from here."""
    trainer = window.lab.runner._worker._trainer
    assert trainer is not None
    return trainer


def alone(spec: ExperimentSpec) -> list[float]:
    """Steps a second of the same trainer in the same slices, without a window: one number for each second."""
    trainer, clock = Trainer(spec), time.perf_counter
    result = []
    for _ in range(ALONE_TIMES):
        before, start = trainer.step, clock()
        while clock() - start < ALONE_SECONDS:
            end = clock() + SLICE_SECONDS
            trainer.advance(lambda end=end: clock() >= end)
        result.append((trainer.step - before) / (clock() - start))
    return result


@figure("ui.p99_gap_ms", at_most=40, unit="ms")
@figure("ui.training_share", at_least=0.6)
@figure("ui.frames_per_second", unit="frames/s")
@figure("ui.steps_per_second", unit="steps/s")
def playing() -> dict[str, float]:
    """Ten seconds flat out; the speed without a window is measured before and after, since machines speed up and slow down."""
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        window = playground(Path(folder))
        try:
            spec = window.lab.document.spec
            without = alone(spec)
            frames = GraphFrames(window)
            window.lab.play()
            spin(1.0)
            trainer = trainer_of(window)
            frames.times.clear()
            before, start = trainer.step, time.perf_counter()
            spin(WINDOW_SECONDS)
            rate = (trainer.step - before) / (time.perf_counter() - start)
            gaps = frames.gaps_ms()
            frames.close()
            window.lab.pause()
            spin(0.3)
            without += alone(spec)
        finally:
            window.close()
    if os.environ.get("NEUROLOOM_BENCH_DETAILS"):
        sys.stderr.write(
            f"gaps: {len(gaps)}, median {np.median(gaps):.1f}, p95 {np.percentile(gaps, 95):.1f}, largest {gaps.max():.1f} ms; "
            f"frames without a painted graph: {frames.empty}; alone {[round(r) for r in without]}\n"
        )
    return {
        "ui.p99_gap_ms": float(np.percentile(gaps, 99)),
        "ui.training_share": rate / statistics.median(without),
        "ui.frames_per_second": len(gaps) / (gaps.sum() / 1e3),
        "ui.steps_per_second": rate,
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
