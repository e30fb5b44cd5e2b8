"""What stands at the images of a gallery, painted once each: text is dear to paint, and there are only so many captions."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from gui import fonts
from gui.theme import Theme

LINE = 15
BADGE = 13
_WIDTH = 64


class GalleryMarks:
    """Captions and the cross of a wrong one, for one theme and one ratio of device pixels."""

    def __init__(self, theme: Theme, ratio: float) -> None:
        self.theme, self.ratio = theme, ratio
        self.captions: dict[tuple[int, int, bool], QPixmap] = {}
        self.cross = self._paint_cross()

    def caption(self, predicted: int, true: int, right: bool) -> QPixmap:
        """``Pred: 4`` above ``True: 9``; a predicted class below 0 is no answer."""
        pixmap = self.captions.get((predicted, true, right))
        if pixmap is None:
            theme, box, middle = self.theme, QRectF(0, 0, _WIDTH, LINE), Qt.AlignmentFlag.AlignVCenter
            pixmap = self._pixmap(_WIDTH, 2 * LINE)
            painter = QPainter(pixmap)
            painter.setFont(fonts.tabular(fonts.caption(fonts.QFont.Weight.Normal if right else fonts.SEMIBOLD)))
            painter.setPen(theme.quiet if right else theme.danger)
            painter.drawText(box, middle, f"Pred: {'–' if predicted < 0 else predicted}")
            painter.setFont(fonts.tabular(fonts.caption()))
            painter.setPen(theme.quiet if right else theme.text)
            painter.drawText(box.translated(0, LINE - 1), middle, f"True: {true}")
            painter.end()
            self.captions[predicted, true, right] = pixmap
        return pixmap

    def _paint_cross(self) -> QPixmap:
        pixmap = self._pixmap(BADGE, BADGE)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.panel, 1))
        painter.setBrush(self.theme.danger)
        painter.drawRoundedRect(QRectF(0.5, 0.5, BADGE - 1, BADGE - 1), 3, 3)
        painter.setPen(QPen(self.theme.panel, 1.6))
        painter.drawLine(QPointF(4, 4), QPointF(BADGE - 4, BADGE - 4))
        painter.drawLine(QPointF(4, BADGE - 4), QPointF(BADGE - 4, 4))
        painter.end()
        return pixmap

    def _pixmap(self, width: int, height: int) -> QPixmap:
        pixmap = QPixmap(round(width * self.ratio), round(height * self.ratio))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap
