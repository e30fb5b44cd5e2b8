"""Precision, recall, F1 and support of each class, and their totals, as a small table that is painted at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.metrics import class_scores, macro_average
from gui import fonts
from gui.theme import CAPTION_PX, Theme

ROW, LEAST_ROW, HEAD = 18, 15, 24  # of the head, four pixels stand above the totals
_HEADS = (
    ("Digit", "The true digit, and under it the totals."),
    ("Precision", "Of all that are read as this digit, the share that is it. Low: it is said too readily."),
    ("Recall", "Of all that are this digit, the share that is read as it. Low: it is overlooked."),
    ("F1", "The harmonic mean of precision and recall. It is high only where both are."),
    ("Support", "How many images of this digit there are."),
)
NONE = "–"


class ClassTable(QWidget):
    """One row a class, then the macro average and the accuracy. Rounded, only what is perfect is 1.000."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.rows: list[tuple[str, ...]] = []
        self._accuracy = 0.0
        self._weakest = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAccessibleName("Scores of each digit")
        self.setWhatsThis(
            "Precision, recall and F1 of each digit as scikit-learn defines them; 0 where nothing can be divided. The macro "
            "average counts every digit that occurs the same, the accuracy every image. The lowest F1 is bold."
        )
        self.show_counts(np.zeros((10, 10), np.int64), 0.0)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def show_counts(self, confusion: NDArray, accuracy: float) -> None:
        """(k, k) int, row true, column predicted; and the share that is right."""
        scores, macro, whole = class_scores(confusion), macro_average(confusion), int(confusion.sum())
        some = confusion.sum(axis=0) + confusion.sum(axis=1) > 0
        rows = [
            (str(label), *(score(float(values[label])) if some[label] else NONE for values in scores[:3]), f"{n:,}")
            for label, n in enumerate(scores.support.tolist())
        ]
        rows.append(("Macro average", *(score(value) if whole else NONE for value in macro), f"{whole:,}"))
        rows.append(("Accuracy", "", "", score(accuracy) if whole else NONE, ""))
        low = np.where(some, scores.f1, 1.0)
        weakest = int(low.argmin()) if (low == low.min()).sum() == 1 and low.min() < 1 else -1
        if (rows, weakest) != (self.rows, self._weakest):
            self.rows, self._weakest = rows, weakest
            self.setAccessibleDescription("; ".join(" ".join(filter(None, row)) for row in rows))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, HEAD + ROW * len(self.rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(320, HEAD + LEAST_ROW * len(self.rows))

    def _columns(self) -> list[QRectF]:
        """The columns' places; numbers end at their right."""
        name = 96
        each = (self.width() - name - 4) / 4
        row = min((self.height() - HEAD) // len(self.rows), ROW)
        return [QRectF(4, 0, name, row), *(QRectF(name + i * each, 0, each, row) for i in range(4))]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, columns = self.theme, self._columns()
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter = QPainter(self)
        painter.setFont(fonts.caption())
        painter.setPen(theme.quiet)
        for i, (text, _) in enumerate(_HEADS):
            painter.drawText(columns[i], right if i else left, text)
        painter.setPen(QPen(theme.line, 1))
        row_height, head = columns[0].height(), HEAD - 4
        painter.drawLine(QPointF(0, head - 1.5), QPointF(self.width(), head - 1.5))
        totals = head + row_height * (len(self.rows) - 2) + 1.5
        painter.drawLine(QPointF(0, totals), QPointF(self.width(), totals))
        plain, strong = fonts.figures(CAPTION_PX), fonts.figures(CAPTION_PX, fonts.SEMIBOLD)
        for y, row in enumerate(self.rows):
            total = y >= len(self.rows) - 2
            painter.setFont(strong if y == self._weakest else plain)
            top = head + y * row_height + (3 if total else 0)
            for i, text in enumerate(row):
                painter.setPen(theme.quiet if i == 4 or (total and i == 0) else theme.text)
                painter.drawText(columns[i].translated(0, top), right if i else left, text)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            column = next((i for i, box in enumerate(self._columns()) if event.pos().x() <= box.right()), 0)
            QToolTip.showText(event.globalPos(), _HEADS[column][1], self)
            return True
        return super().event(event)


def score(value: float) -> str:
    """Three decimals; only 1 is 1.000.

    >>> [score(v) for v in (0.9666, 0.99999, 1.0, 0.0)]
    ['0.967', '0.999', '1.000', '0.000']
    """
    return f"{min(value, 0.999) if value < 1 else value:.3f}"
