"""What a frame of the network picture costs: one repaint of the shown panel, with new weights (and maps) every time."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from engine.data import load_data
from engine.datasets import DATASETS
from engine.network import Layout
from engine.probes import decision_maps, sample_activations
from engine.snapshot import Metrics, RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.panels.network_graph import NetworkGraph
from gui.theme import LIGHT
from tests.benchmarks.harness import figure

GROUP = "paint"
FRAMES = 150
MAP_SIDE = 50


def experiment(dataset: str, hidden: tuple[int, ...]) -> ExperimentSpec:
    spec = ExperimentSpec()
    return replace(
        spec,
        data=replace(spec.data, dataset=DATASETS[dataset]()),
        network=replace(spec.network, hidden_layer_sizes=hidden),
    )


def snapshots(spec: ExperimentSpec, state: RunState) -> Callable[[], Snapshot]:
    """New random weights at each call, as a trainer would hand them over."""
    rng = np.random.default_rng(0)
    layout, data = Layout(spec.layer_sizes), load_data(spec.data)
    base = rng.normal(0, 0.6, layout.n_parameters).astype(np.float32)

    def snapshot() -> Snapshot:
        base[:] += rng.normal(0, 0.02, len(base)).astype(np.float32)
        maps = decision_maps(spec, layout, base, MAP_SIDE) if spec.data.dataset.planar else None
        activations = None if maps is not None else sample_activations(spec, layout, base, data.test.x[0])
        return Snapshot(1, spec, layout, data, base.copy(), 0, 0, 1, 0, Metrics(0, 0, 0, 0, 0), np.zeros((1, 5)),
                        state=state, maps=maps, activations=activations)  # fmt: skip

    return snapshot


def measure(spec: ExperimentSpec, frames: int = FRAMES, state: RunState = RunState.RUNNING) -> dict[str, float]:
    """Milliseconds at the window's usual size: a repaint (median, 95th percentile), and taking a snapshot in (median).

    While training runs, the faint lines follow a few times a second only; a frame of a paused run draws them all.
    """
    app = QApplication.instance() or QApplication([])
    fonts.install(app)
    graph = NetworkGraph(LIGHT, max_width=128)
    graph.resize(744, 544)
    graph.show_spec(spec)
    graph.show()
    app.processEvents()
    new = snapshots(spec, state)
    repaints, takes = [], []
    for _ in range(frames):
        snapshot = new()
        start = time.perf_counter()
        graph.show_snapshot(snapshot)
        shown = time.perf_counter()
        graph.repaint()
        repaints.append(1000 * (time.perf_counter() - shown))
        takes.append(1000 * (shown - start))
        app.processEvents()  # the choice of edges runs on its own timer, as in the window
    graph.close()
    graph.deleteLater()
    return {
        "repaint": statistics.median(repaints),
        "p95": float(np.percentile(repaints, 95)),
        "take": statistics.median(takes),
    }


@figure("paint.small_ms", at_most=4, unit="ms")
@figure("paint.small_p95_ms", unit="ms")
@figure("paint.small_take_ms", unit="ms")
def small() -> dict[str, float]:
    """2-8-8-8-1: 152 edges, 25 neurons with new maps, while training runs."""
    reached = measure(experiment("spiral", (8, 8, 8)))
    return {
        "paint.small_ms": reached["repaint"],
        "paint.small_p95_ms": reached["p95"],
        "paint.small_take_ms": reached["take"],
    }


@figure("paint.small_paused_ms", unit="ms")
def small_paused() -> float:
    """The same with every line drawn anew, as after a step."""
    return measure(experiment("spiral", (8, 8, 8)), state=RunState.PAUSED)["repaint"]


@figure("paint.digits_ms", at_most=16, unit="ms")
@figure("paint.digits_p95_ms", unit="ms")
def digits() -> dict[str, float]:
    """64-100-50-10: 11,900 weights, with a sample's activations."""
    reached = measure(experiment("digits", (100, 50)))
    return {"paint.digits_ms": reached["repaint"], "paint.digits_p95_ms": reached["p95"]}


@figure("paint.digits_paused_ms", unit="ms")
def digits_paused() -> float:
    """The same as after a step: the lines are chosen anew at once and drawn within the next four frames."""
    return measure(experiment("digits", (100, 50)), state=RunState.PAUSED)["repaint"]


@figure("paint.largest_ms", unit="ms")
def largest() -> float:
    """2-64-64-64-64-64-64-64-64-1: the most that the playground allows."""
    return measure(experiment("spiral", (64,) * 8), frames=60)["repaint"]
