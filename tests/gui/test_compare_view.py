"""The Compare view of the Runs page in the real window: run, read, switch, cancel, fit, close; no child process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.errors import NeuroloomError
from engine.snapshot import RunState
from engine.trainer import Trainer
from gui import app, theme
from gui.comparing.baselines import MODELS, OURS, Baselines, Fitted
from gui.comparing.conventions import SKLEARN, TORCH
from gui.comparing.parity import NO_TORCH, Parity
from gui.controls import baseline_board, parity_board
from gui.controls.convention_list import ConventionList
from gui.graphics.baseline_table import BaselineRow, BaselineTable
from gui.graphics.parity_plot import Curve, ParityPlot, thinned
from gui.graphics.recall_grid import RecallGrid
from gui.panels.compare_view import CompareView
from gui.settings import Settings
from tests.gui.compared import spec_for
from tests.gui.opened import Key, Person


class Process:
    """In place of the child: says a line for each epoch, waits until it is let go on, and hears when it is given up."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.asked: list[Parity | Baselines] = []
        self.given_up = 0
        self.error = ""
        self.grows = 1e-14

    def wait(self, stop) -> bool:
        while not self.go.wait(0.005):
            if stop():
                self.given_up += 1
                return False
        return True

    def compare(self, parity, data, tell, stop, libraries):
        self.asked.append(parity)
        parity.hear({"in": "ours", "version": "float64"})
        parity.hear({"in": "sklearn", "version": "1.9"})
        parity.hear({"out": "torch", "why": "not installed"})
        for epoch in range(parity.epochs + 1):
            loss, delta = 1 / (1 + epoch), self.grows * epoch
            parity.hear({"epoch": epoch, "ours": [epoch, loss, 0.5, 0.0], "sklearn": [2 * epoch, loss, 0.5, delta]})
            if epoch in (0, 2, parity.epochs):
                tell(epoch / parity.epochs, f"epoch {epoch:,} of {parity.epochs:,}")
            if epoch == 2 and not self.wait(stop):
                return None
        if self.error:
            raise NeuroloomError(self.error)
        parity.done = True
        return parity

    def fit(self, made, tell, stop):
        self.asked.append(made)
        made.n_train = len(made.data.train)
        made.fitted[OURS] = Fitted(0.6, 0.5)
        for at, model in enumerate(MODELS):
            made.begins = model.key
            tell(at / len(MODELS), f"fitting {model.title}")
            if at == 2 and not self.wait(stop):
                return None
            made.fitted[model.key] = Fitted(1.0, 0.9 + at / 100, 0.01, np.full((1, 64, 64), at / 5, np.float32))
        made.done = True
        return made


@pytest.fixture
def process(monkeypatch) -> Process:
    one = Process()
    monkeypatch.setattr(parity_board, "compare", one.compare)
    monkeypatch.setattr(parity_board, "torch_is_there", lambda: False)
    monkeypatch.setattr(baseline_board, "fit", one.fit)
    return one


@pytest.fixture
def person(qtbot: QtBot, qapp, tmp_path, process) -> Iterator[Person]:
    app.application()
    one = Person(qtbot, tmp_path / "data", Settings(page="playground", reduce_motion=True))
    one.window.resize(1400, 800)
    one.window.show_page("runs")
    one.click(one.window.page._frame.segments.button("compare"))
    one.wait(lambda: one.window.page.view.parity._ready)
    yield one
    process.go.set()
    if one.window is not None:
        one.close()


def view_of(person: Person) -> CompareView:
    view = person.window.page.view
    assert isinstance(view, CompareView)
    return view


