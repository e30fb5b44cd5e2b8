"""The rules of the house as functions of a parsed module: each returns one line for every breach it finds."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

Rule = Callable[[ast.Module, PurePosixPath], list[str]]

ALLOWED_TOP = frozenset({"engine", "gui", "resources", "tests"})
THREADS_AND_SOCKETS = frozenset(
    {
        "threading",
        "_thread",
        "concurrent",
        "asyncio",
        "tkinter",
        "socket",
        "socketserver",
        "ssl",
        "urllib",
        "http",
        "ftplib",
    }
)
THREAD_NAMES = frozenset({"QThread", "QThreadPool", "QRunnable"})
OBJECT_LOADERS = frozenset({"pickle", "_pickle", "joblib", "shelve", "marshal", "dill", "cloudpickle"})
COLOR_MAKERS = frozenset(
    {"QColor", "mkColor", "mkPen", "mkBrush", "intColor", "setNamedColor", "fromString",
     "fromRgb", "fromRgbF", "fromHsv", "fromHsvF", "fromHsl", "fromHslF", "setRgb", "setRgbF", "setHsv", "setHsl", "qRgb"}
)  # fmt: skip
QT_COLORS = frozenset(
    {"black", "white", "red", "green", "blue", "cyan", "magenta", "yellow", "gray", "darkRed", "darkGreen", "darkBlue",
     "darkCyan", "darkMagenta", "darkYellow", "darkGray", "lightGray"}
)  # fmt: skip
HEX_COLOR = re.compile(r"^#[0-9a-fA-F]{3,8}$|#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?\b|\brgba?\(\s*\d|\bhsla?\(\s*\d")


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every imported dotted name (``from a import b`` gives ``a.b``) with its line, wherever in the module it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def _within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def engine_is_numpy_only(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """The engine imports itself, NumPy and the standard library without threads and sockets."""
    if path.parts[0] != "engine":
        return []
    # Three may know more: the estimator's base class, L-BFGS, which is SciPy's and loads it when it is used, and the kernels,
    # which engine/compiled.py loads where Numba is installed.
    extra = {"estimator.py": {"sklearn"}, "kernels.py": {"numba"}}.get(path.name, set())
    if path == PurePosixPath("engine/optimizers/lbfgs.py"):
        extra = {"scipy"} if not _imports_at_the_top(tree, "scipy") else set()
    allowed = (sys.stdlib_module_names | {"numpy", "engine"} | extra) - THREADS_AND_SOCKETS
    return [
        f"{path}:{line}: the engine imports {name}"
        for name, line in imports(tree)
        if name.split(".")[0] not in allowed or _within(name, "engine.kernels", "engine.estimator")
    ]


def _imports_at_the_top(tree: ast.Module, package: str) -> bool:
    top = ast.Module([node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))], [])
    return any(_within(name, package) for name, _ in imports(top))


def direction_of_gui(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """The window knows the engine, never ``main``; resources know nobody."""
    forbidden = {"gui": ("main", "tests"), "resources": ("main", "tests", "gui", "engine"), "engine": ("main", "tests")}
    banned = forbidden.get(path.parts[0], ())
    return [f"{path}:{line}: imports {name}" for name, line in imports(tree) if _within(name, *banned)]


def panels_stand_alone(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """A panel imports no other panel but the base, no page, runner, document or window, and no thread."""
    if path.parts[:2] != ("gui", "panels") or path.name in ("__init__.py", "base.py"):
        return []
    found = []
    for name, line in imports(tree):
        other_panel = _within(name, "gui.panels") and not _within(name, "gui.panels.base")
        above = _within(
            name, "gui.pages", "gui.runner", "gui.worker", "gui.app", "gui.main_window", "gui.document", "threading"
        )
        thread = name.rsplit(".", 1)[-1] in THREAD_NAMES
        if other_panel or above or thread:
            found.append(f"{path}:{line}: a panel imports {name}")
    return found


def threads_only_in_runner(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """``gui/runner.py`` is the only file of the program that names a Qt thread."""
    if path.parts[0] == "tests" or path == PurePosixPath("gui/runner.py"):
        return []
    return [f"{path}:{line}: names {name}" for name, line in _names(tree) if name in THREAD_NAMES]


def no_qsettings(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """Settings are a readable JSON file of ours, not QSettings."""
    if path.parts[0] == "tests":
        return []
    return [f"{path}:{line}: names QSettings" for name, line in _names(tree) if name == "QSettings"]


def colors_only_in_theme(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """No colour is written down outside ``gui/theme.py``: hex texts, QColor of numbers or names, Qt's named colours."""
    if path.parts[0] not in ("gui", "main.py") or path == PurePosixPath("gui/theme.py"):
        return []
    found = []
    docstrings = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if HEX_COLOR.search(node.value):
                found.append((node.lineno, f"the colour text {node.value!r}"))
        elif isinstance(node, ast.Call) and _last_name(node.func) in COLOR_MAKERS:
            positional = [argument for argument in node.args if _is_color_value(argument)]
            keyword = [k for k in node.keywords if k.arg in ("color", "r", "g", "b") and _is_color_value(k.value)]
            if positional or keyword:
                found.append((node.lineno, f"a colour made by {_last_name(node.func)} from constants"))
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in QT_COLORS
            and _last_name(node.value) in ("Qt", "GlobalColor")
        ):
            found.append((node.lineno, f"the colour Qt.{node.attr}"))
    return [f"{path}:{line}: {what}" for line, what in found]


