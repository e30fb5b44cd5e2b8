"""The Predictions view in the real window: what it counts, filters and chooses, and that it follows a run in training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QApplication

from engine.datasets.images import Images
from engine.predictions import Predictions
from engine.shelf import SHELF, ImageSet
from engine.snapshot import RunState
from engine.spec import ExperimentSpec
from gui import theme
from gui.graphics.gallery_order import ALL, WRONG, Filter
from gui.graphics.sample_choice import Choice
from gui.graphics.targets import Target
from gui.panels.predictions_view import BROKEN, PredictionsView
from gui.settings import Settings
from tests.gui.opened import CONTROL, LEFT, Key, Person


def blobs(n: int, side: int = 28, classes: int = 10, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A spot of ink for each class in a place of its own, with noise: (n, side²) uint8 and labels (n,)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n).astype(np.uint8)
    y, x = np.mgrid[0:side, 0:side] / side
    middles = np.stack([0.25 + 0.5 * (np.arange(10) % 3) / 2, 0.2 + 0.6 * (np.arange(10) // 3) / 3])
    at = middles[:, labels] + rng.normal(0, 0.05, (2, n))
    ink = np.exp(-((x[None] - at[0, :, None, None]) ** 2 + (y[None] - at[1, :, None, None]) ** 2) * 60)
    return np.round(255 * ink).astype(np.uint8).reshape(n, -1), labels


@pytest.fixture
def person(qtbot, qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    from gui import app

    app.application()
    monkeypatch.setattr(SHELF, "folder", None)  # what the window sets is put back
    person = Person(qtbot, tmp_path / "data", Settings(theme="light", reduce_motion=True, page="insight"))
    person.wait(lambda: view_of(person).predictions is not None)
    yield person
    person.close()


def view_of(person: Person) -> PredictionsView:
    view = person.window.page.views["predictions"]
    assert isinstance(view, PredictionsView)
    return view


def open_images(person: Person, n: int, n_test: int, side: int = 28, classes: int = 10) -> PredictionsView:
    images, labels = blobs(n, side, classes)
    kept = SHELF.put(ImageSet("Blobs", images, labels, n_test))
    spec: ExperimentSpec = person.document.spec
    spec = replace(
        spec, data=replace(spec.data, dataset=Images.of(kept)), network=replace(spec.network, hidden_layer_sizes=(32,))
    )
    person.window.lab.start_over(spec, "Blobs")
    view = view_of(person)
    person.wait(lambda: view.predictions is not None and view.predictions.run == person.document.run)
    return view


def trained(person: Person, epochs: int) -> PredictionsView:
    view = view_of(person)
    person.window.lab.run_epochs(epochs)
    person.wait(lambda: person.latest.state is RunState.PAUSED and view.predictions.epoch == epochs)
    return view


def test_the_counts_are_those_of_the_run(person: Person) -> None:
    view = trained(person, 5)
    wrong = round((1 - person.now.metrics.test_accuracy) * 360)
    assert wrong > 2
    assert view.count.text() == f"{wrong} wrong of 360"
    assert view.of.text() == "all 360 test images"
    confusion = view.matrix.confusion
    assert (confusion.sum(), confusion.sum() - np.trace(confusion)) == (360, wrong)
    assert view.table.rows[11][3] == f"{person.now.metrics.test_accuracy:.3f}"


def test_filters_and_orders(person: Person) -> None:
    view = trained(person, 3)
    gallery, some = view.gallery, view.predictions
    person.click(view.outcomes.button("wrong"))
    assert len(gallery.places) == int((~some.right).sum())
    assert view.of.text() == f"all 360 test images · {len(gallery.places)} shown"
    sure = some.confidence[gallery.places]
    assert (np.diff(sure) <= 0).all(), "the surest mistake first"
    view.sort.setFocus()
    person.press(Key.Key_Down)
    assert view.sort.key() == "unsure"
    assert (np.diff(some.confidence[gallery.places]) >= 0).all()
    person.click(view.outcomes.button("all"))
    view.true.setFocus()
    person.press(Key.Key_Down, times=8)
    assert view.true.currentText() == "True: 7"
    assert set(some.labels[gallery.places]) == {7}
    assert view.matrix.chosen is None


def test_a_cell_opens_its_images_and_again_all(person: Person) -> None:
    view = trained(person, 2)
    matrix = view.matrix
    off = matrix.confusion * ~np.eye(10, dtype=bool)
    true, read = cell = divmod(int(off.argmax()), 10)
    person.click(view.outcomes.button("wrong"))
    person.click(matrix, matrix.box(cell).center().toPoint())
    assert view.gallery.only == Filter(ALL, true, read)
    assert len(view.gallery.places) == off[cell]
    assert (view.outcomes.key(), view.true.key(), view.read.key()) == ("all", str(true), str(read))
    assert matrix.chosen == cell
    person.click(matrix, matrix.box(cell).center().toPoint())
    assert view.gallery.only == Filter()
    assert len(view.gallery.places) == 360
    # An empty cell says so.
    empty = tuple(np.argwhere(matrix.confusion == 0)[0].tolist())
    matrix.setFocus()
    matrix._cursor = (0, 0)
    person.press(Key.Key_Down, times=empty[0])
    person.press(Key.Key_Right, times=empty[1])
    person.press(Key.Key_Return)
    assert view.gallery.only == Filter(ALL, *empty)
    assert view.gallery.empty == f"There is no image of a {empty[0]} read as {empty[1]} among these 360."
    assert person.now.epoch == 2, "the arrows did not train"


def test_a_theme_switch_repaints_all_of_it(person: Person) -> None:
    view = trained(person, 1)
    for name in ("dark", "light"):
        person.window.toggle_theme()
        look = theme.THEMES[name]
        picture = person.window.grab().toImage()
        for part in (view.gallery.viewport(), view.matrix, view.table):
            at = part.mapTo(person.window, part.rect().bottomRight() - QPoint(2, 2))
            assert picture.pixelColor(at) == look.panel
    assert view.gallery.card.theme is theme.LIGHT


def test_what_is_chosen_is_taken_apart_on_the_digits_page(person: Person) -> None:
    view = view_of(person)
    gallery = view.gallery
    assert not view.apart.isEnabled()
    at = gallery.box(2).center().toPoint()
    person.click(gallery.viewport(), at)
    row = gallery.row
    assert person.document.sample == Choice("test", row)
    # Going there is enough for the inspector to know it; without being asked it does not open.
    person.window.open_page("digits")
    page = person.window.page
    assert page.inspector.choice == Choice("test", row)
    assert not page.docks["Inspector"].is_seen
    assert person.document.sample is None
    person.window.open_page("insight")
    person.qtbot.mouseDClick(gallery.viewport(), LEFT, pos=at)
    assert person.window.page is page
    assert page.docks["Inspector"].is_seen
    label = int(person.now.data.test.labels[row])
    person.wait(lambda: page.inspector.sample.text() == f"Test image {row + 1:,}, a {label}")
    assert any(text.startswith("z = ") for text in page.inspector.texts())
    assert person.graph.selected == Target("neuron", person.now.layout.depth, label)


def test_the_button_takes_apart_too_and_the_same_once_more(person: Person) -> None:
    view = view_of(person)
    view.gallery.setFocus()
    person.press(Key.Key_Right)
    for _ in range(2):
        person.click(view.apart)
        page = person.window.page
        assert page.id == "digits"
        assert page.inspector.choice == Choice("test", view.gallery.row)
        page.inspector.show_sample(None)
        person.window.open_page("insight")


class Paints(QObject):
    """The predictions that a widget was painted with."""

    def __init__(self, view: PredictionsView, *widgets: object) -> None:
        super().__init__()
        self._view = view
        self.seen: dict[object, list[Predictions]] = {widget: [] for widget in widgets}
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            seen = self.seen[receiver]
            if not seen or seen[-1] is not self._view.predictions:
                seen.append(self._view.predictions)
        return False

    def fewest(self) -> int:
        return min(map(len, self.seen.values()))


def test_it_follows_a_run_in_training_on_images_as_large_as_mnists(person: Person) -> None:
    view = open_images(person, n=3_000, n_test=2_400)
    assert view.of.text() == "all 2,400 test images"
    assert len(view.gallery.places) == 2_400
    paints = Paints(view, view.gallery.viewport(), view.matrix, view.table)
    person.press(Key.Key_Space)
    person.wait(lambda: paints.fewest() > 4)
    assert person.now.state is RunState.RUNNING
    assert view.of.text().startswith("2,000 of the 2,400 test images while it trains")
    assert view.count.text().endswith("wrong of 2,000")
    newest = paints.seen[view.matrix][-1]
    assert len(newest) == 2_000
    assert newest.run == person.document.run
    person.press(Key.Key_Space)
    person.wait(lambda: len(view.predictions) == 2_400)
    latest = person.wait_for(RunState.PAUSED)
    assert view.predictions.accuracy == pytest.approx(latest.metrics.test_accuracy)
    assert len(view.gallery.places) == 2_400


def test_another_data_set_starts_anew_and_undo_brings_the_old_one_back(person: Person) -> None:
    view = view_of(person)
    person.click(view.gallery.viewport(), view.gallery.box(1).center().toPoint())
    person.click(view.outcomes.button("wrong"))
    open_images(person, 60, 7, side=8, classes=2)
    assert view.gallery.only == Filter()
    assert view.gallery.row is None
    assert person.document.sample is None
    assert view.of.text() == "all 7 test images"
    assert [row[1] for row in view.table.rows[2:10]].count("–") >= 6, "classes that are neither there nor read"
    picture = view.gallery.viewport().grab()
    assert not picture.isNull()
    person.press(Key.Key_Z, CONTROL)
    person.wait(lambda: view.predictions is not None and len(view.predictions) == 360)
    assert view.gallery._atlas.side == 8
    assert len(view.gallery._atlas) == 360


def test_answers_that_are_no_numbers(person: Person) -> None:
    view, snapshot = view_of(person), person.now
    logits = np.full((360, 10), np.nan)
    view.show_predictions(snapshot, Predictions(np.arange(360), snapshot.data.test.labels, logits, 10, snapshot.run))
    assert view.count.text() == "360 wrong of 360"
    assert view.of.text() == BROKEN
    assert view.matrix.confusion.sum() == 0
    assert view.table.rows[11][3] == "–"
    gallery = view.gallery
    person.qtbot.mouseMove(gallery.viewport(), QPoint(2, 2))
    person.qtbot.mouseMove(gallery.viewport(), gallery.box(0).center().toPoint())
    assert gallery.card.words.line == "No answer: the network gives no numbers."


def test_all_right_is_said(person: Person) -> None:
    view, snapshot = view_of(person), person.now
    labels = snapshot.data.test.labels
    view.show_predictions(snapshot, Predictions(np.arange(360), labels, np.eye(10)[labels] * 9, 10, snapshot.run))
    person.click(view.outcomes.button(WRONG))
    assert len(view.gallery.places) == 0
    assert view.gallery.empty == "No mistakes: all 360 are read right."
    assert view.matrix.words == "No mistakes: all are on the diagonal"


def test_in_the_smallest_window_nothing_is_cut(person: Person) -> None:
    view = view_of(person)
    person.window.resize(person.window.minimumSize())
    person.wait(lambda: person.window.size() == person.window.minimumSize())
    QApplication.processEvents()
    for part in (view.gallery.viewport(), view.matrix, view.table, view.apart, view.read, view.cells):
        assert part.visibleRegion().boundingRect() == part.rect()
    last = view.matrix.box((9, 9))
    assert view.matrix.rect().contains(QPoint(round(last.right()), round(last.bottom()) + 24))
