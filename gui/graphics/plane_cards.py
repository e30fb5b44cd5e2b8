"""Squares of the plane side by side, each under its name, as large as there is room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui import fonts
from gui.graphics.boundary_picture import BoundaryPicture
from gui.theme import GRID, Theme

ACROSS = 3
NAME = 24
LEAST = 120


class PlaneCards(QWidget):
    """``pictures`` and ``names`` by key, three in a row, from the top."""

    def __init__(self, theme: Theme, keys: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = {key: BoundaryPicture(theme, self) for key in keys}
        self.names = {key: QLabel(self) for key in keys}
        for name in self.names.values():
            name.setFont(fonts.tabular(fonts.caption(fonts.SEMIBOLD)))
            name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for picture in self.pictures.values():
            picture.setCursor(Qt.CursorShape.ArrowCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def _down(self) -> int:
        return -(-len(self.pictures) // ACROSS)

    def minimumSizeHint(self) -> QSize:
        return QSize(ACROSS * LEAST + (ACROSS - 1) * GRID, self._down * (LEAST + NAME + GRID))

    def sizeHint(self) -> QSize:
        return QSize(ACROSS * 2 * LEAST, self._down * (2 * LEAST + NAME + GRID))

    def apply_theme(self, theme: Theme) -> None:
        for picture in self.pictures.values():
            picture.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = (self.width() - (ACROSS - 1) * GRID) // ACROSS
        side = max(min(wide, self.height() // self._down - NAME - GRID), 8)
        left = (self.width() - ACROSS * side - (ACROSS - 1) * GRID) // 2
        for at, (key, picture) in enumerate(self.pictures.items()):
            x, y = left + at % ACROSS * (side + GRID), at // ACROSS * (side + NAME + GRID)
            self.names[key].setGeometry(QRect(x, y, side, NAME))
            picture.setGeometry(QRect(x, y + NAME, side, side))
