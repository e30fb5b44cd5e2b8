"""The tour: the real window learns AND, XOR, a spiral, bumps and the digits, reads a digit drawn with real mouse events,
takes learning apart, looks at what a digit network sees and misses, and makes experiments.

It needs no person and no display. It leaves a picture of the whole window for each stage, and what happened as numbers.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from engine import __version__
from engine.atomic import write_atomic
from engine.snapshot import RunState
from engine.stopping import Until
from gui import app as composition
from gui import drawings, tour_apart, tour_digits, tour_experiments
from gui.main_window import MainWindow
from gui.settings import Places, Settings

SIZE = (1400, 800)
DRAWN = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """Train a ready experiment until ``until``; it has learned when both accuracies (R² of numbers) reach ``at_least``."""

    name: str
    experiment: str
    until: Until
    at_least: float
    seconds: float = 60.0


STAGES = (
    Stage("and", "1-and", Until("train_loss", 0.05), 1.0),
    Stage("xor", "3-xor", Until("train_loss", 0.02), 1.0),
    Stage("spiral", "5-spiral", Until("test_accuracy", 0.96), 0.95),
    Stage("bumps", "9-bumps", Until("test_accuracy", 0.96), 0.95),
    Stage("digits", "7-digits", Until("epoch", 60), 0.97),
)
APART = tour_apart.STAGES | tour_digits.STAGES | tour_experiments.STAGES


def run(out: Path) -> int:
    """Go through every stage; pictures and ``summary.json`` lie in ``out``. 1 when a stage failed to learn."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="neuroloom-tour-") as folder:
            places = Places(Path(folder) / "settings.json", Path(folder))
            window = composition.build(places, Settings(theme="light", reduce_motion=True))
            try:
                summary = Tour(window, out).go()
            finally:
                window.close()
    except OSError as error:
        sys.stderr.write(f"The tour can't write to {out} ({error.strerror or error}). Choose another folder.\n")
        return 1
    failed = [name for name, stage in summary["stages"].items() if not stage["learned"]]
    for name in failed:
        sys.stderr.write(f"Stage {name} did not learn what it should; see {out / 'summary.json'}.\n")
    return 1 if failed else 0


class Tour:
    """One walk through ``window``."""

    def __init__(self, window: MainWindow, out: Path) -> None:
        self._window, self._out = window, out
        window.resize(*SIZE)
        window.show()

    def go(self) -> dict[str, Any]:
        """Every stage in turn; returns what ``summary.json`` holds."""
        stages: dict[str, Any] = {}
        for stage in STAGES:
            sys.stdout.write(f"{stage.name}: ")
            sys.stdout.flush()
            stages[stage.name] = result = self._train(stage)
            regression = self._window.lab.document.spec.data.dataset.regression
            score = "R² {:.3f}" if regression else "accuracy {:.1%}"
            sys.stdout.write(f"{result['epochs']} epochs, test {score.format(result['test_accuracy'])}\n")
            if stage.name == "spiral":
                self._picture_in_the_other_theme("spiral-dark")
        stages["drawing"] = drawing = self._draw(stages["digits"])
        sys.stdout.write(f"drawing: a {drawing['drawn']}, read as {drawing['read']}\n")
        self._picture_in_the_other_theme("drawing-dark")
        for name, walk in APART.items():
            stages[name] = facts = walk(self._window, self._wait, self._picture)
            sys.stdout.write(f"{name}: {facts['said']}\n")
        summary = {"neuroloom": __version__, "stages": stages}
        write_atomic(self._out / "summary.json", json.dumps(summary, indent=1).encode())
        return summary

    def _train(self, stage: Stage) -> dict[str, Any]:
        lab = self._window.lab
        self._window.open_ready(stage.experiment)
        run = lab.document.run
        self._wait(lambda: lab.latest is not None and lab.latest.run == run, 20)
        started = time.perf_counter()
        lab.play(stage.until)
        self._wait(lambda: not lab.playing and lab.latest is not None and lab.latest.epoch > 0, stage.seconds)
        seconds = time.perf_counter() - started
        lab.pause()
        self._wait(lambda: lab.latest is not None and lab.latest.state is not RunState.RUNNING, 5)
        assert lab.latest is not None
        metrics = lab.latest.metrics
        learned = min(metrics.train_accuracy, metrics.test_accuracy) >= stage.at_least
        return {
            "epochs": lab.latest.epoch, "seconds": round(seconds, 3), "train_loss": metrics.train_loss,
            "test_loss": metrics.test_loss, "train_accuracy": metrics.train_accuracy,
            "test_accuracy": metrics.test_accuracy, "learned": learned, "picture": self._picture(stage.name),
            "wanted": {"accuracy": stage.at_least, "until": asdict(stage.until)},
        }  # fmt: skip

    def _draw(self, digits: dict[str, Any]) -> dict[str, Any]:
        page = self._window.page
        started = time.perf_counter()
        drawings.draw(page.canvas.surface, drawings.placed(drawings.load_drawings()[DRAWN]))
        self._wait(lambda: page.readout.best() is not None, 5)
        seconds = time.perf_counter() - started
        probabilities = [] if page.probabilities is None else [float(p) for p in page.probabilities]
        read = page.readout.best()
        numbers = ("epochs", "train_loss", "test_loss", "train_accuracy", "test_accuracy")
        return {
            "drawn": DRAWN, "read": read, "probabilities": probabilities, "seconds": round(seconds, 3),
            **{name: digits[name] for name in numbers}, "learned": read == DRAWN, "picture": self._picture("drawing"),
        }  # fmt: skip

    def _picture_in_the_other_theme(self, name: str) -> None:
        self._window.toggle_theme()
        self._picture(name)
        self._window.toggle_theme()

    def _picture(self, name: str) -> str:
        QApplication.processEvents()
        path = self._out / f"{name}.png"
        if not self._window.grab().save(str(path)):
            raise OSError(f"{path.name} was not written")
        return path.name

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Let the window live until ``condition`` holds; False when ``seconds`` were not enough."""
        loop, timer = QEventLoop(), QTimer()
        timer.setInterval(10)
        end = time.perf_counter() + seconds
        timer.timeout.connect(lambda: loop.quit() if condition() or time.perf_counter() > end else None)
        timer.start()
        loop.exec()
        timer.stop()
        return condition()
