"""The race: the same network, data and seed with each checked activation, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from engine.race import MAX_LANES, MIN_LANES, Finish, LaneView, RaceView
from gui.controls.buttons import CheckBox
from gui.controls.combos import ChoiceCombo
from gui.controls.race_buttons import RaceButtons, tool_button
from gui.controls.race_buttons import status as race_status
from gui.graphics import ticks
from gui.graphics.lane_picture import LanePicture
from gui.graphics.race_plot import Line, RacePlot
from gui.panels.base import Panel
from gui.race_figures import words
from gui.theme import GRID, PANEL_PADDING, Theme

HINT = (
    f"Check {MIN_LANES} to {MAX_LANES} functions and press Race them: your network with the same data and the same seed, once "
    "with each, side by side for as many epochs or seconds as you choose."
)
FINISHES = {
    "100": ("100 epochs", Finish(epochs=100)),
    "300": ("300 epochs", Finish(epochs=300)),
    "1000": ("1,000 epochs", Finish(epochs=1000)),
    "2s": ("2 s each", Finish(seconds=2.0)),
    "5s": ("5 s each", Finish(seconds=5.0)),
    "20s": ("20 s each", Finish(seconds=20.0)),
}
_BY_EPOCH, _BY_SECOND = 0, 1


class ActivationRace(Panel):
    """``raceRequested(Finish)``, ``pauseRequested()``, ``goOnRequested()``, ``clearRequested()``."""

    title = "Race"
    raceRequested = Signal(object)
    pauseRequested = Signal()
    goOnRequested = Signal()
    clearRequested = Signal()
    titleChanged = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.view: RaceView | None = None
        self._color_of: Callable[[LaneView], QColor] = lambda lane: self.theme.text
        self._entrants: tuple[str, ...] = ()
        self._at: float | None = None
        self._placed = 0
        self.buttons = RaceButtons(theme, "Race them", self)
        self.race_button, self.pause_button, self.clear_button = (
            self.buttons.race, self.buttons.pause, self.buttons.clear
        )  # fmt: skip
        self.finish_combo = ChoiceCombo(
            [(key, text, "") for key, (text, _) in FINISHES.items()], "Until",
            "When a lane has arrived: after so many epochs, or after so much training time of its own.",
        )  # fmt: skip
        self.finish_combo.set_key("300")
        self.finish_combo.setFixedWidth(112)
        self.loss_combo = ChoiceCombo(
            [("test", "Test loss", "Over samples that training never sees."), ("train", "Train loss", "Over those it learns.")],
            "Loss", "Which loss is drawn.",
        )  # fmt: skip
        self.loss_combo.setFixedWidth(96)
        self.epoch_button = tool_button(
            self, "By epoch", "Draws the losses over epochs: who learns most from the same samples."
        )
        self.second_button = tool_button(
            self, "By second", "Draws the losses over seconds of training: who learns most in the same time."
        )
        self._axis = QButtonGroup(self)
        for which, button in ((_BY_EPOCH, self.epoch_button), (_BY_SECOND, self.second_button)):
            button.setCheckable(True)
            self._axis.addButton(button, which)
        self.epoch_button.setChecked(True)
        self.sort_box = CheckBox("Best first")
        self.sort_box.setToolTip(
            "Sorts the pictures by the loss that is drawn, the smallest first; else as they were checked."
        )
        self.status = ""
        self.plot = RacePlot(theme, self)
        self.plot.set_hint(HINT)
        self.plot.setWhatsThis(f"{HINT} Your own network's run pauses meanwhile.")
        self.pictures = [LanePicture(theme, self) for _ in range(MAX_LANES)]
        self._lay_out()
        self._connect()
        self._show_controls()

    def _lay_out(self) -> None:
        doing, seeing = QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (doing, (self.race_button, self.pause_button, self.clear_button, self.finish_combo)),
            (seeing, (self.sort_box, self.loss_combo, self.epoch_button, self.second_button)),
        ):
            row.setSpacing(4)
            for widget in widgets:
                row.addWidget(widget)
        doing.addStretch(1)
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.setSpacing(4)
        self._top.addLayout(doing, 1)
        self._top.addLayout(seeing)
        self._halves = (doing, seeing)
        self._grid = QGridLayout()
        self._grid.setSpacing(GRID)
        for picture in self.pictures:
            picture.hide()
        lower = QHBoxLayout()
        lower.setSpacing(GRID)
        lower.addWidget(self.plot, 1)
        lower.addLayout(self._grid, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        box.setSpacing(4)
        box.addLayout(self._top)
        box.addLayout(lower, 1)

    def _connect(self) -> None:
        self.race_button.clicked.connect(self._on_race)
        self.buttons.pauseRequested.connect(self.pauseRequested)
        self.buttons.goOnRequested.connect(self.goOnRequested)
        self.buttons.clearRequested.connect(self.clearRequested)
        self.loss_combo.chosen.connect(self._draw)
        self.sort_box.committed.connect(self._draw)
        self._axis.idToggled.connect(self._draw)
        self.plot.pointed.connect(self._on_pointed)

    def sizeHint(self) -> QSize:
        return QSize(720, 280)

    def minimumSizeHint(self) -> QSize:
        return QSize(480, 220)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The controls stand in one row where there is room for it, else in two."""
        narrow = self.width() < sum(half.sizeHint().width() for half in self._halves) + 2 * PANEL_PADDING + GRID
        self._top.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        super().resizeEvent(event)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.plot.apply_theme(theme)
        self.buttons.apply_theme(theme)
        for picture in self.pictures:
            picture.apply_theme(theme)
        self._draw()

    def show_entrants(self, titles: tuple[str, ...], color_of: Callable[[LaneView], QColor]) -> None:
        """Who would race now; and the colour of a lane."""
        self._entrants, self._color_of = titles, color_of
        self._show_controls()
        self._draw()

    def show_race(self, view: RaceView | None) -> None:
        """A newer moment of the race; None for none."""
        self.view = view
        self._show_controls()
        self._draw()

    # --- showing --------------------------------------------------------------------------------------------------

    def lanes(self) -> list[tuple[int, LaneView]]:
        """The lanes in the order of their pictures, each with its place in the race."""
        found = list(enumerate(self.view.lanes)) if self.view else []
        if self.sort_box.isChecked():
            found.sort(key=lambda pair: _order(self._loss(pair[1])))
        return found

    def _loss(self, lane: LaneView) -> float:
        return lane.metrics.test_loss if self.loss_combo.key() == "test" else lane.metrics.train_loss

    def _show_controls(self) -> None:
        view = self.view
        fits = MIN_LANES <= len(self._entrants) <= MAX_LANES
        self.race_button.setEnabled(fits)
        self.race_button.setToolTip(
            f"Trains your network once with each of these, side by side: {', '.join(self._entrants)}." if fits else
            f"A race has {MIN_LANES} to {MAX_LANES} lanes; {len(self._entrants)} functions are checked."
        )  # fmt: skip
        self.buttons.show_race(view)
        if view is not None:
            status = race_status(view)
        else:
            status = "" if fits else f"{len(self._entrants)} checked, {MIN_LANES} to {MAX_LANES} can race"
        if status != self.status:
            self.status = status
            self.titleChanged.emit(f"{self.title}: {status}" if status else self.title)

    @Slot()
    def _draw(self) -> None:
        by_second = self.second_button.isChecked()
        column = 3 if self.loss_combo.key() == "test" else 2
        lanes = self.lanes()
        lines = [
            Line(lane.name, self._color_of(lane), which, lane.curve[:, int(by_second)], lane.curve[:, column])
            for which, lane in lanes
        ]
        end = max((float(line.x[-1]) for line in lines), default=1.0)
        if self.view is not None and not self.view.done:
            end = max(end, self.view.finish.seconds if by_second else self.view.finish.epochs)
        self.plot.show_lines(lines, "seconds of training" if by_second else "epoch", end)
        self._place_pictures(len(lanes))
        for place, picture in enumerate(self.pictures):
            if place < len(lanes):
                which, lane = lanes[place]
                picture.show_lane(lane, which, self._color_of(lane), self._words(lane))

    def _place_pictures(self, n: int) -> None:
        """A row of up to four; five and six in two columns, with their words beside them."""
        if n == self._placed:
            return
        self._placed = n
        columns = n if n <= 4 else 2
        for place, picture in enumerate(self.pictures):
            self._grid.removeWidget(picture)
            picture.setVisible(place < n)
            if place < n:
                self._grid.addWidget(picture, place // columns, place % columns)

    def _words(self, lane: LaneView) -> tuple[str, ...]:
        """``loss 0.0412``, ``98.4 %``, ``epoch 300``; with the pointer on the plot the loss there."""
        test, by_second = self.loss_combo.key() == "test", self.second_button.isChecked()
        if self._at is not None and lane.state != "diverged":
            loss = float(np.interp(self._at, lane.curve[:, int(by_second)], lane.curve[:, 3 if test else 2]))
            return f"loss {ticks.loss(loss)}", f"at {self._at:.2f} s" if by_second else f"at epoch {self._at:,.0f}"
        return () if self.view is None else words(self.view, lane, test)

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_race(self) -> None:
        self.raceRequested.emit(FINISHES[self.finish_combo.key()][1])

    @Slot(object)
    def _on_pointed(self, at: float | None) -> None:
        self._at = at
        self._draw()


def _order(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf
