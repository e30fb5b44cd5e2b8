"""The lanes of a race in the making: ready-made ones to begin with, a card each, and the settings of the one chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.race import MAX_LANES, MIN_LANES
from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.buttons import TextButton
from gui.controls.combos import ChoiceCombo
from gui.controls.lane_editor import LaneEditor
from gui.controls.lane_list import LaneList
from gui.lanes import READY, Plan, apart, names
from gui.theme import GRID, Theme

OWN = "own"
SIDE = 272


class LaneColumn(QScrollArea):
    """``changed()`` when other lanes would be raced. ``plans`` are changes of the experiment ``base``, and follow it."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.base = ExperimentSpec()
        self.plans: tuple[Plan, ...] = READY["architectures"].plans
        self.at = 0  # the lane that is being changed
        self.ready = ChoiceCombo(
            [(OWN, "Lanes of your own", "The experiment at hand, and copies of it that you change."),
             *((key, race.label, race.summary) for key, race in READY.items())],
            "Ready-made races", "Lanes to begin with, on the data at hand. Every one can be changed.",
        )  # fmt: skip
        self.ready.set_key("architectures")
        self.list = LaneList(theme, MAX_LANES)
        self.list.setWhatsThis(
            "The lanes of the race: the experiment at hand, each with a few settings changed. They follow it when it changes."
        )
        self.add = TextButton(
            "Add lane", f"A copy of the last lane, for you to change. A race has at most {MAX_LANES}."
        )
        self.which = QLabel()
        self.which.setProperty("role", "heading")
        self.which.setFont(fonts.caption(fonts.SEMIBOLD))
        self.editor = LaneEditor(theme)
        self._lay_out()
        self.ready.chosen.connect(self._on_ready)
        self.list.chosen.connect(self._on_lane)
        self.list.removed.connect(self._on_removed)
        self.add.clicked.connect(self._on_add)
        self.editor.changed.connect(self._on_setting)
        self._show()

    def _lay_out(self) -> None:
        content = QWidget()
        content.setProperty("surface", "none")
        content.setFixedWidth(SIDE)
        box = QVBoxLayout(content)
        box.setContentsMargins(0, 0, GRID, 0)
        box.setSpacing(GRID)
        for widget in (self.ready, self.list, self.add, self.which, self.editor):
            box.addWidget(widget)
        box.addStretch(1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        self.setFixedWidth(SIDE + 10)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.list.apply_theme(theme)
        self._show()

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Another experiment is at hand."""
        if spec != self.base:
            self.base = spec
            self._show()
            self.changed.emit()

    def entries(self) -> list[tuple[str, ExperimentSpec]]:
        """(name, spec) of every lane."""
        specs = (plan.spec(self.base) for plan in self.plans)
        return list(zip(names(self.plans, self.base), specs, strict=True))

    def problem(self) -> str:
        """Why these can't race, in a sentence; "" where they can."""
        found = ((name, spec.validate()) for name, spec in self.entries())
        return next((f"{name} can't race: {problems[0]}." for name, problems in found if problems), "")

    def _show(self) -> None:
        entries = self.entries()
        first = entries[0][1]
        lanes = [(name, apart(first, spec) if i else "the first") for i, (name, spec) in enumerate(entries)]
        colors = [self.theme.line_color(place) for place in range(MAX_LANES)]
        self.list.show_lanes(lanes, colors, self.at, len(lanes) > MIN_LANES)
        self.add.setEnabled(len(lanes) < MAX_LANES)
        which = f"Settings of {entries[self.at][0]}"
        self.which.setText(self.which.fontMetrics().elidedText(which, Qt.TextElideMode.ElideRight, SIDE - GRID))
        self.editor.show_lane(entries[self.at][1])

    def _take(self, plans: Sequence[Plan], at: int) -> None:
        self.plans, self.at = tuple(plans), min(at, len(plans) - 1)
        self._show()
        self.changed.emit()

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot(str)
    def _on_ready(self, key: str) -> None:
        self._take((Plan(), Plan()) if key == OWN else READY[key].plans, 1 if key == OWN else 0)

    @Slot(int)
    def _on_lane(self, place: int) -> None:
        self.at = place
        self._show()

    @Slot(int)
    def _on_removed(self, place: int) -> None:
        if len(self.plans) > MIN_LANES:
            self.ready.set_key(OWN)
            self._take([*self.plans[:place], *self.plans[place + 1 :]], self.at - (place < self.at))

    @Slot()
    def _on_add(self) -> None:
        if len(self.plans) < MAX_LANES:
            self.ready.set_key(OWN)
            self._take([*self.plans, self.plans[-1]], len(self.plans))

    @Slot(str, object)
    def _on_setting(self, key: str, value: Any) -> None:
        plan = self.plans[self.at].with_change(self.base, key, value)
        if problems := plan.spec(self.base).validate():
            self._show()
            self.editor.show_problem(problems[0])
            return
        self.ready.set_key(OWN)
        self._take([*self.plans[: self.at], plan, *self.plans[self.at + 1 :]], self.at)
