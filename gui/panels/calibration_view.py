"""Calibration: whether the network is right as often as it says, a temperature that makes it so, and when not to answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.calibration import (
    HIGHEST,
    LOWEST,
    Figures,
    Reliability,
    answered,
    coverage,
    figures,
    fit_temperature,
    halves,
)
from engine.predictions import Predictions, logits_of, probabilities
from engine.registry import Range
from engine.snapshot import Snapshot
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.numbers import LogScale
from gui.controls.segments import Segments
from gui.controls.sliders import NumberSlider
from gui.graphics import ticks
from gui.graphics.reliability_plot import ReliabilityPlot
from gui.graphics.response_plot import Axes, ResponsePlot
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, Theme

FIT = "temperature"
LEAST = 20  # images to fit on
TEMPERATURE = Range(
    LOWEST, HIGHEST, "Temperature",
    help="Divides the logits before softmax: above 1 it is less sure, below 1 surer; what it reads stays the same.",
)  # fmt: skip
THRESHOLD = Range(
    0.0, 1.0, "Threshold", step=0.01, percent=True,
    help="Answers only when it is at least so sure, else it says that it does not know. The higher, the fewer mistakes.",
)  # fmt: skip
ROWS = (
    ("Accuracy", "The share of the images that it reads right. No temperature changes it."),
    ("Mean confidence", "How sure it is on average. Above the accuracy it is too sure of itself, below it too modest."),
    (
        "Calibration error",
        "Expected calibration error: the gap between confidence and accuracy, averaged over the images.",
    ),
    (
        "Log loss",
        "Negative log-likelihood: the mean of −log of the probability it gives to what is right. Smaller is better.",
    ),
    ("Brier score", "The mean squared distance of its probabilities from the truth, 0 to 2. Smaller is better."),
)
WAITING = "Here will be how often it is right when it is so sure."
NO_IMAGES = "These data are no images. Choose digits on the Digits page."
NOT_FINITE = "The answers of this network are not finite. Step back, or press R to begin again."


@dataclass(frozen=True)
class Fitted:
    """A temperature and what it was fitted on: ``n`` validation images, or without such half of the test images."""

    temperature: float
    n: int
    validation: bool
    run: int
    epoch: int


class CalibrationView(Panel):
    """``temperatureChosen(float)`` and ``thresholdChosen(float)``: how the Digits page is to read drawings."""

    title = "Calibration"
    wants_predictions = True
    frames_per_second = 5.0
    answers = (FIT,)
    asked = Signal(object)
    temperatureChosen = Signal(float)
    thresholdChosen = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._snapshot: Snapshot | None = None
        self._predictions: Predictions | None = None
        self.fitted: Fitted | None = None
        self._fitting = False
        self._on_half = False  # the other half was fitted on, so that it must not be measured on
        self._in_use = (1.0, 0.0)
        self.before: Figures | None = None
        self.after: Figures | None = None
        self._confidence, self._right = np.zeros(0), np.zeros(0, bool)
        self.plot = ReliabilityPlot(theme)
        self.bins = Segments(
            "Bins",
            [(str(n), f"{n} bins", f"Sorts the images into {n} equal bins of confidence.") for n in (10, 15)],
        )
        self.which = _caption()
        self.temperature = NumberSlider(TEMPERATURE, 1.0, scale=LogScale(TEMPERATURE, 160))
        self.fit_button = _button("Fit")
        self.one_button = _button("Back to 1")
        self.one_button.setToolTip("Takes the logits as they are, and measures on all test images.")
        self.use_temperature = _button("Use on the Digits page")
        self.use_temperature.setToolTip("Reads drawings on the Digits page with this temperature from now on.")
        self.use_threshold = _button("Use on the Digits page")
        self.use_threshold.setToolTip("Below this threshold the Digits page says that it does not know.")
        self.use_temperature.setAccessibleName("Use this temperature on the Digits page")
        self.use_threshold.setAccessibleName("Use this threshold on the Digits page")
        self.fit_words, self.sentence = _caption(), _caption()
        self.fit_words.setWordWrap(True)
        self.sentence.setWordWrap(True)
        self.threshold = NumberSlider(THRESHOLD, 0.0)
        self.curve = ResponsePlot(theme, Axes("Sure enough to answer", "share answered", "Accuracy", percent=True))
        self.curve.set_range(0.0, 1.0)
        self.curve.setToolTip(
            "How much of what it answers is right when it only answers what it is surest of. The diamond is the threshold."
        )
        self.cells: list[tuple[QLabel, QLabel]] = []
        self._lay_out()
        self._connect()
        self.setWhatsThis(
            "Of all images that it reads with 90 % confidence, 90 % should be right. Bars below the diagonal: it is too "
            "sure. A temperature, fitted on images that it is not measured on, repairs most of that (Guo et al. 2017)."
        )
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.which, 1)
        head.addWidget(self.bins)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(head)
        left.addWidget(self.plot, 1)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        heading = _heading("How good its confidence is")
        heading.setFixedHeight(CONTROL_HEIGHT)
        right.addWidget(heading)
        right.addLayout(self._table())
        right.addWidget(self.temperature)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (self.fit_button, self.one_button, self.use_temperature):
            buttons.addWidget(button)
        buttons.addStretch(1)
        right.addLayout(buttons)
        self.fit_words.setFixedHeight(2 * self.fit_words.fontMetrics().lineSpacing() + 2)
        self.fit_words.setAlignment(Qt.AlignmentFlag.AlignTop)
        right.addWidget(self.fit_words)
        right.addWidget(self.curve, 1)
        right.addWidget(self.threshold)
        last = QHBoxLayout()
        last.addWidget(self.sentence, 1)
        last.addWidget(self.use_threshold)
        right.addLayout(last)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3 * GRID)
        box.addLayout(left, 3)
        box.addLayout(right, 2)

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        for column, text in ((1, "as it is"), (2, "with temperature")):
            label = _caption(text)
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
            label.setMinimumSize(96, 16)
            grid.addWidget(label, 0, column)
        for row, (name, tip) in enumerate(ROWS, 1):
            label = QLabel(name)
            label.setToolTip(tip)
            label.setMinimumHeight(18)
            grid.addWidget(label, row, 0)
            pair = QLabel(), QLabel()
            for column, cell in enumerate(pair, 1):
                cell.setFont(fonts.figures())
                cell.setAlignment(Qt.AlignmentFlag.AlignRight)
                cell.setToolTip(tip)
                grid.addWidget(cell, row, column)
            self.cells.append(pair)
        return grid

    def _connect(self) -> None:
        self.bins.chosen.connect(self._show)
        self.temperature.changed.connect(self._show)
        self.threshold.changed.connect(self._show_threshold)
        self.fit_button.clicked.connect(self._on_fit)
        self.one_button.clicked.connect(self._on_one)
        self.use_temperature.clicked.connect(self._on_use_temperature)
        self.use_threshold.clicked.connect(self._on_use_threshold)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.plot.apply_theme(theme)
        self.curve.apply_theme(theme)

    # --- showing --------------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        other = self._snapshot is None or self._snapshot.data is not snapshot.data
        self._snapshot = snapshot
        if other:  # nothing is known of these images yet
            self._predictions = None
            self._show()
        self._show_fit()

    def show_predictions(self, snapshot: Snapshot, predictions: Predictions) -> None:
        """What the network answers to test images, to all of them or while it trains to some."""
        if predictions is not self._predictions:
            self._snapshot, self._predictions = snapshot, predictions
            self._show()

    def show_reading(self, temperature: float, threshold: float) -> None:
        """How the Digits page reads now."""
        self._in_use = temperature, threshold
        self._show_fit()
        self._show_threshold()

    def take_answer(self, key: str, answer: object) -> None:
        self._fitting = False
        if isinstance(answer, Fitted):
            self.fitted, self._on_half = answer, not answer.validation
            self.temperature.set_value(round(answer.temperature, 3))
        self._show()

    def take_failure(self, key: str, sentence: str) -> None:
        self._fitting = False
        self._show()
        self.fit_words.setText(sentence)

    def _measured(self) -> tuple[NDArray, NDArray]:
        """Logits and labels of the images that are measured on now."""
        predictions, snapshot = self._predictions, self._snapshot
        if predictions is None or snapshot is None or self._reason():
            return np.zeros((0, 2)), np.zeros(0, int)
        if not self._on_half:
            return predictions.logits, predictions.labels
        rest = ~halves(len(snapshot.data.test))[predictions.rows]
        return predictions.logits[rest], predictions.labels[rest]

    def _reason(self) -> str:
        """Why there is nothing to show, "" where there is."""
        if self._snapshot is not None and not self._snapshot.spec.image_side:
            return NO_IMAGES
        if self._predictions is None or not len(self._predictions):
            return WAITING
        return "" if np.isfinite(self._predictions.logits).all() else NOT_FINITE

    @Slot()
    def _show(self) -> None:
        logits, labels = self._measured()
        n_bins, temperature = int(self.bins.key()), float(self.temperature.value())
        plain = temperature == 1.0
        self.before = self.after = None
        bins: Reliability | None = None
        outline: Reliability | None = None
        if len(labels):
            self.before, bins = figures(logits, labels, 1.0, n_bins)
            self.after = self.before
            if not plain:
                outline = bins
                self.after, bins = figures(logits, labels, temperature, n_bins)
        self.plot.show_bins(bins, outline)
        p = probabilities(logits.astype(np.float64), temperature)
        self._confidence, self._right = p.max(axis=1, initial=0.0), p.argmax(axis=1) == labels
        for (one, other), was, now in zip(self.cells, _texts(self.before), _texts(self.after), strict=True):
            one.setText(was)
            other.setText("" if plain else now)
        self.which.setText(self._which(len(labels)))
        self._show_fit()
        self._show_coverage()

    def _which(self, n: int) -> str:
        reason = self._reason()
        if reason or self._predictions is None or self._snapshot is None:
            return reason
        where = f"{n:,} test images, epoch {self._predictions.epoch:,.0f}"
        return f"{where}; the other half was fitted on" if self._on_half else where

    def _show_fit(self) -> None:
        snapshot = self._snapshot
        n, validation = (0, False) if snapshot is None else _fit_size(snapshot)
        enough = n >= LEAST and not self._reason()
        self.fit_button.setEnabled(enough and not self._fitting)
        what = f"{n:,} validation images" if validation else f"half of the test images ({n:,})"
        self.fit_button.setToolTip(
            f"Finds the temperature with the least log loss on {what}. Confidence and accuracy should then agree." if enough
            else self._reason() or f"It takes at least {LEAST} images to fit a temperature on; here are {n}."
        )  # fmt: skip
        self.one_button.setEnabled(self.temperature.value() != 1.0 or self._on_half)
        self.fit_words.setText(self._fit_sentence(n, validation))
        self.use_temperature.setEnabled(self.temperature.value() != self._in_use[0])

    def _fit_sentence(self, n: int, validation: bool) -> str:
        if self._fitting:
            return "Fitting …"
        used = f" The Digits page reads with {self._in_use[0]:g}." if self._in_use[0] != 1.0 else ""
        fitted, snapshot = self.fitted, self._snapshot
        if fitted is None or snapshot is None:
            if not n or self._reason():
                return used.strip()
            return f"Fit uses {n:,} {'validation images' if validation else 'of the test images'}.{used}"
        of = "" if fitted.run == snapshot.run else " of another run"
        kind = "validation images" if fitted.validation else "of the test images"
        edge = ", which is as far as it goes" if fitted.temperature in (LOWEST, HIGHEST) else ""
        value = round(fitted.temperature, 3)
        return f"Fitted: {value:g} at epoch {fitted.epoch:,}{of}, on {fitted.n:,} {kind}{edge}.{used}"

    def _show_coverage(self) -> None:
        curve = coverage(self._confidence, self._right)
        lowest = float(curve.accuracy.min(initial=1.0))
        # In tenths, and in hundredths where it is all near the top.
        step = 0.1 if lowest < 0.9 else 0.01
        low = max(math.floor(lowest / step - 1e-9) * step, 0.0) if len(curve.answered) else 0.0
        self.curve.set_curve(curve.answered, curve.accuracy, min(low, 0.99))
        self._show_threshold()

    @Slot()
    def _show_threshold(self) -> None:
        threshold = float(self.threshold.value())
        share, good = answered(self._confidence, self._right, threshold)
        known = len(self._confidence) > 0
        self.curve.set_mark((share, good) if known and share else None)
        self.use_threshold.setEnabled(threshold != self._in_use[1])
        if not known:
            text = ""
        elif not share:
            text = "Answers none of the images"
        else:
            text = f"Answers {ticks.percent(share)} of the images, {ticks.percent(good)} of them right"
        self.sentence.setText(text)

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_fit(self) -> None:
        if self._snapshot is not None:
            self._fitting = True
            self.asked.emit(_fit_question(self._snapshot))
            self._show_fit()

    @Slot()
    def _on_one(self) -> None:
        self._on_half = False
        self.temperature.set_value(1.0)
        self._show()

    @Slot()
    def _on_use_temperature(self) -> None:
        self.temperatureChosen.emit(float(self.temperature.value()))

    @Slot()
    def _on_use_threshold(self) -> None:
        self.thresholdChosen.emit(float(self.threshold.value()))


def _fit_size(snapshot: Snapshot) -> tuple[int, bool]:
    """How many images a temperature is fitted on, and whether they are validation images."""
    validation = snapshot.data.validation
    return (len(snapshot.data.test) // 2, False) if validation is None else (len(validation), True)


def _fit_question(snapshot: Snapshot) -> Question:
    def work(tell: TELL, stop: STOP) -> Fitted:
        part = snapshot.data.validation
        x, labels = (snapshot.data.test.x, snapshot.data.test.labels) if part is None else (part.x, part.labels)
        if part is None:
            half = halves(len(labels))
            x, labels = x[half], labels[half]
        logits = logits_of(snapshot.spec, snapshot.layout, snapshot.params, x)
        return Fitted(fit_temperature(logits, labels), len(labels), part is not None, snapshot.run, snapshot.epoch)

    return Question(FIT, work)


def _texts(of: Figures | None) -> tuple[str, ...]:
    if of is None:
        return ("–",) * len(ROWS)
    return (
        ticks.percent(of.accuracy),
        ticks.percent(of.confidence),
        ticks.percent(of.ece),
        ticks.loss(of.nll),
        ticks.loss(of.brier),
    )


def _caption(text: str = "") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setFont(fonts.tabular(fonts.caption()))
    return label


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(fonts.body(fonts.SEMIBOLD))
    return label


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
