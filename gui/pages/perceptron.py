"""The Perceptron page: Rosenblatt's neuron on a few points, its line, every mistake as an arrow, and where it fails."""

from __future__ import annotations

import random
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QUndoGroup, QUndoStack
from PySide6.QtWidgets import QWidget

from engine.errors import InvalidSpec
from engine.line import Line
from gui.bar import BarState, OwnBar, Reading
from gui.carry_over import playground_spec
from gui.graphics import perceptron_words as words
from gui.pages.base import LATEST, Page
from gui.panels.perceptron_column import LINES, PerceptronColumn
from gui.panels.perceptron_errors import PerceptronErrors
from gui.panels.perceptron_numbers import PerceptronNumbers
from gui.panels.perceptron_plane import PerceptronPlane
from gui.panels.perceptron_verdict import BUTTON, PerceptronVerdict
from gui.panels.perceptron_weights import PerceptronWeights
from gui.perceptron_run import PerceptronRun
from gui.perceptron_view import PerceptronView, Problem
from gui.theme import Theme

SEEDS = 10_000  # few enough to be read out in a classroom
BAR = OwnBar(
    readings=(
        Reading("Errors", ("200 in 200/200",), "Samples answered wrong so far in this epoch, out of those looked at."),
        Reading(
            "Last epoch", ("200 errors",), "How many samples the epoch before answered wrong. 0: it has converged."
        ),
        Reading("Correct", ("200/200",), "How many of all points the line of now answers right."),
        Reading("State", ("converged at epoch 10,000",), "How training stands; the verdict below says why."),
    ),
    grains={
        "sample": "Looks at one sample and learns from it, if its answer is wrong.",
        "epoch": "Every sample once, in turn.",
    },
    play="Looks at sample after sample, at the speed chosen; watch the line turn at each mistake.",
    step_back="Returns to the sample before, or with epochs to the start of one; forward again gives the same numbers.",
    run="Trains a number of epochs as fast as it goes; it stops where it has converged or was found to go round.",
)


