"""Arrays in ``.npz`` files, read without trusting a byte of them.

NumPy's own reader unpacks whatever a file claims to hold. This one knows how much that is before it unpacks anything, reads
large arrays piece by piece, and has one error for all the ways in which such a file can be broken.
"""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 1_000_000_000
MAX_MEMBERS = 64
# Deflate at its best packs 1,032 bytes into one. Images of digits come to 5, and a set that is nearly blank to 60.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 16_000_000
PIECE = 1 << 20
# What zipfile and zlib are known to raise over damaged bytes; an OSError for a place before the start of the file.
BROKEN = (
    OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, IndexError,
    AttributeError, OverflowError, struct.error, UnicodeError,
)  # fmt: skip
# NumPy has always written these three keys in this order.
_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[a-zA-Z]\d*)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\),? *\}\s*"
)


class BrokenArrays(Exception):
    """``str(error)`` says what is wrong, as the end of a sentence that begins with the file's name."""


@dataclass(frozen=True)
class Header:
    """What an array is, before it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool

    @property
    def n_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class ArrayFile:
    """The arrays of a ``.npz`` file by their names; a context manager.

    Opening raises ``OSError`` where there is no file to read; all else raises :class:`BrokenArrays`.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            self._check_directory()
            self._zip = zipfile.ZipFile(self._file)
            infos = self._zip.infolist()
        except BrokenArrays:
            self._file.close()
            raise
        except BROKEN as error:
            self._file.close()
            raise BrokenArrays(f"is a damaged zip archive ({_brief(error)}).") from error
        self.members = {info.filename: info for info in infos}
        self.names = [name.removesuffix(".npy") for name in self.members if name.endswith(".npy")]

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()
        self._file.close()

    def header(self, name: str) -> Header:
        """What the array ``name`` is; it fits the bytes that are there, and is no bomb."""
        with self._open(name) as member:
            return self._header(name, member)

    def pieces(self, name: str, n_bytes: int = PIECE) -> Iterator[NDArray]:
        """The array ``name`` in runs of whole rows, each of about ``n_bytes``; all at once where it lies column by column."""
        with self._open(name) as member:
            header = self._header(name, member)
            row = header.n_bytes // header.shape[0]
            at_once = header.shape[0] if header.fortran and len(header.shape) > 1 else max(n_bytes // row, 1)
            order = "F" if header.fortran else "C"
            for start in range(0, header.shape[0], at_once):
                n = min(at_once, header.shape[0] - start)
                with _one_error(name):
                    content = member.read(n * row)
                if len(content) != n * row:
                    raise BrokenArrays(f"ends within the array {name!r}.")
                yield np.frombuffer(content, header.dtype).reshape((n, *header.shape[1:]), order=order)  # type: ignore[call-overload]
            with _one_error(name):
                # zipfile compares the checksum when it meets the end.
                member.read(1)

    def read(self, name: str) -> NDArray:
        """The array ``name``, whole."""
        header = self.header(name)
        array = np.empty(header.shape, header.dtype)
        start = 0
        for piece in self.pieces(name):
            array[start : start + len(piece)] = piece
            start += len(piece)
        return array

    def _check_directory(self) -> None:
        """zipfile reads the whole directory of an archive, which could be most of a huge file."""
        size = self._file.seek(0, 2)
        tail_at = max(size - 70_000, 0)
        self._file.seek(tail_at)
        tail = self._file.read()
        end = tail.rfind(b"PK\x05\x06")
        if end < 0 or len(tail) < end + 22:
            raise BrokenArrays("is a zip archive without an end: it is cut off.")
        n_members, n_bytes = struct.unpack("<HI", tail[end + 10 : end + 16])
        if n_members > MAX_MEMBERS or n_bytes > 64 * 1024 or tail[max(end - 20, 0) :].startswith(b"PK\x06\x07"):
            raise BrokenArrays("is an archive of more files than an image set has.")
        self._file.seek(0)

    def _open(self, name: str) -> IO[bytes]:
        info = self.members.get(f"{name}.npy")
        if info is None:
            raise BrokenArrays(f"holds no array {name!r}.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            raise BrokenArrays(f"packs the array {name!r} in a way that NumPy does not.")
        total = sum(one.file_size for one in self.members.values())
        if total > MAX_BYTES or (
            info.file_size > RATIO_COUNTS_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        ):
            packed = sum(one.compress_size for one in self.members.values())
            raise BrokenArrays(
                f"would unpack from {packed / 1e6:.1f} to {total / 1e6:,.0f} MB, as no set of digits does."
            )
        with _one_error(name):
            return self._zip.open(info)

    def _header(self, name: str, member: IO[bytes]) -> Header:
        with _one_error(name):
            start = member.read(8)
            if start[:6] != b"\x93NUMPY" or len(start) < 8:
                raise BrokenArrays(f"holds {name!r}, which is no array of NumPy.")
            n = int.from_bytes(member.read(2 if start[6] == 1 else 4), "little")
            text = member.read(min(n, 10_000))
        if b"'|O'" in text:
            raise BrokenArrays(f"holds Python objects in {name!r}, and reading those can run whatever code they hold.")
        found = _HEADER.fullmatch(text)
        if found is None:
            raise BrokenArrays(f"holds {name!r}, which is no plain array of numbers.")
        try:
            dtype = np.dtype(found[1].decode())
            shape = tuple(int(size) for size in found[3].decode().replace(" ", "").split(",") if size)
        except (TypeError, ValueError):
            raise BrokenArrays(f"holds {name!r}, which is no plain array of numbers.") from None
        header = Header(shape, dtype, found[2] == b"True")
        n_there = self.members[f"{name}.npy"].file_size - (10 if start[6] == 1 else 12) - n
        if not shape or not header.n_bytes:
            raise BrokenArrays(f"holds nothing in {name!r}.")
        if dtype.hasobject or header.n_bytes != n_there:
            raise BrokenArrays(f"says that {name!r} has the shape {_shape(shape)}, but does not hold as much.")
        if header.fortran and header.n_bytes > MAX_BYTES // 8:
            raise BrokenArrays(f"holds {name!r} column by column, which is too large to turn round.")
        return header


@contextmanager
def _one_error(name: str) -> Iterator[None]:
    """One error, with the name of the array, for all that unpacking may raise."""
    try:
        yield
    except BROKEN as error:
        raise BrokenArrays(f"is damaged at the array {name!r} ({_brief(error)}).") from error


def _shape(shape: tuple[int, ...]) -> str:
    text = "×".join(map(str, shape))
    return text if len(text) < 60 else text[:57] + "..."


def _brief(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:80]
