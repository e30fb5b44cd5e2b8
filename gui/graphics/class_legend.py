"""The classes of a map with their colours and counts; a click lights one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.style import selected
from gui.theme import Theme

_ROW = 28
_HEAD = 20


class ClassLegend(QWidget):
    """A row a class: swatch, name, how many, how many of them wrong. ``lit(label)``, or None for none any more."""

    lit = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._rows: tuple[tuple[int, int], ...] = ()
        self.label: int | None = None
        self._current, self._hovered = 0, -1
        self._font, self._bold, self._small = fonts.figures(), fonts.figures(weight=fonts.SEMIBOLD), fonts.caption()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Digits")
        tip = "Lights the images of one digit and fades the others. Click it again, or press Esc, to light all."
        self.setToolTip(tip)
        self.setWhatsThis(tip + " Rings on the map mark images that the network takes for another digit.")

    def show_counts(self, rows: tuple[tuple[int, int], ...]) -> None:
        """(how many, how many of them wrong) of each class."""
        if rows != self._rows:
            more = len(rows) != len(self._rows)
            self._rows = rows
            said = (f"{label}: {n:,}, {wrong:,} wrong" for label, (n, wrong) in enumerate(rows))
            self.setAccessibleDescription("; ".join(said))
            if more:
                self.updateGeometry()
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEAD + _ROW * max(len(self._rows), 10))

    minimumSizeHint = sizeHint

    def row_rect(self, label: int) -> QRectF:
        """Where a class stands."""
        return QRectF(0, _HEAD + label * _ROW, self.width(), _ROW)

    def choose(self, label: int | None) -> None:
        """Light a class, or none."""
        if label != self.label:
            self.label = label
            self.lit.emit(label)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, middle = self.theme, Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | middle
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = QFontMetricsF(self._font).horizontalAdvance("10,000")
        counts, wrongs = self.width() - 12 - 2 * width, self.width() - 8 - width
        painter.setFont(self._small)
        painter.setPen(theme.quiet)
        painter.drawText(QRectF(8, 0, 80, _HEAD), middle, "Digit")
        painter.drawText(QRectF(counts, 0, width, _HEAD), right, "Images")
        painter.drawText(QRectF(wrongs, 0, width, _HEAD), right, "Wrong")
        for label, (n, wrong) in enumerate(self._rows):
            row = self.row_rect(label)
            back = row.adjusted(0, 1, 0, -1)
            painter.setPen(Qt.PenStyle.NoPen)
            if label == self.label or label == self._hovered:
                painter.setBrush(selected(theme) if label == self.label else theme.sunken)
                painter.drawRoundedRect(back, 6, 6)
            if self.hasFocus() and label == self._current:
                painter.setPen(QPen(theme.accent, 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(back.adjusted(1, 1, -1, -1), 6, 6)
                painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.class_color(label, len(self._rows)))
            painter.drawEllipse(QPointF(14, row.center().y()), 5, 5)
            painter.setPen(theme.text)
            painter.setFont(self._bold)
            painter.drawText(row.adjusted(28, 0, 0, 0), middle, str(label))
            painter.setFont(self._font)
            painter.drawText(QRectF(counts, row.top(), width, _ROW), right, f"{n:,}")
            painter.setPen(theme.text if wrong else theme.quiet)
            painter.drawText(QRectF(wrongs, row.top(), width, _ROW), right, f"{wrong:,}")

    def _at(self, event: QMouseEvent) -> int:
        label = int((event.position().y() - _HEAD) // _ROW)
        return label if 0 <= label < len(self._rows) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        label = self._at(event)
        if label >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._current = label
            self.choose(None if label == self.label else label)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._at(event) != self._hovered:
            self._hovered = self._at(event)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()
        super().leaveEvent(event)

    def event(self, event: QEvent) -> bool:
        # Space lights a row here; elsewhere it plays.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space and self.hasFocus():  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._rows) - 1
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and last >= 0:
            self._current = min(max(self._current + (1 if key == Qt.Key.Key_Down else -1), 0), last)
            self.update()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and last >= 0:
            self.choose(None if self._current == self.label else self._current)
        elif key == Qt.Key.Key_Escape and self.label is not None:
            self.choose(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
