"""What images look like together: averages and pixels by hand, against counting one by one, and who wrote which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load_data
from engine.datasets import DATASETS
from engine.datasets.images import Images
from engine.image_summary import LEVELS, summarize
from engine.shelf import SHELF, ImageSet
from engine.spec import DataSpec
from tests.images import bars


def of(images: ImageSet, **settings):
    return load_data(DataSpec(dataset=Images.of(SHELF.put(images)), **settings))


@pytest.fixture(autouse=True)
def _shelf(tmp_path, monkeypatch):
    monkeypatch.setattr(SHELF, "folder", tmp_path)


def test_three_images_by_hand():
    images = np.zeros((5, 64), np.uint8)
    images[0, 0], images[1, 0], images[2, 1] = 16, 8, 4  # two of class 3, one of class 5; the last two test
    data = of(ImageSet("Three", images, np.array([3, 3, 5, 7, 7], np.uint8), n_test=2, full=16))
    summary = summarize(data)
    assert summary is not None
    assert summary.averages[3, :2].tolist() == [0.75, 0.0]
    assert summary.averages[5, :2].tolist() == [0.0, 0.25]
    assert not summary.averages[[0, 1, 2, 4, 6, 7, 8, 9]].any(), "a class without images has no average"
    assert {int(i): int(n) for i, n in enumerate(summary.pixels[3]) if n} == {0: 126, 8: 1, 16: 1}
    assert {int(i): int(n) for i, n in enumerate(summary.pixels[5]) if n} == {0: 63, 4: 1}
    assert summary.pixels.sum() == 3 * 64
    assert summary.writers == {}


@given(st.integers(0, 2**31), st.sampled_from([8, 28]), st.integers(5, 40))
def test_it_is_what_counting_one_by_one_gives(seed: int, side: int, n: int):
    rng = np.random.default_rng(seed)
    images = ImageSet(
        "Any", rng.integers(0, 256, (n, side**2), dtype=np.uint8), rng.integers(0, 10, n, dtype=np.uint8), 2
    )
    data = of(images)
    summary = summarize(data)
    assert summary is not None
    for label in range(10):
        own = images.images[:-2][images.labels[:-2] == label] / 255
        expected = own.mean(axis=0) if len(own) else np.zeros(side**2)
        assert np.abs(summary.averages[label] - expected).max() < 1e-5
        levels = np.rint(own.astype(np.float32) * (LEVELS - 1)).astype(int).ravel()
        assert summary.pixels[label].tolist() == np.bincount(levels, minlength=LEVELS).tolist()


def test_the_embedded_digits_hold_sixteenths_exactly():
    data = load_data(DataSpec(dataset=DATASETS["digits"](), train_share=0.8))
    summary = summarize(data)
    assert summary is not None
    raw = np.rint(data.train.raw * 16).astype(int)
    assert summary.pixels.sum(axis=0).tolist() == np.bincount(raw.ravel(), minlength=17).tolist()


def test_everybody_keeps_their_images_through_the_split():
    images = bars(n=120, n_test=20, writers=6)
    data = of(images, validation_share=0.25)
    summary = summarize(data)
    assert summary is not None
    assert data.validation is not None
    for name, part in (("train", data.train), ("validation", data.validation), ("test", data.test)):
        assert len(summary.writers[name]) == len(part)
        for x, writer in zip(part.x, summary.writers[name], strict=True):
            (row,) = np.flatnonzero((images.images == np.rint(x * 255)).all(axis=1))
            assert images.writers is not None
            assert images.writers[row] == writer


def test_nobody_waits_for_it_any_more():
    assert summarize(of(bars()), stop=lambda: True) is None
