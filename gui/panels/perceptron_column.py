"""The settings of a perceptron in one column: its points, how it learns, what one watches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from engine.datasets import DATASETS, Dataset
from engine.datasets.points import MAX_POINTS, Point, Points
from engine.perceptron import PerceptronSettings
from gui import fonts
from gui.controls.combos import ChoiceCombo
from gui.controls.dataset_gallery import CELL, COLUMNS, DatasetGallery
from gui.edits import limits_of
from gui.forms import Form, Row
from gui.panels.base import Panel
from gui.perceptron_view import PerceptronView, Problem
from gui.theme import PANEL_PADDING, Theme

WIDTH = COLUMNS * CELL + 2 * PANEL_PADDING
DATA = ("and", "or", "nand", "xor", "points")
SMALL_WEIGHTS = PerceptronSettings().weight_scale
SPEEDS: dict[str, tuple[str, str]] = {
    "1": ("1 sample / s", "Time to read every number."),
    "2": ("2 samples / s", "Slow enough to follow each arrow."),
    "5": ("5 samples / s", "A gate's epoch in less than a second."),
    "20": ("20 samples / s", "The line swings before your eyes."),
    "100": ("100 samples / s", "For a hundred points."),
    "1000": ("1,000 samples / s", "To the end at once, for a gate."),
}
LINES: dict[str, tuple[str, str]] = {
    "plain": ("none", "Rosenblatt's line alone, the one of now."),
    "pocket": ("pocket", "The best line met so far, with the fewest errors on all points (Gallant 1990)."),
    "averaged": ("averaged", "The mean of the lines after every sample, which swings less (Freund & Schapire 1999)."),
}
_FIRST = {
    "small": ("small random", "0.01 · N(0, 1), the bias 0. The seed draws them."),
    "zeros": ("zeros", "All 0: the way can be followed on paper."),
}


class PerceptronColumn(Panel):
    """``problemProposed(text, problem, merge key)``; ``speedChosen(samples a second)``; ``lineChosen(key)``."""

    title = "Settings"
    problemProposed = Signal(str, object, str)
    speedChosen = Signal(float)
    lineChosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Settings")
        self._problem: Problem | None = None
        self._own: tuple[Point, ...] = ()  # the points that were there when a gate was chosen
        self.gallery = DatasetGallery(theme, [DATASETS[name] for name in DATA])
        self.count = QLabel()
        self.count.setProperty("role", "caption")
        self.count.setFont(fonts.tabular(fonts.caption()))
        self.count.setWordWrap(True)
        self.clear = QPushButton("Remove all points")
        self.clear.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clear.setToolTip(
            "Empties the plane for points of your own. Undo brings these back, with their trained line."
        )
        self.rate = Form(theme, lambda name: name == "learning_rate")
        self.first = ChoiceCombo(
            [(key, *words) for key, words in _FIRST.items()], "First weights", "The weights that training starts with."
        )
        self.rest = Form(theme, lambda name: name in ("seed", "max_epochs", "shuffle"), {"seed": "Seed"})
        self.speed = ChoiceCombo(
            [(key, *words) for key, words in SPEEDS.items()], "Speed", "How many samples a second Space plays."
        )
        self.line = ChoiceCombo(
            [(key, *words) for key, words in LINES.items()],
            "Line beside",
            "Another line over the plane, dotted, made of the same lines that training went through.",
        )
        self.speed.set_key("2")
        self._lay_out()
        self.gallery.chosen.connect(self._on_data)
        self.clear.clicked.connect(self._on_clear)
        self.rate.changed.connect(self._on_setting)
        self.rest.changed.connect(self._on_setting)
        self.first.chosen.connect(self._on_first)
        self.speed.chosen.connect(self._on_speed)
        self.line.chosen.connect(self.lineChosen)

    def _lay_out(self) -> None:
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        self._box.setSpacing(4)
        self._heading("Data")
        for widget in (self.gallery, self.count, self.clear):
            self._box.addWidget(widget)
        self._heading("Learning")
        self._box.addWidget(self.rate)
        self._box.addWidget(Row("First weights", self.first, self.first.toolTip()))
        self._box.addWidget(self.rest)
        self._heading("Watching")
        self._box.addWidget(Row("Speed", self.speed, self.speed.toolTip()))
        self._box.addWidget(Row("Line beside", self.line, self.line.toolTip()))
        self._box.addStretch(1)

    def _heading(self, text: str) -> None:
        label = QLabel(text)
        label.setProperty("role", "heading")
        label.setFont(fonts.caption(fonts.SEMIBOLD))
        label.setFixedHeight(28 if self._box.count() else 16)
        self._box.addWidget(label)

    def show_view(self, view: PerceptronView) -> None:
        """Show the problem; emits nothing."""
        problem = view.problem
        if problem == self._problem:
            return
        self._problem = problem
        if isinstance(problem.dataset, Points):
            self._own = problem.dataset.points
        self.gallery.set_name(problem.dataset.name)
        n = len(view.labels)
        ones = int(view.labels.sum())
        few = f"{n} points: {ones} of class 1, {n - ones} of class 0" if n else "No points yet"
        self.count.setText(f"{problem.dataset.label}. {few}{f', {MAX_POINTS} at most' if n > MAX_POINTS // 2 else ''}.")
        self.clear.setEnabled(n > 0)
        self.rate.show_instance(problem.settings)
        self.rest.show_instance(problem.settings)
        self.first.set_key("small" if problem.settings.weight_scale else "zeros")

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for part in (self.gallery, self.rate, self.rest):
            part.apply_theme(theme)

    def _propose(self, text: str, problem: Problem, key: str = "") -> None:
        self.problemProposed.emit(text, problem, key)

    def _on_data(self, name: str) -> None:
        if self._problem is not None:
            dataset: Dataset = Points(self._own) if name == Points.name else DATASETS[name]()
            self._propose("Data set", replace(self._problem, dataset=dataset))

    def _on_clear(self) -> None:
        if self._problem is not None:
            self._propose("Remove all points", self._problem.with_points(()))

    def _on_setting(self, name: str, value: Any, dragging: bool) -> None:
        if self._problem is not None:
            settings = replace(self._problem.settings, **{name: value})
            text = limits_of(PerceptronSettings, name).label
            self._propose(text, replace(self._problem, settings=settings), name if dragging else "")

    def _on_first(self, key: str) -> None:
        if self._problem is not None:
            settings = replace(self._problem.settings, weight_scale=SMALL_WEIGHTS if key == "small" else 0.0)
            self._propose("First weights", replace(self._problem, settings=settings))

    def _on_speed(self, key: str) -> None:
        self.speedChosen.emit(float(key))
