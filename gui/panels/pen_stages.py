"""From your pen to the network: what becomes of a drawing, step by step, as a strip of pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.pen import SIDE, PenStages
from gui import fonts
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, RADIUS, Theme

CAPTIONS = ("ink", "crop, 20×32", "weight, shear", "input 8×8")
SHORT_CAPTIONS = ("ink", "crop", "weight", "input")
EXPLANATION = "Place, size and pen don't matter: every drawing is brought into the form of the training images."
EMPTY = "Draw a digit to see what the network is given."
_CAPTION_ROW = 20
_CAPTION_WIDTH = 80
_ARROW = 20
_WIDEST = 4 * SIDE
_WORDS_LEAST = 160
_WORDS_WIDTH = 280
_WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
_THUMBNAIL = 140


class PenStrip(Panel):
    """Four pictures, white on black as the network is given them: ink, crop, weight and shear, input."""

    title = "From your pen to the network"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._images: tuple[QImage, ...] | None = None
        self.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        self.setAccessibleName(self.title)
        self.setToolTip(
            "Your ink is cut out, stretched to 20×32, brought to one stroke weight, set upright and counted in 4×4 "
            "blocks. The training images were made like that; a network misreads what wasn't."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._small, self._body = fonts.caption(), fonts.body()
        self._update_description()

    def show_stages(self, stages: PenStages | None) -> None:
        """Show what became of a drawing; None when nothing is drawn."""
        if stages is None:
            if self._images is None:
                return
            self._images = None
        else:
            step = max(1, max(stages.ink.shape) // _THUMBNAIL)
            pictures = (stages.ink[::step, ::step], stages.scaled, stages.upright, stages.blocks)
            self._images = tuple(_gray(picture) for picture in pictures)
        self._update_description()
        self.update()

    def is_empty(self) -> bool:
        """No drawing is shown."""
        return self._images is None

    def images(self) -> tuple[QImage, ...]:
        """The pictures shown, in order; empty without a drawing."""
        return self._images or ()

    def _update_description(self) -> None:
        description = EMPTY if self._images is None else " → ".join(CAPTIONS)
        if description != self.accessibleDescription():
            self.setAccessibleDescription(description)

    def sizeHint(self) -> QSize:
        return QSize(8 * SIDE + 3 * _ARROW, 2 * SIDE + _CAPTION_ROW).grownBy(self.contentsMargins())

    def minimumSizeHint(self) -> QSize:
        return QSize(4 * SIDE + 3 * _ARROW, 2 * SIDE + _CAPTION_ROW).grownBy(self.contentsMargins())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, ratio, area = self.theme, self.devicePixelRatioF(), self.contentsRect()
        room = min(area.height() - _CAPTION_ROW, (area.width() - 3 * _ARROW) / 4, _WIDEST)
        # A whole number of device pixels for each of the 32: all of them are equally large then.
        side = max(int(room * ratio) // SIDE, 1) * SIDE / ratio
        # At least as far apart as the captions are long, where there is room for that.
        gap = max(min(_ARROW + (room - side), 2 * _ARROW), min(_CAPTION_WIDTH, (area.width() - side) / 3) - side)
        painter = QPainter(self)
        painter.translate(area.topLeft())
        squares = [QRectF(i * (side + gap), 0, side, side) for i in range(4)]
        words = EXPLANATION if self._images else EMPTY
        left, top = squares[-1].right() + 3 * GRID, side + _CAPTION_ROW + GRID
        beside = QRectF(left, 0, min(area.width() - left, _WORDS_WIDTH), side)
        below = QRectF(0, top, area.width(), area.height() - top)
        has_words_beside = beside.width() >= _WORDS_LEAST and side >= 2 * SIDE
        painter.setFont(self._body)
        # Room that words below leave free is shared out above and below: the spare height is not a hole at the foot.
        spare = below.height() - painter.boundingRect(below, _WRAPPED, EXPLANATION).height()
        if not has_words_beside:
            painter.translate(0, max(spare / 2, 0))
        self._paint_pictures(painter, squares)
        painter.setPen(theme.quiet)
        painter.setFont(self._small)
        measure = painter.fontMetrics().horizontalAdvance
        fits = all(measure(caption) <= side + gap for caption in CAPTIONS)
        for square, caption in zip(squares, CAPTIONS if fits else SHORT_CAPTIONS, strict=True):
            room_for_caption = QRectF(square.left(), square.bottom(), side + gap, _CAPTION_ROW)
            painter.drawText(room_for_caption, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.quiet, 1.25, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for square in squares[:-1]:
            _paint_arrow(painter, QPointF(square.right() + gap / 2, side / 2))
        if has_words_beside:
            painter.setFont(self._body)
            painter.setPen(theme.text if self._images else theme.quiet)
            painter.drawText(beside, _WRAPPED | Qt.AlignmentFlag.AlignVCenter, words)
        elif spare >= 0:
            painter.setFont(self._body)
            painter.setPen(theme.quiet)
            painter.drawText(below, _WRAPPED | Qt.AlignmentFlag.AlignTop, words)

    def _paint_pictures(self, painter: QPainter, squares: list[QRectF]) -> None:
        if self._images is None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.sunken)
            for square in squares:
                painter.drawRoundedRect(square, RADIUS / 2, RADIUS / 2)
            return
        for i, (square, image) in enumerate(zip(squares, self._images, strict=True)):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, i == 0)
            painter.drawImage(square, image)


def _gray(picture: NDArray) -> QImage:
    pixels = (picture * np.float32(255.0)).astype(np.uint8)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()


def _paint_arrow(painter: QPainter, middle: QPointF) -> None:
    x, y = middle.x(), middle.y()
    painter.drawLine(QPointF(x - 5, y), QPointF(x + 5, y))
    painter.drawLine(QPointF(x + 5, y), QPointF(x + 2, y - 3))
    painter.drawLine(QPointF(x + 5, y), QPointF(x + 2, y + 3))
