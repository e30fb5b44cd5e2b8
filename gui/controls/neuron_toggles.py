"""The neurons of every hidden layer as small squares that are switched off and on: by click, by drag, by key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import fonts
from gui.theme import CAPTION_PX, Theme, mix

CELLS = (28, 24, 20, 18, 16, 14, 12, 10)  # pixels of a square with its gap, the largest that fits
HEAD = 24
_GAP = 8
_HINT = "This network has no hidden neurons to switch off."
HELP = (
    "Each square is a neuron, the darker the more it matters. Click it, or drag over several, to switch it off; a click on a "
    "layer's name switches all of it. Keys: the arrows, Space, and A for all of the layer."
)


class NeuronToggles(QWidget):
    """``changed()`` after each neuron that is switched; :attr:`off` are the masks, one (n_neurons,) bool a layer.

    ``walked(QRectF)`` where the keyboard's cursor is now.
    """

    changed = Signal()
    walked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.off: tuple[NDArray, ...] = ()
        self._importance: tuple[NDArray, ...] = ()
        self._cursor = (0, 0)
        self._painting: bool | None = None  # what a drag sets
        self._last = QPointF()
        self._cell = CELLS[0]
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName("Hidden neurons")
        self.setToolTip(HELP)
        self.setWhatsThis(HELP)

    # --- what it shows --------------------------------------------------------------------------------------------

    def set_layers(self, sizes: Sequence[int]) -> None:
        """A network with hidden layers of these sizes; other sizes switch all neurons on."""
        if tuple(sizes) != tuple(len(mask) for mask in self.off):
            self.off = tuple(np.zeros(n, bool) for n in sizes)
            self._importance, self._cursor = (), (0, 0)
            self._fit()
            self._describe()

    def set_off(self, off: Sequence[NDArray]) -> None:
        """Switch exactly these off; emits nothing."""
        self.off = tuple(np.array(mask, bool) for mask in off)
        self._describe()

    def show_importance(self, importance: Sequence[NDArray]) -> None:
        """How much each neuron matters, (n_neurons,) a layer, for its shade."""
        self._importance = tuple(importance)
        self.update()

    @property
    def n_off(self) -> int:
        return sum(int(mask.sum()) for mask in self.off)

    @property
    def n_neurons(self) -> int:
        return sum(map(len, self.off))

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def _describe(self) -> None:
        layer, neuron = self._cursor
        said = f"{self.n_off:,} of {self.n_neurons:,} off"
        if layer < len(self.off):
            said += f". {self.words(layer, neuron)}"
        self.setAccessibleDescription(said)
        self.update()

    def words(self, layer: int, neuron: int) -> str:
        """One neuron in words; −1 is its whole layer."""
        if neuron < 0:
            mask = self.off[layer]
            return f"Hidden {layer + 1}: {int(mask.sum()):,} of {len(mask):,} off"
        text = f"Hidden {layer + 1}, neuron {neuron + 1}: {'off' if self.off[layer][neuron] else 'on'}"
        if layer < len(self._importance):
            share = self._importance[layer][neuron] / max(float(self._importance[layer].mean()), 1e-30)
            text += f", importance {share:.2f} of the layer's mean" if np.isfinite(share) else ""
        return text

    # --- where things are -----------------------------------------------------------------------------------------

    def _columns(self) -> int:
        return max(self.width() // self._cell, 1)

    def _height_with(self, cell: int) -> int:
        columns = max(self.width() // cell, 1)
        return sum(HEAD + -(-len(mask) // columns) * cell + _GAP for mask in self.off)

    def _fit(self) -> None:
        """The largest squares with which all fit; where not even the smallest do, the owner's area scrolls."""
        parent = self.parentWidget()
        room = parent.height() if parent is not None else self.height()
        self._cell = next((cell for cell in CELLS if self._height_with(cell) <= room), CELLS[-1])
        self.setMinimumHeight(max(self._height_with(self._cell), 40))
        self.update()

    def _top(self, layer: int) -> int:
        columns = self._columns()
        return sum(HEAD + -(-len(mask) // columns) * self._cell + _GAP for mask in self.off[:layer])

    def cell_rect(self, layer: int, neuron: int) -> QRectF:
        """Where a neuron is; −1 is the name of its layer."""
        top, columns = self._top(layer), self._columns()
        if neuron < 0:
            return QRectF(0, top, 150, HEAD - 2)
        x, y = neuron % columns * self._cell, top + HEAD + neuron // columns * self._cell
        return QRectF(x, y, self._cell - 2, self._cell - 2)

    def at(self, position: QPointF) -> tuple[int, int] | None:
        """(layer, neuron) at a place; neuron −1 on a layer's name."""
        columns = self._columns()
        for layer, mask in enumerate(self.off):
            y = position.y() - self._top(layer)
            if y < 0 or position.x() < 0:
                continue
            if y < HEAD:
                return (layer, -1) if position.x() < 150 else None
            column, row = int(position.x() // self._cell), int((y - HEAD) // self._cell)
            if column < columns and (neuron := row * columns + column) < len(mask) and row * columns < len(mask):
                return layer, neuron
        return None

    def sizeHint(self) -> QSize:
        return QSize(360, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 40)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        if not self.off:
            painter.setPen(theme.quiet)
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), _HINT)
            painter.end()
            return
        painter.setFont(fonts.figures(CAPTION_PX))
        for layer, mask in enumerate(self.off):
            painter.setPen(theme.quiet)
            name = self.cell_rect(layer, -1)
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, f"Hidden {layer + 1}")
            painter.drawText(
                name.translated(64, 0), Qt.AlignmentFlag.AlignVCenter, f"{int(mask.sum()):,} of {len(mask):,} off"
            )
            shades = self._shades(layer)
            for neuron, off in enumerate(mask.tolist()):
                rect = self.cell_rect(layer, neuron)
                if not event.region().intersects(rect.toRect()):
                    continue
                if off:
                    painter.setPen(QPen(theme.quiet, 1))
                    inner = rect.adjusted(0.5, 0.5, -0.5, -0.5)
                    painter.drawRect(inner)
                    painter.drawLine(inner.topLeft(), inner.bottomRight())
                else:
                    painter.fillRect(rect, mix(theme.line, theme.text, shades[neuron]))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.accent, 2))
            painter.drawRoundedRect(self.cell_rect(*self._cursor).adjusted(-2, -1, 2, 1), 3, 3)
        painter.end()

    def _shades(self, layer: int) -> list[float]:
        n = len(self.off[layer])
        if layer >= len(self._importance) or len(self._importance[layer]) != n:
            return [0.3] * n
        with np.errstate(all="ignore"):
            share = np.nan_to_num(self._importance[layer] / np.nanmax(self._importance[layer], initial=1e-30), nan=0.0)
        shades: list[float] = (0.9 * np.sqrt(np.clip(share, 0, 1))).tolist()
        return shades

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def _set(self, layer: int, neuron: int, off: bool) -> None:
        where = slice(None) if neuron < 0 else neuron
        before = self.off[layer][where].copy()
        self.off[layer][where] = off
        self._cursor = (layer, neuron)
        self._describe()
        if (before != self.off[layer][where]).any():
            self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        if found is None or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        layer, neuron = found
        mask = self.off[layer]
        off = not (mask.all() if neuron < 0 else mask[neuron])
        self._painting, self._last = None if neuron < 0 else off, event.position()
        self._set(layer, neuron, off)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        here = event.position()
        self.setCursor(Qt.CursorShape.ArrowCursor if self.at(here) is None else Qt.CursorShape.PointingHandCursor)
        if self._painting is None:
            return
        # A fast hand leaps over squares: those on the way count too.
        way = here - self._last
        steps = max(int(2 * way.manhattanLength() / self._cell), 1)
        for step in range(1, steps + 1):
            found = self.at(self._last + way * (step / steps))
            if found is not None and found[1] >= 0:
                self._set(*found, self._painting)
        self._last = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._painting = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not self.off:
            super().keyPressEvent(event)
            return
        layer, neuron = self._cursor
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._walk(key)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._cursor = (0, 0) if key == Qt.Key.Key_Home else (len(self.off) - 1, len(self.off[-1]) - 1)
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            mask = self.off[layer]
            self._set(layer, neuron, not (mask.all() if neuron < 0 else mask[neuron]))
        elif key == Qt.Key.Key_A and not event.modifiers():
            off = not self.off[layer].all()
            self._set(layer, -1, off)
            self._cursor = (layer, neuron)
        else:
            super().keyPressEvent(event)
            return
        self.walked.emit(self.cell_rect(*self._cursor))
        self._describe()

    def _walk(self, key: Qt.Key) -> None:
        layer, neuron = self._cursor
        neuron = max(neuron, 0)
        columns, n = self._columns(), len(self.off[layer])
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            neuron = min(max(neuron + (1 if key == Qt.Key.Key_Right else -1), 0), n - 1)
        else:
            following = neuron + (columns if key == Qt.Key.Key_Down else -columns)
            if 0 <= following < n:
                neuron = following
            elif key == Qt.Key.Key_Down and neuron // columns < (n - 1) // columns:
                neuron = n - 1
            elif 0 <= (other := layer + (1 if key == Qt.Key.Key_Down else -1)) < len(self.off):
                layer, last = other, len(self.off[other]) - 1
                low = 0 if key == Qt.Key.Key_Down else last // columns * columns
                neuron = min(low + neuron % columns, last)
        self._cursor = (layer, neuron)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._describe()
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = event.key() in (Qt.Key.Key_Space, Qt.Key.Key_A) and not event.modifiers()
            if own and self.off and self.hasFocus():
                event.accept()
                return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self.at(QPointF(event.pos()))
            if found is not None and found[1] >= 0:
                QToolTip.showText(event.globalPos() + QPoint(4, 8), self.words(*found), self)
                return True
        return super().event(event)
