"""The Map view of the Insight page, in the real window. Its child process has tests of its own."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.activations import ACTIVATIONS
from engine.errors import NeuroloomError
from engine.snapshot import RunState
from gui import app, maps, theme
from gui.maps import EMBED_KEY, PCA, make_map
from gui.panels.map_view import MapView
from gui.settings import Settings
from tests.gui.images import blobs, on_shelf
from tests.gui.opened import Key, Person
from tests.gui.test_neurons_view import choose, start


@pytest.fixture
def person(qtbot: QtBot, qapp, tmp_path) -> Iterator[Person]:
    app.application()
    one = Person(qtbot, tmp_path / "data", Settings(page="insight", reduce_motion=True))
    one.window.resize(1400, 800)
    yield one
    one.close()


class Library:
    """In place of t-SNE: waits until it is let go, then answers, unless it is given up before."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[str] = []
        self.given_up = 0
        self.error = ""

    def __call__(self, values, method, tell, stop):
        self.asked.append(method)
        tell(0.4, "step 400 of 1,000")
        while not self.go.wait(0.005):
            if stop():
                self.given_up += 1
                return None
        if self.error:
            raise NeuroloomError(self.error)
        return np.stack([values.sum(axis=1), values[:, 0]], axis=1).astype(np.float64)


@pytest.fixture
def library(monkeypatch) -> Library:
    one = Library()
    monkeypatch.setattr(maps, "embed", one)
    return one


def opened(person: Person) -> MapView:
    person.click(person.window.page._frame.segments.button("map"))
    view = person.window.page.view
    assert isinstance(view, MapView)
    person.wait(lambda: view.map is not None and not view._waits)
    return view


def to_tsne(person: Person, view: MapView) -> None:
    person.click(view.methods.button("tsne"))
    person.wait(lambda: view.progress.value() == 40)


def test_the_last_hidden_layer_is_mapped_at_once(person):
    view = opened(person)
    assert view.layers.currentText().startswith("Hidden 2")
    n = len(person.now.data.test)
    assert view.map.points.shape == (n, 2)
    assert view.map.epoch == 0
    assert f"{n:,} test images" in view.words.text()
    assert "of all variance" in view.words.text()
    assert sum(count for count, _ in view.legend._rows) == n
    assert view.state.text() == "Of epoch 0."
    assert not view.button.isVisible()
    assert not view.progress.isVisible()


def test_what_it_says_of_the_predictions_is_true(person):
    view = opened(person)
    trained = person.play_to(15)
    person.wait(lambda: view.map.epoch == trained.epoch)
    assert 1 - view.map.wrong.mean() == pytest.approx(trained.metrics.test_accuracy, abs=1e-6)
    wrong = int(view.map.wrong.sum())
    assert sum(wrong for _, wrong in view.legend._rows) == wrong
    assert view.plot.has_rings == (view.map.wrong.mean() <= 0.2)


def test_it_moves_while_it_trains_without_turning_over(person):
    view = opened(person)
    seen = [view.map]
    original = view._show_map
    view._show_map = lambda made: (seen.append(made), original(made))
    person.press(Key.Key_Space)
    person.wait(lambda: len(seen) >= 6)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    for before, after in itertools.pairwise(seen):
        assert float((before.points * after.points).sum()) > 0, "it still looks the same way"


@pytest.mark.parametrize("layer", ["0", "1", "3"])
def test_every_layer_has_a_map_and_paused_ones_come_at_once(person, layer):
    view = opened(person)
    choose(view.layers, layer)
    person.wait(lambda: view.map.layer == int(layer))
    assert view.state.text() == "Of epoch 0."


def test_layers_chosen_quickly_end_with_the_last_one(person):
    view = opened(person)
    for layer in ("0", "1", "3", "0", "1"):
        choose(view.layers, layer)
    person.wait(lambda: view.map.layer == 1 and not view._waits)
    assert (view.map.method, view.layer) == (PCA, 1)


