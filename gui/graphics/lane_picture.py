"""One lane of a race: a small picture of what it answers, its name and its figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.race import LaneView
from gui import fonts
from gui.graphics import fields
from gui.graphics.race_plot import paint_swatch
from gui.theme import Theme, mix

STRENGTH = 0.7
LINE = 15
BESIDE = 128  # or beside it, where "Deep and narrow" fits
SIDE = 88
PIXELS = 100  # painted at this size and stretched
NO_PLANE = "no plane"
MISTAKES = 4.0  # how much stronger than what is right a mistake is painted: one in four is as red as can be


class LanePicture(QWidget):
    """Paints a :class:`LaneView`; ``words`` are the ``lines`` under its name.

    The picture is what it answers over the plane, or of images a small confusion matrix. ``opened`` on a double click.
    """

    opened = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, lines: int = 3) -> None:
        super().__init__(parent)
        self.theme, self.lines = theme, lines
        self._lane: LaneView | None = None
        self._color = theme.text
        self._which = 0
        self.words: tuple[str, ...] = ()
        self._luts: dict[tuple[str, int], NDArray] = {}
        self._pixels: NDArray | None = None  # what the image below is a view of
        self._image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(SIDE + 8, SIDE + self._below)

    def minimumSizeHint(self) -> QSize:
        return QSize(72, 48)

    def apply_theme(self, theme: Theme) -> None:
        self.theme, self._image = theme, None
        self.update()

    def show_lane(self, lane: LaneView, which: int, color: QColor, words: tuple[str, ...]) -> None:
        """Show ``lane``, drawn in the plot in ``color`` and with the dashes of place ``which``."""
        if self._lane is None or lane.field is not self._lane.field:
            self._image = None
        self._lane, self._which, self._color, self.words = lane, which, color, words
        self.setAccessibleName(f"{lane.name}: {', '.join(words)}")
        told = {"racing": "It is racing.", "arrived": "It has arrived."}.get(lane.state, lane.message)
        how = "machine code" if lane.compiled else "NumPy"
        self.setToolTip(f"{lane.name}: {told}\nTrained with {how}; {lane.seconds:.2f} s of training so far.")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        lane, theme = self._lane, self.theme
        if lane is None:
            return
        painter = QPainter(self)
        below, beside = min(self.width(), self.height() - self._below), min(self.height(), self.width() - BESIDE)
        side = max(below, beside, 8)
        square = QRectF((self.width() - side) // 2 if below >= beside else 0, 0, side, side)
        if lane.confusion is not None:
            self._paint_confusion(painter, square, lane.confusion)
        elif lane.field is None:
            painter.fillRect(square, theme.sunken)
            painter.setPen(theme.quiet)
            painter.setFont(fonts.caption())
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, NO_PLANE)
        else:
            if self._image is None:
                self._image = self._paint_image(lane.field)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(square, self._image)
        if lane.state == "diverged":
            painter.setPen(QPen(theme.danger, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(square.adjusted(1, 1, -1, -1))
        if below >= beside:
            self._paint_words(painter, lane, QRectF(0, side + 4, self.width(), self._below), centered=True)
        else:
            top = max((side - self._below) / 2, 0)
            self._paint_words(
                painter, lane, QRectF(side + 8, top, self.width() - side - 8, self._below), centered=False
            )
        painter.end()

    @property
    def _below(self) -> int:
        """Room for the name and the words under the picture."""
        return (self.lines + 1) * LINE + 4

    def best_height(self, width: int, most: int) -> int:
        """How high a picture of this width should be for its words to fill what its square leaves, ``most`` at most."""
        below, beside = min(width, most - self._below), min(most, width - BESIDE)
        return below + self._below if below >= beside else beside

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit()

    def _paint_confusion(self, painter: QPainter, square: QRectF, counts: NDArray) -> None:
        """Rows are true classes, columns what they are read as: grey where that is right, red where it is not."""
        theme, k = self.theme, len(counts)
        shares = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).tolist()
        cell = square.width() / k
        gap = 1 if cell >= 6 else 0
        for row, column in np.ndindex(k, k):
            share = shares[row][column]
            color = mix(theme.sunken, theme.quiet, share)
            if row != column and share:
                color = theme.mistake(min(share * MISTAKES, 1.0))
            box = QRectF(square.left() + column * cell, square.top() + row * cell, cell - gap, cell - gap)
            painter.fillRect(box, color)

    def _paint_image(self, field: NDArray) -> QImage:
        k = len(field)
        key = (self.theme.name, k)
        if key not in self._luts:
            signed = fields.signed_lut(self.theme, STRENGTH)
            self._luts[key] = signed if k == 1 else fields.class_lut(self.theme, k, STRENGTH)
        broken = fields.broken_color(self.theme).rgb()
        self._pixels = fields.paint_field(field, PIXELS, self._luts[key], False, broken)
        return QImage(self._pixels.data, PIXELS, PIXELS, 4 * PIXELS, QImage.Format.Format_RGB32)

    def _paint_words(self, painter: QPainter, lane: LaneView, room: QRectF, centered: bool) -> None:
        theme = self.theme
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(lane.name, Qt.TextElideMode.ElideRight, int(room.width()) - 26)
        left = room.left() + (max(room.width() - metrics.horizontalAdvance(name) - 26, 0) / 2 if centered else 0)
        paint_swatch(painter, QPointF(left, room.top() + 7), self._color, self._which)
        painter.setPen(theme.text)
        painter.drawText(QPointF(left + 26, room.top() + 11), name)
        painter.setFont(fonts.tabular(fonts.caption()))
        alignment = Qt.AlignmentFlag.AlignHCenter if centered else Qt.AlignmentFlag.AlignLeft
        fitting = max(int((self.height() - room.top()) / LINE) - 1, 1)
        for row, words in enumerate(self.words[:fitting], 1):
            painter.setPen(theme.ink(theme.danger) if lane.state == "diverged" and row == 1 else theme.quiet)
            painter.drawText(QRectF(room.left(), room.top() + row * LINE, room.width(), LINE), alignment, words)
