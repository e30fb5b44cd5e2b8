"""The way of the weights: every mistake is a step in the plane of w₁ and w₂, and a cycle is a closed way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics.perceptron_picture import BOTTOM, LEFT, paint_axes
from gui.graphics.plane import Frame, polygon
from gui.panels.base import Panel
from gui.perceptron_view import PerceptronView
from gui.theme import PANEL_PADDING, Theme, mix

SINGLE = 60  # so many steps are told apart by a dot each
NEWEST = 16  # of more steps, those that stand out


class PerceptronWeights(Panel):
    """The newest steps in grey, the first weights as a square, those of now as a disc, the cycle in the accent."""

    title = "The way of the weights"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._view: PerceptronView | None = None
        self.setAccessibleName("The way of the weights")
        self.setToolTip(
            "Each mistake moves (w₁, w₂) by η · error · x, a step here. Where the way closes, the same mistakes come again: "
            "a cycle. The bias moves too, unseen."
        )

    def sizeHint(self) -> QSize:
        return QSize(240, 176)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 128)

    def show_view(self, view: PerceptronView) -> None:
        """Another moment."""
        self._view = view
        self.setAccessibleDescription("a closed way: a cycle" if view.turn is not None else f"{len(view.trail)} places")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        view, theme = self._view, self.theme
        if view is None:
            return
        painter = QPainter(self)
        if len(view.trail) < 2:
            painter.setPen(theme.quiet)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Every mistake will be a step here.")
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(PANEL_PADDING + LEFT - 4, 2, -PANEL_PADDING, -BOTTOM + 10)
        trail = view.trail[:, :2]
        shown = trail if view.turn is None else np.concatenate([trail, view.turn[:, :2]])
        frame = _frame(rect, shown)
        painter.setPen(QPen(theme.line, 1))
        origin = frame.to_pixels(0, 0)
        if rect.top() < origin.y() < rect.bottom():
            painter.drawLine(rect.left(), origin.y(), rect.right(), origin.y())
        if rect.left() < origin.x() < rect.right():
            painter.drawLine(origin.x(), rect.top(), origin.x(), rect.bottom())
        paint_axes(painter, theme, frame, ("w₁", "w₂"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        faint = len(trail) > SINGLE
        painter.setPen(QPen(mix(theme.panel, theme.quiet, 0.2 if faint else 0.6), 1.0 if faint else 1.25))
        painter.drawPolyline(polygon(frame, trail))
        if faint and view.turn is None:
            painter.setPen(QPen(mix(theme.panel, theme.quiet, 0.9), 1.25))
            painter.drawPolyline(polygon(frame, trail[-NEWEST:]))
        if view.turn is not None:
            single = len(view.turn) <= SINGLE
            painter.setPen(QPen(theme.accent, 2.5 if single else 1.0))
            painter.setBrush(mix(theme.panel, theme.accent, 0.13) if single else Qt.BrushStyle.NoBrush)
            painter.drawPolygon(polygon(frame, view.turn[:, :2]))
            painter.setFont(fonts.caption(fonts.SEMIBOLD))
            painter.setPen(theme.ink(theme.accent))
            painter.drawText(rect.adjusted(0, -2, -2, 0), Qt.AlignmentFlag.AlignRight, "cycle")
        self._dots(painter, frame, trail)
        painter.end()

    def _dots(self, painter: QPainter, frame: Frame, trail: NDArray) -> None:
        theme, view = self.theme, self._view
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(theme.panel, theme.quiet, 0.8))
        if len(trail) <= SINGLE:
            for x, y in trail[1:-1].tolist():
                painter.drawEllipse(frame.to_pixels(x, y), 2.5, 2.5)
        if len(trail):
            first = frame.to_pixels(*trail[0].tolist())
            painter.setPen(QPen(theme.quiet, 1.5))
            painter.setBrush(theme.panel)
            painter.drawRect(QRectF(first.x() - 3.5, first.y() - 3.5, 7, 7))
        assert view is not None
        assert view.line is not None
        painter.setPen(QPen(theme.panel, 1.5))
        painter.setBrush(theme.accent)
        painter.drawEllipse(frame.to_pixels(*view.line.w.tolist()), 5, 5)


def _frame(rect: QRectF, points: NDArray) -> Frame:
    """Around the points and the origin, in steps of a quarter octave, so that it does not follow every mistake."""
    low = np.minimum(points.min(axis=0, initial=0.0), 0)
    high = np.maximum(points.max(axis=0, initial=0.0), 0)
    size = np.maximum((high - low) * 1.3, 1e-9)
    scale = min(rect.width() / size[0], rect.height() / size[1])
    scale = 2.0 ** (np.floor(4 * np.log2(scale)) / 4)
    return Frame(rect, tuple(((low + high) / 2).tolist()), float(scale))
