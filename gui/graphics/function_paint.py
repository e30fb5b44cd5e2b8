"""How functions, their slopes and the sums under them are painted: functions of the axes and what to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme, mix

RIGHT = 12  # room beside the plot for half of the last number
POINTS = 601
BINS = 60
HISTOGRAM_SHARE = 0.2  # of the height: a strip at the foot, so that no curve runs through the bars
MOST_TICKS = 240  # of the rug
ROW, NAME, FIGURE = 16, 88, 60  # of the table of values
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Axes:
    """Where the plot lies in its widget, and what of the plane it shows: −half to half, ``low`` to ``high``."""

    area: QRectF
    half: float
    low: float
    high: float
    theme: Theme

    @property
    def z(self) -> NDArray:
        """The places at which curves are drawn, (POINTS,)."""
        return np.linspace(-self.half, self.half, POINTS)

    @property
    def strip(self) -> QRectF:
        """The foot of the plot, which is the histogram's."""
        return self.area.adjusted(0, (1 - HISTOGRAM_SHARE) * self.area.height(), 0, 0)

    def x_of(self, z: float) -> float:
        """Where ``z`` is, in the widget's coordinates."""
        return self.area.left() + (z + self.half) / (2 * self.half) * self.area.width()

    def y_of(self, value: float) -> float:
        """Where a value of f or f′ is."""
        return self.area.bottom() - (value - self.low) / (self.high - self.low) * self.area.height()

    def z_of(self, x: float) -> float:
        """The z at a place of the widget."""
        return -self.half + (x - self.area.left()) / self.area.width() * 2 * self.half


@dataclass(frozen=True)
class Curve:
    """One function: ``f`` and ``slope`` at :attr:`Axes.z`, both (POINTS,)."""

    key: str
    title: str
    color: QColor
    f: NDArray
    slope: NDArray


@dataclass(frozen=True)
class Sums:
    """What lies under a curve: the weighted sums of a layer, counted.

    ``bars`` (BINS,) the share of them in each bin, ``flat`` (BINS,) True where the function is flat there, ``beyond`` the
    shares left and right of the plot, ``rug`` some of them, ``key`` the curve they go through ("" for none).
    """

    bars: NDArray
    flat: NDArray
    beyond: tuple[float, float]
    rug: NDArray
    key: str


def middles(half: float) -> NDArray:
    """The middle of every bin of a histogram from −half to half, (BINS,)."""
    return (np.arange(BINS) + 0.5) * (2 * half / BINS) - half


def count(values: NDArray, half: float, flat: NDArray, key: str) -> Sums:
    """The :class:`Sums` of ``values`` (any shape): all are counted, some make the rug."""
    values = np.nan_to_num(values.reshape(-1), nan=0.0)
    bars = np.histogram(values, BINS, (-half, half))[0] / max(len(values), 1)
    beyond = (float((values < -half).mean()), float((values > half).mean())) if len(values) else (0.0, 0.0)
    # Every so manieth value would come from the same few units; steps of the golden section meet all of them.
    few = len(values) <= MOST_TICKS
    rug = values if few else values[(np.arange(MOST_TICKS) * _GOLDEN % 1 * len(values)).astype(int)]
    return Sums(bars, flat, beyond, rug, key)


