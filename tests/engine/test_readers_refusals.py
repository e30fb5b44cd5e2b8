"""Every file that is no image set is refused by one sentence that names it, says why, and what to do; and soon enough."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import UnreadableFile
from engine.readers import read_images
from tests.engine.image_files import digits, four_idx, idx, npz, rows, square, table, write

MB = 1_000_000
SET = digits(40)
GOOD_NPZ = npz(images=SET.images, labels=SET.labels)
CSV = rows(table(SET))
LABEL_IDX = idx(SET.labels)


def refused(*paths: Path) -> str:
    """The sentence. On the way there, never more than 300 MB may be in use."""
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile) as caught:
            read_images(paths)
        assert tracemalloc.get_traced_memory()[1] < 300 * MB
    finally:
        tracemalloc.stop()
    sentence = str(caught.value)
    assert caught.value.advice.endswith(".")
    assert len(sentence) < 400
    assert "\n" not in sentence
    return sentence


class Harmful:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, ("/tmp/neuroloom-was-run",)


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


def npy(header: str, content: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def objects() -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.array([Harmful(), 1], object), y=SET.labels)
    return file.getvalue()


def with_nan(value: float = np.nan) -> np.ndarray:
    images = SET.images / 255
    images[7, 300] = value
    return images


FOREIGN = {
    "empty": (b"", "is empty"),
    "pickle": (pickle.dumps(Harmful()), "pickle"),
    "old pickle": (pickle.dumps({"a": [1, 2]}, protocol=0), "any code that somebody hid"),
    "pickle 1": (pickle.dumps([np.zeros(3)], protocol=1), "pickle"),
    "pickle that calls": (b"cos\nsystem\n(S'true'\ntR.", "pickle"),
    "torch": (zipped(training__data_dot_pkl=pickle.dumps(Harmful()), training__version=b"3"), "pickle"),
    "zip": (zipped(train_dot_csv=CSV), "zip archive of other files. Unpack it"),
    "empty zip": (zipped(), "zip archive of other files"),
    "packed archive": (gzip.compress(GOOD_NPZ), "a zip archive within another"),
    "cut zip": (GOOD_NPZ[:-30], "cut off"),
    "parquet": (b"PAR1" + bytes(50), "Parquet file, which is not supported. Convert it to .npz"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(50), "HDF5 file, which is not supported. Convert it to .npz"),
    "mat": (
        b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(128),
        "MATLAB file, which is not supported. Convert it to .npz",
    ),
    "tfrecord": (
        struct.pack("<QI", 800, 12345) + b"\n\x9d\x06" + bytes(range(1, 200)),
        "TFRecord file, which is not supported",
    ),
    "npy": (b"\x93NUMPY\x01\x00v\x00", "single array"),
    "picture": (b"\x89PNG\r\n\x1a\n", "single picture"),
    "bzip2": (b"BZh91AY&SY", "bzip2. Unpack it"),
    "twice": (gzip.compress(gzip.compress(LABEL_IDX)), "packed twice"),
    "tar": (b"raw/train".ljust(257, b"\0") + b"ustar\x0000" + bytes(200), "tar archive"),
    "html": (b"\n<!DOCTYPE html><html><body>404</body></html>", "web page"),
    "html.gz": (b"<html><head><title>Not found</title></head></html>", "web page"),
    "html packed": (gzip.compress(b"<html><head><title>Not found</title></head></html>"), "web page"),
    "utf-16": (CSV.decode().encode("utf-16"), "UTF-16"),
    "utf-16 without a mark": (CSV.decode().encode("utf-16-be"), "UTF-16"),
    "zeros": (bytes(1000), "nothing but zeros"),
    "wrong magic": (b"\x12\x34\x08\x03" + idx(square(SET))[4:], "begins with 12 34 08 03"),
    "text": (b"Dear diary,\ntoday I drew a seven.\n", "has 2 columns in line 1"),
    "one number": (b"7", "has 1 column in line 1"),
    "json": (b'{"images": []}', "not a table"),
    "cut gzip": (gzip.compress(CSV)[:-100], "cut off"),
    "damaged gzip": (gzip.compress(CSV)[:3000] + b"\xff" * 500 + gzip.compress(CSV)[3500:], "is damaged"),
    "gzip with rubbish": (gzip.compress(CSV) + b"rubbish", "is damaged"),
}
IDX = {
    "header only": (idx(square(SET))[:16], "cut off: of 31,360 bytes"),
    "half a header": (idx(square(SET))[:9], "ends within its header"),
    "truncated": (idx(square(SET))[:-1], "cut off"),
    "longer": (idx(square(SET)) + b"\0", "goes on after the 31,360 bytes"),
    "huge": (b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 28, 28), "2,147,483,648 images, more than the 127,551"),
    "huge product": (b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1), "4294967295×4294967295 pixels"),
    "other size": (idx(np.ones((5, 32, 32), np.uint8)), "images of 32×32 pixels. Choose images of 28×28 or 8×8"),
    "color": (idx(np.ones((5, 28, 28, 3), np.uint8)), "28×28×3 pixels"),
    "none": (idx(np.ones((0, 28, 28), np.uint8)), "holds no images"),
    "no labels": (idx(np.ones(0, np.uint8)), "holds no labels"),
    "many labels": (b"\0\0\x08\x01" + struct.pack(">I", 2**32 - 1), "4,294,967,295 labels, more than are taken"),
    "label of 10": (idx(np.full(40, 10, np.uint8)), "holds the label 10. Choose a set whose labels are the digits 0 to 9"),
    "floats": (b"\0\0\x0d\x03" + struct.pack(">3I", 1, 28, 28) + bytes(4 * 784), "of kind 0x0D"),
    "not qmnist": (idx(np.zeros((5, 7), np.int32)), "5×7 numbers of kind 0x0C"),
    "only images": (idx(square(SET)), "images without labels. Choose the files of the images and of their labels together"),
    "only labels": (LABEL_IDX, "labels without images"),
    "blank": (idx(np.zeros((5, 28, 28), np.uint8)), "every pixel is 0"),
}  # fmt: skip
NPZ = {
    "objects": (objects(), "Python objects in 'x', and reading those can run"),
    "nan": (npz(x=with_nan(), y=SET.labels), "NaN"),
    "infinite": (npz(x=with_nan(np.inf), y=SET.labels), "not finite"),
    "negative": (npz(x=with_nan(-1), y=SET.labels), "pixels from -1 to 1"),
    "normalised": (npz(x=(SET.images / 255 - 0.13) / 0.3, y=SET.labels), "Convert them to whole numbers from 0 to 255 or"),
    "too bright": (npz(x=SET.images.astype(int) * 2, y=SET.labels), "pixels from 0 to 510"),
    "broken numbers": (npz(x=SET.images + 0.5, y=SET.labels), "pixels from 0.5 to 255.5"),
    "not whole": (npz(x=SET.images * 0.9, y=SET.labels), "not whole numbers"),
    "mixed": (npz(x=np.vstack([np.tile(SET.images / 255, (30, 1)), SET.images]), y=np.tile(SET.labels, 31)), "mixes"),
    "complex": (npz(x=SET.images + 1j, y=SET.labels), "no numbers"),
    "fewer labels": (npz(x=SET.images, y=SET.labels[:-1]), "40 images in x but 39 labels in y"),
    "label of 10": (npz(x=SET.images, y=SET.labels + 1), "holds the label 10."),
    "negative label": (npz(x=SET.images, y=SET.labels.astype(int) - 1), "holds the label -1."),
    "half a label": (npz(x=SET.images, y=SET.labels / 2), "holds the label 0.5."),
    "nan label": (npz(x=SET.images, y=SET.labels * np.nan), "labels that are not finite"),
    "words": (npz(x=SET.images, y=np.array(["seven"] * 40)), "holds the label 'seven'"),
    "dates": (npz(x=SET.images, y=np.zeros(40, "M8[s]")), "no plain array"),
    "one-hot": (npz(x=SET.images, y=np.eye(10)[SET.labels]), "10 labels for each image"),
    "one class": (npz(x=SET.images, y=SET.labels * 0 + 3), "one class only (3)"),
    "one class to train": (npz(x_train=SET.images, y_train=SET.labels * 0, x_test=SET.images, y_test=SET.labels),
                           "one class only (0)"),
    "none": (npz(x=SET.images[:0], y=SET.labels[:0]), "holds nothing in 'x'"),
    "no image": (npz(x=SET.images[:, :100], y=SET.labels), "images of 100 pixels"),
    "one image": (npz(x=SET.images[0], y=SET.labels), "single pixels"),
    "a number": (npz(x=np.array(3), y=SET.labels), "holds nothing in 'x'"),
    "other names": (npz(weights=SET.images, bias=SET.labels), "the arrays weights, bias, none of them"),
    "no labels": (npz(x_train=SET.images, y_test=SET.labels), "holds x_train, but no labels that go with it"),
    "two sets": (npz(x=SET.images, y=SET.labels, x_train=SET.images, y_train=SET.labels), "more than one set"),
    "test of another size": (npz(x_train=SET.images, y_train=SET.labels, x_test=SET.images[:, 360:424], y_test=SET.labels),
                             "another kind than its training images"),
    "float writers": (npz(x=SET.images, y=SET.labels, writers=SET.labels / 2), "names its writers"),
    "few writers": (npz(x=SET.images, y=SET.labels, writers=np.arange(5)), "names its writers"),
    "large writers": (npz(x=SET.images, y=SET.labels, writers=np.full(40, 2**40)), "too large"),
    "no numpy": (zipped(images_dot_npy=b"hello, world", labels_dot_npy=b""), "no array of NumPy"),
    "raw pickle": (zipped(images_dot_npy=pickle.dumps(Harmful()), labels_dot_npy=b""), "no array of NumPy"),
    "code in a header": (zipped(images_dot_npy=npy("{'descr': __import__('os'), }"), labels_dot_npy=b""), "no plain array"),
    "giant shape": (zipped(images_dot_npy=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 784), }"),
                           labels_dot_npy=npy("")), "does not hold as much"),
    "endless shape": (zipped(images_dot_npy=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 40 + ",), }"),
                             labels_dot_npy=npy("")), "does not hold as much"),
    "many members": (zipped(**{f"a{i}": b"" for i in range(100)}), "more files than an image set has"),
    "wrong checksum": (GOOD_NPZ.replace(GOOD_NPZ[14:18], b"\1\2\3\4"), "is damaged at the array"),
}  # fmt: skip


def edited(at: int, old: bytes, new: bytes) -> bytes:
    """The table with something else in line ``at``, counted from 1."""
    lines = CSV.split(b"\n")
    lines[at - 1] = lines[at - 1].replace(old, new, 1)
    return b"\n".join(lines)


TEXTS = {
    "header only": (b"label," + b",".join(b"pixel%d" % i for i in range(784)) + b"\n", "holds no rows"),
    "no labels": (b",".join(b"pixel%d" % i for i in range(784)) + b"\n" + rows(SET.images),
                  "without labels (as Kaggle's test.csv)"),
    "no labels, no names": (rows(SET.images), "784 columns, pixels without labels"),
    "small without labels": (rows(SET.images[:, :64]), "64 columns, pixels without labels"),
    "index column": (rows(np.column_stack([np.arange(40), table(SET)])),
                     "has 786 columns in line 1. Choose a table with 785 or 65 columns"),
    "short row": (edited(5, b",0", b""), "has 784 columns in line 5, not 785"),
    "long row": (edited(5, b",0", b",0,0"), "has 786 columns in line 5, not 785"),
    "empty line": (edited(5, b"4,0", b"\n4,0"), "has an empty line 5"),
    "word": (edited(5, b",0", b",seven"), "holds 'seven' in line 5, which is not a number"),
    "gap": (edited(5, b",0", b","), "holds '' in line 5"),
    "gap in the first line": (edited(1, b",0", b","), "holds '' in line 1"),
    "question mark": (edited(1, b",0", b",?"), "holds '?' in line 1"),
    "nan": (edited(5, b",0", b",nan"), "not finite numbers (NaN or infinity)"),
    "nan in the first line": (edited(1, b",0", b",nan"), "not finite numbers"),
    "infinite": (edited(5, b",0", b",1e999"), "not finite numbers"),
    "bright": (edited(5, b",0", b",256"), "pixels from 0 to 256"),
    "fraction": (edited(5, b",0", b",1.5"), "not whole numbers"),
    "two in one": (edited(5, b",0", b",1 2"), "holds '1 2' in line 5"),
    "not ascii": (edited(5, b",0", b",\xd9\xa3"), "in line 5, which is not a number"),
    "label of 10": (edited(5, b"4,0", b"10,0"), "holds the label 10."),
    "half a label": (edited(5, b"4,0", b"4.5,0"), "holds the label 4.5."),
    "two labels": (b"label,class," + b",".join(b"p%d" % i for i in range(783)) + b"\n" + CSV.replace(b"\n0,", b"\n99,"),
                   "the label 99."),
    "letters": (b"label," + b",".join(b"p%d" % i for i in range(784)) + b"\n" + CSV.replace(b"\n", b"\nA", 1),
                "holds 'A1' in line 3"),
    "one class": (rows(table(digits(40))[::10]), "one class only (0)"),
    "old line ends": (CSV.replace(b"\n", b"\r"), "columns in line 1"),
    "long line": (b"1," * 10 * MB, "goes on for more than 100,000 characters after line 0 without"),
    "long second line": (CSV.split(b"\n")[0] + b"\n" + b"7" * 20 * MB, "more than 100,000 characters after line 1 without"),
    "many blank lines": (CSV + b"\n" * MB, "more than 100,000 characters after line 39 without"),
    "arff without data": (b"@RELATION x\n" + b"@ATTRIBUTE a real\n" * 785, "without @DATA"),
    "sparse arff": (b"@RELATION x\n@DATA\n{0 1, 784 5}\n", "sparse ARFF"),
    "arff of flowers": (b"@RELATION iris\n@DATA\n5.1,3.5,1.4,0.2,1\n", "has 5 columns in line 3"),
    "arff without rows": (b"@RELATION x\n@DATA\n", "holds no rows"),
    "arff with a gap": (b"@RELATION x\n@DATA\n" + rows(table(SET, last=True)).replace(b",0", b",?", 1), "holds '?' in line 3"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "says", "packed"), [
    pytest.param(content, says, packed, id=f"{group} {name}{', packed' * packed}")
    for group, cases in (("foreign", FOREIGN), ("idx", IDX), ("npz", NPZ), ("text", TEXTS))
    for name, (content, says) in cases.items() for packed in (False, True)
    if not (packed and content[:2] in (b"PK", b"\x1f\x8b"))
])  # fmt: skip
def test_each_has_its_sentence(tmp_path: Path, content: bytes, says: str, packed: bool) -> None:
    sentence = refused(write(tmp_path, "train-images-idx3-ubyte.gz", content, packed))
    assert sentence.startswith("train-images-idx3-ubyte.gz: ")
    assert says in sentence
    assert not Path("/tmp/neuroloom-was-run").exists()


# 2 GB in many members, all of the same 10 MB: quick to make.
ZEROS = gzip.compress(bytes(10 * MB)) * 200


BLANK_ROWS = (b"%d" + b",0" * 784 + b"\n") * 10 % tuple(range(10))
BOMBS = {
    "gzip of zeros": (ZEROS, "nothing but zeros"),
    "idx and then zeros": (gzip.compress(idx(square(SET))) + ZEROS, "goes on after"),
    "a table and then zeros": (gzip.compress(CSV) + ZEROS, "more than 100,000 characters after line 40 without"),
    "newlines": (
        gzip.compress(CSV) + gzip.compress(b"\n" * 10 * MB) * 200,
        "more than 100,000 characters after line 39 without",
    ),
    "rows without end": (gzip.compress(BLANK_ROWS * 3_000) * 40, "unpacks to far more"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_gzip_bombs(tmp_path: Path, name: str) -> None:
    content, says = BOMBS[name]
    assert says in refused(write(tmp_path, "bomb.gz", content))


def test_a_bomb_in_an_archive(tmp_path: Path) -> None:
    """Zeros that are packed a thousandfold, as a sound array of images."""
    content = npz(images=np.zeros((40_000, 784), np.uint8), labels=np.arange(40_000, dtype=np.uint8) % 10)
    assert len(content) < 40_000
    assert "would unpack from 0.0 to 31 MB" in refused(write(tmp_path, "bomb.npz", content))


def test_an_archive_that_lies_about_a_size(tmp_path: Path) -> None:
    """zipfile stops at the size in the directory, so that is the one to judge by."""
    big = np.zeros((100_000, 784), np.uint8)
    content = npz(images=big, labels=np.zeros(100_000, np.uint8))
    lying = content.replace(struct.pack("<I", big.nbytes + 128), struct.pack("<I", 500))
    assert lying != content
    assert "is damaged at the array 'images'" in refused(write(tmp_path, "lies.npz", lying))


@pytest.mark.parametrize(
    ("change", "wrong", "says"),
    [
        ("fewer test labels", "t10k-labels-idx1-ubyte", "holds 19 labels, but t10k-images-idx3-ubyte holds 20 images"),
        (
            "fewer training images",
            "train-labels-idx1-ubyte",
            "holds 60 labels, but train-images-idx3-ubyte holds 59 images",
        ),
        ("labels of another set", "labels", "holds 33 labels, but train-images-idx3-ubyte holds 60 images"),
        ("a third pair", "c", "one set more than training and test images"),
        ("more labels", "labels", "holds 33 labels, and no file of as many images was chosen with it"),
        ("two of a size", "b", "has as many images as a, and the names don't say"),
        ("labels of a size", "a", "goes with several files of labels, and the names don't say"),
        ("no test labels", "t10k-images-idx3-ubyte", "holds 20 images, and no file of as many labels"),
        ("other range", "t10k-images-idx3-ubyte", "of another kind than train-images-idx3-ubyte"),
    ],
)
def test_the_file_that_is_wrong_is_named(tmp_path: Path, change: str, wrong: str, says: str) -> None:
    train, test = digits(60), digits(20, seed=1)
    paths = four_idx(tmp_path, train, test)
    other = digits(60, seed=3)
    match change:
        case "fewer test labels":
            paths[3].write_bytes(idx(test.labels[:-1]))
        case "fewer training images":
            paths[0].write_bytes(idx(square(train)[:-1]))
        case "labels of another set":
            paths = [paths[0], write(tmp_path, "labels", idx(train.labels[:33]))]
        case "a third pair":
            paths = [
                write(tmp_path, name, npz(x=digits(n).images, y=digits(n).labels))
                for name, n in zip("abc", (30, 40, 50), strict=True)
            ]
        case "more labels":
            paths.append(write(tmp_path, "labels", idx(train.labels[:33])))
        case "two of a size":
            paths = [
                write(tmp_path, name, npz(x=one.images, y=one.labels)) for name, one in (("a", train), ("b", other))
            ]
        case "labels of a size":
            names = ("a", square(train)), ("b", square(other)), ("c", train.labels), ("d", train.labels[::-1].copy())
            paths = [write(tmp_path, name, idx(array)) for name, array in names]
        case "no test labels":
            paths.pop()
        case "other range":
            paths[2].write_bytes(idx(square(digits(20, full=16))))
    sentence = refused(*paths)
    assert sentence.startswith(f"{wrong}: ")
    assert says in sentence


def test_files_that_are_no_files(tmp_path: Path) -> None:
    assert "can't be read (No such file" in refused(tmp_path / "none.npz")
    assert "is a folder without a set of images in it" in refused(tmp_path)
    write(tmp_path, "notes", b"hello")
    assert "is a folder without a set of images in it" in refused(tmp_path)
    for name in ("one", "two"):
        four_idx(tmp_path / name, digits(20), digits(10))
    assert "several sets in it (one, two)" in refused(tmp_path)
    assert "one file more than any set has" in refused(*(tmp_path / str(i) for i in range(17)))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in refused(tmp_path / "pipe")


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0, reason="nothing is forbidden here")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "secret", GOOD_NPZ)
    path.chmod(0)
    assert "can't be read (Permission denied)" in refused(path)
