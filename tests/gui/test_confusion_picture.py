"""The confusion matrix and the table of scores: what they say, colours that can be read, pointer and keys."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.metrics import confusion_matrix
from gui import theme
from gui.graphics import class_table
from gui.graphics.class_table import ClassTable
from gui.graphics.confusion_picture import ConfusionPicture, cell_words, ramp

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


def counts() -> np.ndarray:
    """980 nines, 12 of them read as 4; 5 zeros, one of them read as 9; nothing else."""
    matrix = np.zeros((10, 10), np.int64)
    matrix[9, 9], matrix[9, 4], matrix[0, 0], matrix[0, 9] = 968, 12, 4, 1
    return matrix


@pytest.fixture(params=["light", "dark"])
def look(request) -> theme.Theme:
    return theme.THEMES[request.param]


@pytest.fixture
def matrix(qtbot, look) -> ConfusionPicture:
    widget = ConfusionPicture(look)
    qtbot.addWidget(widget)
    widget.resize(424, 360)
    widget.set_counts(counts())
    widget.show()
    qtbot.waitActive(widget)
    return widget


def test_what_a_cell_says() -> None:
    assert cell_words(counts(), (9, 4)) == "9 read as 4: 12 of 980 nines, 1.2 %"
    assert cell_words(counts(), (9, 9)) == "9 read as 9: 968 of 980 nines, 98.8 %"
    assert cell_words(counts(), (3, 3)) == "3 read as 3: there are no threes among these"


def test_counts_and_shares_in_the_cells(matrix: ConfusionPicture) -> None:
    assert matrix.text((9, 4)) == "12"
    assert matrix.words == "Most often: 9 read as 4: 12 of 980 nines, 1.2 %"
    matrix.set_shares(True)
    assert [matrix.text(cell) for cell in ((9, 4), (9, 9), (0, 9), (3, 3))] == ["1.2", "98.8", "20.0", "–"]
    assert matrix.words == "Most often: 0 read as 9: 1 of 5 zeros, 20 %", "of all zeros that is the larger part"
    matrix.set_counts(np.eye(10, dtype=np.int64) * 3)
    assert matrix.text((1, 1)) == "100"
    assert matrix.words == "No mistakes: all are on the diagonal"
    matrix.set_counts(np.zeros((10, 10), np.int64))
    assert matrix.words == "Counted once the network has answered"


def test_mistakes_stand_out_and_the_diagonal_is_quiet(matrix: ConfusionPicture, look: theme.Theme) -> None:
    image = matrix.grab().toImage()

    def ground(cell: tuple[int, int]) -> object:
        return image.pixelColor(matrix.box(cell).topLeft().toPoint())

    assert ground((9, 4)) == look.mistake(1.0)
    assert ground((0, 9)) == look.mistake(ramp(1, 12))
    assert ground((9, 9)) == look.sunken
    assert ground((5, 6)) == look.panel


def test_the_ramp_is_even_and_text_reads_on_all_of_it(look: theme.Theme) -> None:
    def lightness(color) -> float:
        y = theme.luminance(color)
        return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y

    steps = np.diff([lightness(look.mistake(share)) for share in np.linspace(0, 1, 9)])
    assert (steps < 0).all() or (steps > 0).all()
    assert np.abs(steps).max() < 1.5 * np.abs(steps).min()
    assert abs(steps.sum()) > 20
    assert min(theme.contrast(look.text, look.mistake(share)) for share in np.linspace(0, 1, 50)) >= 4.5


def test_pointer_and_click(qtbot, matrix: ConfusionPicture) -> None:
    qtbot.mouseMove(matrix, QPoint(2, 2))  # a move to where the pointer already is would be swallowed
    at = matrix.box((9, 4)).center().toPoint()
    qtbot.mouseMove(matrix, at)
    assert matrix.words == "9 read as 4: 12 of 980 nines, 1.2 %"
    assert matrix.accessibleDescription() == matrix.words
    with qtbot.waitSignal(matrix.cellChosen) as chosen:
        qtbot.mouseClick(matrix, LEFT, pos=at)
    assert chosen.args == [(9, 4)]
    assert matrix.chosen is None, "it waits to be told"
    matrix.set_chosen((9, 4))
    with qtbot.waitSignal(matrix.cellChosen) as chosen:
        qtbot.mouseClick(matrix, LEFT, pos=at)
    assert chosen.args == [None], "again: all"
    with qtbot.assertNotEmitted(matrix.cellChosen):
        qtbot.mouseClick(matrix, LEFT, pos=QPoint(2, 2))


def test_keys(qtbot, matrix: ConfusionPicture) -> None:
    matrix.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Key.Key_Down, Key.Key_Up, Key.Key_Down, Key.Key_Right, Key.Key_Right, Key.Key_Left):
        qtbot.keyClick(matrix, key)
    assert matrix.at_hand == (1, 1)
    with qtbot.waitSignal(matrix.cellChosen) as chosen:
        qtbot.keyClick(matrix, Key.Key_Return)
    assert chosen.args == [(1, 1)]
    matrix.set_chosen((1, 1))
    with qtbot.waitSignal(matrix.cellChosen) as chosen:
        qtbot.keyClick(matrix, Key.Key_Escape)
    assert chosen.args == [None]


def test_the_table_against_scikit_learn(qtbot, look) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 8, 400)  # no 8, no 9 ...
    read = np.where(rng.random(400) < 0.7, labels, rng.integers(0, 9, 400))  # ... but 8 is read
    read[read == 2] = 3  # and 2 never
    widget = ClassTable(look)
    qtbot.addWidget(widget)
    widget.show_counts(confusion_matrix(labels, read, 10), float(np.mean(labels == read)))
    report = sklearn.classification_report(labels, read, output_dict=True, zero_division=0)
    for label in range(9):
        theirs = report[str(label)]
        expected = (*(class_table.score(theirs[name]) for name in ("precision", "recall", "f1-score")),)
        assert widget.rows[label][1:4] == expected
        assert widget.rows[label][4] == str(int(theirs["support"]))
    assert widget.rows[9][1:] == ("–", "–", "–", "0"), "neither there nor read"
    macro = report["macro avg"]
    assert widget.rows[10][1:4] == tuple(class_table.score(macro[name]) for name in ("precision", "recall", "f1-score"))
    assert widget.rows[11][3] == class_table.score(report["accuracy"])
    widget.resize(400, widget.sizeHint().height())
    assert not widget.grab().isNull()


def test_rounded_up_nothing_is_perfect() -> None:
    assert doctest.testmod(class_table).failed == 0