def paint_axes(painter: QPainter, axes: Axes) -> None:
    """Grid, numbers and the two lines of zero; the strip of the histogram has no grid."""
    area, low, high = axes.area, axes.low, axes.high
    painter.setFont(fonts.figures(CAPTION_PX))
    metrics = painter.fontMetrics()
    step = ticks.nice_step(high - low, max(int(area.height() / 44), 2))
    for value in ticks.nice_ticks(low, high, max(int(area.height() / 44), 2)):
        if axes.y_of(value) > axes.strip.top():
            continue
        y = round(axes.y_of(value)) + 0.5
        painter.setPen(QPen(mix(axes.theme.line, axes.theme.quiet, 0.5) if value == 0 else axes.theme.line, 1))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(axes.theme.quiet)
        text = ticks.tick_label(value, step)
        painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
    step = ticks.nice_step(2 * axes.half, 10)
    for value in ticks.nice_ticks(-axes.half, axes.half, 10):
        x = round(axes.x_of(value)) + 0.5
        if value == 0:
            painter.setPen(QPen(mix(axes.theme.line, axes.theme.quiet, 0.5), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(axes.theme.quiet)
        text = ticks.tick_label(value, step)
        width = metrics.horizontalAdvance(text)
        left = min(x - width / 2, axes.area.right() + RIGHT - width - 1)
        painter.drawText(QPointF(left, area.bottom() + 16), text)
    painter.drawText(QPointF(4, area.bottom() + 16), "z")


def paint_line(painter: QPainter, axes: Axes, y: NDArray, color: QColor, width: float, dashed: bool = False) -> None:
    """The values ``y`` (POINTS,) as a line; where they jump or are no numbers it is interrupted."""
    pen = QPen(color, width)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    if dashed:
        pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    area, low, high = axes.area, axes.low, axes.high
    xs = area.left() + np.arange(POINTS) / (POINTS - 1) * area.width()
    with np.errstate(all="ignore"):
        ys = (
            area.bottom()
            - (np.clip(y, low - 9 * (high - low), high + 9 * (high - low)) - low) / (high - low) * area.height()
        )
        # A jump, as the step's, is no slope: the line is interrupted there.
        broken = ~np.isfinite(ys) | (np.abs(np.diff(ys, prepend=ys[0])) > 0.2 * area.height())
    path, start = QPainterPath(), True
    for x, place, gap in zip(xs.tolist(), ys.tolist(), broken.tolist(), strict=True):
        if place != place:
            start = True
            continue
        if start or gap:
            path.moveTo(x, place)
        else:
            path.lineTo(x, place)
        start = False
    painter.drawPath(path)


def paint_sums(painter: QPainter, axes: Axes, sums: Sums) -> None:
    """Bars from the foot: full where a gradient passes, hollow in the flat part."""
    area = axes.area
    peak = max(float(sums.bars.max(initial=0.0)), 1e-9)
    width = area.width() / BINS
    fill, edge = mix(axes.theme.panel, axes.theme.quiet, 0.35), mix(axes.theme.panel, axes.theme.quiet, 0.6)
    for i in np.flatnonzero(sums.bars).tolist():
        height = sums.bars[i] / peak * axes.strip.height()
        bar = QRectF(area.left() + i * width + 0.5, area.bottom() - height, width - 1, height)
        if sums.flat[i]:
            painter.setPen(QPen(edge, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            painter.fillRect(bar, fill)
    painter.setFont(fonts.figures(CAPTION_PX))
    painter.setPen(axes.theme.quiet)
    for share, right in zip(sums.beyond, (False, True), strict=True):
        if share >= 0.0005:
            text = f"{ticks.percent(share)} ▸" if right else f"◂ {ticks.percent(share)}"
            width = painter.fontMetrics().horizontalAdvance(text)
            x = area.right() - width - 2 if right else area.left() + 2
            painter.drawText(QPointF(x, axes.strip.top() + 4), text)


def paint_rug(painter: QPainter, axes: Axes, sums: Sums, curves: Sequence[Curve], ratio: float) -> None:
    """Single sums: ticks at the foot, and dots where they lie on their function."""
    inside = sums.rug[np.abs(sums.rug) <= axes.half]
    if not len(inside):
        return
    foot = axes.area.bottom()
    painter.setPen(QPen(mix(axes.theme.panel, axes.theme.text, 0.6), 1))
    painter.drawLines([QLineF(x, foot, x, foot + 5) for x in map(axes.x_of, inside.tolist())])
    curve = next((curve for curve in curves if curve.key == sums.key), None)
    if curve is None:
        return
    # The same small picture at every place: several times as fast as drawing so many circles.
    dot = _dot(axes.theme, curve.color, ratio)
    half = dot.deviceIndependentSize().width() / 2
    some = inside[: MOST_TICKS // 3]
    painter.setClipRect(axes.area)
    for z, f in zip(some.tolist(), np.interp(some, axes.z, curve.f).tolist(), strict=True):
        if f == f:
            painter.drawPixmap(QPointF(axes.x_of(z) - half, axes.y_of(f) - half), dot)
    painter.setClipping(False)


def _dot(theme: Theme, color: QColor, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(7 * ratio), round(7 * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.panel, 0.8))
    painter.setBrush(color)
    middle = pixmap.deviceIndependentSize().width() / 2
    painter.drawEllipse(QPointF(middle, middle), 2.4, 2.4)
    painter.end()
    return pixmap


def paint_crosshair(painter: QPainter, axes: Axes, z: float, curves: Sequence[Curve], selected: str) -> None:
    """A line at ``z`` with a dot on every curve: full on f, hollow on f′."""
    area, x = axes.area, axes.x_of(z)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(axes.theme.quiet, 1))
    painter.drawLine(QPointF(round(x) + 0.5, area.top()), QPointF(round(x) + 0.5, area.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(area)
    for curve in curves:
        strong = curve.key == selected
        for y, hollow in ((curve.f, False), (curve.slope, True)):
            value = float(np.interp(z, axes.z, y))
            if value == value:
                painter.setPen(QPen(curve.color, 1.6))
                painter.setBrush(axes.theme.panel if hollow else curve.color)
                painter.drawEllipse(QPointF(x, axes.y_of(value)), *((4.0, 4.0) if strong else (2.4, 2.4)))
    painter.setClipping(False)


def paint_table(painter: QPainter, axes: Axes, z: float, curves: Sequence[Curve], selected: str) -> None:
    """f and f′ of everything drawn, in the upper corner that the cross-hair is not in."""
    rows = [(c, *(float(np.interp(z, axes.z, y)) for y in (c.f, c.slope))) for c in curves]
    width, height = 20 + NAME + 2 * FIGURE + 8, (len(rows) + 1) * ROW + 6
    left = axes.area.right() - width if z < 0 else axes.area.left()
    box = QRectF(left, axes.area.top() + 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(axes.theme.line, 1))
    painter.setBrush(axes.theme.panel)
    painter.drawRoundedRect(box, 4, 4)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    figures, names = fonts.figures(CAPTION_PX), fonts.caption()
    painter.setFont(names)
    painter.setPen(axes.theme.quiet)
    for place, word in enumerate(("f", "f′")):
        head = QRectF(left + 24 + NAME + place * FIGURE, box.top() + 2, FIGURE, ROW)
        painter.drawText(head, right, word)
    for row, (curve, f, slope) in enumerate(rows, 1):
        strong = curve.key == selected
        top = box.top() + 2 + row * ROW
        painter.setPen(QPen(curve.color, 2.4 if strong else 1.4))
        painter.drawLine(QPointF(left + 6, top + ROW / 2), QPointF(left + 20, top + ROW / 2))
        painter.setFont(fonts.caption(fonts.SEMIBOLD) if strong else names)
        painter.setPen(axes.theme.text)
        title = painter.fontMetrics().elidedText(curve.title, Qt.TextElideMode.ElideRight, NAME)
        painter.drawText(QRectF(left + 24, top, NAME, ROW), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(figures)
        for place, value in enumerate((f, slope)):
            painter.drawText(QRectF(left + 24 + NAME + place * FIGURE, top, FIGURE, ROW), right, ticks.short(value))
