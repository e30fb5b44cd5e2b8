"""Starts Neuroloom: arguments, environment (before NumPy loads), crash log, then over to ``gui.app``.

Whatever is wrong with the machine is said here in one sentence, not as a traceback. Qt and NumPy are imported last, so
that ``--version`` and ``--help`` answer at once and without them.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import faulthandler
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TextIO

import engine

MINIMUM_PYTHON = (3, 11)
TOUR_FOLDER = "build/tour"
NEEDED = ("numpy", "PySide6", "pyqtgraph", "sklearn", "platformdirs")
NEEDED_BY_WORKERS = ("numpy", "platformdirs", "optuna", "cmaes", "safetensors")
WITHOUT_MAKE = 'uv run --no-project --python ">=3.11" --with-requirements requirements.lock main.py'


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line: ``file``, ``tour``, ``reset_settings``."""
    parser = argparse.ArgumentParser(
        prog="main.py", description="Neuroloom: watch a neural network learn.",
        epilog="`main.py worker --help`: train trials of the tuner in this process, on this machine or many.",
    )  # fmt: skip
    parser.add_argument("file", nargs="?", metavar="FILE", help="an experiment (JSON) to open")
    parser.add_argument(
        "--tour", metavar="OUT", help="train, draw and take pictures without a person, into the folder OUT"
    )
    parser.add_argument("--reset-settings", action="store_true", help="start with the window as it first was")
    parser.add_argument("--version", action="version", version=f"Neuroloom {engine.__version__}")
    return parser.parse_args(arguments)


def python_problem(version: tuple[int, ...]) -> str | None:
    """Why this Python will not do, or None."""
    if version >= MINIMUM_PYTHON:
        return None
    found = ".".join(map(str, version[:3]))
    return f"Neuroloom needs Python {'.'.join(map(str, MINIMUM_PYTHON))} or newer; this is {found}."


def packages_problem(is_there: Callable[[str], bool], needed: Sequence[str] = NEEDED) -> str | None:
    """The one line to run when a package is missing, or None."""
    lacking = [name for name in needed if not is_there(name)]
    if not lacking:
        return None
    return f"Neuroloom needs its packages ({', '.join(lacking)} missing): run `make run`, or without make `{WITHOUT_MAKE}`."


def pyside_problem(pyside: str, python: tuple[int, ...]) -> str | None:
    """Why this PySide6 would abort on this Python, or None.

    PySide6 6.12 drops a reference of None with each call that returns nothing. From Python 3.12 on None is immortal;
    before, the process dies of it within seconds.
    """
    if not pyside.startswith("6.12.") or python >= (3, 12):
        return None
    return (
        f"PySide6 {pyside} aborts on Python {python[0]}.{python[1]}: "
        "run `make run`, or install a sound one with `pip install 'PySide6-Essentials<6.12'`."
    )


def x_server_answers() -> bool:
    """False when DISPLAY leads nowhere (a stale variable), where Qt would abort. True when that cannot be told."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    answers: bool = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return answers


def without_display(
    environment: Mapping[str, str], platform: str, answers: Callable[[], bool] = x_server_answers
) -> bool:
    """True when no window can be opened here: a Linux with no display that works, and no platform asked for by name."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM") or environment.get("WAYLAND_DISPLAY"):
        return False
    return not (environment.get("DISPLAY") and answers())


def set_environment(environment: dict[str, str] | os._Environ[str] = os.environ) -> None:
    """One BLAS thread, unless the person says otherwise: more slow small matrices down and take the window's core.

    Must run before NumPy is imported; afterwards it has no effect.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.setdefault(name, "1")


def open_crash_log(folder: str | Path) -> TextIO | None:
    """Let a native crash leave its stacks in ``folder/crash.log``. None where nothing can be written.

    The file stays open as long as the process lives: faulthandler holds it.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        log = open(Path(folder) / "crash.log", "a", encoding="utf-8")  # noqa: SIM115 - see the docstring
    except OSError:
        if sys.stderr is not None:
            faulthandler.enable()
        return None
    faulthandler.enable(log)
    return log


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _pyside_version() -> str:
    for name in ("PySide6-Essentials", "PySide6"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return ""


def _libraries_problem(environment: Mapping[str, str]) -> str | None:
    """What Linux lacks for Qt, as a line to run, or None."""
    if not sys.platform.startswith("linux"):
        return None
    from gui import system_libraries

    lacking = system_libraries.missing(system_libraries.platforms(environment))
    return system_libraries.sentence(lacking) if lacking else None


def _problem() -> str | None:
    return (
        python_problem(sys.version_info[:3])
        or packages_problem(_is_installed)
        or pyside_problem(_pyside_version(), sys.version_info[:3])
        or _libraries_problem(os.environ)
    )


def worker(arguments: Sequence[str]) -> int:
    """Train trials of a study of the tuner (gui/tuning/worker.py); no window, and no Qt. The exit code."""
    lacking = packages_problem(_is_installed, NEEDED_BY_WORKERS)
    if problem := python_problem(sys.version_info[:3]) or lacking:
        sys.stderr.write(problem + "\n")
        return 1
    set_environment()
    from gui.tuning.worker import main as work

    return int(work(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Neuroloom. The exit code: 0, or 1 when it cannot start or a stage of the tour failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["worker"]:
        return worker(arguments[1:])
    options = parse(arguments)
    headless = without_display(os.environ, sys.platform)
    if headless:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if problem := _problem():
        sys.stderr.write(problem.rstrip() + "\n")
        return 1
    tour_instead = headless and options.tour is None
    if tour_instead:
        options.tour = TOUR_FOLDER
        sys.stdout.write("There is no display here, so Neuroloom runs its headless tour instead of opening a window.\n")
        sys.stdout.flush()
    set_environment()

    import platformdirs

    open_crash_log(platformdirs.user_log_dir("neuroloom", appauthor=False))

    from gui.app import run

    code = run(file=options.file, tour=options.tour, reset_settings=options.reset_settings)
    if tour_instead:
        sys.stdout.write(f"The pictures are in {Path(options.tour).resolve()}\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
