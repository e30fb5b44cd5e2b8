"""Small pictures of a set of images: one of them large, the average of each class, how many there are, how much ink."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme

_LEFT, _MIDDLE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignVCenter


def grey_image(x: NDArray) -> QImage:
    """(side²,) of 0..1 as a picture, white on black as the network is shown it."""
    side = math.isqrt(len(x))
    pixels = np.ascontiguousarray(np.rint(np.clip(x, 0, 1) * 255.0), dtype=np.uint8)
    return QImage(pixels.data, side, side, side, QImage.Format.Format_Grayscale8).copy()


class Chart(QWidget):
    """What is painted with a theme, at a fixed or a free height, and says under the pointer what it counts."""

    def __init__(self, theme: Theme, name: str, about: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self._height = theme, height
        self.setAccessibleName(name)
        self.setWhatsThis(about)
        self.setMinimumHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, self._height)

    def text_at(self, at: QPoint) -> str:
        """What is there, in words; "" for nothing."""
        return ""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(event.pos()) or self.whatsThis(), self)
            return True
        return super().event(event)


class LargeImage(Chart):
    """One image with a few words beside it."""

    SIDE = 112

    def __init__(self, theme: Theme) -> None:
        about = "The image under the pointer, else the marked one, else the average of the chosen class."
        super().__init__(theme, "Image", about, self.SIDE)
        self.image = QImage()
        self.words: tuple[str, ...] = ()

    def show_image(self, x: NDArray | None, words: Sequence[str]) -> None:
        """Show ``x`` (side²,), the first of ``words`` as a title; None leaves the place empty."""
        self.image = QImage() if x is None else grey_image(x)
        self.words = tuple(words)
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(0, 0, self.SIDE, self.SIDE)
        if self.image.isNull():
            painter.fillRect(box, self.theme.sunken)
        else:
            painter.drawImage(box, self.image)
        left = self.SIDE + 16
        y = 4.0
        for i, text in enumerate(self.words):
            painter.setFont(fonts.figures(20, fonts.SEMIBOLD) if i == 0 else fonts.figures())
            painter.setPen(self.theme.text if i == 0 else self.theme.quiet)
            height = 28 if i == 0 else 20
            painter.drawText(QRectF(left, y, self.width() - left, height), _LEFT, text)
            y += height
        painter.end()


class Averages(Chart):
    """The average image of each class, in two rows. ``chosen(class)`` on a click."""

    chosen = Signal(int)
    SIDE, LABEL, COLUMNS = 56, 18, 5

    def __init__(self, theme: Theme) -> None:
        about = (
            "The mean of all training images of a class: sharp where its writers agree, blurred where they differ. "
            "A click shows that class alone."
        )
        super().__init__(theme, "Average digits", about, 2 * (self.SIDE + self.LABEL))
        self._images: list[QImage] = []
        self._label = -1

    def show_averages(self, averages: NDArray | None) -> None:
        """Show ``averages`` (k, side²); None leaves the places empty."""
        self._images = [] if averages is None else [grey_image(x) for x in averages]
        self.update()

    def mark(self, label: int) -> None:
        """Mark a class, −1 for none."""
        self._label = label
        self.update()

    def label(self) -> int:
        """The class that is marked."""
        return self._label

    def cell(self, label: int) -> QRectF:
        """Where the average of a class is."""
        pitch = (self.width() - self.SIDE - 2) / (self.COLUMNS - 1)
        row, column = divmod(label, self.COLUMNS)
        return QRectF(1 + round(column * pitch), 1 + row * (self.SIDE + self.LABEL), self.SIDE, self.SIDE)

    def _at(self, at: QPoint) -> int:
        return next((i for i in range(len(self._images)) if self.cell(i).contains(QPointF(at))), -1)

    def text_at(self, at: QPoint) -> str:
        label = self._at(at)
        return f"The average {label}. A click shows that class alone." if label >= 0 else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        label = self._at(event.position().toPoint())
        if label >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(label)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.figures(CAPTION_PX))
        for label in range(2 * self.COLUMNS):
            cell = self.cell(label)
            if label < len(self._images):
                painter.drawImage(cell, self._images[label])
            else:
                painter.fillRect(cell, self.theme.sunken)
            if label == self._label:
                painter.setPen(QPen(self.theme.accent, 2))
                painter.drawRect(cell.adjusted(-1, -1, 1, 1))
            painter.setPen(self.theme.quiet)
            below = QRectF(cell.left(), cell.bottom(), self.SIDE, self.LABEL - 2)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, str(label))
        painter.end()


class Balance(Chart):
    """How many images each class has, for the train and the test part side by side, each to its own scale."""

    ROW, HEAD = 15, 18

    def __init__(self, theme: Theme) -> None:
        about = (
            "How many images of each class there are, beside each other for training and for testing. Bars of one length in a "
            "column mean a fair share each; a class with few images is learned late."
        )
        super().__init__(theme, "Class balance", about, self.HEAD + 10 * self.ROW)
        self._counts: dict[str, NDArray] = {}
        self._label = -1

    def show_counts(self, counts: dict[str, NDArray]) -> None:
        """``counts`` (k,) by the name of the part, from left to right."""
        self._counts = counts
        said = (f"{name}: {', '.join(f'{n:,}' for n in each.tolist())}" for name, each in counts.items())
        self.setAccessibleDescription("; ".join(said))
        self.update()

    def mark(self, label: int) -> None:
        """Mark a class, −1 for none."""
        self._label = label
        self.update()

    def text_at(self, at: QPoint) -> str:
        label = (at.y() - self.HEAD) // self.ROW
        if not self._counts or not 0 <= label < len(next(iter(self._counts.values()))):
            return ""
        said = (
            f"{n[label]:,} of {n.sum():,} {name} images, {ticks.counted(int(n[label]), int(n.sum()))}"
            for name, n in self._counts.items()
        )
        return f"{label}: {'; '.join(said)}"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self.theme
        painter.setFont(fonts.figures(CAPTION_PX))
        figures = painter.fontMetrics().horizontalAdvance("88,888") + 4
        left, gap = 16, 12
        width = (self.width() - left - gap * (len(self._counts) - 1)) / max(len(self._counts), 1)
        for column, (name, counts) in enumerate(self._counts.items()):
            x = left + column * (width + gap)
            painter.setPen(theme.quiet)
            painter.drawText(QRectF(x, 0, width, self.HEAD), _LEFT, f"{name} {counts.sum():,}")
            most = max(int(counts.max(initial=0)), 1)
            for label, count in enumerate(counts.tolist()):
                y = self.HEAD + label * self.ROW
                chosen = label == self._label
                room = width - figures
                painter.fillRect(QRectF(x, y + 3, room, self.ROW - 6), theme.sunken)
                painter.fillRect(QRectF(x, y + 3, room * count / most, self.ROW - 6),
                                 theme.accent if chosen else theme.quiet)  # fmt: skip
                painter.setPen(theme.text if chosen else theme.quiet)
                box = QRectF(x + room, y, figures, self.ROW)
                painter.drawText(box, _MIDDLE | Qt.AlignmentFlag.AlignRight, f"{count:,}")
                if column == 0:
                    painter.drawText(QRectF(0, y, left, self.ROW), _LEFT, str(label))
        painter.end()


class PixelHistogram(Chart):
    """The share of pixels by how much ink they hold, in sixteenths of full, on a plain or a logarithmic scale."""

    _FOOT, _TOP, _AXIS = 18, 6, 48

    def __init__(self, theme: Theme) -> None:
        about = (
            "Which share of all training pixels is paper (0), ink (1) or between. Most are paper, so the logarithmic scale "
            "shows more of the ink."
        )
        super().__init__(theme, "Pixels by value", about, 88)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(240)
        self._shares = np.zeros(0)
        self._log = False

    def show_pixels(self, counts: NDArray | None) -> None:
        """``counts`` (levels,) from paper to ink; None shows none."""
        self._shares = np.zeros(0) if counts is None or not counts.sum() else counts / counts.sum()
        ends = [ticks.percent(share) for share in self._shares[[0, -1]]] if len(self._shares) else []
        self.setAccessibleDescription("paper {}, full ink {}".format(*ends) if ends else "")
        self.update()

    def set_log(self, log: bool) -> None:
        """On a logarithmic scale from one in a hundred thousand up, or on a plain one."""
        self._log = log
        self.update()

    def heights(self) -> NDArray:
        """(levels,) of 0..1, what part of the height each bar has."""
        if not len(self._shares):
            return self._shares
        if not self._log:
            heights: NDArray = self._shares / self._top()
            return heights
        low = -5.0
        with np.errstate(divide="ignore"):
            return np.clip((np.log10(self._shares) - low) / -low, 0.0, 1.0)

    def _top(self) -> float:
        return float(self._shares.max(initial=0.0)) or 1.0

    def _area(self) -> QRectF:
        width, height = self.width() - self._AXIS, self.height() - self._FOOT - self._TOP
        return QRectF(self._AXIS, self._TOP, width, height)

    def text_at(self, at: QPoint) -> str:
        area, n = self._area(), len(self._shares)
        level = int((at.x() - area.left()) * n // max(area.width(), 1))
        if not n or not 0 <= level < n:
            return ""
        return f"{ticks.percent(self._shares[level])} of the pixels hold about {level / (n - 1):.2f} of full ink"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme, area = QPainter(self), self.theme, self._area()
        painter.setFont(fonts.figures(CAPTION_PX))
        marks = [(0.2 * e + 1.0, ticks.counted(1, 10**-e) if e else "100 %") for e in (0, -2, -4)]
        if not self._log:
            top = self._top()
            marks = [(v / top, f"{100 * v:g} %") for v in ticks.nice_ticks(0.0, top, 2)]
        for share, text in marks:
            y = round(area.bottom() - share * area.height()) + 0.5
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            painter.drawText(QRectF(0, y - 9, self._AXIS - 6, 18), _MIDDLE | Qt.AlignmentFlag.AlignRight, text)
        heights = self.heights()
        step = area.width() / max(len(heights), 1)
        for level, height in enumerate(heights.tolist()):
            left, right = round(area.left() + level * step), round(area.left() + (level + 1) * step)
            tall = height * area.height()
            if 0 < tall < 1:
                tall = 1.0  # rare is not never
            painter.fillRect(QRectF(left, area.bottom() - tall, right - left - 2, tall), theme.quiet)
        foot = QRectF(area.left(), area.bottom(), area.width() - 2, self._FOOT)
        painter.setPen(theme.quiet)
        for text, side in (("0 paper", Qt.AlignmentFlag.AlignLeft), ("ink 1", Qt.AlignmentFlag.AlignRight)):
            painter.drawText(foot, _MIDDLE | side, text)
        painter.end()
