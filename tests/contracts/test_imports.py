"""The directions of the architecture, read off the source of every module; and each rule against code that breaks it."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
import textwrap
from pathlib import Path, PurePosixPath

import pytest

from tests.contracts import rules

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"build", "dist", "tour", "__pycache__", "node_modules"}


def python_files() -> list[PurePosixPath]:
    """Every Python file of the project, relative to its root; hidden folders (.venv, .git) are not looked into."""
    found = []
    for top in ROOT.iterdir():
        if top.name.startswith(".") or top.name in NOT_OURS:
            continue
        files = [top] if top.suffix == ".py" else top.rglob("*.py")
        found += [PurePosixPath(file.relative_to(ROOT).as_posix()) for file in files if "__pycache__" not in file.parts]
    return sorted(found)


FILES = python_files()


@functools.cache
def breaches() -> dict[str, list[str]]:
    """By the name of each rule, what breaks it. Every file is parsed once for all rules, and none is kept."""
    found: dict[str, list[str]] = {rule.__name__: [] for rule in rules.RULES}
    for path in FILES:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for rule in rules.RULES:
            found[rule.__name__] += rule(tree, path)
    return found


def test_the_project_was_found():
    assert {PurePosixPath("main.py"), PurePosixPath("engine/spec.py"), PurePosixPath("gui/theme.py")} <= set(FILES)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule):
    broken = breaches()[rule.__name__]
    assert not broken, "\n".join(broken)


def test_code_lies_only_in_the_four_folders():
    assert rules.stray_code(FILES) == []


BREACHES = [
    (rules.engine_is_numpy_only, "engine/x.py", "from PySide6.QtCore import QObject"),
    (rules.engine_is_numpy_only, "engine/x.py", "import pyqtgraph as pg"),
    (rules.engine_is_numpy_only, "engine/x.py", "from gui.theme import LIGHT"),
    (rules.engine_is_numpy_only, "engine/x.py", "import main"),
    (rules.engine_is_numpy_only, "engine/x.py", "from resources import path"),
    (rules.engine_is_numpy_only, "engine/x.py", "import scipy.special"),
    (rules.engine_is_numpy_only, "engine/x.py", "from numba import njit"),
    (rules.engine_is_numpy_only, "engine/x.py", "from engine import kernels"),
    (rules.engine_is_numpy_only, "engine/x.py", "from engine.estimator import NeuralNetworkClassifier"),
    (rules.engine_is_numpy_only, "engine/x.py", "def f():\n    from scipy.optimize import minimize"),
    (rules.engine_is_numpy_only, "engine/optimizers/lbfgs.py", "from scipy.optimize import minimize"),
    (rules.engine_is_numpy_only, "engine/data.py", "from sklearn.datasets import load_digits"),
    (rules.engine_is_numpy_only, "engine/x.py", "from .sub import name"),
    (rules.engine_is_numpy_only, "engine/x.py", "def f():\n    import threading"),
    (rules.direction_of_gui, "gui/x.py", "import main"),
    (rules.direction_of_gui, "gui/x.py", "from tests import guards"),
    (rules.direction_of_gui, "resources/__init__.py", "from gui import theme"),
    (rules.panels_stand_alone, "gui/panels/a.py", "from gui.panels.b import B"),
    (rules.panels_stand_alone, "gui/panels/a.py", "from gui.panels import b"),
    (rules.panels_stand_alone, "gui/panels/a.py", "import gui.runner"),
    (rules.panels_stand_alone, "gui/panels/a.py", "from gui.pages.playground import Playground"),
    (rules.panels_stand_alone, "gui/panels/a.py", "from PySide6.QtCore import QThread"),
    (rules.panels_stand_alone, "gui/panels/a.py", "import threading"),
    (rules.threads_only_in_runner, "gui/app.py", "from PySide6.QtCore import QThread"),
    (rules.threads_only_in_runner, "gui/app.py", "from PySide6 import QtCore\nt = QtCore.QThread()"),
    (rules.threads_only_in_runner, "engine/x.py", "pool = QThreadPool.globalInstance()"),
    (rules.no_qsettings, "gui/settings.py", "from PySide6.QtCore import QSettings"),
    (rules.no_qsettings, "main.py", "QtCore.QSettings('a', 'b')"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "c = QColor('#ff8800')"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "c = QColor(255, 128, 0)"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "c = QtGui.QColor('red')"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "c = '#08f'"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "w.setStyleSheet('color: #ff8800; margin: 2px')"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "w.setStyleSheet(f'color: rgb(1, 2, {b})')"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "c = Qt.red"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "c = Qt.GlobalColor.darkBlue"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "pen = pg.mkPen('r', width=2)"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "pen = pg.mkPen(color=(1, 2, 3))"),
    (rules.colors_only_in_theme, "gui/panels/a.py", "c = QColor.fromHsvF(0.1, 0.2, hue)"),
    (rules.no_lambda_across_threads, "gui/runner.py", "worker.failed.connect(lambda e: show(e))"),
    (rules.no_lambda_across_threads, "gui/runner.py", "worker.failed.connect(partial(show, 1))"),
    (rules.no_lambda_across_threads, "gui/runner.py", "worker.failed.connect(functools.partial(show, 1))"),
    (rules.no_code_from_data, "engine/files.py", "import pickle"),
    (rules.no_code_from_data, "gui/x.py", "from joblib import load"),
    (rules.no_code_from_data, "gui/x.py", "eval(text)"),
    (rules.no_code_from_data, "gui/x.py", "exec(text)"),
    (rules.no_code_from_data, "engine/x.py", "np.load(path, allow_pickle=True)"),
]


@pytest.mark.parametrize(
    ("rule", "path", "code"), BREACHES, ids=lambda value: getattr(value, "__name__", str(value))[:60]
)
def test_the_rule_catches(rule, path, code):
    assert rule(ast.parse(code), PurePosixPath(path))


ALLOWED = [
    ("engine/optimizers/lbfgs.py", "def f():\n    from scipy.optimize import minimize"),
    ("engine/x.py", "import numpy as np\nfrom engine.spec import DataSpec\nimport json, math, importlib.resources"),
    (
        "gui/panels/a.py",
        "from gui.panels.base import Panel\nfrom gui.graphics.edges import draw\nfrom engine.spec import plan",
    ),
    (
        "gui/panels/a.py",
        "pen = QPen(theme.positive, 2)\nc = QColor(theme.line)\nx = mkPen(theme.line, width=2)\nQt.transparent",
    ),
    ("gui/panels/a.py", '"""Fixes #123456 of someone else."""\nlabel = "Sample #12"'),
    ("gui/panels/a.py", "button.clicked.connect(lambda: self.emit())\nsys.exit(app.exec())"),
    ("gui/runner.py", "from PySide6.QtCore import QThread\nworker.failed.connect(self._on_failed)"),
    ("gui/theme.py", "LIGHT = QColor('#ffffff')"),
    ("engine/x.py", "np.load(path, allow_pickle=False)\npattern = re.compile('a')"),
]


@pytest.mark.parametrize(("path", "code"), ALLOWED)
def test_the_rules_let_pass(path, code):
    assert [breach for rule in rules.RULES for breach in rule(ast.parse(code), PurePosixPath(path))] == []


def test_a_stray_folder_is_caught():
    stray = [PurePosixPath("scripts/make.py"), PurePosixPath("setup.py"), PurePosixPath("engine/spec.py")]
    assert len(rules.stray_code(stray)) == 2


def test_the_engine_and_its_digits_load_nothing_else():
    """What the AST cannot see: importing by name, reading the digits out of scikit-learn's folder."""
    code = """
        import importlib, pkgutil, sys
        import engine
        for module in pkgutil.walk_packages(engine.__path__, "engine."):
            if module.name not in ("engine.estimator", "engine.kernels"):
                importlib.import_module(module.name)
        from engine.datasets import DATASETS
        import numpy as np
        x, y = DATASETS["digits"]().make(np.random.default_rng(0))
        assert x.shape == (1797, 64), x.shape
        loaded = {name.split(".")[0] for name in sys.modules}
        print(*sorted(loaded & {"sklearn", "scipy", "numba", "PySide6", "pyqtgraph", "gui", "main", "resources", "joblib"}))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
