"""The Predictions view: a gallery of test images with what is read in them, and what is taken for what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.data import Data
from engine.metrics import confusion_matrix
from engine.predictions import Predictions
from engine.snapshot import RunState, Snapshot
from gui import fonts
from gui.controls.buttons import keeps_space
from gui.controls.combos import ChoiceCombo
from gui.controls.segments import Segments
from gui.graphics.class_table import ClassTable
from gui.graphics.confusion_picture import ConfusionPicture
from gui.graphics.gallery import Gallery
from gui.graphics.gallery_order import ALL, INDEX, MISTAKES, RIGHT, SURE, UNSURE, WRONG, Filter
from gui.graphics.image_atlas import ImageAtlas
from gui.graphics.sample_choice import Choice
from gui.panels.base import Panel
from gui.theme import GRID, Theme

ANY = ""
WAITING = "What the network reads in the test images stands here as soon as it has answered."
BROKEN = "The weights are no numbers any more, so the network has no answers. Reset it (R) with a lower learning rate."
_SORTS = [
    (MISTAKES, "Surest mistakes first", "The wrong ones, surest on top, then the right ones, least sure on top."),
    (UNSURE, "Least sure first", "Where the likeliest class has the lowest probability."),
    (SURE, "Most sure first", "Where the likeliest class has the highest probability."),
    (INDEX, "By number", "As they stand in the test set."),
]
_OUTCOMES = [
    (ALL, "All", "Shows right and wrong ones."),
    (WRONG, "Wrong", "Shows only what is read wrong. Where there are none, the network reads all of them right."),
    (RIGHT, "Right", "Shows only what is read right."),
]
_CELLS = [
    ("counts", "Counts", "Writes how many images into the cells."),
    ("shares", "% of row", "Writes into each cell the percentage of its row: of all that are this digit."),
]


class PredictionsView(Panel):
    """``sampleChosen(Choice)``: an image was chosen, ``apartRequested()``: that one is to be taken apart."""

    title = "Predictions"
    wants_predictions = True
    frames_per_second = 2.0  # it lives by predictions
    sampleChosen = Signal(object)
    apartRequested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.predictions: Predictions | None = None
        self._data: Data | None = None
        self._n_test = 0
        self.gallery = Gallery(theme)
        self.gallery.empty = WAITING
        self.matrix = ConfusionPicture(theme)
        self.table = ClassTable(theme)
        self.sort = ChoiceCombo(
            _SORTS, "Order", "The order of the images. While it trains, it is renewed once a second."
        )
        self.sort.setFixedWidth(168)
        self.outcomes = Segments("Which images", _OUTCOMES)
        self.true = ChoiceCombo(_classes("True", 10), "True digit", "Shows only images that are this digit.")
        self.read = ChoiceCombo(_classes("Read as", 10), "Predicted digit", "Shows only images read as this digit.")
        self.true.setFixedWidth(96)
        self.read.setFixedWidth(112)
        self.apart = _Button("Take apart")
        self.apart.setToolTip(
            "Goes to the Digits page, where the inspector takes the chosen image apart. A double click does the same."
        )
        self.apart.setEnabled(False)
        self.count = QLabel(WAITING)
        self.count.setFont(fonts.tabular(fonts.body(fonts.SEMIBOLD)))
        self.of = QLabel()
        self.of.setProperty("role", "caption")
        self.of.setFont(fonts.tabular(fonts.caption()))
        self.cells = Segments("What the cells say", _CELLS)
        self._lay_out()
        self.sort.chosen.connect(self.gallery.set_sort)
        self.outcomes.chosen.connect(self._on_outcome)
        self.true.chosen.connect(self._on_class)
        self.read.chosen.connect(self._on_class)
        self.matrix.cellChosen.connect(self._on_cell)
        self.cells.chosen.connect(self._on_cells)
        self.gallery.chosen.connect(self._on_chosen)
        self.gallery.opened.connect(self._take_apart)
        self.apart.clicked.connect(self._take_apart)

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        for widget in (self.sort, self.outcomes, self.true, self.read):
            tools.addWidget(widget)
        tools.addStretch(1)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self.count)
        line.addWidget(self.of, 1)
        line.addWidget(self.apart)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(tools)
        left.addLayout(line)
        left.addWidget(self.gallery, 1)
        heading = QLabel("What is taken for what")
        heading.setProperty("role", "heading")
        heading.setFont(fonts.caption(fonts.SEMIBOLD))
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(heading, 1)
        top.addWidget(self.cells)
        self._side = QWidget()
        right = QVBoxLayout(self._side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(GRID)
        right.addLayout(top)
        right.addWidget(self.matrix, 1)
        right.addWidget(self.table)
        both = QHBoxLayout(self)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(3 * GRID)
        both.addLayout(left, 1)
        both.addWidget(self._side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._side.setFixedWidth(min(max(round(0.33 * self.width()), 400), 640))

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for part in (self.gallery, self.matrix, self.table):
            part.apply_theme(theme)

    # --- what it is shown -----------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.data is not self._data:
            self._show_data(snapshot.data)

    def _show_data(self, data: Data) -> None:
        self._data, self._n_test, self.predictions = data, len(data.test), None
        if not data.spec.dataset.image_side:
            return
        self.gallery.empty = WAITING
        self.gallery.set_images(ImageAtlas(data.test.x))
        n = data.spec.dataset.n_classes
        self.true.set_choices(_classes("True", n))
        self.read.set_choices(_classes("Read as", n))
        self._set_filter(Filter())
        self._count(np.zeros((n, n), np.int64))
        self._set(self.count, WAITING)
        self._set(self.of, "")
        self._on_chosen(None)

    def show_predictions(self, snapshot: Snapshot, predictions: Predictions) -> None:
        """Newer answers to the test images of ``snapshot``, or to some of them while it trains."""
        self.show_snapshot(snapshot)
        if predictions is self.predictions or not snapshot.data.spec.dataset.image_side:
            return
        self.predictions = predictions
        k, answered = predictions.probabilities.shape[1], predictions.answered
        confusion = np.zeros((k, k), np.int64)
        if answered.any():
            confusion = confusion_matrix(predictions.labels[answered], predictions.predicted[answered], k)
        self._count(confusion)
        self.gallery.show_predictions(predictions, snapshot.state is RunState.RUNNING)
        self._write()

    def _count(self, confusion: NDArray) -> None:
        self.matrix.set_counts(confusion)
        self.table.show_counts(confusion, self.predictions.accuracy if self.predictions is not None else 0.0)

    def _write(self) -> None:
        """How many are wrong, of how many, and what of them is shown."""
        predictions = self.predictions
        if predictions is None:
            return
        n, wrong = len(predictions), int((~predictions.right).sum())
        self._set(self.count, f"{wrong:,} wrong of {n:,}")
        parts = [
            f"{n:,} of the {self._n_test:,} test images while it trains"
            if n < self._n_test
            else f"all {n:,} test images"
        ]
        if self.gallery.only != Filter():
            parts.append(f"{len(self.gallery.places):,} shown")
        if self.gallery.holds:
            parts.append("nothing moves while you point")
        if not predictions.answered.all():
            parts = [BROKEN]
        self._set(self.of, " · ".join(parts))
        self.gallery.empty = self._nothing()

    def _nothing(self) -> str:
        """What an empty gallery says."""
        only, n = self.gallery.only, len(self.predictions) if self.predictions is not None else 0
        if only == Filter(WRONG):
            return f"No mistakes: all {n:,} are read right."
        kind = {ALL: "", WRONG: "wrong ", RIGHT: "right "}[only.outcome]
        of = "" if only.true is None else f" of a {only.true}"
        read = "" if only.predicted is None else f" read as {only.predicted}"
        return f"There is no {kind}image{of}{read} among these {n:,}."

    @staticmethod
    def _set(label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)

    # --- what a hand asks for -------------------------------------------------------------------------------------

    def _set_filter(self, only: Filter) -> None:
        self.gallery.set_filter(only)
        self.outcomes.set_key(only.outcome)
        self.true.set_key(ANY if only.true is None else str(only.true))
        self.read.set_key(ANY if only.predicted is None else str(only.predicted))
        both = only.true is not None and only.predicted is not None
        self.matrix.set_chosen((only.true, only.predicted) if both else None)  # type: ignore[arg-type]
        self._write()

    @Slot(str)
    def _on_outcome(self, outcome: str) -> None:
        self._set_filter(replace(self.gallery.only, outcome=outcome))

    @Slot(str)
    def _on_class(self, _key: str) -> None:
        true, read = (int(combo.key()) if combo.key() else None for combo in (self.true, self.read))
        self._set_filter(replace(self.gallery.only, true=true, predicted=read))

    @Slot(object)
    def _on_cell(self, cell: tuple[int, int] | None) -> None:
        self._set_filter(Filter() if cell is None else Filter(ALL, *cell))

    @Slot(str)
    def _on_cells(self, key: str) -> None:
        self.matrix.set_shares(key == "shares")

    @Slot(object)
    def _on_chosen(self, row: int | None) -> None:
        self.apart.setEnabled(row is not None)
        self.sampleChosen.emit(None if row is None else Choice("test", row))

    @Slot()
    def _take_apart(self) -> None:
        self._on_chosen(self.gallery.row)  # another page may have had a sample since
        self.apartRequested.emit()


class _Button(QPushButton):
    """As all buttons it takes the keyboard through Tab alone, so that Space plays after a click."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)


def _classes(word: str, n: int) -> list[tuple[str, str, str]]:
    return [(ANY, f"{word}: any", ""), *((str(label), f"{word}: {label}", "") for label in range(n))]
