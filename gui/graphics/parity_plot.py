"""A few curves over the epochs, told apart by their dashes: on a logarithmic axis or a plain one, with a line not to cross."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme

LEFT, TOP, RIGHT, BOTTOM = 56, 24, 12, 34
FLOOR = 1e-18  # what is less, and nothing at all, is drawn at the foot of a logarithmic axis
WIDTHS = (3.0, 2.0, 2.0)  # the first is broad, so that it shows beside those that lie on it
DASHES: tuple[list[float], ...] = ([], [5.0, 3.0], [1.5, 2.0])


@dataclass(frozen=True)
class Curve:
    """``y`` (m,) by epoch, from epoch 0; ``which`` gives its colour, width and dashes."""

    title: str
    which: int
    y: NDArray


def pen_of(theme: Theme, which: int) -> QPen:
    """How curve ``which`` is drawn, in plots and in their keys."""
    pen = QPen(theme.line_color(which), WIDTHS[which % len(WIDTHS)])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashes := DASHES[which % len(DASHES)]:
        pen.setDashPattern(dashes)
    return pen


def thinned(xs: NDArray, ys: NDArray, columns: int) -> tuple[NDArray, NDArray]:
    """Of a long line the lowest and the highest point of every stretch, so that two a column of pixels are left."""
    size = len(xs) // columns
    if size < 3:
        return xs, ys
    whole = len(xs) // size * size
    blocks = ys[:whole].reshape(-1, size)
    starts = np.arange(len(blocks)) * size
    rows = np.unique(np.concatenate([starts + blocks.argmin(axis=1), starts + blocks.argmax(axis=1), [len(xs) - 1]]))
    return xs[rows], ys[rows]


class ParityPlot(QWidget):
    """``pointed(object)``: the epoch under the pointer or where the arrow keys stand, or None."""

    pointed = Signal(object)

    def __init__(self, theme: Theme, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.title = theme, title
        self.curves: tuple[Curve, ...] = ()
        self.logarithmic = True
        self.hint = ""
        self.epoch: int | None = None
        self._bound: tuple[float, str] | None = None
        self._end = 1
        self.read: Callable[[float], str] = ticks.loss  # how a value is written
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setWhatsThis(f"{tip} Point at it, or move with the arrow keys, to read all curves at one epoch.")

    def sizeHint(self) -> QSize:
        return QSize(400, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    # --- what it shows --------------------------------------------------------------------------------------------

    def set_hint(self, hint: str) -> None:
        """What stands there while there is no curve."""
        self.hint = hint
        self.update()

    def set_bound(self, value: float, name: str) -> None:
        """A line at ``value`` that is always in sight."""
        self._bound = (value, name)

    def set_logarithmic(self, logarithmic: bool) -> None:
        """The vertical axis: powers of ten, or plain numbers."""
        self.logarithmic = logarithmic
        self.update()

    def show_curves(self, curves: Sequence[Curve], end: int) -> None:
        """Draw these over the epochs 0 to ``end``."""
        self.curves, self._end = tuple(curves), max(end, 1)
        if self.epoch is not None and self.epoch > self._last:
            self._point(None)
        said = [f"{c.title} {self.read(float(c.y[-1]))}" for c in self.curves if len(c.y)]
        self.setAccessibleDescription(f"Epoch {self._last}: {', '.join(said)}" if said else self.hint)
        self.update()

    @property
    def _last(self) -> int:
        return max((len(curve.y) for curve in self.curves), default=1) - 1

    @staticmethod
    def words(value: float) -> str:
        """A difference as it is read out: two figures, whatever its size."""
        if not math.isfinite(value):
            return ticks.NOT_FINITE
        rounded = float(f"{value:.2g}")
        return f"{rounded:.2g}" if not value or 1e-3 <= abs(rounded) < 100 else ticks.power(rounded)

    def _heights(self) -> tuple[float, float]:
        """The ends of the vertical axis, in powers of ten where it is logarithmic."""
        values = np.concatenate([curve.y for curve in self.curves] or [np.ones(1)])
        values = values[np.isfinite(values)]
        bound = [] if self._bound is None else [self._bound[0]]
        if not self.logarithmic:
            high = max([*values.tolist(), *bound, 1e-12])
            return min([0.0, *values.tolist()]), 1.05 * high
        sizes = [math.log10(v) for v in (*values[values > FLOOR].tolist(), *bound)] or [0.0]
        low, high = min(sizes), max(sizes)
        room = max(0.06 * (high - low), 0.1 if self._bound is None else 0.5)
        return low - room, high + room

    @property
    def area(self) -> QRectF:
        """Where curves are."""
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, area = QPainter(self), self.area
        painter.fillRect(self.rect(), self.theme.panel)
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        painter.setPen(self.theme.text)
        painter.drawText(QPointF(LEFT, 14), self.title)
        if not any(len(curve.y) for curve in self.curves):
            painter.fillRect(area, self.theme.sunken)
            painter.setFont(fonts.body())
            painter.setPen(self.theme.ink(self.theme.quiet, self.theme.sunken))
            wrap = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(area.adjusted(24, 4, -24, -4), wrap, self.hint)
        else:
            low, high = self._heights()
            self._paint_axes(painter, area, low, high)
            for curve in self.curves:
                self._paint_curve(painter, area, low, high, curve)
            if self.epoch is not None:
                self._paint_reading(painter, area, self.epoch)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.accent, 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _y(self, area: QRectF, low: float, high: float, value: float) -> float:
        height = math.log10(max(value, FLOOR)) if self.logarithmic else value
        return area.bottom() - (min(max(height, low), high) - low) / (high - low) * area.height()

    def _paint_axes(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        room = max(int(area.height() / 28), 2)
        if self.logarithmic:
            marks = [(10**e, ticks.log_label(e)) for e in ticks.log_ticks(low, high, room)]
        else:
            step = ticks.nice_step(high - low, room)
            marks = [(v, ticks.tick_label(v, step)) for v in ticks.nice_ticks(low, high, room)]
        for value, text in marks:
            y = round(self._y(area, low, high, value)) + 0.5
            painter.setPen(QPen(self.theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self.theme.quiet)
            painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
        if self._bound is not None:
            value, name = self._bound
            y = round(self._y(area, low, high, value)) + 0.5
            painter.setPen(QPen(self.theme.quiet, 1, Qt.PenStyle.DashDotLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.drawText(QPointF(area.right() - metrics.horizontalAdvance(name) - 4, y - 4), name)
        self._paint_epochs(painter, area)

    def _paint_epochs(self, painter: QPainter, area: QRectF) -> None:
        metrics = painter.fontMetrics()
        painter.setPen(self.theme.quiet)
        for value in ticks.nice_ticks(0, self._end, max(min(int(area.width() / 64), self._end), 1)):
            if value == int(value):
                text = f"{value:,.0f}"
                x = area.left() + value / self._end * area.width() - metrics.horizontalAdvance(text) / 2
                at = min(x, self.width() - metrics.horizontalAdvance(text) - 1)
                painter.drawText(QPointF(at, area.bottom() + 15), text)
        painter.drawText(
            QPointF(area.center().x() - metrics.horizontalAdvance("epoch") / 2, self.height() - 4), "epoch"
        )

    def _paint_curve(self, painter: QPainter, area: QRectF, low: float, high: float, curve: Curve) -> None:
        sound = np.flatnonzero(np.isfinite(curve.y))
        if not len(sound):
            return
        values = curve.y[sound]
        heights = np.log10(np.maximum(values, FLOOR)) if self.logarithmic else values
        ys = area.bottom() - (np.clip(heights, low, high) - low) / (high - low) * area.height()
        xs = area.left() + sound / self._end * area.width()
        xs, ys = thinned(xs, ys, max(int(area.width()), 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = pen_of(self.theme, curve.which)
        painter.setPen(pen)
        if len(sound) == 1:
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setWidthF(6)
            painter.setPen(pen)
            painter.drawPoint(QPointF(xs[0], ys[0]))
        else:
            painter.drawPolyline(QPolygonF(list(map(QPointF, xs.tolist(), ys.tolist()))))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_reading(self, painter: QPainter, area: QRectF, epoch: int) -> None:
        """A line at the epoch, and beside the title what every curve is there."""
        x = round(area.left() + epoch / self._end * area.width()) + 0.5
        painter.setPen(QPen(self.theme.quiet, 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        parts: list[tuple[str, QColor]] = [
            (f"{c.title} {self.read(float(c.y[epoch]))}", self.theme.ink(self.theme.line_color(c.which)))
            for c in self.curves if epoch < len(c.y)
        ]  # fmt: skip
        parts.insert(0, (f"epoch {epoch:,}", self.theme.quiet))
        at = area.right() - sum(metrics.horizontalAdvance(text) + 12 for text, _ in parts) + 12
        for text, color in parts:
            painter.setPen(color)
            painter.drawText(QPointF(at, 14), text)
            at += metrics.horizontalAdvance(text) + 12

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def _point(self, epoch: int | None) -> None:
        if epoch != self.epoch:
            self.epoch = epoch
            self.pointed.emit(epoch)
            self.update()

    def set_epoch(self, epoch: object) -> None:
        """Read this epoch, as another plot does; emits nothing."""
        self.epoch = epoch if isinstance(epoch, int) and epoch <= self._last else None
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, x = self.area, event.position().x()
        share = (x - area.left()) / area.width()
        shown = any(len(curve.y) for curve in self.curves)
        self._point(min(round(share * self._end), self._last) if shown and 0 <= share <= 1 else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}.get(
            Qt.Key(event.key())
        )
        if Qt.Key(event.key()) in (Qt.Key.Key_Home, Qt.Key.Key_End):
            step = -self._last if event.key() == Qt.Key.Key_Home else self._last
        if step is None or not any(len(curve.y) for curve in self.curves):
            super().keyPressEvent(event)
            return
        at = self._last if self.epoch is None else self.epoch
        self._point(min(max(at + step, 0), self._last))
