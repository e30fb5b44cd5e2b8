"""Many small pictures of one size in a grid, painted as one image: first weights, class profiles, digits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from gui import fonts
from gui.theme import NETWORK_INK, NETWORK_PAPER, Theme, mix

# What a pixel of a tile is: 0..252 a colour of the table with zero in its middle, then what is no number, and between tiles.
ZERO, TOP, BROKEN, GAP = 126, 252, 254, 255
LABEL = 15
_KEYS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End})
_FRAME = 6  # around all of them, where one can be chosen
RAMP = 0.65  # equal steps of it look equally far apart, as in the network's picture


def signed(values: NDArray) -> NDArray:
    """uint8 for values of −1..1, of the same shape; what lies beyond is cut, what is no number is BROKEN."""
    with np.errstate(invalid="ignore"):
        result: NDArray = (np.clip(values, -1.0, 1.0) * 126.0 + 126.5).astype(np.uint8)
    if not np.isfinite(values.sum()):
        result[~np.isfinite(values)] = BROKEN
    return result


def grey(values: NDArray) -> NDArray:
    """uint8 for shares of ink, 0..1."""
    result: NDArray = (np.clip(values, 0.0, 1.0) * TOP + 0.5).astype(np.uint8)
    return result


def profiles(values: NDArray) -> NDArray:
    """(k, n) values of n things in −1..1 as n pictures of k bars that rise from the middle, or from the foot if none falls.

    Returns (n, 3k + 1, 3k + 1) uint8 for :func:`signed_table`.
    """
    k, n = values.shape
    side = 3 * k + 1
    rows = np.arange(side)[None, :, None]
    clean = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=-1.0).T[:, None, :]
    falls = bool((clean < -1e-6).any())
    zero = side // 2 if falls else side
    lengths = np.round(clean * (zero if falls else side))
    up = (rows < zero) & (rows >= zero - lengths)
    down = (rows >= zero) & (rows < zero - lengths)
    bars = np.where(up, TOP, np.where(down, 0, ZERO)).astype(np.uint8)
    result: NDArray = np.full((n, side, side), ZERO, np.uint8)
    for column in (1, 2):
        result[:, :, column::3][:, :, :k] = bars
    return result


def signed_table(theme: Theme) -> NDArray:
    """(256,) uint32 for QImage.Format_RGB32: orange, the panel's colour at ZERO, blue."""
    values = [(i - ZERO) / ZERO for i in range(TOP + 1)]
    return _table(theme, [theme.signed(ramp(value)).rgb() for value in values], theme.sunken.rgb())


def ramp(value: float) -> float:
    """The share of the full colour, −1..1, that a value of −1..1 is painted with."""
    return math.copysign(abs(value) ** RAMP, value)


def grey_table(theme: Theme) -> NDArray:
    """(256,) uint32: black paper to white ink, as the network is given them, on the panel."""
    return _table(theme, [mix(NETWORK_PAPER, NETWORK_INK, i / TOP).rgb() for i in range(TOP + 1)], theme.panel.rgb())


def _table(theme: Theme, colors: list[int], gap: int) -> NDArray:
    return np.array([*colors, colors[ZERO], mix(theme.panel, theme.danger, 0.6).rgb(), gap], np.uint32)


def image_of(tile: NDArray, table: NDArray) -> QImage:
    """One tile (h, w) as a picture of its own."""
    pixels = table[tile]
    h, w = tile.shape
    return QImage(pixels.data, w, h, 4 * w, QImage.Format.Format_RGB32).copy()


class Tiles(QWidget):
    """``tiles`` (n, h, w) uint8 in rows, each pixel a whole number of device pixels. ``labels`` stand under them.

    With ``choosing`` one is chosen by click or arrow keys: ``picked(i)``; ``hovered(i)`` is the one that the pointer is on or
    a key came to, −1 for none. The places count in the order shown.
    """

    picked = Signal(int)
    hovered = Signal(int)

    def __init__(self, theme: Theme, name: str, *, choosing: bool = False, least: int = 40, largest: int = 168,
                 columns: int = 0, parent: QWidget | None = None) -> None:  # fmt: skip
        super().__init__(parent)
        self.theme = theme
        self._choosing, self._least, self._largest, self._fixed = choosing, least, largest, columns
        self._tiles: NDArray = np.zeros((0, 1, 1), np.uint8)
        self._labels: Sequence[str] = ()
        self._table: NDArray = signed_table(theme)
        self._image: QImage | None = None
        self._pixels: NDArray | None = None
        self._room = QSize(200, 200)
        self._scale, self._columns = 1, 1
        self._gap = (1, 1)
        self._frame = self._left = _FRAME if choosing else 0
        self.chosen = -1
        self._hovered = -1
        self._font = fonts.caption()
        self.setAccessibleName(name)
        if choosing:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setMouseTracking(True)

    # --- what it shows --------------------------------------------------------------------------------------------

    def show_tiles(self, tiles: NDArray, labels: Sequence[str], table: NDArray) -> None:
        """Show these; the layout changes only where their number or size does."""
        changed = tiles.shape != self._tiles.shape or bool(labels) != bool(self._labels)
        self._tiles, self._labels, self._table, self._image = tiles, labels, table, None
        if changed:
            self._arrange()
        self.update()

    def __len__(self) -> int:
        return len(self._tiles)

    def tile(self, i: int) -> NDArray:
        """(h, w) of one."""
        one: NDArray = self._tiles[i]
        return one

    @property
    def table(self) -> NDArray:
        """The colours they are painted with."""
        return self._table

    def choose(self, i: int) -> None:
        """Put the ring around one; emits nothing."""
        if i != self.chosen:
            self.chosen = i
            self.update()

    def set_room(self, room: QSize) -> None:
        """So much is seen at once: tiles are as large as lets all of them in, but never too small to be told apart."""
        if room != self._room:
            self._room = room
            self._arrange()

    # --- geometry -------------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        n, h, w = self._tiles.shape
        ratio = self.devicePixelRatioF()
        if not n:
            self.resize(self._room)
            return
        for scale in range(max(int(self._largest * ratio) // w, 1), 0, -1):
            gap = max(round(6 * ratio / scale), 1)
            below = max(-(-round(LABEL * ratio) // scale), 1) if self._labels else gap
            pitch = (w + gap) * scale / ratio, (h + below) * scale / ratio
            columns = self._fixed or max(
                int((self._room.width() - 2 * self._frame + gap * scale / ratio) / pitch[0]), 1
            )
            columns = min(columns, n)
            rows = -(-n // columns)
            spare = gap * scale / ratio  # after the last one there is none
            height = rows * pitch[1] - (0 if self._labels else spare) + 2 * self._frame
            width = columns * pitch[0] - spare + 2 * self._frame
            fits = height <= self._room.height() + 1 and width <= self._room.width() + 1
            if fits or w * (scale - 1) < self._least * ratio:
                break
        self._scale, self._columns, self._gap = scale, columns, (gap, below)
        self._image = None
        if self._fixed:
            self.setFixedSize(round(width), round(height))
        else:
            self.resize(max(self._room.width(), round(width)), max(self._room.height(), round(height)))
            self._left = (self.width() - round(width)) // 2 + self._frame
        self.updateGeometry()

    def rect_of(self, i: int) -> QRectF:
        """Where a tile is, without its label."""
        _, h, w = self._tiles.shape
        unit = self._scale / self.devicePixelRatioF()
        row, column = divmod(i, self._columns)
        x = self._left + column * (w + self._gap[0]) * unit
        return QRectF(x, self._frame + row * (h + self._gap[1]) * unit, w * unit, h * unit)

    def at(self, position: QPointF) -> int:
        """Which tile lies there; −1 for none."""
        n, h, w = self._tiles.shape
        unit = self._scale / self.devicePixelRatioF()
        column, row = ((position.x() - self._left) // ((w + self._gap[0]) * unit),
                       (position.y() - self._frame) // ((h + self._gap[1]) * unit))  # fmt: skip
        i = int(row * self._columns + column)
        inside = 0 <= column < self._columns and row >= 0 and 0 <= i < n
        return i if inside and self.rect_of(i).contains(position) else -1

    # --- painting -------------------------------------------------------------------------------------------------

    def _atlas(self) -> QImage:
        """All tiles with the gaps between them, a pixel each: one look-up, one image."""
        if self._image is None:
            n, h, w = self._tiles.shape
            rows, (right, below) = -(-n // self._columns), self._gap
            index = np.full((rows * self._columns, h + below, w + right), GAP, np.uint8)
            index[:n, :h, :w] = self._tiles
            whole = index.reshape(rows, self._columns, h + below, w + right).swapaxes(1, 2)
            self._pixels = self._table[whole.reshape(rows * (h + below), -1)]
            height, width = self._pixels.shape
            self._image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        return self._image

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        n = len(self._tiles)
        if not n:
            return
        if self._choosing:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.sunken)
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        atlas, unit = self._atlas(), self._scale / self.devicePixelRatioF()
        painter.drawImage(QRectF(self._left, self._frame, atlas.width() * unit, atlas.height() * unit), atlas)
        if self._labels:
            painter.setFont(self._font)
            painter.setPen(self.theme.quiet)
            seen = QRectF(event.rect()).adjusted(0, -LABEL, 0, 0)
            for i, label in enumerate(self._labels[:n]):
                box = self.rect_of(i)
                if box.intersects(seen):
                    under = QRectF(box.left() - 6, box.bottom(), box.width() + 12, LABEL)
                    painter.drawText(under, Qt.AlignmentFlag.AlignCenter, label)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if 0 <= self._hovered < n:
            painter.setPen(QPen(self.theme.quiet, 1.5))
            painter.drawRect(self.rect_of(self._hovered).adjusted(-1.5, -1.5, 1.5, 1.5))
        if 0 <= self.chosen < n:
            painter.setPen(QPen(self.theme.accent, 3 if self.hasFocus() else 2))
            painter.drawRoundedRect(self.rect_of(self.chosen).adjusted(-2, -2, 2, 2), 2, 2)

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def _hover(self, i: int) -> None:
        if i != self._hovered:
            self._hovered = i
            self.hovered.emit(i)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._choosing:
            self._hover(self.at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        i = self.at(event.position())
        if self._choosing and i >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._pick(i)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _pick(self, i: int) -> None:
        self.choose(i)
        self.picked.emit(i)

    def event(self, event: QEvent) -> bool:
        # The arrows step the training as the window's shortcuts; here they walk. Space goes on playing.
        if self._choosing and event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, n = Qt.Key(event.key()), len(self._tiles)
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        if n and key in steps:
            to = self.chosen + steps[key]
            if 0 <= to < n:
                self._walk_to(to)
        elif n and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._walk_to(0 if key == Qt.Key.Key_Home else n - 1)
        elif key == Qt.Key.Key_Escape and self._hovered >= 0:
            self._hover(-1)
        else:
            super().keyPressEvent(event)

    def _walk_to(self, i: int) -> None:
        """By key: chosen, and told of as if the pointer were on it."""
        self._pick(i)
        self._hover(i)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._hover(-1)
        self.update()


class ScrollingTiles(QScrollArea):
    """Tiles that scroll where there are more than fit; the chosen one is kept in sight."""

    def __init__(self, tiles: Tiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tiles = tiles
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(tiles)
        tiles.picked.connect(self.reveal)

    def reveal(self, i: int) -> None:
        """Scroll to a tile."""
        box = self.tiles.rect_of(i).toAlignedRect()
        middle = box.center()
        self.ensureVisible(middle.x(), middle.y(), 0, box.height() // 2 + LABEL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bar = self.verticalScrollBar().sizeHint().width()
        self.tiles.set_room(QSize(self.width() - bar, self.height()))
