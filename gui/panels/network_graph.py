"""The network, alive: weights as lines, neurons with what they compute; point, click and drag to look and to change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWhatsThis, QWidget

from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui.controls.layer_menu import LayerMenu
from gui.graphics import structure
from gui.graphics.backdrop import LEGEND_HEIGHT
from gui.graphics.graph_help import KEYS, button_tip, explain, explain_layer, explain_legend, input_tip
from gui.graphics.graph_stage import GraphStage
from gui.graphics.graph_words import FEATURE_NAMES, CardText, card_text, exact, feature_label, target_name
from gui.graphics.hover_card import card_size, paint_card, place
from gui.graphics.network_picture import NetworkPicture
from gui.graphics.targets import Button, Target, button_at, cell_at, step, walk_edges
from gui.graphics.value_editor import LIMIT, ValueEditor, step_for
from gui.panels.base import Panel
from gui.theme import Theme

DRAG_START = 4
HEADER = 66
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


class NetworkGraph(Panel):
    """The graph of one network.

    Signals: ``specProposed(text, spec, merge_key)``; ``parameterEdited(flat index, value, text)``;
    ``neuronHovered(layer, index)``, (-1, -1) when the pointer leaves; ``selectionChanged(Target | None)``.
    ``reduce_motion`` turns glides off.
    """

    title = "Network"
    wants_maps = True

    specProposed = Signal(str, object, str)
    parameterEdited = Signal(int, float, str)
    neuronHovered = Signal(int, int)
    selectionChanged = Signal(object)

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, max_width: int = 64, max_layers: int = 8
    ) -> None:
        super().__init__(theme, parent)
        self.max_width, self.max_layers = max_width, max_layers
        self.reduce_motion = False
        self._spec: ExperimentSpec | None = None
        self._picture = NetworkPicture(theme, max_layers, max_width)
        self._shown_activations: tuple[NDArray, ...] | None = None
        self._snapshot: Snapshot | None = None
        self._hovered: Target | None = None
        self._selected: Target | None = None
        self._button: Button | None = None
        self._header = -1
        self._by_keyboard = False
        self._pointer = QPointF()
        self._press: tuple[QPointF, Target, float] | None = None
        self._dragging = False
        self._editing: Target | None = None
        self._editor = ValueEditor(self)
        self._editor.valueChosen.connect(self._on_value_chosen)
        self._editor.closed.connect(self._on_editor_closed)
        self._stage = GraphStage(self._picture, self)
        self._stage.changed.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(480, 280)  # what the smallest window leaves it
        self.setAccessibleName("Network")
        self.setWhatsThis(KEYS)
        self._describe()

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        self._picture.set_theme(theme)
        super().apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Lay the network out; what was there glides to its new place."""
        old = self._spec
        if old == spec:
            return
        self._spec = spec
        same = old is not None and old.layer_sizes == spec.layer_sizes and old.data.features == spec.data.features
        if not same or old is None or old.data.dataset.planar != spec.data.dataset.planar:
            self._editor.cancel()
            self._shown_activations = None
            self._set_hovered(None)
            self._button = self._press = None
            if self._selected is not None and not self._exists(self._selected):
                self.select(None)
        glide = old is not None and not same and not self.reduce_motion and self.isVisible()
        self._stage.show_spec(spec, other_network=not same, glide=glide)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the newest weights; maps stay as they were when the snapshot has none. What does not fit is ignored."""
        spec = self._spec
        if (
            spec is None
            or snapshot.layout.sizes != spec.layer_sizes
            or snapshot.spec.data.features != spec.data.features
        ):
            return
        self._snapshot = snapshot
        settled = snapshot.state is not RunState.RUNNING
        self._picture.set_params(snapshot.layout, snapshot.params, settled)
        if snapshot.maps is not None:
            self._picture.set_maps(snapshot.maps)
        if self._shown_activations is None:
            self._take_activations(snapshot.activations)
        if self._selected is not None and settled:
            self._describe()
        self.update()

    def show_activations(self, activations: Sequence[NDArray] | None) -> None:
        """One (n,) array a layer, inputs first, as a drawing makes them; ``None`` goes back to the snapshot's own."""
        self._shown_activations = None if activations is None else tuple(activations)
        own = self._snapshot.activations if self._snapshot is not None else None
        self._picture.lines.in_steps = activations is not None
        self._take_activations(own if activations is None else self._shown_activations)
        self.update()

    def clear(self) -> None:
        """Forget the experiment."""
        self._editor.cancel()
        self._set_hovered(None)
        self.select(None)
        self._spec = self._snapshot = self._button = self._press = self._shown_activations = None
        self._stage.clear()
        self.update()

    @property
    def selected(self) -> Target | None:
        """The thing with the ring."""
        return self._selected

    def select(self, target: Target | None) -> None:
        """Put the ring around a neuron, edge or bias, or nowhere."""
        if target != self._selected:
            self._selected = target
            self._describe()
            self.selectionChanged.emit(target)
            self.update()

    def _take_activations(self, activations: tuple[NDArray, ...] | None) -> None:
        self._picture.set_activations(activations)
        self._stage.follow()

    # --- pointing -------------------------------------------------------------------------------------------------

    def _set_hovered(self, target: Target | None) -> None:
        if target == self._hovered:
            return
        before, self._hovered = self._hovered, target
        self._picture.set_focus(target)
        neuron = target if target is not None and target.kind in ("neuron", "bias") else None
        old = before if before is not None and before.kind in ("neuron", "bias") else None
        if (neuron and (neuron.layer, neuron.index)) != (old and (old.layer, old.index)):
            self.neuronHovered.emit(*((neuron.layer, neuron.index) if neuron else (-1, -1)))
        self.update()

    def _found(self, x: float, y: float) -> tuple[Button | None, int, Target | None]:
        """What lies at a point: a button and the header it is among, or else a cell, or else an edge."""
        layout = self._picture.layout
        if layout is None:
            return None, -1, None
        button = button_at(self._picture.buttons, x, y)
        header = min(layout.columns, key=lambda column: abs(column.x - x)).layer if y < HEADER else -1
        target = None
        if button is None and header < 0:
            target = cell_at(layout, x, y) or self._picture.lines.at(x, y)
        return button, header, target

    def _point(self, at: QPointF) -> None:
        """Take notice of what lies under the pointer."""
        if self._picture.layout is None:
            return
        button, header, target = self._found(at.x(), at.y())
        if button != self._button or header != self._header:
            self._button, self._header = button, header
            self.update()
        self._set_hovered(target)
        usable = target is not None or (button is not None and button.enabled)
        self.setCursor(Qt.CursorShape.PointingHandCursor if usable else Qt.CursorShape.ArrowCursor)
        if target is not None:
            self.update()  # the card follows

    def _click(self, target: Target) -> None:
        self._by_keyboard = False
        if target.kind == "feature" or (target.kind == "neuron" and target.layer == 0 and self._is_planar()):
            self._toggle(target)
            return
        self.select(target)
        if target.kind in ("edge", "bias"):
            self.edit(target, (self._pointer.x(), self._pointer.y()))

    def _press_button(self, button: Button) -> None:
        if not button.enabled or self._spec is None:
            return
        kind, layer = button.target.kind, button.target.layer
        if kind == "more":
            self._stage.toggle_open(layer)
        elif kind == "add":
            self._propose("Add layer", structure.add_layer(self._spec, layer - 1, self.max_layers, self.max_width))
        elif kind == "remove":
            self._propose("Remove layer", structure.remove_layer(self._spec, layer - 1))
        elif kind == "own":
            self.open_layer_menu(layer)
        else:
            self._resize(layer, 1 if kind == "plus" else -1)

    def open_layer_menu(self, layer: int) -> None:
        """What hidden layer ``layer`` (counted from 1) can have of its own, under its header."""
        box = next((b.box for b in self._picture.buttons if b.target == Target("own", layer)), None)
        if self._spec is not None and box is not None:
            menu = LayerMenu(self._spec, layer - 1, self)
            menu.proposed.connect(self._propose)
            menu.popup(self.mapToGlobal(QPoint(round(box[0]), round(box[1] + box[3] - 2))))

    # --- changing -------------------------------------------------------------------------------------------------

    def _propose(self, text: str, spec: ExperimentSpec | None) -> None:
        if spec is not None:
            self.specProposed.emit(text, spec, "")

    def _resize(self, layer: int, change: int) -> None:
        if self._spec is not None:
            text = "Add neuron" if change > 0 else "Remove neuron"
            self._propose(text, structure.resize_layer(self._spec, layer - 1, change, self.max_width))

    def _toggle(self, target: Target) -> None:
        if self._spec is not None:
            name = FEATURE_NAMES[target.index] if target.kind == "feature" else self._spec.data.features[target.index]
            self._propose(f"Input {feature_label(name)}", structure.toggle_feature(self._spec, name))

    def edit(self, target: Target, near: tuple[float, float] | None = None) -> None:
        """Open the editor for an edge or a bias, beside it."""
        value = self._picture.value(target)
        if value is None or self._spec is None:
            return
        self._editor.accept()
        self._editing = target
        title = target_name(self._spec, target)
        self._editor.prepare(title)
        size = self._editor.sizeHint()
        corner = place((size.width(), size.height()), near or self._picture.anchor(target),
                       (self.width(), self.height()), self._picture.outline(target))  # fmt: skip
        self._editor.setGeometry(round(corner[0]), round(corner[1]), size.width(), size.height())
        plain = exact(value).replace("−", "-").removeprefix("+") if np.isfinite(value) else "0"
        self._editor.open(title, float(value), plain)

    def _on_value_chosen(self, value: float) -> None:
        if self._editing is not None:
            self._emit_edit(self._editing, value)

    def _on_editor_closed(self) -> None:
        self._editing = None
        self.update()

    def _emit_edit(self, target: Target, value: float) -> None:
        flat = self._picture.flat_index(target)
        if flat >= 0 and self._spec is not None:
            self.parameterEdited.emit(flat, value, target_name(self._spec, target))

    # --- words ----------------------------------------------------------------------------------------------------

    def _is_planar(self) -> bool:
        return self._spec is not None and self._spec.data.dataset.planar

    def _exists(self, target: Target) -> bool:
        sizes = self._spec.layer_sizes if self._spec is not None else ()
        if target.kind == "feature":
            return False
        far = target.layer + 1 if target.kind == "edge" else target.layer
        return far < len(sizes) and target.index < sizes[far] and target.source < sizes[target.layer]

    def card(self, target: Target, by_keyboard: bool = False) -> CardText | None:
        """What the card beside a neuron, an edge or a bias says at this moment, to a pointer or to keys."""
        if self._spec is None:
            return None
        return card_text(self._spec, target, self._picture.value, self._picture.activations, by_keyboard)

    def _describe(self) -> None:
        """Tell assistive technology what is selected and its value."""
        if self._spec is None or self._selected is None:
            self.setAccessibleDescription("Nothing is selected. " + KEYS)
            return
        card = self.card(self._selected)
        values = ", ".join(f"{label} {value}" for label, value, _ in card.rows) if card is not None else ""
        self.setAccessibleDescription(f"{target_name(self._spec, self._selected)}. {values}")

    def _tip(self) -> str:
        """For who rests on a button or an input that is off; a neuron or a weight has its card, and F1 says more."""
        if self._spec is None:
            return ""
        if self._button is not None:
            b = self._button
            return button_tip(self._spec, b.target, b.enabled, self.max_layers, self.max_width)
        return input_tip(self._hovered) if self._hovered is not None and self._hovered.kind == "feature" else ""

    def explain_at(self, at: QPoint) -> str:
        """F1: what lies at ``at``, in this widget's coordinates; where nothing does, the network and its keys."""
        if self._spec is None:
            return self.whatsThis()
        button, header, target = self._found(at.x(), at.y())
        if button is not None:
            return button_tip(self._spec, button.target, button.enabled, self.max_layers, self.max_width)
        if header >= 0:
            return explain_layer(self._spec, header)
        if target is not None:
            return explain(self._spec, target)
        if at.y() >= self.height() - LEGEND_HEIGHT:
            return explain_legend(self._picture.lines.contributions)
        return self.whatsThis()

    # --- Qt -------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(744, 544)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        button = self._button.target if self._button is not None else None
        self._picture.paint(painter, self.devicePixelRatioF(), button, self._header, self._selected)
        if self.hasFocus() and self._by_keyboard:
            painter.setPen(QPen(self.theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 8, 8)
        about, near = self._hovered, (self._pointer.x(), self._pointer.y())
        by_keyboard = about is None and self._by_keyboard
        if by_keyboard and self._selected is not None:
            about, near = self._selected, self._picture.anchor(self._selected)
        quiet = about is None or self._editing is not None or self._stage.gliding
        card = self.card(about, by_keyboard) if about is not None and not quiet else None
        if about is not None and card is not None:
            corner = place(card_size(card), near, (self.width(), self.height()), self._picture.outline(about))
            paint_card(painter, self.theme, card, corner)
        painter.end()
        self._stage.follow()
        if self._picture.lines.busy:
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._editor.accept()
        self._stage.resize(self.width(), self.height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if self._press is None:
            self._point(event.position())
            return
        start, target, value = self._press
        rise = start.y() - event.position().y()
        if not self._dragging and abs(rise) >= DRAG_START:
            self._dragging = True
            self.select(target)
        if self._dragging:
            edited = round(min(max(value + rise * step_for(value) / 4, -LIMIT), LIMIT), 9)
            self._emit_edit(target, edited)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._editor.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._pointer = event.position()
        self._point(event.position())
        if self._button is not None:
            self._press_button(self._button)
        elif self._hovered is None:
            self._by_keyboard = False
            self.select(None)
        elif self._hovered.kind in ("edge", "bias"):
            value = self._picture.value(self._hovered)
            finite = value is not None and np.isfinite(value)
            self._press = (event.position(), self._hovered, float(value) if finite else 0.0)
        else:
            self._click(self._hovered)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        press, dragged = self._press, self._dragging
        self._press, self._dragging = None, False
        if press is not None and not dragged and event.button() == Qt.MouseButton.LeftButton:
            self._click(press[1])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._point(event.position())
        target = self._hovered
        if target is not None and target.kind == "neuron" and target.layer > 0:
            self.edit(Target("bias", target.layer, target.index))
        else:
            self.mousePressEvent(event)  # two quick clicks on + are two neurons

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key, at = event.reason() == QContextMenuEvent.Reason.Keyboard, self._selected
        self.open_layer_menu((at.layer if at is not None else 0) if by_key else self._found(event.x(), event.y())[1])

    def leaveEvent(self, event: QEvent) -> None:
        self._button, self._header = None, -1
        self._set_hovered(None)
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._takes(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(), self)
            return True
        if event.type() == QEvent.Type.WhatsThis and isinstance(event, QHelpEvent):
            QWhatsThis.showText(event.globalPos(), self.explain_at(event.pos()), self)
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        """Which keys are ours before the window's shortcuts see them: all when the ring was moved by keys.

        After a click on the graph, the right arrow must still step the training.
        """
        key = event.key()
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return self._by_keyboard and self._selected is not None
        if key == Qt.Key.Key_Escape:
            return self._selected is not None or self._dragging
        mine = (Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Insert, Qt.Key.Key_Delete, Qt.Key.Key_Return,
                Qt.Key.Key_Enter, Qt.Key.Key_O, Qt.Key.Key_A)  # fmt: skip
        return key in (Qt.Key.Key_Up, Qt.Key.Key_Down) or (key in mine and self._selected is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        layout, key, at = self._picture.layout, event.key(), self._selected
        if layout is None or not self._takes(event):
            super().keyPressEvent(event)
            return
        if key in _ARROWS:
            self._by_keyboard = True
            self._select_by_key(step(layout, at, *_ARROWS[key]))
            return
        if key == Qt.Key.Key_Escape:
            if self._dragging and self._press is not None:
                self._emit_edit(self._press[1], self._press[2])
                self._press, self._dragging = None, False
            else:
                self._select_by_key(None)
                self._by_keyboard = False
        elif at is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if at.kind == "feature" or (at.kind == "neuron" and at.layer == 0):
                if self._is_planar():
                    self._toggle(at)
            else:
                self.edit(Target("bias", at.layer, at.index) if at.kind == "neuron" else at)
        elif at is not None:
            self._structure_key(key, at)

    def _select_by_key(self, target: Target | None) -> None:
        """Like pointing at it: the page shows what a selected neuron computes."""
        self.select(target)
        neuron = target is not None and target.kind in ("neuron", "bias")
        self.neuronHovered.emit(*((target.layer, target.index) if target is not None and neuron else (-1, -1)))

    def _structure_key(self, key: int, at: Target) -> None:
        column = at.layer + 1 if at.kind == "edge" else at.layer
        kinds = {Qt.Key.Key_Plus: "plus", Qt.Key.Key_Minus: "minus", Qt.Key.Key_Insert: "add",
                 Qt.Key.Key_Delete: "remove", Qt.Key.Key_O: "more", Qt.Key.Key_A: "own"}  # fmt: skip
        last = len(self._picture.layout.columns) - 1 if self._picture.layout is not None else 0
        layer = min(column + 1, last) if key == Qt.Key.Key_Insert else column
        for button in self._picture.buttons:
            if button.target == Target(kinds[key], layer):
                self._press_button(button)
                return

    def focusNextPrevChild(self, forward: bool) -> bool:
        layout, at = self._picture.layout, self._selected
        if layout is not None and at is not None and self._by_keyboard and (found := walk_edges(layout, at, forward)):
            self._select_by_key(found)
            return True
        return super().focusNextPrevChild(forward)

    def focusInEvent(self, event: object) -> None:
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.update()
