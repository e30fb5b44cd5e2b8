"""The pages of the window, in the order of the rail. A page is imported when it is first shown."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ACTIVE = "*"


@dataclass(frozen=True, slots=True)
class PageEntry:
    """What the rail shows of a page, and where its class is.

    ``document`` is the experiment it shows; several pages may share one, and :data:`ACTIVE` is whichever was on screen. A
    page without has a run of its own, and the keys and the bar drive that (:attr:`gui.pages.base.Page.driver`).
    """

    id: str
    title: str
    icon: str
    module: str
    class_name: str
    document: str = ""

    def make(self) -> Any:
        """The page's class."""
        return getattr(importlib.import_module(self.module), self.class_name)


PAGES = (
    PageEntry("playground", "Playground", "playground", "gui.pages.playground", "PlaygroundPage", "playground"),
    PageEntry("digits", "Digits", "digits", "gui.pages.digits", "DigitsPage", "digits"),
    PageEntry("perceptron", "Perceptron", "perceptron", "gui.pages.perceptron", "PerceptronPage"),
    PageEntry("activations", "Activations", "activations", "gui.pages.activations", "ActivationsPage", "playground"),
    PageEntry("insight", "Insight", "insight", "gui.pages.insight", "InsightPage", "digits"),
    PageEntry("runs", "Runs", "runs", "gui.pages.runs", "RunsPage", ACTIVE),
    PageEntry("tuner", "Tuner", "tuner", "gui.pages.tuner", "TunerPage", ACTIVE),
)


def import_ahead() -> Iterator[str]:
    """Import the pages' modules, one for each ``next``: opening a page then need not wait for them."""
    for entry in PAGES:
        importlib.import_module(entry.module)
        yield entry.id


BY_ID = {entry.id: entry for entry in PAGES}
