"""The card beside what the pointer is on, with a picture: larger, and a few words."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.theme import PANEL_PADDING, Theme, mix

_SIDE = 112
_ROW = 18


class PictureCard(QWidget):
    """Lies over its parent and takes no clicks. Nothing is ever under it that it is about."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self._image, self._title = QImage(), ""
        self._lines: tuple[str, ...] = ()
        self._title_font, self._font = fonts.body(fonts.SEMIBOLD), fonts.figures()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def words(self) -> tuple[str, ...]:
        """The title and the lines shown."""
        return (self._title, *self._lines)

    def show_card(self, image: QImage, title: str, lines: tuple[str, ...], about: QRect) -> None:
        """Show ``image`` and words beside ``about``, which is in the parent's coordinates."""
        self._image, self._title, self._lines = image, title, lines
        widest = max(
            QFontMetrics(self._title_font).horizontalAdvance(title),
            *(QFontMetrics(self._font).horizontalAdvance(line) for line in lines), 0,
        )  # fmt: skip
        height = max(_SIDE, _ROW * (len(lines) + 1)) + 2 * PANEL_PADDING
        self.resize(_SIDE + 3 * PANEL_PADDING + widest, height)
        self.move(self._place(about))
        self.show()
        self.raise_()
        self.update()

    def _place(self, about: QRect) -> QPoint:
        """Beside it: on the right where there is room, else on the left, else below."""
        room = self.parentWidget().rect().adjusted(4, 4, -4, -4)
        x = about.right() + 12
        if x + self.width() > room.right():
            x = about.left() - 12 - self.width()
        y = about.center().y() - self.height() // 2
        if x < room.left():
            x, y = room.left(), about.bottom() + 12
        return QPoint(x, min(max(y, room.top()), max(room.bottom() - self.height(), room.top())))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(mix(self.theme.line, self.theme.quiet, 0.35), 1))
        painter.setBrush(self.theme.panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        pad = PANEL_PADDING
        painter.drawImage(QRectF(pad, pad, _SIDE, _SIDE), self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.theme.line, 1))
        painter.drawRect(QRectF(pad - 0.5, pad - 0.5, _SIDE + 1, _SIDE + 1))
        left, middle = 2 * pad + _SIDE, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._title_font)
        painter.setPen(self.theme.text)
        painter.drawText(QRectF(left, pad - 2, self.width(), _ROW), middle, self._title)
        painter.setFont(self._font)
        painter.setPen(self.theme.quiet)
        for i, line in enumerate(self._lines, 1):
            painter.drawText(QRectF(left, pad - 2 + i * _ROW, self.width(), _ROW), middle, line)
