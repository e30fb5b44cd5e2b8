"""What the network is trained on: which images, and a few of them with their labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from engine.data import Data
from engine.datasets import Dataset
from engine.shelf import Kept
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.images_combo import HELP, WRITERS_MIXED, ImagesCombo
from gui.edits import with_images
from gui.forms import Row
from gui.graphics.sample_choice import Choice
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, Theme

COLUMNS, ROWS = 6, 2
_HEAD = CONTROL_HEIGHT + 4  # the drop-down
_LABEL = 16
_FOOT = 20
_GAP = 4
_LARGEST = 40
MISSING = "{title} is not on this computer any more. Choose Get images… above and import it again."


class DigitSamples(Panel):
    """Which images, and a grid of them, drawn by lot with the data's own seed, so that the same data shows the same ones.

    ``sampleChosen(Choice | None)``: a click on an image, or on the one that is chosen already. ``getRequested()``: other
    images are wanted than those offered.
    """

    title = "Data"
    frames_per_second = 2.0
    sampleChosen = Signal(object)
    specProposed = Signal(str, object, str)
    getRequested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self._data: Data | None = None
        self._pixels = 8
        self._chosen: list[tuple[int, int]] = []  # (place among the training images, label)
        self._atlas = QImage()
        self._marked = -1  # the place of the image that is taken apart
        self._split = self._about = ""
        self.setAccessibleName("Training images")
        self.combo = ImagesCombo()
        self.combo.datasetChosen.connect(self._on_dataset)
        self.combo.getRequested.connect(self.getRequested)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(Row("Images", self.combo, HELP))
        box.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._body, self._small = fonts.body(), fonts.caption()
        self._explain()

    # --- what it is shown -----------------------------------------------------------------------------------------

    def show_sets(self, sets: Sequence[Kept]) -> None:
        """Offer these image sets of the person's own."""
        self.combo.show_sets(sets)
        self.update()

    def show_spec(self, spec: ExperimentSpec) -> None:
        self._spec = spec
        self.combo.show_dataset(spec.data.dataset)
        if self._data is not None and self._data.spec.dataset != spec.data.dataset:
            self._show(None)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.show_data(snapshot.data)

    def show_data(self, data: Data) -> None:
        """Show images of ``data``. Data without images leave the grid empty."""
        if data is not self._data:
            self._show(data)

    def _show(self, data: Data | None) -> None:
        self._data = data
        self._chosen, self._atlas = [], QImage()
        self._split = self._about = ""
        if data is not None:
            self._split = split_text(data)
            if side := data.spec.dataset.image_side:
                self._about = about(data.spec.dataset)
                self._choose(data, side)
        self._explain()
        self._keep_height()
        self.update()

    def _explain(self) -> None:
        self.setAccessibleDescription(self._split)
        self.setWhatsThis(
            f"A few of the training images, each with the digit that was meant. {self._about}The test images are never trained "
            "on. Rest the pointer on an image to read its number; click it to take its numbers apart in the inspector."
        )

    def _choose(self, data: Data, side: int) -> None:
        """Draw images by lot: one of each class as far as there is room, then any; by class."""
        self._pixels = side
        labels = data.train.labels
        order = np.random.default_rng(data.spec.seed).permutation(len(labels))
        _, firsts = np.unique(labels[order], return_index=True)
        first = np.zeros(len(order), bool)
        first[firsts] = True
        places = np.concatenate([order[first], order[~first]])[: COLUMNS * ROWS]
        places = places[np.argsort(labels[places], kind="stable")]
        self._chosen = [(int(place), int(labels[place])) for place in places]
        # All images one below the other, in one picture.
        pixels = np.ascontiguousarray(np.rint(data.train.x[places] * 255.0), dtype=np.uint8)
        self._atlas = QImage(pixels.data, side, len(places) * side, side, QImage.Format.Format_Grayscale8).copy()

    @property
    def is_missing(self) -> bool:
        """The experiment names images that are not here, and none of them is in memory."""
        return self._data is None and self.combo.missing

    def missing_text(self) -> str:
        """What to do about it."""
        return MISSING.format(title=self._spec.data.dataset.title if self._spec is not None else "")

    def _on_dataset(self, dataset: Dataset) -> None:
        if self._spec is not None:
            self.specProposed.emit("Images", with_images(self._spec, dataset), "")

    def show_sample(self, choice: Choice | None) -> None:
        """Mark the image that is taken apart, if it is one of these."""
        marked = choice.row if choice is not None and choice.part == "train" else -1
        if marked != self._marked:
            self._marked = marked
            self.update()

    def _at(self, position: QPoint) -> int:
        """Which image lies there, counted row by row; −1 for none."""
        side = self._side(self.width())
        return next((i for i in range(len(self._chosen)) if self._cell(i, side).contains(position)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        i = self._at(event.position().toPoint())
        if i >= 0 and event.button() == Qt.MouseButton.LeftButton:
            place = self._chosen[i][0]
            choice = None if place == self._marked else Choice("train", place)
            self.show_sample(choice)
            self.sampleChosen.emit(choice)

    def chosen(self) -> list[tuple[int, int]]:
        """(place among the training images, label) of every image shown, row by row."""
        return list(self._chosen)

    def _side(self, width: int) -> float:
        """A thumbnail's side: a whole number of device pixels for each of its own."""
        ratio = self.devicePixelRatioF()
        room = min((width - (COLUMNS - 1) * _GAP) / COLUMNS, _LARGEST)
        return max(int(room * ratio) // self._pixels, 1) * self._pixels / ratio

    def _cell(self, i: int, side: float) -> QRectF:
        pitch = (self.width() - side) / (COLUMNS - 1)
        return QRectF((i % COLUMNS) * pitch, _HEAD + (i // COLUMNS) * (side + _LABEL), side, side)

    def sizeHint(self) -> QSize:
        return QSize(192, self.height_for(192))

    def minimumSizeHint(self) -> QSize:
        return QSize(COLUMNS * 16 + (COLUMNS - 1) * _GAP, self.height_for(self.width()))

    def height_for(self, width: int) -> int:
        """The height that a width needs."""
        return _HEAD + round(ROWS * (self._side(width) + _LABEL)) + _FOOT

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_height()

    def _keep_height(self) -> None:
        # Not heightForWidth: scroll areas and nested layouts don't ask for it.
        if self.height() != self.height_for(self.width()):
            self.setFixedHeight(self.height_for(self.width()))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, side, pixels = self.theme, self._side(self.width()), self._pixels
        painter = QPainter(self)
        painter.setFont(self._small)
        painter.setPen(theme.quiet)
        if self.is_missing:
            grid = QRectF(0, _HEAD, self.width(), self.height() - _HEAD)
            painter.setPen(theme.text)
            painter.setFont(self._body)
            painter.drawText(grid, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self.missing_text())
            return
        foot = QRectF(0, self.height() - _FOOT, self.width(), _FOOT)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._split)
        for i in range(COLUMNS * ROWS):
            cell = self._cell(i, side)
            if i < len(self._chosen):
                painter.drawImage(cell, self._atlas, QRectF(0, i * pixels, pixels, pixels))
                label = QRectF(cell.left(), cell.bottom(), side, _LABEL - 2)
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, str(self._chosen[i][1]))
                if self._chosen[i][0] == self._marked:
                    painter.setPen(QPen(theme.accent, 2))
                    painter.drawRect(cell.adjusted(-1, -1, 1, 1))
                    painter.setPen(theme.quiet)
            else:
                painter.fillRect(cell, theme.sunken)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            if (i := self._at(event.pos())) >= 0:
                place, label = self._chosen[i]
                QToolTip.showText(event.globalPos(), f"Training image {place + 1:,}: somebody's {label}", self)
                return True
            text = f"Training images. {self._about}The test images are never trained on."
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def split_text(data: Data) -> str:
    """How the images are shared out: ``1,437 train · 360 test, seed 42``; without a seed where nothing is drawn by lot."""
    if data.validation is not None:
        return f"{len(data.train):,} train · {len(data.validation):,} validate · {len(data.test):,} test"
    seed = f", seed {data.spec.seed}" if data.spec.dataset.n_test is None else ""
    return f"{len(data.train):,} train · {len(data.test):,} test{seed}"


def about(dataset: Dataset) -> str:
    """Where images are from, as far as it matters for what their accuracy means."""
    if dataset.on_shelf:
        return ""
    return f"{WRITERS_MIXED} "
