"""Calibration in the real window: the diagram, the temperature and what it is measured on, the threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.calibration import HIGHEST, figures, fit_temperature, halves
from engine.datasets import DATASETS
from engine.predictions import Predictions, logits_of, predict
from engine.shelf import SHELF
from engine.snapshot import RunState
from gui import theme
from gui.controls.numbers import LogScale
from gui.panels.calibration_view import TEMPERATURE, WAITING, CalibrationView
from gui.reasons import NO_IMAGES, NOT_FINITE
from gui.settings import Settings
from tests.engine.images import experiment_on
from tests.gui.opened import Key, Person


@pytest.fixture
def person(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Before a network on blobs, three epochs old, with the calibration open."""
    monkeypatch.setattr(SHELF, "folder", None)  # given back at the end: the window sets its own
    person = Person(qtbot, tmp_path / "data", Settings(page="insight", reduce_motion=True))
    try:
        open_blobs(person, tmp_path, monkeypatch)
        yield person
    finally:
        person.close()


def open_blobs(
    person: Person, folder: Path, monkeypatch: pytest.MonkeyPatch, validation: float = 0.0, **how: object
) -> None:
    spec = experiment_on(folder / "shelf", monkeypatch, **how)  # type: ignore[arg-type]
    if validation:
        spec = replace(spec, data=replace(spec.data, validation_share=validation))
    person.window.lab.start_over(spec, "Blobs")
    person.wait(lambda: person.latest is not None and person.latest.spec == spec)
    train(person, 3)
    person.window.show_page("insight")
    person.click(person.window.page._frame.segments.button("calibration"))
    shown(person)


def train(person: Person, epochs: int) -> None:
    until = person.now.epoch + epochs
    person.window.lab.run_epochs(epochs)
    person.wait(lambda: person.now.epoch >= until and person.now.state is RunState.PAUSED)


def view_of(person: Person) -> CalibrationView:
    view = person.window.page.view
    assert isinstance(view, CalibrationView)
    return view


def shown(person: Person) -> CalibrationView:
    """The view, once it shows all test images at the epoch at hand."""
    view = view_of(person)
    person.wait(lambda: view._predictions is not None and view._predictions.epoch == person.now.epoch)
    person.wait(lambda: len(view._predictions) == len(person.now.data.test))
    return view


def cells(view: CalibrationView, column: int) -> list[str]:
    return [pair[column].text() for pair in view.cells]


def test_it_shows_the_figures_of_all_test_images(person: Person) -> None:
    view = shown(person)
    now = person.now
    expected, _ = figures(logits_of(now.spec, now.layout, now.params, now.data.test.x), now.data.test.labels)
    assert view.before == expected
    assert cells(view, 0)[0] == f"{100 * expected.accuracy:.1f} %"
    assert cells(view, 1) == [""] * 5, "there is no temperature yet"
    assert view.which.text() == "100 test images, epoch 3"
    assert not view.one_button.isEnabled()
    assert not view.use_temperature.isEnabled()


def test_without_validation_images_it_never_measures_on_what_it_was_fitted_on(person: Person) -> None:
    view = shown(person)
    now = person.now
    logits = logits_of(now.spec, now.layout, now.params, now.data.test.x)
    half = halves(100)
    assert half.sum() == 50
    assert "half of the test images (50)" in view.fit_button.toolTip()
    person.click(view.fit_button)
    person.wait(lambda: view.fitted is not None)
    assert view.fitted.temperature == pytest.approx(fit_temperature(logits[half], now.data.test.labels[half]))
    assert view.after.n == 50
    rest, _ = figures(logits[~half], now.data.test.labels[~half], view.temperature.value())
    assert view.after == rest
    assert "50 test images, epoch 3; the other half was fitted on" in view.which.text()
    assert view.after.nll < view.before.nll
    assert view.after.accuracy == view.before.accuracy
    train(person, 1)
    shown(person)
    assert view.after.n == 50, "the halves stay when it learns on"
    assert "at epoch 3" in view.fit_words.text()
    person.click(view.one_button)
    assert view.after.n == 100
    assert view.temperature.value() == 1.0
    view.temperature.slider.setFocus()
    person.press(Key.Key_Home)
    assert view.after.n == 50, "chosen by a hand that knows what was fitted"


