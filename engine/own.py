"""A person's own drawings with what they mean, in a file of the person's own."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import NDArray

from engine.errors import UnreadableFile


class OwnDrawings:
    """The drawings of one file. Until the file is set, and while it does not exist, there are none."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path

    def load(self, names: tuple[str, ...], side: int) -> tuple[NDArray, NDArray]:
        """x (n, side²) float64 in 0..1 and labels (n,) int64 of these drawings, prepared for images of ``side``.

        Raises :class:`UnreadableFile` where one of them is missing.
        """
        raise UnreadableFile(self.path or "drawings", f"{len(names)} drawings are missing.")


OWN = OwnDrawings()
"""The drawings of this program's person; the file is set when the program starts."""
