"""The pages of the window, in the order of the rail. A page is imported when it is first shown."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PageEntry:
    """What the rail shows of a page, and where its class is."""

    id: str
    title: str
    icon: str
    module: str
    class_name: str

    def make(self) -> Any:
        """The page's class."""
        return getattr(importlib.import_module(self.module), self.class_name)


PAGES = (
    PageEntry("playground", "Playground", "playground", "gui.pages.playground", "PlaygroundPage"),
    PageEntry("digits", "Digits", "digits", "gui.pages.digits", "DigitsPage"),
)
