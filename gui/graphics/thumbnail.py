"""A run in 48 × 48 pixels: what it answers over the plane, or the first-layer templates of an image network.

It is kept as a gray PNG of what is to be coloured, not of colours, so that it fits any theme.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage

from engine.trainer import Trainer
from gui.graphics import fields
from gui.theme import Theme

SIDE = 48
STRENGTH = 0.75
MOST_CLASSES = 32
GAP = 128  # between templates: nothing


def thumbnail_of(trainer: Trainer) -> tuple[bytes, int]:
    """(PNG, classes) of a run as it stands; ``classes`` is 1 where the gray is a sign, 0 orange to 255 blue."""
    maps = trainer.maps(SIDE)
    if maps is not None:
        return png(gray_of(maps.layers[-1])), min(len(maps.layers[-1]), MOST_CLASSES)
    side = math.isqrt(trainer.network.layout.sizes[0])
    first = trainer.network.layout.weights(trainer.network.params, 0)
    if side * side != len(first):
        return b"", 1
    return png(templates(first.T.reshape(-1, side, side))), 1


def gray_of(field: NDArray) -> NDArray:
    """(side, side) uint8 of shares (k, side, side): one map as it is; of several, whose it is and how far ahead."""
    shares = np.clip(np.nan_to_num(np.asarray(field, np.float32), nan=0.5), 0, 1)
    if len(shares) == 1:
        return (shares[0] * 255 + 0.5).astype(np.uint8)
    shares = shares[:MOST_CLASSES]
    steps = 256 // len(shares)
    ranked = np.sort(shares, axis=0)
    lead = ((ranked[-1] - ranked[-2]) * (steps - 1) + 0.5).astype(np.uint8)
    return (shares.argmax(axis=0) * steps).astype(np.uint8) + lead


def templates(weights: NDArray) -> NDArray:
    """(48, 48) uint8 of the weights (n, side, side) into the first neurons, 9, 4 or 1 of them, each on its own scale."""
    across = 3 if len(weights) >= 9 else 2 if len(weights) >= 4 else 1
    pixels = SIDE // across - (across > 1)
    shown = np.nan_to_num(np.asarray(weights[: across * across], np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    shown = shown / np.maximum(np.abs(shown).max(axis=(1, 2), keepdims=True), 1e-30)
    gray = (fields.enlarge(shown, pixels) * 127 + 128).astype(np.uint8)
    result = np.full((SIDE, SIDE), GAP, np.uint8)
    for i, tile in enumerate(gray):
        top, left = (SIDE // across * place for place in divmod(i, across))
        result[top : top + pixels, left : left + pixels] = tile
    return result


def png(gray: NDArray) -> bytes:
    """The bytes of a gray PNG."""
    gray = np.ascontiguousarray(gray, np.uint8)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImage(gray.data, gray.shape[1], gray.shape[0], gray.shape[1], QImage.Format.Format_Grayscale8).save(buffer, "PNG")
    return bytes(content.data())


def lut_of(theme: Theme, classes: int) -> NDArray:
    """(256,) uint32 from the gray of a thumbnail to the colours of ``theme``."""
    if classes < 2:
        return fields.signed_lut(theme, STRENGTH)
    steps = 256 // classes
    table = fields.class_lut(theme, classes, STRENGTH).reshape(classes, fields.STEPS)
    shades = np.linspace(0, fields.STEPS - 1, steps).round().astype(int)
    result = np.empty(256, np.uint32)
    result[: steps * classes] = table[:, shades].ravel()
    result[steps * classes :] = result[steps * classes - 1]
    return result


def picture(content: bytes, lut: NDArray) -> QImage:
    """The coloured picture of a thumbnail; a null image where the bytes are none."""
    gray = QImage.fromData(QByteArray(content), "PNG") if content else QImage()
    if gray.isNull():
        return QImage()
    gray = gray.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(gray.constBits(), np.uint8).reshape(gray.height(), gray.bytesPerLine())[:, : gray.width()]
    colors = np.ascontiguousarray(lut[rows])
    return QImage(colors.data, gray.width(), gray.height(), 4 * gray.width(), QImage.Format.Format_RGB32).copy()
