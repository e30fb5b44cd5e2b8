"""What the network picture knows of a phase: where its front stands, and the numbers that have come about by then. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.phases import Kind, Phase
from engine.snapshot import Snapshot
from engine.trace import Trace, trace
from gui.graphics import ticks

_MEANINGS = {
    Kind.FORWARD: "a is what a neuron answers; w · a is what it brings to the next one. Where the front has not been is faint.",
    Kind.LOSS: "The loss measures how far the answers a are from the targets y. Backward begins here.",
    Kind.BACKWARD: "δ says how much the loss grows with a neuron's weighted sum z; δ · a is the gradient of a weight.",
    Kind.UPDATE: "The optimizer has made Δw of the mean gradient over the mini-batch. Lines that are faint have not changed.",
}


@dataclass(frozen=True, eq=False)
class Front:
    """One phase of one sample. ``trace`` is the whole pass of that sample alone, None after the update.

    The methods answer only what the phase has come to; ``layer`` counts columns of neurons (0 is the inputs), ``gap`` layers
    of weights. ``row`` is the sample's row of an epoch, ``n`` the length of its mini-batch. ``change``
    (n_parameters,) is what the update did. ``words`` say what is shown, the longest first.
    """

    phase: Phase
    depth: int
    trace: Trace | None = None
    row: int = -1
    n: int = 0
    change: NDArray | None = None
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot) -> Front | None:
        """The front of a snapshot; None outside of phase steps."""
        phase, depth, batch = snapshot.phase, snapshot.layout.depth, snapshot.minibatch
        if phase is None:
            return None
        if phase.kind is Kind.UPDATE:
            if snapshot.before is None:
                return None
            by = snapshot.spec.optimizer.label
            words = (f"update by {by}: thickness is the change Δw, on the lines too", f"update by {by}: Δw", "Δw")
            return cls(phase, depth, change=snapshot.params - snapshot.before, words=words)
        if batch is None:
            return None
        # One sample of the mini-batch: of thousands of rows none of the others is shown.
        looked_at = np.flatnonzero(batch.rows == snapshot.sample_index) if snapshot.sample_index is not None else []
        i = int(looked_at[0]) if len(looked_at) else 0
        own = slice(i, i + 1)
        masks = tuple(None if mask is None else mask[own] for mask in batch.masks)
        made = trace(snapshot.spec, snapshot.layout, snapshot.params, batch.x[own], batch.targets[own], masks)
        row = int(batch.rows[i])
        sample = f"sample {row + 1:,}" if row < len(snapshot.data.train) else "a drawing of yours"
        return cls(phase, depth, made, row, len(batch), words=_words(phase, depth, sample, len(batch)))

    # --- where it stands ------------------------------------------------------------------------------------------

    @property
    def column(self) -> int:
        """The column of neurons that the front stands on; -1 after the update."""
        return {Kind.FORWARD: self.phase.layer + 1, Kind.LOSS: self.depth, Kind.BACKWARD: self.phase.layer}.get(
            self.phase.kind, -1
        )

    def lit_column(self, layer: int) -> bool:
        """Whether the front has been at these neurons."""
        if self.phase.kind is Kind.BACKWARD:
            return layer >= self.column
        return self.phase.kind is not Kind.FORWARD or layer <= self.column

    def lit_gap(self, gap: int) -> bool:
        """Whether the front has come through these weights."""
        if self.phase.kind is Kind.BACKWARD:
            return gap >= self.phase.layer
        return self.phase.kind is not Kind.FORWARD or gap <= self.phase.layer

    @property
    def title(self) -> str:
        """``forward 2/3``; of a loss its number too."""
        name = self.phase.name(self.depth)
        return f"{name} {figure(self.trace.loss)}" if self.phase.kind is Kind.LOSS and self.trace else name

    @property
    def explanation(self) -> str:
        """What the numbers are, in sentences."""
        return f"{self.words[0][0].upper()}{self.words[0][1:]}. {_MEANINGS[self.phase.kind]}"

    # --- what is known by then ------------------------------------------------------------------------------------

    @property
    def all_activations(self) -> tuple[NDArray, ...] | None:
        """One (n,) array a column: the whole pass, so that what a crowded picture chooses by it does not jump."""
        return None if self.trace is None else (self.trace.inputs[0][0], *(a[0] for a in self.trace.a))

    def activations(self, layer: int) -> NDArray | None:
        """(n,) of a column that the forward pass has reached."""
        known = self.trace is not None and (self.phase.kind is not Kind.FORWARD or layer <= self.column)
        return self.all_activations[layer] if known and self.all_activations is not None else None

    def targets(self, layer: int) -> NDArray | None:
        """(n,) that the outputs should have answered, while the loss compares them."""
        shown = self.trace is not None and self.phase.kind is Kind.LOSS and layer == self.depth
        return self.trace.targets[0] if shown and self.trace is not None else None

    def deltas(self, layer: int) -> NDArray | None:
        """(n,) ∂loss/∂z of a column that the backward pass has reached."""
        if self.trace is None or self.phase.kind is not Kind.BACKWARD or not layer or layer < self.phase.layer:
            return None
        return self.trace.delta[layer - 1][0]

    def dropped(self, layer: int) -> NDArray | None:
        """(n,) bool: neurons of a hidden column that dropout has switched off, where the front has been."""
        if self.trace is None or not 0 < layer < self.depth or self.activations(layer) is None:
            return None
        mask = self.trace.masks[layer - 1]
        return None if mask is None else mask[0] == 0

    def on_edges(self, gap: int) -> NDArray | None:
        """(n_in, n_out) that stand at the weights of ``gap``: w·a forward, ∂loss/∂w = δ·a backward, Δw after the update."""
        if self.change is not None:
            return None  # flat, as it is
        if self.trace is None or gap != self.phase.layer:
            return None
        a = self.trace.inputs[gap][0][:, None]
        if self.phase.kind is Kind.FORWARD:
            return a * self.trace.layout.weights(self.trace.params, gap)
        return a * self.trace.delta[gap][0][None, :]


def figure(value: float, signed: bool = False) -> str:
    """Three decimals, as many as there is room for beside a neuron: ``0.593``, ``−0.138``, ``+2.0·10⁻⁵``.

    >>> [figure(v) for v in (0.59331, -0.1384, 0.0, 12.5)]
    ['0.593', '−0.138', '0', '12.50']
    >>> figure(0.25, signed=True)
    '+0.250'
    """
    size = abs(value)
    if value == 0:
        return "0"
    if 5e-4 <= size < 1000:
        text = ticks.number(value, 3 if size < 10 else 2 if size < 100 else 1)
    else:
        text = ticks.short(float(f"{value:.2g}"))
    return f"+{text}" if signed and value > 0 else text


def _words(phase: Phase, depth: int, sample: str, n: int) -> tuple[str, ...]:
    name = phase.name(depth)
    among = f"{sample}, one of {n:,} in the mini-batch" if n > 1 else sample
    if phase.kind is Kind.FORWARD:
        return f"{name}: a of {among}; on the lines w · a", f"{name}: a, w · a of {sample}", f"a of {sample}"
    if phase.kind is Kind.LOSS:
        return f"loss: answer a against target y of {among}", f"loss: a against y of {sample}", f"loss of {sample}"
    return (
        f"{name}: δ = ∂loss/∂z of {sample}, blue if more z means more loss; on the lines ∂loss/∂w = δ · a",
        f"{name}: δ = ∂loss/∂z of {sample}; on the lines δ · a",
        f"{name}: δ, δ · a of {sample}",
        f"δ of {sample}",
    )
