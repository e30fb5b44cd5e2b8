"""The buttons that every race has, and a few words on how it stands."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from engine.race import RaceView
from gui.controls.buttons import IconButton
from gui.theme import CONTROL_HEIGHT, Theme


class RaceButtons(QObject):
    """Race, pause or go on, and clear, for whoever lays them out: ``pauseRequested``, ``goOnRequested``, ``clearRequested``."""

    pauseRequested = Signal()
    goOnRequested = Signal()
    clearRequested = Signal()

    def __init__(self, theme: Theme, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.race = QPushButton(text, parent)
        self.race.setProperty("look", "primary")
        self.race.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.race.setAutoDefault(False)
        self.pause = tool_button(parent, "Pause", "Has the race stand still; what the lanes have learned stays.")
        self.clear = IconButton(
            theme, "close", "Clear", "Ends the race and lets go of its lanes. Your own network stays as it is.",
            parent=parent,
        )  # fmt: skip
        self._running = False
        self.pause.clicked.connect(self._on_pause)
        self.clear.clicked.connect(self.clearRequested)
        self.show_race(None)

    def apply_theme(self, theme: Theme) -> None:
        self.clear.apply_theme(theme)

    def show_race(self, view: RaceView | None) -> None:
        """What can be done with it now."""
        self._running = view is not None and view.running
        self.pause.setEnabled(view is not None and not view.done)
        self.pause.setText("Pause" if self._running or view is None or view.done else "Go on")
        self.clear.setEnabled(view is not None)

    @Slot()
    def _on_pause(self) -> None:
        (self.pauseRequested if self._running else self.goOnRequested).emit()


def tool_button(parent: QWidget, text: str, tip: str) -> QToolButton:
    """A button with a text, as wide as it needs."""
    button = QToolButton(parent, text=text, toolTip=tip)
    button.setAccessibleName(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setFixedHeight(CONTROL_HEIGHT)
    button.setMinimumWidth(button.fontMetrics().horizontalAdvance(text) + 16)
    return button


def status(view: RaceView, regression: bool = False) -> str:
    """``finished, 300 epochs``, ``racing, 41 %``, ``paused, 41 %, seed 2 of 5``."""
    if view.done:
        over = f", {view.seeds_done} seeds" if view.seeds_done > 1 else ""
        return f"finished, {view.finish.text(regression)}{over}"
    which = f", seed {min(view.seeds_done + 1, view.seeds)} of {view.seeds}" if view.seeds > 1 else ""
    return f"{'racing' if view.running else 'paused'}, {math.floor(100 * view.progress)} %{which}"
