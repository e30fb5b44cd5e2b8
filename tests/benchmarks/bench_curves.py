"""What a frame of the output side costs: the curves of a million epochs, and the boundary."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QApplication

from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui import fonts
from gui.panels.decision_boundary import DecisionBoundary
from gui.panels.loss_curves import LossCurves
from gui.theme import LIGHT
from tests.benchmarks.harness import figure

GROUP = "curves"
MILLION = 1_000_000
FRAMES = 60
EPOCHS_A_FRAME = 4_000  # half a million epochs a minute, eight frames a second


def _application() -> QApplication:
    app = QApplication.instance() or QApplication([])
    fonts.install(app)
    return app


@figure("curves.million_ms", at_most=16, unit="ms")
def million() -> float:
    """A newer moment of a run of a million epochs, drawn: median over the frames, of which one in two moves the axes."""
    app = _application()
    n = MILLION + FRAMES * EPOCHS_A_FRAME
    epochs = np.arange(n, dtype=float)
    rng = np.random.default_rng(0)
    falling = np.exp(-epochs / n * 4)
    history = np.stack(
        [epochs, *(falling * (1 + rng.normal(0, 0.05, n)) for _ in range(2)), 1 - falling / 2, 1 - falling], 1
    )
    moment: Snapshot = Trainer(ExperimentSpec()).snapshot(run=1, running=True)
    panel = LossCurves(LIGHT)
    panel.resize(344, 300)
    panel.show()
    panel.show_snapshot(replace(moment, history=history[:MILLION]))
    app.processEvents()
    seconds = []
    for frame in range(1, FRAMES + 1):
        newer = replace(moment, history=history[: MILLION + frame * EPOCHS_A_FRAME])
        time.sleep(0.11)
        start = time.perf_counter()
        panel.show_snapshot(newer)
        panel.legend.repaint()
        panel.plot.viewport().repaint()
        seconds.append(time.perf_counter() - start)
    panel.close()
    return 1000 * statistics.median(seconds)


@figure("curves.boundary_ms", at_most=3, unit="ms")
def boundary() -> float:
    """A newer 100 × 100 map under 400 points, 320 pixels square: shown and painted, median."""
    app = _application()
    trainer = Trainer(ExperimentSpec())
    moments = []
    for _ in range(2):
        trainer.step_epoch()
        moments.append(replace(trainer.snapshot(run=1, side=100), state=RunState.RUNNING))
    panel = DecisionBoundary(LIGHT)
    panel.resize(panel.minimumSizeHint())
    panel.show()
    panel.show_snapshot(moments[0])
    app.processEvents()
    seconds = []
    for frame in range(FRAMES):
        start = time.perf_counter()
        panel.show_snapshot(moments[frame % 2])
        panel.picture.repaint()
        seconds.append(time.perf_counter() - start)
    panel.close()
    return 1000 * statistics.median(seconds)
