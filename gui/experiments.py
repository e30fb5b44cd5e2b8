"""The ready experiments that come with the program, read from resources/experiments."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

from engine.files import SavedExperiment, parse
from engine.spec import ExperimentSpec

FIRST = {"playground": "5-spiral", "digits": "7-digits"}


@lru_cache(maxsize=1)
def all_ready() -> dict[str, SavedExperiment]:
    """File name without ending -> experiment, in the order of the names."""
    folder = resources.files("resources").joinpath("experiments")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".json")), key=lambda f: f.name)
    return {f.name[:-5]: parse(json.loads(f.read_text("utf-8"))) for f in files}


def first_of(page: str) -> ExperimentSpec:
    """The experiment that a page opens with at its very first start."""
    return all_ready()[FIRST[page]].spec
