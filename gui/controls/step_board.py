"""What if: the loss after the next update at seven learning rates, and a button for each of them."""

from __future__ import annotations

import math
import time
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.snapshot import RunState, Snapshot
from engine.what_if import FACTORS, WhatIf, what_if
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import keeps_space
from gui.controls.labels import caption
from gui.graphics import ticks
from gui.graphics.curve_key import CurveKey
from gui.graphics.rate_plot import Curve, Mark, RatePlot
from gui.theme import CONTROL_HEIGHT, GRID, Theme

WHAT_IF = "what if"
WAITING = "Here will be the loss after one more step at seven learning rates. Trying them changes nothing of the run."
EVERY_SECONDS = 0.25


class StepBoard(QWidget):
    """``asked(Question)`` as a panel has it; ``rateChosen(float)``: a learning rate to train with from now on."""

    asked = Signal(object)
    rateChosen = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.result: WhatIf | None = None
        self._snapshot: Snapshot | None = None
        self._reason = ""
        self._waiting = False
        self._asked_at = -math.inf
        self.heading = QLabel("One step")
        self.heading.setFont(fonts.body(fonts.SEMIBOLD))
        self.words = caption()
        self.sample_key, self.batch_key = CurveKey(theme), CurveKey(theme, dashed=True)
        self.plot = RatePlot(
            theme, "Loss after one step at seven learning rates", "Change of the loss", named=False, zero="loss now"
        )
        self.plot.setToolTip(
            "What the next update would change of the loss at each of these rates, tried on copies. The best for one step is "
            "often too high for many."
        )
        self.buttons = _RateButtons(self.plot)
        self.buttons.chosen.connect(self.rateChosen)
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
        top, keys = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.heading)
        top.addWidget(self.words, 1)
        keys.setSpacing(2 * GRID)
        keys.addWidget(self.sample_key)
        keys.addWidget(self.batch_key)
        keys.addStretch(1)
        for row in (top, keys):
            row.addStrut(CONTROL_HEIGHT if row is top else 20)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(top)
        box.addLayout(keys)
        box.addSpacing(8)  # where the range test beside it has its progress
        box.addWidget(self.plot, 1)
        box.addWidget(self.buttons)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for widget in (self.plot, self.sample_key, self.batch_key):
            widget.apply_theme(theme)

    # --- showing --------------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot, reason: str) -> None:
        """A newer moment; ``reason`` says why it has no rates to try, "" where it has."""
        other = self._snapshot is None or snapshot.run != self._snapshot.run
        self._snapshot, self._reason = snapshot, reason
        if reason or other:
            self.result = None
            self._show()
        if not reason and snapshot.minibatch is not None and self._is_due(snapshot):
            self._waiting, self._asked_at = True, time.monotonic()
            self.asked.emit(_trying(snapshot))

    def _is_due(self, snapshot: Snapshot) -> bool:
        """While it trains, a few times a second, and not before the last answer has come; where it stands still, at once."""
        if snapshot.state is not RunState.RUNNING:
            return True
        return not self._waiting and time.monotonic() - self._asked_at >= EVERY_SECONDS

    def take_answer(self, answer: object) -> None:
        self._waiting = False
        snapshot = self._snapshot
        if isinstance(answer, WhatIf) and snapshot is not None and answer.run == snapshot.run and not self._reason:
            self.result = answer
            self._show()

    def take_failure(self, sentence: str) -> None:
        self._waiting = False
        self.result, self._reason = None, sentence
        self._show()

    def _show(self) -> None:
        result = self.result
        if result is None:
            self.plot.show_hint(self._reason or WAITING)
            self.words.setText("")
            self.sample_key.set_text("")
            self.batch_key.set_text("")
            self.buttons.show_rates((), None)
            return
        sample, batch = result.sample - result.sample_now, result.batch - result.batch_now
        low = min(0.0, float(sample.min()), float(batch.min()))
        best = result.best
        marks = [Mark(float(result.rates[result.present]), "now")]
        if best is not None:
            marks.append(Mark(float(result.rates[best]), "best", ring=True))
        # As much room for what grows as for what falls: what explodes must not flatten the rest.
        self.plot.show_curves(
            result.rates,
            (Curve(batch, "dashed"), Curve(sample)),
            marks, 1.1 * low, max(-low, 0.01 * result.sample_now, 1e-9),
            [_reading(result, at) for at in range(len(result.rates))], _resting(result),
        )  # fmt: skip
        self.sample_key.set_text(f"{result.n_sample:,} training samples, now {ticks.loss(result.sample_now)}")
        self.batch_key.set_text(f"next mini-batch of {result.n_batch:,}, now {ticks.loss(result.batch_now)}")
        self.words.setText(self._remark(result))
        self.words.setToolTip(self.words.text())
        self.buttons.show_rates(tuple(result.rates.tolist()), result.present)

    def _remark(self, result: WhatIf) -> str:
        parts = [f"from epoch {result.epoch:,}"]
        if self._snapshot is not None and self._snapshot.state is RunState.DIVERGED:
            parts.append("the run diverged; these are its last sound weights")
        if abs(result.share - 1) > 1e-9:
            parts.append(f"the schedule lets {100 * result.share:.3g} % of each rate through")
        return ", ".join(parts)


