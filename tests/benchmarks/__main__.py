"""``python -m tests.benchmarks [GROUP ...]``: measures, prints a table, writes ``bench.json``.

Every ``bench_*.py`` runs in a process of its own, so that one which crashes is reported and the others go on. With
groups named (or beginnings of figure names), only those run and their numbers join those already in the file. The exit
code tells whether all could be measured, not whether all targets are reached.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from tests import guards
from tests.benchmarks import harness

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUTPUT = ROOT / "bench.json"
MODULE_TIMEOUT_SECONDS = 600


def is_wanted(group: str, names: list[str], only: list[str]) -> bool:
    """True when the group, or the beginning of one of its figures, is asked for; everything is when nothing is."""
    return not only or group in only or any(name.startswith(start) for name in names for start in only)


def measure(module_name: str, only: list[str], into: Path) -> None:
    """In the child: run one module's benchmarks, leaving after each what is known so far in ``into``."""
    module = importlib.import_module(f"tests.benchmarks.{module_name}")
    known: list[dict[str, Any]] = []
    wanted = [f for f in harness.benchmarks_of(module) if is_wanted(module.GROUP, _names(f), only)]
    for function in wanted:
        known += [vars(figure) | {"reached": None} for figure in harness.figures_of(function)]
    into.write_text(json.dumps(known), encoding="utf-8")
    for function in wanted:
        numbers: dict[str, harness.Reached] = {}
        try:
            numbers |= harness.run(function)
        except harness.Skipped as reason:
            numbers = dict.fromkeys(_names(function), str(reason))
        except Exception:
            sys.stderr.write(f"{module_name}.{getattr(function, '__name__', '')} failed:\n{traceback.format_exc()}\n")
            continue
        for row in known:
            row["reached"] = numbers.get(row["name"], row["reached"])
        into.write_text(json.dumps(known), encoding="utf-8")


def _names(function: harness.Benchmark) -> list[str]:
    return [figure.name for figure in harness.figures_of(function)]


def measure_apart(module_name: str, only: list[str], folder: Path) -> dict[harness.Figure, harness.Reached]:
    """Run one module in a process of its own; what it did not get to is None."""
    into = folder / f"{module_name}.json"
    home = folder / module_name
    environment = dict(os.environ)
    guards.isolate(environment, home)
    guards.one_blas_thread(environment)
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, "-m", "tests.benchmarks", "--measure", module_name, str(into), *only]
    try:
        code = subprocess.run(
            command, cwd=ROOT, env=environment, timeout=MODULE_TIMEOUT_SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        code = f"still running after {MODULE_TIMEOUT_SECONDS} s"
    if code != 0:
        sys.stderr.write(f"{module_name} ended with {code}\n")
    if not into.exists():
        return {harness.Figure(module_name): None}
    rows = json.loads(into.read_text(encoding="utf-8"))
    return {harness.Figure(row["name"], row["at_most"], row["at_least"], row["unit"]): row["reached"] for row in rows}


def write(results: dict[harness.Figure, harness.Reached], path: Path, merge: bool) -> None:
    """name -> number, flat; what was skipped or could not be measured is left out."""
    numbers: dict[str, float] = {}
    if merge and path.exists():
        numbers = json.loads(path.read_text(encoding="utf-8"))
    for figure, reached in results.items():
        numbers.pop(figure.name, None)
        if isinstance(reached, float):
            # A tiny number keeps its figures: 2e-11 is not nothing.
            numbers[figure.name] = round(reached, 4) if abs(reached) >= 0.001 else float(f"{reached:.4g}")
    path.write_text(json.dumps(dict(sorted(numbers.items())), indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Measure what is asked for. Exit code 1 when something could not be measured, or nothing is called that."""
    if arguments[:1] == ["--measure"]:
        measure(arguments[1], arguments[3:], Path(arguments[2]))
        return 0
    only = [part for argument in arguments for part in argument.split(",") if part]
    results: dict[harness.Figure, harness.Reached] = {}
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        for path in sorted(HERE.glob("bench_*.py")):
            results |= measure_apart(path.stem, only, Path(folder))
    if not results:
        sys.stderr.write(f"no benchmark is called {' or '.join(only)}\n")
        return 1
    write(results, OUTPUT, merge=bool(only))
    sys.stdout.write(harness.report(results))
    return int(any(reached is None for reached in results.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
