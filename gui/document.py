"""Document: one experiment as the person sees it, with its undo stack. ``apply`` is the only way to change the spec."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine import files
from engine.errors import InvalidSpec
from engine.spec import Change, ExperimentSpec, plan
from gui import branches as lists
from gui.branches import BRANCHES, Branch
from gui.graphics.sample_choice import Choice

MERGE_SECONDS = 1.0
UNDO_LIMIT = 200


STATE = tuple[ExperimentSpec, int, BRANCHES]


class Document(QObject):
    """The spec, the run that belongs to it, and the way back.

    A change that needs another network starts a new run; undoing it goes back to the old run, trained weights and all.
    While the run's past is looked at (``viewing`` an epoch), any other change makes a branch that begins there, so that
    what came after is not lost. ``branched(Branch)`` tells of one.

    ``temperature`` and ``threshold`` say how an answer is read: softmax(logits / temperature), and none where its largest
    is below the threshold. They are no part of the experiment; ``readingChanged`` tells of others.
    """

    changed = Signal()
    branchesChanged = Signal()
    branched = Signal(object)
    weightEdited = Signal(object, object, object)
    readingChanged = Signal()

    def __init__(self, name: str, spec: ExperimentSpec, run_numbers: Iterator[int] | None = None) -> None:
        super().__init__()
        self.name = name
        self._run_numbers = run_numbers or itertools.count(1)
        self.spec, self.run = spec, next(self._run_numbers)
        self.branches: BRANCHES = ()
        self._starts: dict[int, tuple[int, int | None]] = {}
        self.viewing: int | None = None
        self.sample: Choice | None = None  # chosen on a page that can't take it apart, for the one that can
        self.temperature, self.threshold = 1.0, 0.0
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
        if change is not Change.HOT:
            self._push(text, (spec, next(self._run_numbers), ()), merge_key)
        elif self.viewing is not None:
            self._branch(text, self.viewing, spec, merge_key)
        else:
            self._push(text, (spec, self.run, lists.with_spec(self.branches, self.run, spec)), merge_key)

    def read_with(self, *, temperature: float | None = None, threshold: float | None = None) -> None:
        """Read answers another way from now on; what is not given stays."""
        before = self.temperature, self.threshold
        self.temperature = self.temperature if temperature is None else temperature
        self.threshold = self.threshold if threshold is None else threshold
        if (self.temperature, self.threshold) != before:
            self.readingChanged.emit()

    def continue_with(self, text: str, spec: ExperimentSpec) -> None:
        """A new run that starts where this one stands, with the settings ``spec``; undo goes back to this one, untouched.

        In the list of branches it takes this one's place. While the past is looked at, it is a branch that begins there.
        Raises :class:`InvalidSpec`, also where ``spec`` needs another network.
        """
        if plan(self.spec, spec.checked()) > Change.HOT:
            raise InvalidSpec("another network can't go on from these weights")
        if self.viewing is not None:
            self._branch(text, self.viewing, spec)
            return
        run = next(self._run_numbers)
        self._starts[run] = (self.run, None)
        self._push(text, (spec, run, lists.with_run(self.branches, self.run, run, spec)))

    @property
    def start(self) -> tuple[int, int | None] | None:
        """The run that the one at hand began from, and the epoch of its past, or None for as it stood; None without one."""
        return self._starts.get(self.run)

    def restart(self, text: str = "Reset") -> None:
        """A new run of the same spec: the same first weights. Undo brings the trained ones back."""
        self._push(text, (self.spec, next(self._run_numbers), ()))

    def start_over(self, text: str, spec: ExperimentSpec) -> None:
        """Another experiment, from its first weights and without a file. Raises :class:`InvalidSpec`."""
        spec.checked()
        self._push(text, (spec, next(self._run_numbers), ()), file=_File(None))

    def edit_weight(self, text: str, index: int, old: float, new: float) -> None:
        """Set one parameter of the running network, undoably. Raises :class:`InvalidSpec` for one branch too many."""
        if self.viewing is not None:
            self.branch(self.viewing)
        self.undo_stack.push(_WeightCommand(self, text, index, old, new))

    def open(self, saved: files.SavedExperiment, path: Path | None, text: str = "") -> None:
        """Show an experiment that was read from a file. What was open can be had back by undo."""
        self.saved = saved
        state = (saved.spec, next(self._run_numbers), ())
        self._push(text or (f"Open {path.name}" if path else "Restore"), state, file=_File(path))

    def take_saved(self) -> files.SavedExperiment | None:
        """The run from a file that the run at hand starts from; answered once, since no later run starts from it."""
        saved, self.saved = self.saved, None
        return saved

    # --- branches -------------------------------------------------------------------------------------------------

    def branch(self, epoch: int) -> None:
        """A new run that begins as this one stood at ``epoch``, undoably. Raises :class:`InvalidSpec` for one too many."""
        self._branch(f"Continue from epoch {epoch:,}", epoch, self.spec)

    def _branch(self, text: str, epoch: int, spec: ExperimentSpec, merge_key: str = "") -> None:
        branches = lists.with_branch(self.branches, self.spec, self.run, next(self._run_numbers), spec, epoch)
        self._starts[branches[-1].run] = (self.run, epoch)
        self._push(text, (spec, branches[-1].run, branches), merge_key)
        self.branched.emit(branches[-1])

    @property
    def current_branch(self) -> Branch | None:
        """The run at hand in the list, None while there is none."""
        return lists.find(self.branches, self.run)

    def switch_branch(self, run: int) -> None:
        """Go on with another branch, undoably."""
        branch = lists.find(self.branches, run)
        if branch is not None and run != self.run:
            self._push(f"Switch to {branch.name}", (branch.spec, run, self.branches))

    def rename_branch(self, run: int, name: str) -> None:
        """Call a branch ``name``, undoably."""
        branches = lists.with_name(self.branches, run, name)
        if branches != self.branches:
            self._push("Rename branch", (self.spec, self.run, branches))

    def delete_branch(self, run: int) -> None:
        """Take a branch from the list, undoably; in the place of the one at hand comes what it began from, or the first."""
        gone = lists.find(self.branches, run)
        if gone is None:
            return
        spec, at = self.spec, self.run
        if run == self.run:
            others = [branch for branch in self.branches if branch.run != run]
            next_one = next((branch for branch in others if branch.run == gone.parent), others[0])
            spec, at = next_one.spec, next_one.run
        self._push(f"Delete {gone.name}", (spec, at, lists.without(self.branches, run)))

    # --- undo -----------------------------------------------------------------------------------------------------

    def _push(self, text: str, new: STATE, merge_key: str = "", file: _File | None = None) -> None:
        self.undo_stack.push(_SpecCommand(self, text, (self.spec, self.run, self.branches), new, merge_key, file))

    def take(self, state: STATE) -> None:
        """For the undo commands: be at ``state`` and tell everybody."""
        before = (self.spec, self.run, self.branches)
        self.spec, self.run, self.branches = state
        if state[2] != before[2]:
            self.branchesChanged.emit()
        if state[:2] != before[:2] or state[2] == before[2]:
            self.viewing = None
            self.changed.emit()
        self.saved = None


@dataclass
class _File:
    """The file of an experiment while another one is on screen: Save must never write one into the other's file."""

    path: Path | None

    def swap(self, document: Document) -> None:
        document.path, self.path = self.path, document.path


