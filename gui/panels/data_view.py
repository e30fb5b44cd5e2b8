"""The images of an experiment, one and all: by class, any by its number, the average of each class, and their balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.data import Data, Part
from engine.image_summary import ImageSummary, summarize
from engine.registry import Range
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.analyses import Question
from gui.controls.buttons import CheckBox
from gui.controls.class_chips import ALL, ClassChips
from gui.controls.fields import NumberField
from gui.controls.segments import Segments
from gui.graphics.image_charts import Averages, Balance, LargeImage, PixelHistogram
from gui.graphics.image_grid import ImageGrid
from gui.graphics.sample_choice import Choice
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

SUMMARY = "image summary"
COLUMN = 320
_NONE_YET = "The images are being loaded."
_NO_IMAGES = "This experiment has no images. On the Digits page, Data, there are some to choose from."
_EMPTY_CLASS = "No image of this class is in this part."
# key, name, what one of its images is called, what is said of it; "yours" are drawings that training is shown too
PARTS = (
    ("train", "Train", "training image", "The images that training learns from."),
    ("validation", "Validation", "validation image", "Kept aside from training, to decide when to stop."),
    ("test", "Test", "test image", "Never trained on: the accuracy is measured on these."),
    ("yours", "Yours", "drawing of yours", "Your own drawings, which training is shown besides its images."),
)


@dataclass(frozen=True, slots=True)
class _Shown:
    key: str
    word: str
    part: Part


class DataView(Panel):
    """A browser of the data set at hand over the whole page.

    ``sampleChosen(Choice | None)``: a training or test image was clicked, or the marked one again.
    """

    title = "Data"
    frames_per_second = 2.0
    answers = (SUMMARY,)
    asked = Signal(object)
    forgotten = Signal(str)
    sampleChosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._data: Data | None = None
        self._summary: ImageSummary | None = None
        self._shown: _Shown | None = None
        self.parts = Segments("Part of the data", [(key, name, about) for key, name, _, about in PARTS])
        self.chips = ClassChips(10)
        self.number = NumberField(Range(1, 1, "Image number", help="Scrolls to the image of this number."), 1)
        self.number.setFixedWidth(88)
        self.grid = ImageGrid(theme)
        self.grid.setWhatsThis(
            "Every image of this part, with its label under it. Point at one to see it large; a click or an arrow key marks it."
        )
        self.large = LargeImage(theme)
        self.averages = Averages(theme)
        self.balance = Balance(theme)
        self.histogram = PixelHistogram(theme)
        self.log_scale = CheckBox("Log scale")
        self.log_scale.setToolTip("Stretches what is rare. Each line is a hundred times the one below.")
        self.setAccessibleName("Data")
        self.setWhatsThis("The images of this experiment: what the network learns from, and what it is measured on.")
        self._lay_out()
        self.parts.chosen.connect(self._on_part)
        self.chips.chosen.connect(self._on_class)
        self.averages.chosen.connect(self._on_class)
        self.number.committed.connect(self._on_number)
        self.number.entered.connect(self._on_number)
        self.grid.hovered.connect(self._show_large)
        self.grid.clicked.connect(self._on_clicked)
        self.log_scale.committed.connect(self.histogram.set_log)
        self._show_data(None)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.parts)
        top.addStretch(1)
        label = QLabel("Image")
        label.setBuddy(self.number)
        top.addWidget(label)
        top.addWidget(self.number)
        middle = QVBoxLayout()
        middle.setSpacing(GRID)
        middle.addLayout(top)
        middle.addWidget(self.chips)
        middle.addWidget(self.grid, 1)
        content = QWidget()
        content.setProperty("surface", "none")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.large)
        column.addSpacing(GRID)
        for heading, chart in (("Average of each class", self.averages), ("Class balance", self.balance)):
            column.addWidget(_heading(heading))
            column.addWidget(chart)
        row = QHBoxLayout()
        row.addWidget(_heading("Pixels by value"), 1)
        row.addWidget(self.log_scale)
        column.addLayout(row)
        column.addWidget(self.histogram, 1)
        column.addStretch(0)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        content.setFixedWidth(COLUMN)
        scroll.setFixedWidth(COLUMN + PANEL_PADDING)  # the bar lies beside the charts
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2 * GRID)
        box.addLayout(middle, 1)
        box.addWidget(scroll)

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for widget in (self.grid, self.large, self.averages, self.balance, self.histogram):
            widget.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Other samples are on their way: those of before are let go."""
        if self._data is not None and self._data.spec.untaught != spec.data.untaught:
            self._show_data(None)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.data is not self._data:
            self._show_data(snapshot.data)

    def _show_data(self, data: Data | None) -> None:
        before, self._data = self._data, data
        same = before is not None and data is not None and data.train is before.train
        images = data is not None and data.spec.dataset.image_side > 0
        self.grid.empty_text = _EMPTY_CLASS if images else _NO_IMAGES if data is not None else _NONE_YET
        for widget in (self.parts, self.chips, self.number, self.log_scale):
            widget.setEnabled(images)
        for key, *_ in PARTS:
            part = self._part(key)
            self.parts.set_entry(key, f"{_name(key)} {len(part):,}" if part is not None else "", part is not None)
        if not same:
            self._show_summary(None)
            if images:
                self.asked.emit(_question(data))
            else:
                self.forgotten.emit(SUMMARY)
        if not same or self._part(self.parts.key()) is None:
            self.parts.set_key("train")
        counts = {key: _counts(part) for key in ("train", "test") if (part := self._part(key)) is not None}
        self.balance.show_counts(counts)
        if not same or self._shown is None or self._part(self._shown.key) is not self._shown.part:
            self._open_part()

    def _part(self, key: str) -> Part | None:
        data = self._data
        if data is None or not data.spec.dataset.image_side:
            return None
        return {"train": data.train, "validation": data.validation, "test": data.test, "yours": data.taught}[key]

    def _open_part(self) -> None:
        """Show the images of the part that is chosen, all classes of it."""
        key = self.parts.key()
        part = self._part(key)
        self._shown = None if part is None else _Shown(key, next(word for k, _, word, _ in PARTS if k == key), part)
        if part is None or self._data is None:
            self.grid.set_images(np.empty((0, 1), np.float32), np.empty(0, np.int64), 1)
        else:
            self.grid.set_images(part.x, part.labels, self._data.spec.dataset.image_side)
        n = 0 if part is None else len(part)
        self.chips.set_counts(_counts(part).tolist())
        self.number.limits = Range(1, max(n, 1), "Image number", help="")
        self.number.setToolTip(f"Scrolls to the image of this number, 1 to {n:,}, and marks it.")
        self.number.set_value(1)
        self._choose_class(self.chips.label())

    def _choose_class(self, label: int) -> None:
        self.chips.set_label(label)
        self.averages.mark(label)
        self.balance.mark(label)
        part = self._shown.part if self._shown is not None else None
        if part is not None:
            self.grid.set_rows(np.arange(len(part)) if label == ALL else np.flatnonzero(part.labels == label))
        self._show_pixels()
        self._show_large()
        said = "every class" if label == ALL else f"the {label}"
        self.grid.setAccessibleDescription(f"Images of {said}. Arrow keys mark one.")

    # --- the summary ----------------------------------------------------------------------------------------------

    def take_answer(self, key: str, answer: object) -> None:
        if isinstance(answer, ImageSummary):
            self._show_summary(answer)

    def take_failure(self, key: str, sentence: str) -> None:
        self.large.show_image(None, ("No averages", sentence))

    def _show_summary(self, summary: ImageSummary | None) -> None:
        self._summary = summary
        self.averages.show_averages(None if summary is None else summary.averages)
        self._show_pixels()
        self._show_large()

    def _show_pixels(self) -> None:
        label = self.chips.label()
        summary = self._summary
        if summary is None:
            self.histogram.show_pixels(None)
        else:
            self.histogram.show_pixels(summary.pixels.sum(axis=0) if label == ALL else summary.pixels[label])

    def _show_large(self, row: int = -1) -> None:
        """The image under the pointer, else the marked one, else the average."""
        row = row if row >= 0 else self.grid.marked()
        if self._shown is not None and row >= 0:
            self.large.show_image(self._shown.part.x[row], self._words_of(row))
        elif self._summary is not None and self._data is not None:
            label, counts = self.chips.label(), _counts(self._data.train)
            averages = self._summary.averages
            if label == ALL:
                mean = counts @ averages / max(counts.sum(), 1)
                self.large.show_image(mean, ("Average", f"of all {counts.sum():,}", "training images"))
            else:
                self.large.show_image(averages[label], (f"Average {label}", f"of {counts[label]:,}", "training images"))
        else:
            self.large.show_image(None, () if self._shown is None else ("Average", "being worked out"))

    def _words_of(self, row: int) -> list[str]:
        shown = self._shown
        assert shown is not None
        words = [str(int(shown.part.labels[row])), f"{shown.word} {row + 1:,}"]
        writers = self._summary.writers.get(shown.key) if self._summary is not None else None
        return words if writers is None else [*words, f"by writer {int(writers[row])}"]

    # --- hands ----------------------------------------------------------------------------------------------------

    def _on_part(self, _key: str) -> None:
        self._open_part()

    def _on_class(self, label: int) -> None:
        if label != self.chips.label() or label != self.averages.label():
            self._choose_class(label)

    def _on_number(self, _value: object = None) -> None:
        shown, row = self._shown, int(self.number.value()) - 1
        if shown is not None and row < len(shown.part):
            if self.chips.label() not in (ALL, int(shown.part.labels[row])):
                self._choose_class(ALL)
            if row == self.grid.marked():  # Enter once more: scroll there once more
                self.grid.mark(row)
            else:
                self._mark(row)

    def _on_clicked(self, row: int) -> None:
        self._mark(-1 if row == self.grid.marked() else row)

    def _mark(self, row: int) -> None:
        self.grid.mark(row)
        if row >= 0:
            self.number.set_value(row + 1)
        self._show_large(row)
        if self._shown is not None and self._shown.key in ("train", "test"):
            self.sampleChosen.emit(Choice(self._shown.key, row) if row >= 0 else None)


def _question(data: Data) -> Question:
    def work(_tell: Callable[[float, str], None], stop: Callable[[], bool]) -> ImageSummary | None:
        return summarize(data, stop)

    return Question(SUMMARY, work, long=False)


def _counts(part: Part | None) -> NDArray:
    return np.zeros(10, np.int64) if part is None else np.bincount(part.labels, minlength=10)


def _name(key: str) -> str:
    return next(name for each, name, _, _ in PARTS if each == key)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    label.setFont(fonts.caption(fonts.SEMIBOLD))
    return label
