"""How soon a dragged time slider shows another moment: from the mouse event to the painted frame."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from engine import compiled
from engine.snapshot import Snapshot
from gui import app, settings
from gui.main_window import MainWindow
from tests.benchmarks.harness import figure

GROUP = "time"
TRAIN_SECONDS = 20.0
POSITIONS = 240
PAUSE_SECONDS = 0.02  # between two movements of a hand
LATEST_SECONDS = 2.0


def spin_until(condition, seconds: float) -> bool:
    """Run the event loop until ``condition()``; False when the time is over."""
    end = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > end:
            return False
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    return True


class Frames(QObject):
    """What the clock showed last, and when it was painted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.count, self.at, self.epoch = 0, 0.0, -1
        window.clock.shown.connect(self._on_shown)

    def _on_shown(self, snapshot: Snapshot) -> None:
        self.count, self.at, self.epoch = self.count + 1, time.perf_counter(), snapshot.epoch


def mouse(widget, kind: QEvent.Type, at: QPoint) -> None:
    """A mouse event as the platform sends it."""
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    place, screen = QPointF(at), QPointF(widget.mapToGlobal(at))
    QApplication.sendEvent(widget, QMouseEvent(kind, place, screen, button, held, Qt.KeyboardModifier.NoModifier))


@figure("time.drag_p95_ms", at_most=33, unit="ms")
@figure("time.drag_median_ms", unit="ms")
@figure("time.exact_p95_ms", unit="ms")
@figure("time.past_mb", at_most=64, unit="MB")
def dragging() -> dict[str, float]:
    """Over a run of 20 seconds flat out: the handle back and forth by small steps, as a hand moves it, and by leaps.

    ``exact`` is the same for leaps to the very epoch, as keys and a released handle ask for.
    """
    compiled.load()
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        app.application()
        places = settings.Places(Path(folder) / "settings.json", Path(folder))
        window = app.build(places, settings.Settings(theme="light", page="playground"))
        try:
            window.resize(1400, 800)
            window.show()
            spin_until(lambda: False, 1.0)
            window.lab.play()
            spin_until(lambda: False, TRAIN_SECONDS)
            window.lab.pause()
            spin_until(lambda: not window.lab.playing, 2.0)
            spin_until(lambda: False, 0.3)
            drags, exact = measured(window)
            past = window.lab.runner._worker._trainer.timeline.n_bytes / 1e6
            if os.environ.get("NEUROLOOM_BENCH_DETAILS"):
                n, shares = window.lab.latest.last_epoch, [5, 50, 95, 100]
                sys.stderr.write(
                    f"{n} epochs; drag {np.percentile(drags, shares)}, exact {np.percentile(exact, shares)}\n"
                )
        finally:
            window.close()
    return {
        "time.drag_p95_ms": float(np.percentile(drags, 95)), "time.drag_median_ms": float(np.median(drags)),
        "time.exact_p95_ms": float(np.percentile(exact, 95)), "time.past_mb": past,
    }  # fmt: skip


def measured(window: MainWindow) -> tuple[list[float], list[float]]:
    """Milliseconds of every position: while dragging, and for the very epoch."""
    slider, frames, dice = window.page.time.slider, Frames(window), random.Random(0)
    width, y = slider.width() - 17, slider.height() // 2

    def shown(act) -> float:
        before, start = frames.count, time.perf_counter()
        act()
        if not spin_until(lambda: frames.count > before, LATEST_SECONDS):
            raise RuntimeError("no other moment was shown")
        taken = (frames.at - start) * 1e3
        spin_until(lambda: False, PAUSE_SECONDS)
        return taken

    x, way, drags = width, -1, []
    mouse(slider, QEvent.Type.MouseButtonPress, QPoint(slider.width() - 8, y))
    spin_until(lambda: False, 0.2)
    for i in range(POSITIONS):
        # A hand's small steps, and every tenth time a leap.
        way = 1 if x < 20 else -1 if x > width - 12 else way
        x = x + way * dice.randrange(1, 9) if i % 10 < 9 else width - x + 9 if abs(width - 2 * x) > 20 else x + way
        drags.append(shown(lambda x=x: mouse(slider, QEvent.Type.MouseMove, QPoint(x, y))))
    mouse(slider, QEvent.Type.MouseButtonRelease, QPoint(x, y))
    spin_until(lambda: False, 0.5)
    last, exact = window.lab.latest.last_epoch, []
    for _ in range(POSITIONS // 4):
        epoch = dice.randrange(last)
        exact.append(shown(lambda epoch=epoch: window.lab.time.look(epoch)))
        if window.lab.latest.epoch != epoch:
            raise RuntimeError("another epoch was shown than asked for")
    return drags, exact
