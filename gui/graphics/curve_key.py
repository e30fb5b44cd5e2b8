"""Which line of a plot is which: a sample of the line, and its name."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.theme import Theme

_LINE, _GAP = 24, 8


class CurveKey(QWidget):
    """One line and its text, cut where there is no room; empty for no line."""

    def __init__(self, theme: Theme, dashed: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.dashed = theme, dashed
        self.text = ""
        self._font = fonts.tabular(fonts.caption())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(20)

    def set_text(self, text: str) -> None:
        """Name the line; without a name it is not shown."""
        if text != self.text:
            self.text = text
            self.setAccessibleName(text)
            self.setToolTip(text)
            self.updateGeometry()
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        width = _LINE + _GAP + QFontMetricsF(self._font).horizontalAdvance(self.text) + 2 if self.text else 0
        return QSize(round(width), 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), 80), 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.text:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.theme.text if self.dashed else self.theme.accent, 1.4 if self.dashed else 2)
        if self.dashed:
            pen.setDashPattern([5.0, 3.0])
        painter.setPen(pen)
        painter.drawLine(QPointF(0, 10.5), QPointF(_LINE, 10.5))
        painter.setFont(self._font)
        painter.setPen(self.theme.quiet)
        room = self.width() - _LINE - _GAP
        text = painter.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(_LINE + _GAP, 14), text)
        painter.end()
