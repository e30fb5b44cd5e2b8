"""The pictures of the film strip: a stage as an image, painted with its pixels whole, and the arrows between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from engine.pen import Stage
from engine.pen.worth import Read
from gui.graphics.strip_layout import Cell
from gui.theme import NETWORK_PAPER, RADIUS, Theme

_THUMBNAIL = 140
_DIMMED = 0.35
_WITH_PIXELS = {8: (32, 32, 32, 8), 28: (28, 28, 28)}  # the last stages; those before may have any size


@dataclass(frozen=True)
class Frame:
    """One picture: ``on`` False has it dimmed and crossed out, ``tint`` lies over it, ``smooth`` pictures have no pixels
    of their own."""

    image: QImage
    on: bool
    smooth: bool
    tint: QImage | None = None


def pixels_of(side: int, n_stages: int) -> tuple[int, ...]:
    """How many pixels a side the picture of each stage has; 0 for any size. Nothing for images without a recipe."""
    last = _WITH_PIXELS.get(side, ())
    return (0,) * (n_stages - len(last)) + last


def frame_of(stage: Stage) -> Frame:
    """The picture of a stage; large ones are thinned out, since they are seen small."""
    picture = stage.picture
    step = max(1, max(picture.shape) // _THUMBNAIL)
    return Frame(_gray(picture[::step, ::step]), stage.on, stage.step.id in ("ink", "crop"))


def paint(painter: QPainter, theme: Theme, square: QRectF, frame: Frame | None) -> None:
    """``frame`` in ``square``, or an empty place."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, frame is None)
    if frame is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.sunken)
        painter.drawRoundedRect(square, RADIUS / 2, RADIUS / 2)
        return
    painter.setOpacity(1.0 if frame.on else _DIMMED)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, frame.smooth)
    image = frame.image
    longest = max(image.width(), image.height())
    width, height = square.width() * image.width() / longest, square.height() * image.height() / longest
    if longest > min(image.width(), image.height()):  # a tall box keeps its proportions
        painter.fillRect(square, NETWORK_PAPER)
    middle = square.center()
    painter.drawImage(QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height), image)
    painter.setOpacity(1.0)
    if frame.tint is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(square, frame.tint)
    if not frame.on:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.text, 1.5))
        painter.drawLine(square.topLeft(), square.bottomRight())
        painter.drawLine(square.topRight(), square.bottomLeft())


def paint_arrow(painter: QPainter, theme: Theme, cell: Cell, following: Cell) -> None:
    """From one picture to the next; where they stand close, only its head."""
    room = following.x - cell.x - cell.side
    x, y = cell.x + cell.side + room / 2, cell.y + cell.side / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.quiet, 1.25, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    tip = x + (5 if room >= 16 else 1.75)
    if room >= 16:
        painter.drawLine(QPointF(x - 5, y), QPointF(tip, y))
    painter.drawLine(QPointF(tip, y), QPointF(tip - 3.5, y - 3.5))
    painter.drawLine(QPointF(tip, y), QPointF(tip - 3.5, y + 3.5))


def paint_worth(painter: QPainter, line: QRectF, words: str) -> None:
    """``words`` ("without: 8, 41 %") in one line, or where that is too short, in two."""
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    if painter.fontMetrics().horizontalAdvance(words) <= line.width():
        painter.drawText(line, left, words)
        return
    first, second = words.split(" ", 1)
    painter.drawText(line, left, first)
    painter.drawText(line.translated(0, line.height()), left, second)


def percent(share: float) -> str:
    """A share without decimals; nobody is quite sure."""
    return "> 99 %" if share >= 0.995 else f"{share * 100:.0f} %"


def read_words(read: Read) -> str:
    """A digit and how sure: 8, 41 %."""
    return f"{read[0]}, {percent(read[1])}"


def _gray(picture: NDArray) -> QImage:
    pixels = (picture * np.float32(255.0)).astype(np.uint8)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
