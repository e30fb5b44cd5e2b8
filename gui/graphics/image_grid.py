"""A scrolling grid of very many small images: only those on screen are ever made into a picture, all of them into one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCursor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from gui import fonts
from gui.theme import NETWORK_INK, NETWORK_PAPER, Theme, mix

THUMBNAIL = 56  # about; each pixel of an image gets a whole number of the screen's
_GAP, _LABEL = 6, 18
_RING = 2
_EMPTY = np.empty(0, np.int64)


class ImageGrid(QAbstractScrollArea):
    """Images of one size with their labels under them. ``hovered(row)``, −1 for none, and ``clicked(row)``.

    Rows are those of the array that :meth:`set_images` was given; :meth:`set_rows` says which of them to show.
    """

    hovered = Signal(int)
    clicked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.empty_text = ""
        self._x, self._labels, self._side = np.empty((0, 1), np.float32), _EMPTY, 1
        self._rows: NDArray = _EMPTY
        self._marked = self._hovered = -1
        self._atlas: tuple[tuple[int, int], QImage] | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still plays
        self.setProperty("keeps_keys", True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # nothing jumps with it
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName("Images")
        self.setMinimumSize(160, 120)

    # --- what it shows --------------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self._forget()

    def set_images(self, x: NDArray, labels: NDArray, side: int) -> None:
        """Show ``x`` (n, side²) of 0..1 with ``labels`` (n,), all rows of it; nothing is marked."""
        self._x, self._labels, self._side = x, labels, side
        self._marked = -1
        self.set_rows(np.arange(len(labels)))

    def set_rows(self, rows: NDArray) -> None:
        """Show only these, ascending, from the first one on."""
        self._rows = rows
        self._measure()
        self.verticalScrollBar().setValue(0)
        self._forget()

    def marked(self) -> int:
        """The row that is marked, −1 for none."""
        return self._marked

    def mark(self, row: int, show: bool = True) -> None:
        """Mark one, −1 for none, and with ``show`` scroll to where it is seen."""
        self._marked = row
        place = self._place_of(row)
        if show and place >= 0:
            bar, line, pitch = self.verticalScrollBar(), place // self._columns, self._pitch[1]
            if not bar.value() <= line * pitch <= bar.value() + self._height - pitch:
                bar.setValue(max(line - (self._height - pitch) // 2 // pitch, 0) * pitch)
        self.viewport().update()

    def visible_rows(self) -> NDArray:
        """Those on screen, wholly or in part."""
        first, last = self._lines()
        rows: NDArray = self._rows[first * self._columns : last * self._columns]
        return rows

    # --- geometry, in pixels of the screen ------------------------------------------------------------------------

    @property
    def _ratio(self) -> float:
        return self.devicePixelRatioF()

    @property
    def _thumb(self) -> int:
        return max(round(THUMBNAIL * self._ratio / self._side), 1) * self._side

    @property
    def _width(self) -> int:
        return max(int((self.viewport().width() - 2 * _RING) * self._ratio), 1)

    @property
    def _height(self) -> int:
        return max(int(self.viewport().height() * self._ratio), 1)

    @property
    def _columns(self) -> int:
        gap = round(_GAP * self._ratio)
        return max((self._width + gap) // (self._thumb + gap), 1)

    @property
    def _pitch(self) -> tuple[int, int]:
        spare = self._width - self._columns * self._thumb
        # The room that is left over goes between the columns, so that the last one stands at the edge.
        across = self._thumb + (spare // (self._columns - 1) if self._columns > 1 else round(_GAP * self._ratio))
        return across, self._thumb + round((_LABEL + _GAP) * self._ratio)

    def _lines(self) -> tuple[int, int]:
        """The first line that is seen, and the one after the last."""
        top, pitch = self.verticalScrollBar().value(), self._pitch[1]
        n_lines = -(-len(self._rows) // self._columns)
        # A line of which only a sliver would be seen looks like a fault.
        return top // pitch, min(-(-(top + self._height - round(_GAP * self._ratio)) // pitch), n_lines)

    def _measure(self) -> None:
        n_lines, pitch = -(-len(self._rows) // self._columns), self._pitch[1]
        bar = self.verticalScrollBar()
        bar.setRange(0, max(n_lines * pitch + _RING - self._height, 0))
        bar.setSingleStep(pitch // 2)
        bar.setPageStep(max(self._height - pitch, pitch))

    def _place_of(self, row: int) -> int:
        place = int(np.searchsorted(self._rows, row))
        return place if row >= 0 and place < len(self._rows) and self._rows[place] == row else -1

    def cell(self, row: int) -> QRectF:
        """Where an image is in the viewport; empty where it is not among those shown."""
        place = self._place_of(row)
        if place < 0:
            return QRectF()
        across, down = self._pitch
        x, y = place % self._columns * across, place // self._columns * down - self.verticalScrollBar().value()
        ratio, side = self._ratio, self._thumb / self._ratio
        return QRectF(x / ratio + _RING, y / ratio + _RING, side, side)

    def row_at(self, at: QPoint) -> int:
        """The image at a point of the viewport, −1 for none."""
        across, down = self._pitch
        x = int((at.x() - _RING) * self._ratio)
        y = int((at.y() - _RING) * self._ratio) + self.verticalScrollBar().value()
        column, inside = divmod(x, across)
        if x < 0 or y < 0 or column >= self._columns or inside >= self._thumb or y % down >= self._thumb:
            return -1
        place = y // down * self._columns + column
        return int(self._rows[place]) if place < len(self._rows) else -1

    # --- painting -------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._atlas = None
        self.viewport().update()

    def _picture(self) -> QImage:
        """All thumbnails on screen with their labels, in one image."""
        first, last = lines = self._lines()
        if self._atlas is None or self._atlas[0] != lines:
            self._atlas = lines, self._compose(self._rows[first * self._columns : last * self._columns], last - first)
        return self._atlas[1]

    def _compose(self, rows: NDArray, n_lines: int) -> QImage:
        columns, thumb, (across, down) = self._columns, self._thumb, self._pitch
        canvas = np.full((n_lines * down, columns * across), self.theme.panel.rgb(), np.uint32)
        grid = canvas.reshape(n_lines, down, columns, across).swapaxes(1, 2)
        greys = np.array([mix(NETWORK_PAPER, NETWORK_INK, i / 255).rgb() for i in range(256)], np.uint32)
        pixels = np.zeros((n_lines * columns, self._side, self._side), np.uint8)
        np.rint(self._x[rows] * 255.0, out=pixels[: len(rows)].reshape(len(rows), -1), casting="unsafe")
        scale = thumb // self._side
        pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
        grid[:, :, :thumb, :thumb] = greys[pixels].reshape(n_lines, columns, thumb, thumb)
        labels = np.zeros(n_lines * columns, np.int64)
        labels[: len(rows)] = self._labels[rows]
        glyphs = self._glyphs(thumb)
        grid[:, :, thumb : thumb + glyphs.shape[1], :thumb] = glyphs[labels].reshape(n_lines, columns, -1, thumb)
        if n_lines:  # the last line may not be full
            grid[-1, columns - (n_lines * columns - len(rows)) :] = self.theme.panel.rgb()
        image = QImage(canvas.data, canvas.shape[1], len(canvas), 4 * canvas.shape[1], QImage.Format.Format_RGB32)
        image = image.copy()
        image.setDevicePixelRatio(self._ratio)
        return image

    def _glyphs(self, width: int) -> NDArray:
        """The ten digits as labels, (10, height, width) of RGB32."""
        height = round(_LABEL * self._ratio)
        image = QImage(width, 10 * height, QImage.Format.Format_RGB32)
        image.fill(self.theme.panel)
        painter = QPainter(image)
        painter.setFont(fonts.figures(round(11 * self._ratio)))
        painter.setPen(self.theme.quiet)
        for digit in range(10):
            painter.drawText(QRectF(0, digit * height, width, height), Qt.AlignmentFlag.AlignCenter, str(digit))
        painter.end()
        return np.frombuffer(image.constBits(), np.uint32).reshape(10, height, width).copy()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        theme, area = self.theme, QRectF(self.viewport().rect())
        painter.fillRect(area, theme.panel)
        if not len(self._rows):
            painter.setPen(theme.quiet)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(16, 16, -16, -16), flags, self.empty_text)
        else:
            top = self._lines()[0] * self._pitch[1] - self.verticalScrollBar().value()
            painter.drawImage(QRectF(_RING, _RING + top / self._ratio, 0, 0).topLeft(), self._picture())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for row, pen in ((self._hovered, QPen(theme.quiet, 1)), (self._marked, QPen(theme.accent, 2))):
                if not (cell := self.cell(row)).isEmpty():
                    painter.setPen(pen)
                    painter.drawRect(cell.adjusted(-1, -1, 1, 1))
        if self.hasFocus() and (self._marked < 0 or self._place_of(self._marked) < 0):
            painter.setPen(QPen(theme.accent, 2))
            painter.drawRect(area.adjusted(1, 1, -1, -1))
        painter.end()

    # --- hands ----------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        first = self.visible_rows()[:1]
        self._measure()
        if len(first) and not self.cell(int(first[0])).isEmpty():
            # What was on top stays on screen, though the lines are broken elsewhere now.
            self.verticalScrollBar().setValue(self._place_of(int(first[0])) // self._columns * self._pitch[1])
        self._forget()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        self._hover(self.row_at(self.viewport().mapFromGlobal(QCursor.pos())) if self._hovered >= 0 else -1)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()
            self.hovered.emit(row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.row_at(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(row)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place, key = self._place_of(self._marked), event.key()
        page = max(self._height // self._pitch[1], 1) * self._columns
        moves = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns,
            Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page, Qt.Key.Key_Home: -len(self._rows),
            Qt.Key.Key_End: len(self._rows),
        }  # fmt: skip
        if key not in moves or not len(self._rows):
            super().keyPressEvent(event)
        elif place < 0:  # nothing is marked yet: begin with what is on screen
            self.clicked.emit(int(self._rows[-1] if key == Qt.Key.Key_End else self.visible_rows()[0]))
        elif (row := int(self._rows[min(max(place + moves[Qt.Key(key)], 0), len(self._rows) - 1)])) != self._marked:
            self.clicked.emit(row)

    def focusInEvent(self, event: QEvent) -> None:
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.viewport().update()
