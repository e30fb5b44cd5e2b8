from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QSlider

from engine.activations import ACTIVATIONS
from engine.architectures import ARCHITECTURES
from engine.datasets import DATASETS
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec
from gui.controls.dataset_gallery import CELL, DatasetGallery
from gui.edits import with_dataset
from gui.graphics.structure import with_layers
from gui.panels.settings_column import SettingsColumn, count_text
from gui.settings import Settings
from gui.theme import DARK, LIGHT
from tests.gui.opened import Person

PLANAR = [cls.name for cls in DATASETS if cls.planar and cls.in_menus]
DIGITS = ExperimentSpec(
    data=DataSpec(dataset=DATASETS["digits"](), features=("x1", "x2")),
    network=NetworkSpec(hidden_layer_sizes=(100, 50)),
)


@pytest.fixture
def column(qtbot) -> SettingsColumn:
    column = SettingsColumn(LIGHT)
    qtbot.addWidget(column)
    column.resize(column.width(), 700)
    column.show_spec(ExperimentSpec())
    column.show()
    return column


def _proposed(spy: QSignalSpy) -> list[tuple[str, ExperimentSpec, str]]:
    return [tuple(spy.at(i)) for i in range(spy.count())]


def _choose(combo, name: str) -> None:
    combo.setCurrentIndex(combo.findData(name))
    combo.activated.emit(combo.currentIndex())


def _type(field: QLineEdit, text: str) -> None:
    field.setText(text)
    field.commit()


def test_showing_a_spec_says_nothing(qtbot, column: SettingsColumn) -> None:
    other = replace(
        ExperimentSpec(), optimizer=OPTIMIZERS["sgd"](learning_rate=0.1, momentum=0.9, nesterov=True),
        network=NetworkSpec((3,), ACTIVATIONS["leaky_relu"](alpha=0.2)),
    )  # fmt: skip
    with qtbot.assertNotEmitted(column.specProposed):
        column.show_spec(other)
        column.show_spec(with_dataset(other, "xor"))
        column.show_spec(DIGITS)
        column.show_spec(other)
    assert column.optimizer.form.editors["momentum"].value() == 0.9
    assert column.optimizer.form.editors["nesterov"].isChecked()
    assert column.activation.form.editors["alpha"].value() == 0.2


def test_every_control_proposes_its_own_change(qtbot, column: SettingsColumn) -> None:
    spec = ExperimentSpec()
    spy = QSignalSpy(column.specProposed)
    _type(column.noise_form.editors["noise"].field, "25 %")
    _type(column.dataset_form.editors["n_samples"].field, "300")
    _type(column.data_form.editors["train_share"].field, "50")
    _type(column.data_form.editors["seed"].field, "7")
    _choose(column.activation.combo, "relu")
    _choose(column.loss.combo, "squared_error")
    _choose(column.initializer.combo, "he_normal")
    _choose(column.optimizer.combo, "rmsprop")
    _type(column.rate_form.editors["learning_rate"].field, "0.002")
    _type(column.batch_form.editors["batch_size"].field, "12")
    _type(column.seed_form.editors["seed"].field, "9")
    _type(column.penalty_form.editors["l1"].field, "0.01")
    _type(column.penalty_form.editors["l2"].field, "0.3")
    said = _proposed(spy)
    assert [text for text, _, _ in said] == [
        "Noise", "Points", "Train share", "Data seed", "Activation", "Loss", "Initializer", "Optimizer", "Learning rate",
        "Batch size", "Seed (random_state)", "L1", "L2",
    ]  # fmt: skip
    assert {key for _, _, key in said} == {""}
    specs = [new for _, new, _ in said]
    assert specs[0].data.dataset.noise == 0.25
    assert specs[1].data.dataset.n_samples == 300
    assert (specs[2].data.train_share, specs[3].data.seed) == (0.5, 7)
    assert (specs[4].network.activation.name, specs[5].network.loss.name) == ("relu", "squared_error")
    assert (specs[6].network.initializer.name, specs[7].optimizer.name) == ("he_normal", "rmsprop")
    assert (specs[8].optimizer.learning_rate, specs[9].training.batch_size) == (0.002, 12)
    assert (specs[10].training.seed, specs[11].training.l1, specs[12].training.l2) == (9, 0.01, 0.3)
    for new in specs:  # each is one change of the spec that was shown: the column keeps nothing
        assert (
            sum(getattr(new, part) != getattr(spec, part) for part in ("data", "network", "optimizer", "training")) == 1
        )
        assert new.validate() == []


