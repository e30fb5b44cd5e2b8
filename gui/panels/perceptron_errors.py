"""Errors per epoch: a bar each, and where the first epoch without one is, or the cycle begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.panels.base import Panel
from gui.perceptron_view import PerceptronView
from gui.theme import GRID, PANEL_PADDING, Theme, mix

FIRST_EPOCHS = 10  # the axis shows at least so many, so that the first bars are no walls
_LEFT, _BOTTOM, _TOP = 26.0, 34.0, 24.0


class PerceptronErrors(Panel):
    """Bars while there is room for them, a skyline of the largest beyond."""

    title = "Errors per epoch"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._view: PerceptronView | None = None
        self._errors: NDArray = np.empty(0, np.int64)
        self.setAccessibleName("Errors per epoch")
        self.setToolTip(
            "How many samples were answered wrong in each epoch, while the line moved. Training ends at the first epoch "
            "without an error."
        )

    def sizeHint(self) -> QSize:
        return QSize(320, 176)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 128)

    def show_view(self, view: PerceptronView) -> None:
        """Another moment."""
        self._view, self._errors = view, np.array(view.errors_per_epoch, np.int64)
        text = ", ".join(map(str, view.errors_per_epoch[-20:]))
        self.setAccessibleDescription(f"{len(self._errors)} epochs; the newest: {text}" if text else "No epoch yet")
        self.update()

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(PANEL_PADDING + _LEFT, _TOP, -PANEL_PADDING, -_BOTTOM - GRID / 2)

    def explain_at(self, at: object) -> str:
        """For F1 and the tooltip: the epoch there."""
        plot, n = self._plot(), len(self._errors)
        epoch = int((QPointF(at).x() - plot.left()) / plot.width() * self._span())  # type: ignore[call-overload]
        return f"Epoch {epoch + 1:,}: {ticks.number(self._errors[epoch], 0)} wrong." if 0 <= epoch < n else ""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain_at(event.pos()) or self.toolTip(), self)
            return True
        return super().event(event)

    def _span(self) -> int:
        return max(len(self._errors) + 1, FIRST_EPOCHS)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, plot, theme = QPainter(self), self._plot(), self.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = self._view
        if view is None or plot.height() < 20:
            return
        most = max(int(self._errors.max(initial=0)), view.errors, min(4, max(len(view.labels), 1)))
        self._axes(painter, plot, most)
        if not len(self._errors) and not view.position:
            painter.setFont(fonts.body())
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, "Every epoch will be a bar here.")
        pitch = plot.width() / self._span()
        painter.setPen(Qt.PenStyle.NoPen)
        heights = np.append(self._errors, view.errors) / most * plot.height()
        if pitch >= 3:
            gap = min(3.0, pitch / 4)
            for i, height in enumerate(heights.tolist()):
                painter.setBrush(theme.danger if i < len(self._errors) else mix(theme.panel, theme.danger, 0.45))
                left = plot.left() + i * pitch
                painter.drawRoundedRect(QRectF(left + gap / 2, plot.bottom() - height, pitch - gap, height), 1, 1)
        else:
            self._skyline(painter, plot, heights)
        self._marks(painter, plot, pitch, view)
        painter.end()

    def _axes(self, painter: QPainter, plot: QRectF, most: int) -> None:
        theme = self.theme
        painter.setFont(fonts.tabular(fonts.caption()))
        step = max(ticks.nice_step(most, max(int(plot.height() // 26), 1)), 1.0)
        for errors in ticks.nice_ticks(0, most, max(round(most / step), 1)):
            y = plot.bottom() - errors / most * plot.height()
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(theme.quiet)
            box = QRectF(plot.left() - 60, y - 8, 54, 16)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, right, f"{errors:,.0f}")
        span = self._span()
        step = max(ticks.nice_step(span, max(int(plot.width() // 44), 1)), 1.0)
        for epoch in np.arange(step, span + 0.5, step).tolist():
            x = plot.left() + (epoch - 0.5) / span * plot.width()
            painter.drawText(QRectF(x - 30, plot.bottom() + 3, 60, 14), Qt.AlignmentFlag.AlignCenter, f"{epoch:,.0f}")
        painter.drawText(
            QRectF(plot.left(), plot.bottom() + 17, plot.width(), 14), Qt.AlignmentFlag.AlignCenter, "epoch"
        )
        painter.drawText(QRectF(plot.left() - _LEFT, plot.top() - _TOP, 100, 14), Qt.AlignmentFlag.AlignLeft, "wrong")

    def _skyline(self, painter: QPainter, plot: QRectF, heights: NDArray) -> None:
        """The largest of each pixel's epochs, so that no bad one is lost."""
        columns = max(int(plot.width()), 1)
        x = (np.arange(len(heights)) * columns // self._span()).astype(np.int64)
        tops = np.zeros(columns)
        np.maximum.at(tops, x, heights)
        painter.setBrush(self.theme.danger)
        for column in np.flatnonzero(tops).tolist():
            painter.drawRect(QRectF(plot.left() + column, plot.bottom() - tops[column], 1, tops[column]))

    def _marks(self, painter: QPainter, plot: QRectF, pitch: float, view: PerceptronView) -> None:
        theme = self.theme
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        if view.converged_epoch is not None:
            x = plot.left() + (view.converged_epoch - 0.5) * pitch
            painter.setPen(QPen(theme.success, 2))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.top()))
            painter.setPen(theme.ink(theme.success))
            self._flag(painter, plot, x, f"converged at {view.converged_epoch:,}")
        elif view.cycle is not None:
            x = plot.left() + view.cycle.first_epoch * pitch
            painter.setPen(QPen(theme.accent, 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.top()))
            painter.setPen(theme.ink(theme.accent))
            self._flag(painter, plot, x, "repeats from here")

    def _flag(self, painter: QPainter, plot: QRectF, x: float, text: str) -> None:
        """The words at a mark: right of it, or left where there is no room."""
        width = painter.fontMetrics().horizontalAdvance(text)
        left = x + 4 if x + width + 8 < plot.right() + PANEL_PADDING else x - width - 4
        painter.drawText(QRectF(left, plot.top() - _TOP + 2, width + 4, 14), Qt.AlignmentFlag.AlignLeft, text)
