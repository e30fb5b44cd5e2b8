"""The thumbnail of a trial as a small PNG, made without Qt: workers run on machines that have no window.

It holds values, not colours: grey levels from 0 to 255, which the window tints by its theme.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from engine.metrics import confusion_matrix
from engine.predictions import probabilities
from engine.probes import decision_maps
from engine.trainer import Trainer

SIDE = 32
CELL = 4
MOST_ROWS = 2_000


def png(levels: NDArray) -> bytes:
    """(height, width) uint8 as a PNG of 8-bit grey (PNG specification 1.2, chapters 4 and 6; every row unfiltered)."""
    height, width = levels.shape
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = levels
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def thumbnail(trainer: Trainer) -> bytes:
    """What the network makes of the plane, 32×32; of images the confusion matrix, each row's share, 4 px a class.

    In the plane 0 is all class 0 and 255 all class 1; of k classes number i is at 255·i/(k−1).
    """
    with np.errstate(all="ignore"):
        return png(_boundary(trainer) if trainer.spec.data.dataset.planar else _confusion(trainer))


def _boundary(trainer: Trainer) -> NDArray:
    maps = decision_maps(trainer.spec, trainer.network.layout, trainer.network.params, SIDE).layers[-1]
    share = maps[0] if len(maps) == 1 else maps.argmax(axis=0) / (len(maps) - 1)
    levels: NDArray = (np.clip(np.nan_to_num(share), 0, 1) * 255).round().astype(np.uint8)
    return levels


def _confusion(trainer: Trainer) -> NDArray:
    part, k = trainer.data.validation or trainer.data.test, trainer.spec.data.dataset.n_classes
    x, labels = part.x[:MOST_ROWS], part.labels[:MOST_ROWS]
    logits = trainer.network.forward(x, trainer.network.work(len(x)))
    predicted = probabilities(np.nan_to_num(logits)).argmax(axis=1)
    counts = confusion_matrix(labels, predicted, k)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    levels: NDArray = (shares * 255).round().astype(np.uint8)
    return levels.repeat(CELL, axis=0).repeat(CELL, axis=1)
