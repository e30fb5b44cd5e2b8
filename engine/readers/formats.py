"""The formats that are read, each in a file of its own with ``recognises``, ``looks`` and ``read``.

What a file holds decides, never what it is called.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from engine.errors import UnreadableFile
from engine.readers import arff, foreign, idx, npz, table
from engine.readers.parts import Part
from engine.readers.source import Progress, Source

READERS: tuple[ModuleType, ...] = (idx, npz, arff, table)


def read(path: Path, progress: Progress) -> list[Part]:
    """What one file holds. Raises :class:`UnreadableFile`."""
    with Source(path, progress) as source:
        for reader in READERS:
            if reader.recognises(source):
                parts: list[Part] = reader.read(source)
                progress.next(source.size)
                return parts
        raise foreign.refusal(source)


def look(path: Path) -> str:
    """What a file seems to hold by its first bytes alone: "images", "labels", a whole "set", or "" for nothing of use."""
    try:
        with Source(path) as source:
            reader = next((reader for reader in READERS if reader.recognises(source)), None)
            return "" if reader is None else str(reader.looks(source))
    except UnreadableFile:
        return ""
