"""The picture of a finding: the histogram, bars, curve, ranges or table of this very run that it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from engine.doctor.evidence import Bars, Curve, Evidence, Histogram, Ranges, Rows
from engine.doctor.words import figure as words_figure
from gui import fonts
from gui.graphics import ticks
from gui.theme import Theme, mix

_TITLE = 20.0
_RIGHT, _LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
_MIDDLE, _CENTER = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignCenter


class EvidencePicture(QWidget):
    """Paints one piece of evidence; nothing while there is none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._evidence: Evidence | None = None
        self.setMinimumSize(160, 96)

    def sizeHint(self) -> QSize:
        return QSize(280, 168)

    def show_evidence(self, evidence: Evidence | None) -> None:
        """Show another piece of evidence."""
        self._evidence = evidence
        if evidence is not None:
            self.setAccessibleName(evidence.title)
            self.setAccessibleDescription(words(evidence))
            self.setToolTip(f"{evidence.title}, measured in this run at the last checkup.")
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._evidence is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        painter.setPen(self._theme.quiet)
        title, flags = self._evidence.title, int(_LEFT | Qt.TextFlag.TextWordWrap)
        height = painter.boundingRect(QRectF(0, 0, self.width(), 2 * _TITLE), flags, title).height()
        painter.drawText(QRectF(0, 0, self.width(), height), flags, title)
        painter.setFont(fonts.figures(11))
        top = max(height + 4, _TITLE)
        box = QRectF(0, top, self.width(), self.height() - top)
        _PAINTERS[type(self._evidence)](painter, self._theme, self._evidence, box)
        painter.end()


def words(evidence: Evidence) -> str:
    """The picture for those who can't see it."""
    if isinstance(evidence, Bars):
        return ", ".join(f"{name} {figure(v)}" for name, v in zip(evidence.labels, evidence.values, strict=True))
    if isinstance(evidence, Curve):
        return ", ".join(f"{name} from {figure(v[0])} to {figure(v[-1])}" for name, v in evidence.lines if len(v))
    if isinstance(evidence, Ranges):
        rows = zip(evidence.labels, evidence.low, evidence.high, strict=True)
        return ", ".join(f"{name} {figure(low)} to {figure(high)}" for name, low, high in rows)
    if isinstance(evidence, Histogram):
        return f"Values from {figure(evidence.edges[0])} to {figure(evidence.edges[-1])}"
    return f"{len(evidence.values)} rows of numbers that are alike"


def figure(value: float) -> str:
    """Two digits: what an axis has room for."""
    return words_figure(float(value), 2)


def _text(painter: QPainter, box: QRectF, align: Qt.AlignmentFlag, text: str, color: QColor) -> None:
    painter.setPen(color)
    painter.drawText(
        box, align, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()) + 1)
    )


def _fill(painter: QPainter, box: QRectF, color: QColor) -> None:
    painter.fillRect(box.normalized(), color)


