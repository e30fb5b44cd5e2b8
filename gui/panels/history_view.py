"""To be built."""

from __future__ import annotations

from gui.panels.base import Panel


class HistoryView(Panel):
    """To be built."""

    title = "History"
