"""The shelf: a folder with the image sets that a person brought, each under the fingerprint of its own content.

An experiment names its images by that fingerprint, so that a file of it opened elsewhere finds the same ones or says which
are missing. The folder is set once by whoever starts the program; nothing else here knows where it is.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.arrays import ArrayFile, BrokenArrays
from engine.atomic import replacing, write_atomic
from engine.errors import UnreadableFile

N_CLASSES = 10
SIDES = (8, 28)
MAX_ABOUT_BYTES = 10_000
# A file that is still being written is younger; an older one is left from a program that was killed.
LEFT_OVER_SECONDS = 3_600
_KEY = re.compile(r"[0-9a-f]{16}")
_MISSING = "Import it again: Data, Get images."


@dataclass(frozen=True)
class ImageSet:
    """Grey images of digits. ``images`` (n, side²) uint8, row by row from the top left, 0 for paper and ``full`` for ink.

    ``labels`` (n,) uint8 in 0..9. The last ``n_test`` images are the test images; 0 where the set names none.
    ``writers`` (n,) int32 says who wrote each, None where nobody knows. ``source`` tells where it came from, in a few words.
    """

    title: str
    images: NDArray
    labels: NDArray
    n_test: int = 0
    full: int = 255
    writers: NDArray | None = None
    source: str = ""

    @property
    def side(self) -> int:
        """Pixels along a side."""
        return math.isqrt(int(self.images.shape[1]))

    def __len__(self) -> int:
        return len(self.labels)

    def fingerprint(self) -> str:
        """16 hexadecimal digits that the content decides: the same images from another file have the same."""
        content = hashlib.sha256()
        content.update(f"{self.images.shape} {self.n_test} {self.full}".encode())
        for array in (self.images, self.labels, *(() if self.writers is None else (self.writers,))):
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a set on the shelf without reading its images."""

    key: str
    title: str
    side: int
    n: int
    n_test: int
    full: int
    source: str = ""


class Shelf:
    """Image sets in a folder, one ``.npz`` and one small ``.json`` each. Nothing in them is ever run."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def kept(self) -> list[Kept]:
        """Every set, by title. What can't be read is left out."""
        if self.folder is None or not self.folder.is_dir():
            return []
        found = [kept for path in self.folder.glob("*.json") if (kept := self.find(path.stem)) is not None]
        return sorted(found, key=lambda one: (one.title, one.key))

    def find(self, key: str) -> Kept | None:
        """The set of this fingerprint."""
        if self.folder is None or not _KEY.fullmatch(key):
            return None
        about = self.folder / f"{key}.json"
        try:
            if about.stat().st_size > MAX_ABOUT_BYTES or not about.with_suffix(".npz").is_file():
                return None
            kept = Kept(key=key, **json.loads(about.read_text("utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        texts = ("key", "title", "source")
        sound = all(type(getattr(kept, field.name)) is (str if field.name in texts else int) for field in fields(kept))
        sound = sound and kept.side in SIDES and 0 <= kept.n_test < kept.n and 0 < kept.full < 256
        return kept if sound else None

    def put(self, images: ImageSet) -> Kept:
        """Keep a set, atomically; one that is kept already is only written again if it is damaged.

        Raises :class:`UnreadableFile`.
        """
        if self.folder is None:
            raise UnreadableFile(images.title, "can't be kept, since there is no folder for image sets.", "")
        key = images.fingerprint()
        if (there := self._sound(key)) is not None:
            return there
        kept = Kept(key, images.title, images.side, len(images), images.n_test, images.full, images.source)
        arrays = {"images": images.images, "labels": images.labels}
        if images.writers is not None:
            arrays["writers"] = images.writers
        about = {field.name: getattr(kept, field.name) for field in fields(kept) if field.name != "key"}
        try:
            with replacing(self.folder / f"{key}.npz") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
            # Last, since it is what says that the set is there.
            write_atomic(self.folder / f"{key}.json", json.dumps(about).encode())
            self._sweep(self.folder)
        except OSError as error:
            reason = f"can't be kept ({error.strerror or error})."
            raise UnreadableFile(self.folder, reason, "Free some space or choose another folder.") from error
        return kept

    def load(self, key: str, title: str = "") -> ImageSet:
        """The set of this fingerprint. Raises :class:`UnreadableFile` where it is missing or damaged."""
        kept = self.find(key)
        if kept is None:
            raise UnreadableFile(title or key, "these images are not on this computer.", _MISSING)
        arrays = self._read(key, title, "images", "labels", "writers")
        found = ImageSet(
            kept.title, arrays["images"], arrays["labels"], kept.n_test, kept.full, arrays.get("writers"), kept.source
        )
        # The fingerprint speaks of every byte and of the sizes, so only the kind of number need be compared besides.
        if {found.images.dtype, found.labels.dtype} != {np.dtype(np.uint8)} or found.fingerprint() != key:
            raise UnreadableFile(title or key, "the kept images are damaged (they have changed).", _MISSING)
        return found

    def writers(self, key: str, title: str = "") -> NDArray | None:
        """Only who wrote the images of a set, without reading those. Raises :class:`UnreadableFile`."""
        if self.find(key) is None:
            raise UnreadableFile(title or key, "these images are not on this computer.", _MISSING)
        return self._read(key, title, "writers").get("writers")

    def _read(self, key: str, title: str, *names: str) -> dict[str, NDArray]:
        """Those of the arrays that the set has; images and labels it must have."""
        assert self.folder is not None
        try:
            with ArrayFile(self.folder / f"{key}.npz") as arrays:
                return {name: arrays.read(name) for name in names if name != "writers" or name in arrays.names}
        except BrokenArrays as error:
            raise UnreadableFile(title or key, f"the kept file {error}", _MISSING) from error
        except OSError as error:
            reason = f"the kept file can't be read ({error.strerror or error})."
            raise UnreadableFile(title or key, reason, _MISSING) from error

    def _sound(self, key: str) -> Kept | None:
        try:
            self.load(key)
        except UnreadableFile:
            return None
        return self.find(key)

    def _sweep(self, folder: Path) -> None:
        for path in folder.glob(".tmp-*"):
            if path.stat().st_mtime < time.time() - LEFT_OVER_SECONDS:
                path.unlink(missing_ok=True)

    def remove(self, key: str) -> None:
        """Forget a set. Experiments that use it then say that it is missing."""
        if self.folder is not None:
            for ending in ("json", "npz"):
                (self.folder / f"{key}.{ending}").unlink(missing_ok=True)


SHELF = Shelf()
"""The one of this program; its folder is set when the program starts."""
