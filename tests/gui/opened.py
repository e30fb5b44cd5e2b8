"""Opens the whole window for tests, and points, clicks and types in it as a person would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMetaObject, QObject, QPoint, Qt, Slot
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.snapshot import RunState, Snapshot
from gui import app
from gui.graphics.targets import Target
from gui.main_window import MainWindow
from gui.panels.network_graph import NetworkGraph
from gui.settings import Places, Settings

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
Key = Qt.Key


class _Marker(QObject):
    """Something the training thread comes to."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()

    @Slot()
    def mark(self) -> None:
        self.reached.set()


class Person:
    """Someone at the window. ``remembered`` None reads the settings file in ``folder``, as a real start does."""

    def __init__(self, qtbot: QtBot, folder: Path, remembered: Settings | None = None) -> None:
        self.qtbot = qtbot
        self.places = Places(folder / "settings.json", folder)
        self.window: MainWindow = app.build(self.places, remembered)
        self.window.show()
        qtbot.waitActive(self.window)
        self.wait(lambda: self.latest is not None)

    def close(self) -> None:
        """Close the window and let everything of it go."""
        window, self.window = self.window, None
        window.close()
        assert window.lab.ended
        window.deleteLater()
        QApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete, which a test's event loop leaves alone

    # --- looking ---------------------------------------------------------------------------------------------------

    @property
    def latest(self) -> Snapshot | None:
        return self.window.lab.latest

    @property
    def now(self) -> Snapshot:
        assert self.latest is not None
        return self.latest

    @property
    def document(self):
        return self.window.lab.document

    @property
    def graph(self) -> NetworkGraph:
        return self.window.page.graph

    @property
    def banner(self) -> str:
        return self.window.banner.text

    def wait(self, condition: Callable[[], object], timeout: int = 10_000) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout)

    def wait_for(self, state: RunState) -> Snapshot:
        self.wait(lambda: self.latest is not None and self.latest.state is state)
        return self.now

    def wait_shown(self) -> Snapshot:
        """Until what is asked for so far has been done and is on screen."""
        # The thread's queue is in order: when it comes to the marker, everything before has been published.
        marker = _Marker()
        marker.moveToThread(self.window.lab.runner._thread)
        QMetaObject.invokeMethod(marker, "mark", Qt.ConnectionType.QueuedConnection)
        self.wait(marker.reached.is_set)
        QApplication.processEvents()
        self.window.clock._tick()
        return self.now

    # --- doing -----------------------------------------------------------------------------------------------------

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE, times: int = 1) -> None:
        """A key, to whatever has the keyboard."""
        for _ in range(times):
            self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifiers)

    def type(self, text: str) -> None:
        for letter in text:
            self.qtbot.keyClicks(QApplication.focusWidget(), letter)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        self.qtbot.mouseClick(widget, LEFT, pos=at if at is not None else widget.rect().center())

    def play_to(self, epoch: int) -> Snapshot:
        """Space, wait, Space: trained for at least so many epochs, and paused."""
        self.press(Key.Key_Space)
        self.wait(lambda: self.latest is not None and self.latest.epoch >= epoch)
        self.press(Key.Key_Space)
        return self.wait_for(RunState.PAUSED)

    # --- the network graph -----------------------------------------------------------------------------------------

    def point(self, x: float, y: float) -> QPoint:
        """Move the pointer there; the platform swallows a move to where it already is."""
        self.qtbot.mouseMove(self.graph, QPoint(1, self.graph.height() - 1))
        at = QPoint(round(x), round(y))
        self.qtbot.mouseMove(self.graph, at)
        return at

    def click_button(self, kind: str, layer: int) -> None:
        x, y, w, h = next(b.box for b in self.graph._picture.buttons if b.target == Target(kind, layer))
        self.click(self.graph, self.point(x + w / 2, y + h / 2))

    def click_input(self, feature: int) -> None:
        """A switched-off input, by its place among all features."""
        x, y = next((x, y) for i, x, y in self.graph._picture.layout.columns[0].idle if i == feature)
        self.click(self.graph, self.point(x, y))

    def open_editor_of_an_edge(self) -> int:
        """Click on a line of the graph; the index of its weight."""
        picture = self.graph._picture
        edges = picture.edges
        for row in np.argsort(-np.abs(picture.lines.values(edges))):
            for x, y in edges.line(int(row))[2:-2]:
                found = picture.lines.at(round(x), round(y))
                if found is not None and edges.find(found.layer, found.source, found.index) == row:
                    self.click(self.graph, self.point(x, y))
                    if self.graph._editor.isVisible():
                        return self.graph._picture.flat_index(found)
        raise AssertionError("no edge can be hit")

    # --- the canvas ------------------------------------------------------------------------------------------------

    def draw(self, *points: tuple[float, float]) -> None:
        """One stroke with the mouse through ``points``, shares of the canvas."""
        surface = self.window.page.canvas.surface
        places = [QPoint(round(x * surface.width()), round(y * surface.height())) for x, y in points]
        self.qtbot.mousePress(surface, LEFT, pos=places[0])
        for a, b in pairwise(places):
            for share in (0.25, 0.5, 0.75, 1.0):
                self.qtbot.mouseMove(surface, a + (b - a) * share)
        self.qtbot.mouseRelease(surface, LEFT, pos=places[-1])


SEVEN = ((0.3, 0.25), (0.7, 0.25), (0.45, 0.8))
ONE = ((0.5, 0.2), (0.5, 0.8))
