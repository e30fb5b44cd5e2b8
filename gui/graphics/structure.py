"""The changes of structure that the network picture offers, as new specs. Pure functions."""

from __future__ import annotations

from dataclasses import replace

from engine.features import FEATURES
from engine.spec import ExperimentSpec

NEW_LAYER = 4


def with_layers(spec: ExperimentSpec, sizes: tuple[int, ...]) -> ExperimentSpec:
    """The same experiment with other hidden layers; what the first ones have of their own stays with them."""
    n, network, training = len(sizes), spec.network, spec.training
    return replace(
        spec,
        network=replace(network, hidden_layer_sizes=sizes, layer_activations=network.layer_activations[:n]),
        training=replace(training, layer_dropout=training.layer_dropout[:n]),
    )


def _own_moved(spec: ExperimentSpec, at: int, added: bool) -> ExperimentSpec:
    """What layers from ``at`` on have of their own moves with them when a layer is ``added`` there, or removed."""
    network, training = spec.network, spec.training
    activations, dropout = network.layer_activations, training.layer_dropout
    if at < len(activations):
        middle = (network.activation,) if added else ()
        activations = (*activations[:at], *middle, *activations[at + (not added) :])
    if at < len(dropout):
        middle = (training.dropout,) if added else ()
        dropout = (*dropout[:at], *middle, *dropout[at + (not added) :])
    return replace(
        spec,
        network=replace(network, layer_activations=activations),
        training=replace(training, layer_dropout=dropout),
    )


def add_layer(spec: ExperimentSpec, at: int, max_layers: int, max_width: int) -> ExperimentSpec | None:
    """A hidden layer before hidden layer ``at`` (0 = after the inputs), as large as its neighbour; None at the limit."""
    sizes = spec.network.hidden_layer_sizes
    if len(sizes) >= max_layers:
        return None
    neighbor = sizes[at - 1] if at > 0 else sizes[0] if sizes else NEW_LAYER
    return with_layers(_own_moved(spec, at, added=True), (*sizes[:at], min(neighbor, max_width), *sizes[at:]))


def remove_layer(spec: ExperimentSpec, hidden: int) -> ExperimentSpec | None:
    """Without hidden layer ``hidden``; None when there is no such layer."""
    sizes = spec.network.hidden_layer_sizes
    if not 0 <= hidden < len(sizes):
        return None
    return with_layers(_own_moved(spec, hidden, added=False), sizes[:hidden] + sizes[hidden + 1 :])


def resize_layer(spec: ExperimentSpec, hidden: int, change: int, max_width: int) -> ExperimentSpec | None:
    """Hidden layer ``hidden`` with ``change`` more neurons; None when that leaves 1..max_width."""
    sizes = spec.network.hidden_layer_sizes
    if not 0 <= hidden < len(sizes):
        return None
    size = sizes[hidden] + change
    grows_too_far = change > 0 and size > max_width
    return None if size < 1 or grows_too_far else with_layers(spec, (*sizes[:hidden], size, *sizes[hidden + 1 :]))


def toggle_feature(spec: ExperimentSpec, name: str) -> ExperimentSpec | None:
    """With an input feature switched on or off, in their canonical order; None for the last one."""
    active = set(spec.data.features) ^ {name}
    if not active:
        return None
    return replace(spec, data=replace(spec.data, features=tuple(f for f in FEATURES if f in active)))
