"""Where the pointer is on the network picture, what lies there, and what the picture says about it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from engine.spec import ExperimentSpec
from gui.graphics.backdrop import LEGEND_HEIGHT
from gui.graphics.graph_help import button_tip, explain, explain_layer, explain_legend, input_tip
from gui.graphics.network_picture import NetworkPicture
from gui.graphics.targets import Button, Target, button_at, cell_at

HEADER = 66  # above it a point belongs to a layer's header


@dataclass(frozen=True)
class Found:
    """A button and the layer of the header it is among (-1 is none), or else a cell, or else an edge."""

    button: Button | None = None
    header: int = -1
    target: Target | None = None

    @property
    def usable(self) -> bool:
        """Whether a click there does something."""
        return self.target is not None or (self.button is not None and self.button.enabled)


NOTHING = Found()


def find(picture: NetworkPicture, x: float, y: float) -> Found:
    """What lies at a point, in logical pixels."""
    layout = picture.layout
    if layout is None:
        return NOTHING
    button = button_at(picture.buttons, x, y)
    header = min(layout.columns, key=lambda column: abs(column.x - x)).layer if y < HEADER else -1
    target = None
    if button is None and header < 0:
        target = cell_at(layout, x, y) or picture.lines.at(x, y)
    return Found(button, header, target)


def neuron_of(target: Target | None) -> tuple[int, int]:
    """(layer, index) of a neuron or of the neuron that a bias belongs to; (-1, -1) for anything else."""
    return (target.layer, target.index) if target is not None and target.kind in ("neuron", "bias") else (-1, -1)


def exists(spec: ExperimentSpec | None, target: Target) -> bool:
    """Whether the network of ``spec`` has this neuron, bias or edge; an input that is off never stays."""
    if spec is None or target.kind == "feature":
        return False
    sizes = spec.layer_sizes
    far = target.layer + 1 if target.kind == "edge" else target.layer
    return far < len(sizes) and target.index < sizes[far] and target.source < sizes[target.layer]


def tip(spec: ExperimentSpec, found: Found, max_layers: int, max_width: int) -> str:
    """For who rests on a button or an input that is off; a neuron or a weight has its card, and F1 says more."""
    if found.button is not None:
        return button_tip(spec, found.button.target, found.button.enabled, max_layers, max_width)
    return input_tip(found.target) if found.target is not None and found.target.kind == "feature" else ""


def explanation(picture: NetworkPicture, x: float, y: float, max_layers: int, max_width: int) -> str:
    """F1: what the thing at a point is; "" where nothing lies."""
    spec, layout, found = picture.spec, picture.layout, find(picture, x, y)
    if spec is None or layout is None:
        return ""
    if found.button is not None:
        return tip(spec, found, max_layers, max_width)
    if found.header >= 0:
        return explain_layer(spec, found.header)
    if found.target is not None:
        return explain(spec, found.target)
    if y < layout.height - LEGEND_HEIGHT:
        return ""
    legend = explain_legend(picture.lines.contributions)
    return f"{picture.front.explanation}\n{legend}" if picture.front is not None else legend


class Pointer(QObject):
    """Follows the mouse over ``picture``, lights up what it is on, and gives ``widget`` its cursor.

    ``at`` is where it is, ``found`` what lies there. Signals: ``changed()`` asks for a repaint;
    ``neuronHovered(layer, index)``, (-1, -1) when it leaves the neuron or bias.
    """

    changed = Signal()
    neuronHovered = Signal(int, int)

    def __init__(self, picture: NetworkPicture, widget: QWidget) -> None:
        super().__init__(widget)
        self._picture, self._widget = picture, widget
        self.at = QPointF()
        self.found = NOTHING

    def move(self, at: QPointF) -> None:
        """The mouse is there now."""
        self.at = at
        if self._picture.layout is None:
            return
        found = find(self._picture, at.x(), at.y())
        self._find(found)
        self._widget.setCursor(Qt.CursorShape.PointingHandCursor if found.usable else Qt.CursorShape.ArrowCursor)
        if found.target is not None:
            self.changed.emit()  # the card follows

    def forget(self) -> None:
        """The picture became another one: until the mouse moves, only the header below it is sure."""
        self._find(Found(header=self.found.header))

    def leave(self) -> None:
        """The mouse has left the picture."""
        self._find(NOTHING)
        self.changed.emit()

    def _find(self, found: Found) -> None:
        before, self.found = self.found, found
        if found.target != before.target:
            self._picture.set_focus(found.target)
            if neuron_of(found.target) != neuron_of(before.target):
                self.neuronHovered.emit(*neuron_of(found.target))
        if found != before:
            self.changed.emit()
