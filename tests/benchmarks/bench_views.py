"""How often a second the views of the Insight page are painted anew while a digit network trains flat out beside them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from engine import compiled
from engine.activations import ACTIVATIONS
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.snapshot import Snapshot
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from gui import app, settings
from gui.main_window import MainWindow
from gui.panels.base import Panel
from tests.benchmarks.bench_ui import spin
from tests.benchmarks.harness import figure
from tests.benchmarks.mnist import shelve

GROUP = "digits"
FOLDER = Path(__file__).parents[3] / "shared" / "data" / "mnist"
SETTLE_SECONDS = 1.0
SECONDS = 4.0


class NewPaints(QObject):
    """Counts the paints of ``widget`` that showed something newer than the paint before: another ``what()``."""

    def __init__(self, widget: QWidget, what: Callable[[], object]) -> None:
        super().__init__()
        self._what, self._last = what, what()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._what() is not self._last:
            self._last = self._what()
            self.count += 1
        return False


class NewSnapshots(QObject):
    """The same for a view that lives by snapshots: paints of any part of it that is larger than a label."""

    def __init__(self, view: Panel) -> None:
        super().__init__()
        self._fresh, self.count = False, 0
        for panel in (view, *view.findChildren(Panel)):
            panel.show_snapshot = self._noting(panel.show_snapshot)
        for widget in (view, *view.findChildren(QWidget)):
            widget.installEventFilter(self)

    def _noting(self, show: Callable[[Snapshot], None]) -> Callable[[Snapshot], None]:
        def noted(snapshot: Snapshot) -> None:
            self._fresh = True
            show(snapshot)

        return noted

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        large = isinstance(receiver, QWidget) and min(receiver.width(), receiver.height()) >= 64
        if event.type() == QEvent.Type.Paint and self._fresh and large:
            self._fresh = False
            self.count += 1
        return False


def measured(with_mnist: bool) -> dict[str, float]:
    """The slowest view's paints a second, and the 99th percentile of the gaps between the window's frames in ms."""
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        app.application()
        window = app.build(
            settings.Places(folder / "settings.json", folder), settings.Settings(theme="light", page="insight")
        )
        window.resize(1400, 800)
        window.show()
        try:
            spin(SETTLE_SECONDS)
            if with_mnist:
                spec = ExperimentSpec(
                    DataSpec(shelve(folder / "images")),
                    NetworkSpec((128, 64), ACTIVATIONS["relu"](), initializer=INITIALIZERS["he_normal"]()),
                    OPTIMIZERS["adam"](learning_rate=0.002), TrainingSpec(batch_size=128),
                )  # fmt: skip
                window.lab.start_over(spec, "MNIST")
                while window.lab.latest is None or window.lab.latest.spec != spec:
                    spin(0.1)
            return _watched(window)
        finally:
            window.close()


def _watched(window: MainWindow) -> dict[str, float]:
    page, rates, gaps = window.page, {}, []
    for key in ("predictions", "neurons"):
        page.open_view(key)
        view = page.view
        spin(SETTLE_SECONDS)
        if key == "predictions":
            parts = (view.gallery.viewport(), view.matrix)
            counters = [NewPaints(part, lambda view=view: view.predictions) for part in parts]
        elif view.findChildren(QWidget):
            counters = [NewSnapshots(view)]
        else:
            continue  # there is no such view yet
        window.lab.play()
        spin(SETTLE_SECONDS)
        for counter in counters:
            counter.count = 0
        window.clock.painted.clear()
        spin(SECONDS)
        rates[key] = min(counter.count for counter in counters) / SECONDS
        gaps.append(np.diff(window.clock.painted) * 1e3)
        window.lab.pause()
        spin(SETTLE_SECONDS)
    return {"hz": min(rates.values()), "p99_gap_ms": float(np.percentile(np.concatenate(gaps), 99))} | rates


@figure("digits.views_hz.numpy", at_least=5, unit="/s")
@figure("digits.views_p99_gap_ms.numpy", unit="ms")
@figure("digits.views_hz.embedded", unit="/s")
def with_numpy() -> dict[str, float]:
    """As where Numba is not installed; the embedded digits as they open at the first start."""
    large, small = measured(True), measured(False)
    return {
        "digits.views_hz.numpy": large["hz"],
        "digits.views_p99_gap_ms.numpy": large["p99_gap_ms"],
        "digits.views_hz.embedded": small["hz"],
    }


@figure("digits.views_hz", at_least=5, unit="/s")
@figure("digits.views_p99_gap_ms", unit="ms")
def with_the_compiled_step() -> dict[str, float]:
    """784-128-64-10 on MNIST, as a person has it a few seconds after the start."""
    if not compiled.load():
        raise RuntimeError("Numba is not installed")
    large = measured(True)
    return {"digits.views_hz": large["hz"], "digits.views_p99_gap_ms": large["p99_gap_ms"]}
