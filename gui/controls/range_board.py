"""The range test: the loss while the learning rate grows, what it suggests, and buttons to use that."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from engine.range_test import HIGHEST, LOWEST, STEPS, RangeTest, range_test
from engine.snapshot import Snapshot
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import TextButton
from gui.controls.labels import caption
from gui.graphics import ticks
from gui.graphics.curve_key import CurveKey
from gui.graphics.rate_plot import Curve, Mark, RatePlot
from gui.theme import CONTROL_HEIGHT, GRID, Theme

RANGE_TEST = "range test"
EMPTY = (
    f"Here will be the loss while the learning rate grows from {ticks.power(LOWEST)} to {HIGHEST:g}, mini-batch after "
    "mini-batch. Press Test; copies of the weights are trained for it, and the run stays as it is."
)
TESTING = "Testing on copies of the weights. Training may go on meanwhile."


class RangeBoard(QWidget):
    """``asked(Question)``, ``forgotten(key)`` as a panel has them; ``rateChosen(float)``: one to train with from now on.

    It keeps its last result while training goes on.
    """

    asked = Signal(object)
    forgotten = Signal(str)
    rateChosen = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.result: RangeTest | None = None
        self._snapshot: Snapshot | None = None
        self._reason = ""
        self._rate = 0.0
        self._testing = False
        self.heading = QLabel("Range test")
        self.heading.setFont(fonts.body(fonts.SEMIBOLD))
        self.words = caption()
        self.test_button = TextButton("Test")
        self.test_button.setProperty("look", "primary")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName("Progress of the range test")
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when it comes and goes
        self.progress.setSizePolicy(policy)
        self.key = CurveKey(theme)
        self.plot = RatePlot(theme, "Loss while the learning rate grows")
        self.plot.setToolTip(
            "Dots are single mini-batches, the line is their mean, without what tells an easy mini-batch from a hard one. It "
            "falls where the rate begins to teach and shoots up where it is too high (Smith 2017)."
        )
        self.steepest = _Suggestion(
            "Steepest fall",
            "Where one more power of ten lowers the loss most: quick and still safe (Howard & Gugger 2020).",
        )
        self.tenth = _Suggestion(
            "A tenth of the lowest",
            "The lowest point is already at the edge; a tenth of its rate is the cautious choice (Howard & Gugger 2020).",
        )
        self._lay_out()
        self.test_button.clicked.connect(self._on_test)
        for suggestion in (self.steepest, self.tenth):
            suggestion.chosen.connect(self.rateChosen)
        self._show()

    def _lay_out(self) -> None:
        top, keys, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.heading)
        top.addWidget(self.words, 1)
        top.addWidget(self.test_button)
        keys.addWidget(self.key)
        keys.addStretch(1)
        keys.addStrut(20)
        bottom.setSpacing(3 * GRID)
        bottom.addStrut(CONTROL_HEIGHT)
        bottom.addWidget(self.steepest)
        bottom.addWidget(self.tenth)
        bottom.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(top)
        box.addLayout(keys)
        box.addWidget(self.progress)
        box.addWidget(self.plot, 1)
        box.addLayout(bottom)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.apply_theme(theme)
        self.key.apply_theme(theme)

    # --- showing --------------------------------------------------------------------------------------------------

    def show_rate(self, rate: float) -> None:
        """The learning rate of the experiment."""
        if rate != self._rate:
            self._rate = rate
            self._show()

    def show_snapshot(self, snapshot: Snapshot, reason: str) -> None:
        """A newer moment; ``reason`` says why it has no rates to try, "" where it has."""
        self._snapshot, self._reason = snapshot, reason
        self._show_words()

    def take_answer(self, answer: object) -> None:
        self._testing = False
        if isinstance(answer, RangeTest):
            self.result = answer
        self._show()

    def take_progress(self, share: float, words: str) -> None:
        if self._testing:
            self.progress.setValue(round(1000 * share))
            self.words.setText(f"{words}, {100 * share:.0f} %")

    def take_failure(self, sentence: str) -> None:
        self._testing = False
        self._show()
        self.words.setText(sentence)

    def _show(self) -> None:
        self._show_words()
        result = self.result
        self.steepest.show_rate(None if result is None else result.steepest, self._rate)
        self.tenth.show_rate(None if result is None else result.tenth, self._rate)
        if result is None:
            self.key.set_text("")
            return
        smooth = result.smooth
        first, low = float(smooth[0]), float(smooth.min())
        marks = [Mark(self._rate, "now")]
        if result.steepest is not None and result.tenth is not None:
            marks += [Mark(result.tenth, "lowest ÷ 10"), Mark(result.steepest, "steepest", ring=True)]
        # What explodes leaves through the top: the fall is what one reads.
        self.plot.show_curves(
            result.rates, (Curve(result.losses, "dust"), Curve(smooth)), marks,
            low - 0.1 * (first - low), first + max(first - low, 0.1 * first, 1e-9),
            [_reading(result, at) for at in range(len(smooth))], _resting(result),
        )  # fmt: skip

    def _show_words(self) -> None:
        can = self._snapshot is not None and not self._reason
        self.test_button.setText("Cancel" if self._testing else "Test")
        self.test_button.setEnabled(can or self._testing)
        self.test_button.setToolTip(
            "Stops testing; the last curve stays." if self._testing else
            self._reason or f"Trains copies of the weights for up to {STEPS} mini-batches while the learning rate grows. "
            "Best at the start of a run, or wherever training seems stuck."
        )  # fmt: skip
        self.progress.setVisible(self._testing)
        if not self._testing:
            self.progress.setValue(0)
            self.words.setText(self._remark())
            self.words.setToolTip(self.words.text())
        if self.result is None:
            hint = self._reason or (TESTING if self._testing else EMPTY)
            if self.plot.hint != hint or len(self.plot.rates):
                self.plot.show_hint(hint)
        else:
            self.key.set_text(self._name(self.result))

    def _name(self, result: RangeTest) -> str:
        other = self._snapshot is not None and result.run != self._snapshot.run
        where = f"epoch {result.epoch:,}{' of another run' if other else ''}"
        return f"mean over mini-batches (a dot each), {result.optimizer} from {where}"

    def _remark(self) -> str:
        snapshot, result = self._snapshot, self.result
        if result is None or snapshot is None:
            return ""
        if self._reason:
            return self._reason
        return (
            "" if (result.run, result.epoch) == (snapshot.run, snapshot.epoch) else f"now at epoch {snapshot.epoch:,}"
        )

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_test(self) -> None:
        if self._testing:
            self._testing = False
            self.forgotten.emit(RANGE_TEST)
        elif self._snapshot is not None and self._snapshot.minibatch is not None:
            self._testing = True
            self.asked.emit(_testing(self._snapshot))
        self._show()
        if self._testing:
            self.words.setText("Waiting its turn")


def _reading(result: RangeTest, at: int) -> str:
    loss = float(result.losses[at])
    one = ticks.loss(loss) if math.isfinite(loss) else "not finite"
    return f"{ticks.rate(float(result.rates[at]), 2)}: {ticks.loss(float(result.smooth[at]))} · this mini-batch {one}"


def _resting(result: RangeTest) -> str:
    if result.steepest is None:
        return "The loss falls at no rate in so few steps. Try it from the first weights (R)."
    lowest = int(result.smooth.argmin())
    end = f", exploded at {ticks.rate(float(result.rates[-1]), 2)}" if result.exploded else ""
    return f"Lowest {ticks.loss(float(result.smooth[lowest]))} at {ticks.rate(float(result.rates[lowest]), 2)}{end}"


def _testing(snapshot: Snapshot) -> Question:
    batch = snapshot.minibatch
    assert batch is not None

    def work(tell: TELL, stop: STOP) -> RangeTest | None:
        return range_test(
            snapshot.spec, snapshot.data, snapshot.params, batch,
            run=snapshot.run, epoch=snapshot.epoch, tell=tell, stop=stop,
        )  # fmt: skip

    return Question(RANGE_TEST, work, long=True)


class _Suggestion(QWidget):
    """What a rate is suggested for, and the button that takes it, in one figure: more a test does not tell."""

    chosen = Signal(float)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._name, self.rate = name, 0.0
        self.label = QLabel()
        self.label.setFont(fonts.tabular(fonts.body()))
        self.button = TextButton("Use")
        self.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.label)
        row.addWidget(self.button)
        row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.button.clicked.connect(lambda: self.chosen.emit(self.rate))

    def show_rate(self, rate: float | None, now: float) -> None:
        self.setVisible(rate is not None)
        if rate is None:
            return
        self.rate = float(f"{rate:.1g}")
        self.label.setText(f"{self._name}: {ticks.rate(rate, 2)}")
        self.button.setText(f"Use {ticks.rate(self.rate)}")
        self.button.setAccessibleName(f"Use {ticks.rate(self.rate)}, {self._name.lower()}")
        self.button.setEnabled(self.rate != now)
        self.button.setToolTip(
            "The learning rate of now." if self.rate == now else
            f"Trains on with a learning rate of {ticks.rate(self.rate)}; Ctrl+Z takes it back."
        )  # fmt: skip
