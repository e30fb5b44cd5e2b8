"""Small quiet text."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from gui import fonts


def caption(text: str = "", weight: fonts.QFont.Weight = fonts.QFont.Weight.Normal) -> QLabel:
    """A line of small quiet text with tabular figures; it is cut before it widens a panel."""
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setFont(fonts.tabular(fonts.caption(weight)))
    label.setMinimumWidth(1)
    return label
