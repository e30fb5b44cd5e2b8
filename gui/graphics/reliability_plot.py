"""The reliability diagram: how often the network is right when it is so sure, with a histogram of how sure it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.calibration import Reliability
from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme, mix

LEFT, TOP, RIGHT, BOTTOM = 56, 26, 12, 34
_COUNTS_SHARE, _BETWEEN = 0.2, 40


class ReliabilityPlot(QWidget):
    """``pointed(object)``: the bin that is read, None for none. Bars are accuracy, hatched is the gap to the confidence."""

    pointed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._bins: Reliability | None = None
        self._before: Reliability | None = None
        self._at: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Reliability diagram")
        self.setToolTip(
            "Each bar: of the images that it reads with so much confidence, the share that it reads right. On the diagonal it "
            "is right as often as it says; hatched is what is missing, or what it could say more."
        )

    def sizeHint(self) -> QSize:
        return QSize(460, 520)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 300)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    # --- what it shows --------------------------------------------------------------------------------------------

    @property
    def at(self) -> int | None:
        return self._at

    def show_bins(self, bins: Reliability | None, before: Reliability | None) -> None:
        """The bins, and as an outline those before the temperature, where there are others."""
        if bins is None or (self._bins is not None and len(bins.counts) != len(self._bins.counts)):
            self._at = None
        self._bins, self._before = bins, before
        self.setAccessibleDescription(self.reading())
        self.update()

    def set_at(self, at: int | None) -> None:
        """Read one bin."""
        if at is not None:
            at = None if self._bins is None else min(max(at, 0), len(self._bins.counts) - 1)
        if at != self._at:
            self._at = at
            self.setAccessibleDescription(self.reading())
            self.pointed.emit(at)
            self.update()

    def reading(self) -> str:
        """One bin in words, "" for none."""
        bins, at = self._bins, self._at
        if bins is None or at is None:
            return ""
        n, count = len(bins.counts), int(bins.counts[at])
        where = f"{100 * at / n:.0f} to {100 * (at + 1) / n:.0f} % sure"
        if not count:
            return f"{where}: no images"
        gap = 100 * (bins.accuracy[at] - bins.confidence[at])
        images = f"{count:,} image{'' if count == 1 else 's'}"
        signed = ("+" if gap > 0 else "") + ticks.number(float(gap), 1)
        return f"{where}: {images}, {ticks.percent(float(bins.accuracy[at]))} right, {signed} points"

    # --- where things are -----------------------------------------------------------------------------------------

    @property
    def areas(self) -> tuple[QRectF, QRectF]:
        """The diagram, never higher than wide, and the histogram below it."""
        room = max(self.height() - TOP - BOTTOM - _BETWEEN, 40)
        height = room * (1 - _COUNTS_SHARE)
        width = max(self.width() - LEFT - RIGHT, 40)
        height, left = min(height, width), LEFT
        counts = min(room - height, 0.3 * height)
        return QRectF(left, TOP, width, height), QRectF(left, TOP + height + _BETWEEN, width, counts)

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area, below = self.areas
        self._axes(painter, area, below)
        if self._bins is not None:
            self._bars(painter, area, self._bins)
            self._histogram(painter, below, self._bins)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(mix(self.theme.line, self.theme.quiet, 0.8), 1.2)
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.drawLine(area.bottomLeft(), area.topRight())
        if self._before is not None:
            self._outline(painter, area, self._before)
        if self.hasFocus():
            painter.setPen(QPen(self.theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _axes(self, painter: QPainter, area: QRectF, below: QRectF) -> None:
        theme = self.theme
        painter.setFont(fonts.body(fonts.SEMIBOLD))
        painter.setPen(theme.text)
        painter.drawText(QPointF(area.left(), 15), "Reliability")
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        reading = self.reading() or self._legend()
        painter.setPen(theme.text if self._at is not None else theme.quiet)
        room = int(area.width()) - 76
        reading = metrics.elidedText(reading, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(area.right() - metrics.horizontalAdvance(reading), 15), reading)
        for value in ticks.nice_ticks(0, 1, 5):
            text = f"{100 * value:.0f} %"
            width = metrics.horizontalAdvance(text)
            y = round(area.bottom() - value * area.height()) + 0.5
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            painter.drawText(QPointF(area.left() - 6 - width, y + 4), text)
            x = min(max(area.left() + value * area.width() - width / 2, area.left()), self.width() - width - 1)
            painter.drawText(QPointF(x, area.bottom() + 16), text)
        text = "Confidence"
        painter.drawText(QPointF(area.center().x() - metrics.horizontalAdvance(text) / 2, area.bottom() + 30), text)
        self._upright(painter, area, "Accuracy", metrics.horizontalAdvance("Accuracy"))
        if below.height() > 20:
            y = round(below.bottom()) + 0.5
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(below.left(), y), QPointF(below.right(), y))
            painter.setPen(theme.quiet)
            self._upright(painter, below, "Images", metrics.horizontalAdvance("Images"))
            text = "How many images it reads with so much confidence"
            painter.drawText(
                QPointF(below.center().x() - metrics.horizontalAdvance(text) / 2, below.bottom() + 16), text
            )

    def _legend(self) -> str:
        if self._bins is None:
            return ""
        return f"hatched: gap to its confidence{'' if self._before is None else ', dashed: before the temperature'}"

    def _upright(self, painter: QPainter, area: QRectF, text: str, width: int) -> None:
        painter.save()
        painter.translate(area.left() - LEFT + 11, area.center().y() + width / 2)
        painter.rotate(-90)
        painter.drawText(QPointF(0, 0), text)
        painter.restore()

    def _bar(self, area: QRectF, at: int, n: int, low: float, high: float) -> QRectF:
        left, right = (round(area.left() + place / n * area.width()) for place in (at, at + 1))
        top, bottom = (area.bottom() - value * area.height() for value in (high, low))
        return QRectF(left + 1, top, max(right - left - 2, 1), bottom - top)

    def _bars(self, painter: QPainter, area: QRectF, bins: Reliability) -> None:
        theme, n = self.theme, len(bins.counts)
        for at in np.flatnonzero(bins.counts).tolist():
            accuracy, sure = float(bins.accuracy[at]), float(bins.confidence[at])
            color = theme.accent if at == self._at else mix(theme.panel, theme.accent, 0.7)
            painter.fillRect(self._bar(area, at, n, 0.0, accuracy), color)
            gap = self._bar(area, at, n, min(accuracy, sure), max(accuracy, sure))
            painter.fillRect(gap, QBrush(theme.text, Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(theme.text, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(gap.adjusted(0.5, 0, -0.5, 0))

    def _outline(self, painter: QPainter, area: QRectF, before: Reliability) -> None:
        n = len(before.counts)
        pen = QPen(self.theme.text, 1.6)
        pen.setDashPattern([5.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for at in np.flatnonzero(before.counts).tolist():
            painter.drawRect(self._bar(area, at, n, 0.0, float(before.accuracy[at])).adjusted(1, 0, -1, 0))

    def _histogram(self, painter: QPainter, area: QRectF, bins: Reliability) -> None:
        if area.height() <= 20:
            return
        theme, n, most = self.theme, len(bins.counts), max(int(bins.counts.max(initial=0)), 1)
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        for at, count in enumerate(bins.counts.tolist()):
            share = count / most * (1 - 14 / area.height())
            bar = self._bar(area, at, n, 0.0, share)
            if count:
                bar.setTop(min(bar.top(), area.bottom() - 1))
            painter.fillRect(bar, theme.accent if at == self._at else theme.quiet)
            text = f"{count:,}"
            width = metrics.horizontalAdvance(text)
            if width <= bar.width() + 2:
                painter.setPen(theme.quiet)
                painter.drawText(QPointF(bar.center().x() - width / 2, bar.top() - 3), text)

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, x = self.areas[0], event.position().x()
        inside = self._bins is not None and area.left() <= x < area.right()
        n = len(self._bins.counts) if self._bins is not None else 1
        self.set_at(int((x - area.left()) / area.width() * n) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self.set_at(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, bins = Qt.Key(event.key()), self._bins
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        if step is not None and bins is not None:
            self.set_at(len(bins.counts) - 1 if self._at is None else self._at + step)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and bins is not None:
            self.set_at(0 if key == Qt.Key.Key_Home else len(bins.counts) - 1)
        elif key == Qt.Key.Key_Escape and self._at is not None:
            self.set_at(None)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if not self.underMouse():
            self.set_at(None)
        super().focusOutEvent(event)
