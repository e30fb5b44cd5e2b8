"""The Data view of the Insight page: every image by class and number, and what they look like together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from engine.data import Data, load_data
from engine.datasets import DATASETS
from engine.datasets.images import Images
from engine.image_summary import summarize
from engine.shelf import SHELF
from engine.snapshot import Snapshot
from engine.spec import DataSpec, ExperimentSpec
from gui import app, theme
from gui.analyses import Question
from gui.controls.class_chips import ALL
from gui.graphics.image_charts import PixelHistogram
from gui.graphics.image_grid import ImageGrid
from gui.graphics.sample_choice import Choice
from gui.panels.data_view import SUMMARY, DataView
from gui.settings import Settings
from tests.gui.opened import Key, Person
from tests.images import bars

LEFT = Qt.MouseButton.LeftButton


class Moment:
    """What the view takes from a snapshot."""

    def __init__(self, data: Data) -> None:
        self.data = data


@pytest.fixture(params=["light", "dark"])
def look(request) -> theme.Theme:
    return theme.THEMES[request.param]


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.setattr(SHELF, "folder", tmp_path)


def data_of(side: int = 28, **settings) -> Data:
    images = bars(side, n=1_240, n_test=240, full=16 if side == 8 else 255, writers=settings.pop("writers", 0))
    return load_data(DataSpec(dataset=Images.of(SHELF.put(images)), **settings))


class Watched:
    """A view on its own, with what it asked and chose."""

    def __init__(self, qtbot, look: theme.Theme) -> None:
        self.view = DataView(look)
        qtbot.addWidget(self.view)
        self.asked: list[Question] = []
        self.chosen: list[Choice | None] = []
        self.view.asked.connect(self.asked.append)
        self.view.sampleChosen.connect(self.chosen.append)
        self.view.resize(1000, 640)
        self.view.show()
        qtbot.waitExposed(self.view)

    def show(self, data: Data) -> None:
        self.view.show_snapshot(Moment(data))  # type: ignore[arg-type]

    def answer(self) -> None:
        question = self.asked[-1]
        self.view.take_answer(question.key, question.work(lambda share, words="": None, lambda: False))


@pytest.fixture
def watched(qtbot, qapp, look, shelf) -> Watched:
    theme.apply(qapp, look)
    return Watched(qtbot, look)


def shown_in(grid: ImageGrid, row: int) -> np.ndarray:
    """The picture of one image as painted, (side, side) of 0..255, from the middles of its pixels."""
    image, cell, side = grid.viewport().grab().toImage(), grid.cell(row), grid._side
    scale = cell.width() / side
    at = [int((i + 0.5) * scale) for i in range(side)]
    left, top = round(cell.left()), round(cell.top())
    return np.array([[image.pixelColor(left + x, top + y).red() for x in at] for y in at])


def middle_of(cell: QRectF) -> QPoint:
    assert not cell.isEmpty()
    return cell.center().toPoint()


@pytest.mark.parametrize("side", [8, 28])
def test_every_image_is_painted_as_it_is(watched, side):
    data = data_of(side)
    watched.show(data)
    grid = watched.view.grid
    rows = grid.visible_rows()
    assert rows[0] == 0
    assert 20 < len(rows) < 200, "those on screen alone"
    for row in (0, 7, int(rows[12])):
        assert np.abs(shown_in(grid, row) / 255 - data.train.x[row].reshape(side, side)).max() < 1.5 / 255
    grid.mark(999)
    assert 999 in grid.visible_rows()
    assert np.abs(shown_in(grid, 999) / 255 - data.train.x[999].reshape(side, side)).max() < 1.5 / 255


def test_a_class_alone_and_all_of_them_again(watched, qtbot):
    data = data_of()
    watched.show(data)
    view = watched.view
    assert view.chips.button(ALL).text() == "all\n1,000"
    qtbot.mouseClick(view.chips.button(7), LEFT)
    assert {int(data.train.labels[row]) for row in view.grid.visible_rows()} == {7}
    assert len(view.grid._rows) == 100
    qtbot.keyClick(view.chips.button(7), Key.Key_Right)
    assert view.chips.label() == 8
    qtbot.mouseClick(view.averages, LEFT, pos=middle_of(view.averages.cell(2)))
    assert view.chips.label() == 8, "there are no averages yet to click at"
    watched.answer()
    qtbot.mouseClick(view.averages, LEFT, pos=middle_of(view.averages.cell(2)))
    assert view.chips.label() == 2
    assert set(data.train.labels[view.grid.visible_rows()].tolist()) == {2}
    qtbot.mouseClick(view.chips.button(ALL), LEFT)
    assert len(view.grid._rows) == 1_000


def test_an_image_is_found_by_its_number(watched, qtbot):
    data = data_of()
    watched.show(data)
    view = watched.view
    qtbot.mouseClick(view.chips.button(3), LEFT)
    view.number.setFocus(Qt.FocusReason.TabFocusReason)
    view.number.selectAll()
    qtbot.keyClicks(view.number, "986")
    qtbot.keyClick(view.number, Key.Key_Return)
    assert view.grid.marked() == 985
    assert view.chips.label() == ALL, "image 986 is a 5, which was not among those shown"
    assert not view.grid.cell(985).isEmpty()
    assert view.grid.viewport().rect().contains(view.grid.cell(985).toAlignedRect())
    assert view.large.words == ("5", "training image 986")
    assert watched.chosen == [Choice("train", 985)]
    view.grid.verticalScrollBar().setValue(0)
    qtbot.keyClick(view.number, Key.Key_Return)
    assert not view.grid.cell(985).isEmpty()
    assert 985 in view.grid.visible_rows(), "Enter once more scrolls there once more"
    assert len(watched.chosen) == 1
    view.number.selectAll()
    qtbot.keyClicks(view.number, "1001")
    assert view.number.is_marked(), "there are 1,000"
    qtbot.keyClick(view.number, Key.Key_Escape)
    assert view.number.text() == "986"


def test_what_is_pointed_at_is_seen_large_and_a_click_marks_it(watched, qtbot):
    data = data_of(writers=4)
    watched.show(data)
    view, grid = watched.view, watched.view.grid
    assert view.large.words == ("Average", "being worked out")
    watched.answer()
    assert view.large.words == ("Average", "of all 1,000", "training images")
    qtbot.mouseMove(grid.viewport(), middle_of(grid.cell(13)))
    assert view.large.words == ("3", "training image 14", "by writer 1")
    large = view.large.image
    assert (
        np.frombuffer(large.constBits(), np.uint8).reshape(28, 28).tolist()
        == np.rint(data.train.x[13] * 255).reshape(28, 28).tolist()
    )
    qtbot.mouseClick(grid.viewport(), LEFT, pos=middle_of(grid.cell(13)))
    assert grid.marked() == 13
    qtbot.mouseMove(grid.viewport(), middle_of(grid.cell(15)))
    assert view.large.words[1] == "training image 16"
    QApplication.sendEvent(grid.viewport(), _leave())
    assert view.large.words[1] == "training image 14", "the marked one"
    qtbot.mouseClick(grid.viewport(), LEFT, pos=middle_of(grid.cell(13)))
    assert watched.chosen == [Choice("train", 13), None]
    QApplication.sendEvent(grid.viewport(), _leave())
    qtbot.mouseClick(view.chips.button(4), LEFT)
    assert view.large.words == ("Average 4", "of 100", "training images")


def _leave():
    from PySide6.QtCore import QEvent

    return QEvent(QEvent.Type.Leave)


def test_keys_walk_through_the_images(watched, qtbot):
    watched.show(data_of())
    grid = watched.view.grid
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    columns = grid._columns
    expected = 0
    for key, step in (
        (Key.Key_Right, 0), (Key.Key_Right, 1), (Key.Key_Down, columns), (Key.Key_Left, -1), (Key.Key_Up, -columns),
    ):  # fmt: skip
        qtbot.keyClick(grid, key)
        expected += step
        assert grid.marked() == expected
    qtbot.keyClick(grid, Key.Key_End)
    assert grid.marked() == 999
    assert grid.viewport().rect().contains(grid.cell(999).toAlignedRect())
    qtbot.keyClick(grid, Key.Key_Right)
    assert grid.marked() == 999, "there is none after the last"
    qtbot.keyClick(grid, Key.Key_PageUp)
    assert grid.marked() < 999 - columns
    qtbot.keyClick(grid, Key.Key_Home)
    assert grid.marked() == 0


def test_each_part_has_its_own_images(watched, qtbot):
    data = data_of(validation_share=0.25)
    watched.show(data)
    parts = watched.view.parts
    texts = {key: parts.button(key).text() for key in ("train", "validation", "test")}
    assert texts == {"train": "Train 750", "validation": "Validation 250", "test": "Test 240"}
    assert parts.button("yours").isHidden()
    qtbot.mouseClick(parts.button("test"), LEFT)
    assert watched.view.chips.button(ALL).text() == "all\n240"
    grid = watched.view.grid
    qtbot.mouseClick(grid.viewport(), LEFT, pos=middle_of(grid.cell(5)))
    assert watched.chosen == [Choice("test", 5)]
    assert watched.view.large.words[1] == "test image 6"
    qtbot.mouseClick(parts.button("validation"), LEFT)
    qtbot.mouseClick(grid.viewport(), LEFT, pos=middle_of(grid.cell(5)))
    assert watched.view.large.words[1] == "validation image 6"
    assert watched.chosen == [Choice("test", 5)], "the inspector takes no validation image apart"
    qtbot.keyClick(parts.button("validation"), Key.Key_Right)
    assert parts.key() == "test", "the hidden part is stepped over"


def test_own_drawings_come_and_go_without_a_jump(watched, qtbot):
    data = data_of()
    watched.show(data)
    qtbot.mouseClick(watched.view.chips.button(2), LEFT)
    taught = replace(data, taught=replace(data.test))
    watched.show(taught)
    assert watched.view.chips.label() == 2
    assert len(watched.asked) == 1, "the images are the same"
    assert watched.view.parts.button("yours").text() == "Yours 240"
    qtbot.mouseClick(watched.view.parts.button("yours"), LEFT)
    watched.show(data)
    assert watched.view.parts.key() == "train"


def test_counts_and_charts_say_what_there_is(watched):
    data = data_of()
    watched.show(data)
    view = watched.view
    balance = view.balance
    at = QPoint(40, balance.HEAD + 3 * balance.ROW + 4)
    assert balance.text_at(at) == "3: 100 of 1,000 train images, 10 %; 24 of 240 test images, 10 %"
    watched.answer()
    summary = summarize(data)
    assert summary is not None
    paper = 100 * summary.pixels[:, 0].sum() / summary.pixels.sum()
    assert view.histogram.text_at(QPoint(52, 20)) == f"{paper:.1f} % of the pixels hold about 0.00 of full ink"
    view.chips.button(9).click()
    own = 100 * summary.pixels[9, 0] / summary.pixels[9].sum()
    assert view.histogram.text_at(QPoint(52, 20)).startswith(f"{own:.1f} %")
    assert not view.grab().isNull()


def test_the_scale_of_the_histogram(qtbot, look):
    chart = PixelHistogram(look)
    qtbot.addWidget(chart)
    chart.show_pixels(np.array([9_990, 9, 1, 0]))
    assert chart.heights().tolist() == pytest.approx([1.0, 9 / 9_990, 1 / 9_990, 0.0])
    chart.set_log(True)
    # From one in a hundred thousand (0) to all (1): 0.0001 is a fifth of the way.
    assert chart.heights()[1:].tolist() == pytest.approx([(np.log10(9e-4) + 5) / 5, 0.2, 0.0])
    chart.resize(320, 120)
    assert isinstance(chart.grab().toImage(), QImage)
    chart.show_pixels(None)
    assert chart.text_at(QPoint(100, 20)) == ""


def test_a_part_without_a_class_says_so(watched, qtbot):
    images = bars(n=40, n_test=5)
    data = load_data(DataSpec(dataset=Images.of(SHELF.put(images))))
    watched.show(data)
    qtbot.mouseClick(watched.view.parts.button("test"), LEFT)
    qtbot.mouseClick(watched.view.chips.button(1), LEFT)
    assert len(watched.view.grid.visible_rows()) == 0
    assert watched.view.grid.empty_text == "No image of this class is in this part."
    assert not watched.view.grab().isNull()
    qtbot.keyClick(watched.view.grid, Key.Key_Right)
    assert watched.view.grid.marked() == -1


def test_other_data_let_go_of_what_was_there(watched):
    data = data_of()
    watched.show(data)
    watched.answer()
    spec = ExperimentSpec(data=DataSpec(dataset=DATASETS["digits"]()))
    watched.view.show_spec(spec)
    assert watched.view._data is None
    assert watched.view.grid.empty_text == "The images are being loaded."
    assert not watched.view.chips.isEnabled()
    watched.show(load_data(DataSpec()))
    assert watched.view.grid.empty_text.startswith("This experiment has no images.")


def test_sixty_thousand_images_make_no_more_pixels_than_the_screen_has(qtbot, look):
    grid = ImageGrid(look)
    qtbot.addWidget(grid)
    grid.resize(900, 600)
    x = np.zeros((1, 784), np.float32)
    many = np.broadcast_to(x, (60_000, 784))
    grid.set_images(many, np.zeros(60_000, np.int64), 28)
    grid.mark(59_999)
    picture = grid._picture()
    assert picture.width() * picture.height() < 1.3 * 900 * 700
    assert 59_999 in grid.visible_rows()


# --- in the window ------------------------------------------------------------------------------------------------


@pytest.fixture
def person(qtbot, qapp, tmp_path) -> Iterator[Person]:
    app.application()
    person = Person(qtbot, tmp_path / "data", Settings(theme="light", page="insight", reduce_motion=True))
    yield person
    if person.window is not None:
        person.close()


def open_data(person: Person) -> DataView:
    person.window.page.open_view("data")
    view = person.window.page.view
    assert isinstance(view, DataView)
    person.wait(lambda: view._data is not None)
    return view


def test_in_the_window_it_follows_the_experiment(person):
    view = open_data(person)
    person.wait(lambda: view.large.words == ("Average", "of all 1,437", "training images"))
    kept = SHELF.put(bars())
    person.window.images.use(kept.key)
    person.wait(lambda: view.large.words == ("Average", "of all 100", "training images"))
    assert person.window.rail.page() == "insight"
    person.document.undo_stack.undo()
    person.wait(lambda: view.large.words == ("Average", "of all 1,437", "training images"))


def test_a_window_closed_while_averages_are_worked_out_leaves_nothing(person, monkeypatch):
    import threading

    from gui.panels import data_view

    begun, ended = threading.Event(), threading.Event()

    def slow(data: Data, stop) -> None:
        begun.set()
        while not stop():
            pass
        ended.set()

    monkeypatch.setattr(data_view, "summarize", slow)
    open_data(person)
    person.wait(begun.is_set)
    assert person.window.lab.runner.analyses.waits(SUMMARY)
    person.close()
    assert ended.is_set()


def test_snapshots_of_the_same_data_cost_nothing(person):
    view = open_data(person)
    person.wait(lambda: view._summary is not None)
    pictured: list[Snapshot] = []
    view._show_data = pictured.append  # type: ignore[method-assign,assignment]
    person.window.lab.step("epoch")
    person.wait(lambda: person.now.epoch == 1)
    assert pictured == []
