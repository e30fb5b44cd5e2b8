"""Many small images in one picture, each converted when it is first painted: one for a data set, none per image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

ACROSS = 100  # a picture of one column would be too tall for what painters count in


class ImageAtlas:
    """``x`` (n, side²) in 0..1, white ink on black as the network is shown it."""

    def __init__(self, x: NDArray) -> None:
        self.x = x
        self.side = math.isqrt(x.shape[1])
        rows = -(-len(x) // ACROSS)
        self._pixels = np.zeros((rows, self.side, ACROSS, self.side), np.uint8)
        self._there = np.zeros(len(x), bool)
        self.picture = QImage(
            self._pixels.data, ACROSS * self.side, rows * self.side, ACROSS * self.side,
            QImage.Format.Format_Grayscale8,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.x)

    def prepare(self, rows: NDArray) -> None:
        """Have the images of ``rows`` (m,) in the picture; those that are cost nothing."""
        missing = rows[~self._there[rows]]
        if len(missing):
            images = np.rint(self.x[missing] * 255).astype(np.uint8).reshape(-1, self.side, self.side)
            self._pixels[missing // ACROSS, :, missing % ACROSS] = images
            self._there[missing] = True

    def place(self, row: int) -> QRectF:
        """Where image ``row`` lies in :attr:`picture`."""
        return QRectF(row % ACROSS * self.side, row // ACROSS * self.side, self.side, self.side)

    def fitting(self, room: float, ratio: float) -> float:
        """The largest side up to ``room`` at which each pixel is a whole number of device pixels; at least one."""
        return max(int(room * ratio + 1e-6) // self.side, 1) * self.side / ratio
