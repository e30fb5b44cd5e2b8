"""MNIST from the internet, for those who ask for it: the only place where the program talks to another machine.

It blocks, so it belongs into an analysis (gui/analyses.py). Waiting for a server can't be interrupted, so a thread of its own
waits; whoever called is asked ten times a second whether it is still wanted, and writes what has arrived.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import queue
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import Cancelled, NeuroloomError
from gui.analyses import STOP, TELL

PIECE = 64 * 1024
PIECES_AHEAD = 16
ASK_EVERY_SECONDS = 0.1
TIMEOUT_SECONDS = 10.0
UNREACHABLE = "can't be reached"
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
IMPORT = "If you have MNIST as files (idx, .npz or .csv), or can copy them from another computer, open those instead."


@dataclass(frozen=True)
class Pinned:
    """A file as it must be. ``sha256`` of all its bytes."""

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class Mirror:
    """A server's folder, and the files in it that are MNIST together."""

    url: str
    files: tuple[Pinned, ...]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url


IDX = (
    Pinned("train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    Pinned("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    Pinned("t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    Pinned("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
)
NPZ = (Pinned("mnist.npz", 11_490_434, "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),)
MIRRORS = (
    Mirror("https://ossci-datasets.s3.amazonaws.com/mnist/", IDX),
    Mirror("https://storage.googleapis.com/cvdf-datasets/mnist/", IDX),
    Mirror("https://storage.googleapis.com/tensorflow/tf-keras-datasets/", NPZ),
)


class DownloadFailed(NeuroloomError):
    """``str(error)`` says why, and what can be done instead."""


class _MirrorFailed(Exception):
    """This mirror gave no good file; the next one may."""


def download_mnist(
    folder: Path, tell: TELL, stop: STOP, mirrors: Sequence[Mirror] = MIRRORS, timeout: float = TIMEOUT_SECONDS
) -> tuple[Path, ...]:
    """MNIST's files in ``folder``, fetched from the first of the ``mirrors`` that has them, and compared with their sha256.

    What is there already is not fetched again, and what is there in part (``.part``) is gone on with. ``tell(share, words)``
    hears the progress. Raises :class:`Cancelled` within a second after ``stop()`` became true, :class:`DownloadFailed` where
    no mirror answers (after at most ``timeout`` seconds of silence from each) or the folder can't be written to.
    """
    failures: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for mirror in mirrors:
            try:
                return _from_mirror(mirror, folder, tell, stop, timeout)
            except _MirrorFailed as failure:
                failures[mirror.host] = str(failure)
    except OSError as error:
        reason = f"{folder}: can't be written to ({error.strerror or error})."
        raise DownloadFailed(f"{reason} Free some space or choose another folder.") from error
    if set(failures.values()) == {UNREACHABLE}:
        raise DownloadFailed(f"MNIST could not be downloaded, since this computer seems to be offline. {IMPORT}")
    why = "; ".join(f"{host} {reason}" for host, reason in failures.items())
    raise DownloadFailed(f"MNIST could not be downloaded: {why}. {IMPORT}")


def _from_mirror(mirror: Mirror, folder: Path, tell: TELL, stop: STOP, timeout: float) -> tuple[Path, ...]:
    total, before = sum(file.n_bytes for file in mirror.files), 0

    def progress(n_bytes: int) -> None:
        if stop():
            raise Cancelled
        done = before + n_bytes
        tell(done / total, f"{done / 1e6:.1f} of {total / 1e6:.1f} MB from {mirror.host}")

    for file in mirror.files:
        progress(0)
        path = folder / file.name
        if not (path.is_file() and path.stat().st_size == file.n_bytes and _sha256(path) == file.sha256):
            _fetch(mirror.url + file.name, file, path, progress, timeout)
        before += file.n_bytes
    progress(0)
    return tuple(folder / file.name for file in mirror.files)


def _fetch(url: str, file: Pinned, path: Path, progress: Callable[[int], None], timeout: float) -> None:
    """One file, going on with what is there of it. If that turns out to be bad, it is thrown away and all is fetched."""
    part = path.with_name(path.name + ".part")
    had = part.stat().st_size if part.is_file() else 0
    if had < file.n_bytes:
        _append(url, file, part, progress, timeout)
    if part.stat().st_size == file.n_bytes and _sha256(part) == file.sha256:
        os.replace(part, path)
        return
    part.unlink()
    if not had:
        raise _MirrorFailed("sends something else than MNIST")
    _fetch(url, file, path, progress, timeout)


def _append(url: str, file: Pinned, part: Path, progress: Callable[[int], None], timeout: float) -> None:
    with part.open("ab") as out, closing(_Answer(url, file.n_bytes, out.tell(), timeout)) as answer:
        while True:
            progress(out.tell())
            try:
                arrived = answer.arrived.get(timeout=ASK_EVERY_SECONDS)
            except queue.Empty:
                continue
            if isinstance(arrived, Exception):
                raise _MirrorFailed(_reason(arrived)) from arrived
            if arrived is None:
                out.seek(0)
                out.truncate()
                continue
            out.write(arrived)
            if not arrived or out.tell() > file.n_bytes:
                break
        if out.tell() < file.n_bytes:
            raise _MirrorFailed(f"ends after {out.tell():,} of {file.n_bytes:,} bytes")
        out.flush()
        os.fsync(out.fileno())


class _Answer(threading.Thread):
    """A server's answer, piece by piece in ``arrived``: None first where it begins anew, an empty one at its end, and an
    exception where something went wrong."""

    def __init__(self, url: str, n_bytes: int, start: int, timeout: float) -> None:
        # A daemon: nobody waits for a server that is silent when the program ends.
        super().__init__(name="download", daemon=True)
        self.arrived: queue.Queue[bytes | Exception | None] = queue.Queue(PIECES_AHEAD)
        self._url, self._n_bytes, self._start, self._timeout = url, n_bytes, start, timeout
        self._unwanted = threading.Event()
        self.start()

    def close(self) -> None:
        """Have it end as soon as the server lets it; what arrives from now on is dropped."""
        self._unwanted.set()

    def run(self) -> None:
        try:
            headers = {"Range": f"bytes={self._start}-"} if self._start else {}
            request = urllib.request.Request(self._url, headers=headers)
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                if self._check(answer):
                    self._put(None)
                while not self._unwanted.is_set() and (piece := answer.read1(PIECE)):
                    self._put(piece)
            self._put(b"")
        except Exception as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            self._put(error)

    def _check(self, answer: http.client.HTTPResponse) -> bool:
        """Whether the answer begins at the beginning although it was asked to go on. Raises ``ValueError``."""
        if answer.headers.get("Content-Type", "").startswith("text/"):
            raise ValueError("answers with a web page")
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        begins, total = (
            (int(found[1]), int(found[2])) if found else (0, int(answer.headers.get("Content-Length") or -1))
        )
        if begins not in (0, self._start) or (answer.status == 206) != bool(found) or total not in (-1, self._n_bytes):
            raise ValueError("answers with another file")
        return begins < self._start

    def _put(self, item: bytes | Exception | None) -> None:
        while not self._unwanted.is_set():
            try:
                self.arrived.put(item, timeout=ASK_EVERY_SECONDS)
            except queue.Full:
                continue
            return


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"answers {error.code} {error.reason}".strip()
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(inner, TimeoutError):
        return "does not answer"
    if isinstance(inner, socket.gaierror | ConnectionRefusedError) or getattr(inner, "errno", None) in NO_WAY:
        return UNREACHABLE
    if isinstance(inner, ValueError) and not isinstance(inner, OSError):
        return str(inner)
    if isinstance(inner, OSError | http.client.HTTPException | str):
        return f"fails ({inner})"
    raise error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
