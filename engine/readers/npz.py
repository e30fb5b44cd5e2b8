"""NumPy's archives: Keras' x_train, y_train, x_test, y_test, or images and labels under their usual names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from numpy.typing import NDArray

from engine.arrays import ArrayFile, BrokenArrays
from engine.readers.foreign import PICKLE
from engine.readers.parts import Part, role_of
from engine.readers.pixels import Pixels, labels_from, size_of, writers_from
from engine.readers.source import Source

ROLES = {
    "x": "images", "images": "images", "image": "images", "data": "images",
    "y": "labels", "labels": "labels", "label": "labels", "target": "labels",
    "writers": "writers",
}  # fmt: skip
MAX_LABEL_BYTES = 64_000_000
ADVICE = "Save x_train, y_train, x_test and y_test, or images and labels, with np.savez."


def recognises(source: Source) -> bool:
    """A zip archive."""
    return not source.packed and source.head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def looks(source: Source) -> str:
    """A set, if the arrays have the names of one."""
    try:
        with ArrayFile(source.path) as arrays:
            found = _found(arrays.names)
            whole = any((part, "images") in found and (part, "labels") in found for part, _ in found)
            return "set" if whole else ""
    except (OSError, BrokenArrays):
        return ""


def read(source: Source) -> list[Part]:
    """One part, or training and test images apart."""
    try:
        with ArrayFile(source.path) as arrays:
            return _parts(source, arrays)
    except BrokenArrays as error:
        raise source.refusal(str(error), "Download it or save it again.") from None


def _found(names: Sequence[str]) -> dict[tuple[str, str], str]:
    """The arrays that are known, by (train, test or nothing) and what they hold."""
    found: dict[tuple[str, str], str] = {}
    for name in names:
        if role := ROLES.get(re.sub("train|t10k|test", "", name.lower()).strip("_")):
            found.setdefault((role_of(name), role), name)
    return found


def _parts(source: Source, arrays: ArrayFile) -> list[Part]:
    if any(name.endswith("data.pkl") for name in arrays.members):
        raise source.refusal(*PICKLE)
    if not arrays.names:
        raise source.refusal("is a zip archive of other files.", "Unpack it and choose the files in it.")
    found = _found(arrays.names)
    parts = sorted({part for part, role in found if role in ("images", "labels")}, key=["train", "", "test"].index)
    if not parts:
        shown = ", ".join(arrays.names[:6])[:100]
        raise source.refusal(f"holds the arrays {shown}, none of them by the name of images or labels.", ADVICE)
    for part in parts:
        for role in ("images", "labels"):
            if (part, role) not in found:
                other = found[part, "labels" if role == "images" else "images"]
                raise source.refusal(f"holds {other}, but no {role} that go with it.", ADVICE)
    if "" in parts and len(parts) > 1:
        raise source.refusal("holds more than one set of images.", ADVICE)
    return [
        _part(source, arrays, part, {role: name for (of, role), name in found.items() if of == part}) for part in parts
    ]


def _part(source: Source, arrays: ArrayFile, role: str, names: dict[str, str]) -> Part:
    header = arrays.header(names["images"])
    size = size_of(header.shape, source.refusal)
    labels = labels_from(_small(source, arrays, names["labels"]), source.refusal)
    if len(labels) != header.shape[0]:
        reason = (
            f"holds {header.shape[0]:,} images in {names['images']} but {len(labels):,} labels in {names['labels']}."
        )
        raise source.refusal(reason, ADVICE)
    pixels, done = Pixels(source.refusal), 0
    for piece in arrays.pieces(names["images"]):
        pixels.add(piece.reshape(len(piece), size))
        done += len(piece)
        source.progress.at(source.name, source.size * done / len(labels))
    images, full = pixels.finish()
    writers = None
    if "writers" in names:
        writers = writers_from(_small(source, arrays, names["writers"]), len(labels), source.refusal)
    return Part(source.path, images, labels, writers, full, role)


def _small(source: Source, arrays: ArrayFile, name: str) -> NDArray:
    if arrays.header(name).n_bytes > MAX_LABEL_BYTES:
        raise source.refusal(f"holds more in {name} than labels need.", ADVICE)
    return arrays.read(name)
