"""To be built."""

from __future__ import annotations

from gui.panels.base import Panel


class RaceView(Panel):
    """To be built."""

    title = "Race"
