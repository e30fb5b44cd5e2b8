"""The readout and the training images."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from engine.data import load_data
from engine.datasets import DATASETS
from engine.datasets.images import Images
from engine.shelf import SHELF
from engine.spec import DataSpec
from gui import theme
from gui.panels.digit_readout import EMPTY, DigitReadout
from gui.panels.digit_samples import COLUMNS, ROWS, DigitSamples
from tests.images import bars

THREE = np.array([0.001, 0.002, 0.011, 0.947, 0.001, 0.018, 0.001, 0.004, 0.012, 0.003])


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def count(image: QImage, color: QColor) -> int:
    pixels = np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint32)
    return int((pixels & 0xFFFFFF == color.rgb() & 0xFFFFFF).sum())


@pytest.fixture(params=["light", "dark"])
def look(request) -> theme.Theme:
    return theme.THEMES[request.param]


@pytest.fixture
def readout(qtbot, look) -> DigitReadout:
    panel = DigitReadout(look)
    qtbot.addWidget(panel)
    panel.resize(344, 270)
    return panel


def test_without_a_drawing_no_bar_is_filled(readout, look):
    assert readout.best() is None
    assert readout.accessibleDescription() == EMPTY
    empty = picture(readout)
    assert count(empty, look.accent) == 0
    assert count(empty, look.sunken) > 10 * 100 * 8


def test_nearly_certain_is_not_certain_and_nothing_has_no_bar(readout, look):
    shares = np.full(10, 1e-7)
    shares[0] = 1 - 9e-7
    readout.show_probabilities(shares)
    assert readout.summary() == "Reads 0 with > 99.9 %"
    assert count(picture(readout).copy(24, 30, 40, 170), look.quiet) == 0, "a share of 0.0 % has no bar"
    shares[0], shares[7] = 0.99, 0.01
    readout.show_probabilities(shares)
    assert readout.summary() == "Reads 0 with 99.0 %, then 7 with 1.0 %"
    assert count(picture(readout).copy(24, 30, 40, 170), look.quiet) > 0


def test_the_likeliest_digit_is_named_and_in_the_accent(readout, look):
    readout.show_probabilities(THREE)
    assert readout.best() == 3
    assert readout.accessibleDescription() == "Reads 3 with 94.7 %, then 5 with 1.8 %"
    bar = count(picture(readout), look.accent)
    readout.show_probabilities(np.full(10, 0.1))
    assert 0 < count(picture(readout), look.accent) < bar / 3


def test_the_bar_is_as_long_as_the_probability(readout, look):
    lengths = []
    for share in (0.25, 0.5, 1.0):
        probabilities = np.full(10, (1 - share) / 9)
        probabilities[0] = share
        readout.show_probabilities(probabilities)
        image = picture(readout)
        area = readout.contentsRect()
        y = area.top() + round(0.5 * readout._row_height)
        lengths.append(sum(image.pixelColor(x, y) == look.accent for x in range(area.left() + 20, area.right() - 60)))
    assert lengths[1] == pytest.approx(2 * lengths[0], abs=3)
    assert lengths[2] == pytest.approx(2 * lengths[1], abs=3)


def test_a_guess_is_called_one(readout):
    readout.show_probabilities(np.array([0, 0.3, 0, 0, 0, 0, 0, 0.45, 0, 0.25]))
    assert readout.summary() == "Not sure: 7 with 45.0 %, 1 with 30.0 %"


def test_the_drawing_goes_and_the_bars_with_it(readout, look):
    readout.show_probabilities(THREE)
    readout.show_probabilities(None)
    assert readout.best() is None
    assert count(picture(readout), look.accent) == 0


def test_what_is_not_finite_is_no_reading(readout):
    readout.show_probabilities(THREE)
    readout.show_probabilities(np.full(10, np.nan))
    assert readout.best() is None


def test_the_readout_does_not_hold_on_to_the_array(readout):
    values = THREE.copy()
    readout.show_probabilities(values)
    values[:] = 0
    values[8] = 1
    readout.show_probabilities(values)
    assert readout.best() == 8


def click_bar(qtbot, readout: DigitReadout, digit: int) -> None:
    area, row = readout._area(), readout._row_height
    at = QPoint(area.center().x(), round(area.top() + (digit + 0.5) * row))
    assert readout.digit_at(at) == digit
    qtbot.mouseClick(readout, Qt.MouseButton.LeftButton, pos=at)


def test_below_the_threshold_it_does_not_know(readout):
    guess = np.array([0, 0.3, 0, 0.41, 0, 0, 0, 0.19, 0, 0.1])
    readout.show_probabilities(guess)
    assert readout.summary() == "Not sure: 3 with 41.0 %, 1 with 30.0 %"
    readout.answer_from.setFocus()
    readout.answer_from.setText("70")
    readout.answer_from.commit()
    assert readout.answer_from.value() == 0.7
    assert readout.summary() == readout.accessibleDescription() == "I don't know: 3 with 41.0 %"
    assert readout.best() == 3, "the bars are as ever"
    readout.show_probabilities(THREE)
    assert readout.summary() == "Reads 3 with 94.7 %, then 5 with 1.8 %"


def test_a_click_on_a_bar_asks_what_spoke_for_it(qtbot, readout):
    readout.show_probabilities(THREE)
    assert (readout.wants_evidence, readout.explained) == (False, None)
    with qtbot.waitSignal(readout.evidenceChanged):
        click_bar(qtbot, readout, 5)
    assert (readout.wants_evidence, readout.chosen, readout.explained) == (True, 5, 5)
    assert "for 5" in readout.legend.text()
    click_bar(qtbot, readout, 5)
    assert (readout.wants_evidence, readout.chosen, readout.explained) == (True, None, 3), "once more: the likeliest"
    qtbot.mouseClick(readout.evidence_box, Qt.MouseButton.LeftButton, pos=QPoint(8, 14))
    assert (readout.wants_evidence, readout.explained, readout.legend.text()) == (False, None, "")


def test_the_keyboard_walks_along_the_bars(qtbot, readout):
    readout.show_probabilities(THREE)
    for key, digit in ((Qt.Key.Key_Down, 4), (Qt.Key.Key_Down, 5), (Qt.Key.Key_Up, 4), (Qt.Key.Key_Escape, 3)):
        qtbot.keyClick(readout, key)
        assert readout.explained == digit
    assert readout.chosen is None


def test_the_legend_follows_what_is_read(readout, look):
    readout.ask_evidence(True)
    assert readout.legend.text() == ""
    readout.show_probabilities(THREE)
    assert "for 3" in readout.legend.text()
    assert look.ink(look.positive).name() in readout.legend.text()
    readout.show_probabilities(np.eye(10)[8])
    assert "for 8" in readout.legend.text()


@pytest.fixture
def samples(qtbot, look) -> DigitSamples:
    panel = DigitSamples(look)
    qtbot.addWidget(panel)
    panel.resize(192, panel.height_for(192))
    return panel


def test_the_samples_are_training_images_with_their_labels(samples):
    data = load_data(DataSpec(dataset=DATASETS["digits"](), train_share=0.8))
    samples.show_data(data)
    chosen = samples.chosen()
    assert len(set(chosen)) == COLUMNS * ROWS
    assert all(data.train.labels[place] == label for place, label in chosen)
    assert {label for _, label in chosen} == set(range(10)), "each digit is among them"
    assert samples.accessibleDescription() == "1,437 train · 360 test, seed 42"
    assert "95.7 to 96.0 %" in samples.whatsThis()
    # The first thumbnail, pixel by pixel, in the middles of its squares.
    image, top = picture(samples), round(samples._cell(0, samples._side(samples.width())).top())
    thumbnail = data.train.raw[chosen[0][0]].reshape(8, 8)
    shown = [[image.pixelColor(3 * x + 1, top + 3 * y + 1).red() for x in range(8)] for y in range(8)]
    assert np.abs(np.array(shown) / 255 - thumbnail).max() < 1 / 255


def test_the_same_data_shows_the_same_samples(samples):
    def chosen(seed: int) -> list[tuple[int, int]]:
        samples.show_data(load_data(DataSpec(dataset=DATASETS["digits"](), seed=seed)))
        return samples.chosen()

    assert chosen(42) == chosen(42) != chosen(43)


@pytest.mark.parametrize("side", [8, 28])
def test_images_of_any_size_and_fewer_than_there_is_room_for(samples, side, tmp_path, monkeypatch):
    monkeypatch.setattr(SHELF, "folder", tmp_path)
    few = SHELF.put(bars(side, n=9, n_test=2, full=16 if side == 8 else 255))
    data = load_data(DataSpec(dataset=Images.of(few)))
    samples.show_data(data)
    assert samples.chosen() == [(i, i) for i in range(7)], "all of them, by class"
    assert samples.accessibleDescription() == "7 train · 2 test"
    assert "people" not in samples.whatsThis()
    samples.resize(222, samples.height_for(222))
    image, cell = picture(samples), samples._cell(3, samples._side(222))
    scale = round(cell.width()) // side
    left, top = round(cell.left()), round(cell.top())
    shown = np.array([[image.pixelColor(left + scale * x + scale // 2, top + scale * y + scale // 2).red()
                       for x in range(side)] for y in range(side)])  # fmt: skip
    assert np.abs(shown / 255 - data.train.x[3].reshape(side, side)).max() < 1.5 / 255


def test_data_without_images_leave_the_grid_empty(samples):
    samples.show_data(load_data(DataSpec()))
    assert samples.chosen() == []
    assert not picture(samples).isNull()
