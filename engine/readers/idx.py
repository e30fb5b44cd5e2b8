"""LeCun's idx files: the sizes in a big-endian header, then the bytes. Images, labels, and the long labels of QMNIST.

Formats: http://yann.lecun.com/exdb/mnist (now only in archives) and the README of facebookresearch/qmnist, section 2.2: of the
8 columns there, 0 is the digit and 2 the writer.
"""

from __future__ import annotations

import math
import struct

import numpy as np
from numpy.typing import NDArray

from engine.readers.parts import Part
from engine.readers.pixels import MAX_PIXELS, Pixels, labels_from, size_of, writers_from
from engine.readers.source import CUT_OFF, PIECE, Source

BYTES, INTS = 0x08, 0x0C
QMNIST_COLUMNS, DIGIT, WRITER = 8, 0, 2


def recognises(source: Source) -> bool:
    """Two zeros, a kind of number, a number of dimensions."""
    head = source.head
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in range(0x08, 0x0F) and head[3] in range(1, 5)


def looks(source: Source) -> str:
    """What the header speaks of, images or labels; "" where that can't be used."""
    kind, n_dimensions = source.head[2:4]
    if n_dimensions == 1 or kind == INTS:
        return "labels"
    return "images" if kind == BYTES and n_dimensions == 3 else ""


def read(source: Source) -> list[Part]:
    """Images, or labels with their writers where the file names them."""
    kind, n_dimensions = source.read(4)[2:]
    sizes = source.read(4 * n_dimensions)
    if len(sizes) < 4 * n_dimensions:
        raise source.refusal("ends within its header.", CUT_OFF)
    shape = struct.unpack(f">{n_dimensions}I", sizes)
    if kind == BYTES and n_dimensions > 1:
        size_of(shape, source.refusal)
        pixels = Pixels(source.refusal)
        pixels.add(_content(source, shape, 1).reshape(shape[0], -1))
        images, full = pixels.finish()
        return [Part(source.path, images, full=full)]
    if not shape[0]:
        raise source.refusal("holds no labels.")
    if kind == INTS and shape[1:] == (QMNIST_COLUMNS,):
        table = _content(source, shape, 4).view(">i4").reshape(shape)
        labels = labels_from(table[:, DIGIT], source.refusal)
        return [Part(source.path, labels=labels, writers=writers_from(table[:, WRITER], shape[0], source.refusal))]
    if kind in (BYTES, INTS) and n_dimensions == 1:
        numbers = _content(source, shape, 1 if kind == BYTES else 4)
        return [
            Part(source.path, labels=labels_from(numbers if kind == BYTES else numbers.view(">i4"), source.refusal))
        ]
    words = "×".join(map(str, shape))
    raise source.refusal(f"is an idx file of {words} numbers of kind 0x{kind:02X}, neither images nor labels.")


def _content(source: Source, shape: tuple[int, ...], n_bytes: int) -> NDArray:
    """The bytes after the header, which must be exactly as many as its sizes say."""
    n = math.prod(shape) * n_bytes
    if n > MAX_PIXELS:
        raise source.refusal(f"says that it holds {shape[0]:,} labels, more than are taken.")
    if not source.packed and source.size < n:
        raise source.refusal(f"is cut off: of {n:,} bytes only {source.size:,} are there.", CUT_OFF)
    content = np.empty(n, np.uint8)
    at = 0
    while at < n:
        piece = source.read(min(PIECE, n - at))
        if not piece:
            raise source.refusal(f"is cut off: of {n:,} bytes only {at:,} are there.", CUT_OFF)
        content[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
        at += len(piece)
    if source.read(1):
        raise source.refusal(f"goes on after the {n:,} bytes that its header speaks of.", CUT_OFF)
    return content
