"""The Neurons view of the Insight page, in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.snapshot import RunState
from gui import app, theme
from gui.graphics.tiles import BROKEN, TOP, ZERO
from gui.neurons import ACTIVITY, FAVOURITE, activity_question
from gui.panels.neurons_view import NeuronsView
from gui.settings import Settings
from tests.gui.images import blobs, on_shelf
from tests.gui.opened import Key, Person


@pytest.fixture
def person(qtbot: QtBot, qapp, tmp_path) -> Iterator[Person]:
    app.application()
    one = Person(qtbot, tmp_path / "data", Settings(page="insight", reduce_motion=True))
    one.window.resize(1400, 800)
    yield one
    one.close()


def neurons(person: Person) -> NeuronsView:
    """Open the view, and wait until all it asked for at first is there."""
    person.click(person.window.page._frame.segments.button("neurons"))
    view = person.window.page.view
    assert isinstance(view, NeuronsView)
    return settled(person, view)


def settled(person: Person, view: NeuronsView) -> NeuronsView:
    person.wait(lambda: view._favourite is not None and view._activity is not None and not view._waits)
    return view


def start(person: Person, spec) -> None:
    run = person.document.run
    person.window.lab.start_over(spec, "Blobs")
    person.wait(
        lambda: person.document.run != run and person.latest is not None and person.now.run == person.document.run
    )


def choose(combo, key: str) -> None:
    index = combo.findData(key)
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def test_first_weights_are_shown_as_images(person):
    view = neurons(person)
    weights = person.now.weights(0)
    assert len(view.tiles) == weights.shape[1]
    strongest = int(np.abs(weights[:, 3]).argmax())
    pixel = view.tiles.tile(3).ravel()[strongest]
    assert (pixel > ZERO) == (weights[strongest, 3] > 0)
    assert view.key.isVisible()
    assert view.key.ends[1] == view.key.ends[0].strip("−")
    own = view.tiles.tile(3).copy()
    person.click(view.common)  # each by its own largest
    assert view.tiles.tile(3).ravel()[strongest] in (0, TOP)
    assert (view.tiles.tile(3) != own).any()


def test_they_change_while_it_trains_and_the_favourite_keeps_its_epoch(person):
    view = neurons(person)
    painted = []
    original = view.tiles.show_tiles
    view.tiles.show_tiles = lambda tiles, *rest: (painted.append(tiles.copy()), original(tiles, *rest))
    person.press(Key.Key_Space)
    person.wait(lambda: len(painted) >= 4 and (painted[-1] != painted[0]).any())
    person.wait(lambda: "Training has gone on since" in view.card.state.text())
    assert view.card.state.text().startswith("Of epoch 0.")
    person.press(Key.Key_Space)
    stopped = person.wait_for(RunState.PAUSED)
    person.wait(lambda: view._favourite is not None and view._favourite.epoch == stopped.epoch and not view._waits)
    assert view.card.state.text() == f"Of epoch {stopped.epoch:,}."


def test_what_is_shown_of_a_run_that_stopped_is_of_where_it_stopped(person):
    view = neurons(person)
    trained = person.play_to(10)
    person.wait(lambda: view._active_of is trained.params and not view._waits)
    expected = activity_question(trained, 1).work(None, None).means
    np.testing.assert_array_equal(view._activity.means, expected)


def test_a_click_and_the_arrows_choose_a_neuron_and_space_still_plays(person):
    view = neurons(person)
    person.click(view.tiles, view.tiles.rect_of(5).center().toPoint())
    assert view.neuron == 5
    assert view.card.name.text() == "Hidden 1, neuron 6"
    assert view.card.bars.values() == (), "what was another's is not shown any more"
    settled(person, view)
    assert view._favourite.neuron == 5
    person.press(Key.Key_Right)
    assert (view.neuron, person.now.epoch) == (6, 0)
    settled(person, view)
    assert view._favourite.best_sum >= view._favourite.grey_sum
    assert len(view.card.excited) == 9
    assert view.card.bars.values() == tuple(view._favourite.means)
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)


def test_pointing_at_one_tells_what_it_answers_to(person):
    view = neurons(person)
    person.qtbot.mouseMove(view.tiles, QPoint(1, 1))
    person.qtbot.mouseMove(view.tiles, view.tiles.rect_of(2).center().toPoint())
    assert view.hover_card.isVisible()
    title, weights, mean, *_ = view.hover_card.words
    assert title == "Hidden 1, neuron 3"
    length = float(np.linalg.norm(person.now.weights(0)[:, 2]))
    assert weights.startswith(f"weights {length:.4f} long")
    assert mean.startswith("mean activation")
    best = np.argsort(-view._activity.means[:, 2])[:3]
    if view._activity.means[:, 2].any():
        assert [line.split()[0] for line in view.hover_card.words[-3:]] == [str(label) for label in best]
    person.qtbot.mouseMove(view.tiles, QPoint(1, 1))
    assert not view.hover_card.isVisible()


def test_the_order_follows_lengths_and_activity_and_keeps_the_chosen_one(person):
    view = neurons(person)
    person.click(view.tiles, view.tiles.rect_of(7).center().toPoint())
    settled(person, view)
    person.click(view.sorting.button("length"))
    lengths = np.linalg.norm(person.now.weights(0), axis=0)[view.order]
    assert (np.diff(lengths) <= 1e-6).all()
    assert view.order[view.tiles.chosen] == 7
    assert view.tiles._labels[0] == str(view.order[0] + 1)
    person.click(view.sorting.button("activity"))
    assert (np.diff(view._activity.overall[view.order]) <= 1e-6).all()
    person.click(view.sorting.button("number"))
    assert view.order.tolist() == list(range(len(lengths)))


def test_deeper_layers_show_which_digits_they_answer_to(person):
    view = neurons(person)
    choose(view.layers, "2")
    settled(person, view)
    assert len(view.tiles) == person.now.layout.sizes[2]
    assert not view.key.isVisible()
    assert "ten bars" in view.words.text()
    means = view._activity.means
    neuron, label = np.unravel_index(means.T.argmax(), means.T.shape)
    assert view.tiles.tile(int(neuron))[0, 3 * label + 1] == TOP, "the largest mean has the full height"
    choose(view.layers, "3")
    settled(person, view)
    assert view.card.name.text() == "Output 0"
    assert view.card.heading.text() == "Mean logit by digit"
    assert list(view.tiles._labels) == [str(i) for i in range(10)]


@pytest.mark.parametrize(("side", "hidden"), [(28, (12, 6)), (28, ()), (8, (1,))])
def test_other_images_and_other_networks(person, side, hidden):
    view = neurons(person)
    start(person, on_shelf(person.document.spec, blobs(side=side), *hidden))
    settled(person, view)
    assert view.tiles.tile(0).shape == (side, side)
    assert len(view.tiles) == (hidden[0] if hidden else 10)
    assert view._favourite.image.shape == (side * side,)
    assert view.card.name.text() == ("Hidden 1, neuron 1" if hidden else "Output 0")
    trained = person.play_to(2)
    person.wait(lambda: view._favourite is not None and view._favourite.epoch == trained.epoch)


def test_an_output_of_a_trained_network_likes_its_own_digit(person):
    view = neurons(person)
    start(person, on_shelf(person.document.spec, blobs()))
    person.play_to(40)
    view.tiles.setFocus()
    person.press(Key.Key_Home)
    person.press(Key.Key_Right, times=3)
    person.wait(lambda: view._favourite is not None and view._favourite.neuron == 3 and not view._waits)
    assert set(view._favourite.labels.tolist()) == {3}
    assert int(np.argmax(view._favourite.means)) == 3
    assert view._favourite.best_sum > view._favourite.sums[0], "it likes it more than any image"


def test_a_run_that_went_astray_is_told(person):
    view = neurons(person)
    snapshot = person.now
    broken = snapshot.params.copy()
    broken[:] = np.nan
    view.show_snapshot(replace(snapshot, params=broken, state=RunState.DIVERGED))
    person.wait(lambda: "not finite numbers" in view.card.state.text())
    assert (view.tiles.tile(0) == BROKEN).all()
    assert view.card.bars.values() == ()


def test_it_can_be_given_up_and_asked_for_again(person):
    view = neurons(person)
    view.asked.disconnect()  # nobody answers
    person.click(view.card.button)
    assert view.card.button.text() == "Cancel"
    assert view.card.progress.isVisible()
    view.take_progress(FAVOURITE, 0.5, "looking through the images")
    assert view.card.progress.value() == 50
    person.click(view.card.button)
    assert view.card.button.text() == "Work out again"
    assert not view.card.progress.isVisible()
    assert view.card.state.text() == "Of epoch 0. Given up."
    view.take_progress(FAVOURITE, 0.7, "too late")
    assert "too late" not in view.card.state.text()
    assert ACTIVITY not in view._waits


@pytest.mark.parametrize("name", ["light", "dark"])
def test_another_theme_paints_everything_anew(person, name):
    view = neurons(person)
    look = theme.THEMES[name]
    person.window.apply_theme(look)
    image = view.tiles.grab().toImage()
    assert image.pixelColor(image.width() - 2, image.height() // 2) == look.sunken
    colors = {image.pixelColor(x, y).rgb() for x in range(8, 60) for y in range(8, 60)}
    assert len(colors & set(view._table.tolist())) > 5


def test_it_has_room_in_the_smallest_window(person):
    view = neurons(person)
    person.window.resize(person.window.minimumSize())
    person.wait(lambda: person.window.size() == person.window.minimumSize())
    assert view.rect().contains(view.scrolling.geometry().translated(view._content.pos()))
    assert view.card.button.visibleRegion().boundingRect() == view.card.button.rect()


def test_every_control_has_a_name_and_a_word_of_help(person):
    view = neurons(person)
    for control in (view.layers, view.sorting, view.common, view.tiles, view.card.button, view.card.bars):
        assert control.accessibleName() or control.text()
    for control in (view.layers, view.common, view.card.button, view.card.likes, view.card.excited, view.card.bars):
        assert control.toolTip()
    assert view.tiles.focusPolicy() & Qt.FocusPolicy.TabFocus
