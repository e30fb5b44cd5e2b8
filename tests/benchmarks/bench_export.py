"""Exported scripts and ONNX models of 50 random networks, against the app's own float32 predictions."""

from __future__ import annotations

import importlib.util
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from gui.exporting.model import NUMPY, ONNX, SKLEARN, TORCH, NotCarried, Options
from gui.exporting.writing import write
from tests.benchmarks.harness import figure
from tests.gui.exported import Case, random_spec, worst_of

GROUP = "export"
SEED, NETWORKS, EPOCHS = 6, 50, 10


def cases() -> list[Case]:
    """Each network as NumPy, as ONNX, and as scikit-learn and PyTorch where they can."""
    r = random.Random(SEED)
    kinds = [NUMPY, ONNX, SKLEARN, *([TORCH] if importlib.util.find_spec("torch") else [])]
    found = []
    for i in range(NETWORKS):
        case = Case.trained(random_spec(r, plain=i % 2 == 0), Options(), EPOCHS)
        for kind in kinds:
            one = Case(case.model, Options(kind), case.raw, case.x)
            if carried(lambda one=one: write(one.model, one.options)):
                found.append(one)
    return found


def carried(writes: Callable[[], object]) -> bool:
    """Whether this library can have the network at all."""
    try:
        writes()
    except NotCarried:
        return False
    return True


@figure("export.max_error", at_most=1e-6)
def max_error() -> float:
    """The largest difference of any answer; those beyond 1, in regression, count by their size."""
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-") as name:
        return max(worst_of(cases(), Path(name)))
