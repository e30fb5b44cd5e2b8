from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFont, QFontMetricsF, QKeySequence
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from engine.activations import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.phases import Kind, Phase
from engine.snapshot import Metrics, RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui import fonts
from gui.controls.speed_combo import known
from gui.panels.transport import GRAINS, TransportBar, progress_lines
from gui.theme import DARK, LIGHT


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Trainer(ExperimentSpec()).snapshot(1)


@pytest.fixture(autouse=True)
def _font(qapp: QApplication):
    before = QFont(qapp.font())
    fonts.install(qapp)
    yield
    qapp.setFont(before)


@pytest.fixture
def bar(qtbot) -> TransportBar:
    bar = TransportBar(LIGHT)
    qtbot.addWidget(bar)
    bar.resize(1400, 56)
    bar.show_spec(ExperimentSpec())
    bar.show()
    return bar


@pytest.mark.parametrize(
    ("button", "signal", "args"),
    [("play", "playToggled", []), ("step", "stepRequested", ["epoch"]), ("step_back", "stepBackRequested", []),
     ("reset", "resetRequested", []), ("dice", "diceRequested", [])],
)  # fmt: skip
def test_every_button_says_what_is_wanted(qtbot, bar: TransportBar, button: str, signal: str, args: list) -> None:
    with qtbot.waitSignal(getattr(bar, signal)) as said:
        qtbot.mouseClick(getattr(bar, button), Qt.MouseButton.LeftButton)
    assert said.args == args


def test_the_play_button_is_the_largest_and_targets_are_large_enough(bar: TransportBar) -> None:
    buttons = [bar.reset, bar.dice, bar.step_back, bar.step, bar.grain_button, bar.run]
    assert all(bar.play.height() > button.height() for button in buttons)
    assert all(min(button.width(), button.height()) >= 28 for button in buttons)
    assert bar.height() == 56


def test_everything_has_a_name_and_a_tooltip(bar: TransportBar) -> None:
    for widget in (bar.reset, bar.dice, bar.step_back, bar.play, bar.step, bar.grain_button, bar.run, bar.epoch, bar.progress,
                   bar.train_loss, bar.test_loss, bar.accuracy, bar.rate, bar.activation, bar.optimizer,
                   bar.batch_size):  # fmt: skip
        assert widget.accessibleName()
        assert widget.toolTip()


@pytest.mark.parametrize("grain", GRAINS)
def test_the_grain_decides_what_a_step_is(qtbot, bar: TransportBar, grain: str) -> None:
    bar.set_grain("sample" if grain != "sample" else "epoch")
    with qtbot.waitSignal(bar.grainChanged) as changed:
        bar.grain_actions[grain].trigger()
    assert changed.args == [grain]
    with qtbot.waitSignal(bar.stepRequested) as said:
        bar.step.click()
    assert said.args == [grain]
    assert GRAINS[grain][0] in bar.grain_button.text()


def test_setting_the_grain_says_nothing(qtbot, bar: TransportBar) -> None:
    with qtbot.assertNotEmitted(bar.grainChanged):
        bar.set_grain("batch")
    assert bar.grain() == "batch"


def test_numbers_are_shown(bar: TransportBar, snapshot: Snapshot) -> None:
    bar.show_snapshot(replace(snapshot, epoch=214, metrics=Metrics(214, 0.04123, 123456.0, 0.99, 0.984)))
    shown = [readout.text() for readout in (bar.epoch, bar.train_loss, bar.test_loss, bar.accuracy)]
    assert shown == ["000,214", "0.0412", "1.23·10⁵", "98.4 %"]
    bar.show_snapshot(replace(snapshot, metrics=Metrics(0, math.nan, math.inf, 0.5, 1.0)))
    assert [bar.train_loss.text(), bar.test_loss.text(), bar.accuracy.text()] == ["not finite", "not finite", "100.0 %"]


def test_only_what_reads_differently_is_painted(qtbot, bar: TransportBar, snapshot: Snapshot, monkeypatch) -> None:
    bar.show_snapshot(snapshot)
    painted: list[QWidget] = []
    for readout in (bar.epoch, bar.train_loss, bar.test_loss, bar.accuracy):
        monkeypatch.setattr(readout, "update", lambda readout=readout: painted.append(readout))
    bar.show_snapshot(snapshot)
    assert painted == []
    bar.show_snapshot(replace(snapshot, metrics=snapshot.metrics._replace(test_loss=0.123)))
    assert painted == [bar.test_loss]


def test_nothing_moves_whatever_the_numbers_are(qtbot, bar: TransportBar, snapshot: Snapshot) -> None:
    def places() -> list:
        return [
            w.geometry() for w in (bar.epoch, bar.train_loss, bar.test_loss, bar.accuracy, bar.progress, *bar.quick)
        ]

    before = places()
    for loss in (math.nan, 1.234e300, 1e-300, 5.0):
        bar.show_snapshot(
            replace(snapshot, epoch=9_999_999, batch=3, sample=4, metrics=Metrics(1, loss, loss, 1.0, 1.0))
        )
        bar.layout().activate()
        assert places() == before


