"""How soon the history of runs stands on screen when there are ten thousand of them."""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from engine.spec import ExperimentSpec, to_dict
from gui import app
from gui.graphics import thumbnail
from gui.history import record
from gui.history.record import RunRecord
from gui.history.store import RunStore
from gui.pages import import_ahead
from gui.settings import Places, Settings
from tests.benchmarks.bench_ui import spin
from tests.benchmarks.harness import figure

GROUP = "runs"
RUNS = 10_000
TIMES = 5
LONGEST_SECONDS = 5.0


def synthetic(n: int, seed: int = 1) -> list[RunRecord]:
    """Runs as they might have been trained: each with its settings, its curve and its picture."""
    rng = np.random.default_rng(seed)
    base = ExperimentSpec()
    x, y = np.meshgrid(np.linspace(-1, 1, thumbnail.SIDE), np.linspace(-1, 1, thumbnail.SIDE))
    pictures = [
        thumbnail.png(thumbnail.gray_of((0.5 + 0.5 * np.tanh(4 * np.sin(a * x + b * y + c * x * y)))[None]))
        for a, b, c in rng.normal(0, 3, (64, 3))
    ]
    result = []
    for i in range(n):
        rate, seed = float(rng.choice([0.003, 0.01, 0.03, 0.1])), int(rng.integers(10_000))
        spec = replace(
            base, optimizer=replace(base.optimizer, learning_rate=rate), training=replace(base.training, seed=seed)
        )
        epochs = np.linspace(0, 500, record.SPARK_POINTS)
        losses = 0.7 * np.exp(-epochs[:, None] / rng.uniform(50, 400, 2)) + rng.uniform(0.01, 0.2)
        train, test = losses[-1].tolist()
        result.append(
            RunRecord(
                ("playground", "digits")[i % 2], f"{record.name_of(spec)} #{i}", 1.7e9 + 60.0 * i, 1.7e9 + 60.0 * i + 30,
                500, float(rng.uniform(1, 60)), seed, json.dumps(to_dict(spec)), record.settings_of(spec),
                f"Learning rate 0.03 → {rate:g}", train, test, 0.97, 0.93,
                spark=np.column_stack([epochs, losses]).astype(np.float32), thumbnail=pictures[i % len(pictures)],
            )
        )  # fmt: skip
    return result


def fill(folder: Path, runs: list[RunRecord]) -> None:
    """Put these into a history, without weights."""
    store = RunStore(folder)
    store.put_all(runs)
    store.close()


class _Painted(QObject):
    """Notes when a table was painted with all rows that fit on it."""

    def __init__(self, table) -> None:
        super().__init__()
        self._table, self.at = table, 0.0
        table.viewport().installEventFilter(self)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self.at:
            seen = self._table.on_screen()
            if seen and all(run in self._table.runs.records for run in seen):
                receiver.removeEventFilter(self)
                QCoreApplication.sendEvent(receiver, event)
                self.at = time.perf_counter()
                return True
        return False


@figure("runs.list_ms", at_most=300, unit="ms")
@figure("runs.page_ms", unit="ms")
def list_of_runs() -> dict[str, float]:
    """From the click on History to a painted list of 10,000 runs; and from the click on Runs, which makes the page too."""
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        fill(folder, synthetic(RUNS))
        app.application()
        window = app.build(Places(folder / "settings.json", folder), Settings(theme="light", page="playground"))
        window.resize(1400, 800)
        window.show()
        try:
            spin(1.0)
            list(import_ahead())  # as a person has it two seconds after the start
            page_ms, lists = 0.0, []
            for time_ in range(TIMES + 1):
                start = time.perf_counter()
                if time_:
                    window.page.open_view("history")
                else:
                    window.open_page("runs")
                view = window.page.views["history"]
                painted = _Painted(view.table)
                while not painted.at and time.perf_counter() - start < LONGEST_SECONDS:
                    QCoreApplication.processEvents()
                taken = (painted.at - start) * 1e3 if painted.at else float("inf")
                if time_:
                    lists.append(taken)
                else:
                    page_ms = taken
                assert len(view.table.runs.ids) == RUNS
                # Another view, and nothing of the list is left.
                window.page.open_view("race")
                view.table.show_runs([], {})
                view.table.runs.records.clear()
                spin(0.2)
        finally:
            window.close()
    return {"runs.list_ms": max(lists), "runs.page_ms": page_ms}
