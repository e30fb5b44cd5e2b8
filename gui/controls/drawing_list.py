"""Own drawings as thumbnails with their labels, to choose from, to tick and to name anew."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from engine.drawing import INK_SIDE, OwnDrawing
from gui import fonts, icons
from gui.style import selected
from gui.theme import Theme

PICTURE = 62
CELL = QSize(88, 92)
INSET = 10  # from the edge of a cell to the picture in it
_POOL = 2  # the thumbnail has half as many pixels: sharp up to a scaling of 250 %
_DRAWING = Qt.ItemDataRole.UserRole
_READ = Qt.ItemDataRole.UserRole + 1
_MARK = 16


class DrawingList(QListWidget):
    """Shows drawings, each with a tick while it takes part. Several can be chosen, with Shift, Ctrl or a drag.

    ``tickAsked(ids, bool)`` on a click into a tick and on Space, ``labelAsked(ids, int)`` on a digit, ``removeAsked(ids)`` on
    Delete; nothing changes before it is shown anew.
    """

    tickAsked = Signal(object, bool)
    labelAsked = Signal(object, int)
    removeAsked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setGridSize(CELL)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("look", "plain")
        self.setProperty("keeps_keys", True)  # Space ticks, and digits name
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Your drawings")
        self.setToolTip("Your drawings. Those with a tick take part in training; a click on the tick changes that.")
        self.setWhatsThis(
            "Every drawing that you have named, with its digit. Those with a tick take part in training. Arrows move, Space "
            "ticks what is chosen, 0 to 9 names it anew, Delete removes it, Ctrl+A chooses all."
        )
        self.setItemDelegate(_Painter(theme, self))

    def apply_theme(self, theme: Theme) -> None:
        self.setItemDelegate(_Painter(theme, self))

    # --- showing ----------------------------------------------------------------------------------------------------

    def show_drawings(self, drawings: Iterable[OwnDrawing], taught: Iterable[str]) -> None:
        """Show these, in this order, with a tick at those of ``taught``. What was chosen stays chosen."""
        drawings, taught = tuple(drawings), frozenset(taught)
        if [one.id for one in drawings] != self.ids():
            self._fill(drawings)
        for row, drawing in enumerate(drawings):
            item = self.item(row)
            on = drawing.id in taught
            state = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            if item.checkState() is not state:
                item.setCheckState(state)
            if not on:
                item.setData(_READ, None)
            _describe(item)

    def _fill(self, drawings: tuple[OwnDrawing, ...]) -> None:
        chosen, now = set(self.chosen()), self.currentItem()
        at = now.data(_DRAWING).picture if now is not None else ""
        self.clear()
        for drawing in drawings:
            item = QListWidgetItem(self)
            item.setSizeHint(CELL)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Unchecked)
            item.setData(_DRAWING, drawing)
            if drawing.picture == at:
                self.setCurrentItem(item)
        self.choose(chosen)

    def show_readings(self, readings: dict[str, int]) -> None:
        """What the network reads in those that take part, by their ids."""
        for row in range(self.count()):
            item = self.item(row)
            read = readings.get(item.data(_DRAWING).id)
            if item.data(_READ) != read:
                item.setData(_READ, read)
                _describe(item)

    # --- choosing ---------------------------------------------------------------------------------------------------

    def ids(self) -> list[str]:
        """Those shown, in order."""
        return [self.item(row).data(_DRAWING).id for row in range(self.count())]

    def chosen(self) -> tuple[str, ...]:
        """Those chosen, in the order of the list."""
        return tuple(self.item(row).data(_DRAWING).id for row in range(self.count()) if self.item(row).isSelected())

    def ticked(self) -> tuple[str, ...]:
        """Those that take part."""
        items = [self.item(row) for row in range(self.count())]
        return tuple(item.data(_DRAWING).id for item in items if item.checkState() is Qt.CheckState.Checked)

    def choose(self, ids: Iterable[str]) -> None:
        """Choose these, whatever label they have been given since, and no others."""
        pictures = {name[:-1] for name in ids}
        for row in range(self.count()):
            item = self.item(row)
            item.setSelected(item.data(_DRAWING).picture in pictures)

    def ask_tick(self) -> None:
        """Have what is chosen take part, or none of it where all of it does."""
        if chosen := self.chosen():
            self.tickAsked.emit(chosen, not set(chosen) <= set(self.ticked()))

    # --- mouse and keys ---------------------------------------------------------------------------------------------

    def mousePressEvent(self, event) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            mark = _mark(QRectF(self.visualItemRect(item))).adjusted(-6, -4, 6, 6)
            if mark.contains(event.position()):
                self.tickAsked.emit((item.data(_DRAWING).id,), item.checkState() is not Qt.CheckState.Checked)
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, chosen = event.key(), self.chosen()
        if key == Qt.Key.Key_Space:
            self.ask_tick()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and chosen:
            self.removeAsked.emit(chosen)
        elif (
            Qt.Key.Key_0 <= key <= Qt.Key.Key_9
            and chosen
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.labelAsked.emit(chosen, key - Qt.Key.Key_0)
        else:
            super().keyPressEvent(event)


def _describe(item: QListWidgetItem) -> None:
    """For whoever can't see the picture, and under the pointer."""
    drawing, read = item.data(_DRAWING), item.data(_READ)
    part = "takes part" if item.checkState() is Qt.CheckState.Checked else "does not take part"
    what = f"A {drawing.label}, {part}"
    if read is not None:
        what += ", read right" if read == drawing.label else f", read as {read}"
    day = drawing.at[:10]
    who = f" by {drawing.writer}" if drawing.writer else ""
    text = f"{what}. Drawn on {day}{who}."
    if item.toolTip() != text:
        item.setToolTip(text)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, what)


