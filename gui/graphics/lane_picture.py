"""One lane of a race: a small picture of what it answers over the plane, its name and its figures."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.race import LaneView
from gui import fonts
from gui.graphics import fields
from gui.graphics.race_plot import DASHES
from gui.theme import Theme

STRENGTH = 0.7
TEXT = 32  # two lines
SIDE = 88
NO_PLANE = "no plane"


class LanePicture(QWidget):
    """Paints a :class:`LaneView`; ``words`` are its second line."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._lane: LaneView | None = None
        self._color = theme.text
        self._which = 0
        self.words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(SIDE + 24, SIDE + TEXT)

    def minimumSizeHint(self) -> QSize:
        return QSize(72, 56 + TEXT)

    def show_lane(self, lane: LaneView, which: int, color: QColor, words: str) -> None:
        """Show ``lane``, drawn in the plot in ``color`` and with the dashes of place ``which``."""
        self._lane, self._which, self._color, self.words = lane, which, color, words
        self.setAccessibleName(f"{lane.name}: {words}")
        told = {"racing": "It is racing.", "arrived": "It has arrived."}.get(lane.state, lane.message)
        how = "machine code" if lane.compiled else "NumPy"
        self.setToolTip(f"{lane.name}: {words}. {told}\nTrained with {how}; {lane.seconds:.2f} s of training so far.")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        lane, theme = self._lane, self.theme
        if lane is None:
            return
        painter = QPainter(self)
        side = max(min(self.width(), self.height() - TEXT), 8)
        square = QRectF((self.width() - side) // 2, 0, side, side)
        if lane.field is None:
            painter.fillRect(square, theme.sunken)
            painter.setPen(theme.quiet)
            painter.setFont(fonts.caption())
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, NO_PLANE)
        else:
            pixels = max(round(side * self.devicePixelRatioF()), 1)
            k = len(lane.field)
            lut = fields.signed_lut(theme, STRENGTH) if k == 1 else fields.class_lut(theme, k, STRENGTH)
            broken = fields.broken_color(theme).rgb()
            image = fields.paint_field(lane.field, pixels, lut, False, broken)
            painter.drawImage(square, QImage(image.data, pixels, pixels, 4 * pixels, QImage.Format.Format_RGB32))
        if lane.state == "diverged":
            painter.setPen(QPen(theme.danger, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(square.adjusted(1, 1, -1, -1))
        self._paint_words(painter, lane, side)
        painter.end()

    def _paint_words(self, painter: QPainter, lane: LaneView, side: float) -> None:
        theme = self.theme
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(lane.name, Qt.TextElideMode.ElideRight, self.width() - 22)
        left = (self.width() - metrics.horizontalAdvance(name) - 22) / 2
        pen = QPen(self._color, 2)
        if dashes := DASHES[self._which % len(DASHES)]:
            pen.setDashPattern([dash / 2 for dash in dashes])
        painter.setPen(pen)
        painter.drawLine(QPointF(left, side + 10), QPointF(left + 18, side + 10))
        painter.setPen(theme.text)
        painter.drawText(QPointF(left + 22, side + 14), name)
        painter.setFont(fonts.tabular(fonts.caption()))
        painter.setPen(theme.ink(theme.danger) if lane.state == "diverged" else theme.quiet)
        words = painter.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, self.width())
        width = painter.fontMetrics().horizontalAdvance(words)
        painter.drawText(QPointF((self.width() - width) / 2, side + 28), words)
