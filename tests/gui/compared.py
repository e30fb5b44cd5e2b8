"""Comparisons in this very process, on small experiments: what the child of the Compare view does, without the child."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.data import load_data
from engine.optimizers import Optimizer
from engine.spec import ExperimentSpec
from gui.comparing.parity import Parity
from gui.comparing.parity_process import Comparison
from tests.engine.helpers import experiment

RATE = 0.05


def spec_for(
    dataset: str = "spiral3", optimizer: Optimizer | None = None, samples: int = 38, **more: Any
) -> ExperimentSpec:
    """2-7-5-k on 26 training points, tanh: mini-batches of 10, 10 and 6; ``more`` is for ``experiment``."""
    loss = "squared_error" if dataset == "plane" else "cross_entropy"
    spec = experiment(dataset, (7, 5), samples=samples, **{"loss": loss} | more)
    return spec if optimizer is None else replace(spec, optimizer=optimizer)


def together(spec: ExperimentSpec, epochs: int, library: str, *apart: str) -> Parity:
    """So many epochs of ours and of ``library``; ``apart`` are the conventions that are left as they come."""
    parity = Parity(spec, epochs, frozenset(apart))
    data = load_data(spec.data, np.float64)
    with np.errstate(all="ignore"):
        Comparison(spec, data, parity.apart, (library,), parity.hear).run(epochs)
    return parity


def deltas(spec: ExperimentSpec, epochs: int, library: str, *apart: str) -> list[float]:
    """max |Δw| after every epoch, that before the first among them."""
    parity = together(spec, epochs, library, *apart)
    assert library not in parity.out, parity.out
    return list(parity.tracks[library].column(3))
