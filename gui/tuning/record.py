"""The settings of a study as JSON: they lie in the study itself, so that every machine reads the same ones."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from engine.errors import InvalidSpec
from engine.spec import from_dict, to_dict
from gui.tuning.study import Choice, StudySettings

SAMPLERS = ("random", "tpe", "grid", "cmaes")
PRUNERS = ("none", "median", "hyperband")
OBJECTIVES = ("validation_loss", "validation_accuracy", "accuracy_and_parameters")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "name": str, "sampler": str, "pruner": str, "objective": str,
    "trials": int, "minutes": (int, float), "epochs": int, "seed": int,
}  # fmt: skip


def to_json(settings: StudySettings) -> dict[str, Any]:
    """Plain JSON values."""
    space = [asdict(choice) | {"options": list(choice.options)} for choice in settings.space]
    plain = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name not in ("base", "space")}
    return plain | {"base": to_dict(settings.base), "space": space}


def from_json(raw: Any) -> StudySettings:
    """What :func:`to_json` wrote. Raises :class:`InvalidSpec` for anything else."""
    if not isinstance(raw, dict) or not isinstance(raw.get("space"), list):
        raise InvalidSpec("the study holds no settings of a tuner")
    plain = {name: raw[name] for name in _KINDS if name in raw}
    for name, value in plain.items():
        if isinstance(value, bool) or not isinstance(value, _KINDS[name]):
            raise InvalidSpec(f"the study's {name} is not of its kind")
    if "name" not in plain:
        raise InvalidSpec("the study has no name")
    settings = StudySettings(base=from_dict(raw.get("base")), space=tuple(map(_choice, raw["space"])), **plain)
    for value, known in ((settings.sampler, SAMPLERS), (settings.pruner, PRUNERS), (settings.objective, OBJECTIVES)):
        if value not in known:
            raise InvalidSpec(f"the study asks for {value!r}; known are {', '.join(known)}")
    return settings


def _choice(raw: Any) -> Choice:
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        raise InvalidSpec("a hyperparameter of the study has no name")
    options = raw.get("options", [])
    if not isinstance(options, list) or not all(isinstance(option, str | int | float) for option in options):
        raise InvalidSpec(f"the options of {raw['name']} are no list of names or numbers")
    try:
        low, high = float(raw.get("low", 0.0)), float(raw.get("high", 0.0))
    except (TypeError, ValueError):
        raise InvalidSpec(f"the bounds of {raw['name']} are no numbers") from None
    return Choice(raw["name"], low, high, raw.get("log") is True, raw.get("whole") is True, tuple(options))
