"""A set on the shelf as the data of an experiment."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import shelf as module
from engine.data import load_data
from engine.datasets.images import Images
from engine.errors import InvalidSpec, UnreadableFile
from engine.shelf import SHELF, Kept
from engine.spec import DataSpec, ExperimentSpec, from_dict, to_dict
from tests.engine.image_files import digits

NAMED = replace(digits(60), n_test=20, title="Mine")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setattr(SHELF, "folder", tmp_path / "images")
    return SHELF.put(NAMED)


def test_what_training_is_given(kept: Kept) -> None:
    data = load_data(DataSpec(Images.of(kept)))
    assert (len(data.train), len(data.test)) == (40, 20)
    assert np.array_equal(data.test.x, NAMED.images[40:] / np.float32(255))
    assert np.array_equal(data.test.labels, NAMED.labels[40:])
    assert data.train.x.max() == 1
    assert data.train.targets.shape == (40, 10)


def test_small_images_are_scaled_by_their_own_ink(kept: Kept) -> None:
    small = digits(40, side=8, full=16)
    dataset = Images.of(SHELF.put(small))
    assert (dataset.n_inputs, dataset.image_side, dataset.full, dataset.n_test) == (64, 8, 16.0, None)
    data = load_data(DataSpec(dataset, train_share=0.5))
    assert (len(data.train), len(data.test), float(data.train.x.max())) == (20, 20, 1.0)


def test_writers_are_kept_apart(kept: Kept) -> None:
    written = digits(200, writers=8)
    dataset = Images.of(SHELF.put(written))
    data = load_data(DataSpec(dataset, train_share=0.6, validation_share=0.25))
    assert data.validation is not None
    # Each image is another, so that its bytes say whose it is.
    who = {image.tobytes(): int(writer) for image, writer in zip(written.images, written.writers, strict=True)}  # type: ignore[arg-type]
    names = [
        {who[np.rint(x * 255).astype(np.uint8).tobytes()] for x in part.x}
        for part in (data.train, data.test, data.validation)
    ]
    assert set().union(*names) == set(range(8))
    assert sum(map(len, names)) == 8


def test_an_experiment_names_its_images(kept: Kept) -> None:
    spec = ExperimentSpec(DataSpec(Images.of(kept)))
    assert from_dict(to_dict(spec)) == spec
    assert Images.of(kept).title == "Mine"


def test_images_that_are_missing_or_others(kept: Kept) -> None:
    dataset = Images.of(kept)
    with pytest.raises(UnreadableFile, match=r"^Mine: the images are not those that the experiment speaks of"):
        load_data(DataSpec(replace(dataset, tests=10)))
    SHELF.remove(kept.key)
    with pytest.raises(UnreadableFile, match=r"^Mine: these images are not on this computer"):
        load_data(DataSpec(dataset))


@pytest.mark.parametrize(
    ("name", "value"), [("side", 32), ("ink", 0), ("tests", -1), ("key", 7), ("called", "x" * 201)]
)
def test_a_file_that_speaks_of_impossible_images(kept: Kept, name: str, value: object) -> None:
    raw = to_dict(ExperimentSpec(DataSpec(Images.of(kept))))
    raw["data"]["dataset"][name] = value
    with pytest.raises(InvalidSpec):
        from_dict(raw)


MEMORY = """
import sys
from pathlib import Path
import numpy as np
from engine.data import load_data
from engine.datasets.images import Images
from engine.shelf import SHELF
from engine.spec import DataSpec
def peak():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
SHELF.folder = Path(sys.argv[1])
before = peak()
data = load_data(DataSpec(Images.of(SHELF.kept()[0])))
assert len(data.train) == 60_000
print((peak() - before) // 1000)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the system does not tell the most memory that was in use"
)
def test_60_000_images_take_300_mb_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """188 MB are the float32 inputs themselves."""
    monkeypatch.setattr(SHELF, "folder", tmp_path)
    part = digits(610)
    SHELF.put(replace(part, images=np.tile(part.images, (100, 1)), labels=np.tile(part.labels, 100), n_test=1_000))
    child = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)],
        cwd=Path(module.__file__).parents[1],
        check=True,
        capture_output=True,
    )
    assert 180 < int(child.stdout) <= 300
