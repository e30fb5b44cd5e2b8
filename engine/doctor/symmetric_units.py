"""Symmetric units: neurons with the same weights in and out learn the same thing for ever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.doctor import RULES, Finding, Rule, Where
from engine.doctor.checkup import Checkup
from engine.doctor.evidence import Rows
from engine.doctor.remedies import good_start
from engine.doctor.words import count

# Two numbers this close, as a share of the layer's largest weight, are the same but for rounding.
SAME = 1e-5
MOST_SHOWN = 8


@RULES.register
@dataclass(frozen=True)
class SymmetricUnits(Rule):
    """Equal weights in, equal bias, equal weights out: then the gradients are equal too, and nothing tells the units apart.

    (Goodfellow, Bengio & Courville 2016, section 8.4.) Units whose weights L1 has taken to 0 are no twins, but gone: all-zero
    units count only where the whole layer is.
    """

    name: ClassVar[str] = "symmetric_units"
    label: ClassVar[str] = "Symmetric neurons"
    summary: ClassVar[str] = "Neurons with equal weights, which stay equal."
    order: ClassVar[int] = 15

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        for layer in checkup.hidden:
            table = self._table(checkup, layer)
            twins = _twins(table)
            if len(twins) >= 2 and (len(twins) == len(table) or table[list(twins)].any()):
                yield self._about(checkup, layer, twins, table)

    def _table(self, checkup: Checkup, layer: int) -> NDArray:
        """(width, n): bias, weights in and out of each neuron."""
        snapshot = checkup.snapshot
        parts = (snapshot.biases(layer - 1)[:, None], snapshot.weights(layer - 1).T, snapshot.weights(layer))
        return np.concatenate(parts, axis=1)

    def _about(self, checkup: Checkup, layer: int, twins: tuple[int, ...], table: NDArray) -> Finding:
        name, width = checkup.layer_name(layer), len(table)
        all_of_them = len(twins) == width
        who = f"All {count(width, 'neuron')}" if all_of_them else f"{len(twins)} of {count(width, 'neuron')}"
        sentence = f"{who} of {name} have the same weights in and out: they learn the same thing, as one neuron would."
        why = (
            "Equal weights give equal answers and equal gradients, so each update moves these neurons alike. "
            "Chance must tell them apart at the start; "
            + ("weights that are all 0 let no gradient through to the layers before, either." if not table[list(twins)].any()
               else "nothing that follows will.")
        )  # fmt: skip
        remedy = good_start(checkup.snapshot.spec)
        shown = table[list(twins[:MOST_SHOWN])][:, :24]
        labels = tuple(f"neuron {i + 1}" for i in twins[:MOST_SHOWN])
        rows = Rows(f"Bias and weights of {name}", labels, shown)
        return self.finding(Where(layer, twins), sentence, why, rows, *([remedy] if remedy else []))


def _twins(table: NDArray) -> tuple[int, ...]:
    """The neurons of the largest group with equal rows, or none."""
    peak = float(np.abs(table).max(initial=0.0))
    if not np.isfinite(peak):
        return ()
    rounded = np.round(table / (peak * SAME)) if peak else table
    # Rows that are equal have equal sums, which are quicker to compare: most layers are done with here.
    sums, of_row, many = np.unique(rounded.sum(axis=1), return_inverse=True, return_counts=True)
    if len(sums) == len(rounded):
        return ()
    alike = np.flatnonzero(many[of_row] > 1)
    rounded = rounded[alike]
    _, group, sizes = np.unique(rounded, axis=0, return_inverse=True, return_counts=True)
    best = int(sizes.argmax())
    return tuple(alike[group.ravel() == best].tolist()) if sizes[best] > 1 else ()
