"""The table of the watch list: rows that a header sorts, with a dot, a running number and a spark-line each."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui import fonts
from gui.graphics import ticks
from gui.graphics.pin_dots import RADIUS, pin_color
from gui.pins import Past, Pin
from gui.style import selected
from gui.theme import CAPTION_PX, CONTROL_HEIGHT, Theme

NAME, KIND, VALUE, PAST, CHANGE = range(5)
NARROW = 420
_HEADERS = (
    ("Pin", "What is watched. Click to sort by name."),
    ("What", "Weight, bias or activation; ∂L/∂w and ∂L/∂b are the mean gradient over the next mini-batch."),
    ("Now", "The value of this moment. Click to sort by it."),
    ("Recent past", "How it went, over the last 24 seconds of training at most."),
    ("Change", "From the left end of the line to now. Click to sort by its size."),
)
_INDEX = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()


def _side(column: int) -> Qt.AlignmentFlag:
    """Numbers end at the right."""
    side = Qt.AlignmentFlag.AlignRight if column in (VALUE, CHANGE) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


@dataclass
class Row:
    """One pin with its name, the number of its colour, its value and its past."""

    pin: Pin
    name: str
    color: int
    value: float | None = None
    past: Past = field(default_factory=Past)


class WatchModel(QAbstractTableModel):
    """The rows, in the order of the column that was clicked; unsorted they stay as they came."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._column, self._order = -1, Qt.SortOrder.AscendingOrder

    def rowCount(self, parent: _INDEX = _NONE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _INDEX = _NONE) -> int:
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section][0]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _HEADERS[section][1]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return None

    def data(self, index: _INDEX, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.ToolTipRole and column == NAME:
            return f"{row.name}, {row.pin.label}. Enter or a click shows it on the network, Delete takes it off."
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_HEADERS[column][0]}: {self._text(row, column)}"
        return self._text(row, column) if role == Qt.ItemDataRole.DisplayRole else None

    @staticmethod
    def _text(row: Row, column: int) -> str:
        if column in (NAME, KIND):
            return row.name if column == NAME else row.pin.label
        if column == VALUE:
            return "–" if row.value is None else signed(row.value)
        return signed(row.past.change) if column == CHANGE and len(row.past) > 1 else ""

    # --- changes --------------------------------------------------------------------------------------------------

    def add(self, row: Row) -> None:
        """Put a row at the end."""
        self.beginInsertRows(_NONE, len(self.rows), len(self.rows))
        self.rows.append(row)
        self.endInsertRows()
        self.sort_again()

    def remove(self, place: int) -> None:
        """Take a row off."""
        self.beginRemoveRows(_NONE, place, place)
        del self.rows[place]
        self.endRemoveRows()

    def show_values(self) -> None:
        """Values and names changed."""
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(_HEADERS) - 1))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By name or kind, by value, by the size of the change; a negative ``column`` leaves them as they are."""
        self._column, self._order = column, order
        self.sort_again()

    def sort_again(self) -> None:
        """Values have changed: put the rows in order; the one with the focus keeps it."""
        if self._column < 0:
            return
        wanted = sorted(self.rows, key=self._key, reverse=self._order == Qt.SortOrder.DescendingOrder)
        if [id(row) for row in wanted] == [id(row) for row in self.rows]:
            return
        self.layoutAboutToBeChanged.emit()
        places = {id(row): place for place, row in enumerate(wanted)}
        before = self.persistentIndexList()
        after = [self.index(places[id(self.rows[index.row()])], index.column()) for index in before]
        self.rows = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _key(self, row: Row) -> Any:
        if self._column in (NAME, KIND):
            return (row.name, row.pin.label) if self._column == NAME else (row.pin.label, row.name)
        number = row.value if self._column == VALUE else abs(row.past.change)
        return -math.inf if number is None or math.isnan(number) else number


class WatchTable(QTableView):
    """``chosen(int)`` a row was clicked or entered, ``removeAsked(int)`` Delete was pressed on it."""

    chosen = Signal(int)
    removeAsked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = WatchModel(self)
        self.setModel(self.rows)
        self._painter = _Cells(theme, self)
        self.setItemDelegate(self._painter)
        self.setFont(fonts.figures(CAPTION_PX + 1))
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT)
        head = self.horizontalHeader()
        head.setFont(fonts.caption())
        head.setHighlightSections(False)
        head.setFixedHeight(CONTROL_HEIGHT)
        head.setMinimumSectionSize(48)
        for column, width in ((KIND, 80), (VALUE, 80), (CHANGE, 80)):
            self.setColumnWidth(column, width)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.setAccessibleName("Watch list")
        self.clicked.connect(self._on_clicked)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self._painter.theme = theme
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        self.setColumnWidth(PAST, max(round(0.3 * width), 56))
        self.setColumnHidden(CHANGE, width < NARROW)  # the line shows it too
        self.setColumnHidden(KIND, width < NARROW)  # of a gradient the name says it

    def _on_clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if row >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(row)
        elif row >= 0 and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removeAsked.emit(row)
        else:
            super().keyPressEvent(event)


class _Cells(QStyledItemDelegate):
    """Paints the cells: a table of Qt's own has no dots, no spark-lines and no colour for a sign."""

    def __init__(self, theme: Theme, table: WatchTable) -> None:
        super().__init__(table)
        self.theme = theme
        self._table, self._model = table, table.rows

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _INDEX) -> None:
        theme, row, column = self.theme, self._model.rows[index.row()], index.column()
        box = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, selected(theme))
        inner = box.adjusted(8, 0, -8, 0)
        painter.setFont(option.font)
        if column == PAST:
            self._spark(painter, inner.adjusted(0, 5, 0, -5), row)
            return
        if column == NAME:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pin_color(theme, row.color))
            painter.drawEllipse(QPointF(inner.left() + RADIUS, inner.center().y()), RADIUS, RADIUS)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            inner.setLeft(inner.left() + 2 * RADIUS + 8)
        number = {VALUE: row.value, CHANGE: row.past.change}.get(column)
        painter.setPen(theme.quiet if column == KIND else theme.text)
        if number and math.isfinite(number):
            painter.setPen(theme.ink(theme.positive if number > 0 else theme.negative))
        text, metrics, room = str(index.data() or ""), option.fontMetrics, int(inner.width())
        if column == NAME:
            if self._table.isColumnHidden(KIND) and row.pin.kind == "gradient":
                text = f"∂ {text}"
            text = short_name(text) if metrics.horizontalAdvance(text) > room else text
        painter.drawText(inner, _side(column), metrics.elidedText(text, Qt.TextElideMode.ElideRight, room))

    def _spark(self, painter: QPainter, box: QRectF, row: Row) -> None:
        values = row.past.values()
        values = values[np.isfinite(values)]
        if len(values) < 2:
            return
        low, high = float(values.min()), float(values.max())
        share = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
        x = box.left() + np.arange(len(values)) * (box.width() / (len(values) - 1))
        y = box.bottom() - share * box.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if low < 0 < high:
            zero = box.bottom() + low / (high - low) * box.height()
            painter.setPen(QPen(self.theme.line, 1))
            painter.drawLine(QPointF(box.left(), zero), QPointF(box.right(), zero))
        color = pin_color(self.theme, row.color)
        painter.setPen(QPen(color, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(list(map(QPointF, x.tolist(), y.tolist()))))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def short_name(name: str) -> str:
    """``hidden 1, neuron 6 → hidden 2, neuron 4`` as ``H1·6 → H2·4``."""
    return name.replace("hidden ", "H").replace(", neuron ", "·")


def signed(value: float) -> str:
    """A running number with its sign: ``+0.0412``, ``−12.34``."""
    text = ticks.short(value)
    return f"+{text}" if value > 0 and math.isfinite(value) else text
