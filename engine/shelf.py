"""The shelf: a folder with the image sets that a person brought, each under the fingerprint of its own content.

An experiment names its images by that fingerprint, so that a file of it opened elsewhere finds the same ones or says which
are missing. The folder is set once by whoever starts the program; nothing else here knows where it is.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnreadableFile

N_CLASSES = 10
SIDES = (8, 28)
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
        found = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                found.append(Kept(key=path.stem, **json.loads(path.read_text("utf-8"))))
            except (OSError, ValueError, TypeError):
                continue
        return sorted(found, key=lambda one: (one.title, one.key))

    def find(self, key: str) -> Kept | None:
        """The set of this fingerprint."""
        return next((one for one in self.kept() if one.key == key), None)

    def put(self, images: ImageSet) -> Kept:
        """Keep a set, atomically; one that is kept already is not written again. Raises :class:`UnreadableFile`."""
        if self.folder is None:
            raise UnreadableFile(images.title, "can't be kept, since there is no folder for image sets.", "")
        key = images.fingerprint()
        if (there := self.find(key)) is not None:
            return there
        kept = Kept(key, images.title, images.side, len(images), images.n_test, images.full, images.source)
        arrays = {"images": images.images, "labels": images.labels}
        if images.writers is not None:
            arrays["writers"] = images.writers
        about = {name: getattr(kept, name) for name in ("title", "side", "n", "n_test", "full", "source")}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".tmp-", suffix=".npz")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(file, **arrays)  # type: ignore[arg-type]
                os.replace(name, self.folder / f"{key}.npz")
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            # Last, since it is what says that the set is there.
            (self.folder / f"{key}.json").write_text(json.dumps(about), "utf-8")
        except OSError as error:
            reason = f"can't be kept ({error.strerror or error})."
            raise UnreadableFile(self.folder, reason, "Free some space or choose another folder.") from error
        return kept

    def load(self, key: str, title: str = "") -> ImageSet:
        """The set of this fingerprint. Raises :class:`UnreadableFile` where it is missing or damaged."""
        about = self.find(key)
        name = title or key
        if about is None or self.folder is None:
            raise UnreadableFile(name, "these images are not on this computer.", _MISSING)
        try:
            with np.load(self.folder / f"{key}.npz", allow_pickle=False) as arrays:
                writers = arrays.get("writers")
                images, labels = arrays["images"], arrays["labels"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UnreadableFile(name, f"the kept images are damaged ({error}).", _MISSING) from error
        if images.shape != (about.n, about.side**2) or labels.shape != (about.n,):
            raise UnreadableFile(name, "the kept images are damaged (their number has changed).", _MISSING)
        return ImageSet(about.title, images, labels, about.n_test, about.full, writers, about.source)

    def writers(self, key: str, title: str = "") -> NDArray | None:
        """Only who wrote the images of a set, without reading those. Raises :class:`UnreadableFile`."""
        if self.folder is None or not (self.folder / f"{key}.npz").exists():
            raise UnreadableFile(title or key, "these images are not on this computer.", _MISSING)
        try:
            with np.load(self.folder / f"{key}.npz", allow_pickle=False) as arrays:
                writers: NDArray | None = arrays.get("writers")
                return writers
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UnreadableFile(title or key, f"the kept images are damaged ({error}).", _MISSING) from error

    def remove(self, key: str) -> None:
        """Forget a set. Experiments that use it then say that it is missing."""
        if self.folder is not None:
            for ending in ("json", "npz"):
                (self.folder / f"{key}.{ending}").unlink(missing_ok=True)


SHELF = Shelf()
"""The one of this program; its folder is set when the program starts."""
