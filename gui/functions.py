"""The functions that the activation page shows: one of each kind, with the settings it has there."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

from engine.activations import ACTIVATIONS, Activation
from gui.theme import Theme

TYPED = "typed"


@dataclass(frozen=True)
class Function:
    """An activation, whether it is drawn (and races), and whether the network on screen uses it."""

    activation: Activation
    drawn: bool = False
    used: bool = False

    @property
    def key(self) -> str:
        return self.activation.name

    @property
    def title(self) -> str:
        return self.activation.title


def color_of(theme: Theme, key: str) -> QColor:
    """The colour of a kind of activation, the same wherever it is drawn."""
    return theme.line_color(ACTIVATIONS.names().index(key))
