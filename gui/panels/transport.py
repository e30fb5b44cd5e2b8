"""The bar on top: play, pause, step, reset; the running numbers; the settings that are touched while training."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from engine.activations import ACTIVATIONS
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.phases import Kind
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec, TrainingSpec
from gui import fonts
from gui.bar import BarState, OwnBar
from gui.controls.buttons import IconButton, MenuButton, PlayButton
from gui.controls.combos import EntryCombo, LadderCombo
from gui.controls.readouts import EpochCounter, Progress, Readout, ReadoutRow
from gui.controls.run_popup import RunPopup
from gui.controls.speed_combo import SpeedCombo
from gui.edits import limits_of, with_activation, with_batch_size, with_learning_rate, with_optimizer
from gui.graphics import ticks
from gui.pace import EPOCHS
from gui.panels.base import Panel
from gui.theme import Theme

HEIGHT = 56
GRAINS = {
    "phase": (
        "phase",
        "One layer forward, the loss, one layer backward, or the update: the network shows what it computes. Only the "
        "update moves the weights.",
    ),
    "sample": (
        "sample",
        "Looks at one training sample: its activations on the network. The weights move with the mini-batch's last sample.",
    ),
    "batch": ("mini-batch", "One mini-batch: one update of the weights."),
    "epoch": ("epoch", "Every training sample once."),
}
STEP_BACK = "Returns to the epoch before; stepping forward again gives the same numbers."
_LOSSES = ("0.0000", "1.23·10⁵", "−1.23·10⁻⁵", ticks.NOT_FINITE)
_SHARES = ("100.0 %", "−12.345", ticks.NOT_FINITE)
_SCORES = {
    False: ("Test accuracy", "The share of unseen samples that the network gets right."),
    True: (
        "Test R²",
        "How much of the spread of unseen numbers the network explains. 1 is perfect, 0 no better than their mean.",
    ),
}


class TransportBar(Panel):
    """One row, 56 px. It says what a person wants and shows what the run does; it decides nothing."""

    title = "Transport"
    frames_per_second = 10.0

    playToggled = Signal()
    stepRequested = Signal(str)
    stepBackRequested = Signal()
    resetRequested = Signal()
    diceRequested = Signal()
    runEpochsRequested = Signal(int)
    runUntilRequested = Signal(object)
    grainChanged = Signal(str)
    speedChanged = Signal(float, str)
    specProposed = Signal(str, object, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setProperty("surface", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Transport")
        self._spec: ExperimentSpec | None = None
        self._own: OwnBar | None = None
        self._grain = "epoch"
        self._make_buttons()
        self._make_readouts()
        self._make_quick_settings()
        self._lay_out()
        self._connect()

    # --- building ---------------------------------------------------------------------------------------------------

    def _make_buttons(self) -> None:
        theme = self.theme
        self.reset = IconButton(
            theme,
            "reset",
            "Reset (R)",
            "Back to epoch 0 with the same first weights; a new run repeats this one.",
            size=32,
            outlined=True,
        )
        self.dice = IconButton(
            theme,
            "dice",
            "New weights",
            "Draws other first weights and starts at epoch 0; the way there differs, often the end too.",
            size=32,
            outlined=True,
        )
        self.step_back = IconButton(
            theme,
            "step-back",
            "Step back (←)",
            STEP_BACK,
            size=32,
        )
        self.play = PlayButton(theme)
        self.step = IconButton(theme, "step", "Step (→)", size=32)
        self.grain_button = MenuButton(theme, "Step: epoch", "Step: mini-batch")
        self.grain_button.setAccessibleName("Size of a step")
        self.grain_button.setToolTip(
            "How far one step goes: a phase, a sample, a mini-batch or an epoch. The arrow keys use it too."
        )
        menu = QMenu(self.grain_button)
        menu.setToolTipsVisible(True)
        menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # not the button's, whose chevron stands right
        group = QActionGroup(menu)
        self.grain_actions: dict[str, QAction] = {}
        for grain, (label, tip) in GRAINS.items():
            action = menu.addAction(label.capitalize())
            action.setCheckable(True)
            action.setToolTip(tip)
            action.setData(grain)
            group.addAction(action)
            self.grain_actions[grain] = action
        menu.aboutToShow.connect(self._on_menu)
        self.grain_button.setMenu(menu)
        self.run = MenuButton(theme, "Run…")
        self.run.setAccessibleName("Run for or until")
        self._popup: RunPopup | None = None
        self.set_grain("epoch")

    def _make_readouts(self) -> None:
        theme = self.theme
        self.epoch = EpochCounter(theme)
        self.progress = Progress(
            theme,
            ("mini-batch 99,999/99,999", "weights move after 9,999"),
            "How far the epoch at hand has come, and how long early stopping has waited for progress.",
        )
        self.train_loss = Readout(
            theme, "Train loss", _LOSSES, "The mean loss over the samples that training sees. Lower is better."
        )
        self.test_loss = Readout(
            theme,
            "Test loss",
            _LOSSES,
            "The mean loss over samples that training never sees. Rising while the train loss falls: overfitting.",
        )
        self.accuracy = Readout(theme, _SCORES[False][0], _SHARES, _SCORES[False][1])
        self.own = ReadoutRow(theme)
        self.own.hide()

    def _make_quick_settings(self) -> None:
        self.speed = SpeedCombo()
        rate, size = limits_of(Optimizer, "learning_rate"), limits_of(TrainingSpec, "batch_size")
        self.rate = LadderCombo(rate, 0.03)
        self.activation = EntryCombo(ACTIVATIONS, "Activation", "What every hidden neuron makes of its weighted sum.")
        self.optimizer = EntryCombo(OPTIMIZERS, "Optimizer", "How gradients become steps.")
        self.batch_size = LadderCombo(size, 10)
        self.quick = [
            self._captioned("Speed", self.speed, 80),
            self._captioned("Learning rate", self.rate, 92),
            self._captioned("Activation", self.activation, 92),
            self._captioned("Optimizer", self.optimizer, 88),
            self._captioned("Batch size", self.batch_size, 76),
        ]

    def _captioned(self, text: str, control: QWidget, width: int) -> QWidget:
        label = QLabel(text)
        label.setProperty("role", "caption")
        label.setFont(fonts.caption())
        label.setBuddy(control)
        label.setFixedHeight(14)
        control.setFixedWidth(width)
        holder = QWidget()
        box = QVBoxLayout(holder)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(label)
        box.addWidget(control)
        holder.setFixedSize(width, 44)
        return holder

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 1)
        row.setSpacing(8)
        for widget in (self.reset, self.dice, self.step_back, self.play, self.step, self.grain_button, self.run):
            row.addWidget(widget)
        row.insertSpacing(2, 4)
        row.insertSpacing(row.indexOf(self.grain_button), 4)
        row.addSpacing(12)
        for widget in (self.epoch, self.train_loss, self.test_loss, self.accuracy, self.progress):
            row.addWidget(widget)
            row.addSpacing(4)
        row.addWidget(self.own)
        row.addStretch(1)
        for holder in self.quick:
            row.addWidget(holder)
        # What must always fit; the quick settings and then the progress give way to it.
        self._needed = row.sizeHint().width() - sum(holder.width() + 8 for holder in self.quick) - self._progress_room()
        self.setMinimumWidth(self._needed)

    def _progress_room(self) -> int:
        return self.progress.sizeHint().width() + 12

    def _connect(self) -> None:
        self.reset.clicked.connect(self.resetRequested)
        self.dice.clicked.connect(self.diceRequested)
        self.step_back.clicked.connect(self.stepBackRequested)
        self.play.clicked.connect(self.playToggled)
        self.step.clicked.connect(self._on_step)
        self.grain_button.menu().triggered.connect(self._on_grain)
        self.run.clicked.connect(self._on_run)
        self.speed.speedChosen.connect(self.speedChanged)
        self.rate.committed.connect(self._on_rate)
        self.batch_size.committed.connect(self._on_batch_size)
        self.activation.chosen.connect(self._on_activation)
        self.optimizer.chosen.connect(self._on_optimizer)

    # --- showing ----------------------------------------------------------------------------------------------------

    def grain(self) -> str:
        """How far a step goes: phase, sample, batch or epoch."""
        return self._grain

    def set_grain(self, grain: str) -> None:
        """Choose how far a step goes; emits nothing."""
        self._grain = grain
        label, tip = GRAINS[grain]
        self.grain_actions[grain].setChecked(True)
        self.grain_button.setText(f"Step: {label}")
        self.step.setToolTip(f"Step (→). {self._own.grains.get(grain, tip) if self._own else tip}")

    def set_speed(self, per_second: float, unit: str = EPOCHS) -> None:
        """Show how fast training may go; emits nothing."""
        self.speed.set_speed(per_second, unit)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Show the quick settings of ``spec``; emits nothing."""
        self._spec = spec
        self.rate.set_value(spec.optimizer.learning_rate)
        self.activation.set_key(spec.network.activation.name)
        self.optimizer.set_key(spec.optimizer.name)
        self.batch_size.set_value(spec.training.batch_size)
        regression = spec.data.dataset.regression
        self.accuracy.set_caption(*_SCORES[regression])
        if self._own is None:
            self.run.setToolTip(
                f"Trains a number of epochs, or until a loss or {'R²' if regression else 'accuracy'} is reached, and pauses "
                "there."
            )
        if self._popup is not None:
            self._popup.set_regression(regression)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the numbers; only what reads differently is painted again."""
        metrics = snapshot.metrics
        self.epoch.set_epoch(snapshot.epoch)
        self.epoch.set_past(snapshot.viewed)
        self.train_loss.set_text(ticks.loss(metrics.train_loss))
        self.test_loss.set_text(ticks.loss(metrics.test_loss))
        write = ticks.score if snapshot.spec.data.dataset.regression else ticks.percent
        self.accuracy.set_text(write(metrics.test_accuracy))
        self.progress.set_lines(*progress_lines(snapshot), share=impatience(snapshot))
        running = snapshot.state is RunState.RUNNING
        self.play.set_playing(running)
        if self.step_back.isEnabled() != snapshot.can_step_back:
            self.step_back.setEnabled(snapshot.can_step_back)
        if not running:
            # A screen reader is told the numbers when they stand still, not fifteen times a second.
            for readout in (self.epoch, self.train_loss, self.test_loss, self.accuracy):
                readout.setAccessibleDescription(readout.text())

    def set_own(self, own: OwnBar | None) -> None:
        """Serve a run that is no experiment's, or experiments again; :meth:`show_own` and :meth:`show_snapshot` follow."""
        self._own = own
        for widget in (self.train_loss, self.test_loss, self.accuracy):
            widget.setVisible(own is None)
        self.own.setVisible(own is not None)
        if own is not None:
            self.own.set_readings(own.readings)
            self.run.setToolTip(own.run)
        self.play.set_tip(own.play if own is not None else "")
        self.step_back.setToolTip(f"Step back (←). {own.step_back if own is not None else STEP_BACK}")
        for grain, action in self.grain_actions.items():
            label, tip = GRAINS[grain]
            action.setEnabled(own is None or grain in own.grains)
            action.setToolTip(tip if own is None else own.grains.get(grain, f"There is no {label} here."))
        if self._popup is not None:
            self._popup.set_until_shown(own is None)
        self._share_out(self.width())
        if own is None and self._spec is not None:
            self.show_spec(self._spec)

    def show_own(self, state: BarState) -> None:
        """Show the numbers of such a run."""
        self.epoch.set_epoch(state.epoch)
        self.own.set_texts(state.texts)
        self.play.set_playing(state.playing)
        self.step_back.setEnabled(state.can_step_back)
        if not state.playing:
            self.own.describe()

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for widget in (
            self.own,
            self.reset,
            self.dice,
            self.step_back,
            self.play,
            self.step,
            self.grain_button,
            self.run,
            self.epoch,
            self.progress,
            self.train_loss,
            self.test_loss,
            self.accuracy,
        ):
            widget.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out(event.size().width())

    def _share_out(self, width: int) -> None:
        """What does not fit is left out from the right; nothing of an experiment is there for another run."""
        if self._own is not None:
            for widget in (*self.quick, self.progress):
                widget.hide()
            return
        room = width - self._needed
        shown = 0
        for holder in self.quick:
            room -= holder.width() + 8
            shown += room >= 0
        # The progress is worth more than the last two quick settings, which the column has as well.
        while shown > 2 and self._left(width, shown) < self._progress_room():
            shown -= 1
        for i, holder in enumerate(self.quick):
            holder.setVisible(i < shown)
        self.progress.setVisible(self._left(width, shown) >= self._progress_room())

    def _left(self, width: int, shown: int) -> int:
        return width - self._needed - sum(holder.width() + 8 for holder in self.quick[:shown])

    # --- asking -----------------------------------------------------------------------------------------------------

    def _on_step(self) -> None:
        self.stepRequested.emit(self._grain)

    def _on_menu(self) -> None:
        # Down and Enter lead to the next one, not to whatever is first.
        self.grain_button.menu().setActiveAction(self.grain_actions[self._grain])

    def _on_grain(self, action: QAction) -> None:
        grain = action.data()
        if grain != self._grain:
            self.set_grain(grain)
            self.grainChanged.emit(grain)

    @property
    def popup(self) -> RunPopup:
        """What opens under "Run", made when it is first wanted."""
        if self._popup is None:
            self._popup = RunPopup(self)
            self._popup.set_regression(self._spec is not None and self._spec.data.dataset.regression)
            self._popup.set_until_shown(self._own is None)
            self._popup.runEpochs.connect(self.runEpochsRequested)
            self._popup.runUntil.connect(self.runUntilRequested)
        return self._popup

    def _on_run(self) -> None:
        self.popup.open_below(self.run)

    def _propose(self, text: str, spec: ExperimentSpec) -> None:
        if spec != self._spec:
            self.specProposed.emit(text, spec, "")

    def _on_rate(self, rate: Any) -> None:
        if self._spec is not None:
            self._propose("Learning rate", with_learning_rate(self._spec, rate))

    def _on_batch_size(self, size: Any) -> None:
        if self._spec is not None:
            self._propose("Batch size", with_batch_size(self._spec, size))

    def _on_activation(self, name: str) -> None:
        if self._spec is not None:
            self._propose("Activation", with_activation(self._spec, name))

    def _on_optimizer(self, name: str) -> None:
        if self._spec is not None:
            self._propose("Optimizer", with_optimizer(self._spec, name))