def test_the_play_button_and_step_back_follow_the_run(bar: TransportBar, snapshot: Snapshot) -> None:
    for state, playing in ((RunState.RUNNING, True), (RunState.PAUSED, False), (RunState.DIVERGED, False)):
        bar.show_snapshot(replace(snapshot, state=state, can_step_back=playing))
        assert bar.play.playing is playing
        assert bar.step_back.isEnabled() is playing


def test_progress_within_the_epoch(snapshot: Snapshot) -> None:
    assert progress_lines(snapshot) == ()
    assert progress_lines(replace(snapshot, batch=3, batches=28)) == ("mini-batch 3/28",)
    sample = progress_lines(replace(snapshot, batch=2, batches=28, sample=4))
    assert sample == ("mini-batch 3/28", "sample 4/10", "weights move after 10")
    running = replace(snapshot, batch=3, batches=28, state=RunState.RUNNING)
    assert progress_lines(running) == ()
    depth = snapshot.layout.depth
    forward = replace(running, phase=Phase(Kind.FORWARD, 0))
    assert progress_lines(forward) == ("mini-batch 4/28", f"forward 1/{depth}"), "in slow motion it runs"
    assert progress_lines(replace(forward, phase=Phase(Kind.UPDATE))) == ("mini-batch 3/28", "update")
    last = replace(forward, batch=0, phase=Phase(Kind.UPDATE))
    assert progress_lines(last) == ("mini-batch 28/28", "update"), "the epoch's last mini-batch was the one"


def test_the_progress_never_changes_its_size_and_shows_all_of_its_lines(bar: TransportBar, snapshot: Snapshot) -> None:
    bar.resize(1400, bar.height())
    assert bar.progress.isVisible()
    place, pictures = bar.progress.geometry(), set()
    for batch, sample in ((0, 0), (2, 0), (2, 4)):
        bar.show_snapshot(replace(snapshot, batch=batch, batches=28, sample=sample))
        pictures.add(bytes(bar.progress.grab().toImage().constBits()))
    assert len(pictures) == 3
    metrics = QFontMetricsF(fonts.tabular(fonts.caption()))
    assert all(metrics.horizontalAdvance(line) <= place.width() for line in bar.progress.lines())
    assert bar.progress.geometry() == place


@pytest.mark.parametrize(("grain", "below"), [("sample", "batch"), ("batch", "epoch")])
def test_the_step_menu_opens_on_the_grain_in_use(qtbot, bar: TransportBar, grain: str, below: str) -> None:
    bar.set_grain(grain)
    menu = bar.grain_button.menu()
    menu.popup(bar.mapToGlobal(bar.rect().bottomLeft()))
    qtbot.waitUntil(menu.isVisible)
    assert menu.activeAction() is bar.grain_actions[grain]
    with qtbot.waitSignal(bar.grainChanged) as changed:
        qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert changed.args == [below]


def test_a_speed_is_asked_for_and_shown_without_asking(qtbot, bar: TransportBar) -> None:
    asked: list[tuple[float, str]] = []
    bar.speedChanged.connect(lambda *speed: asked.append(speed))
    bar.set_speed(30.0)
    assert bar.speed.currentText() == "30 / s"
    assert asked == []
    bar.speed.setFocus()
    qtbot.keyClick(bar.speed, Qt.Key.Key_Up)
    assert asked == [(100.0, "epoch")]
    assert "epochs a second" in bar.speed.toolTip()
    bar.set_speed(12.5)
    assert bar.speed.currentText() == "100 / s", "an unknown speed is not shown"


def test_slow_motion_is_a_speed_in_phases(qtbot, bar: TransportBar) -> None:
    bar.set_speed(1.0)
    bar.speed.setFocus()
    with qtbot.waitSignal(bar.speedChanged) as asked:
        qtbot.keyClick(bar.speed, Qt.Key.Key_Down)
    assert asked.args == [60.0, "phase"], "slow motion follows the slowest speed in epochs"
    bar.set_speed(0.25, "phase")
    assert "a phase every 4 s" in bar.speed.currentText()
    assert "forward, loss, backward and update" in bar.speed.toolTip()
    assert known(0.25, "phase") == (0.25, "phase")
    assert known(0.25, "epoch") == known(3.0, "fortnight") == (0.0, "epoch")


