"""Starting: the command line answers at once, and whatever is missing is one sentence."""

from __future__ import annotations

import faulthandler
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import engine
import main
from gui import system_libraries

ROOT = Path(main.__file__).parent
LATER = {"numpy", "PySide6", "pyqtgraph", "sklearn", "scipy", "platformdirs", "gui"}


def python(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_version():
    done = python("main.py", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"Neuroloom {engine.__version__}\n", "")
    assert re.fullmatch(r"\d+\.\d+\.\d+", engine.__version__)


def test_help_names_every_argument():
    done = python("main.py", "--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("FILE", "--tour", "--reset-settings", "--version"))


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_quick_answers_load_neither_numpy_nor_qt(argument):
    code = f"""
import sys, main
try:
    main.main(["{argument}"])
except SystemExit:
    pass
print("loaded:", *sorted({{name.split(".")[0] for name in sys.modules}} & {LATER!r}))
"""
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


def test_quick_answers_are_quick():
    best = 10.0
    for _ in range(3):
        start = time.perf_counter()
        python("main.py", "--version")
        best = min(best, time.perf_counter() - start)
    assert best < 1.0


def test_without_packages_one_line_says_what_to_run():
    done = python("-S", "main.py", env=os.environ | {"PYTHONPATH": "", "QT_QPA_PLATFORM": "offscreen"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "`make run`" in done.stderr
    assert "`uv run" in done.stderr


def test_an_unknown_argument_is_refused():
    done = python("main.py", "--nonsense")
    assert done.returncode == 2
    assert "--nonsense" in done.stderr


def test_the_arguments_reach_the_program():
    options = main.parse(["a.json", "--tour", "out", "--reset-settings"])
    assert (options.file, options.tour, options.reset_settings) == ("a.json", "out", True)
    assert vars(main.parse([])) == {"file": None, "tour": None, "reset_settings": False}


@pytest.mark.parametrize(
    ("version", "good"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 15, 1), True), ((4, 0, 0), True)]
)
def test_python_versions(version, good):
    problem = main.python_problem(version)
    assert (problem is None) == good
    assert good or "3.10.9" in problem


@pytest.mark.parametrize(
    ("pyside", "python_version", "good"),
    [
        ("6.12.0", (3, 11, 7), False),
        ("6.12.1", (3, 10, 1), False),
        ("6.12.0", (3, 12, 0), True),
        ("6.11.3", (3, 11, 7), True),
        ("6.10.0", (3, 11, 7), True),
        ("6.1.2", (3, 11, 7), True),
        ("", (3, 11, 7), True),
    ],
)
def test_the_pyside_that_aborts_is_refused(pyside, python_version, good):
    problem = main.pyside_problem(pyside, python_version)
    assert (problem is None) == good
    assert good or (pyside in problem and "make run" in problem and "\n" not in problem)


def test_missing_packages_are_named():
    assert main.packages_problem(lambda name: True) is None
    problem = main.packages_problem(lambda name: name != "pyqtgraph")
    assert "pyqtgraph missing" in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("environment", "platform", "answers", "headless"),
    [
        ({}, "linux", True, True),
        ({"DISPLAY": ""}, "linux", True, True),
        ({"DISPLAY": ":0"}, "linux", True, False),
        ({"DISPLAY": ":0"}, "linux", False, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False, False),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", False, False),
        ({}, "darwin", False, False),
        ({}, "win32", False, False),
    ],
)
def test_when_there_is_no_display(environment, platform, answers, headless):
    assert main.without_display(environment, platform, lambda: answers) is headless


@pytest.mark.skipif(not system_libraries.loads("libxcb.so.1"), reason="libxcb is not installed")
def test_a_display_that_leads_nowhere_does_not_answer(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4096")
    assert main.x_server_answers() is False


STUB = """
import sys, types
stub = types.ModuleType("gui.app")
def run(**arguments):
    import os
    print("run", sorted(arguments.items()), os.environ.get("QT_QPA_PLATFORM"), os.environ["OPENBLAS_NUM_THREADS"],
          "numpy" in sys.modules)
    return {code}
stub.run = run
sys.modules["gui.app"] = stub
import main
sys.exit(main.main({arguments!r}))
"""


def bare_environment(**more: str) -> dict[str, str]:
    gone = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "OPENBLAS_NUM_THREADS")
    return {name: value for name, value in os.environ.items() if name not in gone} | more


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
class TestWithoutDisplay:
    @pytest.mark.parametrize("code", [0, 1])
    def test_the_tour_runs_instead_and_says_where_its_pictures_are(self, code):
        done = python("-c", STUB.format(code=code, arguments=[]), env=bare_environment())
        lines = done.stdout.splitlines()
        assert done.returncode == code, done.stderr
        assert "no display" in lines[0]
        assert lines[1] == (
            f"run {[('file', None), ('reset_settings', False), ('tour', main.TOUR_FOLDER)]} offscreen 1 False"
        )
        assert lines[2] == f"The pictures are in {ROOT / main.TOUR_FOLDER}"

    def test_a_tour_that_was_asked_for_is_not_commented(self):
        done = python("-c", STUB.format(code=0, arguments=["--tour", "there"]), env=bare_environment())
        assert done.stdout.splitlines() == [
            f"run {[('file', None), ('reset_settings', False), ('tour', 'there')]} offscreen 1 False"
        ]

    def test_a_platform_by_name_is_respected(self):
        done = python("-c", STUB.format(code=0, arguments=["x.json"]), env=bare_environment(QT_QPA_PLATFORM="minimal"))
        assert done.stdout.splitlines() == [
            f"run {[('file', 'x.json'), ('reset_settings', False), ('tour', None)]} minimal 1 False"
        ]


def test_blas_gets_one_thread_unless_told_otherwise():
    environment = {"OMP_NUM_THREADS": "4"}
    main.set_environment(environment)
    assert environment == {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": "1"}


@pytest.fixture
def crash_handler():
    """pytest has a crash handler of its own, which is given back its place."""
    yield
    faulthandler.enable()


def test_a_native_crash_leaves_its_stack(tmp_path):
    code = f"import main, faulthandler; main.open_crash_log({str(tmp_path / 'logs')!r}); faulthandler._sigsegv()"
    done = python("-c", code)
    assert done.returncode != 0
    assert "Segmentation fault" in (tmp_path / "logs" / "crash.log").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_does_not_stop_the_start(tmp_path, crash_handler):
    (tmp_path / "file").write_text("in the way")
    assert main.open_crash_log(tmp_path / "file" / "logs") is None
