"""To be built."""

from __future__ import annotations

from gui.panels.base import Panel


class CalibrationView(Panel):
    """To be built."""

    title = "Calibration"