def test_three_rows_two_plots_and_a_sentence(person: Person, process: Process) -> None:
    board = view_of(person).parity
    assert board.why[TORCH].text() == NO_TORCH, "before anything runs it says how to add it"
    assert board.losses.hint == parity_board.EMPTY
    assert not board.verdict.text()
    person.click(board.run_button)
    person.wait(lambda: board.result is not None and board.result.done and board.run_button.text() == "Run")
    assert board.result.spec == person.document.spec
    assert [cell.text() for cell in board.cells["ours"]] == ["float64", "200.00 s", "0.0050", "50.0 %", "—"]
    assert [cell.text() for cell in board.cells[SKLEARN]] == ["1.9", "400.00 s", "0.0050", "50.0 %", "2·10⁻¹²"]
    assert board.why[TORCH].isVisible()
    assert not board.cells[TORCH][0].isVisible()
    assert board.verdict.text() == "The same weights as scikit-learn, to 2·10⁻¹² after 200 epochs."
    assert [len(curve.y) for curve in board.losses.curves] == [201, 201]
    assert [curve.title for curve in board.deltas.curves] == ["scikit-learn"]
    assert person.now.epoch == 0, "the run on screen stays as it is"

    # The pointer over one plot reads both; arrow keys do the same.
    area = board.losses.area
    person.qtbot.mouseMove(board.losses, QPoint(3, 3))
    person.qtbot.mouseMove(board.losses, QPoint(round(area.center().x()), round(area.center().y())))
    assert board.losses.epoch == board.deltas.epoch == 100
    board.deltas.setFocus()
    person.press(Key.Key_Right)
    assert board.deltas.epoch == board.losses.epoch == 101
    person.press(Key.Key_End)
    assert board.losses.epoch == 200
    person.click(board.logarithmic)
    assert not board.losses.logarithmic

    # Another switch, another spec: it says that what is on screen is not of that.
    person.click(board.conventions.rows["order"].box, QPoint(10, 12))
    assert board.conventions.apart == {"order"}
    assert board.words.text() == "Of other conventions; Run compares those of now."
    process.grows = 0.01
    person.click(board.run_button)
    person.wait(lambda: board.result.done and board.run_button.text() == "Run")
    assert process.asked[-1].apart == {"order"}
    assert board.verdict.text() == "The weights part by up to 2 after 200 epochs. As they come: Order of the samples."
    person.click(board.conventions.agree_button)
    assert board.conventions.apart == frozenset()
    spec = person.document.spec
    person.document.apply("Batch size", replace(spec, training=replace(spec.training, batch_size=20)))
    person.wait(lambda: board.words.text() == "Of other settings; Run compares those of now.")


def test_cancel_keeps_what_there_is_and_a_failure_is_told(person: Person, process: Process) -> None:
    board = view_of(person).parity
    process.go.clear()
    person.click(board.run_button)
    person.wait(lambda: board.words.text() == "Epoch 2 of 200")
    assert board.run_button.text() == "Cancel"
    assert not board.conventions.isEnabled()
    assert len(board.losses.curves[0].y) == 3, "it is drawn while it runs"
    person.click(board.run_button)
    person.wait(lambda: process.given_up == 1)
    assert board.words.text() == "Cancelled after epoch 2."
    process.go.set()
    process.error = "There is no comparison: the disk is full. Run it again."
    person.click(board.run_button)
    person.wait(lambda: board.words.text() == process.error)
    assert board.run_button.text() == "Run"


def test_closing_the_window_ends_a_comparison(person: Person, process: Process) -> None:
    process.go.clear()
    person.click(view_of(person).parity.run_button)
    person.wait(lambda: view_of(person).parity.words.text() == "Epoch 2 of 200")
    person.close()
    assert process.given_up == 1


def test_baselines_side_by_side_with_the_network(person: Person, process: Process) -> None:
    view = view_of(person)
    person.click(view.segments.button("baselines"))
    board = view.baselines
    assert all(row.note == baseline_board.EMPTY for row in board.table.rows)
    process.go.clear()
    person.click(board.fit_button)
    person.wait(lambda: board.words.text() == "Fitting SVM (RBF)")
    assert [bool(row.note) for row in board.table.rows] == [False, False, False, True, True, True]
    assert board.table.rows[3].note == "Fitting …"
    person.click(board.fit_button)
    person.wait(lambda: process.given_up == 1)
    assert board.words.text().startswith("Cancelled. Fitted on 280 training samples")
    process.go.set()
    person.window.lab.run_epochs(3)
    person.wait(lambda: person.now.epoch >= 3 and person.now.state is RunState.PAUSED)
    person.click(board.fit_button)
    person.wait(lambda: board.result.done and board.fit_button.text() == "Fit")
    best = [row.title for row in board.table.rows if row.best]
    assert best == ["Gradient boosting"]
    assert "Gradient boosting is ahead of the network by " in board.verdict.text()
    assert board.table.rows[0].time_text == f"epoch {person.now.epoch}"
    assert board.planes.pictures["forest"].field.values is board.result.fitted["forest"].field
    assert board.planes.names["forest"].text() == "Random forest  93.0 %"

    # Other data: what was fitted is not about them.
    spec = person.document.spec
    person.document.apply("Data seed", replace(spec, data=replace(spec.data, seed=7)))
    person.wait(lambda: board.result is None)
    assert all(row.note == baseline_board.EMPTY for row in board.table.rows)


