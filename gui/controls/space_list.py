"""What a study searches: a tick for each hyperparameter, and its bounds or options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from engine.activations import ACTIVATIONS
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.registry import Range
from gui import fonts
from gui.controls.buttons import CheckBox
from gui.controls.fields import CheckedField, NumberField
from gui.graphics.trial_axes import label_of, words_of
from gui.tuning.study import Choice

_NAMED = {
    "activation": tuple(cls.name for cls in ACTIVATIONS if cls.name != "typed"),
    "optimizer": tuple(cls.name for cls in OPTIMIZERS),
    "initializer": tuple(cls.name for cls in INITIALIZERS),
}  # fmt: skip
_TINY, _HUGE = 1e-12, 1e6
_FIELD = 76


class OptionsField(CheckedField):
    """Options by their words, ``tanh, ReLU``: any that are ``known``, and where all are numbers any other number too."""

    def __init__(
        self, name: str, value: tuple[Any, ...], known: Iterable[Any] = (), parent: QWidget | None = None
    ) -> None:
        self._known = tuple(dict.fromkeys((*value, *known)))
        super().__init__(value, parent)
        self.setFont(fonts.figures())
        self.setMaxLength(300)
        self.setCursorPosition(0)
        self.setAccessibleName(f"{name}, options")
        self.setToolTip(f"What is tried, between commas. There are: {self.text_of(self._known)}.")

    def text_of(self, value: Any) -> str:
        return ", ".join(words_of(option) for option in value)

    def value_of(self, text: str) -> tuple[Any, ...]:
        known = {words_of(option): option for option in self._known}
        said = {str(option).casefold(): option for option in self._known}
        said |= {word.casefold(): option for word, option in known.items()}
        kinds = {type(option) for option in self._known}
        found: list[Any] = []
        for word in (part.strip() for part in text.split(",")):
            option = said.get(word.casefold())
            if option is None and kinds in ({int}, {float}):
                option = _number(word, kinds == {int})
            if option is None and word:
                raise ValueError(f"{word} is none of them: {', '.join(known)}.")
            if option is not None and option not in found:
                found.append(option)
        if not found:
            raise ValueError("Leave at least one option, or take the tick away.")
        return tuple(found)


def _number(word: str, whole: bool) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    if not 0 < value < _HUGE or (whole and value % 1):
        return None
    return int(value) if whole else value


class SpaceList(QWidget):
    """``changed()`` when a tick, a bound or an option is another. What is not ticked stays as the experiment has it."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, _Row] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(4)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)

    def show_space(self, space: Sequence[Choice], ticked: Iterable[str] | None = None) -> None:
        """Show these hyperparameters, ``ticked`` (all) of them searched; emits nothing."""
        names = {choice.name for choice in space} if ticked is None else set(ticked)
        for row in self._rows.values():
            row.remove(self._grid)
        self._rows = {choice.name: _Row(choice, choice.name in names, self) for choice in space}
        for i, row in enumerate(self._rows.values()):
            row.lay(self._grid, i)

    def row(self, name: str) -> _Row:
        """The controls of one hyperparameter."""
        return self._rows[name]

    def space(self) -> tuple[Choice, ...]:
        """What is ticked, as it stands."""
        return tuple(row.choice() for row in self._rows.values() if row.tick.isChecked())

    def problem(self) -> str:
        """What is wrong with it, in a sentence; "" where nothing is."""
        ticked = self.space()
        if not ticked:
            return "Nothing is searched. Tick at least one setting."
        crossed = [choice for choice in ticked if not choice.options and choice.low >= choice.high]
        return f"{label_of(crossed[0].name)}: the first bound must be below the second." if crossed else ""

    def set_locked(self, locked: bool) -> None:
        """A study that has begun keeps its space."""
        for row in self._rows.values():
            row.set_locked(locked)


class _Row:
    """A tick, and two bounds or a list of options."""

    def __init__(self, choice: Choice, ticked: bool, owner: SpaceList) -> None:
        self._choice, self._owner = choice, owner
        label = label_of(choice.name)
        self.tick = CheckBox(label)
        self.tick.setChecked(ticked)
        self.tick.setToolTip(
            f"{label}: ticked, each trial takes another value; else it stays as the experiment has it."
        )
        self.fields: list[CheckedField] = []
        if choice.options:
            self.fields = [OptionsField(label, choice.options, _NAMED.get(choice.name, ()))]
        else:
            for end, value in (("from", choice.low), ("to", choice.high)):
                limits = Range(
                    _TINY if choice.log else 0.0, _HUGE, f"{label} {end}", step=1 if choice.whole else None,
                    help="Drawn evenly on a logarithm." if choice.log else "Drawn evenly between the two.",
                )  # fmt: skip
                self.fields.append(NumberField(limits, round(value) if choice.whole else float(value)))
        self.dash = QLabel("–")
        self.tick.committed.connect(self._on_tick)
        for field in self.fields:
            field.setEnabled(ticked)
            field.committed.connect(self._on_field)

    def lay(self, grid: QGridLayout, row: int) -> None:
        grid.addWidget(self.tick, row, 0)
        if len(self.fields) == 1:
            grid.addWidget(self.fields[0], row, 1, 1, 3)
            return
        for column, field in ((1, self.fields[0]), (3, self.fields[1])):
            field.setFixedWidth(_FIELD)
            grid.addWidget(field, row, column)
        grid.addWidget(self.dash, row, 2, Qt.AlignmentFlag.AlignCenter)

    def remove(self, grid: QGridLayout) -> None:
        for widget in (self.tick, self.dash, *self.fields):
            grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()

    def choice(self) -> Choice:
        if self._choice.options:
            return replace(self._choice, options=self.fields[0].value())
        return replace(self._choice, low=float(self.fields[0].value()), high=float(self.fields[1].value()))

    def set_locked(self, locked: bool) -> None:
        self.tick.setEnabled(not locked)
        for field in self.fields:
            field.setEnabled(not locked and self.tick.isChecked())

    def _on_tick(self, ticked: bool) -> None:
        for field in self.fields:
            field.setEnabled(ticked)
        self._owner.changed.emit()

    @Slot()
    def _on_field(self) -> None:
        self._owner.changed.emit()
