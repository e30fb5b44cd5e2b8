"""The output: colours where they belong, samples where they are, numbers that are true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from engine.datasets import DATASETS
from engine.snapshot import Maps, RunState, Snapshot
from engine.spec import DataSpec, ExperimentSpec
from engine.trainer import Trainer
from gui.graphics import fields
from gui.panels.decision_boundary import STRENGTH, DecisionBoundary
from gui.theme import DARK, LIGHT, mix


def moment_of(dataset: str, side: int = 40, run: int = 1, **settings) -> Snapshot:
    spec = ExperimentSpec(data=DataSpec(dataset=DATASETS[dataset](**settings)))
    return Trainer(spec).snapshot(run=run, side=side)


def with_output(moment: Snapshot, output: np.ndarray) -> Snapshot:
    maps = moment.maps
    return replace(moment, maps=Maps(maps.domain, (*maps.layers[:-1], np.asarray(output, np.float32))))


def ramp(side: int = 40) -> np.ndarray:
    """0 at the left to 1 at the right: P(class 1) = (x1 - low) / (high - low)."""
    return np.tile((np.arange(side) + 0.5) / side, (1, side, 1))


@pytest.fixture
def panel(qtbot):
    panel = DecisionBoundary(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(344, 420)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def color_at(panel: DecisionBoundary, x1: float, x2: float) -> QColor:
    image = panel.picture.grab().toImage()
    at = panel.picture.position((x1, x2)).toPoint()
    return image.pixelColor(at)


def close(a: QColor, b: QColor, tolerance: int = 6) -> bool:
    return all(abs(p - q) <= tolerance for p, q in zip(a.getRgb(), b.getRgb(), strict=True))


def hide_points(panel: DecisionBoundary) -> None:
    panel.train_switch.setChecked(False)
    panel.test_switch.setChecked(False)


def move(qtbot, panel: DecisionBoundary, x1: float, x2: float) -> None:
    at = panel.picture.position((x1, x2)).toPoint()
    qtbot.mouseMove(panel.picture, at + QPoint(9, 0))  # the offscreen platform drops a move to where the pointer was
    qtbot.mouseMove(panel.picture, at)


# --- the pure part ----------------------------------------------------------------------------------------------------


@given(side=st.integers(1, 60), pixels=st.integers(1, 200))
def test_enlarging_keeps_a_plane_a_plane_and_invents_nothing(side: int, pixels: int):
    rng = np.random.default_rng(side * 1000 + pixels)
    field = rng.random((2, side, side)).astype(np.float32)
    big = fields.enlarge(field, pixels)
    assert big.shape == (2, pixels, pixels)
    assert big.min() >= field.min() - 1e-5
    assert big.max() <= field.max() + 1e-5
    np.testing.assert_allclose(fields.enlarge(np.full((1, side, side), 0.25), pixels), 0.25, atol=1e-6)


def test_pictures_and_look_ups_agree():
    field = np.random.default_rng(3).random((1, 20, 20))
    pixels, domain = 160, (-6.0, 6.0)
    centers = -6 + (np.arange(pixels) + 0.5) * 12 / pixels
    x1, x2 = np.meshgrid(centers, centers[::-1])
    looked_up = fields.look_up(field, domain, np.stack([x1.ravel(), x2.ravel()], axis=1))
    np.testing.assert_allclose(looked_up.reshape(pixels, pixels), fields.enlarge(field, pixels)[0], atol=1e-5)


def test_several_classes_are_coloured_by_their_lead():
    shares = np.zeros((3, 2, 2))
    shares[:, 0, 0], shares[:, 0, 1] = [1, 0, 0], [0, 1, 0]
    shares[:, 1, 0], shares[:, 1, 1] = [0, 0.5, 0.5], [0, 0, 1]
    lut = fields.class_lut(LIGHT, 3, 1.0)
    image = fields.paint_field(shares, 2, lut, hard=False, broken=0)
    colors = [[QColor.fromRgb(int(image[r, c])) for c in range(2)] for r in range(2)]
    assert colors[0][0] == LIGHT.class_color(0, 3)
    assert colors[0][1] == LIGHT.class_color(1, 3)
    assert colors[1][0] == LIGHT.panel
    assert colors[1][1] == LIGHT.class_color(2, 3)


def test_ten_classes_each_have_a_colour_and_hard_edges_have_no_shade():
    shares = np.random.default_rng(0).dirichlet(np.ones(10), (30, 30)).transpose(2, 0, 1)
    lut = fields.class_lut(LIGHT, 10, 0.7)
    image = fields.paint_field(shares, 30, lut, hard=True, broken=0)
    expected = {mix(LIGHT.panel, LIGHT.class_color(label, 10), 0.7).rgb() for label in range(10)}
    assert len(expected) == 10
    assert set(image.ravel().tolist()) == expected
    winners = shares.argmax(axis=0)
    np.testing.assert_array_equal(image, lut[winners * fields.STEPS + fields.STEPS - 1])


def test_wrong_points_agree_with_the_accuracy():
    field = ramp()
    points = np.array([[-5.0, 0], [5.0, 0], [4.0, 1], [0.05, 0], [-0.05, 2]])
    labels = np.array([0, 1, 0, 1, 0])
    assert fields.wrong_points(field, (-6, 6), points, labels, 0.8).tolist() == [2]
    assert fields.wrong_points(field, (-6, 6), points, labels, 1.0).tolist() == [], "never against the number on screen"
    assert fields.wrong_points(field, (-6, 6), points, labels, float("nan")).tolist() == [2]
    three = np.stack([field[0], 1 - field[0], np.zeros_like(field[0])])
    assert fields.wrong_points(three, (-6, 6), points[:3], np.array([1, 0, 2]), 2 / 3).tolist() == [2]


# --- the picture ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_class_1_is_blue_class_0_orange_and_a_half_is_nothing(panel, theme):
    panel.apply_theme(theme)
    panel.show_snapshot(with_output(moment_of("circles"), ramp()))
    hide_points(panel)
    assert close(color_at(panel, 5.9, 3), mix(theme.panel, theme.positive, STRENGTH), 10)
    assert close(color_at(panel, -5.9, 3.1), mix(theme.panel, theme.negative, STRENGTH), 10)
    assert close(color_at(panel, 0, 3.1), theme.panel)


def test_the_top_row_is_at_the_top(panel):
    panel.show_snapshot(with_output(moment_of("circles"), np.rot90(ramp(), axes=(1, 2))))
    hide_points(panel)
    assert close(color_at(panel, 1, 5.8), mix(LIGHT.panel, LIGHT.positive, STRENGTH), 12)
    assert close(color_at(panel, 1, -5.8), mix(LIGHT.panel, LIGHT.negative, STRENGTH), 12)


def test_discretize_leaves_two_colours(panel, qtbot):
    panel.show_snapshot(with_output(moment_of("circles"), ramp()))
    hide_points(panel)
    qtbot.mouseClick(panel.discretize_box, Qt.MouseButton.LeftButton, pos=QPoint(8, 14))
    assert panel.discretize_box.isChecked()
    blue, orange = (mix(LIGHT.panel, color, STRENGTH) for color in (LIGHT.positive, LIGHT.negative))
    for x1, color in ((0.1, blue), (5, blue), (-0.1, orange), (-5, orange)):
        assert close(color_at(panel, x1, 3.1), color, 2)


def test_three_classes_are_painted_and_named(panel):
    moment = moment_of("spiral3")
    output = np.zeros((3, 40, 40))
    output[0, :, :13], output[1, :, 13:26], output[2, :, 26:] = 1, 1, 1
    panel.show_snapshot(with_output(moment, output))
    hide_points(panel)
    for x1, label in ((-4, 0), (0.1, 1), (4, 2)):
        assert close(color_at(panel, x1, 3.1), mix(LIGHT.panel, LIGHT.class_color(label, 3), STRENGTH))
    assert panel.key.accessibleDescription() == "3 classes"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dataset", ["circles", "spiral3"])
def test_what_is_not_a_number_has_its_own_colour(panel, dataset, qtbot):
    moment = moment_of(dataset)
    output = moment.maps.layers[-1].copy()
    output[..., 10:20] = np.nan
    panel.show_snapshot(with_output(moment, output))
    hide_points(panel)
    inside = -6 + 15 * 12 / 40
    assert close(color_at(panel, inside, 3.1), fields.broken_color(LIGHT))
    assert not close(color_at(panel, 3.1, 3.1), fields.broken_color(LIGHT), 1)
    move(qtbot, panel, inside, 1.0)
    qtbot.waitUntil(lambda: "not a number" in panel.readout.text())
    panel.show_neuron(1, 0)
    everything = replace(
        moment, maps=Maps(moment.maps.domain, tuple(np.full_like(m, np.nan) for m in moment.maps.layers))
    )
    panel.show_snapshot(everything)
    assert close(color_at(panel, 3.1, 3.1), fields.broken_color(LIGHT))


# --- samples ----------------------------------------------------------------------------------------------------------


def test_samples_are_drawn_where_they_are_and_can_be_hidden(panel, qtbot):
    moment = with_output(moment_of("xor"), np.full((1, 40, 40), 0.5))
    panel.show_snapshot(replace(moment, state=RunState.RUNNING))
    corners = {(0, 0): LIGHT.negative, (1, 1): LIGHT.negative, (0, 1): LIGHT.positive, (1, 0): LIGHT.positive}
    for corner, color in corners.items():
        assert close(color_at(panel, *corner), color)
    hide_points(panel)
    for corner in corners:
        assert close(color_at(panel, *corner), LIGHT.panel)


def test_train_points_are_filled_and_test_points_hollow(panel, qtbot):
    moment = with_output(moment_of("gaussians", noise=0.6), np.full((1, 40, 40), 0.5))
    panel.show_snapshot(replace(moment, state=RunState.RUNNING))
    train, test = moment.data.train, moment.data.test
    for part, switch, middle in ((train, panel.test_switch, None), (test, panel.train_switch, LIGHT.panel)):
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
        # the loneliest one, which no other point covers
        apart = np.linalg.norm(part.raw[:, None] - part.raw[None], axis=2) + 99 * np.eye(len(part))
        inside = (np.abs(part.raw) < 4.5).all(axis=1)
        lonely = int(np.argmax(np.where(inside, apart.min(axis=1), -1)))
        expected = middle or LIGHT.class_color(int(part.labels[lonely]))
        assert close(color_at(panel, *part.raw[lonely]), expected, 40)
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)


def test_samples_are_painted_once_and_kept(panel):
    moment = replace(moment_of("spiral", n_samples=20_000), state=RunState.RUNNING)
    panel.show_snapshot(moment)
    panel.picture.grab()
    before = panel.picture.static_paints
    for _ in range(5):
        panel.show_snapshot(with_output(moment, np.random.default_rng(0).random((1, 40, 40))))
        panel.picture.grab()
    assert panel.picture.static_paints == before
    panel.train_switch.click()
    panel.picture.grab()
    assert panel.picture.static_paints == before + 1


def test_wrong_points_are_ringed_at_a_pause_only(panel):
    moment = moment_of("xor")
    zeros = with_output(moment, np.zeros((1, 40, 40)))  # says class 0 everywhere: two of four are wrong
    metrics = zeros.metrics._replace(train_accuracy=0.5, test_accuracy=0.5)
    panel.show_snapshot(replace(zeros, metrics=metrics, state=RunState.RUNNING))
    assert panel.picture.wrong is None
    running = panel.picture.grab().toImage()
    panel.show_snapshot(replace(zeros, metrics=metrics, state=RunState.PAUSED))
    wrong = panel.picture.wrong[0]
    assert moment.data.train.labels[wrong].tolist() == [1, 1]
    assert panel.picture.grab().toImage() != running
    assert panel.readout.text() == "ringed: 2 wrong"
    panel.show_snapshot(replace(zeros, metrics=metrics, state=RunState.RUNNING))
    assert panel.picture.wrong is None
    assert panel.readout.text() == ""


def test_many_wrong_points_are_counted_and_not_ringed(panel):
    moment = moment_of("circles", n_samples=20_000)
    running = replace(moment, state=RunState.RUNNING)
    panel.show_snapshot(running)
    panel.show_snapshot(replace(moment, state=RunState.PAUSED))
    train, test = map(len, panel.picture.wrong)
    assert train > 1_000
    assert panel.readout.text() == f"wrong: {train:,} train, {test:,} test"
    assert "," in f"{train:,}"
    assert not panel.picture.has_rings
    unringed = panel.picture.grab().toImage()
    panel.picture.set_wrong((panel.picture.wrong[0][:60], panel.picture.wrong[1][:0]))
    assert panel.picture.has_rings
    assert panel.picture.grab().toImage() != unringed
    panel.picture.set_wrong((np.arange(61), np.arange(0)))
    assert not panel.picture.has_rings
    assert panel.picture.grab().toImage() == unringed


def test_the_picture_and_what_is_around_it_explain_themselves(panel):
    panel.show_snapshot(moment_of("circles"))
    for widget in (panel.picture, panel.readout, panel.key):
        assert 0 < len(widget.toolTip()) < 100 < len(widget.whatsThis()), widget
    assert "Blue is class 1" in panel.picture.whatsThis()
    panel.show_neuron(1, 0)
    assert "neuron" in panel.picture.whatsThis()
    assert "above zero" in panel.key.whatsThis()
    panel.show_neuron(-1, -1)
    panel.show_snapshot(moment_of("spiral3", run=2))
    assert "color of its own" in panel.key.whatsThis()


def test_the_sample_of_a_step_is_ringed_in_accent(panel):
    trainer = Trainer(ExperimentSpec(data=DataSpec(dataset=DATASETS["xor"]())))
    trainer.step_sample()
    moment = trainer.snapshot(run=1, side=40)
    panel.show_snapshot(moment)
    at = panel.picture.position(tuple(moment.data.train.raw[moment.sample_index]))
    image = panel.picture.grab().toImage()
    ring = [
        image.pixelColor(round(at.x() + 9 * np.cos(a)), round(at.y() + 9 * np.sin(a))) for a in np.linspace(0, 6, 24)
    ]
    assert sum(close(color, LIGHT.accent, 40) for color in ring) > 8


# --- neurons, read-out, words -----------------------------------------------------------------------------------------


def test_a_neuron_takes_the_place_of_the_output_and_gives_it_back(panel, qtbot):
    moment = moment_of("spiral")
    panel.show_snapshot(moment)
    hide_points(panel)
    plane = panel.picture.square.adjusted(
        40, 40, -40, -40
    ).toRect()  # without the labels: Qt may cache their glyphs anew
    output = panel.picture.grab(plane).toImage()
    with qtbot.waitSignal(panel.titleChanged) as title:
        panel.show_neuron(1, 2)
    assert title.args == ["Hidden 1, neuron 3"]
    assert panel.picture.caption == "Hidden 1, neuron 3"
    assert panel.key.ends == ("−1", "+1"), "tanh is bounded"
    value = fields.look_up(moment.maps.layers[1][2:3], moment.maps.domain, np.array([[2.0, 1.0]]))[0, 0]
    assert close(color_at(panel, 2.0, 1.0), LIGHT.signed(0.85 * float(value)), 10)
    panel.show_neuron(0, 1)
    assert panel.picture.caption == "Input x₂"
    with qtbot.waitSignal(panel.titleChanged) as title:
        panel.show_neuron(-1, -1)
    assert title.args == ["Output"]
    assert panel.picture.grab(plane).toImage() == output


def test_an_unbounded_neuron_is_scaled_by_its_largest_value(panel):
    moment = moment_of("spiral")
    maps = moment.maps
    layer = np.zeros_like(maps.layers[1])
    layer[0, :, :20], layer[0, :, 20:] = -2.0, 8.0
    spec = replace(moment.spec, network=replace(moment.spec.network, activation=type_of("leaky_relu")()))
    shown = replace(moment, spec=spec, maps=Maps(maps.domain, (maps.layers[0], layer, *maps.layers[2:])))
    panel.show_snapshot(shown)
    hide_points(panel)
    panel.show_neuron(1, 0)
    assert panel.key.ends == ("−8", "+8")
    assert close(color_at(panel, 3, 3.1), LIGHT.signed(0.85))
    assert close(color_at(panel, -3, 3.1), LIGHT.signed(-0.85 * 0.25))
    layer[0] = np.abs(layer[0])
    relu = replace(spec, network=replace(spec.network, activation=type_of("relu")()))
    panel.show_snapshot(replace(shown, spec=relu, maps=Maps(maps.domain, (maps.layers[0], layer, *maps.layers[2:]))))
    assert panel.key.ends == ("0", "+8")


def type_of(name: str):
    from engine.activations import ACTIVATIONS

    return ACTIVATIONS[name]


def test_a_neuron_that_is_gone_gives_way_to_the_output(panel):
    panel.show_snapshot(moment_of("spiral"))
    panel.show_neuron(2, 7)
    assert panel.picture.caption == "Hidden 2, neuron 8"
    smaller = ExperimentSpec()
    smaller = replace(smaller, network=replace(smaller.network, hidden_layer_sizes=(3,)))
    panel.show_snapshot(Trainer(smaller).snapshot(run=2, side=40))
    assert panel.picture.caption == ""


def test_hovering_reads_the_answer_and_keeps_reading_while_training(panel, qtbot):
    moment = with_output(moment_of("circles"), ramp())
    panel.show_snapshot(moment)
    move(qtbot, panel, 3.0, -1.5)
    qtbot.waitUntil(lambda: "class 1" in panel.readout.text())
    text = panel.readout.text().replace("\N{FIGURE SPACE}", "")
    assert text.startswith(("x₁3.0", "x₁2.9"))
    assert "−1.5" in text or "−1.4" in text
    share = float(text.split("class 1: ")[1].removesuffix(" %"))
    assert share == pytest.approx(75, abs=0.5)
    panel.show_snapshot(with_output(moment, 1 - ramp()))
    share = float(panel.readout.text().split("class 1: ")[1].removesuffix(" %"))
    assert share == pytest.approx(25, abs=0.5)
    QApplication.sendEvent(panel.picture, QEvent(QEvent.Type.Leave))
    assert "class 1" not in panel.readout.text()


def test_every_class_has_its_share_in_the_read_out_and_it_fits(panel, qtbot):
    moment = moment_of("spiral3")
    panel.show_snapshot(moment)
    move(qtbot, panel, -5.5, -5.5)
    qtbot.waitUntil(lambda: "2: " in panel.readout.text())
    shares = [float(part.split(" %")[0]) for part in panel.readout.text().split(": ")[1:]]
    assert sum(shares) == pytest.approx(100, abs=2)


def test_nothing_moves_when_the_read_out_changes(panel, qtbot):
    panel.show_snapshot(moment_of("circles"))
    before = [w.geometry() for w in (panel.picture, panel.key, panel.train_switch, panel.discretize_box)]
    move(qtbot, panel, -5.5, -5.5)
    qtbot.waitUntil(lambda: "x₁" in panel.readout.text())
    QApplication.processEvents()
    assert [w.geometry() for w in (panel.picture, panel.key, panel.train_switch, panel.discretize_box)] == before


def test_words_stand_where_there_is_nothing_to_draw(panel):
    assert "painted here" in panel.picture.message
    digits = Trainer(ExperimentSpec(data=DataSpec(dataset=DATASETS["digits"]()))).snapshot(run=1)
    panel.show_snapshot(digits)
    assert panel.picture.message == "The boundary is drawn for points in the plane."
    assert not panel.discretize_box.isVisible()
    panel.show_snapshot(moment_of("circles", run=2))
    assert panel.picture.message == ""
    assert panel.discretize_box.isVisible()


def test_maps_that_come_less_often_stay_until_the_run_is_another(panel):
    moment = moment_of("circles")
    panel.show_snapshot(moment)
    panel.show_snapshot(replace(moment, maps=None))
    assert panel.picture.field is not None
    panel.show_snapshot(replace(moment, maps=None, run=9))
    assert panel.picture.field is None
    assert panel.picture.message


@pytest.mark.parametrize("size", [(344, 420), (500, 600), (800, 400), (350, 900)])
def test_the_picture_is_square_and_at_least_320(panel, size):
    panel.resize(*size)
    QApplication.processEvents()
    square = panel.picture.square
    assert square.width() == square.height() >= 320
    panel.show_snapshot(moment_of("circles"))
    for point in ((-6.0, 6.0), (6.0, -6.0), (0.0, 0.0)):
        assert panel.picture.point(panel.picture.position(point)) in (None, pytest.approx(point))


def test_every_control_can_be_reached_and_says_what_it_does(panel, qtbot):
    panel.show_snapshot(moment_of("circles"))
    for button in (panel.train_switch, panel.test_switch, panel.discretize_box):
        assert button.accessibleName()
        assert button.toolTip().count(".") >= 2
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert button.height() >= 28
    panel.train_switch.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(panel.train_switch, Qt.Key.Key_Space)
    assert not panel.train_switch.isChecked()
