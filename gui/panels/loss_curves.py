"""The curves: loss and accuracy, or R², over the epochs, for runs of any length."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.history import PLAIN
from engine.snapshot import Metrics, RunState, Snapshot
from gui import icons
from gui.branches import BranchView
from gui.graphics import curve_words, overfit, ticks
from gui.graphics.curve_legend import BranchLegend, CurveLegend
from gui.graphics.curve_plot import BranchLines, CurvePlot, Mark
from gui.graphics.decimate import Pyramid
from gui.graphics.stop_line import StopLine
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, PANEL_PADDING, Theme

LOG_FLOOR = 1e-12  # where a loss of exactly zero is drawn on a logarithmic axis
FIRST_EPOCHS = 10.0  # the axis shows at least so many, so that the first points don't race across it
RANGE_SECONDS = 0.2
DRAW_SECONDS = 0.15  # the curves are drawn no more often while training: their last point moves by a pixel
_EMPTY = np.empty((0, len(Metrics._fields)))
_LOSS, _ACCURACY = 0, 1
LOWEST_SCORE = -0.5  # an R² further down is no longer told apart, so that the way to 1 is seen


class LossCurves(Panel):
    """Train solid, test dashed, validation dotted where there is any.

    ``titleChanged(str)``: "Loss", or "Accuracy" (in regression "R²"), as the person chose. The view follows the run until it
    is zoomed or moved; a double-click or the Fit button makes it follow again. A frame costs the same after a million epochs
    as after ten.
    """

    title = "Loss"
    frames_per_second = 10.0  # as often as the numbers on top, which would else differ from the legend's
    titleChanged = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._run: int | None = None
        self._history: NDArray = _EMPTY
        self._last_row: NDArray = _EMPTY
        self._metrics: Metrics | None = None
        self._pyramid = Pyramid()
        self._lowest = overfit.Lowest()
        self._gap_from: float | None = None
        self._follows = True
        self._fitted_at = self._drawn_at = -1.0
        self._fit_pending = False
        self._refreshing = False
        self._pointer: float | None = None
        self._diverged = False
        self._regression = self._validated = False
        self._branches: tuple[BranchView, ...] = ()
        self._pyramids: dict[int, Pyramid] = {}  # of the branches that are not at hand
        self._best: int | None = None

        self.loss_button = self._button("Loss", "loss_button", True, "Show the loss, which training makes small. "
                                        "It should fall fast at first, then slowly.")  # fmt: skip
        self.accuracy_button = self._button(
            curve_words.SCORES[False][0], "accuracy_button", True, curve_words.SCORES[False][1]
        )
        self.log_button = self._button("Log scale", "log_button", True, "Draw the loss on a logarithmic axis. "
                                       "Progress stays visible when the loss is small already.")  # fmt: skip
        self.gap_button = self._button("Gap", "gap_button", True, "Shade the area between the losses of training and of unseen "
                                       "samples, from the epoch on after which the unseen ones got worse.")  # fmt: skip
        self.gap_button.setChecked(True)
        self.fit_button = self._button("", "fit_button", False, "Show the whole run again (double-click). "
                                       "The view follows the newest epoch from then on.")  # fmt: skip
        self.fit_button.setAccessibleName("Fit")
        self.fit_button.setFixedWidth(CONTROL_HEIGHT)
        self.fit_button.setIconSize(QSize(18, 18))
        self.fit_button.setEnabled(False)
        self._which = QButtonGroup(self)
        self._which.addButton(self.loss_button, _LOSS)
        self._which.addButton(self.accuracy_button, _ACCURACY)
        self.loss_button.setChecked(True)
        self.legend = CurveLegend(theme, self)
        self.branch_legend = BranchLegend(theme, self)
        self.stop_line = StopLine(theme, self)
        self.plot = CurvePlot(theme, self)
        self.plot.setAccessibleName("Curves over the epochs")
        self.plot.setToolTip("Wheel zooms, drag moves, double-click fits.")
        self.legend.setToolTip(
            "Solid is train, dashed test, dotted validation, with their values of now or under the pointer."
        )

        row = QHBoxLayout()
        row.setSpacing(2)
        for button in (self.loss_button, self.accuracy_button):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.gap_button, self.log_button, self.fit_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.legend)
        layout.addWidget(self.branch_legend)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.stop_line)

        self._which.idToggled.connect(self._on_quantity)
        self.log_button.toggled.connect(self._on_log)
        self.gap_button.toggled.connect(self._on_gap)
        self.fit_button.clicked.connect(self.fit)
        self.plot.fitRequested.connect(self.fit)
        self.plot.rangeEdited.connect(self._on_range_edited)
        self.plot.rangeChanged.connect(self._on_range_changed)
        self.plot.hovered.connect(self._on_hovered)
        self.apply_theme(theme)
        self._set_axes()
        self._refresh(fit=True)

    def _button(self, text: str, name: str, checkable: bool, tip: str) -> QToolButton:
        button = QToolButton(self, objectName=name, text=text, checkable=checkable, toolTip=tip)
        button.setAccessibleName(text)
        button.setFixedHeight(CONTROL_HEIGHT)
        self._fit_text(button)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _fit_text(self, button: QToolButton) -> None:
        button.setMinimumWidth(max(button.fontMetrics().horizontalAdvance(button.text()) + 16, CONTROL_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(284, 190)

    def sizeHint(self) -> QSize:
        return QSize(344, 250)

    # --- what the window shows it ---------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.plot.apply_theme(theme)
        self.legend.apply_theme(theme)
        self.branch_legend.apply_theme(theme)
        self.stop_line.apply_theme(theme)
        self.fit_button.setIcon(icons.icon("fit", theme.text, 18, disabled=theme.line))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        history, paused = snapshot.history, snapshot.state is not RunState.RUNNING
        self._validated = history.shape[1] > PLAIN
        self._speak_of(snapshot.spec.data.dataset.regression)
        self.plot.set_cursor(snapshot.metrics.epoch if snapshot.viewed else None)
        if snapshot.run != self._run:
            self._run = snapshot.run
            self._pyramid.clear()
            self._lowest.forget()
            self._history = self._last_row = _EMPTY
            self.clear_marks()
            self._set_follows(True)
            self._pointer, self._drawn_at = None, -1.0
        self.stop_line.show_snapshot(snapshot)  # it may take room from the plot, which then asks for what is shown
        self._best = snapshot.best_epoch or None
        if self._best is None or self._best != self.plot.best:
            self._raise_flag()
        diverged = snapshot.state is RunState.DIVERGED
        if diverged and not self._diverged:
            self.mark(snapshot.metrics.epoch, "diverged here")
        if not snapshot.viewed:
            self._diverged = diverged
        if snapshot.metrics != self._metrics:
            self._metrics = snapshot.metrics
            if self._pointer is None:
                self._show_legend()
        same = len(history) == len(self._history) and np.array_equal(history[-1:], self._last_row, equal_nan=True)
        if same and not (paused and self._fit_pending):
            return
        now = time.monotonic()
        if not paused and now - self._drawn_at < DRAW_SECONDS:
            return
        self._drawn_at = now
        self._history, self._last_row = history, history[-1:].copy()
        rebuilds = self._pyramid.rebuilds
        self._pyramid.extend(history)
        lowest = self._lowest.of(history, self._unseen, rewritten=rebuilds != self._pyramid.rebuilds)
        self._gap_from = overfit.begins(history, lowest)
        self._refresh(fit=paused or now - self._fitted_at >= RANGE_SECONDS)
        self.plot.paint_now()

    def _speak_of(self, numbers: bool) -> None:
        """Have the second quantity called by its name: accuracy, or R² of numbers."""
        if numbers == self._regression:
            return
        self._regression = numbers
        text, tip = curve_words.SCORES[numbers]
        self.accuracy_button.setText(text)
        self._fit_text(self.accuracy_button)
        self.accuracy_button.setAccessibleName(text)
        self.accuracy_button.setToolTip(tip)
        self._set_axes()
        if self.shows_accuracy:
            self.titleChanged.emit(text)

    def show_branches(self, views: tuple[BranchView, ...]) -> None:
        """The branches of the experiment: those that rest and are not hidden are drawn behind the one at hand."""
        self._branches = views
        current = next((view.branch.color for view in views if view.current), 0)
        self.plot.set_branch(current)
        self.legend.set_branch(current)
        drawn = [view for view in views if view.current or view.shown]
        drawn.sort(key=lambda view: not view.current)
        self.branch_legend.set_names(tuple((v.branch.short_name, v.branch.color, v.current) for v in drawn))
        for view in self._resting():
            assert view.end is not None
            self._pyramids.setdefault(view.branch.run, Pyramid()).extend(view.end.history)
        self._pyramids = {view.branch.run: self._pyramids[view.branch.run] for view in self._resting()}
        self._refresh(fit=True)

    def _resting(self) -> list[BranchView]:
        return [view for view in self._branches if view.shown and not view.current and view.end is not None]

    # --- marks ----------------------------------------------------------------------------------------------------

    def mark(self, epoch: float, text: str) -> None:
        """Draw a vertical line with a few words at ``epoch``, as "diverged here". A new run forgets it."""
        self.plot.set_marks((*self.plot.marks, Mark(float(epoch), text)))

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.plot.set_marks(())

    # --- drawing --------------------------------------------------------------------------------------------------

    @property
    def shows_accuracy(self) -> bool:
        """Accuracy in percent, or R², or else the loss."""
        return self.accuracy_button.isChecked()

    @property
    def is_logarithmic(self) -> bool:
        """A logarithmic loss axis."""
        return self.log_button.isChecked() and not self.shows_accuracy

    @property
    def follows(self) -> bool:
        """The view shows the whole run as it grows; False once it was zoomed or moved."""
        return self._follows

    def _on_paper(self, values: NDArray) -> NDArray:
        """Values of the history as heights of the plot: percent, or powers of ten."""
        if self.shows_accuracy:
            return values if self._regression else values * 100.0
        return np.log10(np.maximum(values, LOG_FLOOR)) if self.is_logarithmic else values

    def _refresh(self, fit: bool) -> None:
        """Draw what the view shows; with ``fit`` make the view follow first, if it may."""
        if self._refreshing:
            return
        self._refreshing = True
        try:
            self.plot.set_hint("" if len(self._history) > 1 else curve_words.HINT)
            x = self.plot.x_view()
            following = self._follows and fit
            if following:
                ends = [view.end.history[-1, 0] for view in self._resting() if view.end is not None]
                x = (0.0, float(max(self._history[-1, 0] if len(self._history) else 0.0, FIRST_EPOCHS, *ends)))
            self._fit_pending = self._follows and not fit
            curves = []
            for column in self._shown_columns():
                epochs, values = self._pyramid.curve(column, *x, self.plot.columns)
                curves.append((epochs, self._on_paper(values)))
            others = tuple(self._lines_of(view, x) for view in self._resting())
            if following:
                self._fitted_at = time.monotonic()
                lines = [*curves, *(line for other in others for line in (other.train, other.test))]
                self.plot.set_view(x, self._y_range(lines))
            self.plot.set_curves(*curves)
            self.plot.set_others(others)
            self._shade(curves)
            self._raise_flag()
        finally:
            self._refreshing = False

    def _lines_of(self, view: BranchView, x: tuple[float, float]) -> BranchLines:
        """Of another branch what the view shows, from where it began."""
        lines = []
        for column in self._shown_columns()[:2]:
            epochs, values = self._pyramids[view.branch.run].curve(column, *x, self.plot.columns)
            own = epochs >= view.branch.epoch
            lines.append((epochs[own], self._on_paper(values[own])))
        return BranchLines(view.branch.color, *lines)

    @property
    def _unseen(self) -> int:
        """The column of the loss of samples that training does not see: validation where there is any, else test."""
        return 5 if self._validated else 2

    def _shade(self, curves: list[tuple[NDArray, NDArray]]) -> None:
        """The area between the curves shown where the network learns by heart; accuracies have none."""
        start = self._gap_from if self.gap_button.isChecked() and not self.shows_accuracy else None
        gap = overfit.area(curves[0], curves[-1], start) if start is not None else overfit.NOTHING
        self.plot.set_gap(gap)
        self.legend.set_gap(gap.shape[1] > 0)

    def _raise_flag(self) -> None:
        """The flag of the best epoch, on the curve that early stopping judges by."""
        row = min(int(np.searchsorted(self._history[:, 0], self._best or 0)), len(self._history) - 1)
        if self._best is None or row < 0:
            self.plot.set_best(None)
            return
        column = self._shown_columns()[-1 if self._validated else 0]
        height = float(self._on_paper(self._history[row, column : column + 1])[0])
        self.plot.set_best(self._best, height if np.isfinite(height) else 0.0)

    def _shown_columns(self) -> list[int]:
        """Of a row of the history: train, test and, where rows have them, validation."""
        first, validation = (3, 6) if self.shows_accuracy else (1, 5)
        return [first, first + 1, *([validation] if self._validated else [])]

    def _y_range(self, curves: list[tuple[NDArray, NDArray]]) -> tuple[float, float]:
        """The heights to show: all of the curves and a margin; a loss from zero, an accuracy from 0 to 100 %,
        an R² up to 1 and as far below zero as it is worth."""
        if self.shows_accuracy and not self._regression:
            return -1.5, 102.5
        seen = [y for _, y in curves if len(y)]
        low, high = (min(y.min() for y in seen), max(y.max() for y in seen)) if seen else (0.0, 0.0)
        if self.shows_accuracy:
            # What a run begins with may be far below; where it is now must be seen in any case.
            now = min((y[-1] for y in seen), default=0.0)
            low = min(0.0, max(low, min(LOWEST_SCORE, now)))
            return float(low - 0.03 * (1 - low)), float(1 + 0.03 * (1 - low))
        if self.is_logarithmic:
            margin = max(0.06 * (high - low), 0.1)
            return float(low - margin), float(high + margin)
        high = float(high) if high > 0 else 1.0
        low = float(min(low, 0.0))
        return low * 1.06, low + (high - low) * 1.06

    # --- what the person does -------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole run and follow it again."""
        self._set_follows(True)
        self._refresh(fit=True)

    def _set_follows(self, follows: bool) -> None:
        self._follows = follows
        self.fit_button.setEnabled(not follows)

    def _on_range_edited(self) -> None:
        self._set_follows(False)

    def _on_range_changed(self) -> None:
        self._refresh(fit=False)

    def _on_quantity(self, _which: int, checked: bool) -> None:
        if checked:
            self._set_axes()
            self.titleChanged.emit(curve_words.SCORES[self._regression][0] if self.shows_accuracy else "Loss")

    def _on_log(self, _checked: bool) -> None:
        self._set_axes()

    def _on_gap(self, _checked: bool) -> None:
        self._refresh(fit=False)

    def _set_axes(self) -> None:
        for button in (self.log_button, self.gap_button):
            button.setEnabled(not self.shows_accuracy)
        quantity = "loss" if not self.shows_accuracy else "R²" if self._regression else "accuracy"
        self.plot.set_titles(quantity, "epoch")
        self.plot.set_scale(logarithmic=self.is_logarithmic, percent=quantity == "accuracy")
        self.plot.setWhatsThis(f"{curve_words.ABOUT[quantity]} {curve_words.ABOUT_LINES} {self.plot.toolTip()}")
        self.legend.setWhatsThis(f"{curve_words.ABOUT_LEGEND} {curve_words.ABOUT[quantity]}")
        self._show_pointer()
        self._show_legend()
        self.fit()

    def _on_hovered(self, epoch: float | None) -> None:
        self._pointer = epoch
        self._show_pointer()
        self._show_legend()

    def _nearest_row(self) -> NDArray | None:
        """The row of the history whose epoch is nearest to the pointer."""
        epochs = self._history[:, 0]
        if self._pointer is None or not len(epochs):
            return None
        after = min(int(np.searchsorted(epochs, self._pointer)), len(epochs) - 1)
        before = max(after - 1, 0)
        nearer = before if self._pointer - epochs[before] < epochs[after] - self._pointer else after
        return self._history[nearer]

    def _show_pointer(self) -> None:
        row = self._nearest_row()
        if row is None:
            self.plot.set_crosshair(None)
            return
        heights = self._on_paper(row[self._shown_columns()])
        self.plot.set_crosshair((float(row[0]), tuple(float(h) if np.isfinite(h) else None for h in heights)))

    def _show_legend(self) -> None:
        row = self._nearest_row()
        if row is not None:
            values = row[self._shown_columns()]
            exact = _exact_percent if self.shows_accuracy and not self._regression else ticks.exact
            # Of three numbers, none has room for all of its figures.
            write = exact if len(values) < 3 else self._write
            self.legend.set_texts(*map(write, values), epoch="epoch " + ticks.number(row[0], 0))
        elif self._metrics is not None:
            names, columns = ("train", "test", "val."), self._shown_columns()
            self.legend.set_texts(
                *(f"{name} {self._write(self._metrics[column])}" for name, column in zip(names, columns, strict=False))
            )

    def _write(self, value: float) -> str:
        """A running value of the quantity shown."""
        if not self.shows_accuracy:
            return ticks.loss(value)
        return ticks.score(value) if self._regression else ticks.percent(value)


def _exact_percent(share: float) -> str:
    """``98.4375 %``: nine figures tell one wrong sample in millions."""
    return f"{ticks.exact(100.0 * share)} %" if np.isfinite(share) else ticks.NOT_FINITE
