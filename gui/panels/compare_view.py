"""Compare: the same training in scikit-learn and PyTorch, and models that are no network on the same data."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui.controls.baseline_board import BASELINES, BaselineBoard
from gui.controls.parity_board import PARITY, ParityBoard
from gui.controls.segments import Segments
from gui.panels.base import Panel
from gui.theme import GRID, Theme


class CompareView(Panel):
    """``asked`` and ``forgotten`` are those of both boards."""

    title = "Compare"
    frames_per_second = 5.0
    answers = (PARITY, BASELINES)
    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.parity, self.baselines = ParityBoard(theme), BaselineBoard(theme)
        self.segments = Segments(
            "What to compare with",
            [("parity", "Parity", "This network trained by scikit-learn and PyTorch, from the same weights, in float64."),
             ("baselines", "Baselines", "Other models on the same data: when a network is not what one needs.")],
        )  # fmt: skip
        self.stack = QStackedWidget()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addWidget(self.segments)
        box.addWidget(self.stack, 1)
        for board in (self.parity, self.baselines):
            self.stack.addWidget(board)
            board.asked.connect(self.asked)
            board.forgotten.connect(self.forgotten)
        self.segments.chosen.connect(self._on_chosen)
        self.setWhatsThis(
            "Parity: the same network, data and mini-batches through our engine, scikit-learn and PyTorch. Baselines: logistic "
            "regression, neighbours, a support vector machine and trees on the same data."
        )

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.parity.apply_theme(theme)
        self.baselines.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        self.parity.show_spec(spec)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.parity.show_snapshot(snapshot)
        self.baselines.show_snapshot(snapshot)

    def take_answer(self, key: str, answer: object) -> None:
        (self.parity if key == PARITY else self.baselines).take_answer(answer)

    def take_progress(self, key: str, share: float, words: str) -> None:
        (self.parity if key == PARITY else self.baselines).take_progress(share, words)

    def take_failure(self, key: str, sentence: str) -> None:
        (self.parity if key == PARITY else self.baselines).take_failure(sentence)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.stack.setCurrentIndex(("parity", "baselines").index(key))