def test_a_drag_merges_and_its_release_adds_nothing(qtbot, column: SettingsColumn) -> None:
    spy = QSignalSpy(column.specProposed)
    column.specProposed.connect(lambda text, spec, key: column.show_spec(spec))
    track = column.noise_form.editors["noise"].slider
    middle = track.height() // 2
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() // 2, middle))
    for x in (120, 150, track.width() - 1):
        qtbot.mouseMove(track, QPoint(x, middle))
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() - 1, middle))
    said = _proposed(spy)
    assert len(said) >= 2
    assert {key for _, _, key in said} == {"data.dataset.noise"}
    assert said[-1][1].data.dataset.noise == 0.8


def test_changing_the_optimizer_keeps_what_both_know(qtbot, column: SettingsColumn) -> None:
    column.show_spec(replace(ExperimentSpec(), optimizer=OPTIMIZERS["adam"](learning_rate=0.3)))
    with qtbot.waitSignal(column.specProposed) as said:
        _choose(column.optimizer.combo, "sgd")
    assert said.args[1].optimizer == OPTIMIZERS["sgd"](learning_rate=0.3)


def test_momentum_is_in_sight_and_betas_are_folded(qtbot, column: SettingsColumn) -> None:
    beta = column.optimizer.rare_form.editors["beta_1"]
    assert not beta.isVisible()
    qtbot.mouseClick(column.more_training, Qt.MouseButton.LeftButton)
    assert beta.isVisible()
    column.show_spec(replace(ExperimentSpec(), optimizer=OPTIMIZERS["sgd"]()))
    assert column.optimizer.form.editors["momentum"].isVisible()
    assert column.optimizer.rare_form.is_empty()
    assert column.schedule.isVisible(), "the schedule is left"
    column.show_spec(ExperimentSpec())
    assert column.more_training.isVisible()
    assert column.optimizer.rare_form.editors["beta_1"].isVisible()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [("spiral", "moons", {"n_samples": 900, "noise": 0.3}), ("spiral", "xor", {"n_samples": 4, "noise": 0.0}),
     ("xor", "and", {"n_samples": 900, "noise": 0.3}), ("xor", "circles", {"n_samples": 400, "noise": 0.1})],
)  # fmt: skip
def test_points_and_noise_stay_except_between_clouds_and_truth_tables(old: str, new: str, expected: dict) -> None:
    spec = replace(ExperimentSpec(), data=DataSpec(dataset=DATASETS[old](n_samples=900, noise=0.3)))
    dataset = with_dataset(spec, new).data.dataset
    assert dataset == DATASETS[new](**expected)


def test_the_count_follows_the_network(column: SettingsColumn) -> None:
    assert column.count.text() == "105 parameters, 88 products"
    assert count_text(DIGITS) == "12,060 parameters, 11,900 products"


def test_images_have_a_header_and_layers_as_text(qtbot, column: SettingsColumn) -> None:
    header = QLabel("1,797 images")
    column.set_data_header(header)
    assert not header.isVisible()
    assert not column.layers_row.isVisible()
    column.show_spec(DIGITS)
    assert header.isVisible()
    assert column.layers_row.isVisible()
    assert not column.gallery.isVisible()
    assert not column.noise_form.isVisible()
    assert column.layers.text() == "100, 50"
    with qtbot.waitSignal(column.specProposed) as said:
        _type(column.layers, "32 16")
    assert said.args[0] == "Hidden layers"
    assert said.args[1].network.hidden_layer_sizes == (32, 16)
    column.show_spec(ExperimentSpec())
    assert column.gallery.isVisible()
    assert not header.isVisible()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("100, many", "whole numbers"), ("5000", "1 to 4,096"), ("4096, 4096", "more than the 5,000,000")],
)
def test_bad_layers_are_refused_with_a_sentence(qtbot, column: SettingsColumn, text: str, reason: str) -> None:
    column.show_spec(DIGITS)
    with qtbot.assertNotEmitted(column.specProposed):
        _type(column.layers, text)
    assert column.layers.text() == "100, 50"
    assert column.problem.isVisible()
    assert reason in column.problem.text()
    column.show_spec(DIGITS)
    assert not column.problem.isVisible()


