"""The inspector: what is selected in the network, and where each of its numbers comes from, for one sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from engine.inspection import Check, Sample, check, neuron_numbers, parameter_numbers, update_numbers
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.trace import Trace, trace_of
from gui import fonts
from gui.controls.buttons import CheckBox, IconButton, MenuButton
from gui.controls.combos import ChoiceCombo
from gui.graphics import derivation_text
from gui.graphics.derivation import Derivation, Line
from gui.graphics.derivation_values import DerivationValues
from gui.graphics.derivation_view import DerivationView
from gui.graphics.derivation_words import derive_neuron, derive_parameter, note
from gui.graphics.pointing import exists
from gui.graphics.sample_choice import Choice, Chosen, find_sample
from gui.graphics.targets import Target
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

LEFT = 208
ROOMY = 600  # a narrower panel has no room for a heading beside its buttons
# Products of weights and samples that a mini-batch may take: 50 ms of work at a pause, 5 ms while it trains.
MOST_AT_A_PAUSE = 60_000_000
MOST_RUNNING = 6_000_000
# Parameters of the largest network whose derivatives are checked, three passes in float64: likewise.
CHECKED_AT_A_PAUSE = 1_000_000
CHECKED_RUNNING = 100_000
MOMENTS = 2  # without a mini-batch are waited for one that was just asked for; a moment of the past has none
NOTHING = "Click a neuron, a weight or a bias in the network: here stands where each of its numbers comes from."
CHAIN_RULE = (
    "Forward: z = Σ w·a + b, and a = f(z)",
    "Backward: δ = f′(z) · Σ w·δ of the next layer",
    "For each weight: ∂L/∂w = δ · a, for each bias: ∂L/∂b = δ",
)
WAITING = "The numbers come with the next mini-batch."


@dataclass
class _Seen:
    """The passes of one snapshot and sample, kept for whatever is selected next."""

    snapshot: Snapshot
    chosen: Chosen
    one: Trace
    whole: Trace | None


class Inspector(Panel):
    """Backpropagation by numbers.

    Signals: ``factorHovered(Target | None)`` and ``factorChosen(Target)`` for what a number belongs to;
    ``sampleShown(Choice | None)`` when another sample was chosen, here or from outside; ``titleChanged(str)``.
    """

    title = "Inspector"
    frames_per_second = 10.0
    factorHovered = Signal(object)
    factorChosen = Signal(object)
    sampleShown = Signal(object)
    titleChanged = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self._snapshot: Snapshot | None = None
        self._target: Target | None = None
        self._choice: Choice | None = None
        self._said: int | None = None
        self._seen: _Seen | None = None
        self._awaited = 0
        self._chosen: Chosen | None = None
        self._title = self.title
        self.derivation: Derivation | None = None
        self.name = QLabel(self)
        self.name.setFont(fonts.body(fonts.SEMIBOLD))
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setWordWrap(True)
        self.values = DerivationValues(theme, self)
        self.sample = QLabel(self)
        self.sample.setProperty("role", "caption")
        self.sample.setFont(fonts.tabular(fonts.caption()))
        self.sample.setTextFormat(Qt.TextFormat.PlainText)
        self.sample.setWordWrap(True)
        self.sample.setAccessibleName("Sample")
        self.sample.setToolTip(
            "The sample whose numbers these are. Click a point, a digit or draw one to take another apart."
        )
        self.view = DerivationView(theme)
        self.view.hovered.connect(self.factorHovered)
        self.view.chosen.connect(self.factorChosen)
        self._make_controls(theme)
        self._lay_out()
        self.apply_theme(theme)
        self.derivation = Derivation(self.title, "", (), (note(NOTHING),))
        self._show()

    def _make_controls(self, theme: Theme) -> None:
        self.previous_button = IconButton(
            theme, "chevron-left", "Previous sample", "Takes the training sample before it apart."
        )
        self.next_button = IconButton(
            theme, "chevron-right", "Next sample", "Takes the training sample after it apart."
        )
        self.clear_button = IconButton(
            theme, "close", "Back to the mini-batch", "Follows the first sample of the next mini-batch again."
        )
        self.previous_button.clicked.connect(self._previous)
        self.next_button.clicked.connect(self._next)
        self.clear_button.clicked.connect(self._follow)
        choices = [("", "as read", "What the network reads in the drawing.")]
        choices += [(str(digit), f"a {digit}", "") for digit in range(10)]
        self.class_combo = ChoiceCombo(
            choices, "What the drawing is", "Says which digit you meant. Loss and gradients then want that answer."
        )
        self.class_combo.setFixedWidth(84)
        self.class_combo.chosen.connect(self._on_said)
        self.digits_box = CheckBox("All digits")
        self.digits_box.setAccessibleName("All digits")
        self.digits_box.setToolTip("Writes every number with all the digits it has. Off: four, rounded.")
        self.digits_box.toggled.connect(self._show)
        self.copy_button = MenuButton(theme, "Copy")
        self.copy_button.setFixedHeight(28)
        self.copy_button.setAccessibleName("Copy")
        self.copy_button.setToolTip("Copies these lines as text. Paste them into notes or a paper.")
        menu = QMenu(self.copy_button)
        menu.addAction("As Markdown", self.copy_markdown)
        menu.addAction("As LaTeX", self.copy_latex)
        self.copy_button.setMenu(menu)

    def _lay_out(self) -> None:
        which = QHBoxLayout()
        which.setSpacing(GRID)
        which.addWidget(self.sample, 1)
        which.addWidget(self.class_combo)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.name)
        left.addSpacing(4)
        left.addWidget(self.values)
        left.addStretch(1)
        left.addLayout(which)
        side = QWidget(self)
        side.setFixedWidth(LEFT)
        side.setLayout(left)
        self.heading = QLabel("Where it comes from")
        self.heading.setProperty("role", "heading")
        self.heading.setFont(fonts.caption(fonts.SEMIBOLD))
        top = QHBoxLayout()
        top.setSpacing(0)
        top.addWidget(self.heading)
        top.addStretch(1)
        for button in (self.clear_button, self.previous_button, self.next_button):
            top.addWidget(button)
        for widget in (self.digits_box, self.copy_button):
            top.addSpacing(GRID)
            top.addWidget(widget)
        self.area = QScrollArea(self)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self.view)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addLayout(top)
        right.addWidget(self.area, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, GRID)
        row.setSpacing(2 * GRID)
        row.addWidget(side)
        row.addLayout(right, 1)

    def sizeHint(self) -> QSize:
        return QSize(640, 148)

    def minimumSizeHint(self) -> QSize:
        return QSize(400, 124)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for part in (
            self.view,
            self.values,
            self.previous_button,
            self.next_button,
            self.clear_button,
            self.copy_button,
        ):
            part.apply_theme(theme)

    # --- what it is shown -----------------------------------------------------------------------------------------

    def show_spec(self, spec: ExperimentSpec) -> None:
        old, self._spec = self._spec, spec
        if old is not None and old.data != spec.data and self._choice is not None and self._choice.part != "drawing":
            self.show_sample(None)  # other samples

    def show_snapshot(self, snapshot: Snapshot) -> None:
        running = snapshot.state is RunState.RUNNING
        if running and snapshot.minibatch is None and self._target is not None and self._snapshot is not None:
            return  # between two mini-batches there is nothing to follow
        self._awaited = 0 if snapshot.minibatch is not None else max(self._awaited - 1, 0)
        self._snapshot = snapshot
        self._refresh()

    def show_target(self, target: Target | None) -> None:
        """Take another neuron, edge or bias apart; None for nothing."""
        target = target if target is not None and target.kind in ("neuron", "edge", "bias") else None
        if target != self._target:
            if self._target is None:
                self._awaited = MOMENTS
            self._target = target
            self.wants_minibatch = target is not None
            self.area.verticalScrollBar().setValue(0)
            self._refresh()

    def show_sample(self, choice: Choice | None) -> None:
        """Take another sample apart; None follows the first of the next mini-batch."""
        if self._choice is None or choice is None or choice.part != "drawing" or self._choice.part != "drawing":
            self._said = None
            self.class_combo.set_key("")
        self._choice = choice
        self._refresh()
        self.sampleShown.emit(choice)

    @property
    def choice(self) -> Choice | None:
        """The sample that was asked for."""
        return self._choice

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._awaited = MOMENTS
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._snapshot = self._seen = None  # by the time it is seen again, the run has gone on

    # --- the numbers ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        if not self.isVisible():
            return  # what nobody sees costs nothing
        snapshot, target = self._snapshot, self._target
        self._chosen = None
        if snapshot is None or target is None or not exists(snapshot.spec, target):
            self.derivation = Derivation(
                self.title, "Nothing is selected", (), tuple(map(note, (NOTHING, *CHAIN_RULE)))
            )
        elif self._see(snapshot) is None:
            self.derivation = Derivation(self.title, "", (), (note(WAITING),))
        else:
            self.derivation = self._derive(snapshot, target)
        self._show()

    def _see(self, snapshot: Snapshot) -> _Seen | None:
        """Forward and backward of the sample, and of the mini-batch where that is quick enough."""
        if snapshot.minibatch is None and self._choice is None and self._awaited:
            return None
        chosen = find_sample(snapshot, self._choice, self._said)
        if chosen is None or len(chosen.sample.x) != snapshot.layout.sizes[0]:
            return None
        self._chosen = chosen
        old, spec, batch = self._seen, snapshot.spec, snapshot.minibatch
        if old is not None and old.snapshot is snapshot and old.chosen.name == chosen.name and old.chosen.assumed < 0:
            return old
        whole = old.whole if old is not None and old.snapshot is snapshot else None
        if whole is None and batch is not None and len(batch) * snapshot.layout.n_parameters <= self._most(snapshot):
            whole = trace_of(spec, snapshot.layout, snapshot.params, batch)
        one = chosen.sample.trace(spec, snapshot.layout, snapshot.params)
        self._seen = _Seen(snapshot, chosen, one, whole)
        return self._seen

    @staticmethod
    def _most(snapshot: Snapshot) -> int:
        return MOST_RUNNING if snapshot.state is RunState.RUNNING else MOST_AT_A_PAUSE

    def _derive(self, snapshot: Snapshot, target: Target) -> Derivation:
        seen = self._seen
        assert seen is not None
        spec, batch, one = snapshot.spec, snapshot.minibatch, seen.one
        if target.kind == "neuron":
            at = one.layout.bias_index(target.layer - 1, target.index) if target.layer else -1
            found = self._check(snapshot, seen.chosen.sample, at) if target.layer else None
            return derive_neuron(spec, neuron_numbers(spec, one, target.layer, target.index), found)
        layer, source = (target.layer, target.source) if target.kind == "edge" else (target.layer - 1, -1)
        numbers = parameter_numbers(one, layer, target.index, source)
        end = neuron_numbers(spec, one, layer + 1, target.index)
        update = None
        if batch is not None and seen.whole is not None:
            update = update_numbers(spec, seen.whole, batch, layer, target.index, source, snapshot.learning_rate)
        found = self._check(snapshot, seen.chosen.sample, numbers.flat)
        made = derive_parameter(spec, numbers, end, update, found, own_share=seen.chosen.row >= 0)
        if batch is not None and seen.whole is None:
            return Derivation(
                made.heading, made.title, made.values, (*made.lines, self._too_large(snapshot, len(batch)))
            )
        return made

    def _check(self, snapshot: Snapshot, sample: Sample, flat: int) -> Check | None:
        most = CHECKED_RUNNING if snapshot.state is RunState.RUNNING else CHECKED_AT_A_PAUSE
        if snapshot.layout.n_parameters > most:
            return None
        return check(snapshot.spec, snapshot.layout, snapshot.params, sample, flat)

    @staticmethod
    def _too_large(snapshot: Snapshot, n: int) -> Line:
        if snapshot.state is RunState.RUNNING and n * snapshot.layout.n_parameters <= MOST_AT_A_PAUSE:
            return note(f"The mean over the mini-batch of {n:,} and the update stand here at a pause.")
        return note(
            f"The mini-batch of {n:,} is too much to work out here for so large a network; a smaller one is not."
        )

    # --- showing --------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        made, all_digits = self.derivation, self.digits_box.isChecked()
        assert made is not None
        if made.heading != self._title:
            self._title = made.heading
            self.titleChanged.emit(made.heading)
        self.name.setText(made.title)
        self.name.setToolTip(made.title)
        self.values.show_rows(made.values, all_digits)
        running = self._snapshot is not None and self._snapshot.state is RunState.RUNNING
        self.view.show_lines(made, self._target, all_digits, running)
        self.sample.setText("" if self._chosen is None else self._chosen.name)
        self._show_controls()

    def _show_controls(self) -> None:
        """Only what can be used now, and the heading where there is room for it."""
        some = self._chosen is not None
        for widget, shown in (
            (self.heading, some and self.width() >= ROOMY),
            (self.class_combo, self._chosen is not None and self._chosen.assumed >= 0),
            (self.clear_button, some and self._choice is not None),
            *((widget, some) for widget in (self.previous_button, self.next_button, self.digits_box, self.copy_button)),
        ):
            if widget.isVisibleTo(self) != shown:
                widget.setVisible(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_controls()

    def texts(self) -> list[str]:
        """The lines as they are read."""
        return self.view.texts()

    # --- what a hand asks for -------------------------------------------------------------------------------------

    def copy_markdown(self) -> None:
        """The lines as Markdown, to the clipboard."""
        self._copy(derivation_text.markdown)

    def copy_latex(self) -> None:
        """The lines as LaTeX, to the clipboard."""
        self._copy(derivation_text.latex)

    def _copy(self, written: Callable[[Derivation, str, bool], str]) -> None:
        if self.derivation is not None and self._chosen is not None:
            text = written(self.derivation, self._chosen.name, self.digits_box.isChecked())
            QGuiApplication.clipboard().setText(text)

    def _on_said(self, key: str) -> None:
        self._said = int(key) if key else None
        self._refresh()

    def _previous(self) -> None:
        self._step(-1)

    def _next(self) -> None:
        self._step(1)

    def _follow(self) -> None:
        self.show_sample(None)

    def _step(self, by: int) -> None:
        if self._snapshot is None:
            return
        choice, data = self._choice, self._snapshot.data
        if choice is None or choice.part == "drawing":
            batch = self._snapshot.minibatch
            from_batch = batch is not None and choice is None
            choice = Choice("train", int(batch.rows[0]) if from_batch else min(-by, 0))
        part = data.train if choice.part == "train" else data.test
        self.show_sample(Choice(choice.part, (choice.row + by) % len(part)))
