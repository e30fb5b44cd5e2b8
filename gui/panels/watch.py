"""The watch list: pinned weights, biases, activations and gradients with their recent past."""

from __future__ import annotations

import time

from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from engine.probes import sample_activations
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.trace import trace_of
from gui import fonts
from gui.controls.watch_table import Row, WatchTable
from gui.graphics.targets import Target
from gui.panels.base import Panel
from gui.pins import Pin, moved, name_of, pin_of, value_of
from gui.theme import CONTROL_HEIGHT, GRID, PANEL_PADDING, Theme

MOST = 32
SORT_SECONDS = 1.0  # rows that change places ten times a second can't be read
MOST_WORK = 30_000_000  # products in the trace of a mini-batch while training runs: more would hold frames up
_HINT = (
    "Point at a weight, a bias square or a neuron of the network and press P: its value is watched here. "
    "Shift+P watches a gradient."
)


class Watch(Panel):
    """Knows which pins there are; while it is hidden it computes nothing and asks for nothing.

    Signals: ``pinsChanged(object)`` a tuple of (Target, number of its colour); ``targetChosen(object)`` a row's Target;
    ``pinAsked(bool)`` the button that pins what is selected, True for its gradient.
    """

    title = "Watch"
    frames_per_second = 10.0

    pinsChanged = Signal(object)
    targetChosen = Signal(object)
    pinAsked = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self._snapshot: Snapshot | None = None
        self._run: int | None = None
        self._sorted_at = 0.0
        self._source = self._trouble = ""
        self.table = WatchTable(theme)
        self.pin_button = self._button(
            "Pin value", "Watches the selected weight, bias or neuron (P). Its value stands here from now on."
        )
        self.gradient_button = self._button(
            "Pin gradient",
            "Watches the gradient of the selected weight or bias (Shift+P): the mean over the next mini-batch.",
        )
        self.unpin_button = self._button("Unpin", "Takes the chosen row off the list (Delete). Nothing else changes.")
        self.note = self._caption()
        self.note.setWordWrap(False)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hint = self._caption(_HINT)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout()
        row.setSpacing(2)
        for button in (self.pin_button, self.gradient_button, self.unpin_button):
            row.addWidget(button)
        row.addSpacing(GRID)
        row.addWidget(self.note, 1)
        self._middle = QStackedWidget(self)
        self._middle.addWidget(self.hint)
        self._middle.addWidget(self.table)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        box.setSpacing(4)
        box.addLayout(row)
        box.addWidget(self._middle, 1)
        self.setMinimumSize(320, 150)
        self.setAccessibleName("Watch list")
        self.setWhatsThis(
            "The numbers you pinned, each with its recent past. Activations are those of the sample a sample step looked at, "
            "else of the first training sample; gradients are the mean over the next mini-batch, before L1 and L2 are added. "
            "Pins stay through a reset and through every change that leaves their neurons in place."
        )
        self.pin_button.clicked.connect(self._on_pin)
        self.gradient_button.clicked.connect(self._on_pin_gradient)
        self.unpin_button.clicked.connect(self._on_unpin)
        self.table.chosen.connect(self._on_chosen)
        self.table.removeAsked.connect(self.unpin)
        self.show_selection(None)
        self._show_count()

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self, text=text, toolTip=tip)
        button.setAccessibleName(text)
        button.setFixedHeight(CONTROL_HEIGHT)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance(text) + 16)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @staticmethod
    def _caption(text: str = "") -> QLabel:
        label = QLabel(text)
        label.setProperty("role", "caption")
        label.setFont(fonts.caption())
        label.setWordWrap(True)
        return label

    # --- pins -----------------------------------------------------------------------------------------------------

    @property
    def pins(self) -> tuple[Pin, ...]:
        """What is watched, in the order of the rows."""
        return tuple(row.pin for row in self._rows)

    @property
    def _rows(self) -> list[Row]:
        return self.table.rows.rows

    def toggle(self, target: Target | None, gradient: bool = False) -> None:
        """Pin what can be pinned of ``target``, or take that pin off again."""
        pin = pin_of(target, gradient)
        self._say("")
        if pin is None or self._spec is None:
            self._say("Select a weight, a bias or a neuron of the network first.")
        elif pin in self.pins:
            self.unpin(self.pins.index(pin))
        elif len(self._rows) >= MOST:
            self._say(f"{MOST} pins are watched already; take one off first.")
        else:
            taken = [row.color for row in self._rows]
            color = next((number for number in range(MOST) if number not in taken), 0)
            self.table.rows.add(Row(pin, name_of(self._spec, pin), color))
            self._on_pins()
            self._measure()

    def unpin(self, place: int) -> None:
        """Take the pin of row ``place`` off."""
        if 0 <= place < len(self._rows):
            self.table.rows.remove(place)
            self._say("")
            self._on_pins()

    def _on_pins(self) -> None:
        self.wants_minibatch = any(pin.kind == "gradient" for pin in self.pins)
        self._show_count()
        self.pinsChanged.emit(tuple((row.pin.target, row.color) for row in self._rows))

    def _show_count(self) -> None:
        self._middle.setCurrentWidget(self.table if self._rows else self.hint)
        self.unpin_button.setEnabled(bool(self._rows))
        self._say_source()

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.table.apply_theme(theme)

    def show_selection(self, target: Target | None) -> None:
        """What the buttons would pin."""
        self.pin_button.setEnabled(pin_of(target) is not None)
        self.gradient_button.setEnabled(pin_of(target, gradient=True) is not None)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Keep the pins whose neurons are still there, and say which are not."""
        old, self._spec = self._spec, spec
        if old is None or (old.layer_sizes == spec.layer_sizes and old.data.features == spec.data.features):
            return
        gone = []
        for place in reversed(range(len(self._rows))):
            row = self._rows[place]
            pin = moved(row.pin, old, spec)
            if pin is None:
                gone.append(row.name)
                self.table.rows.remove(place)
            else:
                row.pin, row.name, row.value = pin, name_of(spec, pin), None
                row.past.clear()
        if gone:
            more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
            self._say(f"No longer there, so unpinned: {gone[-1]}{more}.")
        self._snapshot = None
        self.table.rows.show_values()
        self._on_pins()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Read every pin's value of this moment."""
        if self._spec is None or snapshot.layout.sizes != self._spec.layer_sizes:
            return
        if snapshot.run != self._run:
            self._run = snapshot.run
            for row in self._rows:
                row.past.clear()
        self._snapshot = snapshot
        self._measure()

    def _measure(self) -> None:
        snapshot = self._snapshot
        if snapshot is None or not self._rows:
            return
        kinds = {row.pin.kind for row in self._rows}
        activations = self._activations(snapshot) if "activation" in kinds else None
        grads = self._gradients(snapshot) if "gradient" in kinds else None
        position = snapshot.epoch, snapshot.batch, snapshot.sample
        for row in self._rows:
            value = value_of(row.pin, snapshot, activations, grads)
            if value is not None:
                row.value = value
                row.past.push(position, value)
        now = time.monotonic()
        if snapshot.state is not RunState.RUNNING or now - self._sorted_at >= SORT_SECONDS:
            self._sorted_at = now
            self.table.rows.sort_again()
        self.table.rows.show_values()
        self._say_source()

    @staticmethod
    def _activations(snapshot: Snapshot) -> tuple[NDArray, ...]:
        """Of the sample that was looked at, else of the first training sample."""
        if snapshot.activations is not None:
            return snapshot.activations
        return sample_activations(snapshot.spec, snapshot.layout, snapshot.params, snapshot.data.train.x[0])

    @staticmethod
    def _gradients(snapshot: Snapshot) -> NDArray | None:
        """(n_parameters,) the mean over the next mini-batch; None in a frame that does not bring it, or has no time for it."""
        batch = snapshot.minibatch
        busy = snapshot.state is RunState.RUNNING
        if batch is None or (busy and 3 * len(batch) * snapshot.layout.n_parameters > MOST_WORK):
            return None
        return trace_of(snapshot.spec, snapshot.layout, snapshot.params, batch).grads

    def _say_source(self) -> None:
        """Whose activations and gradients these are."""
        kinds, parts = {row.pin.kind for row in self._rows}, []
        if "activation" in kinds:
            snapshot = self._snapshot
            index = snapshot.sample_index if snapshot is not None else None
            which = "the first training sample"
            if snapshot is not None and index is not None:
                own = index >= len(snapshot.data.train)
                which = f"{'one of your drawings' if own else f'training sample {index + 1:,}'}, looked at last"
            parts.append(f"activations of {which}")
        if "gradient" in kinds:
            parts.append("gradients of the next mini-batch's mean loss")
        self._source = "; ".join(parts)
        self._say(self._trouble)

    def _say(self, trouble: str) -> None:
        """What could not be done, or else whose numbers these are."""
        self._trouble = trouble
        self._fit_note()

    def _fit_note(self) -> None:
        text = self._trouble or self._source
        short = self.note.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(self.note.width(), 40))
        if self.note.text() != short:
            self.note.setText(short)
        if self.note.toolTip() != text:
            self.note.setToolTip(text)
            self.note.setAccessibleName(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit_note)  # once the row has shared out its room

    # --- what the person does -------------------------------------------------------------------------------------

    def _on_pin(self) -> None:
        self.pinAsked.emit(False)

    def _on_pin_gradient(self) -> None:
        self.pinAsked.emit(True)

    def _on_unpin(self) -> None:
        place = self.table.currentIndex().row()
        self.unpin(place if place >= 0 else len(self._rows) - 1)

    def _on_chosen(self, place: int) -> None:
        self.targetChosen.emit(self._rows[place].pin.target)
