"""What a click on a button or an input of the network picture proposes: the undo list's words and the new spec."""

from __future__ import annotations

from engine.spec import ExperimentSpec
from gui.graphics import structure
from gui.graphics.graph_words import FEATURE_NAMES, feature_label
from gui.graphics.targets import Target


def proposal(
    spec: ExperimentSpec, target: Target, max_layers: int, max_width: int
) -> tuple[str, ExperimentSpec | None]:
    """For the buttons "add", "remove", "plus" and "minus", and for an input, which is switched; None where it can't be."""
    hidden = target.layer - 1
    if target.kind == "add":
        return "Add layer", structure.add_layer(spec, hidden, max_layers, max_width)
    if target.kind == "remove":
        return "Remove layer", structure.remove_layer(spec, hidden)
    if target.kind == "plus":
        return "Add neuron", structure.resize_layer(spec, hidden, 1, max_width)
    if target.kind == "minus":
        return "Remove neuron", structure.resize_layer(spec, hidden, -1, max_width)
    name = FEATURE_NAMES[target.index] if target.kind == "feature" else spec.data.features[target.index]
    return f"Input {feature_label(name)}", structure.toggle_feature(spec, name)