def _mark(cell: QRectF) -> QRectF:
    """Where the tick stands: under the picture, before the label."""
    return QRectF(cell.left() + INSET, cell.top() + PICTURE + 9, _MARK, _MARK)


@lru_cache(maxsize=512)
def _picture(drawing: OwnDrawing) -> QImage:
    n = INK_SIDE // _POOL
    gray = drawing.ink.reshape(n, _POOL, n, _POOL).mean(axis=(1, 3)) * 255
    pixels = np.ascontiguousarray(np.round(gray), np.uint8)
    return QImage(pixels.data, n, n, n, QImage.Format.Format_Grayscale8).copy()


class _Painter(QStyledItemDelegate):
    """The picture, white on black as a network is given it, the tick in its corner, the label under it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bold, self._small = fonts.figures(weight=fonts.SEMIBOLD), fonts.caption()
        self._check = icons.icon("check", theme.on_accent, 12)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return CELL

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, cell = self._theme, QRectF(option.rect)
        drawing, read = index.data(_DRAWING), index.data(_READ)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if chosen or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(selected(theme) if chosen else theme.sunken)
            painter.drawRoundedRect(cell.adjusted(2, 1, -2, -1), 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cell.adjusted(3, 2, -3, -2), 6, 6)
        mark = _mark(cell)
        painter.drawImage(QRectF(cell.left() + INSET, cell.top() + 5, PICTURE, PICTURE), _picture(drawing))
        self._paint_mark(painter, mark, index.data(Qt.ItemDataRole.CheckStateRole))
        words = QRectF(mark.right() + 5, mark.top(), cell.right() - 5 - mark.right() - 5, mark.height())
        painter.setFont(self._bold)
        painter.setPen(theme.text)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(drawing.label))
        if read is not None and read != drawing.label:
            painter.setFont(self._small)
            painter.setPen(theme.ink(theme.danger, selected(theme) if chosen else theme.panel))
            painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"reads {read}")
        painter.restore()

    def _paint_mark(self, painter: QPainter, mark: QRectF, state: object) -> None:
        on = Qt.CheckState(state) is Qt.CheckState.Checked
        painter.setPen(QPen(self._theme.accent if on else self._theme.quiet, 1))
        painter.setBrush(self._theme.accent if on else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(mark.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if on:
            self._check.paint(painter, mark.adjusted(2, 2, -2, -2).toRect())