def impatience(snapshot: Snapshot) -> float | None:
    """0..1 how much of early stopping's patience is used up; None where it is off, or within an epoch."""
    patience, settled = snapshot.spec.training.patience, snapshot.state is not RunState.RUNNING
    if snapshot.state is RunState.PAUSED and snapshot.message:
        return 1.0
    within = settled and (snapshot.batch or snapshot.sample)
    return None if not patience or within else min(snapshot.waited / patience, 1.0)


def progress_lines(snapshot: Snapshot) -> tuple[str, ...]:
    """``("mini-batch 3/25", "sample 4/10", "weights move after 10")`` in the middle of an epoch, else what early stopping
    waits for or brought back: ``("12 of 20 epochs", "without progress")``; nothing where it is off.

    Where phases are stepped through, ``("mini-batch 3/25", "forward 2/3")``, in slow motion too.
    """
    if snapshot.phase is not None:
        updated = snapshot.phase.kind is Kind.UPDATE  # it has done the mini-batch, maybe the epoch's last
        batch = (snapshot.batch or snapshot.batches) if updated else snapshot.batch + 1
        return f"mini-batch {batch:,}/{snapshot.batches:,}", snapshot.phase.name(snapshot.layout.depth)
    if snapshot.state is RunState.PAUSED and snapshot.message:
        return "stopped early", f"epoch {snapshot.best_epoch or 0:,} restored"
    if snapshot.state is RunState.RUNNING or not (snapshot.batch or snapshot.sample):
        patience = snapshot.spec.training.patience
        return (f"{snapshot.waited:,} of {patience:,} epochs", "without progress") if patience else ()
    # The mini-batch at hand counts as soon as one of its samples has been looked at.
    batch = snapshot.batch + (1 if snapshot.sample else 0)
    first = f"mini-batch {batch:,}/{snapshot.batches:,}"
    if not snapshot.sample:
        return (first,)
    n = snapshot.data.n_trained
    size = snapshot.spec.batch_size(n)
    length = min(size, n - snapshot.batch * size)
    return first, f"sample {snapshot.sample:,}/{length:,}", f"weights move after {length:,}"
