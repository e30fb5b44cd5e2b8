"""One weight or bias of the network picture changed by hand: typed into an editor beside it, or dragged up and down."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal

from gui.graphics.graph_words import exact, target_name
from gui.graphics.hover_card import place
from gui.graphics.network_picture import NetworkPicture
from gui.graphics.targets import Target
from gui.graphics.value_editor import LIMIT, ValueEditor, step_for

DRAG_START = 4  # logical pixels; a hand that clicks moves less


class WeightEdit(QObject):
    """What a hand does to the numbers of ``picture``; ``editor`` lies on the widget that paints it.

    Signals: ``changed(Target, value)`` each time a number is to be taken over; ``grasped(Target)`` when a drag begins;
    ``closed()`` when the editor has gone.
    """

    changed = Signal(object, float)
    grasped = Signal(object)
    closed = Signal()

    def __init__(self, picture: NetworkPicture, editor: ValueEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._picture, self._editor = picture, editor
        self._typed: Target | None = None
        self._held: tuple[QPointF, Target, float] | None = None
        self._moved = False
        editor.valueChosen.connect(self._on_value_chosen)
        editor.closed.connect(self._on_editor_closed)

    # --- typing ---------------------------------------------------------------------------------------------------

    @property
    def typing(self) -> bool:
        """Whether the editor is open."""
        return self._typed is not None

    def open(self, target: Target, near: tuple[float, float] | None = None) -> None:
        """Open the editor for an edge or a bias, at ``near`` or beside it. Without a value there is nothing to edit."""
        value, spec, layout = self._picture.value(target), self._picture.spec, self._picture.layout
        if value is None or spec is None or layout is None:
            return
        self._editor.accept()
        self._typed = target
        title = target_name(spec, target)
        self._editor.prepare(title)
        size = self._editor.sizeHint()
        corner = place((size.width(), size.height()), near or self._picture.anchor(target),
                       (layout.width, layout.height), self._picture.outline(target))  # fmt: skip
        self._editor.setGeometry(round(corner[0]), round(corner[1]), size.width(), size.height())
        plain = exact(value).replace("−", "-").removeprefix("+") if np.isfinite(value) else "0"
        self._editor.open(title, float(value), plain)

    def _on_value_chosen(self, value: float) -> None:
        if self._typed is not None:
            self.changed.emit(self._typed, value)

    def _on_editor_closed(self) -> None:
        self._typed = None
        self.closed.emit()

    # --- dragging -------------------------------------------------------------------------------------------------

    @property
    def held(self) -> bool:
        """Whether the mouse is down on an edge or a bias."""
        return self._held is not None

    @property
    def dragging(self) -> bool:
        """Whether it has moved far enough since to be no click."""
        return self._held is not None and self._moved

    def hold(self, target: Target, at: QPointF) -> None:
        """The mouse went down on an edge or a bias."""
        value = self._picture.value(target)
        finite = value is not None and np.isfinite(value)
        self._held, self._moved = (at, target, float(value) if finite else 0.0), False

    def drag(self, at: QPointF) -> None:
        """The mouse moved there: each pixel up adds a quarter of the step that an arrow key makes."""
        if self._held is None:
            return
        start, target, value = self._held
        rise = start.y() - at.y()
        if not self._moved and abs(rise) >= DRAG_START:
            self._moved = True
            self.grasped.emit(target)
        if self._moved:
            self.changed.emit(target, round(min(max(value + rise * step_for(value) / 4, -LIMIT), LIMIT), 9))

    def let_go(self) -> Target | None:
        """The mouse is up again; what it was down on, if it was not dragged."""
        clicked = self._held[1] if self._held is not None and not self._moved else None
        self._held = None
        return clicked

    def put_back(self) -> None:
        """Leave the weight that is dragged as it was before."""
        if self._held is not None:
            _, target, value = self._held
            self.changed.emit(target, value)
            self._held = None
