"""What two experiments differ in, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from engine.registry import Entry, Range
from engine.spec import ExperimentSpec

_NAMES = {
    "dataset": "Data set", "features": "Inputs", "hidden_layer_sizes": "Layers", "activation": "Activation",
    "loss": "Loss", "initializer": "Initializer", "optimizer": "Optimizer", "schedule": "Schedule",
    "layer_activations": "Activations of layers", "layer_dropout": "Dropout of layers",
}  # fmt: skip


def differences(old: ExperimentSpec, new: ExperimentSpec) -> tuple[str, ...]:
    """One phrase for each setting that is another: ``("Learning rate 0.03 → 0.1", "Optimizer SGD → Adam")``.

    Of an entry that is another (another optimizer), what only one of the two knows is left out.
    """
    return tuple(_walk(old, new))


def _walk(old: Any, new: Any) -> list[str]:
    result: list[str] = []
    mine, theirs = ({f.name: f for f in fields(node)} for node in (old, new))
    for name, f in theirs.items():
        if name not in mine:
            continue
        a, b = getattr(old, name), getattr(new, name)
        if a == b:
            continue
        if isinstance(b, Entry) and type(a) is not type(b):
            result.append(f"{_NAMES.get(name, name)} {a.label} → {b.label}")
        limits = f.metadata.get("range")
        if hasattr(b, "__dataclass_fields__"):
            result += _walk(a, b)
        else:
            label = limits.label if isinstance(limits, Range) else _NAMES.get(name, name.replace("_", " ").capitalize())
            result.append(f"{label} {_write(a, limits)} → {_write(b, limits)}")
    return result


def _write(value: Any, limits: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "-".join(item.label if isinstance(item, Entry) else str(item) for item in value) or "none"
    if isinstance(limits, Range) and limits.percent:
        return f"{value * 100:g} %"
    return f"{value:g}" if isinstance(value, float) else str(value)


def side_by_side(specs: Sequence[ExperimentSpec]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(name, one value a spec) for each setting that not all share, in the order of the spec; of one spec, all settings.

    A setting that a spec does not have, as another optimizer's, is ``""`` there.
    """
    columns = [_settings(spec) for spec in specs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = ((name, tuple(column.get(name, "") for column in columns)) for name in names)
    return tuple((name, values) for name, values in rows if len(specs) == 1 or len(set(values)) > 1)


def _settings(node: Any) -> dict[str, str]:
    """What each setting is called -> what it is; a name that two have is told apart by its group."""
    result: dict[str, str] = {}
    for f in fields(node):
        value, limits = getattr(node, f.name), f.metadata.get("range")
        label = limits.label if isinstance(limits, Range) else _NAMES.get(f.name, f.name.replace("_", " ").capitalize())
        if isinstance(value, Entry):
            result[label] = value.label
        if hasattr(value, "__dataclass_fields__"):
            for name, text in _settings(value).items():
                result[f"{label}: {name.lower()}" if name in result else name] = text
        else:
            result[label] = _write(value, limits)
    return result
