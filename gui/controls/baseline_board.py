"""Baselines: models that are no neural network on the same data, with what each answers over the plane."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from engine.snapshot import Snapshot
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.comparing.baselines import MODELS, OURS, Baselines, Fitted, fit
from gui.controls.buttons import TextButton
from gui.controls.labels import caption
from gui.graphics import ticks
from gui.graphics.baseline_table import BaselineRow, BaselineTable
from gui.graphics.boundary_picture import VALUE_STRENGTH, Field
from gui.graphics.plane_cards import PlaneCards
from gui.graphics.recall_grid import RecallGrid
from gui.theme import GRID, Theme

BASELINES = "compare.baselines"
WORDS = Callable[[float], str]
STRENGTH = 0.6
EMPTY = "Not fitted yet"
WHEN_NOT = (
    "Networks earn their cost on images, text and sequences, on very large data and on patterns that nobody can describe. "
    "On small data, on tables of under 10,000 rows, and where one must be able to say why, try these first: trees are often "
    "better."
)
HOW = "Fit trains five models of scikit-learn on the training samples that the network has, each as it comes."


class BaselineBoard(QWidget):
    """``asked(Question)``, ``forgotten(key)`` as a panel has them."""

    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.result: Baselines | None = None
        self._snapshot: Snapshot | None = None
        self._fitting = False
        self._failure = ""
        self.fit_button = TextButton("Fit")
        self.fit_button.setProperty("look", "primary")
        self.fit_button.setFixedWidth(88)
        self.words = caption()
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName("Progress of the baselines")
        self.table = BaselineTable(theme)
        self.recalls = RecallGrid(theme)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setFont(fonts.tabular(fonts.body(fonts.SEMIBOLD)))
        self.advice = QLabel(WHEN_NOT)
        self.advice.setWordWrap(True)
        self.advice.setProperty("role", "caption")
        self.planes = PlaneCards(theme, (OURS, *(model.key for model in MODELS)))
        self._lay_out()
        self.fit_button.clicked.connect(self._on_fit)
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.fit_button)
        head.addWidget(self.words, 1)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(head)
        left.addWidget(self.progress)
        left.addWidget(self.table)
        left.addWidget(self.verdict)
        left.addWidget(self.advice)
        left.addSpacing(GRID)
        left.addWidget(self.recalls)
        left.addStretch(1)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3 * GRID)
        box.addLayout(left, 2)
        box.addWidget(self.planes, 3)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for widget in (self.table, self.planes, self.recalls):
            widget.apply_theme(theme)

    # --- what it is shown -----------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """A newer moment: whose data the models will be given."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.data is not snapshot.data:
            if self.result is not None and self.result.data is not snapshot.data:
                self._forget()
            self._show()

    def _forget(self) -> None:
        """Other data: nothing that was fitted is about them."""
        self.result = None
        if self._fitting:
            self._fitting = False
            self.forgotten.emit(BASELINES)

    def take_answer(self, answer: object) -> None:
        self._fitting = False
        if isinstance(answer, Baselines) and self._snapshot is not None and answer.data is self._snapshot.data:
            self.result = answer
        self._show()

    def take_progress(self, share: float, words: str) -> None:
        if self._fitting:
            self.progress.setValue(round(1000 * share))
            self.words.setText(words[:1].upper() + words[1:])
            self._show_result()

    def take_failure(self, sentence: str) -> None:
        self._fitting, self._failure = False, sentence
        self._show()

    # --- showing --------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        self.fit_button.setText("Cancel" if self._fitting else "Fit")
        self.fit_button.setEnabled(self._fitting or self._snapshot is not None)
        self.fit_button.setToolTip("Ends the fitting; what is fitted so far stays." if self._fitting else HOW)
        self.progress.setVisible(self._fitting)
        if not self._fitting:
            self.progress.setValue(0)
            self.words.setText(self._failure or self._state())
        self.words.setToolTip(self.words.text())
        self._show_result()

    def _state(self) -> str:
        result, snapshot = self.result, self._snapshot
        if result is None or snapshot is None:
            return HOW
        of = (
            f"of {len(snapshot.data.train):,} training samples"
            if len(snapshot.data.train) > result.n_train
            else "training samples"
        )
        text = f"Fitted on {result.n_train:,} {of}; the network is that of epoch {result.snapshot.epoch:,}."
        return text if result.done else f"Cancelled. {text}"

    @property
    def _regression(self) -> bool:
        return self._snapshot is not None and self._snapshot.spec.data.dataset.regression

    def _titles(self) -> dict[str, str]:
        return {OURS: "This network"} | {m.key: m.for_numbers if self._regression else m.title for m in MODELS}

    def _show_result(self) -> None:
        snapshot, result = self._snapshot, self.result
        fitted = {} if result is None else dict(result.fitted)
        scores = {key: one.test for key, one in fitted.items() if not one.why and math.isfinite(one.test)}
        done = result is not None and result.done
        best = max(scores, key=lambda key: scores[key]) if done and scores else ""
        words = ticks.score if self._regression else ticks.percent
        rows = [self._row(key, title, fitted.get(key), best, words) for key, title in self._titles().items()]
        self.table.show_rows(rows, "R²" if self._regression else "accuracy")
        self.verdict.setText(self._verdict(fitted, scores, best))
        self.verdict.setVisible(bool(self.verdict.text()))
        planar = snapshot is not None and snapshot.spec.data.dataset.planar
        self.planes.setVisible(planar)
        each = [
            (title, fitted[key].recalls)
            for key, title in self._titles().items()
            if key in fitted and fitted[key].recalls
        ]
        self.recalls.setVisible(bool(each) and not planar)
        self.recalls.show_rows(each)
        if planar and snapshot is not None:
            self._show_planes(snapshot, fitted, words)

    def _row(self, key: str, title: str, one: Fitted | None, best: str, words: WORDS) -> BaselineRow:
        if one is None or one.why:
            fits = self._fitting and self.result is not None and self.result.begins == key
            return BaselineRow(title, ours=key == OURS, note=one.why if one else "Fitting …" if fits else EMPTY)
        epoch = self.result.snapshot.epoch if self.result is not None else 0
        time = f"epoch {epoch:,}" if key == OURS else _time(one.seconds)
        return BaselineRow(
            title, one.test, one.train, words(one.test), words(one.train), time, key == OURS, key == best
        )

    def _verdict(self, fitted: dict[str, Fitted], scores: dict[str, float], best: str) -> str:
        """Who is ahead, by how much, and for how much time."""
        if not best or OURS not in scores or len(scores) < 2 or self.result is None:
            return ""
        if not self.result.snapshot.epoch:
            return "The network stands at epoch 0: press Space to train it, then fit again."
        titles, second = self._titles(), max((key for key in scores if key != OURS), key=lambda key: scores[key])
        ahead = scores[OURS] - scores[second]
        by = f"{abs(ahead):.3f}" if self._regression else f"{100 * abs(ahead):.1f} points"
        if ahead > 0:
            return (
                f"The network is ahead of all: by {by} of {titles[second]}, fitted in {_time(fitted[second].seconds)}."
            )
        if ahead == 0:
            return f"{titles[second]} is as good as the network, and was fitted in {_time(fitted[second].seconds)}."
        return f"{titles[second]} is ahead of the network by {by}, and was fitted in {_time(fitted[second].seconds)}."

    def _show_planes(self, snapshot: Snapshot, fitted: dict[str, Fitted], words: WORDS) -> None:
        dataset = snapshot.spec.data.dataset
        for key, title in self._titles().items():
            picture, one = self.planes.pictures[key], fitted.get(key)
            picture.set_data(snapshot.data)
            strength = VALUE_STRENGTH if dataset.regression else STRENGTH
            shown = None
            if one is not None and one.field is not None:
                shown = picture.field if picture.field is not None and picture.field.values is one.field else Field(
                    np.asarray(one.field), dataset.domain, strength)  # fmt: skip
            picture.set_field(shown)
            picture.set_words("" if shown is not None or self._fitting else EMPTY)
            picture.setAccessibleName(f"What {title} answers over the plane")
            self.planes.names[key].setText(f"{title}  {words(one.test)}" if one is not None and not one.why else title)

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_fit(self) -> None:
        if self._fitting:
            self._fitting = False
            self.forgotten.emit(BASELINES)
        elif self._snapshot is not None:
            self._fitting, self._failure = True, ""
            self.result = Baselines(self._snapshot)
            self.asked.emit(_fitting(self.result))
        self._show()
        if self._fitting:
            self.words.setText("Waiting its turn")


def _time(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:,.1f} s"


def _fitting(made: Baselines) -> Question:
    def work(tell: TELL, stop: STOP) -> Baselines | None:
        return fit(made, tell, stop)

    return Question(BASELINES, work, long=True)
