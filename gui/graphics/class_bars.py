"""A number for each class as a bar from zero: blue above, orange below."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import GRID, Theme

_ROW = 20
_BAR = 10


class ClassBars(QWidget):
    """Rows of class, bar and number; the largest is bold. Where nothing is known the bars are empty."""

    def __init__(self, theme: Theme, name: str, n_classes: int = 10, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._n = n_classes
        self._values: tuple[float, ...] = ()
        self._plain, self._bold = fonts.figures(), fonts.figures(weight=QFont.Weight.DemiBold)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, values: NDArray | None) -> None:
        """``values`` (n_classes,), or None."""
        self._values = () if values is None else tuple(float(v) for v in values)
        said = (f"{label}: {ticks.short(value)}" for label, value in enumerate(self._values))
        self.setAccessibleDescription(", ".join(said))
        self.update()

    def values(self) -> tuple[float, ...]:
        """What is shown."""
        return self._values

    def sizeHint(self) -> QSize:
        return QSize(280, self._n * _ROW)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, values = self.theme, self._values
        metrics = QFontMetricsF(self._bold)
        left = metrics.horizontalAdvance("0") + 2 * GRID
        right = metrics.horizontalAdvance("−0.0000") + GRID
        width = self.width() - left - right
        finite = [v for v in values if math.isfinite(v)]
        low, high = min([0.0, *finite]), max([0.0, *finite])
        unit = width / (high - low) if high > low else 0.0
        zero = left - low * unit
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.sunken)
        for row in range(self._n):
            painter.drawRoundedRect(QRectF(left, (row + 0.5) * _ROW - _BAR / 2, width, _BAR), 3, 3)
        for row, value in enumerate(values):
            if math.isfinite(value) and abs(value) * unit >= 0.5:
                painter.setBrush(theme.positive if value > 0 else theme.negative)
                length = abs(value) * unit
                bar = QRectF(zero if value > 0 else zero - length, (row + 0.5) * _ROW - _BAR / 2, length, _BAR)
                painter.drawRoundedRect(bar, min(3, length / 2), 3)
        if low < 0 < high:
            painter.fillRect(QRectF(zero - 0.5, 0, 1, self._n * _ROW), theme.quiet)
        best = int(np.argmax(np.nan_to_num(values, nan=-np.inf))) if len(set(values)) > 1 else -1
        for row in range(self._n):
            painter.setFont(self._bold if row == best or not values else self._plain)
            painter.setPen(theme.text if values else theme.quiet)
            line = QRectF(0, row * _ROW, self.width(), _ROW)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(row))
            if values:
                number = ticks.short(values[row])
                painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
