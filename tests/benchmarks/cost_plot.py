"""``python -m tests.benchmarks.cost_plot``: how the cost of a step grows, as two pictures for docs/performance.md.

Over the number of parameters (networks of 4h-2h-h-10, mini-batches of 32) and over the batch size (784-128-64-10); ours,
scikit-learn, and PyTorch where it is installed, on one thread each. It takes three minutes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests import guards

# At import, because NumPy reads it once.
guards.one_blas_thread(os.environ)

import numpy as np  # noqa: E402

from tests.benchmarks.peers import Task, is_installed, seconds_a_step, task, threads  # noqa: E402
from tests.benchmarks.svg import Line, plot  # noqa: E402

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
NAMES = {
    "ours": "Neuroloom, NumPy",
    "compiled": "Neuroloom, compiled",
    "sklearn": "scikit-learn",
    "torch": "PyTorch",
}
ROUNDS, PASSES = 3, 5
HEIGHTS = (2, 4, 10, 18, 32, 56, 100, 178, 316, 562, 1000)
BATCH_SIZES = tuple(2**e for e in range(11))


def cost(points: list[tuple[float, Task]], unit: str) -> dict[str, Line]:
    """(x, µs a step) of each side, the quickest of the rounds; in a table on the way."""
    sides = list(filter(is_installed, NAMES))
    lines: dict[str, list[tuple[float, float]]] = {NAMES[side]: [] for side in sides}
    # Over all points again and again: a slow minute of the machine then bends no part of a curve.
    with threads(1):
        passes = [[seconds_a_step(at, sides, ROUNDS) for _, at in points] for _ in range(PASSES)]
    sys.stdout.write(f"{unit:>12}" + "".join(f"{name:>22}" for name in lines) + "\n")
    for i, (x, _) in enumerate(points):
        row = [1e6 * min(float(np.min(taken[i][side])) for taken in passes) for side in sides]
        for line, y in zip(lines.values(), row, strict=True):
            line.append((x, y))
        sys.stdout.write(f"{x:12,.0f}" + "".join(f"{y:19,.1f} µs" for y in row) + "\n")
    return lines


def by_parameters() -> list[tuple[float, Task]]:
    points: list[tuple[float, Task]] = []
    for h in HEIGHTS:
        at = task(4 * h, (2 * h, h), 10, 32, max(min(100, 3000 // h), 4), "relu")
        points.append((at.spec.n_parameters, at))
    return points


def by_batch_size() -> list[tuple[float, Task]]:
    return [(size, task(784, (128, 64), 10, size, max(min(100, 6400 // size), 8), "relu")) for size in BATCH_SIZES]


def main() -> None:
    """Measure and write both pictures."""
    parameters = cost(by_parameters(), "parameters")
    text = plot("A training step, mini-batches of 32", "parameters", "µs a step", parameters)
    (PICTURES / "cost-parameters.svg").write_text(text, encoding="utf-8")
    batches = cost(by_batch_size(), "batch size")
    text = plot("A training step of 784-128-64-10", "samples in a mini-batch", "µs a step", batches)
    (PICTURES / "cost-batch.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
