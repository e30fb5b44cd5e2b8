"""The digit laboratory on MNIST: how smooth the window stays while images are changed at random, and what changing them costs.

MNIST's four files are no part of the project: without them in ``../shared/data/mnist`` there is nothing to measure.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from engine import compiled
from engine.activations import ACTIVATIONS
from engine.data import Data, load_data
from engine.datasets.images import Images
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.spec import AugmentationSpec, DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trainer import Trainer
from gui import app, settings
from gui.ahead import Ahead
from gui.main_window import MainWindow
from tests.benchmarks.bench_ui import SETTLE_SECONDS, GraphFrames, spin
from tests.benchmarks.harness import Measurement, figure
from tests.benchmarks.mnist import shelve

GROUP = "digits"
ROUNDS = 5
ROUND_SECONDS = 2.0
EPOCHS = 5
WAIT_SECONDS = 30.0
AUGMENTATION = AugmentationSpec(shift=2, rotation=12, scale=0.1, shear=0.1, stroke=0.3)


def experiment(dataset: Images) -> ExperimentSpec:
    """784-128-64-10 in mini-batches of 128, with augmentation."""
    network = NetworkSpec((128, 64), ACTIVATIONS["relu"](), initializer=INITIALIZERS["he_normal"]())
    training, optimizer = TrainingSpec(batch_size=128), OPTIMIZERS["adam"](learning_rate=0.002)
    return ExperimentSpec(DataSpec(dataset), network, optimizer, training, AUGMENTATION)


def digits_page(folder: Path) -> MainWindow:
    """The real window on its Digits page, with MNIST, paused."""
    app.application()
    window = app.build(
        settings.Places(folder / "settings.json", folder), settings.Settings(theme="light", page="digits")
    )
    window.resize(1400, 800)
    window.show()
    spin(0.5)
    window.lab.start_over(spec := experiment(shelve(folder / "images")), "MNIST")
    deadline = time.perf_counter() + WAIT_SECONDS
    while window.lab.latest is None or window.lab.latest.spec != spec:
        if time.perf_counter() > deadline:
            raise RuntimeError("the experiment on MNIST was not opened")
        spin(0.1)
    if not window.page.graph.isVisible():
        raise RuntimeError("the page is not complete")
    return window


@figure("ui.p99_gap_ms.mnist", at_most=40, unit="ms")
def playing() -> float:
    """Ten seconds flat out, in rounds, with the compiled step, as a person has it a few seconds after the start."""
    if not compiled.load():
        raise RuntimeError("Numba is not installed")
    gaps: list[np.ndarray] = []
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        window = digits_page(Path(folder))
        try:
            frames = GraphFrames(window)
            for _ in range(ROUNDS):
                window.lab.play()
                spin(SETTLE_SECONDS)
                frames.times.clear()
                spin(ROUND_SECONDS)
                gaps.append(frames.gaps_ms())
                window.lab.pause()
                spin(SETTLE_SECONDS)
            frames.close()
        finally:
            window.close()
    every = np.concatenate(gaps)
    if os.environ.get("NEUROLOOM_BENCH_DETAILS"):
        sys.stderr.write(
            f"{len(every)} gaps: median {np.median(every):.1f}, p95 {np.percentile(every, 95):.1f}, "
            f"largest {every.max():.1f} ms; frames without a painted graph: {frames.empty}\n"
        )
    return float(np.percentile(every, 99))


@figure("digits.augmentation_ratio")
@figure("digits.augmentation_ratio.numpy")
def epochs() -> Measurement:
    """Time of an epoch with augmentation / without, the images made ahead: the median of some epochs, which take turns."""
    if not compiled.load():
        raise RuntimeError("Numba is not installed")
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        spec = experiment(shelve(Path(folder)))
        data = load_data(spec.data)
    sys.setswitchinterval(app.SWITCH_INTERVAL_SECONDS)
    ahead = Ahead()
    try:
        with_it = _ratio(spec, data)
        compiled._kernels = None
        return {"digits.augmentation_ratio": with_it, "digits.augmentation_ratio.numpy": _ratio(spec, data)}
    finally:
        ahead.stop()


def _ratio(spec: ExperimentSpec, data: Data) -> float:
    changed, plain = Trainer(spec, data=data), Trainer(replace(spec, augmentation=AugmentationSpec()), data=data)
    ratios = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        changed.step_epoch()
        between = time.perf_counter()
        plain.step_epoch()
        ratios.append((between - start) / (time.perf_counter() - between))
    return statistics.median(ratios)
