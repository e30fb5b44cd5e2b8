"""To be built."""

from __future__ import annotations

from gui.panels.base import Panel


class CompareView(Panel):
    """To be built."""

    title = "Compare"
