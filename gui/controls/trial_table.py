"""The trials of a study as a table that a click on a header sorts."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
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
from gui.graphics.trial_axes import Trials, goal_words
from gui.style import selected
from gui.theme import CAPTION_PX, CONTROL_HEIGHT, Theme
from gui.tuning.study import FAILED, PRUNED, TrialView

_INDEX = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
BEST, FRONT = "best", "on the front"
_FIRST = ("Trial", "State")
_LAST = ("Seconds", "Computer")


class TrialModel(QAbstractTableModel):
    """A row for each trial: number, state, objectives, hyperparameters, seconds, and where it ran."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trials: Trials | None = None
        self.headers: tuple[str, ...] = _FIRST
        self.order: list[int] = []
        self._column, self._down = 0, False

    def show_trials(self, trials: Trials | None) -> None:
        """Show these, sorted as before where the columns are the same."""
        headers = _FIRST
        if trials is not None:
            headers = (*_FIRST, *trials.goals, *(axis.label for axis in trials.axes), *_LAST)
        self.beginResetModel()
        if headers != self.headers:
            self._column, self._down = 0, False
        self.trials, self.headers = trials, headers
        self._sort()
        self.endResetModel()

    def rowCount(self, parent: _INDEX = _NONE) -> int:
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: _INDEX = _NONE) -> int:
        return 0 if parent.isValid() else len(self.headers)

    def _is_text(self, column: int) -> bool:
        assert self.trials is not None
        axis = column - len(_FIRST) - len(self.trials.goals)
        levels = 0 <= axis < len(self.trials.axes) and bool(self.trials.axes[axis].levels)
        return column == 1 or self.headers[column] == _LAST[1] or levels

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.headers[section] + ((" ↓" if self._down else " ↑") if section == self._column else "")
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self.headers[section]}. Click to sort by it, and again to turn the order around."
        if role == Qt.ItemDataRole.TextAlignmentRole and self.trials is not None:
            return self._side(section)
        return None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if self._is_text(column) else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def data(self, index: _INDEX, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.trials is None:
            return None
        trial, column = self.trials.view.trials[self.order[index.row()]], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(trial, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.headers[column]}: {self.text(trial, column)}"
        return self._side(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def text(self, trial: TrialView, column: int) -> str:
        """What a cell says."""
        assert self.trials is not None
        value = self._value(trial, column)
        goals = len(_FIRST) + len(self.trials.goals)
        if column == 1 and trial.number in self.trials.view.best:
            return FRONT if len(self.trials.goals) > 1 else BEST
        if value is None:
            return "–"
        if len(_FIRST) <= column < goals:
            return goal_words(self.headers[column], value)
        if goals <= column < goals + len(self.trials.axes):
            return self.trials.axes[column - goals].words(value)
        return f"{value:,.1f}" if isinstance(value, float) else str(value)

    def _value(self, trial: TrialView, column: int) -> Any:
        """What a cell is sorted by; None for nothing there."""
        assert self.trials is not None
        goals = len(_FIRST) + len(self.trials.goals)
        if column < len(_FIRST):
            return (trial.number, trial.state)[column]
        if column < goals:
            value = float(self.trials.values[self.trials.rows[trial.number], column - len(_FIRST)])
            return None if math.isnan(value) else value
        if column < goals + len(self.trials.axes):
            return trial.params.get(self.trials.axes[column - goals].name)
        return (float(trial.seconds) or None, trial.machine or None)[column - goals - len(self.trials.axes)]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._down = column, order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.headers) - 1)
        self._sort()
        self.layoutChanged.emit()

    def _sort(self) -> None:
        """What has no value stands last, whichever way."""
        if self.trials is None:
            self.order = []
            return
        keys = {row: self._value(trial, self._column) for row, trial in enumerate(self.trials.view.trials)}
        there = [row for row, key in keys.items() if key is not None]
        words = any(isinstance(keys[row], (str, tuple, list)) for row in there)
        there.sort(key=lambda row: str(keys[row]) if words else keys[row], reverse=self._down)
        self.order = there + [row for row, key in keys.items() if key is None]

    def some(self) -> tuple[TrialView, ...]:
        """Enough of them to see how wide words are."""
        return () if self.trials is None else self.trials.view.trials[:60]

    def row_of(self, number: int) -> int:
        """Where a trial stands, −1 for nowhere."""
        row = None if self.trials is None else self.trials.rows.get(number)
        return self.order.index(row) if row is not None else -1