def test_quick_settings_propose_and_wait(qtbot, bar: TransportBar) -> None:
    spec = ExperimentSpec()
    spy = QSignalSpy(bar.specProposed)
    qtbot.keyClick(bar.rate, Qt.Key.Key_Up)
    qtbot.keyClick(bar.batch_size, Qt.Key.Key_Up)
    for combo, name in ((bar.activation, "relu"), (bar.optimizer, "sgd")):
        combo.setCurrentIndex(combo.findData(name))
        combo.activated.emit(combo.currentIndex())
    said = [spy.at(i) for i in range(spy.count())]
    assert [text for text, _, _ in said] == ["Learning rate", "Batch size", "Activation", "Optimizer"]
    assert said[0][1] == replace(spec, optimizer=replace(spec.optimizer, learning_rate=0.1))
    assert said[1][1] == replace(spec, training=replace(spec.training, batch_size=16))
    assert said[2][1] == replace(spec, network=replace(spec.network, activation=ACTIVATIONS["relu"]()))
    assert said[3][1] == replace(spec, optimizer=OPTIMIZERS["sgd"](learning_rate=spec.optimizer.learning_rate))
    with qtbot.assertNotEmitted(bar.specProposed):
        bar.show_spec(spec)  # refused: everything goes back
    assert (bar.rate.value(), bar.batch_size.value()) == (0.03, 10)
    assert (bar.activation.key(), bar.optimizer.key()) == ("tanh", "adam")


def test_run_a_number_of_epochs(qtbot, bar: TransportBar) -> None:
    qtbot.mouseClick(bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(bar.popup.isVisible)
    bar.popup.epochs.field.selectAll()
    with qtbot.waitSignal(bar.runEpochsRequested) as said:
        qtbot.keyClicks(bar.popup.epochs.field, "250")
        qtbot.keyClick(bar.popup.epochs.field, Qt.Key.Key_Return)
    assert said.args == [250]
    assert not bar.popup.isVisible()


@pytest.mark.parametrize(
    ("metric", "text", "value", "sentence"),
    [("test_loss", "0.05", 0.05, "the test loss is 0.05 or less"), ("train_loss", "1e-6", 1e-6, "or less"),
     ("test_accuracy", "99", 0.99, "the test accuracy is 99 % or more"), ("train_accuracy", "100", 1.0, "or more"),
     ("epoch", "2,000", 2000.0, "epoch 2,000 is done")],
)  # fmt: skip
def test_run_until(qtbot, bar: TransportBar, metric: str, text: str, value: float, sentence: str) -> None:
    popup = bar.popup
    popup.open_below(bar.run)
    popup.figure.setCurrentIndex(popup.figure.findData(metric))
    popup.figure.activated.emit(popup.figure.currentIndex())
    assert [key for key, combo in popup.values.items() if combo.isVisible()] == [metric]
    popup.values[metric].field.selectAll()
    qtbot.keyClicks(popup.values[metric].field, text)
    popup.values[metric].field.commit()
    assert sentence in popup.sentence.text()
    with qtbot.waitSignal(bar.runUntilRequested) as said:
        qtbot.mouseClick(popup.go_until, Qt.MouseButton.LeftButton)
    assert said.args == [Until(metric, value)]


def test_escape_closes_the_popup_and_runs_nothing(qtbot, bar: TransportBar) -> None:
    bar.popup.open_below(bar.run)
    with qtbot.assertNotEmitted(bar.runEpochsRequested), qtbot.assertNotEmitted(bar.runUntilRequested):
        qtbot.keyClick(bar.popup.go_until, Qt.Key.Key_Escape)
    assert not bar.popup.isVisible()


@pytest.mark.parametrize("width", [900, 1000, 1100, 1280, 1400, 1920])
def test_a_narrow_bar_drops_from_the_right_and_overlaps_nothing(qtbot, bar: TransportBar, width: int) -> None:
    bar.resize(width, 56)
    bar.layout().activate()
    visible = [holder.isVisible() for holder in bar.quick]
    assert visible == sorted(visible, reverse=True), "the rightmost go first"
    assert sum(visible) >= (5 if width >= 1480 else 4) or width < 1400
    shown = [w for w in bar.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
             if w.isVisible() and not w.isWindow()]  # fmt: skip
    right = 0
    for widget in sorted(shown, key=lambda w: w.x()):
        assert widget.x() >= right
        right = widget.x() + widget.width()
    assert right <= bar.width()


def test_space_is_the_windows_unless_a_button_was_reached_with_tab(qtbot) -> None:
    window = QMainWindow()
    bar = TransportBar(LIGHT)
    window.setCentralWidget(bar)
    qtbot.addWidget(window)
    action = QAction(window)
    action.setShortcut(QKeySequence(Qt.Key.Key_Space))
    window.addAction(action)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    played, reset = QSignalSpy(action.triggered), QSignalSpy(bar.resetRequested)

    qtbot.mouseClick(bar.reset, Qt.MouseButton.LeftButton)
    bar.rate.setFocus()
    bar.rate.field.selectAll()
    qtbot.keyClicks(bar.rate.field, "0.2")
    qtbot.keyClick(bar.rate.field, Qt.Key.Key_Space)
    assert (played.count(), reset.count()) == (1, 1)
    assert bar.rate.value() == 0.2, "what was typed counts before it plays"

    bar.reset.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(bar.reset, Qt.Key.Key_Space)
    assert (played.count(), reset.count()) == (1, 2)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_another_theme_paints_another_picture(qtbot, bar: TransportBar, snapshot: Snapshot, look) -> None:
    bar.show_snapshot(snapshot)
    bar.apply_theme(look)
    picture = bar.play.grab().toImage()
    assert picture.pixelColor(bar.play.width() // 2, 8) == look.accent
