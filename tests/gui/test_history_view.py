"""The history of runs in the real window: what is trained stands in it, and is found, renamed, compared, deleted, reopened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from engine.snapshot import RunState
from engine.spec import ExperimentSpec, to_dict
from engine.stopping import Until
from gui import theme
from gui.controls.run_table import EPOCHS, LOSS, NAME, WHEN, RunTable, moment
from gui.edits import with_learning_rate
from gui.graphics import thumbnail
from gui.graphics.run_cells import spark_lines
from gui.history.record import RunRecord
from gui.history.store import RunStore
from gui.panels.history_view import CHOOSE, HistoryView
from gui.settings import Settings
from tests.gui.opened import CONTROL, Key, Person


def opened(qtbot, folder: Path) -> Person:
    from gui import app

    app.application()
    return Person(qtbot, folder, Settings(theme="light", reduce_motion=True))


@pytest.fixture
def person(qtbot, qapp, tmp_path) -> Iterator[Person]:
    person = opened(qtbot, tmp_path / "data")
    yield person
    person.close()


def train(person: Person, epoch: int) -> None:
    lab = person.window.lab
    lab.play(Until("epoch", epoch))
    person.wait(lambda: person.latest is not None and person.now.epoch >= epoch and not lab.playing)


def three_runs(person: Person) -> HistoryView:
    """Trained 4 epochs, 6 with another learning rate, 2 after a reset; the list of them on screen."""
    train(person, 4)
    document = person.document
    document.restart()
    document.apply("Learning rate", with_learning_rate(document.spec, 0.1))
    person.wait_shown()
    train(person, 6)
    person.window.lab.reset()
    person.wait_shown()
    train(person, 2)
    return shown(person, 3)


def shown(person: Person, n: int) -> HistoryView:
    person.window.open_page("runs")
    view = person.window.page.views["history"]
    assert isinstance(view, HistoryView)
    person.wait(lambda: len(view.table.runs.ids) == n and set(view.table.runs.ids) <= set(view.table.runs.records))
    return view


def row(table: RunTable, run: int) -> QPoint:
    return table.visualRect(table.runs.index(table.runs.places[run], NAME)).center()


def click_rows(person: Person, view: HistoryView, *runs: int) -> None:
    for i, run in enumerate(runs):
        keys = CONTROL if i else Qt.KeyboardModifier.NoModifier
        person.qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, keys, row(view.table, run))
    person.wait(lambda: [look.record.id for look in view.compare._looks] == sorted(runs, reverse=True)[:6])


def text(view: HistoryView, run: int, column: int) -> str:
    return view.table.runs.index(view.table.runs.places[run], column).data()


# --- recording ----------------------------------------------------------------------------------------------------------


def test_every_run_is_recorded_by_itself(person):
    view = three_runs(person)
    third, second, first = view.table.runs.ids
    records = view.table.runs.records
    assert [records[run].epochs for run in (first, second, third)] == [4, 6, 2]
    assert [records[run].differs for run in (first, second, third)] == [
        "First run of this page", "Learning rate 0.01 → 0.1", "Same settings as the run before",
    ]  # fmt: skip
    assert text(view, third, NAME) == "Spiral, 8-8"
    assert text(view, third, LOSS) == f"{person.now.metrics.test_loss:.4f}"
    assert records[third].seconds > 0
    assert len(records[second].spark) == 7
    assert view.table.runs.live == (third, False)
    assert view.count.text() == "3 runs"
    image = view.table.cells.picture(records[first])
    assert (image.width(), image.height()) == (48, 48)
    # Undo goes back to the run before, and what it trains on is written into its row.
    person.window.lab.document.undo_stack.undo()
    person.wait_shown()
    train(person, 9)
    person.wait(lambda: view.table.runs.records[second].epochs == 9 and not view.table.runs.stale)
    assert view.table.runs.ids == [third, second, first]
    assert view.table.runs.live[0] == second


def test_less_than_an_epoch_is_no_run(person):
    person.window.lab.step("batch")
    person.wait_shown()
    person.window.lab.reset()
    person.wait_shown()
    person.window.open_page("runs")
    view = person.window.page.views["history"]
    person.wait(lambda: view._total == 0)
    person.window.lab.runner.record()
    person.wait_shown()
    assert person.window.history.store.count() == 0
    assert "Every run that you train is kept here" in view.empty.text()
    assert view.empty.isVisible()
    assert not view.overlay.isVisible()
    assert not view.reopen.isEnabled()


def test_the_run_in_training_is_in_the_list_and_runs_on(person):
    lab = person.window.lab
    lab.play()
    person.wait(lambda: person.latest is not None and person.now.epoch >= 2)
    view = shown(person, 1)
    run = view.table.runs.ids[0]
    person.wait(lambda: view.table.runs.live == (run, True))
    before = view.table.runs.records[run].epochs
    person.wait(lambda: view.table.runs.records[run].epochs > before)
    assert int(text(view, run, EPOCHS).replace(",", "")) > before
    lab.pause()
    person.wait_for(RunState.PAUSED)
    person.wait(lambda: view.table.runs.live == (run, False))


def test_the_run_of_the_last_session_goes_on_in_its_row(qtbot, qapp, tmp_path):
    person = opened(qtbot, tmp_path / "data")
    train(person, 3)
    person.close()  # at the end it is written at once
    person = opened(qtbot, tmp_path / "data")
    try:
        train(person, 5)
        view = shown(person, 1)
        record = view.table.runs.records[view.table.runs.ids[0]]
        person.wait(lambda: view.table.runs.records[record.id].epochs == 5)
        assert record.differs == "First run of this page"
        assert view.table.runs.live[0] == record.id
    finally:
        person.close()


def test_a_damaged_history_is_told_and_a_new_one_begun(qtbot, qapp, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "runs.sqlite").write_bytes(b"nothing of ours" * 400)
    person = opened(qtbot, folder)
    try:
        train(person, 1)
        view = shown(person, 1)
        assert person.banner.startswith("The history of runs was damaged, so a new one is begun.")
        assert view.count.text() == "1 run"
        assert (folder / "runs.bad" / "runs.sqlite").exists()
    finally:
        person.close()


# --- the view -------------------------------------------------------------------------------------------------------------


def test_compare_rename_delete_and_find(person):
    view = three_runs(person)
    third, second, first = view.table.runs.ids

    # Two over each other: curves, numbers on their colours, what differs.
    click_rows(person, view, first, second)
    assert [len(curve.xData) for pair in view.overlay.plot._others[:2] for curve in pair] == [7, 7, 5, 5]
    assert view.table.runs.chips == {second: 0, first: 1}
    lines = {line.name: line for line in view.compare.lines}
    assert lines["Learning rate"].values == ("0.1", "0.01")
    assert lines["Epochs"].values == ("6", "4")
    assert "Layers" not in lines
    assert view.compare.item(0, 1).text() == "Spiral, 8-8"
    # The legend says the losses at the end, or where the pointer is.
    legend, plot = view.overlay.legend, view.overlay.plot
    assert legend.losses(legend._looks[1]).startswith(f"{legend._looks[1].curves[-1, 1]:.4f} / ")
    place = QPointF(2.0, sum(plot.box.viewRange()[1]) / 2)
    person.qtbot.mouseMove(plot.viewport(), plot.mapFromScene(plot.box.mapViewToScene(place)))
    assert legend.losses(legend._looks[1]).startswith(f"{legend._looks[1].curves[2, 1]:.4f} / ")
    person.qtbot.mouseMove(view.search)
    legend.point(None)
    logarithmic = view.overlay.plot._others[0][0].yData.copy()
    person.click(view.overlay.log, QPoint(8, 14))
    assert np.allclose(np.log10(view.overlay.plot._others[0][0].yData), logarithmic)
    assert not view.reopen.isEnabled()

    # Of one alone all settings are listed.
    click_rows(person, view, second)
    assert view.reopen.isEnabled()
    assert {"Layers", "Optimizer", "Batch size"} <= {line.name for line in view.compare.lines}

    # F2 opens the name in its place; Enter accepts, and opens nothing.
    person.press(Key.Key_F2)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    person.type("My best r")
    person.press(Key.Key_Return)
    person.wait(lambda: person.window.history.store.rows([second])[second].name == "My best r")
    assert text(view, second, NAME) == "My best r"
    assert person.window.rail.page() == "runs"
    person.wait(lambda: not view.table.runs.stale)

    # Words of the name and of the settings.
    person.click(view.search)
    person.type("best adam")
    person.wait(lambda: view.table.runs.ids == [second])
    assert view.count.text() == "1 of 3 runs"
    view.search.setText("nowhere")
    person.wait(lambda: "No run has “nowhere”" in view.empty.text() and view.empty.isVisible())
    view.search.clear()
    person.wait(lambda: len(view.table.runs.ids) == 3 and not view.table.runs.stale)
    person.click(view.pages.button("digits"))
    person.wait(lambda: not view.table.runs.ids)
    person.click(view.pages.button("any"))
    person.wait(lambda: len(view.table.runs.ids) == 3)

    # A click on a header sorts, another one turns it round.
    header = view.table.horizontalHeader()
    for order in ([second, first, third], [third, first, second]):
        at = QPoint(header.sectionViewportPosition(EPOCHS) + 20, 10)
        person.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
        person.wait(lambda order=order: view.table.runs.ids == order)
    at = QPoint(header.sectionViewportPosition(WHEN) + 20, 10)
    person.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    person.wait(lambda: view.table.runs.ids == [third, second, first])

    # Delete, delete, and both back.
    click_rows(person, view, second)
    person.press(Key.Key_Delete)
    person.wait(lambda: view.table.runs.ids == [third, first])
    assert view.bar.isVisible()
    assert view.bar.accessibleName() == "Deleted My best r."
    click_rows(person, view, third)
    person.press(Key.Key_Delete)
    person.wait(lambda: view.table.runs.ids == [first])
    person.click(view.bar.undo)
    person.wait(lambda: view.table.runs.ids == [third, first])
    person.click(view.bar.undo)
    person.wait(lambda: view.table.runs.ids == [third, second, first])
    assert not view.bar.isVisible()


def test_reopened_runs_go_on_as_runs_of_their_own(person):
    view = three_runs(person)
    _, second, first = view.table.runs.ids
    person.window.history.rename(first, "The first")
    person.wait(lambda: view.table.runs.records[first].name == "The first")
    last = person.document.run
    click_rows(person, view, first)
    person.press(Key.Key_Return)
    person.wait(lambda: person.window.rail.page() == "playground" and person.document.run != last)
    person.wait(lambda: person.latest is not None and person.now.run == person.document.run)
    assert (person.now.epoch, len(person.now.history)) == (4, 5)
    assert person.document.spec.optimizer.learning_rate == 0.01
    assert person.document.undo_stack.undoText() == "Reopen The first"
    train(person, 7)
    view = shown(person, 4)
    newest = view.table.runs.records[view.table.runs.ids[0]]
    assert (newest.parent, newest.epochs, newest.differs) == (first, 7, "From epoch 4 of The first")
    assert view.table.runs.records[first].epochs == 4
    person.document.undo_stack.undo()
    person.wait(lambda: person.document.run == last and person.now.run == last)
    assert person.now.epoch == 2
    # A double click, on a run whose weights are gone: one sentence, and nothing else happens.
    person.window.history.store.weights_of(second).unlink()
    person.qtbot.mouseDClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=row(view.table, second))
    person.wait(lambda: "is gone, and the weights of this run with it" in person.banner)
    assert person.window.rail.page() == "runs"
    assert person.document.run == last


def test_the_keys_of_the_window_work_on_the_list_but_for_its_ends(person):
    view = three_runs(person)
    third, _, first = view.table.runs.ids
    click_rows(person, view, third)
    person.press(Key.Key_End)
    assert view.table.current() == first
    person.press(Key.Key_A, CONTROL)
    assert len(view.table.selected()) == 3
    person.press(Key.Key_Space)
    person.wait(lambda: person.now.state is RunState.RUNNING)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    person.window.toggle_theme()
    assert view.overlay.theme is theme.DARK
    assert view.hint.text() == CHOOSE
    for widget in (view.search, view.table, view.compare, view.overlay.plot, view.overlay.legend):
        assert widget.accessibleName()
    assert view.whatsThis()


def test_only_rows_on_screen_are_read(qtbot, qapp, tmp_path):
    store = RunStore(tmp_path)
    spec = json.dumps(to_dict(ExperimentSpec()))
    store.put_all(
        RunRecord("playground", f"run {i}", 60.0 * i, 60.0 * i + 9, i, 1.0, 1, spec, test_loss=0.5) for i in range(300)
    )
    view = HistoryView(theme.LIGHT)
    qtbot.addWidget(view)
    # Answered at once, as by a thread that is never late.
    view.asked.connect(lambda question: view.take_answer(question.key, question.work(lambda *_: None, lambda: False)))
    try:
        view.resize(1200, 600)
        view.use_store(store)
        view.show()
        qtbot.waitUntil(lambda: len(view.table.runs.ids) == 300)
        assert view.count.text() == "300 runs"
        assert len(view.table.runs.records) <= 60
        view.table.scrollToBottom()
        qtbot.waitUntil(lambda: set(view.table.on_screen()) <= set(view.table.runs.records))
        assert view.table.runs.index(299, NAME).data() == "run 0"
        assert len(view.table.runs.records) <= 120
        view.table.setFocus()
        qtbot.keyClick(view.table, Key.Key_A, CONTROL)
        qtbot.waitUntil(lambda: len(view.overlay.looks) == 6)
        assert view.overlay.heading.text() == "Loss curves, the first 6 of 300"
        # Another order keeps what is selected, and reads again only what is seen.
        view.table.select([7, 9], 7)
        view._on_chosen((7, 9))
        header = view.table.horizontalHeader()
        at = QPoint(header.sectionViewportPosition(NAME) + 20, 10)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
        qtbot.waitUntil(lambda: view.table.runs.ids[:2] == [1, 2])
        assert view.table.selected() == [7, 9]
        assert header.model().headerData(NAME, Qt.Orientation.Horizontal) == "Run ↑"
    finally:
        view.close()
        store.close()


# --- pieces ---------------------------------------------------------------------------------------------------------------


def test_thumbnails_keep_what_is_shown_through_the_png(qapp):
    lut = thumbnail.lut_of(theme.LIGHT, 1)
    field = np.linspace(0, 1, 48 * 48).reshape(1, 48, 48)
    image = thumbnail.picture(thumbnail.png(thumbnail.gray_of(field)), lut)
    assert image.pixel(0, 0) == lut[0]
    assert image.pixel(47, 47) == lut[255]
    three = np.zeros((3, 48, 48))
    three[2] = 1.0  # class 2 for certain
    gray = thumbnail.gray_of(three)
    assert thumbnail.lut_of(theme.LIGHT, 3)[gray[0, 0]] == thumbnail.lut_of(theme.LIGHT, 3)[254]
    broken = thumbnail.gray_of(np.full((1, 4, 4), np.nan))
    assert (broken == 128).all()
    assert thumbnail.picture(b"no png", lut).isNull()


def test_templates_share_the_square_out():
    shown = thumbnail.templates(np.stack([np.full((8, 8), i - 4.0) for i in range(9)]))
    assert shown[0, 0] == 1
    assert shown[40, 40] == 255
    assert shown[15, 0] == thumbnail.GAP
    assert thumbnail.templates(np.ones((2, 8, 8))).min() == 255


def test_spark_lines_fill_their_box():
    spark = np.array([[0, 1.0, 10.0], [1, 0.1, 1.0], [2, 0.01, np.nan]], np.float32)
    train_line, test_line = spark_lines(spark, QRectF(10, 20, 80, 30))
    assert [(p.x(), round(p.y(), 3)) for p in train_line] == [(10, 30), (50, 40), (90, 50)]
    assert [(p.x(), round(p.y(), 3)) for p in test_line] == [(10, 20), (50, 30)]
    assert spark_lines(spark[:1], QRectF(0, 0, 1, 1)) == []


def test_moments_are_short(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    now = 1_790_000_000.0  # 21 Sep 2026, 14:13
    assert moment(now - 60, now) == "14:12"
    assert moment(now - 86_400, now) == "20 Sep"
    assert moment(now - 400 * 86_400, now) == "17 Aug 2025"