def test_validation_images_are_fitted_on_where_there_are_some(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_blobs(person, tmp_path, monkeypatch, validation=0.2)
    view = shown(person)
    validation = person.now.data.validation
    assert validation is not None
    person.click(view.fit_button)
    person.wait(lambda: view.fitted is not None)
    assert (view.fitted.n, view.fitted.validation) == (len(validation), True)
    assert view.after.n == 100, "no test image was fitted on"
    assert f"on {len(validation)} validation images" in view.fit_words.text()


def test_answers_of_another_run_are_not_mixed_with_these_images(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = shown(person)
    person.click(view.fit_button)
    person.wait(lambda: view.fitted is not None)
    late = view._predictions
    open_blobs(person, tmp_path, monkeypatch, side=28, n=80, n_test=30)
    assert view.fitted is None, "those were other images"
    now = view._predictions
    view.show_predictions(person.now, late)
    assert view._predictions is now
    assert view.before.n == 30


def test_the_temperature_by_hand_and_handed_to_the_digits_page(person: Person) -> None:
    view = shown(person)
    before = view.before
    view.temperature.slider.setFocus()
    person.press(Key.Key_End)
    assert view.temperature.value() == HIGHEST
    assert view.before == before
    assert view.after.confidence < before.confidence
    assert "" not in cells(view, 1)
    assert view.plot._before is not None
    person.click(view.use_temperature)
    assert person.document.temperature == HIGHEST
    assert not view.use_temperature.isEnabled()
    assert "The Digits page reads with 4." in view.fit_words.text()
    person.click(view.one_button)
    assert person.document.temperature == HIGHEST, "until one uses the other too"
    person.click(view.use_temperature)
    assert person.document.temperature == 1.0


def test_the_threshold_by_hand_and_handed_to_the_digits_page(person: Person) -> None:
    view = shown(person)
    assert view.threshold.sentence.text().startswith("Answers 100.0 % of the images")
    view.threshold.slider.slider.setFocus()
    predictions = view._predictions
    steps = int(100 * np.median(predictions.confidence))
    person.press(Key.Key_Right, times=steps)
    sure = predictions.confidence >= steps / 100
    assert 0 < sure.mean() < 1
    accuracy = predictions.right[sure].mean()
    expected = f"Answers {100 * sure.mean():.1f} % of the images, {100 * accuracy:.1f} % of them right"
    assert view.threshold.sentence.text() == expected
    assert view.threshold.curve._mark == pytest.approx((sure.mean(), accuracy))
    person.click(view.threshold.use_button)
    assert person.document.threshold == steps / 100
    assert not view.threshold.use_button.isEnabled()
    view.threshold.slider.slider.setFocus()
    person.press(Key.Key_End)
    assert view.threshold.sentence.text() == "Answers none of the images"
    person.document.read_with(threshold=1.0)
    assert not view.threshold.use_button.isEnabled(), "chosen elsewhere"


def test_a_bin_is_read_with_pointer_and_keys(person: Person) -> None:
    view = shown(person)
    plot = view.plot
    area = plot.areas[0]
    person.qtbot.mouseMove(plot, QPoint(1, 1))
    person.qtbot.mouseMove(plot, QPoint(round(area.right()) - 3, round(area.center().y())))
    assert plot.at == 9
    assert plot.reading().startswith("90 to 100 % sure: ")
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Home)
    assert plot.reading() == "0 to 10 % sure: no images"
    person.press(Key.Key_Escape)
    assert plot.at is None
    person.press(Key.Key_Left)
    assert plot.at == 9
    person.click(view.bins.button("15"))
    assert plot.at is None
    assert len(plot._bins.counts) == 15


def test_it_lives_while_it_trains(person: Person) -> None:
    view = shown(person)
    first = view._predictions
    person.press(Key.Key_Space)
    person.wait(lambda: view._predictions is not first and view._predictions.epoch > 3)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    shown(person)


def test_few_images_can_not_be_fitted_on(person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_blobs(person, tmp_path, monkeypatch, side=28, n=60, n_test=6, hidden=())
    view = shown(person)
    assert not view.fit_button.isEnabled()
    assert "at least 20 images" in view.fit_button.toolTip()
    assert view.before.n == 6


def test_an_untrained_network_and_a_new_run(person: Person) -> None:
    view = shown(person)
    person.click(view.fit_button)
    person.wait(lambda: view.fitted is not None)
    run = person.now.run
    person.window.lab.reset()
    person.wait(lambda: person.now.run != run)
    shown(person)
    assert "of another run" in view.fit_words.text()
    assert view.before.accuracy < 0.5


def test_answers_that_are_no_numbers_say_so(person: Person) -> None:
    view = shown(person)
    now = replace(person.now, params=np.full_like(person.now.params, np.nan), state=RunState.DIVERGED)
    view.show_predictions(now, predict(now.spec, now.layout, now.params, now.data.test, run=now.run))
    assert view.which.text() == NOT_FINITE
    assert cells(view, 0) == ["–"] * 5
    assert not view.fit_button.isEnabled()
    assert view.threshold.sentence.text() == ""
    assert not view.grab().isNull()
    moons = replace(now.spec, data=replace(now.spec.data, dataset=DATASETS["moons"]()))
    view.show_snapshot(replace(now, spec=moons, data=replace(now.data, spec=moons.data)))
    assert view.which.text() == NO_IMAGES


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
def test_before_anything_is_known_and_with_odd_answers(qtbot: QtBot, look: theme.Theme) -> None:
    view = CalibrationView(look)
    qtbot.addWidget(view)
    view.resize(1000, 520)
    assert view.which.text() == WAITING
    assert not view.fit_button.isEnabled()
    assert not view.grab().isNull()
    view.apply_theme(theme.DARK)
    assert view.plot.theme is view.threshold.curve.theme is theme.DARK


def test_all_right_and_sure_has_no_gap(person: Person) -> None:
    view = shown(person)
    labels = person.now.data.test.labels
    view.show_predictions(
        person.now,
        Predictions(
            np.arange(100), labels, 500.0 * (labels[:, None] == np.arange(10)), 10, run=person.now.run, epoch=3
        ),
    )
    assert (view.before.ece, view.before.accuracy) == (0.0, 1.0)
    assert view.threshold.curve.curve[1].tolist() == [1.0]
    assert cells(view, 0)[0] == "100.0 %"
    assert not view.grab().isNull()


def test_the_scale_of_the_temperature_is_even_in_ratios() -> None:
    scale = LogScale(TEMPERATURE, 160)
    assert [scale.value(position) for position in (0, 40, 80, 120, 160, 999)] == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]
    assert [scale.position(value) for value in (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 9.0)] == [0, 0, 40, 80, 120, 160, 160]


def test_how_answers_are_read_is_told_once(person: Person) -> None:
    told: list[int] = []
    person.document.readingChanged.connect(lambda: told.append(1))
    person.document.read_with(temperature=2.0)
    person.document.read_with(temperature=2.0)
    person.document.read_with(threshold=0.0)
    assert told == [1]
    assert (person.document.temperature, person.document.threshold) == (2.0, 0.0)
