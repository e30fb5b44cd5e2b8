"""Whatever the bytes are, a sound image set comes out or one sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import UnreadableFile
from engine.readers import read_images
from tests.engine.image_files import digits, idx, npz, rows, square, table, write

SMALL = digits(12, side=8, full=16)
ARFF = b"@RELATION x\n" + b"@ATTRIBUTE a real\n" * 65 + b"@DATA\n" + rows(table(SMALL, last=True))
STORED = npz(images=SMALL.images, labels=SMALL.labels)
SEEDS = {
    "idx images": idx(square(SMALL)),
    "idx labels": idx(SMALL.labels),
    "qmnist labels": idx(np.repeat(SMALL.labels[:, None], 8, axis=1).astype(np.int32)),
    "npz": STORED,
    "keras": npz(x_train=SMALL.images, y_train=SMALL.labels, x_test=SMALL.images[:10], y_test=SMALL.labels[:10]),
    "table": rows(table(SMALL, last=True)),
    "headed": b"label," + b",".join(b"p%d" % i for i in range(64)) + b"\n" + rows(table(SMALL), "%.1f"),
    "arff": ARFF,
    "gzip": gzip.compress(idx(square(SMALL)), mtime=0),
    "gzipped table": gzip.compress(rows(table(SMALL, last=True)), mtime=0),
}
PARTNERS = {"idx images": "idx labels", "idx labels": "idx images", "qmnist labels": "idx images", "gzip": "idx labels"}
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def outcome(*paths: Path) -> str:
    """The sentence, "" where a sound set came out. Whatever else is raised fails the test."""
    try:
        found = read_images(paths)
    except UnreadableFile as error:
        return str(error)
    assert found.images.dtype == found.labels.dtype == np.uint8
    assert found.images.shape == (len(found), found.side**2)
    assert found.side in (8, 28)
    assert found.labels.max() <= 9
    assert len(set(found.labels[: len(found) - found.n_test].tolist())) > 1
    assert found.full in (16, 255)
    assert found.images.max() <= found.full
    assert 0 <= found.n_test < len(found)
    assert found.writers is None or (found.writers.shape, found.writers.dtype) == ((len(found),), np.int32)
    return ""


def chosen(folder: Path, name: str, content: bytes) -> list[Path]:
    """The file, with a sound one beside it where it is only half a set."""
    paths = [write(folder, "fuzzed", content)]
    return [*paths, write(folder, "sound", SEEDS[PARTNERS[name]])] if name in PARTNERS else paths


@pytest.mark.parametrize("name", SEEDS)
def test_what_the_mutants_come_from_is_read(tmp_path: Path, name: str) -> None:
    assert outcome(*chosen(tmp_path, name, SEEDS[name])) == ""


@pytest.mark.parametrize("name", SEEDS)
@quick
@given(data=st.data())
def test_mutants(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(SEEDS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert", "repeat"])):
            case "set":
                content[at] = data.draw(st.integers(0, 255))
            case "cut":
                del content[at : at + data.draw(st.integers(1, 200))]
            case "insert":
                content[at:at] = data.draw(st.binary(min_size=1, max_size=8))
            case "repeat":
                content[at:at] = content[at : at + data.draw(st.integers(1, 400))]
        content = content or bytearray(b"\0")
    outcome(*chosen(tmp_path, name, bytes(content)))


@pytest.mark.parametrize(
    "start",
    [b"", b"\0\0\x08\x03", b"\0\0\x08\x01\0\0\0\x05", b"\0\0\x0c\x02", b"PK\x03\x04", b"\x1f\x8b\x08\0", b"label,",
     b"@relation\n@data\n"],
)  # fmt: skip
@quick
@given(rest=st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, start: bytes, rest: bytes) -> None:
    assert outcome(write(tmp_path, "any", start + rest))
    assert outcome(write(tmp_path, "any", start + rest, packed=True))


@quick
@given(text=st.text("0123456789.,;-+eEnaif \t\r\n'\"", max_size=400), n=st.integers(0, 3))
def test_any_table(tmp_path: Path, text: str, n: int) -> None:
    outcome(write(tmp_path, "any.csv", SEEDS["table"] * n + text.encode()))


@quick
@given(data=st.data())
def test_any_arrays(tmp_path: Path, data: st.DataObject) -> None:
    """Archives that NumPy itself wrote, of any kind and shape."""
    from hypothesis.extra import numpy as hnp

    kinds = st.one_of(
        hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(), hnp.floating_dtypes(), hnp.boolean_dtypes(),
        hnp.complex_number_dtypes(), hnp.unicode_string_dtypes(max_len=3), hnp.datetime64_dtypes(max_period="s"),
    )  # fmt: skip
    images = hnp.arrays(kinds, st.sampled_from([(3, 64), (3, 8, 8), (2, 28, 28), (3, 5), (3,), (0, 64)]))
    labels = hnp.arrays(kinds, st.sampled_from([3, 2, (3, 1), (2, 1), (3, 10), 0]))
    names = data.draw(st.sampled_from([("x", "y"), ("images", "labels"), ("x_train", "y_train"), ("x_test", "Y_test")]))
    content = npz(**{names[0]: data.draw(images), names[1]: data.draw(labels)})
    outcome(write(tmp_path, "any.npz", content))
