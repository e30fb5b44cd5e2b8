"""A person's own drawings with what they mean, in a file of the person's own.

The file has one JSON object a line: ``id``, ``label`` 0..9, ``strokes`` [[[x, y], ...], ...] in shares of the canvas with y
downwards, ``pen``, its width as a share of the canvas, ``at``, the ISO time, if known ``writer``, and ``ink``. The ink is
the canvas's own picture, so that whatever is trained on is what was read while it was drawn: erased places, a pen's pressure
and all. ``id`` is made of the content, so that the same drawing is never there twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.atomic import write_atomic
from engine.drawing import OwnDrawing, parse
from engine.errors import UnreadableFile
from engine.pen import prepare_for
from engine.spec import MAX_TAUGHT

MAX_FILE_BYTES = 64_000_000
WHAT = "Your drawings"
_FREE_SPACE = "Free some space or let the folder be written to."


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds: drawings by their ids, in its order, and how many lines are damaged."""

    drawings: dict[str, OwnDrawing]
    damaged: int = 0


def read_drawings(path: Path) -> Found:
    """Read a file of drawings, leaving out what is damaged. Raises :class:`UnreadableFile`."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableFile(path.name, f"is larger than the {MAX_FILE_BYTES // 10**6} MB that drawings may take.")
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UnreadableFile(path.name, f"can't be read ({error.strerror or error}).") from error
    drawings, damaged = {}, 0
    for line in lines:
        if not line.strip():
            continue
        try:
            drawing = parse(line)
        except ValueError:
            damaged += 1
            continue
        drawings[drawing.id] = drawing
        if len(drawings) > MAX_TAUGHT:
            raise UnreadableFile(
                path.name, f"holds more than {MAX_TAUGHT:,} drawings.", "Share them out to more files."
            )
    return Found(drawings, damaged)


class OwnDrawings:
    """The drawings of one file. Until the file is set, and while it does not exist, there are none.

    The file is read when somebody first asks. Any thread may ask; only the window changes anything.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path

    @property
    def path(self) -> Path | None:
        """Where the file is."""
        return self._path

    @path.setter
    def path(self, path: Path | None) -> None:
        self._path = path
        self._now: dict[str, Found] = {}
        self._gone: dict[str, OwnDrawing] = {}  # taken away since the start: undo and a run's past may still want them

    def found(self) -> Found:
        """Everything in the file. Raises :class:`UnreadableFile`."""
        if "file" not in self._now:
            path = self._path
            read = read_drawings(path) if path is not None and path.exists() else Found({})
            # Of two threads that come to read at once, one is first; nothing that was changed since is lost.
            self._now.setdefault("file", read)
        return self._now["file"]

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of ``names`` that are not on this computer."""
        try:
            known = self.found().drawings
        except UnreadableFile:
            known = {}
        return tuple(name for name in names if name not in known and name not in self._gone)

    def load(self, names: tuple[str, ...], side: int) -> tuple[NDArray, NDArray]:
        """x (n, side²) float64 in 0..1 and labels (n,) int64 of these drawings, prepared for images of ``side``.

        Raises :class:`UnreadableFile` where one of them is missing.
        """
        if names and (missing := self.missing(names)):
            raise UnreadableFile(WHAT, absence(len(missing), len(names)), "Import them, or train without them.")
        known = {**self._gone, **self.found().drawings}
        x = np.stack([_input(known[name], side) for name in names]) if names else np.zeros((0, side**2))
        return x, np.array([known[name].label for name in names], np.int64)

    def with_picture(self, drawing: OwnDrawing) -> tuple[str, ...]:
        """The ids of those that are the same drawing, whatever they are said to be. Raises :class:`UnreadableFile`."""
        return tuple(one.id for one in self.found().drawings.values() if one.picture == drawing.picture)

    def exchange(self, gone: Iterable[str], new: Iterable[OwnDrawing]) -> None:
        """Take drawings out of the file and put others in; those that are there already stay as they are.

        Raises :class:`UnreadableFile`; then nothing has changed.
        """
        found, gone = self.found(), set(gone)
        path = self._path
        drawings = {name: one for name, one in found.drawings.items() if name not in gone}
        added = [one for one in {one.id: one for one in new}.values() if one.id not in drawings]
        if len(drawings) + len(added) > MAX_TAUGHT:
            raise UnreadableFile(WHAT, f"there is room for {MAX_TAUGHT:,}.", "Remove some first.")
        if path is None:
            raise UnreadableFile(WHAT, "there is no folder to keep them in.", "")
        try:
            if gone & found.drawings.keys():
                _rewrite(path, gone, added)
            elif added:
                _append(path, added)
        except OSError as error:
            reason = f"can't be written ({error.strerror or error})."
            raise UnreadableFile(path.name, reason, _FREE_SPACE) from error
        self._gone |= {name: found.drawings[name] for name in gone & found.drawings.keys()}
        self._now["file"] = Found(drawings | {one.id: one for one in added}, found.damaged)

    def export(self, path: Path, names: Iterable[str]) -> None:
        """Write these drawings to a file that can be imported elsewhere. Raises :class:`UnreadableFile`."""
        known = self.found().drawings
        try:
            write_atomic(path, b"".join(known[name].line() + b"\n" for name in names if name in known))
        except OSError as error:
            reason = f"can't be written ({error.strerror or error})."
            raise UnreadableFile(path.name, reason, "Choose another folder or free some space.") from error


def absence(n: int, of: int) -> str:
    """``2 of the 3 drawings that this experiment was taught are not on this computer.``"""
    which = "The drawing" if n == of == 1 else f"{n:,} of the {of:,} drawings" if n < of else f"The {n:,} drawings"
    return f"{which} that this experiment was taught {'is' if n == 1 else 'are'} not on this computer."


def _append(path: Path, added: list[OwnDrawing]) -> None:
    """Add lines at the end; what a failure leaves there is taken away again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        before = file.seek(0, os.SEEK_END)
        if before:
            file.seek(before - 1)
            if file.read(1) != b"\n":  # a line that was cut off must not spoil the next
                file.write(b"\n")
        try:
            file.write(b"".join(one.line() + b"\n" for one in added))
            file.flush()
        except OSError:
            file.truncate(before)
            raise


def _rewrite(path: Path, gone: set[str], added: list[OwnDrawing]) -> None:
    """The file without some drawings. Whatever else is in it, damaged or not, stays."""
    lines = [line for line in path.read_bytes().split(b"\n") if line.strip() and _id_of(line) not in gone]
    write_atomic(path, b"".join(line + b"\n" for line in (*lines, *(one.line() for one in added))))


def _id_of(line: bytes) -> str:
    try:
        return parse(line).id
    except ValueError:
        return ""


@lru_cache(maxsize=2 * MAX_TAUGHT)
def _input(drawing: OwnDrawing, side: int) -> NDArray:
    """(side²,) what a network is given of the drawing."""
    prepared = prepare_for(side, drawing.ink)
    if prepared is None:
        raise UnreadableFile(WHAT, f"they can't be prepared for images of {side}×{side} pixels.", "")
    x = np.array(prepared.input, np.float64)
    x.flags.writeable = False
    return x


OWN = OwnDrawings()
"""The drawings of this program's person; the file is set when the program starts."""
