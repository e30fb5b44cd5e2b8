"""The document and its undo list: whatever is done can be undone, and done again, to the same spec and the same run."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets import DATASETS
from engine.errors import InvalidSpec
from engine.files import SavedExperiment
from engine.optimizers import OPTIMIZERS
from engine.spec import ExperimentSpec
from gui import document as module
from gui.document import Document
from gui.edits import with_activation, with_batch_size, with_learning_rate, with_optimizer

SPEC = ExperimentSpec()


def with_hidden(spec: ExperimentSpec, sizes: tuple[int, ...]) -> ExperimentSpec:
    return replace(spec, network=replace(spec.network, hidden_layer_sizes=sizes))


def state(document: Document) -> tuple[ExperimentSpec, int]:
    return document.spec, document.run


def test_a_hot_setting_keeps_the_run_and_undo_takes_it_back(qtbot):
    document = Document("playground", SPEC)
    first = state(document)
    with qtbot.waitSignal(document.changed):
        document.apply("Learning rate", with_learning_rate(SPEC, 0.3))
    assert document.spec.optimizer.learning_rate == 0.3
    assert document.run == first[1]
    assert document.undo_stack.undoText() == "Learning rate"
    document.undo_stack.undo()
    assert state(document) == first
    document.undo_stack.redo()
    assert document.spec.optimizer.learning_rate == 0.3


def test_another_network_is_another_run_and_undo_goes_back_to_the_old_one():
    document = Document("playground", SPEC)
    first = state(document)
    document.apply("Add layer", with_hidden(SPEC, (4, 4, 4)))
    second = state(document)
    assert second[1] != first[1]
    document.undo_stack.undo()
    assert state(document) == first
    document.undo_stack.redo()
    assert state(document) == second


def test_reset_is_a_new_run_of_the_same_spec():
    document = Document("playground", SPEC)
    first = state(document)
    document.restart()
    assert document.spec == SPEC
    assert document.run != first[1]
    document.undo_stack.undo()
    assert state(document) == first


def test_what_is_the_same_is_no_change(qtbot):
    document = Document("playground", SPEC)
    with qtbot.assertNotEmitted(document.changed):
        document.apply("Learning rate", with_learning_rate(SPEC, SPEC.optimizer.learning_rate))
    assert not document.undo_stack.canUndo()


@pytest.mark.parametrize(
    "bad",
    [
        with_learning_rate(SPEC, float("nan")),
        with_learning_rate(SPEC, -1.0),
        with_batch_size(SPEC, 0),
        with_hidden(SPEC, (0,)),
        with_hidden(SPEC, (4096,) * 16),
        replace(SPEC, data=replace(SPEC.data, features=())),
        replace(SPEC, data=replace(SPEC.data, features=("x9",))),
    ],
    ids=["nan", "negative", "no-batch", "no-neuron", "absurd", "no-feature", "unknown-feature"],
)
@pytest.mark.parametrize("way", ["apply", "start_over"])
def test_what_is_not_valid_is_refused_and_changes_nothing(qtbot, bad: ExperimentSpec, way: str):
    document = Document("playground", SPEC)
    before = state(document)
    with qtbot.assertNotEmitted(document.changed), pytest.raises(InvalidSpec):
        document.apply("Bad", bad) if way == "apply" else document.start_over("Bad", bad)
    assert state(document) == before
    assert document.undo_stack.count() == 0


def test_a_drag_becomes_one_change(monkeypatch):
    document = Document("playground", SPEC)
    moments = iter([0.0, 0.4, 0.8, 1.2, 9.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(moments))
    for rate in (0.1, 0.2, 0.3, 0.4):
        document.apply("Learning rate", with_learning_rate(SPEC, rate), "optimizer.learning_rate")
    assert document.undo_stack.count() == 1
    document.apply("Learning rate", with_learning_rate(SPEC, 0.5), "optimizer.learning_rate")
    assert document.undo_stack.count() == 2, "long after the drag: another change"
    document.undo_stack.undo()
    assert document.spec.optimizer.learning_rate == 0.4
    document.undo_stack.undo()
    assert document.spec == SPEC


def test_other_keys_and_no_key_never_become_one():
    document = Document("playground", SPEC)
    document.apply("Learning rate", with_learning_rate(document.spec, 0.1), "a")
    document.apply("Batch size", with_batch_size(document.spec, 4), "b")
    document.apply("Batch size", with_batch_size(document.spec, 5))
    document.apply("Batch size", with_batch_size(document.spec, 6))
    assert document.undo_stack.count() == 4


def test_a_drag_back_to_where_it_began_leaves_nothing_to_undo():
    document = Document("playground", SPEC)
    document.apply("Learning rate", with_learning_rate(SPEC, 0.1), "rate")
    document.apply("Learning rate", SPEC, "rate")
    assert document.spec == SPEC
    assert not document.undo_stack.canUndo()


def test_a_drag_over_several_networks_goes_back_to_the_first_run():
    document = Document("playground", SPEC)
    first = state(document)
    for noise in (0.2, 0.3, 0.4):
        dataset = replace(document.spec.data.dataset, noise=noise)
        document.apply("Noise", replace(document.spec, data=replace(document.spec.data, dataset=dataset)), "noise")
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert state(document) == first


def test_a_weight_is_set_and_taken_back_in_its_own_run():
    document = Document("playground", SPEC)
    told: list[tuple] = []
    document.weightEdited.connect(lambda *values: told.append(values))
    document.edit_weight("Weight", 3, 0.25, 1.5)
    document.restart()
    document.undo_stack.undo()
    document.undo_stack.undo()
    document.undo_stack.redo()
    assert told == [(1, 3, 1.5), (1, 3, 0.25), (1, 3, 1.5)]


def test_dragging_a_weight_is_one_change_and_another_weight_is_another():
    document = Document("playground", SPEC)
    told: list[tuple] = []
    document.weightEdited.connect(lambda *values: told.append(values))
    for old, new in itertools.pairwise([0.0, 0.1, 0.2, 0.3]):
        document.edit_weight("Weight", 3, old, new)
    document.edit_weight("Weight", 4, 5.0, 6.0)
    assert document.undo_stack.count() == 2
    told.clear()
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert told == [(1, 4, 5.0), (1, 3, 0.0)]


def test_escape_during_a_drag_leaves_nothing_to_undo():
    document = Document("playground", SPEC)
    document.edit_weight("Weight", 3, 0.5, 0.7)
    document.edit_weight("Weight", 3, 0.7, 0.5)
    assert not document.undo_stack.canUndo()


# --- files --------------------------------------------------------------------------------------------------------


def test_opening_can_be_undone_and_the_run_of_the_file_starts_once():
    document = Document("playground", SPEC)
    first = state(document)
    asked: list[SavedExperiment | None] = []
    document.changed.connect(lambda: asked.append(document.take_saved()))
    saved = SavedExperiment(with_hidden(SPEC, (3,)))
    document.open(saved, Path("three.json"))
    assert document.undo_stack.undoText() == "Open three.json"
    assert document.path == Path("three.json")
    document.restart()
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert state(document) == first
    assert document.path is None, "Save would write this experiment into the other's file"
    assert asked == [saved, None, None, None]
    document.undo_stack.redo()
    assert document.path == Path("three.json")


def test_a_new_experiment_has_no_file_and_undo_gives_it_back():
    document = Document("playground", SPEC)
    document.open(SavedExperiment(SPEC), Path("mine.json"))
    run = document.run
    document.start_over("New experiment", SPEC)
    assert document.run != run, "the same spec too starts from its first weights"
    assert document.path is None
    document.undo_stack.undo()
    assert document.path == Path("mine.json")


def test_saving_under_a_name_is_not_undone_with_a_setting():
    document = Document("playground", SPEC)
    document.apply("Learning rate", with_learning_rate(SPEC, 0.3))
    document.path = Path("mine.json")
    document.undo_stack.undo()
    assert document.path == Path("mine.json")
    document.path = Path("other.json")
    document.undo_stack.redo()
    assert document.path == Path("other.json")


# --- any order of edits -------------------------------------------------------------------------------------------

EDITS = st.one_of(
    st.tuples(st.just("rate"), st.sampled_from([0.001, 0.01, 0.3])),
    st.tuples(st.just("drag"), st.sampled_from([0.0, 0.001, 0.1])),
    st.tuples(st.just("optimizer"), st.sampled_from([entry.name for entry in OPTIMIZERS])),
    st.tuples(st.just("activation"), st.sampled_from(["tanh", "relu"])),
    st.tuples(st.just("hidden"), st.sampled_from([(), (2,), (8, 8)])),
    st.tuples(st.just("dataset"), st.sampled_from(["circles", "moons", "spiral"])),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("open"), st.sampled_from([(3,), (8, 8)])),
    st.tuples(st.just("weight"), st.integers(0, 2)),
    st.tuples(st.just("undo"), st.none()),
    st.tuples(st.just("redo"), st.none()),
)


def perform(document: Document, kind: str, value: object) -> None:
    spec = document.spec
    match kind:
        case "rate":
            document.apply("Learning rate", with_learning_rate(spec, value))
        case "drag":
            document.apply("L2", replace(spec, training=replace(spec.training, l2=value)), "training.l2")
        case "optimizer":
            document.apply("Optimizer", with_optimizer(spec, value))
        case "activation":
            document.apply("Activation", with_activation(spec, value))
        case "hidden":
            document.apply("Layers", with_hidden(spec, value))
        case "dataset":
            document.apply("Data", replace(spec, data=replace(spec.data, dataset=DATASETS[value]())))
        case "restart":
            document.restart()
        case "open":
            document.open(SavedExperiment(with_hidden(SPEC, value)), Path(f"{len(value)}.json"))
        case "weight":
            document.edit_weight("Weight", value, 0.0, 1.0)
        case "undo":
            document.undo_stack.undo()
        case "redo":
            document.undo_stack.redo()


@given(edits=st.lists(EDITS, max_size=25))
def test_undoing_all_gives_the_start_and_redoing_all_the_end(edits):
    document = Document("playground", SPEC)
    weights: dict[tuple[int, int], float] = {}
    document.weightEdited.connect(lambda run, index, value: weights.__setitem__((run, index), value))
    start = state(document), document.path
    for kind, value in edits:
        perform(document, kind, value)
        assert document.spec.checked() is document.spec
    while document.undo_stack.canRedo():
        document.undo_stack.redo()
    end, last_weights = (state(document), document.path), dict(weights)
    steps = document.undo_stack.count()
    for _ in range(steps):
        document.undo_stack.undo()
    assert (state(document), document.path) == start
    assert set(weights.values()) <= {0.0}
    for _ in range(steps):
        document.undo_stack.redo()
    assert (state(document), document.path) == end
    assert weights == last_weights


# --- a run that starts where another stands -----------------------------------------------------------------------------


def taught(spec: ExperimentSpec, *names: str) -> ExperimentSpec:
    return replace(spec, data=replace(spec.data, taught=names))


def test_continuing_is_a_new_run_that_starts_where_the_old_one_stands_and_undo_goes_back():
    document = Document("digits", SPEC)
    first = state(document)
    assert document.start is None
    document.continue_with("Teach a 7", taught(SPEC, "a7"))
    second = state(document)
    assert document.spec.data.taught == ("a7",)
    assert document.run != first[1]
    assert document.start == (first[1], None)
    assert document.branches == ()
    document.undo_stack.undo()
    assert (state(document), document.start) == (first, None)
    document.undo_stack.redo()
    assert (state(document), document.start) == (second, (first[1], None))


def test_continuing_with_the_same_settings_is_a_new_run_too():
    document = Document("digits", SPEC)
    document.continue_with("Teach a 7", SPEC)
    assert document.undo_stack.count() == 1


@pytest.mark.parametrize("bad", [with_hidden(SPEC, (3,)), with_learning_rate(SPEC, -1.0)])
def test_only_the_same_network_can_continue(qtbot, bad: ExperimentSpec):
    document = Document("digits", SPEC)
    before = state(document)
    with qtbot.assertNotEmitted(document.changed), pytest.raises(InvalidSpec):
        document.continue_with("Teach a 7", bad)
    assert state(document) == before


def test_in_the_list_of_branches_the_new_run_takes_the_place_of_the_old():
    document = Document("digits", SPEC)
    original = document.run
    document.branch(5)
    branch = document.run
    assert document.start == (original, 5)
    document.switch_branch(original)
    before = document.branches
    document.continue_with("Teach a 7", taught(SPEC, "a7"))
    assert [one.run for one in document.branches] == [document.run, branch]
    assert document.branches[0].spec.data.taught == ("a7",)
    assert document.branches[1].parent == document.run
    assert document.current_branch == document.branches[0]
    document.undo_stack.undo()
    assert document.branches == before


def test_while_the_past_is_looked_at_it_is_a_branch_that_begins_there():
    document = Document("digits", SPEC)
    first, document.viewing = document.run, 4
    document.continue_with("Teach a 7", taught(SPEC, "a7"))
    assert [(one.parent, one.epoch) for one in document.branches] == [(None, 0), (first, 4)]
    assert document.start == (first, 4)
    assert document.undo_stack.undoText() == "Teach a 7"
