"""How a row of the table of runs is painted: picture, name over what differs, spark-line, numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui import fonts
from gui.graphics import thumbnail
from gui.history.record import RunRecord
from gui.style import selected
from gui.theme import CAPTION_PX, Theme

ROW_HEIGHT = 56
SIDE = 48
CHIP = 16
FLOOR = 1e-12
KEPT_PICTURES = 400
LIVE, PAUSED = "training", "on screen"
_PICTURE, _NAME, _CURVE = 0, 1, 2
_INDEX = QModelIndex | QPersistentModelIndex


def paint_chip(painter: QPainter, theme: Theme, box: QRectF, place: int) -> None:
    """A number on the colour of a run that is laid over others."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.branch_color(place))
    painter.drawRoundedRect(box, 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setFont(fonts.figures(CAPTION_PX, fonts.SEMIBOLD))
    painter.setPen(theme.panel)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(place + 1))


def spark_lines(spark: NDArray, box: QRectF) -> list[QPolygonF]:
    """The train and the test loss (n, 3) in ``box``, both on one logarithmic axis."""
    if len(spark) < 2:
        return []
    with np.errstate(all="ignore"):
        heights = np.log10(np.clip(spark[:, 1:].astype(float), FLOOR, 1e12))
        x = spark[:, 0].astype(float)
    sound = heights[np.isfinite(heights)]
    if not len(sound):
        return []
    low, high = float(sound.min()), float(sound.max())
    span, width = high - low or 1.0, max(float(x[-1] - x[0]), 1e-9)
    xs = box.left() + (x - x[0]) / width * box.width()
    lines = []
    for column in heights.T:
        ok = np.isfinite(column)
        ys = box.bottom() - (column[ok] - low) / span * box.height()
        lines.append(QPolygonF(list(map(QPointF, xs[ok].tolist(), ys.tolist()))))
    return lines


class RunCells(QStyledItemDelegate):
    """The table's model is asked for whole records: a cell of text would not do."""

    def __init__(self, theme: Theme, table: QAbstractItemView) -> None:
        super().__init__(table)
        self._view = table
        self._pictures: dict[tuple[int, str], QImage] = {}
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self._pictures.clear()
        self._luts: dict[int, NDArray] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: _INDEX) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _INDEX) -> None:
        model, theme, box = self._view.runs, self.theme, QRectF(option.rect)  # type: ignore[attr-defined]
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, selected(theme))
        record = model.record(index.row())
        painter.setPen(QPen(theme.line, 1))
        painter.drawLine(box.bottomLeft() + QPointF(0, 0.5), box.bottomRight() + QPointF(0, 0.5))
        if record is None:
            return
        column = index.column()
        if column == _PICTURE:
            self._paint_picture(painter, box, record, model.chips.get(record.id))
        elif column == _NAME:
            live, training = model.live
            self._paint_name(painter, box, record, (LIVE if training else PAUSED) if record.id == live else "")
            if option.state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus():
                painter.setPen(QPen(theme.accent, 1))
                painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -2.5), 4, 4)
        elif column == _CURVE:
            self._paint_curve(painter, box.adjusted(8, 10, -8, -10), record)
        else:
            painter.setFont(option.font)
            painter.setPen(theme.text if column < 7 else theme.quiet)
            painter.drawText(
                box.adjusted(8, 0, -8, 0),
                model.data(index, Qt.ItemDataRole.TextAlignmentRole),
                model.text(record, column),
            )

    def _paint_picture(self, painter: QPainter, box: QRectF, record: RunRecord, chip: int | None) -> None:
        place = QRectF(box.left() + 16, box.top() + (ROW_HEIGHT - SIDE) / 2, SIDE, SIDE)
        image = self.picture(record)
        if image.isNull():
            painter.fillRect(place, self.theme.sunken)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, image)
        if chip is not None:
            paint_chip(painter, self.theme, QRectF(box.left() + 2, place.center().y() - CHIP / 2, CHIP - 4, CHIP), chip)

    def picture(self, record: RunRecord) -> QImage:
        """The coloured picture of a run, made when it is first painted."""
        key = (record.id, record.mark)
        if key not in self._pictures:
            if len(self._pictures) >= KEPT_PICTURES:
                self._pictures.clear()
            if record.classes not in self._luts:
                self._luts[record.classes] = thumbnail.lut_of(self.theme, record.classes)
            self._pictures[key] = thumbnail.picture(record.thumbnail, self._luts[record.classes])
        return self._pictures[key]

    def _paint_name(self, painter: QPainter, box: QRectF, record: RunRecord, state: str) -> None:
        theme, inner = self.theme, box.adjusted(8, 10, -8, -10)
        top, below = QRectF(inner), QRectF(inner)
        top.setHeight(18)
        below.setTop(inner.bottom() - 15)
        if state:
            painter.setFont(fonts.caption(fonts.SEMIBOLD))
            width = painter.fontMetrics().horizontalAdvance(state)
            painter.setPen(theme.ink(theme.accent, selected(theme)))
            painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, state)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(theme.accent if state == LIVE else Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.accent, 1.5))
            painter.drawEllipse(QPointF(top.right() - width - 9, top.center().y()), 3.5, 3.5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            top.setRight(top.right() - width - 20)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for text, place, font, color in (
            (record.name, top, fonts.body(), theme.text),
            (record.differs, below, fonts.caption(), theme.quiet),
        ):
            painter.setFont(font)
            painter.setPen(color)
            elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
            painter.drawText(place, left, elided)

    def _paint_curve(self, painter: QPainter, box: QRectF, record: RunRecord) -> None:
        lines = spark_lines(record.spark, box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line, color, dashes in zip(lines, (self.theme.accent, self.theme.quiet), ([], [3.0, 2.0]), strict=False):
            pen = QPen(color, 1.3)
            if dashes:
                pen.setDashPattern(dashes)
            painter.setPen(pen)
            painter.drawPolyline(line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # --- the name is edited in its place -----------------------------------------------------------------------------

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _INDEX) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName("Name of the run")
        editor.setMaxLength(120)
        return editor

    def setEditorData(self, editor: QWidget, index: _INDEX) -> None:
        assert isinstance(editor, QLineEdit)
        if not editor.isModified():
            editor.setText(index.data(Qt.ItemDataRole.EditRole) or "")
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: object, index: _INDEX) -> None:
        assert isinstance(editor, QLineEdit)
        model.setData(index, editor.text())  # type: ignore[attr-defined]

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _INDEX) -> None:
        box: QRect = option.rect
        editor.setGeometry(box.adjusted(2, 4, -4, -(ROW_HEIGHT - 32)))
