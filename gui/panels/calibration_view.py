"""Calibration: whether the network is right as often as it says, a temperature that makes it so, and when not to answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.calibration import HIGHEST, LOWEST, Figures, Fitted, Reliability, figures, fit, fit_size, halves
from engine.predictions import Predictions, probabilities
from engine.registry import Range
from engine.snapshot import Snapshot
from gui import fonts
from gui.analyses import Question
from gui.controls.numbers import LogScale
from gui.controls.segments import Segments
from gui.controls.sliders import NumberSlider
from gui.controls.threshold_board import ThresholdBoard
from gui.graphics import ticks
from gui.graphics.reliability_plot import ReliabilityPlot
from gui.panels.base import Panel
from gui.reasons import NOT_FINITE, why_not
from gui.theme import CONTROL_HEIGHT, GRID, Theme

FIT = "temperature"
LEAST = 20  # images to fit on
TEMPERATURE = Range(
    LOWEST, HIGHEST, "Temperature",
    help="Divides the logits before softmax: above 1 it is less sure, below 1 surer; what it reads stays the same.",
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
        self._in_use = 1.0
        self.before: Figures | None = None
        self.after: Figures | None = None
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
        self.use_temperature.setAccessibleName("Use this temperature on the Digits page")
        self.fit_words = _caption()
        self.fit_words.setWordWrap(True)
        self.threshold = ThresholdBoard(theme)
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
        right.addWidget(self.threshold, 1)
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
        self.threshold.chosen.connect(self.thresholdChosen)
        self.fit_button.clicked.connect(self._on_fit)
        self.one_button.clicked.connect(self._on_one)
        self.use_temperature.clicked.connect(self._on_use_temperature)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.plot.apply_theme(theme)
        self.threshold.apply_theme(theme)

    # --- showing --------------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.data.spec.untaught != snapshot.data.spec.untaught:
            self._predictions = self.fitted = None  # nothing is known of these images yet
            self._show()
        self._show_fit()

    def show_predictions(self, snapshot: Snapshot, predictions: Predictions) -> None:
        """What the network answers to test images, to all of them or while it trains to some."""
        if predictions is not self._predictions and predictions.run == snapshot.run:
            self.show_snapshot(snapshot)
            self._predictions = predictions
            self._show()

    def show_reading(self, temperature: float, threshold: float) -> None:
        """How the Digits page reads now."""
        self._in_use = temperature
        self._show_fit()
        self.threshold.show_in_use(threshold)

    def take_answer(self, key: str, answer: object) -> None:
        self._fitting = False
        if isinstance(answer, Fitted):
            self.fitted = answer
            self.temperature.set_value(round(answer.temperature, 3))
        self._show()

    def take_failure(self, key: str, sentence: str) -> None:
        self._fitting = False
        self._show()
        self.fit_words.setText(sentence)

    @property
    def _on_half(self) -> bool:
        """Whether the temperature may come from half of the test images, which then must not be measured on."""
        return self.fitted is not None and not self.fitted.validation and self.temperature.value() != 1.0

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
        if self._snapshot is not None and (reason := why_not(self._snapshot)):
            return reason
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
        self.threshold.show_answers(p.max(axis=1, initial=0.0), p.argmax(axis=1) == labels)
        for (one, other), was, now in zip(self.cells, _texts(self.before), _texts(self.after), strict=True):
            one.setText(was)
            other.setText("" if plain else now)
        self.which.setText(self._which(len(labels)))
        self._show_fit()

    def _which(self, n: int) -> str:
        reason = self._reason()
        if reason or self._predictions is None or self._snapshot is None:
            return reason
        where = f"{n:,} test images, epoch {self._predictions.epoch:,.0f}"
        return f"{where}; the other half was fitted on" if self._on_half else where

    def _show_fit(self) -> None:
        snapshot = self._snapshot
        n, validation = (0, False) if snapshot is None else fit_size(snapshot.data)
        enough = n >= LEAST and not self._reason()
        self.fit_button.setEnabled(enough and not self._fitting)
        what = f"{n:,} validation images" if validation else f"half of the test images ({n:,})"
        self.fit_button.setToolTip(
            f"Finds the temperature with the least log loss on {what}. Confidence and accuracy should then agree." if enough
            else self._reason() or f"It takes at least {LEAST} images to fit a temperature on; here are {n}."
        )  # fmt: skip
        self.one_button.setEnabled(self.temperature.value() != 1.0)
        self.fit_words.setText(self._fit_sentence(n, validation))
        self.use_temperature.setEnabled(self.temperature.value() != self._in_use)

    def _fit_sentence(self, n: int, validation: bool) -> str:
        if self._fitting:
            return "Fitting …"
        used = f" The Digits page reads with {self._in_use:g}." if self._in_use != 1.0 else ""
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

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_fit(self) -> None:
        now = self._snapshot
        if now is not None:
            self._fitting = True
            self.asked.emit(
                Question(FIT, lambda tell, stop: fit(now.spec, now.layout, now.params, now.data, now.run, now.epoch))
            )
            self._show_fit()

    @Slot()
    def _on_one(self) -> None:
        self.temperature.set_value(1.0)
        self._show()

    @Slot()
    def _on_use_temperature(self) -> None:
        self.temperatureChosen.emit(float(self.temperature.value()))


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
