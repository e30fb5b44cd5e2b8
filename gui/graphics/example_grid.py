"""A few images side by side, each with what it is taken for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.theme import Theme

_HEAD = 24
_LABEL = 18
_GAP = 8
_LARGEST = 84


class ExampleGrid(QWidget):
    """Up to ten images under a heading, or a hint. Under each stands what it is read as, "4 → 9" for a misread 4."""

    def __init__(self, theme: Theme, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.hint = theme, hint
        self.heading = ""
        self._images: list[QImage] = []
        self._labels: list[int] = []
        self._read: list[int] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Examples")

    def sizeHint(self) -> QSize:
        return QSize(300, 170)

    def minimumSizeHint(self) -> QSize:
        return QSize(170, 96)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def set_hint(self, hint: str) -> None:
        """What stands there while no images do."""
        if hint != self.hint:
            self.hint = hint
            self.update()

    def show_examples(self, heading: str, images: NDArray, labels: NDArray, read: NDArray) -> None:
        """``images`` (e, side²) uint8, 255 for ink, with ``labels`` (e,) and what each is ``read`` as; none for a hint."""
        side = math.isqrt(images.shape[1]) if len(images) else 0
        self.heading, self._labels, self._read = heading, labels.tolist(), read.tolist()
        self._images = [
            QImage(np.ascontiguousarray(one).data, side, side, side, QImage.Format.Format_Grayscale8).copy()
            for one in images
        ]
        self.setAccessibleDescription(self.summary())
        self.update()

    def clear(self) -> None:
        """Show the hint."""
        self._images, self._labels, self._read, self.heading = [], [], [], ""
        self.setAccessibleDescription(self.hint)
        self.update()

    def summary(self) -> str:
        """In words."""
        if not self._images:
            return self.hint
        wrong = [f"{label} as {read}" for label, read in zip(self._labels, self._read, strict=True) if label != read]
        return f"{self.heading}: {'it reads ' + ', '.join(wrong) if wrong else 'all are read right'}"

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        if not self._images:
            painter.setPen(theme.quiet)
            wrap = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(24, 0, -24, 0), wrap, self.hint)
            painter.end()
            return
        painter.setFont(fonts.body(fonts.SEMIBOLD))
        painter.setPen(theme.text)
        painter.drawText(QPointF(0, 15), self.heading)
        wrong = sum(label != read for label, read in zip(self._labels, self._read, strict=True))
        painter.setFont(fonts.caption())
        painter.setPen(theme.quiet)
        said = f"{wrong} wrong: meant → read" if wrong else "all read right"
        painter.drawText(QPointF(self.width() - painter.fontMetrics().horizontalAdvance(said), 15), said)
        columns = (len(self._images) + 1) // 2 if len(self._images) > 5 else len(self._images)
        rows = -(-len(self._images) // columns)
        pixels = self._images[0].width()
        room = min((self.width() - (columns - 1) * _GAP) / columns, (self.height() - _HEAD) / rows - _LABEL, _LARGEST)
        side = max(math.floor(room), 8)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, side < pixels)
        plain, bold = fonts.caption(), fonts.caption(fonts.SEMIBOLD)
        for i, (image, label, read) in enumerate(zip(self._images, self._labels, self._read, strict=True)):
            x, y = (i % columns) * (side + _GAP), _HEAD + (i // columns) * (side + _LABEL)
            painter.drawImage(QRectF(x, y, side, side), image)
            good = label == read
            painter.setFont(plain if good else bold)
            painter.setPen(theme.quiet if good else theme.ink(theme.danger))
            box = QRectF(x - _GAP / 2, y + side, side + _GAP, _LABEL - 3)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{read}" if good else f"{label} → {read}")
        painter.end()
