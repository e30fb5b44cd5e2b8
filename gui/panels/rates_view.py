"""Learning rates: what one step does to the loss at seven of them, and a range test."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui.controls.range_board import RANGE_TEST, RangeBoard
from gui.controls.step_board import WHAT_IF, StepBoard
from gui.edits import with_learning_rate
from gui.panels.base import Panel
from gui.reasons import NOT_FINITE
from gui.theme import GRID, Theme


class RatesView(Panel):
    """Left one step, right the range test. ``specProposed(text, spec, merge key)`` sets the learning rate.

    ``asked`` and ``forgotten`` are those of both halves.
    """

    title = "Learning rate"
    wants_minibatch = True
    frames_per_second = 4.0
    answers = (WHAT_IF, RANGE_TEST)
    asked = Signal(object)
    forgotten = Signal(str)
    specProposed = Signal(str, object, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self.step, self.range = StepBoard(theme), RangeBoard(theme)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3 * GRID)
        for board in (self.step, self.range):
            box.addWidget(board, 1)
            board.asked.connect(self.asked)
            board.rateChosen.connect(self._on_rate)
        self.range.forgotten.connect(self.forgotten)
        self.setWhatsThis(
            "Left: the loss after the next update at seven learning rates, renewed while it trains. Right: the loss while the "
            "rate grows from mini-batch to mini-batch. Both work on copies: the run stays as it is until you press a rate."
        )

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.step.apply_theme(theme)
        self.range.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        self._spec = spec
        self.range.show_rate(spec.optimizer.learning_rate)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        reason = _why_not(snapshot)
        self.step.show_snapshot(snapshot, reason)
        self.range.show_snapshot(snapshot, reason)

    def take_answer(self, key: str, answer: object) -> None:
        (self.step if key == WHAT_IF else self.range).take_answer(answer)

    def take_progress(self, key: str, share: float, words: str) -> None:
        if key == RANGE_TEST:
            self.range.take_progress(share, words)

    def take_failure(self, key: str, sentence: str) -> None:
        (self.step if key == WHAT_IF else self.range).take_failure(sentence)

    @Slot(float)
    def _on_rate(self, rate: float) -> None:
        if self._spec is not None and rate != self._spec.optimizer.learning_rate:
            self.specProposed.emit("Learning rate", with_learning_rate(self._spec, rate), "")


def _why_not(snapshot: Snapshot) -> str:
    """Why there are no rates to try, in one sentence; "" where there are."""
    optimizer = snapshot.spec.optimizer
    if optimizer.full_batch:
        return f"{optimizer.label} finds its own step and uses no learning rate. Choose another optimizer to try rates."
    return "" if np.isfinite(snapshot.params).all() else NOT_FINITE
