"""Image sets in every form in which people have them come out the same."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import Cancelled, UnreadableFile
from engine.readers import MNIST, read_images
from engine.shelf import ImageSet
from tests.engine.image_files import digits, four_idx, idx, npz, rows, square, table, write

TRAIN, TEST = digits(60), digits(20, seed=1)
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "mnist"


def assert_is(found: ImageSet, *parts: ImageSet) -> None:
    """``parts``: training images, and test images if there are some."""
    assert found.images.dtype == found.labels.dtype == np.uint8
    assert np.array_equal(found.images, np.concatenate([part.images for part in parts]))
    assert np.array_equal(found.labels, np.concatenate([part.labels for part in parts]))
    assert found.n_test == sum(len(part) for part in parts[1:])
    assert found.full == parts[0].full


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dot", [False, True])
def test_four_idx_files_in_any_order(tmp_path: Path, packed: bool, dot: bool) -> None:
    paths = four_idx(tmp_path / "my-digits", TRAIN, TEST, packed, dot)
    for order in itertools.islice(itertools.permutations(paths), 0, None, 5):
        found = read_images(order)
        assert_is(found, TRAIN, TEST)
    assert (found.title, found.source, found.writers) == ("my-digits", "4 files", None)


def test_names_play_no_part_in_what_idx_files_are(tmp_path: Path) -> None:
    paths = four_idx(tmp_path, TRAIN, TEST)
    renamed = [path.rename(tmp_path / name) for path, name in zip(paths, ("a.csv", "b.gz", "c.npz", "d"), strict=True)]
    assert_is(read_images(renamed), TRAIN, TEST)


def test_one_pair_has_no_test_images(tmp_path: Path) -> None:
    assert_is(read_images(four_idx(tmp_path, TRAIN, TEST)[:2]), TRAIN)


def test_names_tell_where_numbers_do_not(tmp_path: Path) -> None:
    same = digits(60, seed=2)
    assert_is(read_images(four_idx(tmp_path, TRAIN, same)[::-1]), TRAIN, same)


def test_flat_images_and_small_ones_in_idx(tmp_path: Path) -> None:
    small = digits(30, side=8, full=16)
    for name, images in (("flat", small.images), ("square", square(small))):
        paths = [write(tmp_path, name, idx(images)), write(tmp_path, "labels", idx(small.labels))]
        assert_is(read_images(paths), small)


def test_qmnist_names_the_writers(tmp_path: Path) -> None:
    """Column 0 is the digit, 2 the writer (README of facebookresearch/qmnist, 2.2)."""

    def long(part: ImageSet, first: int) -> np.ndarray:
        columns = np.arange(len(part) * 8).reshape(-1, 8)
        columns[:, 0], columns[:, 2] = part.labels, first + np.arange(len(part)) // 10
        return columns.astype(np.int32)

    same = digits(60, seed=2)
    for part, name, first in ((TRAIN, "train", 0), (same, "test", 2100)):
        write(tmp_path, f"qmnist-{name}-images-idx3-ubyte.gz", idx(square(part)), packed=True)
        write(tmp_path, f"qmnist-{name}-labels-idx2-int.gz", idx(long(part, first)), packed=True)
        write(tmp_path, f"qmnist-{name}-labels-idx1-ubyte.gz", idx(part.labels), packed=True)
    found = read_images([tmp_path])
    assert_is(found, TRAIN, same)
    assert found.writers is not None
    assert found.writers.dtype == np.int32
    assert found.writers[[0, 9, 10, 59, 60, 119]].tolist() == [0, 0, 1, 5, 2100, 2105]


@pytest.mark.parametrize(
    "arrays",
    [
        {"x_train": square(TRAIN), "y_train": TRAIN.labels, "x_test": square(TEST), "y_test": TEST.labels},
        {"x_train": square(TRAIN)[..., None], "y_train": TRAIN.labels[:, None], "x_test": TEST.images, "y_test": TEST.labels},
        {"X_test": TEST.images / 255, "Y_test": TEST.labels, "X_train": TRAIN.images / 255, "Y_train": TRAIN.labels},
        {"train_images": TRAIN.images.astype(np.float32), "train_labels": TRAIN.labels.astype(float),
         "test_images": TEST.images.astype(np.int64), "test_labels": TEST.labels.astype(np.int32)},
    ],
)  # fmt: skip
def test_npz_with_test_images(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    assert_is(read_images([write(tmp_path, "mine", npz(**arrays))]), TRAIN, TEST)


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": TRAIN.images, "labels": TRAIN.labels}, {"X": TRAIN.images, "y": TRAIN.labels.astype("U1")},
        {"x": np.asfortranarray(square(TRAIN)), "y": TRAIN.labels.astype("S1")},
        {"x_train": TRAIN.images, "y_train": TRAIN.labels},
        {"data": TRAIN.images / 255, "target": TRAIN.labels},
        {"images": (TRAIN.images / 255).astype(np.float16), "labels": TRAIN.labels},
    ],
)  # fmt: skip
def test_npz_of_one_part(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    found = read_images([write(tmp_path, "mine.npz", npz(**arrays))])
    assert_is(found, TRAIN)
    assert (found.title, found.source) == ("mine", "mine.npz")


def test_npz_with_writers(tmp_path: Path) -> None:
    written = digits(30, writers=5)
    found = read_images(
        [write(tmp_path, "w", npz(images=written.images, labels=written.labels, writers=written.writers))]
    )
    assert found.fingerprint() == written.fingerprint()


CSV_785 = rows(table(TRAIN))
NAMES_1X1 = ",".join(["label", *(f"{r}x{c}" for r in range(1, 29) for c in range(1, 29))]).encode()
NAMES_KAGGLE = ",".join(["label", *(f"pixel{i}" for i in range(784))]).encode()
NAMES_QUOTED = ",".join(['"label"', *(f'"{i}"' for i in range(784))]).encode()


@pytest.mark.parametrize(
    "content",
    [
        CSV_785, NAMES_1X1 + b"\n" + CSV_785, NAMES_KAGGLE + b"\n" + CSV_785, NAMES_QUOTED + b"\n" + CSV_785,
        CSV_785.rstrip(), CSV_785 + b"\n\r\n  \n", CSV_785.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + CSV_785,
        b"\xef\xbb\xbf" + NAMES_1X1 + b"\r\n" + CSV_785.replace(b"\n", b"\r\n"),
        rows(table(TRAIN), separator=";"), rows(table(TRAIN), separator="\t"), rows(table(TRAIN), separator=", "),
        rows(table(TRAIN), "%.1f"), rows(table(TRAIN), "%.18e"), rows(table(TRAIN), '"%d"'),
        rows(np.hstack([TRAIN.labels[:, None], TRAIN.images / 255]), "%.6g"), rows(table(TRAIN, last=True)),
        NAMES_KAGGLE.replace(b"label,", b"") + b",class\n" + rows(table(TRAIN, last=True)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_tables(tmp_path: Path, content: bytes, packed: bool) -> None:
    assert_is(read_images([write(tmp_path, "t.csv", content, packed)]), TRAIN)


def test_a_label_in_the_middle_is_found_by_its_name(tmp_path: Path) -> None:
    names = [f"p{i}" for i in range(784)]
    columns = np.insert(TRAIN.images.astype(int), 300, TRAIN.labels, axis=1)
    content = ",".join([*names[:300], "Label", *names[300:]]).encode() + b"\n" + rows(columns)
    assert_is(read_images([write(tmp_path, "t", content)]), TRAIN)


def test_a_table_longer_than_one_piece(tmp_path: Path) -> None:
    """2.3 MB, with numbers in two ways of writing that change in the middle."""
    long = digits(1_500)
    content = rows(table(long)[:1_000]) + rows(table(long)[1_000:], "%.1f")
    assert_is(read_images([write(tmp_path, "long.csv", content)]), long)


def test_two_tables_are_training_and_test(tmp_path: Path) -> None:
    paths = [write(tmp_path, "a", rows(table(TEST))), write(tmp_path, "b", rows(table(TRAIN)))]
    assert_is(read_images(paths), TRAIN, TEST)
    named = [write(tmp_path, "m_test.csv", rows(table(TEST))), write(tmp_path, "m_train.csv", rows(table(TRAIN)))]
    assert_is(read_images([tmp_path / "m_test.csv", named[1]]), TRAIN, TEST)


def test_uci_digits_end_with_the_label(tmp_path: Path) -> None:
    small = digits(50, side=8, full=16)
    content = rows(table(small, last=True))
    assert content.split(b"\n")[3].endswith(b",3")
    assert_is(read_images([write(tmp_path, "optdigits.tes", content)]), small)


def test_the_digits_of_scikit_learn(tmp_path: Path) -> None:
    from sklearn import datasets

    source = Path(datasets.__file__).parent / "data" / "digits.csv.gz"
    found = read_images([source])
    expected = datasets.load_digits()
    assert np.array_equal(found.images, expected.data)
    assert np.array_equal(found.labels, expected.target)
    assert (found.full, found.title) == (16, "digits")
    shares = read_images([write(tmp_path, "shares.npz", npz(x=expected.data / 16, y=expected.target))])
    assert shares.fingerprint() == found.fingerprint()


ARFF = (
    b"% a comment\n%\n@RELATION 'mnist_784'\n\n"
    + b"".join(b"@ATTRIBUTE pixel%d real\n" % i for i in range(784))
    + b"@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}\n\n"
)


@pytest.mark.parametrize(
    "content",
    [
        ARFF + b"@DATA\n" + rows(table(TRAIN, last=True)),
        ARFF.lower() + b" @data \r\n" + rows(table(TRAIN, last=True)).replace(b"\n", b"\r\n"),
        ARFF + b"@DATA\n" + rows(table(TRAIN, last=True), ",".join(["%d"] * 784 + ["'%d'"])),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_arff(tmp_path: Path, content: bytes, packed: bool) -> None:
    assert_is(read_images([write(tmp_path, "openml", content, packed)]), TRAIN)


def test_binary_images_have_full_ink(tmp_path: Path) -> None:
    binary = (TRAIN.images > 100).astype(np.uint8)
    for images in (binary, binary.astype(bool), binary.astype(float)):
        found = read_images([write(tmp_path, "b", npz(images=images, labels=TRAIN.labels))])
        assert np.array_equal(found.images, binary * 255)
        assert found.full == 255


def test_a_folder_stands_for_the_set_in_it(tmp_path: Path) -> None:
    """Packed files beside the unpacked ones, as torchvision leaves them, two levels down."""
    raw = tmp_path / "data" / "Letters" / "raw"
    four_idx(raw, TRAIN, TEST)
    four_idx(raw, TRAIN, TEST, packed=True)
    write(tmp_path, "notes.txt", b"nothing here\n")
    for folder in (raw, raw.parent, tmp_path):
        found = read_images([folder])
        assert_is(found, TRAIN, TEST)
        assert found.title == "Letters"


def test_files_chosen_with_their_packed_copies(tmp_path: Path) -> None:
    paths = four_idx(tmp_path, TRAIN, TEST) + four_idx(tmp_path, TRAIN, TEST, packed=True)
    assert_is(read_images(paths), TRAIN, TEST)
    assert_is(read_images(paths[:2] * 2), TRAIN)


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    paths = four_idx(tmp_path, digits(3_000), TEST, packed=True)
    read_images(paths, lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert 0.9 < shares[-1] <= 1
    assert told[0][1] == "Reading train-images-idx3-ubyte.gz"


@pytest.mark.parametrize("form", ["idx", "npz", "csv"])
def test_it_gives_up_when_asked(tmp_path: Path, form: str) -> None:
    big = digits(4_000)
    paths = {
        "idx": lambda: four_idx(tmp_path, big, TEST),
        "npz": lambda: [write(tmp_path, "n", npz(images=big.images, labels=big.labels))],
        "csv": lambda: [write(tmp_path, "c", rows(table(big)))],
    }[form]()
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    with pytest.raises(Cancelled):
        read_images(paths, stop=stop)
    assert asked == 3


def test_a_title_is_short_and_never_empty(tmp_path: Path) -> None:
    content = npz(images=TRAIN.images, labels=TRAIN.labels)
    assert read_images([write(tmp_path, "x" * 200 + ".npz", content)]).title == "x" * 60
    assert read_images([write(tmp_path / "school", "train.npz", content)]).title == "school"
    assert read_images([write(tmp_path, "my_own-digits (1).npz", content)]).title == "my own digits (1)"


real = pytest.mark.skipif(not SHARED.is_dir(), reason="the MNIST files for development are not there")


@real
def test_mnist_is_recognised(tmp_path: Path) -> None:
    found = read_images([SHARED])
    assert (found.title, len(found), found.n_test, found.full, found.side) == ("MNIST", 70_000, 10_000, 255, 28)
    assert MNIST[found.fingerprint()] == "MNIST"
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(found.labels[:60_000]).tolist() == counts
    pairs = sorted(SHARED.glob("t10k*"))
    assert read_images(pairs).title == "MNIST, test images"
    # As OpenML has it: one table, of which nothing says that its last 10,000 images are for testing.
    joined = tmp_path / "joined.npz"
    np.savez(joined, x=found.images, y=found.labels)
    assert read_images([joined]).fingerprint() == found.fingerprint()
    other = replace(found, labels=found.labels[::-1].copy())
    np.savez(joined, x=other.images, y=other.labels)
    assert read_images([joined]).title == "joined"


@contextmanager
def at_most(n_bytes: int) -> Iterator[None]:
    """Never more than so many bytes may be in use within."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < n_bytes
    finally:
        tracemalloc.stop()


def test_60_000_images_take_300_mb_at_most(tmp_path: Path) -> None:
    part = digits(600)
    images = write(tmp_path, "x", idx(np.tile(square(part), (100, 1, 1))))
    labels = write(tmp_path, "y", idx(np.tile(part.labels, 100)))
    with at_most(300_000_000):
        assert len(read_images([images, labels])) == 60_000


def test_wide_numbers_are_never_there_all_at_once(tmp_path: Path) -> None:
    """6,000 images are 38 MB as float64, and 5 MB as they are kept."""
    part = digits(6_000)
    path = write(tmp_path, "wide", npz(x=part.images / 255, y=part.labels))
    with at_most(20_000_000):
        assert_is(read_images([path]), part)


def test_nothing_chosen() -> None:
    with pytest.raises(UnreadableFile, match="no file was chosen"):
        read_images([])
