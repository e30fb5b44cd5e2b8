"""The digits that scikit-learn ships, read without scikit-learn."""

from __future__ import annotations

import gzip
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.data import load_data
from engine.datasets import DATASETS
from engine.datasets import digits as module
from engine.errors import UnreadableFile
from engine.spec import DataSpec


def test_it_is_the_data_of_load_digits():
    from sklearn.datasets import load_digits

    x, labels = DATASETS["digits"]().make(np.random.default_rng(0))
    expected = load_digits()
    assert x.dtype == np.float64
    assert np.array_equal(x * 16, expected.data)
    assert np.array_equal(labels, expected.target)


def test_the_split_is_scikit_learns():
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_data(DataSpec(dataset=DATASETS["digits"](), train_share=0.8, seed=42))
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=42)
    assert (len(data.train), len(data.test)) == (1437, 360)
    assert np.array_equal(data.train.raw * 16, x_train)
    assert np.array_equal(data.test.raw * 16, x_test)
    assert np.array_equal(data.train.labels, y_train)
    assert np.array_equal(data.test.labels, y_test)


def test_what_the_network_is_given():
    data = load_data(DataSpec(dataset=DATASETS["digits"]()))
    assert data.train.x.shape[1] == 64
    assert data.train.targets.shape[1] == 10
    assert np.array_equal(data.train.targets.argmax(axis=1), data.train.labels)


def test_scikit_learn_is_not_imported():
    code = (
        "import sys, numpy as np; from engine.datasets import DATASETS;"
        "DATASETS['digits']().make(np.random.default_rng(0)); sys.exit('sklearn' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(module.__file__).parents[2], check=False).returncode == 0
    )


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no gzip at all", "unpacked"),
        (gzip.compress(b"1,2,3\n" * 2000)[:-9], "unpacked"),
        (gzip.compress(b"1,2,3\n"), "1,797 images"),
        (gzip.compress(b"a,b\n"), "1,797 images"),
        (gzip.compress(b""), "1,797 images"),
        (gzip.compress(b"\n".join([b",".join([b"99"] * 65)] * 1797)), "impossible"),
    ],
    ids=["no-gzip", "cut", "too-few", "no-numbers", "empty", "too-bright"],  # the bytes hold the time of day
)
def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes, reason: str):
    with pytest.raises(UnreadableFile, match=reason) as caught:
        module.read_digits(_file(tmp_path / "digits.csv.gz", content))
    assert "digits.csv.gz" in str(caught.value)
    assert "scikit-learn" in str(caught.value)


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path):
    with pytest.raises(UnreadableFile, match="missing"):
        module.read_digits(tmp_path / "digits.csv.gz")


def test_without_scikit_learn_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnreadableFile, match="pip install scikit-learn"):
        module.digits_path()
