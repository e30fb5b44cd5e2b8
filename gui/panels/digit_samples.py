"""What the network is trained on: a few of the training images with their labels."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.data import Data
from engine.snapshot import Snapshot
from gui import fonts
from gui.graphics.sample_choice import Choice
from gui.panels.base import Panel
from gui.theme import Theme

COLUMNS, ROWS = 6, 2
_PIXELS = 8
_HEAD = 24
_LABEL = 16
_FOOT = 24
_GAP = 4
_LARGEST = 5 * _PIXELS


class DigitSamples(Panel):
    """A grid of training images, drawn by lot with the data's own seed, so that the same data shows the same ones.

    ``sampleChosen(Choice | None)``: a click on an image, or on the one that is chosen already.
    """

    title = "Data"
    frames_per_second = 2.0
    sampleChosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._data: Data | None = None
        self._chosen: list[tuple[int, int]] = []  # (place among the training images, label)
        self._atlas = QImage()
        self._marked = -1  # the place of the image that is taken apart
        self._head, self._count, self._split = "Digits", "", ""
        self.setAccessibleName("Training images")
        self.setWhatsThis(
            "A few of the training images, each with the digit that was meant: 8×8 pixels, written by 13 people. The test "
            "images are never trained on. Rest the pointer on an image to read its number; click it to take its numbers apart "
            "in the inspector."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._body, self._small, self._bold = fonts.body(), fonts.caption(), fonts.caption(QFont.Weight.DemiBold)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.show_data(snapshot.data)

    def show_data(self, data: Data) -> None:
        """Show images of ``data``. Data without 8×8 images leave the grid empty."""
        if data is self._data:
            return
        self._data = data
        n_train, n_test = len(data.train), len(data.test)
        self._head = data.spec.dataset.title
        self._count = f"{n_train + n_test:,} images"
        self._split = f"{n_train:,} train · {n_test:,} test, seed {data.spec.seed}"
        self._chosen, self._atlas = [], QImage()
        if data.train.raw.ndim == 2 and data.train.raw.shape[1] == _PIXELS**2:
            rng = np.random.default_rng(data.spec.seed)
            places = rng.choice(n_train, min(COLUMNS * ROWS, n_train), replace=False)
            self._chosen = [(int(place), int(data.train.labels[place])) for place in places]
            # All images one below the other, in one picture.
            pixels = np.ascontiguousarray(data.train.raw[places] * 255.0, dtype=np.uint8)
            height = len(places) * _PIXELS
            self._atlas = QImage(pixels.data, _PIXELS, height, _PIXELS, QImage.Format.Format_Grayscale8).copy()
        self.setAccessibleDescription(f"{self._head}: {self._count}, {self._split}")
        self.update()

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
        """A thumbnail's side: a whole number of device pixels for each of its 8."""
        ratio = self.devicePixelRatioF()
        room = min((width - (COLUMNS - 1) * _GAP) / COLUMNS, _LARGEST)
        return max(int(room * ratio) // _PIXELS, 1) * _PIXELS / ratio

    def _cell(self, i: int, side: float) -> QRectF:
        pitch = (self.width() - side) / (COLUMNS - 1)
        return QRectF((i % COLUMNS) * pitch, _HEAD + (i // COLUMNS) * (side + _LABEL), side, side)

    def sizeHint(self) -> QSize:
        return QSize(192, self.height_for(192))

    def minimumSizeHint(self) -> QSize:
        return QSize(COLUMNS * _PIXELS * 2 + (COLUMNS - 1) * _GAP, self.height_for(self.width()))

    def height_for(self, width: int) -> int:
        """The height that a width needs."""
        return _HEAD + round(ROWS * (self._side(width) + _LABEL)) + _FOOT

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Not heightForWidth: scroll areas and nested layouts don't ask for it.
        if self.height() != self.height_for(self.width()):
            self.setFixedHeight(self.height_for(self.width()))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, side = self.theme, self._side(self.width())
        painter = QPainter(self)
        middle = Qt.AlignmentFlag.AlignVCenter
        head = QRectF(0, 0, self.width(), _HEAD - 4)
        painter.setFont(self._body)
        painter.setPen(theme.text)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | middle, self._head)
        painter.setFont(self._small)
        painter.setPen(theme.quiet)
        painter.drawText(head, Qt.AlignmentFlag.AlignRight | middle, self._count)
        foot = QRectF(0, self.height() - _FOOT, self.width(), _FOOT)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | middle, self._split)
        for i in range(COLUMNS * ROWS):
            cell = self._cell(i, side)
            if i < len(self._chosen):
                painter.drawImage(cell, self._atlas, QRectF(0, i * _PIXELS, _PIXELS, _PIXELS))
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
            QToolTip.showText(
                event.globalPos(), "Training images by 13 people. The test images are never trained on.", self
            )
            return True
        return super().event(event)
