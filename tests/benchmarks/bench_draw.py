"""How long a movement of the pen takes to arrive: from the mouse event to the new probabilities, painted."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt
from PySide6.QtWidgets import QApplication

from gui import app, drawings
from gui.main_window import MainWindow
from gui.settings import Places
from tests.benchmarks.harness import figure
from tests.large_digits import on_enlarged_digits

GROUP = "draw"
EPOCHS = 20
ROUNDS = 2
PATIENCE_SECONDS = 60.0
LATEST_MS = 500.0


class Paints(QObject):
    """Counts how often a widget was painted."""

    count = 0

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


class Stamp(QObject):
    """Notes when all that was asked for before it has been painted: its events come after Qt's requests to paint."""

    PRIORITY = Qt.EventPriority.LowEventPriority.value - 10
    at = 0.0

    def post(self) -> None:
        self.at = 0.0
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), self.PRIORITY)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            self.at = time.perf_counter()
            return True
        return super().event(event)


def spin_until(condition, seconds: float) -> bool:
    """Run the event loop until ``condition()``; False when the time is over."""
    end = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > end:
            return False
        # Waiting as the real event loop does: a busy one would fight the training thread for the GIL.
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    return True


def digits_window(folder: Path) -> MainWindow:
    """The real window on its Digits page, its network trained for a few epochs and paused; strip and evidence are on."""
    app.application()
    places = Places(folder / "settings.json", folder)
    window = app.build(places)
    window.resize(1400, 800)
    window.show()
    window.lab.activate("digits")
    train(window)
    window.page.readout.ask_evidence(True)
    return window


def train(window: MainWindow) -> None:
    """A few epochs, from the first."""
    window.lab.run_epochs(EPOCHS)
    lab = window.lab

    def trained() -> bool:
        latest = lab.latest
        return latest is not None and latest.run == lab.document.run and latest.epoch >= EPOCHS

    if not spin_until(trained, PATIENCE_SECONDS):
        raise RuntimeError("the digits did not train")
    spin_until(lambda: False, 0.3)


def latencies(window: MainWindow) -> list[float]:
    """Milliseconds of every movement while all ten digits are drawn: until the ink, the stages, the bars and the graph
    are painted.

    Movements that leave the probabilities as they were paint nothing new and do not count.
    """
    page, paints, stamp = window.page, Paints(), Stamp()
    surface, readout = page.canvas.surface, page.readout
    readout.installEventFilter(paints)
    result: list[float] = []
    for _ in range(ROUNDS):
        for drawing in drawings.load_drawings().values():
            page.canvas.clear()
            spin_until(lambda: False, 0.05)
            for stroke in drawings.placed(drawing):
                drawings.press(surface, *stroke[0])
                QApplication.processEvents()
                for point in stroke[1:]:
                    before, start = paints.count, time.perf_counter()
                    drawings.move(surface, *point)
                    stamp.post()
                    spin_until(lambda: stamp.at > 0, LATEST_MS / 1e3)
                    if paints.count == before:
                        if not spin_until(lambda before=before: paints.count > before, LATEST_MS / 1e3):
                            continue
                        stamp.at = time.perf_counter()
                    result.append((stamp.at - start) * 1e3)
                drawings.release(surface, *stroke[-1])
                QApplication.processEvents()
    readout.removeEventFilter(paints)
    return result


@figure("draw.p95_ms", at_most=16, unit="ms")
@figure("draw.training_p95_ms", unit="ms")
@figure("draw.p95_ms.mnist", at_most=25, unit="ms")
def pen_to_probabilities() -> dict[str, float]:
    """Paused, and (reported only) while the network trains flat out; then 784-128-64-10, on images as large as MNIST's."""
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        window = digits_window(Path(folder))
        try:
            small = latencies(window)
            window.lab.play()
            spin_until(lambda: False, 0.3)
            training = latencies(window)
            window.lab.pause()
            images = Places(Path(folder), Path(folder)).images
            window.lab.start_over(on_enlarged_digits(window.lab.document.spec, images, n=600), "28×28")
            train(window)
            large = latencies(window)
        finally:
            window.close()
    names = ("draw.p95_ms", "draw.training_p95_ms", "draw.p95_ms.mnist")
    return {name: float(np.percentile(ms, 95)) for name, ms in zip(names, (small, training, large), strict=True)}