def no_lambda_across_threads(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """In the runner, signals are received by methods of QObjects: a lambda or partial would run in the sender's thread."""
    if str(path) not in ("gui/runner.py", "gui/worker.py"):
        return []
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("connect", "singleShot")
        ):
            for argument in [*node.args, *(k.value for k in node.keywords)]:
                is_partial = isinstance(argument, ast.Call) and _last_name(argument.func) in (
                    "partial",
                    "partialmethod",
                )
                if isinstance(argument, ast.Lambda) or is_partial:
                    found.append(f"{path}:{node.lineno}: a lambda or partial receives a signal")
    return found


def no_code_from_data(tree: ast.Module, path: PurePosixPath) -> list[str]:
    """Nothing that a file holds is ever run: no pickle and its kin, no eval or exec."""
    if path.parts[0] == "tests":
        return []
    found = [(line, f"imports {name}") for name, line in imports(tree) if name.split(".")[0] in OBJECT_LOADERS]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec", "compile", "__import__"):
            found.append((node.lineno, f"calls {node.func.id}"))
        for keyword in node.keywords:
            if keyword.arg == "allow_pickle" and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            ):
                found.append((node.lineno, "allows pickle"))
    return [f"{path}:{line}: {what}" for line, what in found]


RULES: tuple[Rule, ...] = (
    engine_is_numpy_only,
    direction_of_gui,
    panels_stand_alone,
    threads_only_in_runner,
    no_qsettings,
    colors_only_in_theme,
    no_lambda_across_threads,
    no_code_from_data,
)


def stray_code(paths: list[PurePosixPath]) -> list[str]:
    """Python files that lie in none of the folders the top level allows."""
    return [
        f"{path} is not in {', '.join(sorted(ALLOWED_TOP))}"
        for path in paths
        if path != PurePosixPath("main.py") and path.parts[0] not in ALLOWED_TOP
    ]


def _names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.name.rsplit(".", 1)[-1], node.lineno


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_color_value(node: ast.AST) -> bool:
    """A number or a text written down, or a tuple of them; None and booleans are no colours."""
    if isinstance(node, ast.Tuple):
        return any(_is_color_value(element) for element in node.elts)
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float, str))
        and not isinstance(node.value, bool)
    )


def _docstrings(tree: ast.Module) -> set[int]:
    """Identities of the nodes that are documentation: a text alone as a statement."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
