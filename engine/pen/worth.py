"""What each step between the pen and the network is worth: what would be read without it."""

from __future__ import annotations

from collections.abc import Callable, Set

import numpy as np
from numpy.typing import NDArray

from engine.network import Layout
from engine.pen import prepare_for, steps_for
from engine.predictions import logits_of, probabilities
from engine.spec import ExperimentSpec

Read = tuple[int, float]
"""A class and its probability."""


def worth(
    spec: ExperimentSpec,
    layout: Layout,
    params: NDArray,
    ink: NDArray,
    without: Set[str] = frozenset(),
    temperature: float = 1.0,
    stop: Callable[[], bool] = bool,
) -> dict[str, Read]:
    """Step -> what is read of ``ink`` (h, w) with just that step the other way: left out, or where it is out, put back.

    Empty without ink, without a recipe for the network's images, and once ``stop()``.
    """
    side = spec.image_side
    ids, inputs = [], []
    for step in steps_for(side):
        if stop():
            return {}
        prepared = prepare_for(side, ink, without ^ {step.id}) if step.can_switch else None
        if prepared is not None:
            ids.append(step.id)
            inputs.append(prepared.input)
    if not ids or layout.sizes[0] != side**2:
        return {}
    answers = probabilities(logits_of(spec, layout, params, np.array(inputs)), temperature)
    return {step: (int(row.argmax()), float(row.max())) for step, row in zip(ids, answers, strict=True)}