def test_verdicts_of_baselines(qtbot: QtBot) -> None:
    board = baseline_board.BaselineBoard(theme.LIGHT)
    qtbot.addWidget(board)
    fitted = {OURS: Fitted(0.9, 0.9), "forest": Fitted(1.0, 0.85, 0.1)}
    snapshot = Trainer(spec_for("circles")).snapshot()
    board.result = Baselines(replace(snapshot, epoch=5), fitted, done=True)
    scores = {key: one.test for key, one in fitted.items()}
    assert board._verdict(fitted, scores, OURS) == (
        "The network is ahead of all: by 5.0 points of Random forest, fitted in 0.100 s."
    )
    assert board._verdict(fitted, {OURS: 0.85, "forest": 0.85}, OURS).startswith(
        "Random forest is as good as the network"
    )
    board.result.snapshot = snapshot
    assert "press Space" in board._verdict(fitted, scores, OURS)


# --- parts --------------------------------------------------------------------------------------------------------------


def test_a_list_keeps_its_switches_for_another_experiment(qtbot: QtBot) -> None:
    one = ConventionList()
    qtbot.addWidget(one)
    one.show_spec(spec_for("plane"))
    one.apart_button.click()
    assert "half" in one.in_force
    one.show_spec(spec_for("circles"))
    assert "half" in one.apart
    assert "half" not in one.in_force
    assert not one.rows["half"].isEnabled()
    assert not one.apart_button.isEnabled()
    one.agree_button.click()
    assert one.in_force == frozenset()
    assert all(row.box.isChecked() for row in one.rows.values())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (2.34e-14, "2.3·10⁻¹⁴"),
        (0.00123, "0.0012"),
        (6.7557, "6.8"),
        (1234.0, "1.2·10³"),
        (np.nan, "not finite"),
    ],
)
def test_differences_in_two_figures(value: float, words: str) -> None:
    assert ParityPlot.words(value) == words


def test_plots_paint_whatever_comes(qtbot: QtBot, qapp: QApplication) -> None:
    plot = ParityPlot(theme.DARK, "max |Δw|", "A tip.")
    plot.set_bound(1e-9, "10⁻⁹")
    qtbot.addWidget(plot)
    plot.resize(400, 220)
    for y in ([], [0.0], [0.0, 0.0, 0.0], [0.0, 1e-16, np.nan, np.inf, 1e300], np.full(5, np.nan)):
        plot.show_curves([Curve("one", 1, np.array(y, np.float64))], 4)
        for logarithmic in (True, False):
            plot.set_logarithmic(logarithmic)
            assert not plot.grab().isNull()
    plot.set_logarithmic(True)
    low, high = plot._heights()
    assert low < -9 < high, "the bound is always in sight"


def test_a_long_line_keeps_its_peaks() -> None:
    xs, ys = np.arange(10_000.0), np.zeros(10_000)
    ys[[1234, 7000]] = 5.0, -5.0
    thin_x, thin_y = thinned(xs, ys, 100)
    assert len(thin_x) <= 201
    assert {1234.0, 7000.0, 9999.0} <= set(thin_x)
    assert (thin_y.min(), thin_y.max()) == (-5.0, 5.0)
    np.testing.assert_array_equal(thinned(xs[:50], ys[:50], 100)[0], xs[:50])


def test_a_grid_of_recalls_paints_what_is_not_there(qtbot: QtBot) -> None:
    grid = RecallGrid(theme.DARK)
    qtbot.addWidget(grid)
    grid.resize(800, 120)
    assert not grid.grab().isNull()
    grid.show_rows([("One", (1.0, 0.2, float("nan"))), ("Two", (0.99, 1.0, 0.5))])
    assert grid.accessibleDescription() == "One: 100.0 %, 20.0 %, –. Two: 99.0 %, 100.0 %, 50.0 %"
    assert not grid.grab().isNull()


def test_a_table_of_scores_paints_below_zero_and_above(qtbot: QtBot) -> None:
    table = BaselineTable(theme.LIGHT)
    qtbot.addWidget(table)
    table.resize(600, 300)
    rows = [
        BaselineRow("One", -3.0, 1.5, "−3.000", "1.500", "1.0 s", best=True),
        BaselineRow("Two", note="Not fitted yet"),
    ]
    table.show_rows(rows, "R²")
    assert not table.grab().isNull()
    assert table.accessibleDescription() == "One: test −3.000, train 1.500, 1.0 s. Two: Not fitted yet"
