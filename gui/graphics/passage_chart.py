"""What of a gradient is left layer by layer, as bars on a logarithmic axis."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme, mix

LEFT, TOP, BOTTOM, RIGHT = 44, 22, 34, 8
LEAST_DECADES = 2
MOST_DECADES = 12
WIDEST_BAR = 32.0


class PassageChart(QWidget):
    """Two bars a hidden layer: the mean slope there (hollow), and what is left of a gradient when it leaves (full)."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._slopes: tuple[float, ...] = ()
        self._products: tuple[float, ...] = ()
        self._chosen = 0
        self._decades = LEAST_DECADES
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What of a gradient is left in each layer")
        self.setToolTip(
            "Hollow: the mean slope f′ in a layer. Full: the product of it and those of all later layers, which is what the "
            "activations leave of a gradient on its way back. Watch it fade from layer to layer with sigmoid."
        )

    def sizeHint(self) -> QSize:
        return QSize(300, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 130)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_passage(self, slopes: tuple[float, ...], products: tuple[float, ...], chosen: int) -> None:
        """The mean slopes and their products, first hidden layer first; ``chosen`` (0 is the first) is marked."""
        self._slopes, self._products, self._chosen = slopes, products, chosen
        lows = [v for v in (*slopes, *products) if 0 < v < math.inf]
        needed = max(-math.floor(math.log10(min(lows, default=1.0)) + 1e-9), LEAST_DECADES)
        # An axis that follows at once would dance: it grows when it must and shrinks a decade late.
        if needed > self._decades or needed < self._decades - 1:
            self._decades = min(needed, MOST_DECADES)
        self.update()

    def _y(self, value: float, area: QRectF) -> float:
        top = self._top
        share = (math.log10(value) - top) / (top + self._decades) if value > 0 else -1.0
        return min(max(area.top() - share * area.height(), area.top()), area.bottom())

    @property
    def _top(self) -> float:
        """The decade on top: 1, or more where slopes are steeper."""
        highs = [v for v in (*self._slopes, *self._products) if 1 < v < math.inf]
        return min(math.ceil(math.log10(max(highs)) - 1e-9), MOST_DECADES) if highs else 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)
        theme = self.theme
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        room = max(int(area.height() / 18), 2)
        for exponent in ticks.log_ticks(-self._decades, self._top, room):
            y = round(self._y(10**exponent, area)) + 0.5
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            text = ticks.log_label(exponent)
            painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
        n = len(self._slopes)
        if n:
            step = area.width() / n
            width = min(step * 0.3, WIDEST_BAR)
            for i, (slope, product) in enumerate(zip(self._slopes, self._products, strict=True)):
                self._paint_layer(painter, area, area.left() + (i + 0.5) * step, width, i, slope, product)
        painter.end()

    def _paint_layer(
        self, painter: QPainter, area: QRectF, middle: float, width: float, i: int, slope: float, product: float
    ) -> None:
        theme, metrics = self.theme, painter.fontMetrics()
        color = theme.accent if i == self._chosen else mix(theme.panel, theme.quiet, 0.7)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for value, left, full in ((slope, middle - width - 1, False), (product, middle + 1, True)):
            top = self._y(value, area) if math.isfinite(value) else area.bottom()
            bar = QRectF(round(left) + 0.5, round(top) + 0.5, round(width), max(round(area.bottom() - top), 1))
            painter.setPen(QPen(color, 1))
            painter.setBrush(color if full else Qt.BrushStyle.NoBrush)
            painter.drawRect(bar)
        if len(self._slopes) <= 5 or i in (0, self._chosen):
            text = ticks.short(product) if product else "0"
            painter.setPen(theme.text)
            top = self._y(product, area) if math.isfinite(product) else area.bottom()
            painter.drawText(QPointF(middle + 1 + (width - metrics.horizontalAdvance(text)) / 2, top - 4), text)
        painter.setPen(theme.text if i == self._chosen else theme.quiet)
        name = f"Hidden {i + 1}" if len(self._slopes) <= 4 else f"{i + 1}"
        painter.drawText(QPointF(middle - metrics.horizontalAdvance(name) / 2, area.bottom() + 16), name)
        if i == 0:
            painter.setPen(theme.quiet)
            painter.drawText(QPointF(area.left(), self.height() - 4), "◂ the gradient comes from the right")
