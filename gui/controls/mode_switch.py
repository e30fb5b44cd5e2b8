"""Train | Eval: whether the network is shown as dropout trains it, or whole, as it answers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from gui import fonts
from gui.controls.buttons import keeps_space
from gui.theme import CONTROL_HEIGHT

_MODES = (
    ("Train", "Shows the network as the next mini-batch trains it: the hollow neurons are left out for one of its samples. "
              "With every mini-batch others are."),
    ("Eval", "Shows the whole network, as it answers: nobody is left out once it is trained."),
)  # fmt: skip


class ModeSwitch(QWidget):
    """Two buttons of which one is down. ``trainChosen(bool)`` when a person takes the other one."""

    trainChosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self.train.toggled.connect(self.trainChosen)
        self.setFixedSize(self.sizeHint())


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