def _histogram(painter: QPainter, theme: Theme, evidence: Histogram, box: QRectF) -> None:
    plot = box.adjusted(2, 4, -2, -18)
    low, high = float(evidence.edges[0]), float(evidence.edges[-1])

    def x(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return plot.left() + share * plot.width()

    for start, stop in evidence.flat:
        if x(stop) > x(start):
            _fill(painter, QRectF(x(start), plot.top(), x(stop) - x(start), plot.height()), theme.sunken)
    peak = max(float(evidence.counts.max(initial=0)), 1.0)
    for count, left, right in zip(evidence.counts, evidence.edges, evidence.edges[1:], strict=False):
        height = plot.height() * float(count) / peak
        if count:
            _fill(
                painter,
                QRectF(x(left), plot.bottom() - max(height, 1), x(right) - x(left) - 1, max(height, 1)),
                theme.accent,
            )
    painter.setPen(QPen(theme.line, 1))
    painter.drawLine(QPointF(plot.left(), plot.bottom()), QPointF(plot.right(), plot.bottom()))
    painter.setPen(QPen(theme.quiet, 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x(0), plot.top()), QPointF(x(0), plot.bottom()))
    for value, align in ((low, _LEFT), (0.0, _CENTER), (high, _RIGHT)):
        if value == 0.0 and not 0.15 < -low / (high - low) < 0.85:
            continue
        at = {_LEFT: plot.left(), _CENTER: x(0) - 40, _RIGHT: plot.right() - 80}[align]
        _text(painter, QRectF(at, plot.bottom() + 2, 80, 16), align | _MIDDLE, figure(value), theme.quiet)


def _bars(painter: QPainter, theme: Theme, evidence: Bars, box: QRectF) -> None:
    """Lying bars, so that names have room; the marked one in full colour."""
    values = [v if math.isfinite(v) else math.inf for v in evidence.values]
    finite = [v for v in values if 0 < v < math.inf] or [1.0]
    label, number = 64.0, 56.0
    pitch = min(box.height() / len(values), 26.0)
    room = box.width() - label - number
    low, high = math.log10(min(finite)) - 0.3, math.log10(max(finite))
    for i, (name, value) in enumerate(zip(evidence.labels, values, strict=True)):
        top = box.top() + i * pitch
        share = min(value / max(finite), 1.0)
        if evidence.logarithmic and value > 0:
            share = min((math.log10(value) - low) / (high - low), 1.0) if value < math.inf else 1.0
        marked = i == evidence.marked
        _fill(painter, QRectF(box.left() + label, top + 3, max(room * share, 1.0), max(pitch - 6, 3)),
              theme.accent if marked else mix(theme.panel, theme.accent, 0.4))  # fmt: skip
        painter.setFont(fonts.sized(11, QFont.Weight.DemiBold if marked else QFont.Weight.Normal))
        color = theme.text if marked else theme.quiet
        _text(painter, QRectF(box.left(), top, label - 6, pitch), _LEFT | _MIDDLE, name, color)
        painter.setFont(fonts.figures(11))
        _text(painter, QRectF(box.right() - number + 4, top, number - 4, pitch), _RIGHT | _MIDDLE, figure(value), color)


def _curve(painter: QPainter, theme: Theme, evidence: Curve, box: QRectF) -> None:
    plot = box.adjusted(40, 4, -4, -18)
    everything = np.concatenate([values for _, values in evidence.lines])
    everything = everything[np.isfinite(everything)]
    if not len(evidence.epochs) or not len(everything):
        return
    first, last = float(evidence.epochs[0]), float(evidence.epochs[-1])
    low, high = min(0.0, float(everything.min())), float(everything.max()) or 1.0
    scale_x = plot.width() / max(last - first, 1e-9)
    scale_y = plot.height() / max(high - low, 1e-9)
    for value in ticks.nice_ticks(low, high, 3):
        y = plot.bottom() - (value - low) * scale_y
        painter.setPen(QPen(theme.line, 1))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        _text(painter, QRectF(box.left(), y - 8, 34, 16), _RIGHT | _MIDDLE, figure(value), theme.quiet)
    if evidence.mark is not None:
        x = plot.left() + (evidence.mark - first) * scale_x
        painter.setPen(QPen(theme.text, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        _text(painter, QRectF(x + 4, plot.top(), max(plot.right() - x - 4, 10), 14), _LEFT | _MIDDLE, evidence.mark_text,
              theme.quiet)  # fmt: skip
    for i, (_, values) in enumerate(evidence.lines):
        painter.setPen(QPen(theme.quiet, 1.5, Qt.PenStyle.DashLine) if i else QPen(theme.accent, 1.5))
        painter.drawPolyline(_line(evidence.epochs, values, plot, first, low, scale_x, scale_y))
    for value, align in ((first, _LEFT), (last, _RIGHT)):
        at = plot.left() if align == _LEFT else plot.right() - 60
        _text(painter, QRectF(at, plot.bottom() + 2, 60, 16), align | _MIDDLE, f"{value:,.0f}", theme.quiet)
    names = "epoch" if len(evidence.lines) == 1 else "solid: train, dashed: test"
    middle = QRectF(plot.left() + 30, plot.bottom() + 2, max(plot.width() - 60, 1), 16)
    _text(painter, middle, _CENTER, names, theme.quiet)


def _line(
    epochs: NDArray, values: NDArray, plot: QRectF, first: float, low: float, scale_x: float, scale_y: float
) -> QPolygonF:
    keep = np.isfinite(values)
    xs = plot.left() + (epochs[keep] - first) * scale_x
    ys = plot.bottom() - (values[keep] - low) * scale_y
    return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])


def _ranges(painter: QPainter, theme: Theme, evidence: Ranges, box: QRectF) -> None:
    label, number = 48.0, 64.0
    plot = box.adjusted(label, 0, -number, 0)
    low, high = min(0.0, *evidence.low), max(0.0, *evidence.high)
    scale = plot.width() / max(high - low, 1e-9)
    pitch = min(plot.height() / len(evidence.labels), 24.0)
    widest = int(np.argmax(np.maximum(np.abs(evidence.low), np.abs(evidence.high))))
    for i, (name, start, stop) in enumerate(zip(evidence.labels, evidence.low, evidence.high, strict=True)):
        top = plot.top() + i * pitch
        color = theme.accent if i == widest else mix(theme.panel, theme.accent, 0.4)
        left = plot.left() + (start - low) * scale
        _fill(painter, QRectF(left, top + 4, max((stop - start) * scale, 1.5), max(pitch - 8, 3)), color)
        _text(painter, QRectF(box.left(), top, label - 4, pitch), _LEFT | _MIDDLE, name, theme.quiet)
        _text(painter, QRectF(plot.right() + 4, top, number - 4, pitch), _RIGHT | _MIDDLE,
              f"{figure(round(start, 1))} … {figure(round(stop, 1))}", theme.quiet)  # fmt: skip
    painter.setPen(QPen(theme.quiet, 1, Qt.PenStyle.DashLine))
    zero = plot.left() - low * scale
    painter.drawLine(QPointF(zero, plot.top()), QPointF(zero, plot.top() + pitch * len(evidence.labels)))


def _rows(painter: QPainter, theme: Theme, evidence: Rows, box: QRectF) -> None:
    label = 64.0
    values = evidence.values
    peak = float(np.abs(values).max(initial=0.0)) or 1.0
    pitch = min(box.height() / len(values), 22.0)
    width = min((box.width() - label) / values.shape[1], 22.0)
    for i, (name, row) in enumerate(zip(evidence.labels, values.tolist(), strict=True)):
        top = box.top() + i * pitch
        _text(painter, QRectF(box.left(), top, label - 4, pitch), _LEFT | _MIDDLE, name, theme.quiet)
        for j, value in enumerate(row):
            cell = QRectF(box.left() + label + j * width, top + 1, width - 2, pitch - 2)
            painter.setPen(QPen(theme.line, 1))
            painter.setBrush(theme.signed(value / peak))
            painter.drawRect(cell)


_PAINTERS: dict[type, Callable[[QPainter, Theme, Any, QRectF], None]] = {
    Histogram: _histogram, Bars: _bars, Curve: _curve, Ranges: _ranges, Rows: _rows,
}  # fmt: skip
