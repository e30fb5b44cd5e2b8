"""Your drawings: everything that a person has taught the network, what takes part, and to a file and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from engine.drawing import OwnDrawing
from engine.own import Found, read_drawings
from engine.predictions import predict
from engine.snapshot import Snapshot
from engine.spec import DataSpec, ExperimentSpec
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import IconButton, TextButton
from gui.controls.combos import ChoiceCombo, LadderCombo
from gui.controls.drawing_list import INSET, DrawingList
from gui.controls.labels import caption
from gui.edits import limits_of
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

KEPT, IMPORTED = "your drawings", "imported drawings"
HINT = (
    "Nothing here yet. Draw a digit, then say which it is with the buttons under the canvas: the drawing is kept here, and "
    "the network learns it. Import brings drawings from a file."
)


class YourDrawings(Panel):
    """Shows what it is given with :meth:`show_drawings` and asks for every change.

    Signals: ``specProposed`` as every panel; ``labelAsked(ids, int)``, ``removeAsked(ids)``, ``importAsked()``,
    ``exportAsked(ids)``; ``found(str, Found)`` a file has been read, ``failed(str)`` or not, for the question of that key.
    """

    title = "Your drawings"
    frames_per_second = 3.0
    answers = (KEPT, IMPORTED)
    specProposed = Signal(str, object, str)
    labelAsked = Signal(object, int)
    removeAsked = Signal(object)
    importAsked = Signal()
    exportAsked = Signal(object)
    asked = Signal(object)
    found = Signal(str, object)
    failed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self._drawings: tuple[OwnDrawing, ...] = ()
        self._damaged = 0
        self.list = DrawingList(theme)
        self.note = caption()
        self.hint = caption(HINT)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        limits = limits_of(DataSpec, "taught_times")
        self.times = LadderCombo(limits, DataSpec().taught_times)
        self.times.setFixedWidth(80)
        self._times_label = QLabel(limits.label)
        self._times_label.setToolTip(limits.help)
        self._times_label.setBuddy(self.times)
        self.part = TextButton("Take part", "Has the chosen drawings take part in training, or not (Space).")
        self.label = ChoiceCombo(
            [("", "–", "")] + [(str(i), str(i), "") for i in range(10)], "Label of the chosen drawings",
            "Names the chosen drawings anew (0 to 9 in the list). The network is taught the new label from now on.",
        )  # fmt: skip
        self.label.setFixedWidth(60)
        self._label_label = QLabel("Label")
        self._label_label.setBuddy(self.label)
        self.part.setFixedWidth(self.part.fontMetrics().horizontalAdvance("Leave out") + 28)
        self.remove = IconButton(
            theme, "trash", "Remove", "Takes the chosen drawings out of your file (Delete). Undo brings them back."
        )
        self.import_button = TextButton("Import…", "Adds drawings from a file that Export wrote. What is there stays.")
        self.export_button = TextButton("Export…", "Writes the chosen drawings to a file, or all where none is chosen.")
        self._lay_out()
        self._connect()
        self.setMinimumSize(320, 168)
        self.setAccessibleName(self.title)
        self.setWhatsThis(
            "Everything that you have drawn and named. Drawings with a tick take part in training, each as often in an epoch "
            "as the drawings count says, and never in a test. They lie in a file of your own; export and import take them to "
            "other computers."
        )
        self._show()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.note, 1)
        for widget in (self._label_label, self.label, self.part, self.remove):
            top.addWidget(widget)
        bottom = QHBoxLayout()
        bottom.setSpacing(GRID)
        for widget in (self._times_label, self.times):
            bottom.addWidget(widget)
        bottom.addStretch(1)
        for widget in (self.import_button, self.export_button):
            bottom.addWidget(widget)
        self._middle = QStackedWidget()
        self._middle.setContentsMargins(PANEL_PADDING - INSET - 2, 0, 0, 0)  # 2 px are the list's own border
        self._middle.addWidget(self.hint)
        self._middle.addWidget(self.list)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, PANEL_PADDING)
        box.setSpacing(4)
        for row in (top, bottom):
            row.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, 0)
        box.addLayout(top)
        box.addWidget(self._middle, 1)
        box.addLayout(bottom)

    def _connect(self) -> None:
        self.list.tickAsked.connect(self._on_tick)
        self.list.labelAsked.connect(self.labelAsked)
        self.list.removeAsked.connect(self.removeAsked)
        self.list.itemSelectionChanged.connect(self._show_chosen)
        self.part.clicked.connect(self.list.ask_tick)
        self.label.chosen.connect(self._on_label)
        self.remove.clicked.connect(self._on_remove)
        self.times.committed.connect(self._on_times)
        self.import_button.clicked.connect(self.importAsked)
        self.export_button.clicked.connect(self._on_export)

    # --- reading files, beside the window ---------------------------------------------------------------------------

    def read(self, path: Path) -> None:
        """Have a file of drawings read; ``found`` or ``failed`` tells."""

        def work(_tell: TELL, _stop: STOP) -> Found:
            return read_drawings(path)

        self.asked.emit(Question(IMPORTED, work))

    def take_answer(self, key: str, answer: object) -> None:
        self.found.emit(key, answer)

    def take_failure(self, key: str, sentence: str) -> None:
        self.failed.emit(sentence)

    # --- showing ----------------------------------------------------------------------------------------------------

    def show_drawings(self, drawings: Iterable[OwnDrawing], damaged: int = 0) -> None:
        """Show these; ``damaged`` lines of the file could not be read."""
        self._drawings, self._damaged = tuple(drawings), damaged
        self._show()

    def show_spec(self, spec: ExperimentSpec) -> None:
        before, self._spec = self._spec, spec
        if before is None or before.data != spec.data:
            self._show()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """What the network reads in the drawings that it is taught."""
        taught, names = snapshot.data.taught, snapshot.data.spec.taught
        if taught is not None and len(taught) and snapshot.spec.image_side:
            read = predict(snapshot.spec, snapshot.layout, snapshot.params, taught).predicted
            self.list.show_readings(dict(zip(names, read.tolist(), strict=True)))

    def _show(self) -> None:
        taught = self._spec.data.taught if self._spec is not None else ()
        if self._spec is not None:
            self.times.set_value(self._spec.data.taught_times)
        self.list.show_drawings(self._drawings, taught)
        n, part = len(self._drawings), len(self.list.ticked())
        text = f"{n:,} drawing{'' if n == 1 else 's'}, {part:,} take{'s' if part == 1 else ''} part" if n else ""
        if self._damaged:
            lines = "1 line of the file is" if self._damaged == 1 else f"{self._damaged:,} lines of the file are"
            text = f"{text}; {lines} damaged and left out".removeprefix("; ")
        self.note.setText(text)
        self.note.setToolTip(text)
        self._middle.setCurrentWidget(self.list if n else self.hint)
        self.export_button.setEnabled(bool(n))
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.list.chosen()
        for widget in (self._label_label, self.label, self.part, self.remove):
            widget.setEnabled(bool(chosen))
        self.part.setText("Leave out" if chosen and set(chosen) <= set(self.list.ticked()) else "Take part")
        labels = {name[-1] for name in chosen}
        self.label.set_key(labels.pop() if len(labels) == 1 else "")

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.list.apply_theme(theme)
        self.remove.apply_theme(theme)

    # --- asking -----------------------------------------------------------------------------------------------------

    def _on_tick(self, ids: tuple[str, ...], on: bool) -> None:
        if self._spec is None:
            return
        # In the order of the list, and those that are not in it stay where they were.
        wanted = set(self.list.ticked()) | set(ids) if on else set(self.list.ticked()) - set(ids)
        shown = self.list.ids()
        taught = (*(name for name in self._spec.data.taught if name not in shown), *(n for n in shown if n in wanted))
        text = ("Take part" if on else "Leave out") + (" a drawing" if len(ids) == 1 else f" {len(ids):,} drawings")
        self._propose(text, taught=taught)

    def _on_times(self, times: int) -> None:
        self._propose("Drawings count", taught_times=times)

    def _propose(self, text: str, **settings: Any) -> None:
        if self._spec is not None:
            self.specProposed.emit(text, replace(self._spec, data=replace(self._spec.data, **settings)), "")

    def _on_label(self, label: str) -> None:
        if label:
            self.labelAsked.emit(self.list.chosen(), int(label))

    def _on_remove(self) -> None:
        self.removeAsked.emit(self.list.chosen())

    def _on_export(self) -> None:
        self.exportAsked.emit(self.list.chosen() or tuple(self.list.ids()))
