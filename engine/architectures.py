"""Shapes of networks to begin with: what depth and width do is seen by changing nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """Hidden layers with a name."""

    label: str
    hidden_layer_sizes: tuple[int, ...]
    summary: str


ARCHITECTURES: dict[str, Architecture] = {
    "shallow": Architecture(
        "Shallow",
        (8,),
        "One small layer, for simple patterns and tables: enough for a disc or two moons, not for a spiral.",
    ),
    "deep": Architecture(
        "Deep", (8, 8, 8, 8), "For complex patterns: each layer builds on the one before, folds of folds."
    ),
    "wide": Architecture(
        "Wide",
        (64,),
        "Much capacity in one layer, which cuts the plane 64 times. Any shape in theory; training is easy.",
    ),
    "deep_and_narrow": Architecture(
        "Deep and narrow",
        (3, 3, 3, 3, 3, 3),
        "For features of features. Little passes through each layer, and gradients have a long way: hard to train.",
    ),
}
