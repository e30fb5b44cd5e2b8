"""What one file gives, and how the parts of several files become one set."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnreadableFile
from engine.shelf import ImageSet

BOTH = "Choose the files of the images and of their labels together."
ONE_SET = "Choose the files of one set only."


@dataclass(frozen=True, eq=False)
class Part:
    """Images, labels or as many of both, of one file.

    ``images`` (n, side²) uint8 from 0 to ``full``, ``labels`` (n,) uint8 and ``writers`` (n,) int32. ``role`` is "train" or
    "test" where the content says so, else "".
    """

    path: Path
    images: NDArray | None = None
    labels: NDArray | None = None
    writers: NDArray | None = None
    full: int = 255
    role: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def hint(self) -> str:
        """What the file's name says of its role; only asked where numbers don't tell."""
        return self.role or role_of(self.name)

    def __len__(self) -> int:
        known = self.images if self.images is not None else self.labels
        return 0 if known is None else len(known)

    def refusal(self, reason: str, advice: str = ONE_SET) -> UnreadableFile:
        """The error to raise about the file that this is from."""
        return UnreadableFile(self.name, reason, advice)


def role_of(name: str) -> str:
    """What a file's or an array's name says it is for: "train", "test" or ""."""
    train, test = re.search("train", name, re.I), re.search("t10k|test", name, re.I)
    return "" if bool(train) == bool(test) else "train" if train else "test"


def assemble(parts: Sequence[Part]) -> ImageSet:
    """One set, as yet without title and source. Raises :class:`UnreadableFile` about the file that is wrong."""
    images = _distinct([part for part in parts if part.labels is None])
    labels = _distinct([part for part in parts if part.images is None])
    wholes = _distinct([part for part in parts if part.images is not None and part.labels is not None])
    wholes += _paired(images, labels)
    if len(wholes) > 2:
        raise wholes[2].refusal("is one set more than training and test images.")
    train, *tests = _in_order(wholes)
    for test in tests:
        if _width(test) != _width(train) or test.full != train.full:
            other = "its training images" if test.path == train.path else train.name
            raise test.refusal(f"holds images of another kind than {other}: other sizes, or pixels of another range.")
    chosen = [train, *tests]
    known = [part.writers for part in chosen if part.writers is not None]
    found = ImageSet(
        "", _joined([part.images for part in chosen]), _joined([part.labels for part in chosen]),
        sum(len(test) for test in tests), train.full, _joined(known) if len(known) == len(chosen) else None,
    )  # fmt: skip
    if len(classes := np.unique(found.labels[: len(train)])) < 2:
        raise train.refusal(f"holds images of one class only ({classes[0]}), so there is nothing to tell apart.")
    return found


def _width(part: Part) -> int:
    return 0 if part.images is None else int(part.images.shape[1])


def _joined(arrays: Sequence[Any]) -> NDArray:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _distinct(parts: list[Part]) -> list[Part]:
    """Each content once in each role: torchvision leaves the packed files beside the unpacked ones. Of two that differ in
    writers the one that knows them."""
    kept: list[Part] = []
    for part in sorted(parts, key=lambda part: part.writers is None):
        alike = (other for other in kept if other.hint == part.hint)
        if not any(_same(part.images, other.images) and _same(part.labels, other.labels) for other in alike):
            kept.append(part)
    return sorted(kept, key=parts.index)


def _same(one: NDArray | None, other: NDArray | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def _paired(images: list[Part], labels: list[Part]) -> list[Part]:
    if not labels and images:
        raise images[0].refusal("holds images without labels.", BOTH)
    if not images and labels:
        raise labels[0].refusal("holds labels without images.", BOTH)
    wholes, left = [], list(labels)
    for part in images:
        fitting = [other for other in left if len(other) == len(part)]
        if len(fitting) > 1:
            fitting = [other for other in fitting if part.hint and other.hint == part.hint]
        if not fitting:
            raise _unpaired(part, images, labels)
        left.remove(fitting[0])
        wholes.append(replace(part, labels=fitting[0].labels, writers=fitting[0].writers))
    if left:
        raise left[0].refusal(f"holds {len(left[0]):,} labels, and no file of as many images was chosen with it.", BOTH)
    return wholes


def _unpaired(part: Part, images: list[Part], labels: list[Part]) -> UnreadableFile:
    """The sentence about images that no labels fit. Of two files that differ in number, the labels are named: a count that
    is wrong stands there, since pixels that were missing would have been missed already."""
    if sum(len(other) == len(part) for other in labels) > 1:
        return part.refusal("goes with several files of labels, and the names don't say which is for training.")
    odd = [label for label in labels if all(len(label) != len(other) for other in images)]
    if not odd:
        return part.refusal(f"holds {len(part):,} images, and no file of as many labels was chosen with it.", BOTH)
    best = next((label for label in odd if part.hint and label.hint == part.hint), odd[0])
    return best.refusal(
        f"holds {len(best):,} labels, but {part.name} holds {len(part):,} images.", "Choose the labels of these images."
    )


def _in_order(wholes: list[Part]) -> list[Part]:
    """Training first: what is called so within a file, else the larger one, of two of a size the one whose name says so."""
    if len(wholes) < 2:
        return wholes
    first, second = wholes
    if not (first.role and second.role) and len(first) != len(second):
        return sorted(wholes, key=len, reverse=True)
    if {first.hint, second.hint} != {"train", "test"}:
        raise second.refusal(
            f"has as many images as {first.name}, and the names don't say which of them are for testing."
        )
    return [first, second] if first.hint == "train" else [second, first]