def test_the_column_scrolls_only_up_and_down_and_cuts_nothing(qtbot, column: SettingsColumn) -> None:
    column.resize(column.width(), 300)
    for more in (column.more_network, column.more_training, column.more_penalties):
        more.click()
    assert column.scroll_area.horizontalScrollBar().maximum() == 0
    assert column.scroll_area.verticalScrollBar().maximum() > 0
    content = column.scroll_area.widget()
    for widget in content.findChildren(QLabel) + content.findChildren(QLineEdit) + content.findChildren(QComboBox):
        if widget.isVisible():
            right = widget.mapTo(content, QPoint(widget.width(), 0)).x()
            assert right <= content.width() - 8, widget
        if isinstance(widget, QLabel) and widget.isVisible() and not widget.wordWrap():
            assert widget.fontMetrics().horizontalAdvance(widget.text()) <= widget.width(), widget.text()


def test_every_control_has_a_name_and_a_tooltip(qtbot, column: SettingsColumn) -> None:
    column.show_spec(replace(DIGITS, optimizer=OPTIMIZERS["sgd"]()))
    kinds = (QAbstractButton, QComboBox, QLineEdit, QSlider)
    controls = [w for kind in kinds for w in column.findChildren(kind) if w.focusPolicy() != Qt.FocusPolicy.NoFocus]
    assert len(controls) > 20
    assert [w for w in controls if not w.accessibleName() or not w.toolTip()] == []


def test_another_theme_reaches_everything(qtbot, column: SettingsColumn) -> None:
    before = column.gallery.grab().toImage()
    column.apply_theme(DARK)
    assert column.gallery.grab().toImage() != before
    assert column.theme is DARK


# --- gallery ----------------------------------------------------------------------------------------------------------


def test_the_gallery_shows_every_planar_data_set(qtbot) -> None:
    gallery = DatasetGallery(LIGHT)
    qtbot.addWidget(gallery)
    assert list(gallery.thumbnails) == PLANAR
    pictures = []
    for name, thumbnail in gallery.thumbnails.items():
        thumbnail.set_chosen(False)
        pictures.append(bytes(thumbnail.grab().toImage().constBits()))
        assert DATASETS[name].label in thumbnail.toolTip()
        assert DATASETS[name].summary in thumbnail.toolTip()
        assert DATASETS[name].label in thumbnail.accessibleName()
        assert (thumbnail.width(), thumbnail.height()) == (CELL, CELL)
    assert len(set(pictures)) == len(PLANAR)


def test_a_click_chooses_and_the_ring_follows(qtbot) -> None:
    gallery = DatasetGallery(LIGHT)
    qtbot.addWidget(gallery)
    gallery.show()
    gallery.set_name("spiral")
    with qtbot.waitSignal(gallery.chosen) as said:
        qtbot.mouseClick(gallery.thumbnails["xor"], Qt.MouseButton.LeftButton)
    assert said.args == ["xor"]
    assert [name for name, thumbnail in gallery.thumbnails.items() if thumbnail.is_chosen()] == ["xor"]
    ring = gallery.thumbnails["xor"].grab().toImage().pixelColor(CELL // 2, 1)
    assert ring == LIGHT.accent
    with qtbot.assertNotEmitted(gallery.chosen):
        qtbot.mouseClick(gallery.thumbnails["xor"], Qt.MouseButton.LeftButton)
        gallery.set_name("moons")


def test_arrows_walk_through_the_gallery(qtbot) -> None:
    gallery = DatasetGallery(LIGHT)
    qtbot.addWidget(gallery)
    gallery.show()
    gallery.set_name(PLANAR[0])
    spy = QSignalSpy(gallery.chosen)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Left):
        qtbot.keyClick(gallery.thumbnails[gallery.name()], key)
    assert [spy.at(i)[0] for i in range(spy.count())] == [PLANAR[1], PLANAR[7], PLANAR[6], PLANAR[0]]


def test_choosing_data_in_the_column_proposes_it(qtbot, column: SettingsColumn) -> None:
    with qtbot.waitSignal(column.specProposed) as said:
        qtbot.mouseClick(column.gallery.thumbnails["xor"], Qt.MouseButton.LeftButton)
    text, spec, key = said.args
    assert (text, key) == ("Data set", "")
    assert spec == with_dataset(ExperimentSpec(), "xor")


