"""What is selected, in a few numbers under each other: the name left, the number right, coloured by its sign."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import fonts
from gui.graphics.derivation import figure, sign
from gui.theme import BODY_PX, Theme

ROW = 22
MOST = 3


class DerivationValues(QWidget):
    """Up to three rows of (name, number, what it is)."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: tuple[tuple[str, Any, str], ...] = ()
        self._all_digits = False
        self._font, self._bold = fonts.figures(BODY_PX), fonts.figures(BODY_PX, QFont.Weight.DemiBold)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Values")

    def sizeHint(self) -> QSize:
        return QSize(160, MOST * ROW)

    minimumSizeHint = sizeHint

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self._theme = theme
        self.update()

    def show_rows(self, rows: tuple[tuple[str, Any, str], ...], all_digits: bool) -> None:
        """Show these."""
        self._rows, self._all_digits = rows, all_digits
        self.setAccessibleDescription(", ".join(f"{name} {figure(value, all_digits)}" for name, value, _ in rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        colors = {1: theme.ink(theme.positive), -1: theme.ink(theme.negative), 0: theme.text}
        painter = QPainter(self)
        for place, (name, value, _) in enumerate(self._rows):
            box = QRectF(0, place * ROW, self.width(), ROW)
            painter.setFont(self._font)
            painter.setPen(theme.text)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setFont(self._bold)
            painter.setPen(colors[sign(value)])
            text = figure(value, self._all_digits)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = event.pos().y() // ROW
            text = f"{self._rows[place][0]}: {self._rows[place][2]}" if 0 <= place < len(self._rows) else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
