"""The card beside an image of the gallery: larger, with its number and the three likeliest classes as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics import ticks
from gui.graphics.image_atlas import ImageAtlas
from gui.theme import GRID, PANEL_PADDING, Theme, mix

PICTURE = 112
BARS = 136
_ROW = 24
_BEST = 3


@dataclass(frozen=True)
class CardWords:
    """What the card says: ``title``, the ``best`` classes with their shares, and a line about the true one."""

    title: str
    best: tuple[tuple[int, float], ...]
    true: int
    line: str


def words(row: int, true: int, shares: Sequence[float] | NDArray | None) -> CardWords:
    """For test image ``row``, counted from 0; ``shares`` (k,) add up to 1, None where the network has no answer."""
    title = f"Test image {row + 1:,}, a {true}"
    if shares is None:
        return CardWords(title, (), true, "No answer: the network gives no numbers.")
    ranks = np.argsort(-np.asarray(shares), kind="stable")
    best = tuple((int(k), float(shares[int(k)])) for k in ranks[:_BEST])
    if best[0][0] == true:
        line = f"Read right, with {percent(best[0][1])}"
    else:
        place = int(np.flatnonzero(ranks == true)[0]) + 1
        line = f"Read as {best[0][0]}; its {true} comes {_nth(place)}, with {percent(float(shares[true]))}"
    return CardWords(title, best, true, line)


def percent(share: float) -> str:
    """A network is never quite sure, and nothing is quite ruled out."""
    return "> 99.9 %" if share >= 0.9995 else "< 0.1 %" if share < 0.0005 else ticks.percent(share)


def _nth(place: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(place, f"{place}th")


class GalleryCard(QWidget):
    """Floats over the gallery and lets the pointer through."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.words: CardWords | None = None
        self._atlas: ImageAtlas | None = None
        self._row = -1
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(PICTURE + BARS + 3 * PANEL_PADDING, PICTURE + 2 * PANEL_PADDING + 20)
        self.hide()

    def show_image(self, atlas: ImageAtlas, row: int, said: CardWords) -> None:
        """Fill the card; its owner moves and shows it."""
        self._atlas, self._row, self.words = atlas, row, said
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._atlas is None or self.words is None:
            return
        theme, said, pad = self.theme, self.words, PANEL_PADDING
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(mix(theme.line, theme.quiet, 0.35), 1))
        painter.setBrush(theme.panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        side = self._atlas.fitting(PICTURE, self.devicePixelRatioF())
        picture = QRectF(pad + (PICTURE - side) / 2, pad + (PICTURE - side) / 2, side, side)
        painter.drawImage(picture, self._atlas.picture, self._atlas.place(self._row))
        left, middle = 2 * pad + PICTURE, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(fonts.tabular(fonts.body(fonts.SEMIBOLD)))
        painter.setPen(theme.text)
        painter.drawText(QRectF(left, pad - 2, BARS, 20), middle, said.title)
        for i, (label, share) in enumerate(said.best):
            self._paint_bar(painter, QRectF(left, pad + 26 + i * _ROW, BARS, _ROW), label, share, first=i == 0)
        painter.setFont(fonts.tabular(fonts.caption()))
        painter.setPen(theme.quiet)
        painter.drawText(QRectF(pad, pad + PICTURE + 6, self.width() - 2 * pad, 18), middle, said.line)
        painter.end()

    def _paint_bar(self, painter: QPainter, box: QRectF, label: int, share: float, first: bool) -> None:
        theme, right = self.theme, self.words is not None and label == self.words.true
        digit, figures = 2 * GRID, 52
        color = theme.ink(theme.success) if right else theme.danger if first else theme.quiet
        painter.setPen(color if right or first else theme.text)
        painter.setFont(fonts.figures(weight=fonts.SEMIBOLD))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, str(label))
        painter.setFont(fonts.figures(fonts.CAPTION_PX))
        painter.setPen(theme.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, percent(share))
        bar = QRectF(box.left() + digit, box.center().y() - 4, box.width() - digit - figures, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.sunken)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(color)
        length = max(bar.width() * share, 2.0)
        bar.setWidth(length)
        painter.drawRoundedRect(bar, min(3.0, length / 2), 3)
