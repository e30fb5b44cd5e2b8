"""The table of a race: a row a lane with its line, its figures, and buttons that compare with it and open it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from gui import fonts
from gui.controls.race_buttons import tool_button
from gui.graphics.race_plot import paint_swatch
from gui.race_figures import Cell, Row
from gui.theme import CONTROL_HEIGHT, GRID, Theme

HEAD = 20
NAMED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
FIGURE = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
NAME = 0.17  # of the width that the buttons leave
WIDTHS = (0.205, 0.185, 0.12, 0.18, 0.14)
APART = (52, 38, 36, 38, 44)  # of a cell, for the difference to the baseline


class RaceResults(QWidget):
    """``pinned(lane)``: compare the others with it; ``opened(lane)``: go on with it."""

    pinned = Signal(int)
    opened = Signal(int)

    def __init__(self, theme: Theme, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = _Head(theme)
        self.rows = [_Line(theme, place, self) for place in range(most)]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for widget in (self.head, *self.rows):
            box.addWidget(widget)

    def height_of(self, n: int) -> int:
        """How high it is with ``n`` rows."""
        return HEAD + n * CONTROL_HEIGHT

    def apply_theme(self, theme: Theme) -> None:
        for widget in (self.head, *self.rows):
            widget.theme = theme
            widget.update()

    def show_rows(
        self, heads: Sequence[tuple[str, str]], rows: Sequence[Row], colors: Sequence[QColor], baseline: int
    ) -> None:
        """Show these, with the colour of each lane's line; ``baseline`` is the one that the others are compared with."""
        self.head.show_heads(heads)
        for place, line in enumerate(self.rows):
            line.setVisible(place < len(rows))
            if place < len(rows):
                line.show_row(rows[place], colors[place], place == baseline, heads)


def columns(widget: QWidget, right: int) -> list[QRectF]:
    """The places of name and figures; ``right`` is what the buttons take."""
    room, x, found = widget.width() - right, 0.0, []
    for share in (NAME, *WIDTHS):
        found.append(QRectF(x, 0, share * room - 8, widget.height()))
        x += share * room
    return found


class _Head(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._heads: tuple[tuple[str, str], ...] = ()
        self.setFixedHeight(HEAD)

    def show_heads(self, heads: Sequence[tuple[str, str]]) -> None:
        if tuple(heads) != self._heads:
            self._heads = tuple(heads)
            self.setAccessibleName(", ".join(name for name, _ in heads))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.caption())
        painter.setPen(self.theme.quiet)
        for box, apart, (name, _) in zip(columns(self, _Line.BUTTONS)[1:], APART, self._heads, strict=False):
            painter.drawText(box.adjusted(0, 0, -apart, 0), FIGURE, name)
        painter.setPen(QPen(self.theme.line, 1))
        painter.drawLine(QPointF(0, HEAD - 0.5), QPointF(self.width(), HEAD - 0.5))
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            boxes = columns(self, _Line.BUTTONS)[1:]
            tips = [
                tip for box, (_, tip) in zip(boxes, self._heads, strict=False) if box.contains(QPointF(event.pos()))
            ]
            QToolTip.showText(event.globalPos(), tips[0] if tips else "", self)
            return True
        return super().event(event)


class _Line(QWidget):
    BUTTONS = 140

    def __init__(self, theme: Theme, place: int, table: RaceResults) -> None:
        super().__init__(table)
        self.theme = theme
        self._row: Row | None = None
        self._color = theme.text
        self._which = place
        self._baseline = False
        self.pin = tool_button(
            self, "Baseline", "Compares the others with this lane. It is drawn thick, and their figures say how far they are."
        )  # fmt: skip
        self.pin.setCheckable(True)
        self.open = tool_button(
            self, "Open", "Shows this lane on its page with its trained weights. Undo brings back what is there now."
        )
        # Lambdas are safe here: all of this lives in the window's thread.
        self.pin.clicked.connect(lambda: table.pinned.emit(place))
        self.open.clicked.connect(lambda: table.opened.emit(place))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        row.addStretch(1)
        row.addWidget(self.pin)
        row.addWidget(self.open)
        self.setFixedHeight(CONTROL_HEIGHT)
        self.hide()

    def show_row(self, row: Row, color: QColor, baseline: bool, heads: Sequence[tuple[str, str]]) -> None:
        self.pin.setChecked(baseline)
        self.pin.setAccessibleName(f"Baseline: {row.name}")
        self.open.setAccessibleName(f"Open {row.name}")
        if (row, color, baseline) != (self._row, self._color, self._baseline):
            self._row, self._color, self._baseline = row, color, baseline
            words = [
                " ".join(filter(None, (head, cell.text, cell.spread, cell.difference, cell.mark)))
                for (head, _), cell in zip(heads, row.cells, strict=True)
            ]
            self.setAccessibleName(", ".join(filter(None, (row.name, row.note, *words))))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        row, theme = self._row, self.theme
        if row is None:
            return
        painter = QPainter(self)
        name, *boxes = columns(self, self.BUTTONS)
        paint_swatch(painter, QPointF(name.left(), name.center().y()), self._color, self._which, self._baseline)
        # A note stands under the name.
        for text, font, color, top, height in (
            (row.name, fonts.body(), theme.text, 0, 16 if row.note else self.height()),
            (row.note, fonts.caption(), theme.ink(theme.danger) if row.bad else theme.quiet, 15, 12),
        ):
            painter.setFont(font)
            painter.setPen(color)
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(name.width()) - 30)
            painter.drawText(QRectF(name.left() + 30, top, name.width() - 30, height), NAMED, text)
        for box, apart, cell in zip(boxes, APART, row.cells, strict=True):
            self._paint_cell(painter, box, apart, cell)
        painter.end()

    def _paint_cell(self, painter: QPainter, box: QRectF, apart: int, cell: Cell) -> None:
        """From the right: the difference, the spread, the figure, and a word where it is the best."""
        theme = self.theme
        small, large = (
            fonts.tabular(fonts.caption()),
            fonts.tabular(fonts.body(fonts.SEMIBOLD) if cell.mark else fonts.body()),
        )
        for text, font, color, width in (
            (cell.difference, small, theme.quiet, apart), (cell.spread, small, theme.quiet, 0),
            (cell.text, large, theme.text, 0), (cell.mark, small, theme.ink(theme.accent), 0),
        ):  # fmt: skip
            painter.setFont(font)
            painter.setPen(color)
            painter.drawText(box, FIGURE, text)
            box = box.adjusted(0, 0, -(width or (painter.fontMetrics().horizontalAdvance(text) + 4 if text else 0)), 0)