def test_pointing_at_a_point_shows_its_image(person):
    view = opened(person)
    # the loneliest point, so that it is the nearest one to itself
    at = view.plot.positions()
    apart = np.linalg.norm(at[:, None] - at[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    i = int(apart.min(axis=1).argmax())
    person.qtbot.mouseMove(view.plot, QPoint(1, 1))
    person.qtbot.mouseMove(view.plot, view.plot.rect_of(i).center().toPoint())
    made = view.map
    title, meant, read, verdict = view.card.words
    assert view.card.isVisible()
    assert title == f"Test image {made.rows[i] + 1:,}"
    assert meant == f"meant: {person.now.data.test.labels[made.rows[i]]}"
    assert read.startswith(f"read: {made.predicted[i]}, ")
    assert (verdict == "a mistake") == bool(made.wrong[i])
    person.qtbot.mouseMove(view.plot, QPoint(1, 1))
    assert not view.card.isVisible()


def test_a_click_in_the_legend_lights_a_class(person):
    view = opened(person)
    person.click(view.legend, view.legend.row_rect(7).center().toPoint())
    assert view.plot.lit == 7
    person.click(view.legend, view.legend.row_rect(7).center().toPoint())
    assert view.plot.lit is None


def test_tsne_comes_in_the_background_and_keeps_its_epoch(person, library):
    view = opened(person)
    to_tsne(person, view)
    assert view.state.text() == "Still PCA of hidden 2, epoch 0.  Step 400 of 1,000"
    assert view.button.text() == "Cancel"
    library.go.set()
    person.wait(lambda: view.map.method == "tsne")
    assert view.state.text() == "Of epoch 0."
    assert view.button.text() == "Make map"
    trained = person.play_to(3)
    person.wait(lambda: view.state.text() == f"Of epoch 0; the run is at {trained.epoch:,}.")
    assert view.map.epoch == 0, "it is not made anew by itself"
    person.click(view.methods.button("pca"))
    person.wait(lambda: view.map.method == PCA and view.map.epoch == trained.epoch)
    person.click(view.methods.button("tsne"))
    assert (view.map.method, view.map.epoch) == ("tsne", 0), "the last one is there at once"
    person.click(view.button)
    person.wait(lambda: view.map.epoch == trained.epoch)
    assert library.asked == ["tsne", "tsne"]


def test_it_can_be_given_up(person, library):
    view = opened(person)
    to_tsne(person, view)
    person.click(view.button)
    person.wait(lambda: library.given_up == 1)
    assert view.state.text() == "Still PCA of hidden 2, epoch 0.  Given up."
    assert view.button.text() == "Make map"
    assert not view.progress.isVisible()


def test_closing_the_window_gives_it_up(qtbot, qapp, tmp_path, library):
    app.application()
    person = Person(qtbot, tmp_path / "data", Settings(page="insight"))
    view = opened(person)
    to_tsne(person, view)
    person.close()  # it would wait for ever
    assert library.given_up == 1


def test_a_failure_is_one_sentence_and_the_map_at_hand_stays(person, library):
    view = opened(person)
    library.error = "There is no t-SNE map: its process ended with code 7. Make it again, or look at PCA."
    library.go.set()
    person.click(view.methods.button("tsne"))
    person.wait(lambda: view.plot.message == library.error)
    person.click(view.methods.button("pca"))
    person.wait(lambda: view.map is not None and not view.plot.message)
    library.error = ""
    person.click(view.methods.button("tsne"))
    person.wait(lambda: view.map.method == "tsne")
    library.error = "There is no t-SNE map: its process left none behind. Make it again."
    person.click(view.button)
    person.wait(lambda: library.error in view.state.text())
    assert view.map.method == "tsne"
    assert not view.plot.message


def test_another_run_has_no_maps_of_the_one_before(person, library):
    view = opened(person)
    library.go.set()
    person.click(view.methods.button("tsne"))
    person.wait(lambda: view.map.method == "tsne")
    person.press(Key.Key_R)
    person.wait(lambda: view.map is None)
    assert "no t-SNE map of this run yet" in view.plot.message
    person.click(view.button)
    person.wait(lambda: view.map is not None)


@pytest.mark.parametrize(("side", "hidden", "layers"), [(28, (12,), 3), (28, (), 2), (8, (12,), 3)])
def test_other_images_and_other_networks(person, side, hidden, layers):
    view = opened(person)
    start(person, on_shelf(person.document.spec, blobs(side=side), *hidden))
    assert view.layers.count() == layers
    choose(view.layers, str(layers - 1))
    person.wait(lambda: view.map is not None and view.map.layer == layers - 1 and view.map.run == person.now.run)
    assert len(view.map.rows) == 120


def test_one_neuron_has_its_activation_from_left_to_right_and_each_digit_a_line(person):
    view = opened(person)
    spec = on_shelf(person.document.spec, blobs(side=8), 1)
    start(person, replace(spec, network=replace(spec.network, activation=ACTIVATIONS["tanh"]())))
    choose(view.layers, "1")
    person.wait(lambda: view.map is not None and view.map.layer == 1)
    assert view.map.flat
    assert "each digit has a line of its own" in view.words.text()
    heights = [view.map.points[view.map.labels == label, 1] for label in range(10)]
    assert all(np.ptp(height) == 0 for height in heights)
    assert (np.diff([height[0] for height in heights]) < 0).all(), "0 on top"
    snapshot = person.now
    z = snapshot.data.test.x @ snapshot.weights(0)
    assert (np.argsort(view.map.points[:, 0]) == np.argsort(z[:, 0])).all() or (
        np.argsort(view.map.points[:, 0]) == np.argsort(-z[:, 0])
    ).all()


def test_a_run_that_went_astray_is_told_and_the_map_stays(person):
    view = opened(person)
    snapshot = person.now
    params = snapshot.params.copy()
    params[:] = np.nan
    view.show_snapshot(replace(snapshot, params=params, state=RunState.DIVERGED))
    person.wait(lambda: "not finite numbers" in view.state.text())
    assert view.map is not None
    assert view.map.epoch == 0


def test_a_layer_to_which_all_images_are_the_same_is_told(person):
    snapshot = person.now
    params = np.zeros_like(snapshot.params)
    with pytest.raises(NeuroloomError, match=r"^There is no map: all test images are the same to hidden 1\."):
        make_map(replace(snapshot, params=params), 1, PCA, None, lambda share, words: None, lambda: False)


def test_another_theme_paints_everything_anew(person):
    view = opened(person)
    for look in (theme.DARK, theme.LIGHT):
        person.window.apply_theme(look)
        image = view.plot.grab().toImage()
        assert image.pixelColor(image.width() // 2, 12) == theme.mix(look.panel, look.sunken, 0.5)
        pixels = np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint32)
        drawn = set(np.unique(pixels | 0xFF000000).tolist())
        assert {look.class_color(label, 10).rgb() for label in range(10)} <= drawn


def test_it_has_room_in_the_smallest_window(person):
    view = opened(person)
    person.window.resize(person.window.minimumSize())
    person.wait(lambda: person.window.size() == person.window.minimumSize())
    assert view.rect().contains(view.plot.geometry())
    assert view.legend.visibleRegion().boundingRect() == view.legend.rect()


def test_space_plays_with_the_keyboard_on_the_map_and_the_arrows_move_it(person):
    view = opened(person)
    person.click(view.plot, QPoint(5, 5))
    assert view.plot.hasFocus()
    before = view.plot._center
    person.press(Key.Key_Right)
    assert view.plot._center != before
    assert person.now.epoch == 0
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    assert EMBED_KEY not in view._waits


def test_how_far_it_is_stays_on_screen_when_the_run_moves(person, library):
    view = opened(person)
    to_tsne(person, view)
    person.wait(lambda: view.state.text().endswith("Step 400 of 1,000"))
    view.show_snapshot(view._snapshot)
    assert view.state.text().endswith("Step 400 of 1,000")
    person.click(view.button)
    person.wait(lambda: library.given_up == 1)
    view.show_snapshot(view._snapshot)
    assert view.state.text().endswith("Given up.")
