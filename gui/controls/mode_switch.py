"""Train | Eval: whether the network is shown as dropout trains it, or whole, as it answers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.buttons import keeps_space
from gui.graphics.dropout_view import DropoutView
from gui.theme import CONTROL_HEIGHT

_MODES = (
    ("Train", "Shows the network as the next mini-batch trains it: the hollow neurons are left out for one of its samples. "
              "With every mini-batch others are."),
    ("Eval", "Shows the whole network, as it answers: nobody is left out once it is trained."),
)  # fmt: skip


class ModeSwitch(QWidget):
    """Two buttons of which one is down; hidden where there is no dropout. ``changed()``: the picture shows another mode."""

    changed = Signal()

    def __init__(self, view: DropoutView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self.setAccessibleName("Network in training or in use")
        self.train, self.eval = (_Half(*mode) for mode in _MODES)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for button in (self.train, self.eval):
            self._group.addButton(button)
            row.addWidget(button)
        self.eval.setChecked(True)
        self.train.toggled.connect(self._on_toggled)
        self.setFixedSize(self.sizeHint())
        self.hide()

    def show_spec(self, spec: ExperimentSpec | None) -> None:
        """Offer the choice where ``spec`` has dropout."""
        self._view.set_spec(spec)
        self._view.reserved = self.width() if self._view.possible else 0.0
        self.setVisible(self._view.possible)
        self.changed.emit()

    def place(self, width: int, height: int) -> None:
        """At the end of the legend of a picture of this size."""
        self.move(width - self.width() - 8, height - self.height() - 4)

    def _on_toggled(self, train: bool) -> None:
        self._view.set_train(train)
        self.changed.emit()


class _Half(QToolButton):
    def __init__(self, text: str, tip: str) -> None:
        super().__init__(text=text, checkable=True, toolTip=tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(text)
        self.setWhatsThis(tip)
        self.setFont(fonts.caption())
        self.setFixedSize(self.fontMetrics().horizontalAdvance(text) + 16, CONTROL_HEIGHT)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)
