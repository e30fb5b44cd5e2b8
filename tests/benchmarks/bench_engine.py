"""One training step (forward, backward, Adam) beside scikit-learn's and PyTorch's, and the maps of all neurons."""

from __future__ import annotations

import statistics
import time

import numpy as np
from numpy.typing import NDArray

from engine.network import Network
from engine.probes import decision_maps
from engine.spec import ExperimentSpec
from tests.benchmarks.harness import Benchmark, Measurement, figure
from tests.benchmarks.peers import Task, is_installed, seconds_a_step, task, threads

GROUP = "engine"
ROUNDS = 15
PEERS = ("sklearn", "torch")
MISSING = {"sklearn": "", "torch": "PyTorch is not installed", "compiled": "Numba is not installed"}


def xor() -> Task:
    """The four corners with a little noise, 800 of them: an epoch of 200 steps weighs more than what surrounds it."""
    rng = np.random.default_rng(1)
    corners = rng.integers(0, 2, (800, 2))
    x = corners + 0.1 * rng.standard_normal((800, 2), np.float32)
    return Task((4,), "tanh", 4, x.astype(np.float32), corners[:, 0] ^ corners[:, 1])


NETWORKS = {
    "2-4-1.b4": xor,
    "2-8-8-1.b10": lambda: task(2, (8, 8), 2, 10, 25, "tanh"),
    "64-100-50-10.b200": lambda: task(64, (100, 50), 10, 200, 7, "tanh"),
    "784-128-64-10.b32": lambda: task(784, (128, 64), 10, 32, 100, "relu"),
    "784-128-64-10.b200": lambda: task(784, (128, 64), 10, 200, 25, "relu"),
    "784-512-256-10.b128": lambda: task(784, (512, 256), 10, 128, 15, "relu"),
}


def ratio(taken: dict[str, NDArray], peer: str, side: str) -> float | str:
    """The peer's time / that of ``side``: the median of the rounds; or why there is none."""
    for name in (peer, side):
        if name not in taken:
            return MISSING[name]
    return float(np.median(taken[peer] / taken[side]))


def beside(network: str, sklearn: float, torch: float, compiled: tuple[float, float] | None = None) -> Benchmark:
    """Microseconds a step, and the peers' time / ours with one BLAS thread and with two, each the median of the rounds.

    ``sklearn`` and ``torch`` are what is promised of NumPy's step, ``compiled`` the same of the compiled one.
    """
    sklearn_compiled, torch_compiled = compiled or (sklearn, torch)

    @figure(f"engine.sklearn_ratio.{network}", at_least=sklearn)
    @figure(f"engine.torch_ratio.{network}", at_least=torch)
    @figure(f"engine.sklearn_ratio.{network}.compiled", at_least=sklearn_compiled)
    @figure(f"engine.torch_ratio.{network}.compiled", at_least=torch_compiled)
    @figure(f"engine.sklearn_ratio.{network}.two_threads")
    @figure(f"engine.torch_ratio.{network}.two_threads")
    @figure(f"engine.step_us.{network}", unit="µs")
    @figure(f"engine.step_us.{network}.compiled", unit="µs")
    def measure() -> Measurement:
        sides = ["ours", *filter(is_installed, ("compiled", *PEERS))]
        numbers: dict[str, float | str] = {}
        for n, suffix in ((1, ""), (2, ".two_threads")):
            with threads(n):
                taken = seconds_a_step(NETWORKS[network](), sides, ROUNDS)
            for peer in PEERS:
                numbers[f"engine.{peer}_ratio.{network}{suffix}"] = ratio(taken, peer, "ours")
                if n == 1:
                    numbers[f"engine.{peer}_ratio.{network}.compiled"] = ratio(taken, peer, "compiled")
            if n == 1:
                for side, which in (("ours", ""), ("compiled", ".compiled")):
                    seconds = taken.get(side)
                    numbers[f"engine.step_us.{network}{which}"] = (
                        MISSING[side] if seconds is None else 1e6 * float(np.median(seconds))
                    )
        return numbers

    return measure


small = beside("2-4-1.b4", sklearn=8, torch=10, compiled=(25, 30))
playground = beside("2-8-8-1.b10", sklearn=6, torch=10, compiled=(18, 30))
digits = beside("64-100-50-10.b200", sklearn=2, torch=2)
many_steps = beside("784-128-64-10.b32", sklearn=3, torch=1.2)
mnist = beside("784-128-64-10.b200", sklearn=1.7, torch=1.5)
wide = beside("784-512-256-10.b128", sklearn=1.6, torch=1.2)


@figure("engine.grid_ms", at_most=1, unit="ms")
def grid() -> float:
    """What every neuron of 2-8-8-1 computes at 100 × 100 places: median of 200."""
    spec = ExperimentSpec()
    network = Network.of(spec)
    taken = []
    for _ in range(200):
        start = time.perf_counter()
        decision_maps(spec, network.layout, network.params, 100)
        taken.append(time.perf_counter() - start)
    return 1e3 * statistics.median(taken)
