"""The file of own drawings: what is kept comes back, whatever is damaged is left out, and nothing is there twice."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import own, pen
from engine.data import load_data
from engine.datasets import DATASETS
from engine.drawing import INK_SIDE, OwnDrawing, parse
from engine.errors import UnreadableFile
from engine.own import Found, OwnDrawings, read_drawings
from engine.spec import DataSpec


def ink_of(left: int = 100, width: int = 20) -> np.ndarray:
    """An upright bar, its right edge half as strong as the rest."""
    ink = np.zeros((INK_SIDE, INK_SIDE), np.float32)
    ink[60:220, left : left + width] = 1.0
    ink[60:220, left + width] = 128 / 255
    return ink


def drawing_of(label: int = 1, left: int = 100, **more: object) -> OwnDrawing:
    stroke = [[left / INK_SIDE, 0.2], [left / INK_SIDE, 0.8]]
    return OwnDrawing.of(ink_of(left), label, [stroke], 20 / 280, at="2026-02-03T04:05:06+00:00", **more)


@pytest.fixture
def mine(tmp_path: Path) -> OwnDrawings:
    return OwnDrawings(tmp_path / "person" / "drawings.jsonl")


# --- one drawing --------------------------------------------------------------------------------------------------------


def test_the_id_is_made_of_the_ink_and_the_label_by_hand():
    pixels = np.zeros((INK_SIDE, INK_SIDE), np.uint8)
    pixels[60:220, 100:120] = 255
    pixels[60:220, 120] = 128
    drawing = drawing_of(7)
    assert drawing.id == hashlib.sha256(pixels.tobytes()).hexdigest()[:15] + "7"
    assert drawing.id.isalnum(), "an experiment may name it"


def test_the_same_drawing_has_one_picture_and_an_id_for_each_label():
    one, same, other = drawing_of(1), drawing_of(1), drawing_of(1, left=101)
    assert one == same
    assert one.picture == same.picture != other.picture
    assert one.labelled(7).picture == one.picture
    assert one.labelled(7).id == drawing_of(7).id != one.id
    assert one.labelled(7).strokes == one.strokes


def test_a_line_brings_the_drawing_back_and_its_ink_to_the_bit():
    drawing = drawing_of(4, writer="Ada")
    again = parse(drawing.line())
    assert again == drawing
    assert again.line() == drawing.line()
    assert np.array_equal(again.ink, ink_of())
    assert again.strokes == (((0.3571, 0.2), (0.3571, 0.8)),)
    assert (again.pen, again.at, again.writer) == (0.0714, "2026-02-03T04:05:06+00:00", "Ada")
    raw = json.loads(drawing.line())
    assert list(raw) == ["id", "label", "strokes", "pen", "at", "writer", "ink"]


@pytest.mark.parametrize(
    "ink",
    [np.zeros((280, 280)), np.zeros((28, 28)), np.full((280, 280), np.nan), np.full((280, 280), 31 / 255)],
    ids=["empty", "small", "nan", "faint"],
)
def test_what_no_network_could_read_is_no_drawing(ink: np.ndarray):
    with pytest.raises(ValueError, match=r"\w"):
        OwnDrawing.of(ink, 3)


def _line(**change: object) -> bytes:
    raw = json.loads(drawing_of().line()) | change
    return json.dumps({name: value for name, value in raw.items() if value is not ...}).encode()


def _ink(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    "line",
    [
        b"", b"null", b"[]", b"{", b"\xff\xfe{\x00}\x00", b"[" * 100_000, b"1e999",
        _line(id=...), _line(id="0" * 16), _line(id=7), _line(label=10), _line(label=True), _line(label="1"), _line(label=2),
        _line(label=...), _line(strokes=...), _line(strokes=[[[1]]]), _line(strokes=[[[0, float("nan")]]]),
        _line(strokes=[[[0, 1e999]]]), _line(strokes=[[[0, 10**400]]]), _line(strokes=[[[0, 5_000]]]), _line(strokes="1"),
        _line(strokes=[[[0.5, 0.5]] * 20_001]), _line(strokes=[[]] * 1_001), _line(pen=0), _line(pen=-1), _line(pen=None),
        _line(pen=float("inf")), _line(at=...), _line(at="yesterday"), _line(writer=3), _line(writer="x" * 101),
        _line(ink=...), _line(ink="ü"), _line(ink="????"), _line(ink=_ink(b"no zlib")), _line(ink=_ink(zlib.compress(b"1"))),
        _line(ink=_ink(zlib.compress(bytes(INK_SIDE**2)))), _line(ink=_ink(zlib.compress(bytes(300_000_000), 9))),
        _line(ink=_ink(drawing_of().packed[:-3])), _line(ink=_ink(drawing_of().packed + b"more")),
        b'{"x": "' + b"x" * 1_000_001 + b'"}',
    ],
)  # fmt: skip
def test_whatever_is_wrong_with_a_line_is_said_and_no_more(line: bytes):
    with pytest.raises(ValueError, match=r"\w"):
        parse(line)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.one_of(st.binary(max_size=60), st.integers(0, 3)), max_size=8), st.data())
def test_any_file_gives_its_good_lines_and_counts_the_rest(tmp_path: Path, parts: list, data: st.DataObject):
    good = [drawing_of(label, left=100 + label) for label in range(4)]
    content = b"\n".join(good[part].line() if isinstance(part, int) else part for part in parts)
    if content and data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    (tmp_path / "any.jsonl").write_bytes(content)
    found = read_drawings(tmp_path / "any.jsonl")
    lines = [line for line in content.split(b"\n") if line.strip()]
    whole = [line for line in lines if line in {one.line() for one in good}]
    assert found.damaged == len(lines) - len(whole)
    assert list(found.drawings) == list(dict.fromkeys(json.loads(line)["id"] for line in whole))


def test_a_file_too_large_or_with_too_many_drawings_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"".join(drawing_of(label).line() + b"\n" for label in range(3)))
    monkeypatch.setattr(own, "MAX_TAUGHT", 2)
    with pytest.raises(UnreadableFile, match=r"many\.jsonl: holds more than 2 drawings"):
        read_drawings(path)
    with pytest.raises(UnreadableFile, match="can't be read"):
        read_drawings(tmp_path)
    monkeypatch.setattr(own, "MAX_FILE_BYTES", 10)
    with pytest.raises(UnreadableFile, match="larger than"):
        read_drawings(path)


# --- the file -----------------------------------------------------------------------------------------------------------


def test_what_is_added_is_there_at_the_next_start(mine: OwnDrawings):
    one, two = drawing_of(1), drawing_of(7, left=150)
    mine.exchange((), [one])
    mine.exchange((), [two, one])
    assert list(mine.found().drawings) == [one.id, two.id]
    assert mine.path is not None
    assert OwnDrawings(mine.path).found() == mine.found() == read_drawings(mine.path)
    assert mine.path.read_bytes().count(b"\n") == 2, "nothing is there twice"


def test_a_line_that_was_cut_off_costs_only_itself(mine: OwnDrawings):
    one, two = drawing_of(1), drawing_of(7)
    mine.exchange((), [one])
    path = mine.path
    assert path is not None
    path.write_bytes(path.read_bytes() + two.line()[:50])
    again = OwnDrawings(path)
    assert (list(again.found().drawings), again.found().damaged) == ([one.id], 1)
    again.exchange((), [two])
    assert list(OwnDrawings(path).found().drawings) == [one.id, two.id]
    again.exchange([one.id], [])
    assert list(OwnDrawings(path).found().drawings) == [two.id]
    assert two.line()[:50] in path.read_bytes(), "what can't be read is nobody's to throw away"


def test_a_drawing_that_was_removed_can_still_be_trained_with_until_the_end(mine: OwnDrawings):
    one = drawing_of(1)
    mine.exchange((), [one])
    mine.exchange([one.id], [one.labelled(7)])
    assert [other.label for other in mine.found().drawings.values()] == [7]
    assert mine.load((one.id,), 8)[1].tolist() == [1], "undo, and the past of a run, may want it"
    assert OwnDrawings(mine.path).missing([one.id]) == (one.id,)


def test_a_file_that_can_not_be_written_changes_nothing(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    mine = OwnDrawings(tmp_path / "file" / "drawings.jsonl")
    with pytest.raises(UnreadableFile, match=r"drawings\.jsonl: can't be written"):
        mine.exchange((), [drawing_of()])
    assert mine.found() == Found({})
    with pytest.raises(UnreadableFile, match="no folder"):
        OwnDrawings().exchange((), [drawing_of()])


def test_a_full_disk_leaves_the_file_as_it_was(mine: OwnDrawings, monkeypatch: pytest.MonkeyPatch):
    mine.exchange((), [drawing_of(1)])
    path = mine.path
    assert path is not None
    before = path.read_bytes()

    opened = Path.open

    def open_on_a_full_disk(self: Path, mode: str) -> io.BufferedRandom:
        file = opened(self, mode)

        class Full:
            def __getattr__(self, name: str) -> object:
                return getattr(file, name)

            def __enter__(self) -> Full:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, content: bytes) -> None:
                file.write(content[:100])
                file.flush()
                raise OSError(28, "No space left on device")

        return Full()

    monkeypatch.setattr(Path, "open", open_on_a_full_disk)
    with pytest.raises(UnreadableFile, match="No space left"):
        mine.exchange((), [drawing_of(2)])
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [one.label for one in mine.found().drawings.values()] == [1]


def test_there_is_room_for_as_many_as_an_experiment_may_name(mine: OwnDrawings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own, "MAX_TAUGHT", 1)
    mine.exchange((), [drawing_of(1)])
    with pytest.raises(UnreadableFile, match="room for 1"):
        mine.exchange((), [drawing_of(2)])


def test_export_and_import_carry_drawings_to_another_computer(mine: OwnDrawings, tmp_path: Path):
    ones = [drawing_of(label, left=100 + label) for label in range(3)]
    mine.exchange((), ones)
    mine.export(tmp_path / "out.jsonl", [ones[0].id, ones[2].id, "unknown"])
    there = OwnDrawings(tmp_path / "there.jsonl")
    there.exchange((), read_drawings(tmp_path / "out.jsonl").drawings.values())
    assert list(there.found().drawings.values()) == [ones[0], ones[2]]
    with pytest.raises(UnreadableFile, match=r"no\.jsonl: can't be written"):
        mine.export(tmp_path / "out.jsonl" / "no.jsonl", [ones[0].id])


# --- what a network is given of them ------------------------------------------------------------------------------------


def test_what_is_loaded_is_what_the_page_prepares(mine: OwnDrawings):
    mine.exchange((), [drawing_of(1), drawing_of(7, left=150)])
    names = tuple(reversed(mine.found().drawings))
    x, labels = mine.load(names, 8)
    assert labels.tolist() == [7, 1]
    for row, left in zip(x, (150, 100), strict=True):
        prepared = pen.prepare(ink_of(left))
        assert prepared is not None
        assert np.array_equal(row, prepared.input)
    assert [array.shape for array in mine.load((), 8)] == [(0, 64), (0,)]


def test_images_of_28_pixels_are_prepared_by_their_own_recipe(mine: OwnDrawings):
    drawing = drawing_of(1, left=90)
    mine.exchange((), [drawing])
    x, _ = mine.load((drawing.id,), 28)
    prepared = pen.prepare_for(28, ink_of(90))
    assert prepared is not None
    assert x.shape == (1, 784)
    assert np.array_equal(x[0], prepared.input)


def test_missing_drawings_are_counted_in_one_sentence(mine: OwnDrawings):
    one, other = drawing_of(1), drawing_of(2)
    mine.exchange((), [one])
    assert mine.missing([one.id, other.id]) == (other.id,)
    with pytest.raises(
        UnreadableFile, match="1 of the 2 drawings that this experiment was taught is not on this computer"
    ):
        mine.load((one.id, other.id), 8)
    assert own.absence(1, 1).startswith("The drawing that")
    assert own.absence(3, 3).startswith("The 3 drawings that")


def test_the_data_of_an_experiment_has_them_beside_the_training_images(
    mine: OwnDrawings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.data.OWN", mine)
    drawing = drawing_of(1)
    mine.exchange((), [drawing])
    spec = DataSpec(DATASETS["digits"]())
    plain, taught = load_data(spec), load_data(replace(spec, taught=(drawing.id,)))
    assert taught.taught is not None
    assert taught.taught.labels.tolist() == [1]
    assert taught.taught.targets[0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert len(taught.train) == len(plain.train)
    assert np.array_equal(taught.test.x, plain.test.x), "nothing is measured on them"
