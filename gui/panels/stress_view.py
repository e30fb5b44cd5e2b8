"""The stress test: what the network stands of changes to the images, and of damage to itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.snapshot import Snapshot
from gui.controls.ablation_board import CURVES, EFFECT, AblationBoard
from gui.controls.robustness_board import ROBUSTNESS, RobustnessBoard
from gui.panels.base import Panel
from gui.reasons import why_not
from gui.theme import GRID, Theme


class StressView(Panel):
    """Left the images change, right the network does. ``asked`` and ``forgotten`` are those of both halves."""

    title = "Stress"
    frames_per_second = 5.0
    answers = (ROBUSTNESS, EFFECT, CURVES)
    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.robustness, self.ablation = RobustnessBoard(theme), AblationBoard(theme)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3 * GRID)
        box.addWidget(self.robustness, 1)
        box.addWidget(self.ablation, 1)
        for board in (self.robustness, self.ablation):
            board.asked.connect(self.asked)
        self.robustness.forgotten.connect(self.forgotten)
        self.setWhatsThis(
            "Left: test accuracy against changes of the images, one curve a change. Right: test accuracy of the network with "
            "neurons switched off, weights pruned or noise added. The run itself stays as it is."
        )

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.robustness.apply_theme(theme)
        self.ablation.apply_theme(theme)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        reason = why_not(snapshot)
        self.robustness.show_snapshot(snapshot, reason)
        self.ablation.show_snapshot(snapshot, reason)

    def take_answer(self, key: str, answer: object) -> None:
        if key == ROBUSTNESS:
            self.robustness.take_answer(answer)
        else:
            self.ablation.take_answer(key, answer)

    def take_progress(self, key: str, share: float, words: str) -> None:
        if key == ROBUSTNESS:
            self.robustness.take_progress(share, words)

    def take_failure(self, key: str, sentence: str) -> None:
        if key == ROBUSTNESS:
            self.robustness.take_failure(sentence)
        else:
            self.ablation.take_failure(key, sentence)
