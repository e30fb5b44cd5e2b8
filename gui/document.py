"""Document: one experiment as the person sees it, with its undo stack. ``apply`` is the only way to change the spec."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine import files
from engine.spec import Change, ExperimentSpec, plan

MERGE_SECONDS = 1.0
UNDO_LIMIT = 200


class Document(QObject):
    """The spec, the run that belongs to it, and the way back.

    A change that needs another network starts a new run; undoing it goes back to the old run, trained weights and all.
    """

    changed = Signal()
    weightEdited = Signal(object, object, object)

    def __init__(self, name: str, spec: ExperimentSpec, run_numbers: Iterator[int] | None = None) -> None:
        super().__init__()
        self.name = name
        self._run_numbers = run_numbers or itertools.count(1)
        self.spec, self.run = spec, next(self._run_numbers)
        self.saved: files.SavedExperiment | None = None
        self.path: Path | None = None
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_LIMIT)

    def apply(self, text: str, spec: ExperimentSpec, merge_key: str = "") -> None:
        """Change the spec, undoably. Raises :class:`InvalidSpec` and changes nothing when it is not valid.

        Changes with the same ``merge_key`` within a second (a slider's drag) become one.
        """
        spec.checked()
        change = plan(self.spec, spec)
        if change is Change.KEEP:
            return
        run = self.run if change is Change.HOT else next(self._run_numbers)
        self.undo_stack.push(_SpecCommand(self, text, (self.spec, self.run), (spec, run), merge_key))

    def restart(self, text: str = "Reset") -> None:
        """A new run of the same spec: the same first weights. Undo brings the trained ones back."""
        self.undo_stack.push(_SpecCommand(self, text, (self.spec, self.run), (self.spec, next(self._run_numbers)), ""))

    def edit_weight(self, text: str, index: int, old: float, new: float) -> None:
        """Set one parameter of the running network, undoably."""
        self.undo_stack.push(_WeightCommand(self, text, index, old, new))

    def open(self, saved: files.SavedExperiment, path: Path | None) -> None:
        """Show an experiment that was read from a file. What was open can be had back by undo."""
        command = _SpecCommand(
            self, f"Open {path.name}" if path else "Restore", (self.spec, self.run), (saved.spec, next(self._run_numbers)), ""
        )
        self.saved, self.path = saved, path
        self.undo_stack.push(command)

    def take(self, state: tuple[ExperimentSpec, int]) -> None:
        """For the undo commands: be at ``state`` and tell everybody."""
        self.spec, self.run = state
        self.changed.emit()
        self.saved = None


class _SpecCommand(QUndoCommand):
    """From one (spec, run) to another."""

    def __init__(
        self, document: Document, text: str, old: tuple[ExperimentSpec, int], new: tuple[ExperimentSpec, int], merge_key: str
    ) -> None:
        super().__init__(text)
        self._document, self._old, self._new, self._key, self._time = document, old, new, merge_key, time.monotonic()

    def id(self) -> int:
        return 1 if self._key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _SpecCommand) or other._key != self._key or other._time - self._time > MERGE_SECONDS:
            return False
        self._new, self._time = other._new, other._time
        if self._new == self._old:
            self.setObsolete(True)
        return True

    def redo(self) -> None:
        self._document.take(self._new)

    def undo(self) -> None:
        self._document.take(self._old)


class _WeightCommand(QUndoCommand):
    """One parameter of one run."""

    def __init__(self, document: Document, text: str, index: int, old: float, new: float) -> None:
        super().__init__(text)
        self._document, self._run, self._index, self._old, self._new = document, document.run, index, old, new

    def redo(self) -> None:
        self._document.weightEdited.emit(self._run, self._index, self._new)

    def undo(self) -> None:
        self._document.weightEdited.emit(self._run, self._index, self._old)
