"""Image sets from a person's disk: which formats, which files, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import UnreadableFile
from engine.readers.formats import read
from engine.readers.parts import assemble
from engine.readers.places import sets_in, title_of
from engine.readers.source import Progress
from engine.shelf import ImageSet

MAX_FILES = 16
# By ImageSet.fingerprint.
MNIST = {
    "464d2223d60602a0": "MNIST",
    "b91dcc12023bc681": "MNIST, training images",
    "b2da6dc0a92a1f02": "MNIST, test images",
}
MNIST_SIZES, MNIST_TESTS = (70_000, 60_000, 10_000), 10_000


def read_images(
    paths: Sequence[Path], tell: Callable[[float, str], None] = lambda share, words: None,
    stop: Callable[[], bool] = lambda: False,
) -> ImageSet:  # fmt: skip
    """The image set in these files: one that holds it all, or images and labels apart, or training and test images apart.

    A folder stands for the one set in it. ``tell(share, words)`` hears how far it is, in 0..1. Once ``stop()`` is true,
    :class:`Cancelled` is raised. Raises :class:`UnreadableFile` about the file that is wrong, whatever is wrong with it;
    then it has taken 300 MB of memory at most.
    """
    files = list(dict.fromkeys(file for path in paths for file in _files(Path(path))))
    if not files:
        raise UnreadableFile("Images", "no file was chosen.", "Choose the files of a set of images.")
    if len(files) > MAX_FILES:
        raise UnreadableFile(
            files[MAX_FILES].name, "is one file more than any set has.", "Choose the files of one set only."
        )
    progress = Progress(sum(file.stat().st_size for file in files if file.is_file()), tell, stop)
    found = assemble([part for file in files for part in read(file, progress)])
    source = files[0].name if len(files) == 1 else f"{len(files)} files"
    return _recognised(replace(found, title=title_of(files), source=source))


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    found = sets_in(path)
    if not found:
        raise UnreadableFile(path.name, "is a folder without a set of images in it.", "Choose the files themselves.")
    if len(found) > 1:
        names = ", ".join(one.title for one in found[:4])
        raise UnreadableFile(
            path.name, f"is a folder with several sets in it ({names}).", "Choose the files of one of them."
        )
    return found[0].paths


def _recognised(images: ImageSet) -> ImageSet:
    """MNIST by its name, however it was kept. OpenML's copy has the test images at its end too, without saying so."""
    for n_test in dict.fromkeys((images.n_test, MNIST_TESTS)):
        if len(images) in MNIST_SIZES and (title := MNIST.get((known := replace(images, n_test=n_test)).fingerprint())):
            return replace(known, title=title)
    return images