class TrialTable(QTableView):
    """``picked(number)`` by click or arrow keys, ``opened(number)`` by double-click or Enter."""

    picked = Signal(int)
    opened = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.rows = TrialModel(self)
        self.selected = -1
        self.setModel(self.rows)
        self._cells = _Cells(theme, self)
        self.setItemDelegate(self._cells)
        self.setCornerWidget(QWidget())
        self.setAccessibleName("Table of trials")
        self.setFont(fonts.figures())
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT)
        header = self.horizontalHeader()
        header.setFont(fonts.sized(CAPTION_PX))
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(False)  # its arrow would lie on words that end at the right
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(48)
        header.setHighlightSections(False)
        header.setFixedHeight(CONTROL_HEIGHT)
        header.sortIndicatorChanged.connect(self._on_sort)
        self.selectionModel().currentRowChanged.connect(self._on_row)
        self.doubleClicked.connect(self._on_double)

    def show_trials(self, trials: Trials | None) -> None:
        """Show these; sorting, choice and place stay."""
        at, before = self.verticalScrollBar().value(), self.rows.headers
        self.selectionModel().blockSignals(True)
        self.rows.show_trials(trials)
        self.selectionModel().blockSignals(False)
        if self.rows.headers != before:
            self.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
            self._fit()
        self._mark()
        self.verticalScrollBar().setValue(at)

    def _fit(self) -> None:
        """Columns as wide as their words, and what is left over among them all."""
        header, metrics, body = self.horizontalHeader(), self.horizontalHeader().fontMetrics(), self.fontMetrics()
        wants = []
        for column, title in enumerate(self.rows.headers):
            words = (body.horizontalAdvance(self.rows.text(trial, column)) for trial in self.rows.some())
            wants.append(max(metrics.horizontalAdvance(f"{title} ↓"), *words, 0) + 20)
        spare = max(self.viewport().width() - sum(wants), 0) // max(len(wants), 1)
        for column, want in enumerate(wants):
            header.resizeSection(column, want + spare)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._fit()

    def select(self, number: int) -> None:
        """Show a trial as the chosen one; emits nothing."""
        if number != self.selected:
            self.selected = number
            self._mark()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = self._cells.theme = theme
        self.viewport().update()

    def _mark(self) -> None:
        row = self.rows.row_of(self.selected)
        self.selectionModel().blockSignals(True)
        if row < 0:
            self.clearSelection()
        else:
            self.selectRow(row)
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def number(self, row: int) -> int:
        """The trial in a row."""
        assert self.rows.trials is not None
        return self.rows.trials.view.trials[self.rows.order[row]].number

    def _on_sort(self, column: int, order: Qt.SortOrder) -> None:
        self.rows.sort(column, order)
        self._mark()

    def _on_row(self, index: QModelIndex) -> None:
        if index.isValid():
            self.selected = self.number(index.row())
            self.picked.emit(self.selected)

    def _on_double(self, index: QModelIndex) -> None:
        self.opened.emit(self.number(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected >= 0:
            self.opened.emit(self.selected)
        else:
            super().keyPressEvent(event)


class _Cells(QStyledItemDelegate):
    """Words as far from the edges as those of the header."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _INDEX) -> None:
        box = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, selected(self.theme))
        inner = box.adjusted(8, 0, -8, 0)
        text = str(index.data() or "")
        best = text in (BEST, FRONT) and index.column() == 1
        painter.setFont(fonts.figures(weight=fonts.SEMIBOLD) if best else option.font)
        painter.setPen(self.theme.text if best or text not in (PRUNED, FAILED, "–") else self.theme.quiet)
        words = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, index.data(Qt.ItemDataRole.TextAlignmentRole), words)
