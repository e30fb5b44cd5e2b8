"""Missing shared libraries become one line that a person can run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

from gui import system_libraries as libraries


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ("offscreen",)),
        ({"DISPLAY": ":0"}, ("xcb",)),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ("wayland",)),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ("wayland", "xcb")),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, ("offscreen",)),
        ({"QT_QPA_PLATFORM": "wayland-egl;xcb:option"}, ("wayland", "xcb")),
    ],
)
def test_platforms(environment, expected):
    assert libraries.platforms(environment) == expected


def without(*gone):
    return lambda soname: soname not in gone


def test_nothing_is_missing_where_everything_loads():
    assert libraries.missing(("xcb",), without()) == {}


def test_offscreen_needs_no_x11_plugin_libraries():
    assert libraries.missing(("offscreen",), without(*libraries.XCB)) == {}
    assert set(libraries.missing(("xcb",), without("libxcb-cursor.so.0"))) == {"libxcb-cursor.so.0"}


def test_every_platform_needs_the_base():
    for platform in ("offscreen", "minimal", "xcb", "wayland", "unheard-of"):
        assert set(libraries.missing((platform,), without("libEGL.so.1"))) == {"libEGL.so.1"}


def test_one_working_platform_is_enough():
    assert libraries.missing(("wayland", "xcb"), without(*libraries.WAYLAND)) == {}
    both = without("libwayland-client.so.0", "libxcb-cursor.so.0")
    assert set(libraries.missing(("wayland", "xcb"), both)) == {"libxcb-cursor.so.0"}


def test_the_package_name_that_the_system_knows_is_chosen():
    packages = {soname: libraries.BASE[soname] for soname in ("libglib-2.0.so.0", "libgthread-2.0.so.0", "libEGL.so.1")}
    assert libraries.choose(packages, lambda name: True) == ["libegl1", "libglib2.0-0t64"]
    assert libraries.choose(packages, lambda name: "t64" not in name) == ["libegl1", "libglib2.0-0"]
    assert libraries.choose(packages, lambda name: False) == ["libegl1", "libglib2.0-0"]


def test_the_line_fits_the_system():
    packages = {"libEGL.so.1": ("libegl1",), "libGL.so.1": ("libgl1",)}
    debian = libraries.install_line(packages, lambda name: True, ["apt-get"])
    assert debian == "sudo apt-get install libegl1 libgl1"
    fedora = libraries.install_line(packages, lambda name: True, ["dnf"])
    assert fedora == "sudo dnf install 'libEGL.so.1()(64bit)' 'libGL.so.1()(64bit)'"
    assert "libEGL.so.1, libGL.so.1" in libraries.install_line(packages, lambda name: True, [])


def test_without_rights_one_line_and_a_failure(monkeypatch, capsys):
    monkeypatch.setattr(libraries.sys, "platform", "linux")
    monkeypatch.setattr(libraries, "missing", lambda names: {"libEGL.so.1": ("libegl1",)})
    monkeypatch.setattr(libraries, "is_root", lambda: False)
    monkeypatch.setattr(libraries.shutil, "which", lambda tool: f"/usr/bin/{tool}" if tool == "apt-get" else None)
    monkeypatch.setattr(libraries, "_apt_knows", lambda package: True)
    assert libraries.main(["offscreen"]) == 1
    written = capsys.readouterr().err
    assert written == "Qt cannot start without libEGL.so.1. Run:  sudo apt-get install libegl1\n"


def test_root_gets_them_installed(monkeypatch, capsys):
    lacking = {"libEGL.so.1": ("libegl1",)}
    installed = []
    monkeypatch.setattr(libraries.sys, "platform", "linux")
    monkeypatch.setattr(libraries, "missing", lambda names: {} if installed else lacking)
    monkeypatch.setattr(libraries, "is_root", lambda: True)
    monkeypatch.setattr(libraries.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(libraries, "_install", installed.append)
    assert libraries.main([]) == 0
    assert installed == [lacking]


def test_elsewhere_there_is_nothing_to_do(monkeypatch):
    monkeypatch.setattr(libraries.sys, "platform", "darwin")
    monkeypatch.setattr(libraries, "missing", lambda names: pytest.fail("asked"))
    assert libraries.main([]) == 0


def test_it_runs_without_qt():
    code = "import sys, gui.system_libraries; print('PySide6' in sys.modules, 'numpy' in sys.modules)"
    root = Path(libraries.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "False"]


OF_LIBC = re.compile(r"(libc|libm|libdl|libpthread|libresolv|librt|ld-linux.*)\.so")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
def test_the_list_is_complete_for_the_wheel():
    """Every library that Qt's own files name and the wheel does not carry is listed, and nothing else is asked for."""
    folder = Path(PySide6.__file__).parent
    lib = folder / "Qt" / "lib"
    carried = {file.name for place in (lib, folder, folder.parent / "shiboken6") for file in place.glob("*.so*")}
    named = set()
    for name in ("Core", "Gui", "Widgets", "DBus", "Svg", "XcbQpa", "WaylandClient"):
        # The names stand as plain text in the file's table of strings.
        found = re.findall(rb"\0(lib[\w.+-]+\.so(?:\.\d+)+)(?=\0)", (lib / f"libQt6{name}.so.6").read_bytes())
        named |= {soname.decode() for soname in found} - carried
    listed = set(libraries.BASE | libraries.XCB | libraries.WAYLAND)
    assert {soname for soname in named if not OF_LIBC.match(soname)} == listed
