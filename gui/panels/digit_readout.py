"""What the network reads: ten bars that move while the pen does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

EMPTY = "Draw a digit to see what the network reads"
_ROW = 23
_BAR = 12
_CAPTION_ROW = 20
_UNSURE = 0.5
_LEAST = 0.0005  # below it a share reads as 0.0 %, and has no bar
_SURE = "> 99.9 %"  # a network is never quite sure


class DigitReadout(Panel):
    """A probability bar for each digit; the likeliest one is bold and in the accent colour."""

    title = "What it reads"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._shares: list[float] | None = None
        self._ranks: list[int] = []
        self.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        self.setAccessibleName(self.title)
        self.setToolTip("How likely each digit is, by the network. They add up to 100 %, even for a scribble.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._plain, self._bold, self._small = (
            fonts.figures(),
            fonts.figures(weight=QFont.Weight.DemiBold),
            fonts.caption(),
        )
        metrics = QFontMetricsF(self._bold)
        self._digit_width = metrics.horizontalAdvance("0") + 2 * GRID
        self._share_width = metrics.horizontalAdvance(_SURE) + GRID
        self.show_probabilities(None)

    def show_probabilities(self, probabilities: NDArray | None) -> None:
        """probabilities: (10,) in 0..1, or None when nothing is drawn. Values that aren't finite count as nothing."""
        if probabilities is not None and not np.isfinite(probabilities).all():
            probabilities = None
        shares = None if probabilities is None else [float(p) for p in probabilities]
        if shares == self._shares and self._ranks:
            return
        self._shares = shares
        self._ranks = sorted(range(10), key=lambda digit: -shares[digit] if shares else digit)
        self.setAccessibleDescription(self.summary())
        self.update()

    def best(self) -> int | None:
        """The digit that is read, None without a drawing."""
        return self._ranks[0] if self._shares else None

    def summary(self) -> str:
        """One sentence that says what the bars show."""
        if self._shares is None:
            return EMPTY
        first, second = self._ranks[:2]
        likely = self._shares[first]
        if likely < _UNSURE:
            return f"Not sure: {first} with {_percent(likely)}, {second} with {_percent(self._shares[second])}"
        then = f", then {second} with {_percent(self._shares[second])}" if self._shares[second] >= _LEAST else ""
        return f"Reads {first} with {_percent(likely)}{then}"

    def sizeHint(self) -> QSize:
        return QSize(320, 10 * _ROW + _CAPTION_ROW).grownBy(self.contentsMargins())

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 10 * 17 + _CAPTION_ROW).grownBy(self.contentsMargins())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, shares = self.theme, self._shares
        best = self.best()
        area = self.contentsRect()
        row = min((area.height() - _CAPTION_ROW) / 10, _ROW * 1.4)
        bar = min(_BAR, row - 4)
        left, width = self._digit_width, area.width() - self._digit_width - self._share_width
        painter = QPainter(self)
        painter.translate(area.topLeft())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # All shapes first, then all texts: a change of font or pen costs more than what it paints.
        painter.setBrush(theme.sunken)
        for digit in range(10):
            painter.drawRoundedRect(QRectF(left, (digit + 0.5) * row - bar / 2, width, bar), 3, 3)
        if shares is not None:
            painter.setBrush(theme.quiet)
            for digit, share in enumerate(shares):
                if share < _LEAST:
                    continue
                if digit == best:
                    painter.setBrush(theme.accent)
                length = max(width * share, 2.0)
                painter.drawRoundedRect(QRectF(left, (digit + 0.5) * row - bar / 2, length, bar), min(3, length / 2), 3)
                if digit == best:
                    painter.setBrush(theme.quiet)
        left_middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right_middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._bold)
        for digit in range(10):
            painter.setPen(theme.quiet if shares is None else theme.accent if digit == best else theme.text)
            painter.drawText(QRectF(0, digit * row, left, row), left_middle, str(digit))
        if shares is not None and best is not None:
            painter.setPen(theme.accent)
            painter.drawText(QRectF(0, best * row, area.width(), row), right_middle, _percent(shares[best]))
            painter.setFont(self._plain)
            painter.setPen(theme.text)
            for digit, share in enumerate(shares):
                if digit != best:
                    painter.drawText(QRectF(0, digit * row, area.width(), row), right_middle, _percent(share))
        painter.setFont(self._small)
        painter.setPen(theme.quiet)
        painter.drawText(QRectF(0, 10 * row, area.width(), _CAPTION_ROW), left_middle, self.summary())


def _percent(share: float) -> str:
    return _SURE if share >= 1 - _LEAST else f"{share * 100:.1f} %"
