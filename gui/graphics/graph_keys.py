"""The keys of the network picture: which are its own at a moment, and which painted button each of them presses."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from gui.graphics.layout import GraphLayout
from gui.graphics.targets import Button, Target

ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_BUTTONS = {
    Qt.Key.Key_Plus: "plus", Qt.Key.Key_Minus: "minus", Qt.Key.Key_Insert: "add", Qt.Key.Key_Delete: "remove",
    Qt.Key.Key_O: "more", Qt.Key.Key_A: "own",
}  # fmt: skip


def takes(event: QKeyEvent, selected: Target | None, by_keyboard: bool, dragging: bool) -> bool:
    """Which keys are ours before the window's shortcuts see them: all when the ring was moved by keys.

    After a click on the graph, the right arrow must still step the training.
    """
    key = event.key()
    if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
        return False
    if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        return by_keyboard and selected is not None
    if key == Qt.Key.Key_Escape:
        return selected is not None or dragging
    return key in ARROWS or (selected is not None and (key in ENTER or key in _BUTTONS))


def pressed(key: int, at: Target, layout: GraphLayout, buttons: Iterable[Button]) -> Button | None:
    """The one of ``buttons`` that ``key`` presses for the layer that ``at`` is in, or that an edge leads to."""
    layer = at.layer + 1 if at.kind == "edge" else at.layer
    if key == Qt.Key.Key_Insert:  # a layer behind this one; behind the last there can be none
        layer = min(layer + 1, len(layout.columns) - 1)
    return next((button for button in buttons if button.target == Target(_BUTTONS[key], layer)), None)
