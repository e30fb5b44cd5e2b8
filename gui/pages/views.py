"""Pages of views: one at a time over the whole page, chosen in a row on top."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gui.controls.segments import Segments
from gui.document import Document
from gui.pages.base import LATEST, Page
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """What the row on top shows of a view, and where its panel is. It is made when it is first looked at."""

    key: str
    title: str
    tip: str
    module: str
    class_name: str


class _Views(Panel):
    """The row on top and the view under it."""

    def __init__(self, theme: Theme, entries: tuple[ViewEntry, ...]) -> None:
        super().__init__(theme)
        self.segments = Segments("Views", [(view.key, view.title, view.tip) for view in entries])
        self.stack = QStackedWidget()
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(GRID)
        box.addWidget(self.segments)
        box.addWidget(self.stack, 1)


class ViewsPage(Page):
    """A page whose views share a run. A view may have ``viewRequested(key)``, which opens another one."""

    def __init__(
        self,
        theme: Theme,
        document: Document,
        latest: LATEST,
        entries: tuple[ViewEntry, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, document, latest, parent)
        self.views: dict[str, Panel] = {}
        self._entries = {entry.key: entry for entry in entries}
        self._frame = _Views(theme, entries)
        self.set_center(self._frame)
        self._frame.segments.chosen.connect(self.open_view)

    @property
    def view(self) -> Panel:
        """The one on screen."""
        return self.views[self._frame.segments.key()]

    @Slot(str)
    def open_view(self, key: str) -> None:
        """Look at another view; it is made if need be."""
        if key not in self.views:
            entry = self._entries[key]
            panel: Panel = getattr(importlib.import_module(entry.module), entry.class_name)(self.theme)
            self.views[key] = panel
            self._frame.stack.addWidget(panel)
            self._panels = []  # there is one more
            self._listen(panel)
            if hasattr(panel, "viewRequested"):
                panel.viewRequested.connect(self.open_view)
            for one in (panel, *panel.findChildren(Panel)):
                self._join(one)
                one.apply_theme(self.theme)
                one.show_spec(self.document.spec)
            self.join(panel)
        self._frame.segments.set_key(key)
        self._frame.stack.setCurrentWidget(self.views[key])
        self._look()

    def join(self, panel: Panel) -> None:
        """Connect what a view asks for; called once for each, when it is made."""

    def _look(self) -> None:
        """The view that came on screen is shown what is known, and what is not known is asked for."""
        latest = self.latest()
        if latest is not None and latest.run == self.document.run:
            for panel in self._shown():
                panel.show_snapshot(latest)
            self.show_snapshot(latest)

    def _shown(self) -> list[Panel]:
        return [self.view, *self.view.findChildren(Panel)]
