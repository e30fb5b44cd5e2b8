"""How long a person waits: from the start of the process to the first painted window."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.harness import figure

GROUP = "start"
ROOT = Path(__file__).parents[2]
RUNS = 5


def seconds_to_window(cache: str) -> float:
    """One start, on a disk that the start before has warmed, compiled modules in the folder ``cache`` included."""
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=cache)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.first_paint"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    painted = re.search(r"painted at ([\d.]+)", done.stdout)
    if painted is None:
        raise RuntimeError(f"no window was painted (exit code {done.returncode}):\n{done.stdout}{done.stderr}")
    return float(painted[1]) - start


@figure("start.window_ms", at_most=2000, unit="ms")
def window() -> float:
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-") as cache:
        seconds_to_window(cache)
        return 1000 * statistics.median(seconds_to_window(cache) for _ in range(RUNS))
