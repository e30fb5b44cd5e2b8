"""When a network should not answer: how many of its answers are right if it only gives those it is sure of."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.calibration import answered, coverage
from engine.registry import Range
from gui import fonts
from gui.controls.sliders import NumberSlider
from gui.graphics import ticks
from gui.graphics.response_plot import Axes, ResponsePlot
from gui.theme import GRID, Theme

THRESHOLD = Range(
    0.0, 1.0, "Threshold", step=0.01, percent=True,
    help="Answers only when it is at least so sure, else it says that it does not know. The higher, the fewer mistakes.",
)  # fmt: skip


class ThresholdBoard(QWidget):
    """``chosen(float)``: the Digits page is to answer from this threshold on."""

    chosen = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._confidence, self._right = np.zeros(0), np.zeros(0, bool)
        self._in_use = 0.0
        self.curve = ResponsePlot(theme, Axes("Sure enough to answer", "share answered", "Accuracy", percent=True))
        self.curve.set_range(0.0, 1.0)
        self.curve.setToolTip(
            "How much of what it answers is right when it only answers what it is surest of. The diamond is the threshold."
        )
        self.slider = NumberSlider(THRESHOLD, 0.0)
        self.sentence = QLabel()
        self.sentence.setProperty("role", "caption")
        self.sentence.setFont(fonts.tabular(fonts.caption()))
        self.sentence.setWordWrap(True)
        self.use_button = QPushButton("Use on the Digits page")
        self.use_button.setAccessibleName("Use this threshold on the Digits page")
        self.use_button.setToolTip("Below this threshold the Digits page says that it does not know.")
        self.use_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        last = QHBoxLayout()
        last.addWidget(self.sentence, 1)
        last.addWidget(self.use_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addWidget(self.curve, 1)
        box.addWidget(self.slider)
        box.addLayout(last)
        self.slider.changed.connect(self._show)
        self.use_button.clicked.connect(self._on_use)

    def apply_theme(self, theme: Theme) -> None:
        self.curve.apply_theme(theme)

    def show_answers(self, confidence: NDArray, right: NDArray) -> None:
        """How sure it is of each image, (n,), and whether it is right, (n,) bool; none of both while nothing is known."""
        self._confidence, self._right = confidence, right
        found = coverage(confidence, right)
        lowest = float(found.accuracy.min(initial=1.0))
        # In tenths, and in hundredths where all of it is near the top.
        step = 0.1 if lowest < 0.9 else 0.01
        low = math.floor(lowest / step - 1e-9) * step if len(right) else 0.0
        self.curve.set_curve(found.answered, found.accuracy, min(max(low, 0.0), 0.99))
        self._show()

    def show_in_use(self, threshold: float) -> None:
        """The threshold of the Digits page."""
        self._in_use = threshold
        self._show()

    @Slot()
    def _show(self) -> None:
        threshold = float(self.slider.value())
        share, good = answered(self._confidence, self._right, threshold)
        self.curve.set_mark((share, good) if share else None)
        self.use_button.setEnabled(threshold != self._in_use)
        if not len(self._right):
            text = ""
        elif not share:
            text = "Answers none of the images"
        else:
            text = f"Answers {ticks.percent(share)} of the images, {ticks.percent(good)} of them right"
        self.sentence.setText(text)

    @Slot()
    def _on_use(self) -> None:
        self.chosen.emit(float(self.slider.value()))
