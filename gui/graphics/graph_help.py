"""What the network picture says about itself: short tooltips of its buttons, and F1's explanation of every part."""

from __future__ import annotations

from engine.spec import ExperimentSpec
from gui.graphics.graph_words import FEATURE_NAMES, feature_label, target_name
from gui.graphics.targets import Target

KEYS = (
    "The network: lines are weights, squares are neurons. Point at one for its exact value, click to change it.\n"
    "Keys: ↑ ↓ move over neurons, then ← → over layers; Tab walks the weights into a neuron and its bias.\n"
    "Enter edits (a neuron: its bias; an input: on or off), Esc leaves; + and − add or remove a neuron,\n"
    "Insert adds a layer, Delete removes it, O opens a wide layer, A chooses its activation and dropout."
)
LEGEND = (
    "How to read the lines: the thicker and the fuller in color, the further a weight is from zero; blue is positive, "
    "orange negative. One scale holds for all layers. It follows the weights in round steps."
)
_CONTRIBUTIONS = (
    " With a drawing or a sample at hand a line shows weight × activation: what it brings to the neuron at its end."
)
_RESTART = "The network starts anew; Ctrl+Z brings the old one back."


def button_tip(spec: ExperimentSpec, target: Target, enabled: bool, max_layers: int, max_width: int) -> str:
    """The tooltip of a painted button: what it does and what to expect, or why it cannot."""
    name = f"hidden layer {target.layer}"
    if target.kind == "minus":
        return f"Take one neuron out of {name}. {_RESTART}" if enabled else "A layer keeps at least one neuron."
    if target.kind == "plus":
        return f"Add a neuron to {name}. {_RESTART}" if enabled else f"A layer has at most {max_width:,} neurons."
    if target.kind == "remove":
        return f"Remove {name}. {_RESTART}"
    if target.kind == "own":
        return f"Give {name} an activation or a dropout of its own. Another activation starts the network anew."
    if target.kind == "add":
        return f"Add a hidden layer here. {_RESTART}" if enabled else f"There are at most {max_layers} hidden layers."
    return f"Show all neurons of {name}, or only the most active again. Nothing is lost."


def input_tip(target: Target) -> str:
    """The tooltip of an input that is switched off."""
    label = feature_label(FEATURE_NAMES[target.index])
    return f"Give the network {label} as an input. It starts anew; at least one input always stays on."


def explain_legend(contributions: bool) -> str:
    """What the legend is for; ``contributions`` when lines show weight × activation."""
    return LEGEND + (_CONTRIBUTIONS if contributions else "")


def explain_layer(spec: ExperimentSpec, layer: int) -> str:
    """What a layer is, for its header."""
    sizes = spec.layer_sizes
    if layer == 0:
        return f"Input: the {sizes[0]:,} numbers that the network is given of every sample."
    if layer == len(sizes) - 1:
        return "Output: what the network answers. The loss measures how far that is from the truth."
    return (
        f"Hidden layer {layer}: {sizes[layer]:,} neurons that each make something new of what the layer before "
        f"answers, by way of {spec.activations[layer - 1].label}. More of them can tell finer things apart, and are slower to "
        "train."
    )


def explain(spec: ExperimentSpec, target: Target) -> str:
    """What a neuron, a weight, a bias or an input is, and what one can do with it."""
    name, last = target_name(spec, target), len(spec.layer_sizes) - 1
    if target.kind == "feature":
        return f"{name}. {input_tip(target)}"
    if target.kind == "edge":
        return (
            f"{name}: the number that multiplies what comes along this line. Blue is positive, orange negative; "
            "the thicker, the further from zero. Training changes it a little at every step. Click to type another, "
            "or drag up and down."
        )
    if target.kind == "bias":
        return (
            f"{name}: a number that is added to the neuron's weighted sum. It decides how easily the neuron "
            "responds. Click to type another, or drag up and down."
        )
    planar = spec.data.dataset.planar
    if target.layer == 0:
        if planar:
            return f"{name}: one of the numbers that the network knows of each point. Click to take it away."
        return f"{name}: how much ink there is in this place of the image, 0 to 1."
    look = " Its picture shows what it answers over the plane: blue above zero, orange below." if planar else (
        " The fuller the color of its square, the stronger it responds to the sample or drawing at hand."
    )  # fmt: skip
    if target.layer == last:
        single = "its answer, a number" if spec.data.dataset.regression else "its answer"
        kind = single if last and spec.layer_sizes[-1] == 1 else "how sure the network is of this class"
        return f"{name}: {kind}, made of all the neurons before it, each times its weight, and a bias.{look}"
    function = spec.activations[target.layer - 1].label
    return (
        f"{name}: adds up what comes in, each times its weight, and its bias; {function} of that sum is its answer."
        f"{look} Double-click to change the bias."
    )
