"""What the colours of a picture mean: a bar with its ends named, or a swatch a class. And the legend's switches."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui import fonts
from gui.theme import CAPTION_PX, CONTROL_HEIGHT, Theme

BAR, LONG_BAR, BAR_HEIGHT, GAP = 48, 72, 8, 6


class ColorKey(QWidget):
    """Right-aligned: "class 0 [bar] 1", "−1 [half] 0 [half] 1", or "[] 0 [] 1 [] 2"."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.ends = ("", "")
        self.middle = ""
        self._stops: tuple[float, ...] = ()
        self._strength = 1.0
        self._hard = False
        self._classes = 0
        self.setFont(fonts.figures(CAPTION_PX))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colour key")

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def set_bar(
        self, low: str, high: str, stops: tuple[float, ...], strength: float = 1.0, hard: bool = False, middle: str = ""
    ) -> None:
        """A bar through the signed colours at ``stops`` (-1..1, evenly spaced); ``hard`` has only its steps.

        With ``middle`` the bar is longer, and that stands in the middle of it.
        """
        self._set((low, high), stops, strength, hard, 0, middle)

    def set_classes(self, n_classes: int, strength: float = 1.0) -> None:
        """A numbered swatch for each class."""
        self._set(("", ""), (), strength, False, n_classes)

    def _set(
        self,
        ends: tuple[str, str],
        stops: tuple[float, ...],
        strength: float,
        hard: bool,
        classes: int,
        middle: str = "",
    ) -> None:
        new = (ends, stops, strength, hard, classes, middle)
        if new != (self.ends, self._stops, self._strength, self._hard, self._classes, self.middle):
            self.ends, self._stops, self._strength, self._hard, self._classes, self.middle = new
            width = self._width()
            # never narrower again for the same kind: the numbers at its ends change with every frame
            self.setFixedSize(max(width, self.width()) if not classes and self._wide else width, CONTROL_HEIGHT - 8)
            self._wide = not classes
            text = f"{classes} classes" if classes else f"{ends[0]} to {ends[1]}"
            self.setAccessibleDescription(text)
            self.update()

    _wide = False

    def _width(self) -> int:
        metrics = self.fontMetrics()
        if self._classes:
            return sum(10 + 4 + metrics.horizontalAdvance(str(label)) + 6 for label in range(self._classes)) - 6
        return sum(map(metrics.horizontalAdvance, self.ends)) + self._bar + 2 * GAP

    @property
    def _bar(self) -> int:
        return LONG_BAR if self.middle else BAR

    def sizeHint(self) -> QSize:
        return QSize(self._width(), CONTROL_HEIGHT - 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        baseline, middle = (self.height() + metrics.ascent() - metrics.descent()) / 2, self.height() / 2
        if self._classes:
            x = 0.0
            for label in range(self._classes):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.theme.class_color(label, self._classes))
                painter.drawRoundedRect(QRectF(x, middle - 5, 10, 10), 2, 2)
                painter.setPen(self.theme.quiet)
                painter.drawText(QPointF(x + 14, baseline), str(label))
                x += 10 + 4 + metrics.horizontalAdvance(str(label)) + 6
        elif self._stops:
            x = self.width() - metrics.horizontalAdvance(self.ends[1])
            painter.setPen(self.theme.quiet)
            painter.drawText(QPointF(x, baseline), self.ends[1])
            bar = QRectF(x - GAP - self._bar, middle - BAR_HEIGHT / 2, self._bar, BAR_HEIGHT)
            painter.drawText(
                QPointF(bar.left() - GAP - metrics.horizontalAdvance(self.ends[0]), baseline), self.ends[0]
            )
            painter.setPen(QPen(self.theme.line, 1))
            painter.setBrush(self._gradient(bar))
            painter.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            if self.middle:
                half = metrics.horizontalAdvance(self.middle) / 2
                x = bar.center().x()
                painter.fillRect(QRectF(x - half - 3, 0, 2 * half + 6, self.height()), self.theme.panel)
                painter.setPen(self.theme.quiet)
                painter.drawText(QPointF(x - half, baseline), self.middle)
        painter.end()

    def _gradient(self, bar: QRectF) -> QLinearGradient:
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        colors = [self.theme.signed(self._strength * stop) for stop in self._stops]
        if self._hard:
            for i, color in enumerate(colors):
                gradient.setColorAt(i / len(colors), color)
                gradient.setColorAt((i + 0.999) / len(colors), color)
        else:
            for i, color in enumerate(colors):
                gradient.setColorAt(i / (len(colors) - 1), color)
        return gradient


class LegendSwitch(QAbstractButton):
    """A legend's entry that shows and hides what it names: a filled or hollow dot and a word."""

    def __init__(self, text: str, hollow: bool, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.hollow = hollow
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 28, CONTROL_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(self.theme.accent, 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.sunken if self.underMouse() else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, 6, 6)
        color: QColor = self.theme.text if self.isChecked() else self.theme.quiet
        middle = QPointF(11, self.height() / 2)
        painter.setPen(QPen(color, 1.4))
        painter.setBrush(color if not self.hollow and self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle, 4, 4)
        if not self.isChecked():  # struck out, so that it does not take a colour to see it is off
            painter.drawLine(QPointF(4, middle.y() + 6), QPointF(18, middle.y() - 6))
        font = self.font()
        font.setStrikeOut(not self.isChecked())
        painter.setFont(font)
        painter.drawText(QRectF(22, 0, self.width() - 22, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()
