"""Models as rows: a bar for the score on test samples, a mark for that on training samples, and the time it took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.theme import Theme, mix

ROW, HEAD = 36, 24
NAME, FIGURE, TIME = 168, 72, 88


@dataclass(frozen=True)
class BaselineRow:
    """``test`` and ``train`` are scores, NaN where there are none yet; the texts are what is written for them.

    ``ours`` is the network itself; ``best`` has the highest test score; ``note`` stands in place of a bar.
    """

    title: str
    test: float = math.nan
    train: float = math.nan
    test_text: str = ""
    train_text: str = ""
    time_text: str = ""
    ours: bool = False
    best: bool = False
    note: str = ""


class BaselineTable(QWidget):
    """Paints :class:`BaselineRow` s; bars begin at 0, scores below that have none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.rows: tuple[BaselineRow, ...] = ()
        self._score = "accuracy"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scores of the models")
        self.setToolTip(
            "Bars are scores on test samples, from 0 to 1. The upright mark is the score on training samples: far to the right "
            "of the bar's end, the model has learned by heart."
        )

    def sizeHint(self) -> QSize:
        return QSize(560, HEAD + ROW * max(len(self.rows), 6))

    def minimumSizeHint(self) -> QSize:
        return QSize(NAME + 2 * FIGURE + TIME + 96, self.sizeHint().height())

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_rows(self, rows: Sequence[BaselineRow], score: str) -> None:
        """Draw these; ``score`` names what they are judged by."""
        self.rows, self._score = tuple(rows), score
        said = (
            f"{row.title}: {row.note or f'test {row.test_text}, train {row.train_text}, {row.time_text}'}"
            for row in rows
        )
        self.setAccessibleDescription(". ".join(said))
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = float(NAME), float(max(self.width() - 2 * FIGURE - TIME, NAME + 40))
        painter.setFont(fonts.caption())
        painter.setPen(theme.quiet)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, 0, right - left, HEAD), middle, f"test {self._score}, 0 to 1")
        for at, name in enumerate(("test", "train", "seconds to fit")):
            painter.drawText(self._figure(right, at, 0, HEAD), middle | Qt.AlignmentFlag.AlignRight, name)
        for i, row in enumerate(self.rows):
            self._paint_row(painter, row, HEAD + i * ROW, left, right)
        painter.end()

    def _figure(self, right: float, column: int, top: float, height: float) -> QRectF:
        return QRectF(right + FIGURE * column, top, TIME if column == 2 else FIGURE, height)

    def _paint_row(self, painter: QPainter, row: BaselineRow, top: float, left: float, right: float) -> None:
        theme, middle = self.theme, Qt.AlignmentFlag.AlignVCenter
        weight = fonts.SEMIBOLD if row.best else fonts.QFont.Weight.Normal
        painter.setPen(theme.text)
        painter.setFont(fonts.body(fonts.SEMIBOLD if row.ours or row.best else fonts.QFont.Weight.Normal))
        painter.drawText(QRectF(0, top, left - 8, ROW), middle, row.title)
        bar = QRectF(left, top + 10, right - left, ROW - 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.sunken)
        painter.drawRoundedRect(bar, 4, 4)
        if row.note:
            painter.setPen(theme.ink(theme.quiet, theme.sunken))
            painter.setFont(fonts.caption())
            painter.drawText(bar.adjusted(8, 0, -8, 0), middle, row.note)
            return
        if row.test > 0:
            painter.setBrush(theme.line_color(0 if row.ours else 1))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * min(row.test, 1.0), bar.height()), 4, 4)
        if row.train > 0:
            x = bar.left() + bar.width() * min(row.train, 1.0) - 1
            painter.setPen(QPen(mix(theme.panel, theme.text, 0.9), 2))
            painter.drawLine(QPointF(x, bar.top() - 4), QPointF(x, bar.bottom() + 4))
        painter.setFont(fonts.figures(weight=weight))
        painter.setPen(theme.text)
        for at, text in enumerate((row.test_text, row.train_text, row.time_text)):
            painter.drawText(self._figure(right, at, top, ROW), middle | Qt.AlignmentFlag.AlignRight, text)
