"""What is remembered between starts: any damage to the file costs at most what it held, never the start."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gui import settings
from gui.settings import Places, Settings

MINE = Settings(
    "dark", "digits", "phase", True, settings.encode(b"geometry"), {"digits": settings.encode(b"docks")}, 30.0, "phase"
)


def content(mine: Settings = MINE, **more: object) -> bytes:
    return json.dumps({"version": settings.VERSION} | asdict(mine) | more).encode()


def test_what_is_saved_comes_back(tmp_path):
    path = tmp_path / "deep" / "settings.json"
    settings.save(path, MINE)
    assert settings.load(path) == (MINE, "")
    assert [p.name for p in path.parent.iterdir()] == ["settings.json"], "a temporary file was left"


def test_the_first_start_has_nothing_to_complain_about(tmp_path):
    assert settings.load(tmp_path / "settings.json") == (Settings(), "")


@pytest.mark.parametrize(
    "damage",
    [b"", b"\0" * 4096, b"{", b"[]", b"null", b"7", b'"text"', b"\xff\xfe\x00", b'{"theme": "dark"}', b'{"version": "1"}',
     b'{"version": true}', b"[" * 100_000, b'{"version": NaN}', content()[:-40]],
    ids=["empty", "nul", "cut", "list", "null", "number", "text", "not-utf8", "no-version", "text-version", "bool-version",
         "deep", "nan-version", "half"],
)  # fmt: skip
def test_a_damaged_file_is_set_aside_and_the_usual_settings_are_used(tmp_path, damage):
    path = tmp_path / "settings.json"
    path.write_bytes(damage)
    got, sentence = settings.load(path)
    assert got == Settings()
    assert "settings.json.bad" in sentence
    assert not path.exists()
    assert (tmp_path / "settings.json.bad").read_bytes() == damage
    settings.save(path, got)
    assert settings.load(path) == (Settings(), "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("moved", "digits"), ("moved", [4]),
     ("theme", "pink"), ("theme", 3), ("page", None), ("page", ["digits"]), ("grain", "year"), ("reduce_motion", "yes"),
     ("reduce_motion", 1), ("speed", "fast"), ("speed_unit", 4), ("geometry", 5),
     ("docks", []), ("docks", {"digits": 4}), ("docks", {"digits": "%%%"})],
)  # fmt: skip
def test_one_wrong_value_costs_only_itself(tmp_path, field, value):
    path = tmp_path / "settings.json"
    path.write_bytes(content(**{field: value}))
    got, sentence = settings.load(path)
    assert sentence == ""
    expected = asdict(MINE) | {field: asdict(Settings())[field]}
    assert asdict(got) == expected


def test_settings_of_a_newer_version_are_read_as_far_as_they_are_known(tmp_path):
    path = tmp_path / "settings.json"
    path.write_bytes(content(version=settings.VERSION + 7, something_new={"a": 1}))
    assert settings.load(path) == (MINE, "")


def test_a_folder_in_the_way_or_one_that_can_not_be_written_stops_nothing(tmp_path, caplog):
    folder = tmp_path / "settings.json"
    folder.mkdir()
    got, sentence = settings.load(folder)
    assert got == Settings()
    assert "can't be read" in sentence
    with caplog.at_level(logging.WARNING):
        settings.save(folder, MINE)
    assert "not saved" in caplog.text
    (tmp_path / "file").write_text("in the way")
    settings.save(tmp_path / "file" / "settings.json", MINE)
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_damaged_file_that_can_not_be_renamed_is_said_without_a_name(tmp_path, monkeypatch):
    path = tmp_path / "settings.json"
    path.write_bytes(b"{")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(settings.os, "replace", refuse)
    got, sentence = settings.load(path)
    assert got == Settings()
    assert "damaged" in sentence
    assert ".bad" not in sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.fixed_dictionaries({}, optional=dict.fromkeys([*asdict(MINE), "version"], JSON)))
@example(values={"page": "\ud800", "docks": {"\ud800": "\ud800"}})
def test_whatever_the_types_settings_come_back(tmp_path, values):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 1} | values))
    got, _ = settings.load(path)
    assert {name: type(value) for name, value in asdict(got).items()} == {
        name: type(value) for name, value in asdict(Settings()).items()
    }
    settings.save(path, got)
    assert settings.load(path)[0] == got


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(content()) - 1), byte=st.integers(0, 255))
def test_whatever_the_byte_settings_come_back(tmp_path, place, byte):
    path = tmp_path / "settings.json"
    raw = bytearray(content())
    raw[place] = byte
    path.write_bytes(raw)
    got, sentence = settings.load(path)
    assert isinstance(got, Settings)
    assert bool(sentence) == (not path.exists())


def test_places_follow_the_platform_and_keep_one_file_for_each_document(tmp_path):
    places = Places.of_platform()
    assert places.settings.name == "settings.json"
    assert "neuroloom" in str(places.settings)
    assert Places(tmp_path / "s.json", tmp_path).session("digits") == tmp_path / "last-digits.json"


def test_qt_bytes_survive_as_text():
    assert settings.decode(settings.encode(bytes(range(256)))) == bytes(range(256))
    assert settings.decode("not base64 at all") == b""
    assert settings.decode("ä") == b""


def test_set_aside_replaces_an_older_bad_file(tmp_path):
    path = tmp_path / "last-digits.json"
    for text in ("first", "second"):
        path.write_text(text)
        assert settings.set_aside(path) == Path(tmp_path / "last-digits.json.bad")
    assert (tmp_path / "last-digits.json.bad").read_text() == "second"
    assert settings.set_aside(tmp_path / "absent") is None