def test_rare_regularization_is_folded_and_each_proposes_its_change(qtbot, column: SettingsColumn) -> None:
    form = column.rare_penalty_form
    assert column.penalty_form.editors["dropout"].isVisible()
    assert not form.isVisible()
    qtbot.mouseClick(column.more_penalties, Qt.MouseButton.LeftButton)
    assert form.isVisible()
    spy = QSignalSpy(column.specProposed)
    _type(column.penalty_form.editors["dropout"].field, "25 %")
    for name, text in (("input_noise", "0.02"), ("label_smoothing", "10 %"), ("clip_norm", "2"), ("max_norm", "3")):
        _type(form.editors[name].field, text)
    form.editors["l2_per_sample"].click()
    said = [(text, new.training) for text, new, _ in _proposed(spy)]
    plain = ExperimentSpec().training
    assert said == [
        ("Dropout", replace(plain, dropout=0.25)),
        ("Input noise", replace(plain, input_noise=0.02)),
        ("Smooth labels", replace(plain, label_smoothing=0.1)),
        ("Clip gradient", replace(plain, clip_norm=2.0)),
        ("Max-norm", replace(plain, max_norm=3.0)),
        ("L2 per sample", replace(plain, l2_per_sample=True)),
    ]


def test_schedule_and_early_stopping_are_folded_and_propose(qtbot, column: SettingsColumn) -> None:
    spec = ExperimentSpec()
    assert not column.schedule.isVisible()
    qtbot.mouseClick(column.more_training, Qt.MouseButton.LeftButton)
    assert column.schedule.isVisible()
    assert column.validation_form.isVisible()
    spy = QSignalSpy(column.specProposed)
    _choose(column.schedule.combo, "cosine")
    _type(column.validation_form.editors["validation_share"].field, "20 %")
    _type(column.stop_form.editors["patience"].field, "15")
    column.stop_form.editors["stop_on_score"].click()
    said = _proposed(spy)
    assert [text for text, _, _ in said] == ["Schedule", "Validation", "Stop after", "Judge by score"]
    assert said[0][1].training.schedule.name == "cosine"
    assert said[1][1] == replace(spec, data=replace(spec.data, validation_share=0.2))
    assert said[2][1] == replace(spec, training=replace(spec.training, patience=15))
    assert said[3][1] == replace(spec, training=replace(spec.training, stop_on_score=True))
    column.show_spec(with_dataset(spec, "xor"))
    assert not column.validation_form.isVisible(), "a truth table is not shared out"


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_shape_to_begin_with_is_one_choice(qtbot, column: SettingsColumn, name: str) -> None:
    shape, menu = ARCHITECTURES[name], column.architecture.menu()
    # Before the menu is open its event loop runs in the click, so what follows is queued.
    QTimer.singleShot(0, lambda: qtbot.mouseClick(
        menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(column.architecture.choices[name]).center()))  # fmt: skip
    with qtbot.waitSignal(column.specProposed) as said:
        qtbot.mouseClick(column.architecture, Qt.MouseButton.LeftButton)
    text, spec, _ = said.args
    assert text == shape.label
    assert spec == with_layers(ExperimentSpec(), shape.hidden_layer_sizes)
    assert spec.validate() == []
    assert not column.architecture.choices[name].isChecked(), "the tick waits for the experiment"
    column.show_spec(spec)
    assert [key for key, action in column.architecture.choices.items() if action.isChecked()] == [name]
    assert column.count.text() == count_text(spec)
    with qtbot.assertNotEmitted(column.specProposed):
        column.architecture.choices[name].trigger()
    assert column.architecture.choices[name].isChecked()


def test_shapes_say_what_they_are_for_and_tab_leads_there(column: SettingsColumn) -> None:
    for name, action in column.architecture.choices.items():
        assert action.toolTip() == ARCHITECTURES[name].summary
        assert ", ".join(map(str, ARCHITECTURES[name].hidden_layer_sizes)) in action.text()
    assert column.architecture.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert column.architecture.width() >= column.architecture.fontMetrics().horizontalAdvance("Shape") + 18
    assert min(column.architecture.width(), column.architecture.height()) >= 28


@pytest.mark.parametrize("page", ["playground", "digits"])
def test_at_1400_by_800_the_column_needs_no_scrolling(qtbot, tmp_path, page: str) -> None:
    person = Person(qtbot, tmp_path, Settings(theme="light", page=page))
    person.window.resize(1400, 800)
    column = person.window.page.settings
    person.wait(lambda: column.height() > 690)
    person.wait(lambda: column.scroll_area.verticalScrollBar().maximum() == 0)
    dropout = column.penalty_form.editors["dropout"]
    assert dropout.mapTo(column, QPoint(0, dropout.height())).y() <= column.height()
    person.close()
