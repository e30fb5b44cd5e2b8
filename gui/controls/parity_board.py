"""Parity: the same network trained by the engine, scikit-learn and PyTorch, from the same weights and mini-batches."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from engine.registry import Range
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.comparing.conventions import OURS, SKLEARN, TITLES, TORCH
from gui.comparing.parity import BOUND, LIBRARIES, MOST_EPOCHS, NO_TORCH, Parity, compare, torch_is_there
from gui.controls.buttons import CheckBox, TextButton
from gui.controls.combos import LadderCombo
from gui.controls.convention_list import ConventionList
from gui.controls.labels import caption
from gui.graphics import ticks
from gui.graphics.parity_plot import Curve, ParityPlot, pen_of
from gui.theme import GRID, Theme

PARITY = "compare.parity"
EPOCHS = Range(1, MOST_EPOCHS, "Epochs", ladder=(1, 5, 10, 20, 50, 100, 200, 500, 1000),
               help="How long all of them train, from the first weights on.")  # fmt: skip
EMPTY = (
    "Here will be the losses of all three, on each other. Run trains this network anew in each library; your run stays as it "
    "is."
)
EMPTY_DELTA = (
    "Here will be how far apart their weights are after every epoch: the largest difference of any weight or bias."
)
ORDER = (OURS, *LIBRARIES)
COLUMNS = (
    ("version", "What computes it. Ours is the engine in NumPy, as docs/engine.md describes it."),
    ("seconds", "Time spent in training alone, on one core, without importing and measuring."),
    ("train loss", "After the last epoch, of all training samples, measured by the same formula for all."),
    ("test", "Accuracy on the test samples; for numbers R²."),
    ("max |Δw|", "The largest difference from our weights and biases after the last epoch."),
)  # fmt: skip


class ParityBoard(QWidget):
    """``asked(Question)``, ``forgotten(key)`` as a panel has them."""

    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.result: Parity | None = None
        self._spec: ExperimentSpec | None = None
        self._snapshot: Snapshot | None = None
        self._running = False
        self._failure = ""
        self.epochs = LadderCombo(EPOCHS, 200)
        self.run_button = TextButton("Run")
        self.run_button.setProperty("look", "primary")
        self.run_button.setFixedWidth(88)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName("Progress of the comparison")
        self.words = caption()
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setFont(fonts.tabular(fonts.body(fonts.SEMIBOLD)))
        self.logarithmic = CheckBox("Log loss axis")
        self.logarithmic.setChecked(True)
        self.logarithmic.setToolTip("Draws the losses on powers of ten: small differences late in training are seen.")
        self.losses = ParityPlot(
            theme, "Train loss", "The training loss of each by epoch; where all agree, they lie on each other."
        )
        self.deltas = ParityPlot(
            theme,
            "max |Δw| beside ours",
            "The largest difference of any weight or bias, by epoch. Below 10⁻⁹ it is rounding.",
        )
        self.deltas.set_bound(BOUND, "10⁻⁹")
        self.deltas.read = ParityPlot.words
        self.conventions = ConventionList()
        self.keys = {name: _Key(theme, at, TITLES[name]) for at, name in enumerate(ORDER)}
        self.cells: dict[str, tuple[QLabel, ...]] = {}
        self.why: dict[str, QLabel] = {}
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        label = QLabel("Epochs")
        label.setBuddy(self.epochs)
        self.epochs.setFixedWidth(96)
        for widget in (label, self.epochs, self.run_button):
            head.addWidget(widget)
        head.addWidget(self.words, 1)
        head.addWidget(self.logarithmic)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(head)
        left.addWidget(self.progress)
        left.addLayout(self._table())
        left.addWidget(self.verdict)
        left.addWidget(self.losses, 1)
        left.addWidget(self.deltas, 1)
        self.verdict.setFixedHeight(2 * self.verdict.fontMetrics().lineSpacing() + 2)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when it comes and goes
        self.progress.setSizePolicy(policy)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3 * GRID)
        box.addLayout(left, 1)
        box.addWidget(self.conventions)

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(2)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, (title, tip) in enumerate(COLUMNS, 1):
            name = caption(title)
            name.setToolTip(tip)
            name.setMinimumWidth(88)
            name.setAlignment(right)
            grid.addWidget(name, 0, column)
        for row, library in enumerate(ORDER, 1):
            grid.addWidget(self.keys[library], row, 0)
            cells = tuple(QLabel() for _ in COLUMNS)
            for column, (cell, (_, tip)) in enumerate(zip(cells, COLUMNS, strict=True), 1):
                cell.setFont(fonts.figures())
                cell.setAlignment(right)
                cell.setMinimumHeight(22)
                cell.setToolTip(tip)
                grid.addWidget(cell, row, column)
            self.cells[library] = cells
            why = caption()
            why.setMinimumHeight(22)
            why.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            why.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            why.hide()
            grid.addWidget(why, row, 1, 1, len(COLUMNS) + 1)
            self.why[library] = why
        grid.setColumnStretch(len(COLUMNS) + 1, 1)
        return grid

    def _connect(self) -> None:
        self.run_button.clicked.connect(self._on_run)
        self.logarithmic.committed.connect(self.losses.set_logarithmic)
        self.conventions.changed.connect(self._show)
        self.losses.pointed.connect(self.deltas.set_epoch)
        self.deltas.pointed.connect(self.losses.set_epoch)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for widget in (self.losses, self.deltas, *self.keys.values()):
            widget.apply_theme(theme)

    # --- what it is shown -----------------------------------------------------------------------------------------

    def show_spec(self, spec: ExperimentSpec) -> None:
        """The experiment that is compared next."""
        if spec != self._spec:
            self._spec = spec
            self.conventions.show_spec(spec)
            self._show()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """A newer moment: whose data they will be given."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.data is not snapshot.data:
            self._show()

    def take_answer(self, answer: object) -> None:
        self._running = False
        if isinstance(answer, Parity):
            self.result = answer
        self._show()

    def take_progress(self, share: float, words: str) -> None:
        if self._running:
            self.progress.setValue(round(1000 * share))
            self.words.setText(words[:1].upper() + words[1:])
            self._show_result()

    def take_failure(self, sentence: str) -> None:
        self._running, self._failure = False, sentence
        self._show()

    # --- showing --------------------------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        self.run_button.setText("Cancel" if self._running else "Run")
        self.run_button.setEnabled(self._running or self._ready)
        self.run_button.setToolTip(
            "Ends the comparison; what is there so far stays." if self._running else
            "Trains this network from its first weights in each library, in a process of its own. Your run stays as it is."
        )  # fmt: skip
        self.epochs.setEnabled(not self._running)
        self.conventions.setEnabled(not self._running)
        self.progress.setVisible(self._running)
        if not self._running:
            self.progress.setValue(0)
            self.words.setText(self._failure or self._stale())
        self.words.setToolTip(self.words.text())
        self._show_result()

    @property
    def _ready(self) -> bool:
        snapshot, spec = self._snapshot, self._spec
        return snapshot is not None and spec is not None and snapshot.data.spec.untaught == spec.data.untaught

    def _stale(self) -> str:
        """Why what is on screen is not of now, "" where it is."""
        result = self.result
        if result is None or self._spec is None:
            return ""
        if result.spec != self._spec:
            return "Of other settings; Run compares those of now."
        if not result.done and not result.stopped:
            return f"Cancelled after epoch {result.epoch:,}."
        return "Of other conventions; Run compares those of now." if result.apart != self.conventions.in_force else ""

    def _show_result(self) -> None:
        result, drawn = self.result, []
        for at, library in enumerate(ORDER):
            track = None if result is None else result.tracks.get(library)
            why = self._why(library)
            self.why[library].setText(why)
            self.why[library].setToolTip(why)
            self.why[library].setVisible(bool(why))
            texts = ("",) * len(COLUMNS)
            if track is not None and track.rows and not why:
                drawn.append((at, library, tuple(track.rows)))
                numbers = result is not None and result.spec.data.dataset.regression
                seconds, loss, score, delta = track.rows[-1]
                said = ticks.score(score) if numbers else ticks.percent(score)
                texts = (track.version, f"{seconds:.2f} s", ticks.loss(loss), said,
                         "—" if library == OURS else ParityPlot.words(delta))  # fmt: skip
            for cell, text in zip(self.cells[library], texts, strict=True):
                cell.setText(text)
                cell.setVisible(not why)
        end = 1 if result is None else result.epochs
        arrays = [(at, library, np.array(rows)) for at, library, rows in drawn]
        self.losses.set_hint(EMPTY)
        self.deltas.set_hint(EMPTY_DELTA)
        self.losses.show_curves([Curve(TITLES[name], at, rows[:, 1]) for at, name, rows in arrays], end)
        others = [(at, name, rows) for at, name, rows in arrays if name != OURS]
        self.deltas.show_curves([Curve(TITLES[name], at, rows[:, 3]) for at, name, rows in others], end)
        self.verdict.setText(self._verdict())

    def _why(self, library: str) -> str:
        """Why a library has no figures, "" where it has, or will have."""
        if self.result is not None and library in self.result.out:
            return self.result.out[library]
        absent = library == TORCH and not torch_is_there()
        return NO_TORCH if absent and (self.result is None or TORCH not in self.result.tracks) else ""

    def _verdict(self) -> str:
        """What it comes to, in one sentence."""
        result = self.result
        if result is None or result.epoch == 0:
            return ""
        if result.stopped:
            return result.stopped
        deltas = {
            name: result.tracks[name].last[3] for name in LIBRARIES if name in result.tracks and name not in result.out
        }
        if not deltas:
            return "Nobody could take part but ours."
        worst = max(deltas.values())
        after = f"after {result.epoch:,} {'epoch' if result.epoch == 1 else 'epochs'}"
        if math.isnan(worst) or not all(math.isfinite(value) for value in deltas.values()):
            return f"Weights are no longer finite {after}."
        names = " and ".join(TITLES[name] for name in deltas)
        if worst <= BOUND:
            return f"The same weights as {names}, to {ParityPlot.words(worst)} {after}."
        if result.apart:
            titles = self.conventions.titles(result.apart)
            listed = ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
            return f"The weights part by up to {ParityPlot.words(worst)} {after}. As they come: {listed}."
        return (
            f"All agrees, and rounding alone has grown to {ParityPlot.words(worst)} {after}: each update passes it on, and "
            "steep places enlarge it."
        )

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_run(self) -> None:
        if self._running:
            self._running = False
            self.forgotten.emit(PARITY)
        elif self._snapshot is not None and self._spec is not None:
            self._running, self._failure = True, ""
            self.result = Parity(self._spec, int(self.epochs.value()), self.conventions.in_force, self._snapshot.run)
            self.asked.emit(_comparison(self.result, self._snapshot))
        self._show()
        if self._running:
            self.words.setText("Waiting its turn")


def _comparison(parity: Parity, snapshot: Snapshot) -> Question:
    def work(tell: TELL, stop: STOP) -> Parity | None:
        return compare(parity, snapshot.data, tell, stop, (SKLEARN, TORCH))

    return Question(PARITY, work, long=True)


class _Key(QWidget):
    """A sample of a library's line, and its name."""

    def __init__(self, theme: Theme, which: int, title: str) -> None:
        super().__init__()
        self.theme, self._which, self._title = theme, which, title
        self.setFixedSize(136, 22)
        self.setAccessibleName(title)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(pen_of(self.theme, self._which))
        painter.drawLine(0, 11, 28, 11)
        painter.setPen(self.theme.text)
        painter.setFont(fonts.body())
        painter.drawText(self.rect().adjusted(36, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.end()
