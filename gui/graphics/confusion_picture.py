"""The confusion matrix as a picture: rows are the true classes, columns what they were read as; mistakes stand out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme

NAMES = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")
LEFT, TOP, FOOT = 44, 36, 28
BAR = 64
_KEYS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
Cell = tuple[int, int]


def cell_words(confusion: NDArray, cell: Cell) -> str:
    """``9 read as 4: 12 of 980 nines, 1.2 %``."""
    true, read = cell
    count, whole = int(confusion[cell]), int(confusion[true].sum())
    names = NAMES[true] if len(confusion) <= len(NAMES) else f"of class {true}"
    if not whole:
        return f"{true} read as {read}: there are no {names} among these"
    return f"{true} read as {read}: {count:,} of {whole:,} {names}, {ticks.counted(count, whole)}"


class ConfusionPicture(QWidget):
    """``cellChosen(cell)``: (true, predicted), whose images are asked for by a click or Enter; None for all again.

    Arrow keys move over the cells; what the pointer or they are on is said in words below.
    """

    cellChosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.confusion: NDArray = np.zeros((10, 10), np.int64)
        self.shares = False
        self.chosen: Cell | None = None
        self._pointed: Cell | None = None
        self._cursor: Cell | None = None
        self._ringed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")
        self.setToolTip("How often each digit is read as which. Click a cell to see its images, again to see all.")
        self.setWhatsThis(
            "Each row is a digit as it is, each column what it was read as. On the diagonal are the right ones, quiet; the "
            "redder a cell beside it, the more mistakes of this kind. A click or Enter shows the images of a cell, once "
            "more shows all. Arrows move from cell to cell."
        )

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def set_counts(self, confusion: NDArray) -> None:
        """(k, k) int: row true, column predicted."""
        if len(confusion) != len(self.confusion):
            self._cursor = self._pointed = self.chosen = None
        self.confusion = confusion
        self.setAccessibleDescription(self.words)
        self.update()

    def set_shares(self, shares: bool) -> None:
        """Write percent of the row into the cells, or counts."""
        self.shares = shares
        self.update()

    def set_chosen(self, cell: Cell | None) -> None:
        """Put the ring around the cell whose images are shown; emits nothing."""
        self.chosen = cell
        self._cursor = cell or self._cursor
        self.update()

    @property
    def at_hand(self) -> Cell | None:
        """What the pointer is on, else the keyboard, else the chosen one."""
        return self._pointed or (self._cursor if self._ringed else None) or self.chosen

    @property
    def words(self) -> str:
        """What is said of the cell at hand."""
        if self.at_hand is not None:
            return cell_words(self.confusion, self.at_hand)
        if not self.confusion.sum():
            return "Counted once the network has answered"
        wrong = int(self.confusion.sum() - np.trace(self.confusion))
        if not wrong:
            return "No mistakes: all are on the diagonal"
        return f"Most often: {cell_words(self.confusion, divmod(int(self.mistakes.argmax()), len(self.confusion)))}"

    @property
    def values(self) -> NDArray:
        """(k, k) what the cells are coloured by: counts, or percent of the row, 0 where it is empty."""
        if not self.shares:
            return self.confusion
        return 100 * self.confusion / np.maximum(self.confusion.sum(axis=1, keepdims=True), 1)

    @property
    def mistakes(self) -> NDArray:
        """The values without the diagonal."""
        off: NDArray = self.values * ~np.eye(len(self.confusion), dtype=bool)
        return off

    # --- measures -------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(LEFT + 10 * 36, TOP + 10 * 28 + FOOT)

    def minimumSizeHint(self) -> QSize:
        return QSize(LEFT + 10 * 32, TOP + 10 * 16 + FOOT)

    def box(self, cell: Cell) -> QRectF:
        """Where a cell is painted; whole pixels, with a gap of one."""
        k = len(self.confusion)
        width, height = (self.width() - LEFT) // k, max((self.height() - TOP - FOOT) // k, 1)
        return QRectF(LEFT + cell[1] * width, TOP + cell[0] * height, width - 1, height - 1)

    def cell_at(self, point: QPoint) -> Cell | None:
        """The cell that is pointed at."""
        k, first = len(self.confusion), self.box((0, 0))
        column = int((point.x() - LEFT) // (first.width() + 1))
        row = int((point.y() - TOP) // (first.height() + 1))
        return (row, column) if 0 <= row < k and 0 <= column < k else None

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_axes(painter)
        self._paint_cells(painter)
        self._paint_foot(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, color, width in (
            (self.chosen, self.theme.accent, 2.0),
            (self._cursor if self._ringed else None, self.theme.accent, 2.0),
            (self._pointed, self.theme.text, 1.0),
        ):
            if cell is not None:
                painter.setPen(QPen(color, width))
                painter.drawRoundedRect(self.box(cell).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if self._ringed:
            painter.setPen(QPen(self.theme.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_axes(self, painter: QPainter) -> None:
        theme, k = self.theme, len(self.confusion)
        first, last = self.box((0, 0)), self.box((k - 1, k - 1))
        middle = Qt.AlignmentFlag.AlignCenter
        painter.setFont(fonts.caption())
        painter.setPen(theme.quiet)
        painter.drawText(QRectF(LEFT, 2, last.right() - LEFT, 16), middle, "predicted")
        painter.save()
        painter.translate(2, last.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, last.bottom() - TOP, 16), middle, "true")
        painter.restore()
        at = self.at_hand
        for axis in range(2):
            for label in range(k):
                lit = at is not None and at[axis] == label
                painter.setFont(fonts.figures(CAPTION_PX, fonts.SEMIBOLD if lit else fonts.QFont.Weight.Normal))
                painter.setPen(theme.text if lit else theme.quiet)
                box = self.box((label, 0) if axis == 0 else (0, label))
                where = (
                    QRectF(LEFT - 22, box.top(), 18, box.height()) if axis == 0 else
                    QRectF(box.left(), first.top() - 17, box.width(), 16)
                )  # fmt: skip
                painter.drawText(where, middle, str(label))

    def _paint_cells(self, painter: QPainter) -> None:
        theme, k, most = self.theme, len(self.confusion), float(self.mistakes.max())
        counts, values = self.confusion.tolist(), self.values.tolist()
        painter.setFont(fonts.figures(CAPTION_PX))
        empty = []
        for true in range(k):
            for read in range(k):
                box, right = self.box((true, read)), true == read
                painter.fillRect(box, theme.sunken if right else theme.mistake(ramp(values[true][read], most)))
                if counts[true][read] or right:
                    painter.setPen(theme.quiet if right else theme.text)
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text((true, read)))
                else:
                    empty.append(box.center())
        # Cells without mistakes are the panel's own: a dot says that there is one.
        painter.setPen(QPen(theme.line, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPoints(empty)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def text(self, cell: Cell) -> str:
        """What is written into a cell: a count, or percent without the sign, of which only all are 100."""
        count, whole = int(self.confusion[cell]), int(self.confusion[cell[0]].sum())
        if not self.shares:
            return str(count)
        if not whole:
            return "–"
        return "100" if count == whole else f"{min(100 * count / whole, 99.9):.1f}"

    def _paint_foot(self, painter: QPainter) -> None:
        """The words, and the ramp with its ends."""
        theme, most = self.theme, float(self.mistakes.max())
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        top = self.box((len(self.confusion) - 1, 0)).bottom() + 6
        middle = Qt.AlignmentFlag.AlignVCenter
        right = self.width() - 4
        if most:
            end = f"{most:.1f} %" if self.shares else f"{most:,.0f}"
            painter.setPen(theme.quiet)
            painter.drawText(QRectF(0, top, right, 20), middle | Qt.AlignmentFlag.AlignRight, end)
            bar = QRectF(right - metrics.horizontalAdvance(end) - 6 - BAR, top + 6, BAR, 8)
            painter.drawText(QRectF(0, top, bar.left() - 6, 20), middle | Qt.AlignmentFlag.AlignRight, "0")
            ramping = QLinearGradient(bar.topLeft(), bar.topRight())
            for step in range(9):
                ramping.setColorAt(step / 8, theme.mistake(ramp(step, 8)))
            painter.setPen(QPen(theme.line, 1))
            painter.setBrush(ramping)
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
            right = int(bar.left()) - 20
        painter.setPen(theme.text if self.at_hand is not None else theme.quiet)
        words = metrics.elidedText(self.words, Qt.TextElideMode.ElideRight, right - LEFT + 22)
        painter.drawText(QRectF(LEFT - 22, top, right - LEFT + 22, 20), middle, words)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() != Qt.FocusReason.MouseFocusReason  # a click shows by the cell that it chose
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ringed = False
        self.update()

    # --- the pointer and the keys ---------------------------------------------------------------------------------

    def _point_at(self, cell: Cell | None) -> None:
        if cell != self._pointed:
            self._pointed = cell
            self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
            self.setAccessibleDescription(self.words)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.cell_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._cursor = cell
            self._open(cell)

    def _open(self, cell: Cell) -> None:
        self.cellChosen.emit(None if cell == self.chosen else cell)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS and not event.modifiers():  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, k = Qt.Key(event.key()), len(self.confusion)
        self._ringed = True  # even after a click: here it is steered by keys now
        if key in _KEYS:
            if self._cursor is None:
                self._cursor = self.chosen or (0, 0)
            else:
                down, across = _KEYS[key]
                row, column = self._cursor[0] + down, self._cursor[1] + across
                self._cursor = min(max(row, 0), k - 1), min(max(column, 0), k - 1)
            self.setAccessibleDescription(self.words)
            self.update()
        elif key in _ENTER and self._cursor is not None:
            self._open(self._cursor)
        elif key == Qt.Key.Key_Escape and self.chosen is not None:
            self.cellChosen.emit(None)
        else:
            event.ignore()


def ramp(value: float, most: float) -> float:
    """How red so many mistakes are, 0..1: by the root, so that a single one is seen beside a hundred."""
    return math.sqrt(value / most) if most else 0.0
