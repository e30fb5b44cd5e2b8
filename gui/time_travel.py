"""TimeTravel: the laboratory's part for the past. Looking back at a run, going on from there, and the branches of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from engine.errors import InvalidSpec
from engine.snapshot import RunState, Snapshot
from gui import branches as lists
from gui.branches import Branch, BranchView

if TYPE_CHECKING:
    from gui.laboratory import Laboratory


class TimeTravel(QObject):
    """What the window can do with the past of the experiment on screen. Looking changes nothing in a run.

    ``branchesChanged()``: :attr:`branches` is another.
    """

    branchesChanged = Signal()

    def __init__(self, lab: Laboratory) -> None:
        super().__init__(lab)
        self._lab = lab
        self._rested: dict[int, Snapshot] = {}  # branches that are not trained, as they stand
        self._hidden: set[int] = set()
        for document in lab.documents.values():
            document.branchesChanged.connect(self._on_branches_changed)
            document.branched.connect(self._on_branched)
        lab.runner.rested.connect(self._on_rested)
        lab.runner.looksDone.connect(self._on_looks_done)

    def look(self, epoch: int | None, tolerance: float = 0.0) -> None:
        """Show the run as it stood at ``epoch``, or a kept moment within ``tolerance`` epochs; None shows it as it stands.

        Looking changes nothing: the run stays where it is, with all that came after.
        """
        lab, document = self._lab, self._lab.document
        latest = lab.latest
        if latest is None or latest.run != document.run:
            return
        if epoch is not None:
            epoch = max(epoch, latest.first_epoch)
            if epoch >= latest.last_epoch and latest.state is not RunState.RUNNING:
                epoch = None
        lab.forget_goal()
        document.viewing = epoch
        lab.runner.look(document.run, epoch, tolerance)

    @Slot()
    def look_at_first(self) -> None:
        """Show where the run began."""
        self.look(0)

    @Slot()
    def look_at_end(self) -> None:
        """Show the run as it stands."""
        self.look(None)

    @Slot()
    def branch(self) -> None:
        """Go on from the moment looked at in a run of its own. It says so where none is looked at."""
        if self._lab.document.viewing is None:
            self._lab.noted.emit("Wind back first: a branch begins at an earlier epoch")
        else:
            self._branch()

    def _branch(self) -> bool:
        try:
            self._lab.document.branch(self._lab.document.viewing or 0)
        except InvalidSpec as error:
            self._lab.told.emit(f"It can't go on from here: {error}.", "", None, "failed")
            return False
        return True

    def leave(self) -> bool:
        """Training is about to go on from the moment looked at. False when it can't.

        Where it comes to the same again, the run itself goes back; else what came after would be lost, and a branch begins.
        """
        epoch, document = self._lab.document.viewing, self._lab.document
        if epoch is None:
            return True
        if self._lab.latest is not None and epoch < self._lab.latest.changed_at:
            return self._branch()
        document.viewing = None
        self._lab.runner.go_to(document.run, epoch)
        return True

    @Slot(object)
    def switch_branch(self, run: int) -> None:
        self._lab.document.switch_branch(run)

    @Slot(object, str)
    def rename_branch(self, run: int, name: str) -> None:
        self._lab.document.rename_branch(run, name)

    @Slot(object)
    def delete_branch(self, run: int) -> None:
        self._lab.document.delete_branch(run)

    @Slot(object, bool)
    def show_branch(self, run: int, shown: bool) -> None:
        """Draw a branch's curves, or not."""
        (self._hidden.discard if shown else self._hidden.add)(run)
        self.branchesChanged.emit()

    @property
    def branches(self) -> tuple[BranchView, ...]:
        """Those of the experiment on screen, as panels show them; empty while there is one run only."""
        document = self._lab.document
        return tuple(
            BranchView(branch, branch.run == document.run, branch.run not in self._hidden, self._rested.get(branch.run))
            for branch in document.branches
        )

    @Slot()
    def _on_branches_changed(self) -> None:
        document = self._lab.document
        self._lab.runner.keep_runs(document.name, tuple(branch.run for branch in document.branches))
        self.branchesChanged.emit()

    @Slot(object)
    def _on_branched(self, branch: Branch) -> None:
        parent = lists.find(self._lab.document.branches, branch.parent or 0)
        self._lab.noted.emit(
            f"{branch.name} begins. What came after is kept in {parent.name if parent else 'the list'}"
        )

    @Slot()
    def _on_looks_done(self) -> None:
        """What is on screen is what is looked at: another command may have come between, and its frame is the newer."""
        lab, document = self._lab, self._lab.document
        if document.viewing is not None and lab.latest is not None and lab.latest.run == document.run:
            document.viewing = lab.latest.epoch if lab.latest.viewed else None

    @Slot(object)
    def _on_rested(self, snapshots: tuple[Snapshot, ...]) -> None:
        if snapshots or self._rested:
            self._rested = {snapshot.run: snapshot for snapshot in snapshots}
            self.branchesChanged.emit()
