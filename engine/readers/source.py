"""The bytes of one file, unpacked where it is gzipped, never more at once than is asked for."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from engine.arrays import MAX_RATIO, RATIO_COUNTS_FROM
from engine.errors import Cancelled, UnreadableFile

PIECE = 1 << 20
HEAD = 1 << 15
CUT_OFF = "Download or copy it again."


class Progress:
    """Passes on how far reading is, and raises :class:`Cancelled` once nobody waits for it."""

    def __init__(
        self, n_bytes: int = 0, tell: Callable[[float, str], None] = lambda share, words: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self._total, self._before, self._tell, self._stop = max(n_bytes, 1), 0, tell, stop

    def at(self, name: str, n_bytes: float) -> None:
        """So many bytes of this file are read."""
        if self._stop():
            raise Cancelled
        self._tell(min((self._before + n_bytes) / self._total, 1.0), f"Reading {name}")

    def next(self, n_bytes: int) -> None:
        """A file of so many bytes is done."""
        self._before += n_bytes


class Source:
    """A file to read from; a context manager. ``head`` is what it begins with. Raises :class:`UnreadableFile`."""

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self.path, self.name, self.progress = path, path.name, progress or Progress()
        self._read = 0
        try:
            if not path.is_file():
                path.stat()
                raise self.refusal("is not a file.")
            self.size = path.stat().st_size
            self._raw = path.open("rb")
        except OSError as error:
            raise self.refusal(f"can't be read ({error.strerror or error}).") from error
        self._file: IO[bytes] = self._raw
        self._rest = self.head = b""
        try:
            self.packed = self._raw.peek(2)[:2] == b"\x1f\x8b"
            if self.packed:
                self._file = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw))
            self._rest = self.head = self.read(HEAD)
            if not self.head:
                raise self.refusal("is empty.", CUT_OFF)
        except BaseException:
            self.close()
            raise

    def read(self, n: int) -> bytes:
        """The next ``n`` bytes, fewer only at the end."""
        self.progress.at(self.name, self._raw.tell())
        found, self._rest = self._rest[:n], self._rest[n:]
        try:
            while len(found) < n and (piece := self._file.read(n - len(found))):
                self._read += len(piece)
                found += piece
        except EOFError:
            raise self.refusal("is cut off: its end is missing.", CUT_OFF) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self.refusal(f"is damaged ({error}).", CUT_OFF) from None
        except OSError as error:
            raise self.refusal(f"can't be read ({error.strerror or error}).") from error
        if self.packed and self._read > max(RATIO_COUNTS_FROM, MAX_RATIO * self._raw.tell()):
            raise self.refusal("unpacks to far more than a set of digits could hold.")
        return found

    def put_back(self, content: bytes) -> None:
        """Have ``content`` read next."""
        self._rest = content + self._rest

    def refusal(self, reason: str, advice: str = "Choose another file.") -> UnreadableFile:
        """The error to raise about this file."""
        return UnreadableFile(self.name, reason, advice)

    def close(self) -> None:
        self._file.close()
        self._raw.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
