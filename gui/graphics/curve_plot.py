"""The plot that the curves are drawn on: quiet axes with round numbers, two or three lines, a crosshair and marks.

Items are made once and given data for ever: pyqtgraph leaks and crawls when plots are cleared and made anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics import ticks
from gui.graphics.edges import draw_lines
from gui.theme import CAPTION_PX, Theme, mix

_NOTHING = np.empty(0)
_NO_AREA = np.empty((3, 0))
LEFT_AXIS, BOTTOM_AXIS, RIGHT_MARGIN = 56, 34, 16
FLAG_HEIGHT, STAFF = 16.0, 44.0
SMOOTH_TRAVEL = 20.0  # a line that goes up and down more than this many plot heights is not worth smoothing


def look_of(which: int, theme: Theme, branch: int = 0) -> tuple[QColor, list[float]]:
    """Color and dashes of the train (0), test (1) and validation (2) curve of a branch, the first one usually.

    Where noise swallows dashes and dots, the quiet and the strong color still tell these two from the train curve.
    """
    return ((theme.branch_color(branch), []), (theme.quiet, [4.0, 3.0]), (theme.text, [1.2, 2.0]))[which]


def gap_color(theme: Theme) -> QColor:
    """Of the area between the curves where unseen samples do worse: the danger, from afar."""
    return mix(theme.panel, theme.danger, 0.14)


class _Axis(pg.AxisItem):
    """An axis with a few round numbers. On a logarithmic one the range is in powers of ten."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.logarithmic = False
        self.percent = False
        self.enableAutoSIPrefix(False)

    def boundingRect(self) -> QRectF:
        # pyqtgraph drops labels that stick out: with a grid it leaves no room for those at the ends
        return super().boundingRect().adjusted(0, -8, 40, 8)

    def drawPicture(self, p: QPainter, axisSpec: tuple, tickSpecs: list, textSpecs: list) -> None:
        if self.orientation == "bottom":
            # Half of the last number stands right of the plot; a long one moves aside rather than be cut by the edge.
            room = self.size().width() + RIGHT_MARGIN - 1
            textSpecs = [(rect.translated(min(room - rect.right(), 0.0), 0.0), *more) for rect, *more in textSpecs]
        super().drawPicture(p, axisSpec, tickSpecs, textSpecs)

    def updateAutoSIPrefix(self) -> None:
        # there are no prefixes, and pyqtgraph would set the title's HTML anew with every change of range
        self.picture = None
        self.update()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        low, high = min(minVal, maxVal), max(minVal, maxVal)
        longest = len(ticks.number(high, 0)) * 6.5 + 16
        room = max(2, int(size / (34 if self.orientation == "left" else longest)))
        if self.logarithmic:
            return [(1.0, ticks.log_ticks(low, high, room))]
        step = ticks.nice_step(high - low, room)
        return [(step, ticks.nice_ticks(low, high, room))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logarithmic:
            return [ticks.log_label(v) for v in values]
        return [ticks.tick_label(v, spacing) + (" %" if self.percent else "") for v in values]


class _Curve(pg.PlotCurveItem):
    """A line of finite points with ascending x: pyqtgraph would look for NaN in them several times a frame."""

    def __init__(self) -> None:
        super().__init__(connect="all", skipFiniteCheck=True)

    def dataBounds(
        self, ax: int, frac: float = 1.0, orthoRange: tuple[float, float] | None = None
    ) -> tuple[float | None, float | None]:
        values = (self.xData, self.yData)[ax]
        return (None, None) if values is None or not len(values) else (float(values.min()), float(values.max()))


@dataclass(frozen=True, slots=True)
class BranchLines:
    """The train and the test curve of a branch that is not at hand, (x, y) each, and its color's place."""

    color: int
    train: tuple[NDArray, NDArray]
    test: tuple[NDArray, NDArray]


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at ``epoch`` with a few words."""

    epoch: float
    text: str


class CurvePlot(pg.PlotWidget):
    """Two lines over the epoch, or three.

    ``hovered(object)`` the epoch under the pointer, None when it left; ``rangeEdited()`` a person zoomed or moved the
    view; ``rangeChanged()`` the view is another, for whatever reason; ``fitRequested()`` a double-click.
    """

    hovered = Signal(object)
    rangeEdited = Signal()
    rangeChanged = Signal()
    fitRequested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._ready = False  # pyqtgraph paints and measures while it is being built
        self.theme = theme
        self._marks: tuple[Mark, ...] = ()
        self._best: tuple[int, float] | None = None
        self._cursor: float | None = None
        self._branch = 0
        self._others: list[tuple[_Curve, _Curve]] = []  # of the branches that are not at hand
        self._gap = _NO_AREA
        self._crosshair: tuple[float, tuple[float | None, ...]] | None = None
        self._hint = ""
        axes = {side: _Axis(side) for side in ("left", "bottom")}
        super().__init__(parent, background=theme.panel, enableMenu=False, axisItems=axes)
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # of the background: it holds the gap, another with every frame
        self.left, self.bottom = axes["left"], axes["bottom"]
        self.box = self.plotItem.getViewBox()
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0.0)
        self.box.setBorder(None)
        self.plotItem.hideButtons()
        self.plotItem.layout.setContentsMargins(0, 6, RIGHT_MARGIN, 0)
        for axis in (self.left, self.bottom):
            axis.setZValue(-1000)  # under the lines, and out of the way of the pointer
            axis.setStyle(
                tickFont=fonts.figures(CAPTION_PX), tickTextOffset=6, tickAlpha=255, hideOverlappingLabels=False
            )
            axis.label.setFont(fonts.caption())
        self.left.setWidth(LEFT_AXIS)
        self.bottom.setHeight(BOTTOM_AXIS)
        self.left.setGrid(255)
        self.train, self.test, self.validation = self._curves = (_Curve(), _Curve(), _Curve())
        for curve in self._curves:  # the dashes on top: between them the solid line is seen
            self.box.addItem(curve, ignoreBounds=True)
        self.box.sigRangeChanged.connect(self._on_range_changed)
        self.box.sigRangeChangedManually.connect(self._on_range_edited)
        self.setMouseTracking(True)
        self._ready = True
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of ``theme``. Nothing of pyqtgraph's global configuration is touched."""
        self.theme = theme
        self.setBackground(theme.panel)
        for axis in (self.left, self.bottom):
            axis.setPen(pg.mkPen(theme.panel if axis is self.left else theme.line))
            axis.setTickPen(pg.mkPen(theme.line))
            axis.setTextPen(pg.mkPen(theme.quiet))
        self._set_pens(smooth=True)
        self._others_key: tuple = ()
        self.viewport().update()

    def set_titles(self, left: str, bottom: str) -> None:
        """What the axes measure."""
        self.left.setLabel(left)
        self.bottom.setLabel(bottom)

    def set_scale(self, logarithmic: bool = False, percent: bool = False) -> None:
        """How the left axis writes its numbers: heights are powers of ten, or percent."""
        self.left.logarithmic, self.left.percent = logarithmic, percent
        self.left.picture = None
        self.left.update()

    def set_hint(self, text: str) -> None:
        """A quiet sentence in the middle while there is nothing to draw."""
        if text != self._hint:
            self._hint = text
            self.viewport().update()

    # --- the lines ------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """Device pixels across the plot: what a line can show."""
        return max(int(self.box.width() * self.devicePixelRatioF()), 2)

    def x_view(self) -> tuple[float, float]:
        """The epochs that the plot shows now."""
        low, high = self.box.viewRange()[0]
        return float(low), float(high)

    def set_curves(self, *lines: tuple[NDArray, NDArray]) -> None:
        """Draw these points, (x, y) each, finite: of train, test and, where there are any, validation samples."""
        low, high = self.box.viewRange()[1]
        height = max(high - low, 1e-300)
        travel = sum(float(np.abs(np.diff(np.clip(y, low, high))).sum()) for _, y in lines) / height
        # once smooth it stays so a little longer: a curve near the limit must not flicker
        self._set_pens(smooth=travel < (SMOOTH_TRAVEL if self.train.opts["antialias"] else 0.8 * SMOOTH_TRAVEL))
        for curve, line in zip(self._curves, lines, strict=False):
            curve.setData(*line)
        for curve in self._curves[len(lines) :]:
            if curve.xData is not None and len(curve.xData):
                curve.setData(_NOTHING, _NOTHING)

    def set_branch(self, color: int) -> None:
        """The train curve in the color of this branch, by its place."""
        if color != self._branch:
            self._branch = color
            self._set_pens(smooth=bool(self.train.opts["antialias"]))
            self.viewport().update()

    def set_others(self, lines: tuple[BranchLines, ...], strong: bool = False) -> None:
        """Draw the curves of other branches, finer and quieter, behind those at hand; ``strong`` where all are equals."""
        while len(self._others) < len(lines):
            pair = (_Curve(), _Curve())
            for curve in pair:
                curve.setZValue(-1)
                self.box.addItem(curve, ignoreBounds=True)
            self._others.append(pair)
        for i, pair in enumerate(self._others):
            given = (lines[i].train, lines[i].test) if i < len(lines) else ((_NOTHING, _NOTHING),) * 2
            for curve, line in zip(pair, given, strict=True):
                if len(line[0]) or (curve.xData is not None and len(curve.xData)):
                    curve.setData(*line)
        key = (self.theme, self.devicePixelRatioF(), strong, tuple(line.color for line in lines))
        if key == self._others_key:
            return
        self._others_key = key
        for line, pair in zip(lines, self._others, strict=False):
            color = mix(self.theme.panel, self.theme.branch_color(line.color), 1.0 if strong else 0.8)
            for curve, dashes in zip(pair, ([], look_of(1, self.theme)[1]), strict=True):
                pen = QPen(color, self.devicePixelRatioF() * (1.5 if strong else 1.0))
                pen.setCosmetic(True)
                if dashes:
                    pen.setDashPattern(dashes)
                curve.opts["antialias"] = True
                curve.setPen(pen)

    def paint_now(self) -> None:
        """Have the window painted with what was set. Never from within a layout, as in answer to a resize.

        The scene marks its views for painting in a queued call. Made now, the plot is painted in this frame, while
        training stands still, and not in a moment of its own that fights training for the interpreter. That call also
        has the whole window painted: half-way through a layout, what a shrinking plot leaves behind would stay.
        """
        # Without preparing first, a change of range is only noticed while painting, and all is painted twice.
        self.scene().prepareForPaint()
        QCoreApplication.sendPostedEvents(self.scene(), QEvent.Type.MetaCall.value)

    def _set_pens(self, smooth: bool) -> None:
        """Smooth thick lines where they are lines; thin plain ones where noise makes them areas, at a tenth of the cost."""
        ratio = self.devicePixelRatioF()  # a cosmetic pen counts in the screen's own pixels
        key = (smooth, self.theme, ratio, self._branch)
        if getattr(self, "_pens", None) == key:
            return
        self._pens = key
        for which, curve in enumerate(self._curves):
            color, dashes = look_of(which, self.theme, self._branch)
            pen = QPen(color, (1.6 if smooth else 1.0) * ratio)
            pen.setCosmetic(True)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
            if dashes:
                pen.setDashPattern(dashes)
            curve.opts["antialias"] = smooth
            curve.setPen(pen)

    def set_view(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show this range of epochs and values."""
        now = self.box.viewRange()
        if not np.allclose([x, y], now, rtol=1e-12, atol=0):
            self.box.setRange(xRange=x, yRange=y, padding=0, disableAutoRange=False)

    # --- crosshair and marks --------------------------------------------------------------------------------------

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is marked now."""
        return self._marks

    def set_marks(self, marks: tuple[Mark, ...]) -> None:
        """Vertical lines over the curves, in the colour of danger."""
        if marks != self._marks:
            self._marks = marks
            self.viewport().update()

    @property
    def best(self) -> int | None:
        """The epoch with the flag."""
        return None if self._best is None else self._best[0]

    def set_best(self, epoch: int | None, height: float = 0.0) -> None:
        """A flag on the curve, at the epoch that early stopping would go back to and its value; None for none."""
        best = None if epoch is None else (epoch, height)
        if best != self._best:
            self._best = best
            self.viewport().update()

    @property
    def gap(self) -> NDArray:
        """(3, n) x, lower and upper side of the shaded area."""
        return self._gap

    def set_gap(self, gap: NDArray) -> None:
        """Shade an area, (3, n) x, lower and upper side, under the lines and the grid; an empty one for none."""
        if gap.shape[1] or self._gap.shape[1]:
            self._gap = gap
            self.viewport().update()

    @property
    def cursor(self) -> float | None:
        """The epoch of the past that is looked at, where there is one."""
        return self._cursor

    def set_cursor(self, epoch: float | None) -> None:
        """A vertical line at the epoch that everything shows; None while that is the newest."""
        if epoch != self._cursor:
            self._cursor = epoch
            self.viewport().update()

    def set_crosshair(self, at: tuple[float, tuple[float | None, ...]] | None) -> None:
        """A vertical line at an epoch, with a dot on each of the lines (None: no dot)."""
        if at != self._crosshair:
            self._crosshair = at
            self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawBackground(painter, rect)
        if not self._ready or not self._gap.shape[1]:
            return
        area, ((left, right), (low, high)) = self.box.sceneBoundingRect(), self.box.viewRange()
        if area.width() < 1:
            return
        x, lower, upper = self._gap
        pixel = (right - left) / area.width()
        columns = np.arange(math.floor(area.width())) + 0.5
        at = left + columns * pixel
        inside = (at >= x[0]) & (at <= x[-1])
        # A line for each column of pixels: a polygon with every wiggle of noise takes ten times as long.
        lines = np.empty((int(inside.sum()), 4))
        lines[:, 0] = lines[:, 2] = area.left() + columns[inside]
        for end, side in ((1, lower), (3, upper)):
            share = (np.interp(at[inside], x, side) - low) / (high - low)
            lines[:, end] = area.bottom() - np.clip(share, 0, 1) * area.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(gap_color(self.theme), 1, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        draw_lines(painter, lines)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        signs = (self._crosshair, self._best, self._cursor)
        if not self._ready or (all(sign is None for sign in signs) and not self._marks and not self._hint):
            return
        area = self.box.sceneBoundingRect()
        painter.save()
        painter.setClipRect(area)
        painter.setFont(fonts.caption())
        if self._hint:
            painter.setPen(self.theme.quiet)
            wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(8, 0, -8, 0), int(wrap), self._hint)
        if self._best is not None:
            self._draw_best(painter, area, *self._best)
        for mark in self._marks:
            self._draw_line(painter, area, mark.epoch, self.theme.danger, mark.text)
        if self._cursor is not None:
            self._draw_line(painter, area, self._cursor, self.theme.accent)
        if self._crosshair is not None:
            epoch, values = self._crosshair
            self._draw_line(painter, area, epoch, self.theme.quiet)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for which, value in enumerate(values):
                if value is not None:
                    color, dashes = look_of(which, self.theme, self._branch)
                    painter.setPen(QPen(color, 1.6))
                    painter.setBrush(self.theme.panel if dashes else color)
                    painter.drawEllipse(self.box.mapViewToScene(QPointF(epoch, value)), 3.2, 3.2)
        painter.restore()

    def _draw_best(self, painter: QPainter, area: QRectF, epoch: int, height: float) -> None:
        at = self.box.mapViewToScene(QPointF(epoch, height))
        x = at.x()
        if not area.left() - 1 <= x <= area.right() + 1:
            return
        y = min(max(at.y(), area.top() + FLAG_HEIGHT + 6), area.bottom())
        top = max(y - STAFF, area.top() + 2)
        text = f"best {epoch:,}"
        width = painter.fontMetrics().horizontalAdvance(text) + 10
        left = x if x + width <= area.right() else x - width
        painter.setPen(QPen(self.theme.text, 1))
        painter.drawLine(QPointF(x, y), QPointF(x, top))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self.theme.text)
        painter.drawEllipse(QPointF(x, y), 2.5, 2.5)
        painter.setPen(Qt.PenStyle.NoPen)
        flag = QRectF(left, top, width, FLAG_HEIGHT)
        painter.drawRect(flag)
        painter.setPen(self.theme.panel)
        painter.drawText(flag, Qt.AlignmentFlag.AlignCenter, text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_line(self, painter: QPainter, area: QRectF, epoch: float, color: QColor, text: str = "") -> None:
        x = round(self.box.mapViewToScene(QPointF(epoch, 0.0)).x()) + 0.5
        if not area.left() - 1 <= x <= area.right() + 1:
            return
        x = min(x, area.right() - 0.5)
        painter.setPen(QPen(color, 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if text:
            width = painter.fontMetrics().horizontalAdvance(text) + 8
            # beside the line, on whichever side has the room
            left = x + 3 if x + 3 + width <= area.right() else x - 3 - width
            label = QRectF(max(left, area.left()), area.top() + 1, width, 16)
            painter.fillRect(label, self.theme.panel)
            painter.setPen(self.theme.ink(color))
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)

    # --- the pointer ----------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        super().mouseMoveEvent(ev)
        at = self.mapToScene(ev.position().toPoint())
        self.hovered.emit(self.box.mapSceneToView(at).x() if self.box.sceneBoundingRect().contains(at) else None)

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.hovered.emit(None)

    def mouseDoubleClickEvent(self, ev: QMouseEvent) -> None:
        self.fitRequested.emit()
        ev.accept()

    def resizeEvent(self, ev: QResizeEvent) -> None:
        super().resizeEvent(ev)
        if self._ready:
            self.rangeChanged.emit()

    def _on_range_changed(self, *_: object) -> None:
        self.rangeChanged.emit()

    def _on_range_edited(self, *_: object) -> None:
        self.rangeEdited.emit()
