"""Branches: the runs of a document that were made from one another, as the person names and compares them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import InvalidSpec
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec

MOST = 6  # as many as colors can be told apart


@dataclass(frozen=True, slots=True)
class Branch:
    """A run in the list: it began as ``parent`` stood at ``epoch``, or is where all began and has none.

    ``color`` is a place in :meth:`gui.theme.Theme.branch_color`; ``spec`` holds its settings as it was last left.
    """

    run: int
    name: str
    spec: ExperimentSpec
    color: int = 0
    parent: int | None = None
    epoch: int = 0

    @property
    def short_name(self) -> str:
        """Without where it began, for narrow places."""
        return self.name.removesuffix(f" from epoch {self.epoch:,}")


@dataclass(frozen=True, slots=True)
class BranchView:
    """A branch as panels show it. ``end`` is where it stands while another trains, None for the one that is current."""

    branch: Branch
    current: bool
    shown: bool = True
    end: Snapshot | None = None


BRANCHES = tuple[Branch, ...]


def find(branches: BRANCHES, run: int) -> Branch | None:
    """The branch with this run."""
    return next((branch for branch in branches if branch.run == run), None)


def with_branch(
    branches: BRANCHES, parent_spec: ExperimentSpec, parent: int, run: int, spec: ExperimentSpec, epoch: int
) -> BRANCHES:
    """The list with one more, which begins as ``parent`` stood at ``epoch``. The first one brings the parent into it too.

    Raises :class:`InvalidSpec` when there are too many.
    """
    if len(branches) >= MOST:
        raise InvalidSpec(f"there are {MOST - 1} branches already, and more can't be told apart; delete one first")
    if not branches:
        branches = (Branch(parent, "Original", parent_spec),)
    colors = {branch.color for branch in branches}
    color = next(place for place in range(1, MOST + 1) if place not in colors)
    beginnings = {branch.name.split(" from ")[0] for branch in branches}
    number = next(i for i in range(1, MOST + 1) if f"Branch {i}" not in beginnings)
    return (*branches, Branch(run, f"Branch {number} from epoch {epoch:,}", spec, color, parent, epoch))


def with_run(branches: BRANCHES, old: int, new: int, spec: ExperimentSpec) -> BRANCHES:
    """The list in which the run ``new`` with the settings ``spec`` has taken the place of ``old``."""
    return tuple(
        replace(branch, run=new, spec=spec) if branch.run == old
        else replace(branch, parent=new) if branch.parent == old
        else branch
        for branch in branches
    )  # fmt: skip


def with_spec(branches: BRANCHES, run: int, spec: ExperimentSpec) -> BRANCHES:
    """The list in which ``run`` has the settings ``spec``."""
    return tuple(replace(branch, spec=spec) if branch.run == run else branch for branch in branches)


def with_name(branches: BRANCHES, run: int, name: str) -> BRANCHES:
    """The list in which ``run`` has another name; an empty one changes nothing."""
    name = " ".join(name.split())[:60]
    return tuple(replace(branch, name=name) if branch.run == run and name else branch for branch in branches)


def without(branches: BRANCHES, run: int) -> BRANCHES:
    """The list without ``run``. One alone is no list any more."""
    kept = tuple(branch for branch in branches if branch.run != run)
    return kept if len(kept) > 1 else ()
