"""The lanes of a race that is being made: one card each, with its line, its name and what it differs in from the first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui import fonts
from gui.controls.buttons import IconButton
from gui.graphics.race_plot import paint_swatch
from gui.style import selected
from gui.theme import Theme

HEIGHT = 40


class LaneList(QWidget):
    """``chosen(lane)``: another one is to be changed; ``removed(lane)``. Arrow keys walk, Delete removes."""

    chosen = Signal(int)
    removed = Signal(int)

    def __init__(self, theme: Theme, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = [_Card(theme, place, self) for place in range(most)]
        self._n = 0
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        for card in self.cards:
            box.addWidget(card)

    def apply_theme(self, theme: Theme) -> None:
        for card in self.cards:
            card.apply_theme(theme)

    def show_lanes(self, lanes: Sequence[tuple[str, str]], colors: Sequence[QColor], at: int, removable: bool) -> None:
        """(name, what it differs in) of each; the one ``at`` is being changed."""
        self._n = len(lanes)
        for place, card in enumerate(self.cards):
            card.setVisible(place < len(lanes))
            if place < len(lanes):
                card.show_lane(*lanes[place], colors[place], place == at, removable)

    def walk(self, place: int, step: int) -> None:
        """Choose the neighbour of a card and give it the keyboard."""
        to = min(max(place + step, 0), self._n - 1)
        self.cards[to].setFocus(Qt.FocusReason.TabFocusReason)
        self.chosen.emit(to)


class _Card(QWidget):
    def __init__(self, theme: Theme, place: int, owner: LaneList) -> None:
        super().__init__(owner)
        self.theme, self._place, self._list = theme, place, owner
        self.name, self.words = "", ""
        self._color, self._at = theme.text, False
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)
        self.remove = IconButton(theme, "trash", "Remove lane", "Takes this lane out of the race.")
        # A lambda is safe here: all of this lives in the window's thread.
        self.remove.clicked.connect(lambda: owner.removed.emit(place))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.addStretch(1)
        row.addWidget(self.remove)
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.remove.apply_theme(theme)
        self.update()

    def show_lane(self, name: str, words: str, color: QColor, at: bool, removable: bool) -> None:
        self.name, self.words, self._color, self._at = name, words, color, at
        self.remove.setVisible(removable)
        self.remove.setAccessibleName(f"Remove {name}")
        self.setAccessibleName(f"{name}: {words}" + (", chosen" if at else ""))
        self.setToolTip(f"{name}: {words}.\nA click shows its settings below; Delete takes it out.")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self.theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.accent, 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(selected(theme) if self._at else theme.panel)
        painter.drawRoundedRect(box, 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        paint_swatch(painter, QPointF(10, 14), self._color, self._place, False)
        room = self.width() - 40 - (36 if not self.remove.isHidden() else 8)
        for font, color, base, text in (
            (fonts.body(fonts.SEMIBOLD) if self._at else fonts.body(), theme.text, 18, self.name),
            (fonts.caption(), theme.ink(theme.quiet, selected(theme)) if self._at else theme.quiet, 33, self.words),
        ):
            painter.setFont(font)
            painter.setPen(color)
            painter.drawText(
                QPointF(40, base), painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            )
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._list.chosen.emit(self._place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._list.walk(self._place, 1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._list.chosen.emit(self._place)
        elif key == Qt.Key.Key_Delete and not self.remove.isHidden():
            self._list.removed.emit(self._place)
        else:
            super().keyPressEvent(event)