class _SpecCommand(QUndoCommand):
    """From one (spec, run) to another; with ``file`` the document's file changes too."""

    def __init__(
        self, document: Document, text: str, old: STATE, new: STATE, merge_key: str, file: _File | None = None
    ) -> None:
        super().__init__(text)
        self._document, self._old, self._new, self._key, self._file = document, old, new, merge_key, file
        self._time = time.monotonic()

    def id(self) -> int:
        return 1 if self._key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _SpecCommand) or other._key != self._key or other._time - self._time > MERGE_SECONDS:
            return False
        self._new, self._time = other._new, other._time
        self.setObsolete(self._new == self._old)
        return True

    def redo(self) -> None:
        self._take(self._new)

    def undo(self) -> None:
        self._take(self._old)

    def _take(self, state: STATE) -> None:
        if self._file is not None:
            self._file.swap(self._document)
        self._document.take(state)


class _WeightCommand(QUndoCommand):
    """One parameter of one run. A drag, and steps with the arrow keys, become one."""

    def __init__(self, document: Document, text: str, index: int, old: float, new: float) -> None:
        super().__init__(text)
        self._document, self._run, self._index, self._old, self._new = document, document.run, index, old, new
        self._time = time.monotonic()

    def id(self) -> int:
        return 2

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _WeightCommand) or (other._run, other._index) != (self._run, self._index):
            return False
        if other._time - self._time > MERGE_SECONDS:
            return False
        self._new, self._time = other._new, other._time
        self.setObsolete(self._new == self._old)
        return True

    def redo(self) -> None:
        self._document.weightEdited.emit(self._run, self._index, self._new)

    def undo(self) -> None:
        self._document.weightEdited.emit(self._run, self._index, self._old)
