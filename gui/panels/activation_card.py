"""One activation in words: formula, slope, bounds, what it is for, its settings, and the way into the network."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.activations import Activation
from engine.activations.typed import Typed
from engine.slopes import steepest
from gui import fonts
from gui.forms import Form
from gui.functions import Function
from gui.graphics import ticks
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

MOST_LETTERS = 110


class ActivationCard(Panel):
    """``settingChanged(activation)`` another setting of it here; ``useRequested(activation)`` the network should have it."""

    title = "Selected function"
    settingChanged = Signal(object)
    useRequested = Signal(object)
    titleChanged = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._function: Function | None = None
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.facts = {name: QLabel() for name in ("f(z)", "f′(z)", "Range", "Steepest")}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        tips = ("What it makes of a weighted sum z.", "Its slope, by which a gradient is multiplied on its way back.",
                "The values it can take.", "The largest slope between −5 and 5.")  # fmt: skip
        for row, ((name, label), tip) in enumerate(zip(self.facts.items(), tips, strict=True)):
            caption = QLabel(name)
            caption.setProperty("role", "caption")
            caption.setFont(fonts.caption())
            caption.setFixedHeight(18)
            label.setFont(fonts.figures())
            label.setWordWrap(True)
            label.setToolTip(tip)
            label.setAccessibleName(name)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, row, 1)
        # What is typed has a field of its own above, where there is room for it.
        self.form = Form(theme, lambda name: name != "expression")
        self.use_button = QPushButton("Use in the network")
        self.use_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.use_button.setToolTip(
            "Gives every hidden layer this function and starts anew from the same first weights. Undo takes it back."
        )
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(GRID)
        box.addWidget(self.summary)
        box.addLayout(grid)
        box.addWidget(self.form)
        box.addStretch(1)
        box.addWidget(self.use_button)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.form.changed.connect(self._on_setting)
        self.use_button.clicked.connect(self._on_use)

    def sizeHint(self) -> QSize:
        return QSize(232, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(232, 208)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.form.apply_theme(theme)

    def show_function(self, function: Function | None) -> None:
        """Describe this one; emits nothing."""
        self._function = function
        if function is None:
            return
        activation = function.activation
        self.titleChanged.emit(activation.label)
        self.summary.setText(activation.summary)
        words = (activation.formula, activation.derivative, range_text(activation), ticks.short(steepest(activation)))
        for label, text in zip(self.facts.values(), words, strict=True):
            label.setText(_breakable(text))
        self.form.show_instance(activation)
        self.use_button.setEnabled(not function.used)
        self.use_button.setText("In use" if function.used else "Use in the network")
        self.use_button.setAccessibleName(f"Use {activation.label} in the network")

    @Slot(str, object, bool)
    def _on_setting(self, name: str, value: Any, _dragging: bool) -> None:
        if self._function is not None:
            self.settingChanged.emit(replace(self._function.activation, **{name: value}))

    @Slot()
    def _on_use(self) -> None:
        if self._function is not None:
            self.useRequested.emit(self._function.activation)


def range_text(activation: Activation) -> str:
    """``−1 to 1``, ``0 to ∞``; of what is typed, nobody has worked it out."""
    if isinstance(activation, Typed):
        return "as typed"
    low, high = (
        ticks.short(v) if not float(v).is_integer() else ticks.number(v, 0) for v in map(_finite, activation.range)
    )
    words = [low, high]
    for i, value in enumerate(activation.range):
        if math.isinf(value):
            words[i] = "∞" if value > 0 else f"{ticks.MINUS}∞"
    return " to ".join(words)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _breakable(text: str) -> str:
    """A long formula may be broken after a product's dot; of a very long one the beginning must do."""
    shown = text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 2] + " …"
    return shown.replace("·", "·\N{ZERO WIDTH SPACE}")
