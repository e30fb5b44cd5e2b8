"""The shelf: what was put comes back to the bit, or a sentence says that it is missing or damaged."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import UnreadableFile
from engine.shelf import ImageSet, Kept, Shelf
from tests.engine.image_files import digits

WRITTEN = replace(digits(40, writers=6), title="Mine", n_test=10, source="mine.npz")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "images")


def same(one: ImageSet, other: ImageSet) -> bool:
    arrays = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("images", "labels"))
    about = all(getattr(one, name) == getattr(other, name) for name in ("title", "n_test", "full", "source", "side"))
    writers = one.writers is other.writers is None or np.array_equal(one.writers, other.writers)  # type: ignore[arg-type]
    return arrays and about and writers


@pytest.mark.parametrize("images", [WRITTEN, replace(digits(20, side=8, full=16), title="Small")])
def test_what_was_put_comes_back(shelf: Shelf, images: ImageSet) -> None:
    kept = shelf.put(images)
    assert kept == Kept(
        images.fingerprint(), images.title, images.side, len(images), images.n_test, images.full, images.source
    )
    assert same(shelf.load(kept.key), images)
    assert shelf.kept() == [kept]
    assert shelf.find(kept.key) == kept
    writers = shelf.writers(kept.key)
    assert (writers is None) == (images.writers is None)
    assert writers is None or np.array_equal(writers, images.writers)


def test_the_content_decides_the_fingerprint() -> None:
    base = WRITTEN.fingerprint()
    assert len(base) == 16
    assert replace(WRITTEN, title="Other", source="").fingerprint() == base
    assert replace(WRITTEN, images=np.asfortranarray(WRITTEN.images)).fingerprint() == base
    others = [
        replace(WRITTEN, n_test=0), replace(WRITTEN, full=16), replace(WRITTEN, writers=None),
        replace(WRITTEN, labels=WRITTEN.labels[::-1]), replace(WRITTEN, images=WRITTEN.images[::-1]),
        replace(WRITTEN, images=WRITTEN.images.reshape(-1, 196)),
    ]  # fmt: skip
    assert len({base, *(other.fingerprint() for other in others)}) == 7


def test_sets_are_listed_by_title(shelf: Shelf) -> None:
    for seed, title in enumerate(("b", "c", "a")):
        shelf.put(replace(digits(20, seed=seed), title=title))
    assert [kept.title for kept in shelf.kept()] == ["a", "b", "c"]


def test_the_same_again_is_not_written_again(shelf: Shelf) -> None:
    kept = shelf.put(WRITTEN)
    assert shelf.folder is not None
    path = shelf.folder / f"{kept.key}.npz"
    os.utime(path, (1, 1))
    assert shelf.put(replace(WRITTEN, title="Other")) == kept
    assert path.stat().st_mtime == 1


def test_putting_repairs_what_is_damaged(shelf: Shelf) -> None:
    kept = shelf.put(WRITTEN)
    assert shelf.folder is not None
    for damage in ("npz", "json"):
        (shelf.folder / f"{kept.key}.{damage}").write_bytes(b"rubbish")
        with pytest.raises(UnreadableFile):
            shelf.load(kept.key)
        assert shelf.put(WRITTEN) == kept
        assert same(shelf.load(kept.key), WRITTEN)


def test_what_is_missing_is_said_by_its_title(shelf: Shelf) -> None:
    for key in ("0123456789abcdef", "", "../secret", "x" * 16):
        for ask in (shelf.load, shelf.writers):
            with pytest.raises(UnreadableFile, match=r"^MNIST: these images are not on this computer. Import it again"):
                ask(key, "MNIST")
    kept = shelf.put(WRITTEN)
    shelf.remove(kept.key)
    assert shelf.kept() == []
    assert shelf.find(kept.key) is None
    assert shelf.folder is not None
    assert list(shelf.folder.iterdir()) == []
    shelf.remove(kept.key)


def test_a_shelf_without_a_folder_is_empty() -> None:
    shelf = Shelf()
    assert shelf.kept() == []
    assert shelf.find("0123456789abcdef") is None
    with pytest.raises(UnreadableFile, match="there is no folder"):
        shelf.put(WRITTEN)
    with pytest.raises(UnreadableFile, match="not on this computer"):
        shelf.load("0123456789abcdef")
    shelf.remove("0123456789abcdef")


@pytest.mark.parametrize(
    "about",
    ["", "{", "[]", "null", "[" * 5_000, '{"title": "x"}', '{"title": 7}', "changed side",
     "changed n_test", "changed full", "more", "x" * 20_000],
)  # fmt: skip
def test_a_damaged_description_hides_only_its_own_set(shelf: Shelf, about: str) -> None:
    other = shelf.put(replace(digits(20, side=8), title="Other"))
    kept = shelf.put(WRITTEN)
    assert shelf.folder is not None
    path = shelf.folder / f"{kept.key}.json"
    raw = json.loads(path.read_text())
    changes = {
        "changed side": {"side": "28"},
        "changed n_test": {"n_test": 40},
        "changed full": {"full": 0},
        "more": {"run": "me"},
    }
    path.write_text(json.dumps(raw | changes[about]) if about in changes else about)
    assert shelf.kept() == [other]
    with pytest.raises(UnreadableFile, match="not on this computer"):
        shelf.load(kept.key)


@pytest.mark.parametrize(("name", "value"), [("n_test", 9), ("full", 254), ("side", 8)])
def test_a_description_of_something_else_is_noticed(shelf: Shelf, name: str, value: int) -> None:
    kept = shelf.put(WRITTEN)
    assert shelf.folder is not None
    path = shelf.folder / f"{kept.key}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    if name == "side":
        assert shelf.load(kept.key).side == 28  # the images say it themselves
    else:
        with pytest.raises(UnreadableFile, match="damaged"):
            shelf.load(kept.key)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_is_taken_for_a_good_set(tmp_path: Path, data: st.DataObject) -> None:
    shelf = Shelf(tmp_path)
    kept = shelf.put(WRITTEN)
    path = tmp_path / f"{kept.key}.npz"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1) | st.integers(-600, -1))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content), 3_000, 0]))])
    sentence = ""
    try:
        found = shelf.load(kept.key, "Mine")
    except UnreadableFile as error:
        sentence = str(error)
    if sentence:
        assert sentence.startswith("Mine: the kept ")
        assert sentence.endswith("Import it again: Data, Get images.")
    else:
        assert same(found, WRITTEN)


@pytest.mark.parametrize("broken", ["os.replace", "os.fsync", "numpy.savez"])
def test_a_failed_write_leaves_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(broken, full)
        with pytest.raises(UnreadableFile, match=r"can't be kept \(No space left on device\). Free some space"):
            shelf.put(WRITTEN)
    assert shelf.folder is not None
    assert list(shelf.folder.iterdir()) == []
    assert shelf.kept() == []
    assert same(shelf.load(shelf.put(WRITTEN).key), WRITTEN)


def test_what_a_killed_program_left_is_swept_away(shelf: Shelf) -> None:
    assert shelf.folder is not None
    shelf.folder.mkdir()
    old, young = shelf.folder / ".tmp-old", shelf.folder / ".tmp-young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    shelf.put(WRITTEN)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(UnreadableFile, match="can't be kept"):
        Shelf(tmp_path / "images").put(WRITTEN)
