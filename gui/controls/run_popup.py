"""The small window under "Run": so many epochs, or until a figure is reached."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from engine.registry import Range
from engine.stopping import Until
from gui import fonts
from gui.controls.combos import ChoiceCombo, LadderCombo
from gui.controls.numbers import format_value

_EPOCHS = Range(
    1,
    10_000_000,
    "Epochs",
    ladder=(1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000),
    help="How many more epochs to train.",
)
_LOSS_LADDER = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
_SHARE_LADDER = (0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0)
_R2_LADDER = (0.0, 0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99)
# key, label, what the choice is for, limits of its value, where it starts
METRICS: tuple[tuple[str, str, Range, float], ...] = (
    ("test_loss", "Test loss", Range(0, 1e6, "Test loss", ladder=_LOSS_LADDER), 0.1),
    ("train_loss", "Train loss", Range(0, 1e6, "Train loss", ladder=_LOSS_LADDER), 0.1),
    ("test_accuracy", "Test accuracy", Range(0, 1, "Test accuracy", percent=True, ladder=_SHARE_LADDER), 0.95),
    ("train_accuracy", "Train accuracy", Range(0, 1, "Train accuracy", percent=True, ladder=_SHARE_LADDER), 0.95),
    ("test_r2", "Test R²", Range(-1e6, 1, "Test R²", ladder=_R2_LADDER), 0.95),
    ("train_r2", "Train R²", Range(-1e6, 1, "Train R²", ladder=_R2_LADDER), 0.95),
    (
        "epoch",
        "Epoch",
        Range(1, 1_000_000_000, "Epoch", ladder=(100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)),
        1_000,
    ),
)


class RunPopup(QFrame):
    """``runEpochs(n)`` and ``runUntil(Until)``; closes itself after either, and on Escape."""

    runEpochs = Signal(int)
    runUntil = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("surface", "popup")
        self.setAccessibleName("Run for or until")
        self.epochs = LadderCombo(_EPOCHS, 100)
        self.go_epochs = self._button("Run these epochs", "Trains this many epochs more, then pauses.")
        self.figure = ChoiceCombo(
            choices(regression=False),
            "Figure",
            "The figure to wait for. Training pauses at the end of the epoch that reaches it.",
        )
        self.sign = QLabel()
        self.values = {metric: LadderCombo(limits, start) for metric, _, limits, start in METRICS}
        self.go_until = self._button("Run until it is reached", "Trains until the figure is reached, then pauses.")
        self.sentence = QLabel()
        self.sentence.setProperty("role", "caption")
        self.sentence.setFont(fonts.caption())
        self.sentence.setWordWrap(True)
        self._lay_out()
        self.figure.chosen.connect(self._explain)
        for value in self.values.values():
            value.committed.connect(self._explain)
            value.field.entered.connect(self.go_until.click)
        self.epochs.field.entered.connect(self.go_epochs.click)
        self.go_epochs.clicked.connect(self._on_epochs)
        self.go_until.clicked.connect(self._on_until)
        self._explain()

    def _button(self, name: str, tip: str) -> QPushButton:
        button = QPushButton("Run")
        button.setProperty("look", "primary")
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 16)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.addWidget(self._heading("Run for"), 0, 0, 1, 4)
        grid.addWidget(self.epochs, 1, 0)
        grid.addWidget(QLabel("epochs"), 1, 1, 1, 2)
        grid.addWidget(self.go_epochs, 1, 3)
        grid.setRowMinimumHeight(2, 4)
        until = self._heading("Run until")
        grid.addWidget(until, 3, 0, 1, 4)
        grid.addWidget(self.figure, 4, 0)
        grid.addWidget(self.sign, 4, 1)
        for value in self.values.values():
            value.setFixedWidth(104)
            grid.addWidget(value, 4, 2)
        grid.addWidget(self.go_until, 4, 3)
        grid.addWidget(self.sentence, 5, 0, 1, 4)
        self.epochs.setFixedWidth(136)
        self.figure.setFixedWidth(136)
        self.sign.setFixedWidth(12)
        self._until = (until, self.figure, self.sign, self.go_until, self.sentence)

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("role", "heading")
        label.setFont(fonts.caption(fonts.SEMIBOLD))
        return label

    def set_regression(self, regression: bool) -> None:
        """Offer R² in the place of accuracy, or accuracy again."""
        ending = {True: ("accuracy", "r2"), False: ("r2", "accuracy")}[regression]
        key = self.figure.key().replace(*ending)
        self.figure.set_choices(choices(regression))
        self.figure.set_key(key)
        self._explain()

    def set_until_shown(self, shown: bool) -> None:
        """With the lower half, or without it: for a run that has none of its figures."""
        for widget in self._until:
            widget.setVisible(shown)
        if shown:
            self._explain()
        else:
            for value in self.values.values():
                value.hide()

    def until(self) -> Until:
        """The condition as it stands."""
        key = self.figure.key()
        # The engine calls either score accuracy.
        return Until(key.replace("r2", "accuracy"), float(self.values[key].value()))

    def open_below(self, widget: QWidget) -> None:
        """Show under ``widget``, with the number of epochs ready to be typed over."""
        self.adjustSize()
        self.move(widget.mapToGlobal(QPoint(0, widget.height() + 4)))
        self.show()
        self.epochs.field.setFocus()
        self.epochs.field.selectAll()

    def _explain(self) -> None:
        metric = self.figure.key()
        for key, value in self.values.items():
            value.setVisible(key == metric)
        falling = metric.endswith("loss")
        self.sign.setText("≤" if falling else "≥")
        value = self.values[metric]
        shown = format_value(value.value(), value.limits)
        name = self.figure.currentText()
        name = name[0].lower() + name[1:]
        goal = (
            f"epoch {shown} is done"
            if metric == "epoch"
            else f"the {name} is {shown} or {'less' if falling else 'more'}"
        )
        self.sentence.setText(f"Pauses as soon as {goal}, or when you press Space.")

    def _on_epochs(self) -> None:
        self.close()
        self.runEpochs.emit(self.epochs.value())

    def _on_until(self) -> None:
        self.close()
        self.runUntil.emit(self.until())


def choices(regression: bool) -> list[tuple[str, str, str]]:
    """The figures of a task, as a drop-down takes them."""
    foreign = "accuracy" if regression else "r2"
    return [(key, label, "") for key, label, *_ in METRICS if not key.endswith(foreign)]
