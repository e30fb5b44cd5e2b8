"""The Race view: two to six lanes with the same data and seed and other settings, side by side, and what came of each."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.race import MAX_LANES, MIN_LANES, LaneView
from engine.race import RaceView as Standing
from engine.spec import ExperimentSpec
from gui import fonts, race_figures
from gui.controls.buttons import CheckBox, TextButton
from gui.controls.combos import ChoiceCombo
from gui.controls.finish_picker import FinishPicker
from gui.controls.lane_column import SIDE, LaneColumn
from gui.controls.race_buttons import RaceButtons, status
from gui.controls.race_results import RaceResults
from gui.controls.segments import Segments
from gui.graphics import ticks
from gui.graphics.lane_picture import LanePicture
from gui.graphics.race_plot import Line, RacePlot
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, Theme

LEAST_PLOT = 104
QWIDGETSIZE_MAX = 16_777_215  # no limit, in Qt's words
HINT = (
    "Press Race: every lane on the left is trained with the same data and the same seed, side by side. Their boundaries, "
    "losses and final figures come here."
)
BAND = "Lines: mean of {n} seeds. Bands: lowest to highest.\nTable: mean ± standard deviation. Pictures: first seed."


class RaceView(Panel):
    """``raceRequested(entries, Finish)``, ``pauseRequested()``, ``goOnRequested()``, ``clearRequested()``.

    ``seedsRequested(n)`` asks for the race with so many seeds in all, 1 cancels; ``openRequested(lane)`` for a lane as its own
    experiment. ``lanes`` makes those that would be raced now, ``view`` are those that were.
    """

    title = "Race"
    raceRequested = Signal(object, object)
    pauseRequested = Signal()
    goOnRequested = Signal()
    clearRequested = Signal()
    seedsRequested = Signal(int)
    openRequested = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.baseline = 0
        self.view: Standing | None = None
        self._lines: list[Line] = []
        self._pointed: float | None = None
        self._build()
        self._lay_out()
        self._connect()
        self._show_lanes()
        self._show_view()

    def _build(self) -> None:
        theme = self.theme
        self.buttons = RaceButtons(theme, "Race", self)
        self.buttons.race.setMinimumWidth(96)
        self.finish = FinishPicker()
        self.status = QLabel()
        self.status.setProperty("role", "caption")
        self.status.setFont(fonts.tabular(fonts.caption()))
        self.lanes = LaneColumn(theme)
        self.axis = Segments(
            "Axis",
            [("epoch", "By epoch", "Losses over epochs: who learns most from the same samples."),
             ("second", "By second", "Losses over seconds of training: who learns most in the same time.")],
        )  # fmt: skip
        self.part = Segments(
            "Samples",
            [("test", "Test", "Loss and accuracy over samples that training never sees."),
             ("train", "Train", "Loss and accuracy over the samples that are trained with.")],
        )  # fmt: skip
        self.log = CheckBox("Log")
        self.log.setToolTip("Losses on a logarithmic axis, where each tenfold is as far; else on a linear one.")
        self.log.setChecked(True)
        self.seeds = ChoiceCombo(
            [(str(n), f"{n} seeds", "") for n in (3, 5, 10)], "Seeds",
            "How many seeds: each draws other first weights and another order of the samples. Data and split stay.",
        )  # fmt: skip
        self.seeds.set_key("5")
        self.seeds.setFixedWidth(88)
        self.spread = TextButton(
            "Mean and spread", "Runs the same race once for each seed, so that luck is told from merit."
        )
        self.pictures = [LanePicture(theme, self, lines=2) for _ in range(MAX_LANES)]
        self.plot = RacePlot(theme, self)
        self.plot.setMinimumHeight(LEAST_PLOT)
        self.plot.set_hint(HINT)
        self.plot.setWhatsThis(f"{HINT} Your own network's run pauses meanwhile.")
        self.band = QLabel()
        self.band.setProperty("role", "caption")
        self.band.setFont(fonts.caption())
        self.results = RaceResults(theme, MAX_LANES)
        self.results.setWhatsThis(
            "What came of each lane. Small figures at the right are the difference to the baseline, those with ± the standard "
            "deviation over seeds; words mark the best of a column once the race is over."
        )

    def _lay_out(self) -> None:
        top, looks, self._gallery = QHBoxLayout(), QHBoxLayout(), QWidget()
        pictures = QHBoxLayout(self._gallery)
        pictures.setContentsMargins(0, 0, 0, 0)
        for row, widgets in (
            (top, (self.buttons.race, self.buttons.pause, self.buttons.clear, self.finish, self.status)),
            (looks, (self.axis, self.part, self.log)), (pictures, self.pictures),
        ):  # fmt: skip
            row.setSpacing(GRID)
            for widget in widgets:
                row.addWidget(widget)
        top.addStretch(1)
        looks.addWidget(self.band, 1)
        looks.addStretch(1)
        looks.addWidget(self.seeds)
        looks.addWidget(self.spread)
        self._right = QVBoxLayout()
        self._right.setSpacing(GRID)
        self._right.addLayout(looks)
        self._seen = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._seen.setSpacing(GRID)
        self._seen.addWidget(self._gallery)
        self._seen.addWidget(self.plot, 1)
        self._right.addLayout(self._seen, 1)
        self._right.addWidget(self.results)
        lower = QHBoxLayout()
        lower.setSpacing(GRID)
        lower.addWidget(self.lanes)
        lower.addLayout(self._right, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addLayout(top)
        box.addLayout(lower, 1)

    def _connect(self) -> None:
        self.buttons.race.clicked.connect(self._on_race)
        self.buttons.pauseRequested.connect(self.pauseRequested)
        self.buttons.goOnRequested.connect(self.goOnRequested)
        self.buttons.clearRequested.connect(self.clearRequested)
        self.lanes.changed.connect(self._show_lanes)
        self.axis.chosen.connect(self._show_view)
        self.part.chosen.connect(self._show_view)
        self.log.committed.connect(self._show_view)
        self.spread.clicked.connect(self._on_spread)
        self.plot.pointed.connect(self._on_pointed)
        self.results.pinned.connect(self._on_pinned)
        self.results.opened.connect(self.openRequested)
        for place, picture in enumerate(self.pictures):
            # A lambda is safe here: all of this lives in the window's thread.
            picture.opened.connect(lambda lane=place: self.openRequested.emit(lane))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_pictures()

    def _place_pictures(self) -> None:
        """Two pictures stand beside the plot; more of them in a row over it, as high as they need, a third at most."""
        n = len(self.view.lanes) if self.view is not None else 0
        self._gallery.setVisible(n > 0)
        room = self.width() - SIDE - 18
        self._seen.setDirection(
            QBoxLayout.Direction.LeftToRight if n == MIN_LANES else QBoxLayout.Direction.TopToBottom
        )
        if n == MIN_LANES:
            self._gallery.setFixedWidth(round(0.6 * room))
            self._gallery.setMinimumHeight(120)
            self._gallery.setMaximumHeight(QWIDGETSIZE_MAX)
        elif n:
            # Rows of controls and the table stay whole, and so does the least that the plot can do with.
            left = self.height() - 2 * (CONTROL_HEIGHT + GRID) - self.results.height_of(n) - LEAST_PLOT - 2 * GRID
            most = max(min(round((0.36 if n < 5 else 0.31) * self.height()), left), 72)
            self._gallery.setFixedSize(room, self.pictures[0].best_height((room - (n - 1) * GRID) // n, most))

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: the race waits, and what is looked at now has the processor to itself."""
        if not event.spontaneous():
            self.pauseRequested.emit()
        super().hideEvent(event)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for widget in (self.buttons, self.lanes, self.plot, self.results, *self.pictures):
            widget.apply_theme(theme)
        self._show_lanes()
        self._show_view()

    def show_spec(self, spec: ExperimentSpec) -> None:
        """The lanes are changes of the experiment at hand, so they follow it."""
        self.finish.set_regression(spec.data.dataset.regression)
        self.lanes.show_spec(spec)

    def show_race(self, view: Standing | None) -> None:
        """A newer moment of the race; None for none."""
        if view is None or self.baseline >= len(view.lanes):
            self.baseline = 0
        self.view = view
        self._show_view()

    @Slot()
    def _show_lanes(self) -> None:
        """Other lanes would be raced now."""
        problem = self.lanes.problem()
        self.buttons.race.setEnabled(not problem)
        told = "Trains every lane from its first weights, side by side. Your own run pauses meanwhile."
        self.buttons.race.setToolTip(problem or told)
        self._show_status()

    # --- the race -------------------------------------------------------------------------------------------------

    def _show_view(self) -> None:
        view = self.view
        lanes = view.lanes if view is not None else ()
        self._draw()
        for place, picture in enumerate(self.pictures):
            picture.setVisible(place < len(lanes))
        self._place_pictures()
        self.results.setVisible(view is not None)
        if view is not None:
            test, regression = self.part.key() == "test", lanes[0].spec.data.dataset.regression
            rows = race_figures.rows(view, self.baseline, test)
            self.results.show_rows(race_figures.heads(test, regression), rows, self._colors(), self.baseline)
        self.band.setVisible(view is not None and bool(view.spreads))
        if view is not None and view.spreads:
            self.band.setText(BAND.format(n=view.seeds_done))
        self._show_status()

    def _show_status(self) -> None:
        view = self.view
        self.buttons.show_race(view)
        self.buttons.race.setText("Race" if view is None else "Race again")
        repeating = view is not None and view.seeds > 1 and not view.done
        self.spread.setText("Cancel seeds" if repeating else "Mean and spread")
        text = ""
        if view is not None:
            text = status(view, view.lanes[0].spec.data.dataset.regression)
            if [(lane.name, lane.spec) for lane in view.lanes] != self.lanes.entries():
                text += ". The lanes have changed since: race again"
        self.status.setText(text[:1].upper() + text[1:])

    def _colors(self) -> list[QColor]:
        return [self.theme.line_color(place) for place in range(MAX_LANES)]

    def _line(self, place: int, lane: LaneView) -> Line:
        by_second, test = self.axis.key() == "second", self.part.key() == "test"
        color, bold = self._colors()[place], place == self.baseline
        spreads = self.view.spreads if self.view is not None else ()
        if spreads and len(band := spreads[place].by_second if by_second else spreads[place].by_epoch):
            first = 4 if test else 1
            return Line(
                lane.name, color, place, band[:, 0], band[:, first], bold, band[:, first + 1], band[:, first + 2]
            )
        return Line(lane.name, color, place, lane.curve[:, int(by_second)], lane.curve[:, 3 if test else 2], bold)

    def _draw(self) -> None:
        view, by_second = self.view, self.axis.key() == "second"
        self._lines = [self._line(place, lane) for place, lane in enumerate(view.lanes)] if view is not None else []
        end = max((float(line.x[-1]) for line in self._lines), default=1.0)
        if view is not None and not view.done and not view.spreads and view.finish.goal is None:
            end = max(end, race_figures.room_for(end, view.finish.seconds if by_second else view.finish.epochs))
        # The baseline lies on top of the others.
        drawn = sorted(self._lines, key=lambda line: line.bold)
        self.plot.show_lines(drawn, "seconds of training" if by_second else "epoch", end, self.log.isChecked())
        if view is not None:
            for place, lane in enumerate(view.lanes):
                self.pictures[place].show_lane(lane, place, self._colors()[place], self._words(view, place, lane))

    def _words(self, view: Standing, place: int, lane: LaneView) -> tuple[str, ...]:
        if self._pointed is None or lane.state == "diverged":
            return race_figures.words(view, lane, self.part.key() == "test")[:2]
        line = self._lines[place]
        where = f"at {self._pointed:.2f} s" if self.axis.key() == "second" else f"at epoch {self._pointed:,.0f}"
        return f"loss {ticks.loss(float(np.interp(self._pointed, line.x, line.y)))}", where

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_race(self) -> None:
        self.raceRequested.emit(self.lanes.entries(), self.finish.finish())

    @Slot()
    def _on_spread(self) -> None:
        view = self.view
        if view is not None and view.seeds > 1 and not view.done:
            self.seedsRequested.emit(1)
            return
        if view is None:
            self._on_race()
        self.seedsRequested.emit(int(self.seeds.key()))

    @Slot(object)
    def _on_pointed(self, at: float | None) -> None:
        self._pointed = at
        self._draw()

    @Slot(int)
    def _on_pinned(self, lane: int) -> None:
        self.baseline = lane
        self._show_view()
