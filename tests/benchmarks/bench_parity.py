"""How far the weights are from scikit-learn's and PyTorch's after 200 epochs of digits, by what the Compare view runs."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from engine.activations import ACTIVATIONS
from engine.data import load_data
from engine.optimizers import OPTIMIZERS
from engine.spec import ExperimentSpec
from gui import experiments
from gui.comparing.conventions import SKLEARN, TORCH
from gui.comparing.parity import Parity, compare, torch_is_there
from tests.benchmarks.harness import Measurement, Skipped, figure

GROUP = "parity"
EPOCHS = 200


def digits() -> ExperimentSpec:
    """64-100-50-10, ReLU, Adam, mini-batches of 200 and L2: what scikit-learn's classifier does when nobody asks otherwise."""
    spec = experiments.first_of("digits")
    return replace(
        spec,
        network=replace(spec.network, hidden_layer_sizes=(100, 50), activation=ACTIVATIONS["relu"]()),
        optimizer=OPTIMIZERS["adam"](learning_rate=0.001),
        training=replace(spec.training, batch_size=200, l2=1e-4, dropout=0.0, layer_dropout=(), patience=0),
    )


@lru_cache(maxsize=1)
def compared() -> Parity:
    """Both libraries where they are installed, every convention agreeing."""
    spec = digits()
    libraries = (SKLEARN, TORCH) if torch_is_there() else (SKLEARN,)
    parity = compare(
        Parity(spec, EPOCHS, frozenset()), load_data(spec.data), lambda share, words: None, lambda: False, libraries
    )
    assert parity is not None
    return parity


def worst(library: str) -> float:
    """The largest max |Δw| of any epoch."""
    parity = compared()
    assert library not in parity.out, parity.out[library]
    deltas = parity.tracks[library].column(3)
    assert len(deltas) == EPOCHS + 1
    return float(deltas.max())


@figure("parity.sklearn", at_most=1e-9)
def sklearn() -> Measurement:
    return worst(SKLEARN)


@figure("parity.torch", at_most=1e-9)
def torch() -> Measurement:
    if not torch_is_there():
        raise Skipped("PyTorch is not installed")
    return worst(TORCH)
