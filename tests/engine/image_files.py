"""Small image sets, and files that hold them in the forms in which people have them."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.shelf import ImageSet


def digits(n: int = 40, side: int = 28, full: int = 255, seed: int = 0, writers: int = 0) -> ImageSet:
    """Random grey blobs in the middle of the paper, all ten labels, full ink somewhere, each image another."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n, side, side), np.uint8)
    inner = slice(side // 4, side - side // 4)
    images[:, inner, inner] = rng.integers(0, full + 1, images[:, inner, inner].shape)
    images[:, side // 2, side // 2] = full
    labels = (np.arange(n) % 10).astype(np.uint8)
    who = rng.integers(0, writers, n).astype(np.int32) if writers else None
    return ImageSet("digits", images.reshape(n, -1), labels, full=full, writers=who)


def idx(array: NDArray) -> bytes:
    """Big-endian, as LeCun wrote them: uint8, or int32 for the long labels of QMNIST."""
    kind = 0x08 if array.dtype == np.uint8 else 0x0C
    content = array if array.dtype == np.uint8 else array.astype(">i4")
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + content.tobytes()


def square(images: ImageSet) -> NDArray:
    return images.images.reshape(-1, images.side, images.side)


def rows(table: NDArray, form: str = "%d", separator: str = ",") -> bytes:
    text = io.BytesIO()
    np.savetxt(text, table, form, separator)
    return text.getvalue()


def table(images: ImageSet, last: bool = False) -> NDArray:
    parts = [images.labels[:, None], images.images]
    return np.hstack(parts[::-1] if last else parts).astype(int)


def npz(**arrays: NDArray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def write(folder: Path, name: str, content: bytes, packed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return folder / name


def four_idx(folder: Path, train: ImageSet, test: ImageSet, packed: bool = False, dot: bool = False) -> list[Path]:
    """The four files as LeCun, torchvision (unpacked) and Kaggle (names with a dot) have them."""
    ending, mark = (".gz" if packed else ""), "." if dot else "-"
    return [
        write(folder, f"{who}-{what}{mark}idx{n}-ubyte{ending}", idx(array), packed)
        for who, part in (("train", train), ("t10k", test))
        for what, n, array in (("images", 3, square(part)), ("labels", 1, part.labels))
    ]