def _reading(result: WhatIf, at: int) -> str:
    sample, batch = float(result.sample[at]), float(result.batch[at])
    return (
        f"{ticks.rate(float(result.rates[at]))}: {_change(sample, result.sample_now)} · "
        f"mini-batch {_change(batch, result.batch_now)}"
    )


def _change(loss: float, now: float) -> str:
    if not math.isfinite(loss):
        return "not finite"
    change = loss - now
    return f"{ticks.loss(loss)} ({'+' if change > 0 else ''}{ticks.loss(change)})"


def _resting(result: WhatIf) -> str:
    best = result.best
    if best is None:
        return "No rate lowers the loss in one step."
    change = _change(float(result.sample[best]), result.sample_now)
    return f"Lowest after one step: {ticks.rate(float(result.rates[best]))}, {change}"


def _trying(snapshot: Snapshot) -> Question:
    batch = snapshot.minibatch
    assert batch is not None

    def work(tell: TELL, stop: STOP) -> WhatIf | None:
        return what_if(
            snapshot.spec, snapshot.data, snapshot.params, batch, snapshot.learning_rate,
            run=snapshot.run, epoch=snapshot.epoch, stop=stop,
        )  # fmt: skip

    return Question(WHAT_IF, work)


class _RateButton(QToolButton):
    """Narrow, with a number."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "outlined")
        self.setFont(fonts.tabular(fonts.body()))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)


class _RateButtons(QWidget):
    """The rates as buttons, each below its place in the plot; ``chosen(float)``."""

    chosen = Signal(float)

    def __init__(self, plot: RatePlot) -> None:
        super().__init__()
        self._plot = plot
        self._rates: tuple[float, ...] = ()
        self.buttons = [_RateButton() for _ in FACTORS]
        for place, button in enumerate(self.buttons):
            button.setParent(self)
            button.clicked.connect(partial(self._on_clicked, place))
        self._label = caption("Use")
        self._label.setParent(self)
        self._axis = caption("Learning rate")
        self._axis.setParent(self)
        self._axis.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setFixedHeight(CONTROL_HEIGHT + 24)
        # The plot knows its width only once the layout is done.
        self._placing = QTimer(self, singleShot=True, interval=0)
        self._placing.timeout.connect(self._place)

    def show_rates(self, rates: tuple[float, ...], present: int | None) -> None:
        """One button for each of ``rates``; that of the ``present`` one can't be pressed."""
        self._rates = rates
        self._label.setVisible(bool(rates))
        self._axis.setVisible(bool(rates))
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(rates))
            if place >= len(rates):
                continue
            text = ticks.rate(rates[place])
            if button.text() != text:
                button.setText(text)
                button.setAccessibleName(f"Use learning rate {text}")
            button.setEnabled(place != present)
            button.setToolTip(
                "The learning rate of now." if place == present else
                f"Trains on with a learning rate of {text}; Ctrl+Z takes it back."
            )  # fmt: skip
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._placing.start()

    def _place(self) -> None:
        if not self._rates:
            return
        places = [self._plot.x_of(rate) for rate in self._rates]
        gaps = [b - a for a, b in pairwise(places)]
        width = int(min([*gaps, 96.0])) - 4
        for x, button in zip(places, self.buttons, strict=False):
            button.setGeometry(min(round(x - width / 2), self.width() - width), 0, width, CONTROL_HEIGHT)
        area = self._plot.area
        left = self.buttons[0].x()
        self._label.setGeometry(max(left - 34, 0), 0, 30, CONTROL_HEIGHT)
        self._axis.setGeometry(round(area.left()), CONTROL_HEIGHT + 4, round(area.width()), 18)

    def _on_clicked(self, place: int) -> None:
        self.chosen.emit(self._rates[place])
