"""The list of branches in a document: begun, named, switched between, deleted, and every step of it undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import InvalidSpec
from engine.spec import ExperimentSpec
from gui.branches import MOST
from gui.document import Document
from gui.edits import with_learning_rate

SPEC = ExperimentSpec()


def names(document: Document) -> list[str]:
    return [branch.name for branch in document.branches]


@pytest.fixture
def document() -> Document:
    return Document("playground", SPEC)


def test_a_branch_is_a_new_run_beside_the_old_one_and_undo_takes_it_away(document) -> None:
    first = document.run
    document.viewing = 41
    document.branch(41)
    assert names(document) == ["Original", "Branch 1 from epoch 41"]
    assert (document.branches[1].parent, document.branches[1].epoch) == (first, 41)
    assert document.run == document.branches[1].run != first
    assert document.viewing is None
    document.undo_stack.undo()
    assert (document.run, document.branches) == (first, ())
    document.undo_stack.redo()
    assert document.current_branch == document.branches[1]


def test_a_setting_changed_in_the_past_makes_a_branch_and_a_drag_makes_one_only(qtbot, document) -> None:
    first = document.run
    document.viewing = 7
    with qtbot.waitSignal(document.branched):
        document.apply("Learning rate", with_learning_rate(SPEC, 0.1), "rate")
    document.apply("Learning rate", with_learning_rate(SPEC, 0.2), "rate")
    assert len(document.branches) == 2
    assert document.branches[1].spec.optimizer.learning_rate == 0.2
    assert document.branches[0].spec == SPEC
    document.undo_stack.undo()
    assert (document.spec, document.run, document.branches) == (SPEC, first, ())


def test_a_weight_edited_in_the_past_is_edited_in_a_branch(qtbot, document) -> None:
    first, edits = document.run, []
    document.weightEdited.connect(lambda *what: edits.append(what))
    document.viewing = 7
    document.edit_weight("Weight", 3, 0.5, 1.5)
    assert edits == [(document.run, 3, 1.5)]
    assert document.run != first


def test_another_network_begins_without_branches_and_undo_brings_them_back(document) -> None:
    document.branch(5)
    list_before = document.branches
    document.apply("Layers", replace(SPEC, network=replace(SPEC.network, hidden_layer_sizes=(3,))))
    assert document.branches == ()
    document.undo_stack.undo()
    assert document.branches == list_before


def test_switching_brings_the_branchs_settings_back(document) -> None:
    document.branch(5)
    branch = document.run
    document.apply("Learning rate", with_learning_rate(SPEC, 0.3))
    document.switch_branch(document.branches[0].run)
    assert document.spec == SPEC
    document.switch_branch(branch)
    assert document.spec.optimizer.learning_rate == 0.3
    for _ in range(4):
        document.undo_stack.undo()
    assert (document.spec, document.branches) == (SPEC, ())


def test_a_branch_is_renamed_without_moving_the_run(qtbot, document) -> None:
    document.branch(5)
    document.viewing = 3
    with qtbot.assertNotEmitted(document.changed), qtbot.waitSignal(document.branchesChanged):
        document.rename_branch(document.run, "  hot\nstart ")
    assert names(document) == ["Original", "hot start"]
    assert document.viewing == 3
    document.rename_branch(document.run, " ")
    assert names(document)[1] == "hot start"
    document.undo_stack.undo()
    assert names(document)[1] == "Branch 1 from epoch 5"


def test_deleting_the_one_at_hand_goes_back_to_where_it_began(document) -> None:
    document.branch(5)
    first_branch = document.run
    document.branch(9)
    document.delete_branch(document.run)
    assert document.run == first_branch
    assert names(document) == ["Original", "Branch 1 from epoch 5"]
    document.delete_branch(document.branches[0].run)
    assert (document.run, document.branches) == (first_branch, ()), "one alone is no list"
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert names(document)[2] == "Branch 2 from epoch 9"


def test_a_name_and_a_color_are_free_again_after_deleting(document) -> None:
    for epoch in (1, 2, 3):
        document.branch(epoch)
    gone = document.branches[2]
    document.delete_branch(gone.run)
    document.branch(8)
    assert document.branches[-1].name == "Branch 2 from epoch 8"
    assert document.branches[-1].color == gone.color
    assert len({branch.color for branch in document.branches}) == len(document.branches)


def test_more_branches_than_colors_are_refused_and_nothing_changes(document) -> None:
    for epoch in range(MOST - 1):
        document.branch(epoch)
    before = (document.spec, document.run, document.branches, document.undo_stack.index())
    with pytest.raises(InvalidSpec, match="delete one first"):
        document.branch(99)
    document.viewing = 4
    with pytest.raises(InvalidSpec):
        document.apply("Learning rate", with_learning_rate(SPEC, 0.3))
    with pytest.raises(InvalidSpec):
        document.edit_weight("Weight", 0, 0.0, 1.0)
    assert (document.spec, document.run, document.branches, document.undo_stack.index()) == before
