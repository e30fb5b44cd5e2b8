"""The network, alive: weights as lines, neurons with what they compute; point, click and drag to look and to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
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

from engine.doctor import Finding
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui.controls.layer_menu import LayerMenu
from gui.controls.mode_switch import ModeSwitch
from gui.controls.pin_menu import PinMenu
from gui.graphics import dropout_view, pointing
from gui.graphics.badges import Badge, Badges
from gui.graphics.graph_help import KEYS
from gui.graphics.graph_keys import ARROWS, ENTER, pressed, takes
from gui.graphics.graph_stage import GraphStage
from gui.graphics.graph_words import CardText, card_text, target_name
from gui.graphics.hover_card import card_size, paint_card, place
from gui.graphics.network_picture import NetworkPicture
from gui.graphics.phase_front import Front
from gui.graphics.pin_dots import paint_dots
from gui.graphics.pointing import Pointer, find, neuron_of
from gui.graphics.proposals import proposal
from gui.graphics.targets import Button, Target, step, walk_edges
from gui.graphics.value_editor import ValueEditor
from gui.graphics.weight_edit import WeightEdit
from gui.panels.base import Panel
from gui.pins import pin_of
from gui.theme import Theme


class NetworkGraph(Panel):
    """The graph of one network.

    Signals: ``specProposed(text, spec, merge_key)``; ``parameterEdited(flat index, value, text)``;
    ``neuronHovered(layer, index)``, (-1, -1) when the pointer leaves; ``selectionChanged(Target | None)``;
    ``watchRequested(Target, bool)``, something, or with True its gradient, is to be watched; ``findingChosen(key)``, a mark
    of the doctor's was clicked.
    ``reduce_motion`` turns glides off.
    """

    title = "Network"
    wants_maps = True

    specProposed = Signal(str, object, str)
    parameterEdited = Signal(int, float, str)
    neuronHovered = Signal(int, int)
    selectionChanged = Signal(object)
    watchRequested = Signal(object, bool)
    findingChosen = Signal(object)

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, max_width: int = 64, max_layers: int = 8
    ) -> None:
        super().__init__(theme, parent)
        self.max_width, self.max_layers = max_width, max_layers
        self.reduce_motion = False
        self._spec: ExperimentSpec | None = None
        self._picture = NetworkPicture(theme, max_layers, max_width)
        self._badges = Badges(theme)
        self._shown_activations: tuple[NDArray, ...] | None = None
        self._snapshot: Snapshot | None = None
        self._selected: Target | None = None
        self._pins: tuple[tuple[Target, int], ...] = ()
        self._by_keyboard = False
        self._pointer = Pointer(self._picture, self)
        self._pointer.changed.connect(self.update)
        self._pointer.neuronHovered.connect(self.neuronHovered)
        self._editor = ValueEditor(self)
        self._weight = WeightEdit(self._picture, self._editor, self)
        self._weight.changed.connect(self._on_weight_changed)
        self._weight.grasped.connect(self.select)
        self._weight.closed.connect(self.update)
        self._stage = GraphStage(self._picture, self)
        self._stage.changed.connect(self.update)
        self.mode = ModeSwitch(self._picture.dropout, self)
        self.mode.changed.connect(self._on_mode)
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
        self._badges.set_theme(theme)
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
            self._weight.let_go()
            self._shown_activations = None
            self._pointer.forget()
            if self._selected is not None and not pointing.exists(spec, self._selected):
                self.select(None)
        glide = old is not None and not same and not self.reduce_motion and self.isVisible()
        self.mode.show_spec(spec)
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
        was_in_phases = self._picture.front is not None
        self._picture.set_front(Front.of(snapshot))
        if self._shown_activations is None or was_in_phases or self._picture.front is not None:
            own = snapshot.activations if self._shown_activations is None else self._shown_activations
            self._take_activations(own)
        if snapshot.minibatch is not None:
            self._picture.dropout.take(snapshot.minibatch, snapshot.sample_index)
        if settled and (self._selected is not None or was_in_phases or self._picture.front is not None):
            self._describe()
        self.update()

    def show_activations(self, activations: Sequence[NDArray] | None) -> None:
        """One (n,) array a layer, inputs first, as a drawing makes them; ``None`` goes back to the snapshot's own."""
        self._shown_activations = None if activations is None else tuple(activations)
        own = self._snapshot.activations if self._snapshot is not None else None
        self._picture.lines.in_steps = activations is not None
        self._take_activations(own if activations is None else self._shown_activations)
        self.update()

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Mark the neurons and layers that the doctor's findings are about."""
        self._badges.set_findings(findings)
        self.update()

    def clear(self) -> None:
        """Forget the experiment."""
        self._editor.cancel()
        self._weight.let_go()
        self._pointer.forget()
        self.select(None)
        self._spec = self._snapshot = self._shown_activations = None
        self.mode.show_spec(None)
        self._stage.clear()
        self.update()

    def _on_mode(self) -> None:
        # The next mini-batch is asked for only while it is to be seen.
        self.wants_minibatch = self._picture.dropout.active
        self.update()

    @property
    def dropped(self) -> tuple[NDArray | None, ...]:
        """(n,) bool a hidden layer: who sits out the next mini-batch, as it is drawn; None for a layer without dropout."""
        return tuple(self._picture.dropout.dropped)

    @property
    def selected(self) -> Target | None:
        """The thing with the ring."""
        return self._selected

    @property
    def at_hand(self) -> Target | None:
        """What the pointer is on, else what is selected."""
        return self._hovered or self._selected

    def show_pins(self, pins: tuple[tuple[Target, int], ...]) -> None:
        """Mark what is watched with dots; of each thing the number of its colour."""
        self._pins = pins
        self.update()

    def select(self, target: Target | None) -> None:
        """Put the ring around a neuron, edge or bias, or nowhere."""
        if target != self._selected:
            self._selected = target
            self._describe()
            self.selectionChanged.emit(target)
            self.update()

    def light(self, target: Target | None) -> None:
        """Light a thing up from elsewhere, as if the pointer were on it; with None what it really is on."""
        known = target is not None and pointing.exists(self._spec, target)
        self._picture.set_focus(target if known else self._pointer.found.target)
        self.update()

    def _take_activations(self, activations: tuple[NDArray, ...] | None) -> None:
        front = self._picture.front  # the sample that a phase is about comes before a drawing
        self._picture.set_activations(activations if front is None else front.all_activations)
        self._stage.follow()

    # --- what a hand asks for -------------------------------------------------------------------------------------

    @property
    def _hovered(self) -> Target | None:
        return self._pointer.found.target

    def _click(self, target: Target) -> None:
        self._by_keyboard = False
        if target.kind == "feature" or (target.kind == "neuron" and target.layer == 0 and self._is_planar()):
            self._change(target)
            return
        self.select(target)
        if target.kind in ("edge", "bias"):
            self.edit(target, (self._pointer.at.x(), self._pointer.at.y()))

    def _press_button(self, button: Button) -> None:
        if not button.enabled:
            return
        if button.target.kind == "more":
            self._stage.toggle_open(button.target.layer)
        elif button.target.kind == "own":
            self.open_layer_menu(button.target.layer)
        else:
            self._change(button.target)

    def open_layer_menu(self, layer: int) -> None:
        """What hidden layer ``layer`` (counted from 1) can have of its own, under its header."""
        box = next((b.box for b in self._picture.buttons if b.target == Target("own", layer)), None)
        if self._spec is not None and box is not None:
            menu = LayerMenu(self._spec, layer - 1, self)
            menu.proposed.connect(self._propose)
            menu.popup(self.mapToGlobal(QPoint(round(box[0]), round(box[1] + box[3] - 2))))

    def _change(self, target: Target) -> None:
        if self._spec is not None:
            self._propose(*proposal(self._spec, target, self.max_layers, self.max_width))

    def _propose(self, text: str, spec: ExperimentSpec | None) -> None:
        if spec is not None:
            self.specProposed.emit(text, spec, "")

    def edit(self, target: Target, near: tuple[float, float] | None = None) -> None:
        """Open the editor for an edge or a bias, beside it."""
        self._weight.open(target, near)

    def _on_weight_changed(self, target: Target, value: float) -> None:
        flat = self._picture.flat_index(target)
        if flat >= 0 and self._spec is not None:
            self.parameterEdited.emit(flat, value, target_name(self._spec, target))

    # --- words ----------------------------------------------------------------------------------------------------

    def _is_planar(self) -> bool:
        return self._spec is not None and self._spec.data.dataset.planar

    def card(self, target: Target, by_keyboard: bool = False) -> CardText | None:
        """What the card beside a neuron, an edge or a bias says at this moment, to a pointer or to keys."""
        if self._spec is None:
            return None
        card = card_text(self._spec, target, self._picture.value, self._picture.activations, by_keyboard)
        if card is not None and self._picture.dropout.is_dropped(target):
            card = replace(card, rows=(*card.rows, ("dropout", "left out", 0)))
        return card

    def _describe(self) -> None:
        """Tell assistive technology what is selected and its value."""
        front = self._picture.front
        phase = f"{front.explanation} " if front is not None else ""
        if self._spec is None or self._selected is None:
            self.setAccessibleDescription(f"{phase}Nothing is selected. {KEYS}")
            return
        card = self.card(self._selected)
        values = ", ".join(f"{label} {value}" for label, value, _ in card.rows) if card is not None else ""
        ails = (
            self._badges.about(self._selected.layer, self._selected.index) if self._selected.kind == "neuron" else None
        )
        found = f" {ails.sentence} D shows more." if ails is not None else ""
        self.setAccessibleDescription(f"{phase}{target_name(self._spec, self._selected)}. {values}{found}")

    def _tip(self) -> str:
        if self._spec is None:
            return ""
        if (badge := self._badge_under_pointer()) is not None:
            return f"{badge.finding.sentence} A click shows why, and what may help."
        return pointing.tip(self._spec, self._pointer.found, self.max_layers, self.max_width)

    def explain_at(self, at: QPoint) -> str:
        """F1: what lies at ``at``, in this widget's coordinates; where nothing does, the network and its keys."""
        text = pointing.explanation(self._picture, at.x(), at.y(), self.max_layers, self.max_width)
        return (text or self.whatsThis()) + (dropout_view.HELP if self._picture.dropout.active else "")

    # --- Qt -------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(744, 544)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        under = self._pointer.found
        button = under.button.target if under.button is not None else None
        self._picture.paint(painter, self.devicePixelRatioF(), button, under.header, self._selected)
        if self._pins and not self._stage.gliding:
            paint_dots(painter, self._picture, self.theme, self._pins)
        if self.hasFocus() and self._by_keyboard:
            painter.setPen(QPen(self.theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 8, 8)
        self._badges.paint(painter, self._picture.layout, self.devicePixelRatioF())
        about, near = self._hovered, (self._pointer.at.x(), self._pointer.at.y())
        by_keyboard = about is None and self._by_keyboard
        if by_keyboard and self._selected is not None:
            about, near = self._selected, self._picture.anchor(self._selected)
        quiet = about is None or self._weight.typing or self._stage.gliding
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
        self.mode.place(self.width(), self.height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._weight.held:
            self._pointer.at = event.position()
            self._weight.drag(event.position())
        else:
            self._pointer.move(event.position())
            if self._badge_under_pointer() is not None:
                self.setCursor(Qt.CursorShape.PointingHandCursor)

    def _badge_under_pointer(self) -> Badge | None:
        return self._badges.at(self._picture.layout, self._pointer.at.x(), self._pointer.at.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._editor.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._pointer.move(event.position())
        button, target = self._pointer.found.button, self._hovered
        if (badge := self._badge_under_pointer()) is not None:
            self.findingChosen.emit(badge.finding.key)
        elif button is not None:
            self._press_button(button)
        elif target is None:
            self._by_keyboard = False
            self.select(None)
        elif target.kind in ("edge", "bias"):
            self._weight.hold(target, event.position())
        else:
            self._click(target)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._weight.let_go()
        if clicked is not None and event.button() == Qt.MouseButton.LeftButton:
            self._click(clicked)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pointer.move(event.position())
        target = self._hovered
        if target is not None and target.kind == "neuron" and target.layer > 0:
            self.edit(Target("bias", target.layer, target.index))
        else:
            self.mousePressEvent(event)  # two quick clicks on + are two neurons

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.open_layer_menu(self._selected.layer if self._selected is not None else 0)
        else:
            found = find(self._picture, event.x(), event.y())
            self.open_layer_menu(found.header)
            self.open_pin_menu(found.target, event.globalPos())

    def open_pin_menu(self, target: Target | None, at: QPoint) -> None:
        """What of ``target`` can be watched, at a point of the screen."""
        if self._spec is not None and target is not None and pin_of(target) is not None:
            menu = PinMenu(self._spec, target, self)
            menu.chosen.connect(partial(self.watchRequested.emit, target))
            menu.popup(at)

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer.leave()

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
        return takes(event, self._selected, self._by_keyboard, self._weight.dragging)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        layout, key, at = self._picture.layout, event.key(), self._selected
        if layout is None or not self._takes(event):
            super().keyPressEvent(event)
        elif key in ARROWS:
            self._by_keyboard = True
            self._select_by_key(step(layout, at, *ARROWS[key]))
        elif key == Qt.Key.Key_Escape and self._weight.dragging:
            self._weight.put_back()
        elif key == Qt.Key.Key_Escape:
            self._select_by_key(None)
            self._by_keyboard = False
        elif at is not None and key in ENTER:
            self._enter(at)
        elif at is not None and (button := pressed(key, at, layout, self._picture.buttons)) is not None:
            self._press_button(button)

    def _enter(self, at: Target) -> None:
        if at.kind != "feature" and (at.kind != "neuron" or at.layer > 0):
            self.edit(Target("bias", at.layer, at.index) if at.kind == "neuron" else at)
        elif self._is_planar():
            self._change(at)

    def _select_by_key(self, target: Target | None) -> None:
        """Like pointing at it: the page shows what a selected neuron computes."""
        self.select(target)
        self.neuronHovered.emit(*neuron_of(target))

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
