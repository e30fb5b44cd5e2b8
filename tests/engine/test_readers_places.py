"""Sets are found where people keep them, by a glance, within bounds."""

from __future__ import annotations

import builtins
import os
from pathlib import Path

import pytest

from engine.readers import places, read_images
from engine.readers.places import find_sets
from tests.engine.image_files import digits, four_idx, npz, rows, table, write

TRAIN, TEST = digits(30), digits(20, seed=1)
NPZ = npz(x_train=TRAIN.images, y_train=TRAIN.labels, x_test=TEST.images, y_test=TEST.labels)
ARFF = b"@RELATION m\n" + b"@ATTRIBUTE a real\n" * 785 + b"@DATA\n" + rows(table(TRAIN, last=True))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("SCIKIT_LEARN_DATA", raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_usual_places(home: Path) -> None:
    write(home / ".keras" / "datasets", "mnist.npz", NPZ)
    four_idx(home / "data" / "MNIST" / "raw", TRAIN, TEST)
    four_idx(Path("data") / "FashionMNIST" / "raw", TRAIN, TEST, packed=True)
    openml = home / "scikit_learn_data" / "openml" / "openml.org" / "data" / "v1" / "download" / "52667"
    write(openml, "mnist_784.arff.gz", ARFF, packed=True)
    write(home / "Downloads", "train.csv", rows(table(TRAIN)))
    found = find_sets()
    assert [(one.title, one.where) for one in found] == [
        ("mnist", os.path.join("~", ".keras", "datasets")),
        ("MNIST", os.path.join("~", "data", "MNIST", "raw")),
        ("mnist 784", str(Path("~") / openml.relative_to(home))),
        ("train", os.path.join("~", "Downloads")),
        ("FashionMNIST", str(Path("data", "FashionMNIST", "raw").absolute())),
    ]
    for one in found:
        assert len(read_images(one.paths)) in (30, 50)
        assert one.n_bytes == sum(path.stat().st_size for path in one.paths)


def test_scikit_learn_may_keep_its_data_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home / "else"))
    write(home / "else" / "openml", "m.arff", ARFF)
    assert [one.title for one in find_sets()] == ["m"]


def test_nobodys_name_becomes_a_title(home: Path) -> None:
    four_idx(home / "Downloads", TRAIN, TEST)
    assert [one.title for one in find_sets()] == ["Images"]


def test_nothing_there(home: Path) -> None:
    assert find_sets() == []
    assert find_sets([home / "none"]) == []


def test_what_belongs_together(tmp_path: Path) -> None:
    four_idx(tmp_path, TRAIN, TEST)
    four_idx(tmp_path, TRAIN, TEST, packed=True)
    for path in four_idx(tmp_path / "other", TRAIN, TEST):
        path.rename(tmp_path / f"emnist-digits-{path.name}")
    write(tmp_path, "train-images-idx3-ubyte (1).gz", b"twice loaded", packed=True)
    write(tmp_path, "my_train.csv", rows(table(TRAIN)))
    write(tmp_path, "my_test.csv", rows(table(TEST)))
    found = {tuple(path.name for path in one.paths) for one in find_sets([tmp_path])}
    names = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte")
    assert {frozenset(one) for one in found} == {
        frozenset(names), frozenset(f"emnist-digits-{name}" for name in names), frozenset({"my_test.csv", "my_train.csv"}),
    }  # fmt: skip


def test_what_is_no_set_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "notes.txt", b"dear diary, today nothing happened\n")
    write(tmp_path, "prices.csv", b"a,b,c\n1,2,3\n" * 9)
    write(tmp_path, "weights.npz", npz(w=TRAIN.images))
    write(tmp_path, "mnist.npz", b"<html>404, but not what you want</html>")
    write(tmp_path, "test.csv", rows(TRAIN.images))
    write(tmp_path, "iris.arff", b"@RELATION iris\n@ATTRIBUTE a real\n@DATA\n1,2\n")
    four_idx(tmp_path / "half", TRAIN, TEST)[1].unlink()
    (tmp_path / "half" / "t10k-labels-idx1-ubyte").unlink()
    assert find_sets([tmp_path]) == []


def test_no_deeper_and_not_along_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "mnist.npz", NPZ)
    inside = tmp_path / "inside"
    deep = inside / "a" / "b" / "c"
    write(deep, "mnist.npz", NPZ)
    write(deep / "d", "mnist.npz", NPZ)
    write(inside / ".hidden", "mnist.npz", NPZ)
    try:
        (inside / "round").symlink_to(inside, target_is_directory=True)
        (inside / "out").symlink_to(outside, target_is_directory=True)
        (inside / "mnist.npz").symlink_to(inside / "nothing")
    except OSError:
        pytest.skip("links can't be made here")
    assert [one.paths for one in find_sets([inside, inside])] == [(deep / "mnist.npz",)]


def test_a_folder_of_many_files_is_given_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        write(tmp_path, f"{number:03}.csv", b"1,2,3\n" * 9)
    write(tmp_path, "my-mnist.npz", NPZ)
    looked: list[Path] = []
    look = places.look
    monkeypatch.setattr(places, "look", lambda path: looked.append(path) or look(path))
    monkeypatch.setattr(places, "MAX_LOOKS", 10)
    assert [one.title for one in find_sets([tmp_path])] == ["my mnist"]  # what sounds like it comes first
    assert len(looked) == 10
    monkeypatch.setattr(places, "MAX_ENTRIES", 0)
    assert find_sets([tmp_path]) == []
    monkeypatch.setattr(places, "MAX_ENTRIES", 100)
    monkeypatch.setattr(places, "MAX_SECONDS", -1.0)
    assert find_sets([tmp_path]) == []


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = digits(3_000)
    write(tmp_path, "mnist_big.csv", rows(table(big)))
    four_idx(tmp_path, big, TEST)
    read = 0
    original = places.look.__globals__["Source"].read

    def counted(self, n):
        nonlocal read
        content = original(self, n)
        read += len(content)
        return content

    monkeypatch.setattr(places.look.__globals__["Source"], "read", counted)
    assert len(find_sets([tmp_path])) == 2
    assert read <= 5 * (1 << 15)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "mnist.npz")
    monkeypatch.setattr(builtins, "open", None)
    assert find_sets([tmp_path]) == []
