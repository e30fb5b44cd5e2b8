"""Which classes each model reads right: a row a model, a column a class, the redder the more of it is missed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.graphics.baseline_table import NAME
from gui.theme import CAPTION_PX, Theme

ROW, HEAD = 28, 44
LEAST, MOST = 48, 96  # of a cell's width
HALF = 0.25  # as red as it gets: a quarter of a class is missed


class RecallGrid(QWidget):
    """Paints shares 0..1 with their numbers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.rows: tuple[tuple[str, tuple[float, ...]], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Recall of each class")
        self.setToolTip(
            "Recall: of all test samples of a class, the share that is read as it. Models of one accuracy may miss others."
        )

    @property
    def _n_classes(self) -> int:
        return max((len(shares) for _, shares in self.rows), default=0)

    def sizeHint(self) -> QSize:
        return QSize(NAME + MOST * self._n_classes, HEAD + ROW * len(self.rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(NAME + LEAST * self._n_classes, self.sizeHint().height())

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_rows(self, rows: Sequence[tuple[str, tuple[float, ...]]]) -> None:
        """(name, share of each class read right) of every model; NaN of a class without samples."""
        if tuple(rows) != self.rows:
            self.rows = tuple(rows)
            said = (f"{name}: {', '.join(map(_text, shares))}" for name, shares in rows)
            self.setAccessibleDescription(". ".join(said))
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.rows:
            return
        painter, theme, n = QPainter(self), self.theme, self._n_classes
        wide = min(max((self.width() - NAME) / n, LEAST), MOST)
        middle, center = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignCenter
        painter.setFont(fonts.body(fonts.SEMIBOLD))
        painter.setPen(theme.text)
        painter.drawText(QRectF(0, 0, self.width(), 20), middle, "Read right, of each class")
        painter.setFont(fonts.figures(CAPTION_PX))
        painter.setPen(theme.quiet)
        for label in range(n):
            painter.drawText(QRectF(NAME + label * wide, 20, wide, HEAD - 20), center, str(label))
        for i, (name, shares) in enumerate(self.rows):
            top = HEAD + i * ROW
            painter.setFont(fonts.body())
            painter.setPen(theme.text)
            painter.drawText(QRectF(0, top, NAME - 8, ROW), middle, name)
            painter.setFont(fonts.figures(CAPTION_PX))
            for label, share in enumerate(shares):
                cell = QRectF(NAME + label * wide + 1, top + 1, wide - 2, ROW - 2)
                missed = 0.0 if math.isnan(share) else (1 - share) / HALF
                painter.fillRect(cell, theme.mistake(missed) if missed else theme.sunken)
                painter.drawText(cell, center, _text(share))
        painter.end()


def _text(share: float) -> str:
    return "–" if math.isnan(share) else ticks.percent(share)
