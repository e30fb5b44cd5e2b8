"""The pictures of a study by themselves: with no trial, one, and three hundred; pointed at, brushed and walked through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS
from engine.spec import DataSpec, ExperimentSpec
from gui import app, theme
from gui.graphics.contour_plot import ContourPlot
from gui.graphics.importance_bars import ImportanceBars
from gui.graphics.parallel_plot import ParallelPlot
from gui.graphics.pareto_plot import ParetoPlot
from gui.graphics.slice_plot import SlicePlot
from gui.graphics.trial_axes import Trials
from gui.graphics.trial_picture import picture_of
from gui.graphics.trial_plot import TrialPlot, rank_color
from gui.graphics.trial_wall import TrialWall
from gui.tuning.study import COMPLETE, StudyView
from tests.gui.studies import boundary, settings_of, study

LEFT, Key = Qt.MouseButton.LeftButton, Qt.Key
PLOTS = (TrialWall, ParallelPlot, ImportanceBars, SlicePlot, ContourPlot, ParetoPlot)
FRONT = "accuracy_and_parameters"


@pytest.fixture
def show(qtbot: QtBot, qapp):
    app.application()

    def made(kind: type[TrialPlot], trials: Trials | None) -> TrialPlot:
        plot = kind(theme.LIGHT)
        qtbot.addWidget(plot)
        plot.resize(900, 600)
        if isinstance(plot, TrialWall):
            plot.set_room(QSize(900, 600))
        plot.show_trials(trials)
        plot.show()
        return plot

    return made


def colors_in(plot: TrialPlot) -> int:
    image = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return len(np.unique(pixels[::2, ::2]))


@pytest.mark.parametrize("kind", PLOTS)
def test_with_no_trial_one_and_three_hundred(show, kind):
    plot = show(kind, None)
    assert plot.lacks()
    words = colors_in(plot)
    for n in (0, 1, 300):
        plot.show_trials(Trials(study(n, settings_of(objective=FRONT))))
        plot.apply_theme(theme.DARK if n else theme.LIGHT)
        assert bool(plot.lacks()) == (n == 0)
        assert colors_in(plot) > (5 if n else 1)
    assert colors_in(plot) > words


def test_what_is_no_number_is_left_out_of_every_picture(show):
    view = study(12, settings_of(objective=FRONT))
    broken = tuple(
        replace(trial, values=(float("nan"), 1e300), curve=((1, float("inf")),), picture=b"no picture", params={})
        for trial in view.trials
    )
    for kind in PLOTS:
        plot = show(kind, Trials(replace(view, trials=broken)))
        assert colors_in(plot) > 1


def test_only_tiles_in_sight_are_painted_and_their_pictures_made(show):
    wall = show(TrialWall, Trials(study(300)))
    assert wall.height() > 5 * 600
    image = QImage(900, 600, QImage.Format.Format_RGB32)
    wall._pixmaps.clear()
    wall.render(image, QPoint(), wall.rect().intersected(image.rect()))
    assert 0 < len(wall._pixmaps) < 40


def test_the_wall_is_sorted_by_number_or_the_best_first(show):
    view = study(30)
    wall = show(TrialWall, Trials(view))
    assert wall.walk() == tuple(range(30))
    wall.sort(by_value=True)
    values = [view.trials[n].values[0] for n in wall.walk() if view.trials[n].state == COMPLETE]
    assert values == sorted(values)
    assert wall.walk()[0] == view.best[0]
    assert view.trials[wall.walk()[-1]].state != COMPLETE


def test_a_running_trial_moves_and_stands_still_where_motion_is_reduced(show, qtbot):
    wall = show(TrialWall, Trials(study(6, running=2)))
    assert wall._clock.isActive()
    wall.reduce_motion = True
    wall.show_trials(Trials(study(6, running=2)))
    assert not wall._clock.isActive()
    wall.reduce_motion = False
    wall.show_trials(Trials(study(6)))
    assert not wall._clock.isActive()


def test_tiles_are_pointed_at_chosen_and_opened(show, qtbot):
    wall = show(TrialWall, Trials(study(30)))
    picked, opened, pointed = [], [], []
    wall.picked.connect(picked.append)
    wall.opened.connect(opened.append)
    wall.pointed.connect(lambda number, _where: pointed.append(number))
    at = wall.box(9).center().toPoint()
    qtbot.mouseMove(wall, at)
    qtbot.mouseClick(wall, LEFT, pos=at)
    qtbot.mouseDClick(wall, LEFT, pos=at)
    assert (picked[0], opened, pointed) == (9, [9], [9])
    wall.setFocus()
    columns = wall._columns
    for key, number in (
        (Key.Key_Right, 10),
        (Key.Key_Down, 10 + columns),
        (Key.Key_Up, 10),
        (Key.Key_End, 29),
        (Key.Key_Home, 0),
    ):
        qtbot.keyClick(wall, key)
        assert wall.selected == number
    qtbot.keyClick(wall, Key.Key_Left)
    assert wall.selected == 0
    qtbot.keyClick(wall, Key.Key_Return)
    assert opened == [9, 0]


@pytest.mark.parametrize("kind", [ParallelPlot, SlicePlot, ContourPlot, ParetoPlot])
def test_a_trial_is_found_where_it_is_drawn_and_walked_to_by_key(show, qtbot, kind):
    trials = Trials(study(40, settings_of(objective=FRONT)))
    plot = show(kind, trials)
    row = trials.best_first[0]
    number = trials.view.trials[row].number
    if isinstance(plot, ParallelPlot):
        a, b = plot.points(row)[:2]
        assert plot.hit(a + (b - a) * 0.5) >= 0
        at = a + (b - a) * 0.5
    else:
        at = plot.at(row, 0, plot.boxes()[0])
    qtbot.mouseClick(plot, LEFT, pos=at.toPoint())
    assert plot.selected >= 0
    plot.setFocus()
    qtbot.keyClick(plot, Key.Key_Home)
    assert plot.selected == number
    assert not plot.spot(number).isNull()
    qtbot.keyClick(plot, Key.Key_Right)
    assert plot.selected == trials.view.trials[trials.best_first[1]].number
    assert plot.hit(QPointF(-50, -50)) == -1


def test_a_brush_keeps_what_goes_through_it(show, qtbot):
    trials = Trials(study(80))
    plot = show(ParallelPlot, trials)
    told: list[int] = []
    plot.brushed.connect(told.append)
    all_of_them = int(plot.kept().sum())
    column = [axis.name for axis in plot.axes].index("learning_rate")
    x = round(plot._x(column))
    high, low = round(plot._y(0.75)), round(plot._y(0.25))
    qtbot.mousePress(plot, LEFT, pos=QPoint(x, high))
    qtbot.mouseMove(plot, QPoint(x, (high + low) // 2))
    qtbot.mouseMove(plot, QPoint(x, low))
    qtbot.mouseRelease(plot, LEFT, pos=QPoint(x, low))
    kept = trials.places[plot.kept(), column]
    assert 0 < told[-1] == len(kept) < all_of_them
    assert (kept >= 0.24).all()
    assert (kept <= 0.76).all()
    lit = {trials.view.trials[row].number for row in np.flatnonzero(plot.kept())}
    hits = {plot.hit(QPointF(x + 20, y)) for y in range(70, 560, 3)} - {-1}
    assert hits <= lit
    colors_in(plot)
    plot.setFocus()
    qtbot.keyClick(plot, Key.Key_Escape)
    assert told[-1] == all_of_them
    assert not plot.brushes


def test_brushing_by_key_and_taking_one_away_with_a_click(show, qtbot):
    plot = show(ParallelPlot, Trials(study(40)))
    plot.setFocus()
    qtbot.keyClick(plot, Key.Key_PageDown)
    for _ in range(3):
        qtbot.keyClick(plot, Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(plot, Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert plot.brushes[1] == pytest.approx((0.15, 0.95))
    qtbot.mouseClick(plot, LEFT, pos=QPoint(round(plot._x(1)), round(plot._y(0.5))))
    assert not plot.brushes


def test_a_front_needs_two_objectives_and_a_map_two_settings(show):
    assert "Accuracy against parameters" in show(ParetoPlot, Trials(study(10))).lacks()
    one = settings_of()
    view = study(10, replace(one, space=one.space[:1]))
    assert "one setting only" in show(ContourPlot, Trials(view)).lacks()


def test_the_front_rises_with_the_parameters(show):
    trials = Trials(study(120, settings_of(objective=FRONT)))
    plot = show(ParetoPlot, trials)
    front = trials.values[plot.front()]
    assert len(front) == len(trials.view.best) > 2
    assert (np.diff(front[:, 0]) > 0).all()
    assert (np.diff(front[:, 1]) > 0).all()


def test_importance_among_the_best_is_there_at_once_and_over_all_has_to_be_given(show):
    plot = show(ImportanceBars, Trials(study(20)))
    assert next(iter(plot.shares)) == "learning_rate"
    plot.measure(over_all=True)
    assert "Working out" in plot.lacks()
    plot.show_shares({"l2": 1.0})
    assert not plot.lacks()
    plot.show_failure("There is no importance.")
    assert plot.lacks() == "There is no importance."


def test_pictures_take_the_colours_of_the_theme():
    spec, random = ExperimentSpec(), np.random.default_rng(0)
    view = study(1)
    trial = replace(view.trials[0], picture=boundary(random, 0.9))
    for dress in (theme.LIGHT, theme.DARK):
        image = picture_of(trial, spec, dress)
        blue, orange = dress.positive, dress.negative
        seen = {image.pixel(x, y) for x in range(32) for y in range(32)}
        assert any(abs((c >> 16 & 255) - blue.red()) < 12 and abs((c & 255) - blue.blue()) < 12 for c in seen)
        assert any(abs((c >> 16 & 255) - orange.red()) < 12 and abs((c & 255) - orange.blue()) < 12 for c in seen)
    digits = replace(spec, data=DataSpec(DATASETS["digits"]()))
    assert picture_of(trial, digits, theme.LIGHT).width() == 32
    assert picture_of(replace(trial, picture=b"rubbish"), spec, theme.LIGHT).isNull()


def test_ranks_are_steps_of_one_hue_that_grow_stronger():
    for dress in (theme.LIGHT, theme.DARK):
        contrast = [theme.contrast(rank_color(dress, i / 4), dress.panel) for i in range(5)]
        assert contrast == sorted(contrast)
        assert contrast[-1] > 4.5
    assert StudyView(settings_of()).best == ()
