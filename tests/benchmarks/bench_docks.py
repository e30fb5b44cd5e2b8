"""What hidden panels cost, and how long the window stands still when one is opened."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer

from engine.snapshot import RunState
from gui import app
from gui.graphics.targets import Target
from gui.main_window import MainWindow
from gui.pages import import_ahead
from gui.settings import Places, Settings
from tests.benchmarks.bench_ui import playground, spin
from tests.benchmarks.harness import figure

GROUP = "docks"
FRAMES = 200
HEARTBEAT_MS = 1
TOOLS = ("Inspector", "Code", "Weights", "Watch", "DoctorPanel")


@figure("docks.hidden_ratio", at_most=1.05)
@figure("docks.hidden_minibatch", at_most=0)
def hidden() -> dict[str, float]:
    """A frame of a running run with all tools closed, beside the same frame of a page that has none; in turns."""
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        window = playground(Path(folder))
        try:
            for name in TOOLS:
                window.page.docks[name].hide()
            spin(0.3)
            clock, every = window.clock, tuple(window._live_panels())
            seen = tuple(panel for panel in every if panel.isVisible())
            snapshot = replace(clock.latest, state=RunState.RUNNING)
            times: dict[int, list[float]] = {len(every): [], len(seen): []}
            clock._timer.stop()
            for frame in range(2 * FRAMES):
                panels = every if frame % 2 else seen
                clock._panels = lambda panels=panels: panels
                start = time.perf_counter()
                clock._show(snapshot)
                times[len(panels)].append(time.perf_counter() - start)
            wanted = window.lab.runner._minibatch_wanted
        finally:
            window.close()
    with_hidden, without = (statistics.median(times[len(panels)]) for panels in (every, seen))
    return {"docks.hidden_ratio": with_hidden / without, "docks.hidden_minibatch": float(wanted)}


class Heartbeat:
    """The longest time between two turns of the event loop."""

    def __init__(self) -> None:
        self._last, self.longest = 0.0, 0.0
        self._timer = QTimer()
        self._timer.setInterval(HEARTBEAT_MS)
        self._timer.timeout.connect(self._beat)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now

    def during(self, act: Callable[[], object]) -> float:
        """Milliseconds."""
        self._timer.start()
        self._last, self.longest = time.perf_counter(), 0.0
        act()
        self._beat()
        spin(0.4)
        self._timer.stop()
        return self.longest * 1e3


def acts(window: MainWindow) -> dict[str, Callable[[], object]]:
    """What a person does to take learning apart, in the order it is done here."""
    lab, page = window.lab, window.page
    result: dict[str, Callable[[], object]] = {
        f"toggle {name}": lambda name=name: page.toggle_dock(name) for name in TOOLS for _ in range(2)
    }
    result |= {
        "select a weight": lambda: page.graph.select(Target("edge", 1, 1, 0)),
        "step a phase": lambda: lab.step("phase"),
        "look back": lambda: lab.time.look(5),
        "branch": lab.time.branch,
        "pin": lambda: page.pin(True),
    }
    return result


@figure("docks.longest_ms", at_most=100, unit="ms")
@figure("docks.page_ms", at_most=500, unit="ms")
def standing_still() -> dict[str, float]:
    """The longest that the window stood still: for anything of ``acts``, and for a page opened for the first time."""
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        app.application()
        places = Places(Path(folder) / "settings.json", Path(folder))
        window = app.build(places, Settings(theme="light", page="playground"))
        window.resize(1400, 800)
        window.show()
        try:
            spin(1.0)
            list(import_ahead())  # as a person has it two seconds after the start
            window.lab.run_epochs(20)
            spin(1.0)
            heart = Heartbeat()
            taken = {name: heart.during(act) for name, act in acts(window).items()}
            pages = {
                name: heart.during(lambda name=name: window.open_page(name))
                for name in ("perceptron", "activations", "digits")
            }
        finally:
            window.close()
    if os.environ.get("NEUROLOOM_BENCH_DETAILS"):
        for name, ms in (taken | pages).items():
            sys.stderr.write(f"{name}: {ms:.0f} ms\n")
    return {"docks.longest_ms": max(taken.values()), "docks.page_ms": max(pages.values())}
