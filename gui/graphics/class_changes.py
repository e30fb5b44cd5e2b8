"""How much better or worse each class is read than before: small bars up and down from a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme

SCALES = (5.0, 10.0, 25.0, 50.0, 100.0)  # points at the end of the axis
_CAPTION, _DIGITS, _LEFT = 24, 18, 44


class ClassChanges(QWidget):
    """One bar a class: blue up for better, orange down for worse, with its points in figures."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._points = np.zeros(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Change of each class")
        self.setToolTip(
            "Of each digit, how many more or fewer of its test images are read right than by the whole network, in "
            "percentage points. Damage rarely spreads evenly."
        )

    def sizeHint(self) -> QSize:
        return QSize(360, 110)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 84)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_changes(self, changes: NDArray) -> None:
        """``changes`` (n_classes,) as shares −1..1, NaN for a class without images; empty for nothing."""
        self._points = 100 * changes
        said = [f"{i}: {_signed(p)}" for i, p in enumerate(self._points.tolist()) if np.isfinite(p)]
        self.setAccessibleDescription(", ".join(said))
        self.update()

    @property
    def scale(self) -> float:
        """How many points the axis reaches either way."""
        most = np.abs(self._points[np.isfinite(self._points)]).max(initial=0.0)
        return next((scale for scale in SCALES if most <= scale), SCALES[-1])

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, n = self.theme, max(len(self._points), 1)
        painter = QPainter(self)
        small = fonts.figures(CAPTION_PX)
        painter.setFont(small)
        painter.setPen(theme.quiet)
        painter.drawText(QPointF(0, 12), "Change of each digit, in percentage points")
        area = QRectF(_LEFT, _CAPTION, self.width() - _LEFT, self.height() - _CAPTION - _DIGITS)
        zero, scale = round(area.center().y()) + 0.5, self.scale
        metrics = painter.fontMetrics()
        for value in (scale, 0.0, -scale):
            y = zero - value / scale * area.height() / 2
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            text = _signed(value, 0)
            painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
        column = area.width() / n
        for i, points in enumerate(self._points.tolist()):
            left = area.left() + i * column
            painter.setPen(theme.text)
            box = QRectF(left, self.height() - _DIGITS, column, _DIGITS)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(i))
            if not np.isfinite(points):
                continue
            length = max(abs(points) / scale * area.height() / 2, 1.0 if points else 0.0)
            bar = QRectF(left + column * 0.2, zero - length if points > 0 else zero, column * 0.6, length)
            painter.fillRect(bar, theme.positive if points > 0 else theme.negative)
            if points:
                # On the other side of the line, where it never meets the bar.
                text = _signed(points, 0 if abs(points) >= 9.95 else 1)
                x = left + (column - metrics.horizontalAdvance(text)) / 2
                painter.setPen(theme.quiet)
                painter.drawText(QPointF(x, zero + (13 if points > 0 else -4)), text)
        painter.end()


def _signed(points: float, places: int = 1) -> str:
    text = ticks.number(points, places)
    return f"+{text}" if points > 0 else text
