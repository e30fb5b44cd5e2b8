"""To be built."""

from __future__ import annotations

from gui.panels.base import Panel


class ExportView(Panel):
    """To be built."""

    title = "Export"
