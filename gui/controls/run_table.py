"""The table of runs: thousands of rows, of which only those on screen are read."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from engine.snapshot import Metrics
from gui import fonts
from gui.graphics import ticks
from gui.graphics.run_cells import ROW_HEIGHT, RunCells
from gui.history.record import RunRecord
from gui.theme import CAPTION_PX, CONTROL_HEIGHT, Theme

PICTURE, NAME, CURVE, LOSS, SCORE, EPOCHS, TIME, SEED, WHEN = range(9)
AROUND = 12  # rows that are read above and below those on screen
NARROW = 760
_HEADERS = (
    ("", "", "What the run answers over the plane, or the first of its templates."),
    ("Run", "name", "Its name, and what differs from the run before. Click to sort by name."),
    ("Loss curve", "", "Train solid, test dashed, on a logarithmic axis."),
    ("Test loss", "test_loss", "At its last epoch. Click to sort by it."),
    ("Accuracy", "test_accuracy", "On the test samples; in regression R². Click to sort by it."),
    ("Epochs", "epochs", "How far it was trained. Click to sort by it."),
    ("Time", "seconds", "Seconds of training. Click to sort by it."),
    ("Seed", "seed", "Draws the first weights and the order of the samples. Click to sort by it."),
    ("When", "started", "When it began. Click to sort by it."),
)  # fmt: skip
_WIDTHS = {PICTURE: 72, CURVE: 104, LOSS: 76, SCORE: 80, EPOCHS: 72, TIME: 72, SEED: 56, WHEN: 92}
_LEFT = (PICTURE, NAME, CURVE)
# A number is looked for from its best end; these get better as they grow smaller.
_SMALL_FIRST = ("name", "test_loss", "seconds", "seed")
_ENDS = (Qt.Key.Key_Home, Qt.Key.Key_End)
_INDEX = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()


def duration(seconds: float) -> str:
    """A time that was measured, in two or three figures.

    >>> [duration(v) for v in (0.042, 0.996, 4.23, 12.3, 200.0, 3900.0)]
    ['0.04 s', '1.0 s', '4.2 s', '12 s', '3:20 min', '1:05 h']
    """
    if seconds < 0.995:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{min(seconds, 59):.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes}:{int(seconds % 60):02d} min" if minutes < 60 else f"{minutes // 60:,}:{minutes % 60:02d} h"


def moment(then: float, now: float) -> str:
    """``14:32`` today, ``24 Nov`` this year, ``24 Nov 2025`` before."""
    at, today = time.localtime(then), time.localtime(now)
    if at[:3] == today[:3]:
        return time.strftime("%H:%M", at)
    day = f"{at.tm_mday} {time.strftime('%b', at)}"
    return day if at.tm_year == today.tm_year else f"{day} {at.tm_year}"


def score(value: float, regression: bool) -> str:
    """An accuracy in percent, or R² with its name."""
    if math.isnan(value):
        return "–"
    return f"R² {ticks.score(value)}" if regression else ticks.percent(value)


class RunModel(QAbstractTableModel):
    """The runs' ids in their order, and the records of those that were looked at.

    ``wanted()``: a record is needed that is not here. ``renamed(id, name)``: a person gave another name.
    """

    wanted = Signal()
    renamed = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ids: list[int] = []
        self.places: dict[int, int] = {}
        self.records: dict[int, RunRecord] = {}
        self.stale: set[int] = set()
        self.live: tuple[int, bool] = (0, False)  # the row of the run on screen, and whether it trains
        self.order = (WHEN, True)  # the column that was sorted by, and whether downwards
        self.chips: dict[int, int] = {}  # the runs that are laid over each other -> their colour

    def rowCount(self, parent: _INDEX = _NONE) -> int:
        return 0 if parent.isValid() else len(self.ids)

    def columnCount(self, parent: _INDEX = _NONE) -> int:
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            column, descending = self.order
            arrow = (" ↓" if descending else " ↑") if section == column else ""
            return _HEADERS[section][0] + arrow
        if role == Qt.ItemDataRole.ToolTipRole:
            return _HEADERS[section][2]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side_of(section)
        return None

    def flags(self, index: _INDEX) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else flags

    def record(self, row: int) -> RunRecord | None:
        """The record of a row, as far as it is here; it is asked for if need be."""
        run = self.ids[row]
        if run not in self.records or run in self.stale:
            self.wanted.emit()
        return self.records.get(run)

    def data(self, index: _INDEX, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        record, column = self.record(index.row()), index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side_of(column)
        if record is None:
            return None
        if role == Qt.ItemDataRole.EditRole and column == NAME:
            return record.name
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == NAME:
                return f"{record.name}\n{record.differs}\n{record.settings}"
            return time.strftime("%d %b %Y, %H:%M", time.localtime(record.started)) if column == WHEN else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_HEADERS[column][0] or 'Picture'}: {self.text(record, column)}"
        return self.text(record, column) if role == Qt.ItemDataRole.DisplayRole else None

    @staticmethod
    def text(record: RunRecord, column: int) -> str:
        """What a cell says."""
        if column == NAME:
            return record.name
        if column == LOSS:
            return "–" if math.isnan(record.test_loss) else ticks.loss(record.test_loss)
        if column == SCORE:
            return score(record.test_accuracy, record.regression)
        numbers = {EPOCHS: f"{record.epochs:,}", TIME: duration(record.seconds), SEED: str(record.seed)}
        return moment(record.started, time.time()) if column == WHEN else numbers.get(column, "")

    def setData(self, index: _INDEX, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        record, name = self.record(index.row()), " ".join(str(value).split())
        if role != Qt.ItemDataRole.EditRole or record is None or not name or name == record.name:
            return False
        self.records[record.id] = replace(record, name=name)
        self.show_row(record.id)
        self.renamed.emit(record.id, name)
        return True

    # --- changes ---------------------------------------------------------------------------------------------------

    def show(self, ids: list[int], records: dict[int, RunRecord]) -> bool:
        """Another list; True where the rows are not those of before. What is known already is asked for anew."""
        self.stale = set(self.records) - set(records)
        self.records |= records
        if ids == self.ids:
            if ids:
                self.dataChanged.emit(self.index(0, 0), self.index(len(ids) - 1, len(_HEADERS) - 1))
            return False
        self.beginResetModel()
        self.ids = ids
        self.places = {run: place for place, run in enumerate(ids)}
        self.records = {run: record for run, record in self.records.items() if run in self.places}
        self.stale &= set(self.records)
        self.endResetModel()
        return True

    def add(self, records: dict[int, RunRecord]) -> None:
        """Records that were asked for."""
        self.records |= records
        self.stale -= set(records)
        for run in records:
            self.show_row(run)

    def set_live(self, run: int, training: bool, metrics: Metrics | None = None) -> None:
        """Which row is the run on screen, and how it stands."""
        before, self.live = self.live, (run, training)
        record = self.records.get(run)
        if record is not None and metrics is not None:
            self.records[run] = replace(
                record, epochs=int(metrics.epoch), train_loss=metrics.train_loss, test_loss=metrics.test_loss,
                train_accuracy=metrics.train_accuracy, test_accuracy=metrics.test_accuracy,
            )  # fmt: skip
            self.show_row(run)
        if before != self.live:
            self.show_row(before[0])
            self.show_row(run)

    def set_chips(self, chips: dict[int, int]) -> None:
        """Which runs are laid over each other, in which colour."""
        before, self.chips = self.chips, chips
        for run in {*before, *chips}:
            self.show_row(run)

    def show_row(self, run: int) -> None:
        if (place := self.places.get(run)) is not None:
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(_HEADERS) - 1))


def side_of(column: int) -> Qt.AlignmentFlag:
    """Numbers end at the right."""
    side = Qt.AlignmentFlag.AlignLeft if column in _LEFT else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class RunTable(QTableView):
    """``chosen(ids)`` the selection, ``opened(id)`` Enter or a double click, ``removeAsked()`` Delete, ``sorted(key,
    descending)`` a click on a header, ``wanted(ids)`` rows on screen that have to be read."""

    chosen = Signal(object)
    opened = Signal(int)
    removeAsked = Signal()
    sorted = Signal(str, bool)
    wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs = RunModel(self)
        self.setModel(self.runs)
        self.cells = RunCells(theme, self)
        self.setItemDelegate(self.cells)
        self.sort_key, self.descending = "started", True
        self.setFont(fonts.figures(CAPTION_PX + 1))
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.verticalHeader().setMinimumSectionSize(ROW_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setFont(fonts.caption())
        head.setHighlightSections(False)
        head.setFixedHeight(CONTROL_HEIGHT)
        head.setMinimumSectionSize(40)
        head.setSectionsClickable(True)
        for column, width in _WIDTHS.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        head.sectionClicked.connect(self._on_header)
        self.setAccessibleName("Runs")
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(0)
        self._reading.timeout.connect(self._ask)
        self.runs.wanted.connect(self._read_soon)
        self.selectionModel().selectionChanged.connect(self._on_selected)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.cells.apply_theme(theme)
        self.viewport().update()

    # --- rows ------------------------------------------------------------------------------------------------------

    def on_screen(self) -> list[int]:
        """The runs whose rows are seen, and a few around them."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height())
        if first < 0:
            return []
        last = len(self.runs.ids) - 1 if last < 0 else last
        return self.runs.ids[max(first - AROUND, 0) : last + AROUND + 1]

    @Slot()
    def _read_soon(self) -> None:
        if not self._reading.isActive():
            self._reading.start()

    @Slot()
    def _ask(self) -> None:
        known, stale = self.runs.records, self.runs.stale
        if missing := [run for run in self.on_screen() if run not in known or run in stale]:
            self.wanted.emit(tuple(missing))

    def show_runs(self, ids: list[int], records: dict[int, RunRecord]) -> None:
        """Another list; what is selected stays so as far as it is in it."""
        selected, current = self.selected(), self.current()
        if self.runs.show(ids, records):
            self.select(selected, current)
            if self.selected() != selected:
                self.chosen.emit(tuple(self.selected()))

    # --- selection -------------------------------------------------------------------------------------------------

    def selected(self) -> list[int]:
        """The selected runs, in the order of the list."""
        ranges = self.selectionModel().selection()
        rows = sorted({row for part in ranges for row in range(part.top(), part.bottom() + 1)})
        return [self.runs.ids[row] for row in rows if row < len(self.runs.ids)]

    def current(self) -> int:
        """The run with the cursor, 0 for none."""
        row = self.currentIndex().row()
        return self.runs.ids[row] if 0 <= row < len(self.runs.ids) else 0

    def select(self, runs: Iterable[int], current: int = 0) -> None:
        """Select these, as far as they are in the list; emits nothing."""
        model, selection = self.selectionModel(), QItemSelection()
        places = self.runs.places
        for place in (places[run] for run in runs if run in places):
            selection.select(self.runs.index(place, 0), self.runs.index(place, len(_HEADERS) - 1))
        model.blockSignals(True)
        if current in places:
            model.setCurrentIndex(self.runs.index(places[current], NAME), QItemSelectionModel.SelectionFlag.NoUpdate)
        model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        model.blockSignals(False)
        self.viewport().update()

    @Slot()
    def _on_selected(self) -> None:
        self.chosen.emit(tuple(self.selected()))

    def rename(self) -> None:
        """Open the name of the run with the cursor for editing."""
        row = self.currentIndex().row()
        if row >= 0:
            self.setFocus()
            self.edit(self.runs.index(row, NAME))

    # --- keys and clicks -------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_header(self, column: int) -> None:
        if not (key := _HEADERS[column][1]):
            return
        self.descending = not self.descending if key == self.sort_key else key not in _SMALL_FIRST
        self.sort_key = key
        self.runs.order = (column, self.descending)
        self.runs.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADERS) - 1)
        self.sorted.emit(key, self.descending)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        self.setColumnHidden(SEED, width < NARROW)
        self.setColumnHidden(TIME, width < NARROW - 60)
        self._read_soon()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.opened.emit(self.runs.ids[index.row()])

    def event(self, event: QEvent) -> bool:
        # Both go to an end of the list, not of the run.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in _ENDS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() == QAbstractItemView.State.EditingState:
            return  # Enter that ended the editing of a name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if run := self.current():
                self.opened.emit(run)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removeAsked.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.rename()
        elif event.key() in _ENDS and self.runs.ids:
            self.selectRow(0 if event.key() == Qt.Key.Key_Home else len(self.runs.ids) - 1)
        elif event.key() == Qt.Key.Key_A and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of the window."""
