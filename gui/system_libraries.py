"""The shared libraries that Qt expects of a Linux system: which are missing, and how to get them.

Run as ``python -m gui.system_libraries [PLATFORM]`` before the window starts. Standard library only: this is the module
that explains why Qt cannot be imported, so it must not need Qt.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

Packages = dict[str, tuple[str, ...]]
"""soname -> Debian packages that hold it, the newest name first (the ``t64`` ones came with Debian 13, Ubuntu 24.04)."""

# What `objdump -p` names as NEEDED in the wheel's QtWidgets and platform plugins, less what the wheel carries itself.
BASE: Packages = {
    "libEGL.so.1": ("libegl1",),
    "libGL.so.1": ("libgl1",),
    "libX11.so.6": ("libx11-6",),
    "libdbus-1.so.3": ("libdbus-1-3",),
    "libfontconfig.so.1": ("libfontconfig1",),
    "libfreetype.so.6": ("libfreetype6",),
    "libglib-2.0.so.0": ("libglib2.0-0t64", "libglib2.0-0"),
    "libgthread-2.0.so.0": ("libglib2.0-0t64", "libglib2.0-0"),
    "libxkbcommon.so.0": ("libxkbcommon0",),
    "libzstd.so.1": ("libzstd1",),
    "libz.so.1": ("zlib1g",),
    "libstdc++.so.6": ("libstdc++6",),
    "libgcc_s.so.1": ("libgcc-s1",),
}
XCB: Packages = {
    "libX11-xcb.so.1": ("libx11-xcb1",),
    "libxcb.so.1": ("libxcb1",),
    "libxcb-cursor.so.0": ("libxcb-cursor0",),
    "libxcb-icccm.so.4": ("libxcb-icccm4",),
    "libxcb-image.so.0": ("libxcb-image0",),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1",),
    "libxcb-randr.so.0": ("libxcb-randr0",),
    "libxcb-render-util.so.0": ("libxcb-render-util0",),
    "libxcb-render.so.0": ("libxcb-render0",),
    "libxcb-shape.so.0": ("libxcb-shape0",),
    "libxcb-shm.so.0": ("libxcb-shm0",),
    "libxcb-sync.so.1": ("libxcb-sync1",),
    "libxcb-util.so.1": ("libxcb-util1",),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0",),
    "libxcb-xkb.so.1": ("libxcb-xkb1",),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0",),
}
WAYLAND: Packages = {
    "libwayland-client.so.0": ("libwayland-client0",),
    "libwayland-cursor.so.0": ("libwayland-cursor0",),
}
_PLUGINS: dict[str, Packages] = {"offscreen": {}, "minimal": {}, "xcb": XCB, "wayland": WAYLAND}


def platforms(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The platform plugins Qt will try, best first; ``("offscreen",)`` when there is no display.

    >>> platforms({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"})
    ('wayland', 'xcb')
    """
    if chosen := environment.get("QT_QPA_PLATFORM"):
        return tuple(name.split(":")[0].removesuffix("-egl") for name in chosen.split(";"))
    displays = (("wayland", "WAYLAND_DISPLAY"), ("xcb", "DISPLAY"))
    return tuple(name for name, variable in displays if environment.get(variable)) or ("offscreen",)


def loads(soname: str) -> bool:
    """True when the loader finds the library and all it needs."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing(names: Sequence[str], present: Callable[[str], bool] = loads) -> Packages:
    """What Qt lacks to come up on the first of the plugins ``names`` that could work; empty when one does.

    When several plugins lack something, the last is reported: X11 libraries serve Wayland desktops too.
    """
    lacking = {soname: packages for soname, packages in BASE.items() if not present(soname)}
    plugin: Packages = {}
    for name in names:
        plugin = {soname: packages for soname, packages in _PLUGINS.get(name, {}).items() if not present(soname)}
        if not plugin:
            break
    return lacking | plugin


def choose(packages: Packages, available: Callable[[str], bool]) -> list[str]:
    """The package of each library, without repetition: the first name that the system knows, else the oldest.

    The oldest name is safe where nothing is known: the ``t64`` package provides it.
    """
    chosen = [next((name for name in names if available(name)), names[-1]) for names in packages.values()]
    return sorted(set(chosen))


def install_line(packages: Packages, available: Callable[[str], bool], tools: Sequence[str]) -> str:
    """One line for a person to run, for the package managers ``tools`` that are there; else a sentence naming the files."""
    if "apt-get" in tools:
        return "sudo apt-get install " + " ".join(choose(packages, available))
    if "dnf" in tools:
        return "sudo dnf install " + " ".join(f"'{soname}()(64bit)'" for soname in packages)
    return "Install the system libraries " + ", ".join(packages) + " with your package manager."


def sentence(packages: Packages) -> str:
    """What is missing and the line that brings it."""
    tools = [tool for tool in ("apt-get", "dnf") if shutil.which(tool)]
    line = install_line(packages, _apt_knows, tools)
    names = ", ".join(packages)
    if not tools:
        return f"Qt cannot start. {line}\n"
    return f"Qt cannot start without {names}. Run:  {line}\n"


def _apt_knows(package: str) -> bool:
    """True when apt lists a version of ``package`` to install (a merely provided name has none)."""
    try:
        command = ["apt-cache", "show", "--no-all-versions", package]
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install(packages: Packages) -> None:
    """Ask apt for them, as root. A failure is not raised: what counts is whether the libraries load afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}

    def apt_get(*arguments: str) -> None:
        command = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *arguments]
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)

    apt_get("update")
    apt_get("install", "-y", "--no-install-recommends", *choose(packages, _apt_knows))  # names known only now


def is_root() -> bool:
    """True when packages can be installed without asking anyone."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def main(arguments: Sequence[str]) -> int:
    """Check, install where that is possible, else say what to run. Exit code 1 when Qt still cannot start."""
    if not sys.platform.startswith("linux"):
        return 0
    names = tuple(arguments) or platforms(os.environ)
    packages = missing(names)
    if packages and is_root() and shutil.which("apt-get"):
        sys.stderr.write(f"Installing the system libraries that Qt needs: {', '.join(packages)}\n")
        sys.stderr.flush()
        _install(packages)
        packages = missing(names)
    if packages:
        sys.stderr.write(sentence(packages))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