class PerceptronPage(Page):
    """It has a run of its own, which keys and bar drive, and an undo stack of its own."""

    id = "perceptron"
    title = "Perceptron"
    icon = "perceptron"
    own_bar = BAR

    def __init__(self, theme: Theme, document: None, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(theme, document, latest, parent)
        self.run = PerceptronRun(_fresh_seed, self)
        self.driver = self.run
        self.column = PerceptronColumn(theme)
        self.plane = PerceptronPlane(theme)
        self.numbers = PerceptronNumbers(theme)
        self.verdict = PerceptronVerdict(theme)
        self.errors = PerceptronErrors(theme)
        self.weights = PerceptronWeights(theme)
        self._line = "plain"
        self.set_center(self.plane)
        area = Qt.DockWidgetArea
        self.add_dock(self.column, area.LeftDockWidgetArea, heading=False)
        self.add_dock(self.numbers, area.RightDockWidgetArea, 344)
        self.add_dock(self.verdict, area.RightDockWidgetArea, 344)
        errors = self.add_dock(self.errors, area.BottomDockWidgetArea)
        weights = self.add_dock(self.weights, area.BottomDockWidgetArea)
        self.splitDockWidget(errors, weights, Qt.Orientation.Horizontal)
        self._connect()
        self._show(self.run.view())

    def _connect(self) -> None:
        run, column = self.run, self.column
        run.changed.connect(self._show)
        run.noted.connect(self.noted)
        self.plane.pointsProposed.connect(self._propose_points)
        self.plane.refused.connect(self.refused)
        self.verdict.hiddenLayerRequested.connect(self._add_hidden_layer)
        column.problemProposed.connect(self._propose_problem)
        column.speedChosen.connect(run.set_speed)
        column.lineChosen.connect(self._show_line)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self._refresh)

    def arrange(self) -> None:
        docks = self.docks
        numbers, verdict = docks["PerceptronNumbers"], docks["PerceptronVerdict"]
        self.resizeDocks([numbers], [min(self.side_width, 440)], Qt.Orientation.Horizontal)
        self.resizeDocks([numbers, verdict], [290, max(self.height() - 298, 200)], Qt.Orientation.Vertical)
        errors, weights = docks["PerceptronErrors"], docks["PerceptronWeights"]
        self.resizeDocks([errors], [max(round(0.26 * self.height()), 184)], Qt.Orientation.Vertical)
        self.resizeDocks([errors, weights], [400, 300], Qt.Orientation.Horizontal)

    # --- what the window needs ------------------------------------------------------------------------------------

    @Slot()
    def show_spec(self) -> None:
        """It has no experiment: what it shows is its own run."""

    def attach_undo(self, group: QUndoGroup) -> None:
        group.addStack(self.run.undo_stack)

    def undo_stack(self) -> QUndoStack:
        return self.run.undo_stack

    def start_over(self) -> None:
        """The first problem again, undoably."""
        if self.run.problem == Problem():
            self.run.reset()
        else:
            self.run.apply("New experiment", Problem())

    def status_text(self) -> str:
        view = self.run.view()
        state = "playing" if view.playing else "paused"
        return f"{len(view.labels)} points   ·   2 weights and a bias   ·   {state}"

    def hideEvent(self, event: QHideEvent) -> None:
        self.run.pause()
        super().hideEvent(event)

    # --- showing --------------------------------------------------------------------------------------------------

    @Slot(object)
    def _show(self, view: PerceptronView) -> None:
        self._view = view
        self.plane.show_view(view, self._overlay(view), f"{LINES[self._line][0]} line")
        self.column.show_view(view)
        for panel in (self.numbers, self.verdict, self.errors, self.weights):
            if panel.isVisible() or not self.isVisible():
                panel.show_view(view)
        self.barChanged.emit(bar_state(view))

    @Slot()
    def _refresh(self) -> None:
        """A panel that came back is shown what it missed."""
        self._show(self._view)

    @Slot(str)
    def _show_line(self, key: str) -> None:
        self._line = key
        self._refresh()

    def _overlay(self, view: PerceptronView) -> Line | None:
        return {"pocket": view.pocket, "averaged": view.averaged}.get(self._line)

    def bar_state(self) -> BarState:
        return bar_state(self._view)

    # --- what panels ask for --------------------------------------------------------------------------------------

    @Slot(str, object)
    def _propose_points(self, text: str, points: Any) -> None:
        self._propose_problem(text, self.run.problem.with_points(points), "")

    @Slot(str, object, str)
    def _propose_problem(self, text: str, problem: Problem, merge_key: str) -> None:
        try:
            self.run.apply(text, problem, merge_key)
        except InvalidSpec as error:
            self.refused.emit(f"{text} was not changed: {error}.")
            self._refresh()

    @Slot()
    def _add_hidden_layer(self) -> None:
        self.experimentProposed.emit(playground_spec(self.run.problem.dataset), BUTTON)


def bar_state(view: PerceptronView) -> BarState:
    """What the bar says of a moment."""
    n = len(view.labels)
    last = view.errors_per_epoch[-1] if view.errors_per_epoch else None
    if view.line is None:
        state = "no points"
    elif view.converged_epoch is not None:
        state = f"converged at epoch {view.converged_epoch:,}"
    elif view.cycle is not None:
        state = "goes round in a cycle"
    elif view.finished:
        state = "out of epochs"
    else:
        state = "learning" if view.can_step_back else "not trained yet"
    texts = (
        f"{view.errors} in {view.position}/{n}",
        "–" if last is None else words.count(last, "error"),
        f"{view.correct}/{n}",
        state,
    )
    return BarState(view.epoch, texts, view.playing, view.can_step_back)


def _fresh_seed() -> int:
    return random.SystemRandom().randrange(SEEDS)
