"""The doctor in the window: marks where it hurts, a panel that explains and applies, and silence unless it is asked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication

from engine.activations import ACTIVATIONS
from engine.doctor import NOTE, Finding, Remedy, Where
from engine.doctor.evidence import Bars, Curve, Evidence, Histogram, Ranges, Rows
from engine.doctor.rounds import HELD
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.snapshot import RunState
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui import theme
from gui.controls.finding_badge import FindingBadge
from gui.doctor import SHARE, Doctor
from gui.graphics import badges
from gui.graphics.evidence_picture import EvidencePicture, words
from gui.graphics.layout import arrange
from gui.panels.doctor import DoctorPanel
from gui.settings import Settings
from tests.gui.opened import CONTROL, Key, Person

Start = Callable[..., Person]


@pytest.fixture
def start(qtbot, qapp, tmp_path) -> Iterator[Start]:
    """``start(doctor=False)`` opens a window with these settings; all are closed at the end."""
    from gui import app

    app.application()
    people: list[Person] = []

    def begin(*remembered: None, folder: Path = tmp_path / "data", **settings: object) -> Person:
        usual = Settings(theme="light", reduce_motion=True)
        people.append(Person(qtbot, folder, None if remembered else replace(usual, **settings)))
        return people[-1]

    yield begin
    for person in people:
        if person.window is not None:
            person.close()


@pytest.fixture
def person(start) -> Person:
    return start()


def dying() -> ExperimentSpec:
    """A spiral with ReLU and far too long steps: after a few epochs half of the second layer is dead."""
    spec = ExperimentSpec()
    network = replace(spec.network, activation=ACTIVATIONS["relu"](), initializer=INITIALIZERS["he_normal"]())
    return replace(spec, network=network, optimizer=OPTIMIZERS["sgd"](learning_rate=1.0))


def jumping() -> ExperimentSpec:
    """A spiral whose loss jumps up and down."""
    spec = ExperimentSpec()
    return replace(spec, optimizer=OPTIMIZERS["adam"](learning_rate=1.0))


def train(person: Person, spec: ExperimentSpec, epochs: int) -> None:
    """Show ``spec``, train it for ``epochs``, and wait until the doctor has seen where it stands."""
    lab = person.window.lab
    lab.start_over(spec, "Test")
    person.wait_shown()
    lab.play(Until("epoch", epochs))
    person.wait(lambda: person.latest is not None and person.now.epoch == epochs and not lab.playing)
    examined(person)


def examined(person: Person) -> None:
    doctor = person.window.doctor
    person.wait(lambda: not doctor._busy and doctor._next is None)


def rules(person: Person) -> list[str]:
    return [finding.rule for finding in person.window.doctor.findings]


def panel(person: Person) -> DoctorPanel:
    return person.window.page.doctor


def marks(person: Person) -> list[badges.Badge]:
    return person.graph._badges.placed(person.graph._picture.layout)


# --- from the mark to the cure ------------------------------------------------------------------------------------


def test_a_mark_on_the_dead_neuron_its_card_why_apply_and_undo(person) -> None:
    train(person, dying(), 5)
    assert "dead_units" in rules(person)
    assert not panel(person).isVisible(), "it never opens by itself"
    assert person.banner == ""
    dead = next(f for f in person.window.doctor.findings if f.rule == "dead_units" and f.where.layer == 2)
    on_layer_2 = [mark for mark in marks(person) if mark.finding.key == dead.key]
    assert len(on_layer_2) == len(dead.where.neurons)

    mark = on_layer_2[0]
    at = person.point(mark.x, mark.y)
    assert person.graph.cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert dead.sentence in person.graph._tip()
    person.click(person.graph, at)
    card = panel(person).card
    person.wait(lambda: panel(person).isVisible())
    assert card.finding.key == dead.key
    assert card.sentence.text() == dead.sentence

    assert not card.why_text.isVisible()
    assert not card.picture.isVisible()
    person.click(card.why)
    assert card.why_text.isVisible()
    assert card.picture.isVisible()
    assert card.picture.accessibleName().startswith("z of the dead in hidden 2")

    before, run = person.document.spec, person.document.run
    assert card.apply[0].text() == "Apply: Use leaky ReLU"
    person.click(card.apply[0])
    assert person.document.spec.network.activation.name == "leaky_relu"
    assert person.document.run != run
    person.wait_shown()
    examined(person)
    assert "dead_units" not in rules(person)
    assert person.document.undo_stack.undoText() == "Use leaky ReLU"
    person.press(Key.Key_Z, CONTROL)
    assert (person.document.spec, person.document.run) == (before, run)
    person.wait(lambda: "dead_units" in rules(person))


def test_everything_by_keys(person) -> None:
    train(person, jumping(), 60)
    person.press(Key.Key_D)
    doctor = panel(person)
    person.wait(lambda: doctor.isVisible())
    assert "rate_too_high" in rules(person)
    assert len(rules(person)) > 1
    assert QApplication.focusWidget() is doctor.list
    assert doctor.card.finding.rule == "rate_too_high"
    person.press(Key.Key_Down)
    assert doctor.card.finding.rule != "rate_too_high"
    person.press(Key.Key_Up)
    for _ in range(12):
        person.press(Key.Key_Tab)
        if QApplication.focusWidget() is doctor.card.apply[0]:
            break
    else:
        pytest.fail("Tab does not come to the remedy")
    person.press(Key.Key_Return)
    assert person.document.spec.optimizer.learning_rate == 0.3
    examined(person)
    # What the loss did before belongs to the old rate.
    person.wait(lambda: "rate_too_high" not in rules(person))
    person.press(Key.Key_D)
    assert not doctor.isVisible()


def test_the_mark_beside_the_learning_rate_opens_the_panel(person) -> None:
    train(person, jumping(), 60)
    (badge,) = [b for b in person.window.page.settings.findChildren(FindingBadge) if b.isVisible()]
    assert badge.accessibleName() == "Doctor: Learning rate too high"
    assert "too high" in badge.toolTip()
    person.click(badge)
    person.wait(lambda: panel(person).isVisible())
    assert panel(person).card.finding.rule == "rate_too_high"
    # Another optimizer has the form built anew: the mark must not outlive its row.
    spec = person.document.spec
    person.document.apply("Optimizer", replace(spec, optimizer=OPTIMIZERS["sgd"](learning_rate=1.0)))
    person.wait_shown()
    examined(person)
    person.window.page.show_findings(())
    assert not badge.isVisible() if badge in person.window.page.settings.findChildren(FindingBadge) else True


def test_a_quiet_count_opens_the_panel_and_dismissed_means_for_this_run(person) -> None:
    button = person.window.status._doctor
    assert not button.isVisible()
    train(person, dying(), 5)
    assert button.isVisible()
    assert button.text() == button.accessibleName() == f"Doctor: {len(rules(person))}"
    person.click(button)
    person.wait(lambda: panel(person).isVisible())
    key = panel(person).card.finding.key
    person.click(panel(person).card.dismiss)
    assert key not in [f.key for f in person.window.doctor.findings]
    assert key not in [mark.finding.key for mark in marks(person)]
    person.press(Key.Key_Right)
    examined(person)
    assert key not in [f.key for f in person.window.doctor.findings]
    train(person, dying(), 5)
    assert key in [f.key for f in person.window.doctor.findings]


def test_after_a_divergence_the_banner_stays_and_the_doctor_explains(person) -> None:
    spec = replace(dying(), optimizer=OPTIMIZERS["sgd"](learning_rate=1e6))
    person.window.lab.start_over(spec, "Test")
    person.wait_shown()
    person.press(Key.Key_Space)
    person.wait(lambda: person.latest is not None and person.now.state is RunState.DIVERGED)
    examined(person)
    assert rules(person)[0] == "exploding_gradient"
    assert "learning rate" in person.banner
    person.press(Key.Key_D)
    assert panel(person).card.sentence.text().startswith("The numbers ran away, and ")
    assert person.banner


def test_a_sound_run_has_no_marks_and_the_panel_says_so(person) -> None:
    person.play_to(3)
    examined(person)
    assert rules(person) == []
    assert marks(person) == []
    person.press(Key.Key_D)
    assert panel(person).empty.isVisible()
    assert "Nothing ails" in panel(person).empty.text()
    person.window.page.settings.rate_form.editors["learning_rate"].field.setFocus()
    person.press(Key.Key_D)
    assert panel(person).isVisible(), "a letter that is typed into a field closes nothing"


def test_the_panel_leaves_the_network_its_room_and_the_keyboard_where_it_was(person) -> None:
    person.window.resize(1400, 800)
    train(person, jumping(), 60)
    width = person.graph.width()
    person.press(Key.Key_D)
    panel(person).card.why.setChecked(True)
    person.wait(lambda: person.window.page.docks["DoctorPanel"].height() > 190)
    assert person.graph.width() == width
    assert person.graph.height() >= 280
    assert panel(person).isAncestorOf(QApplication.focusWidget())
    person.window.page.show_findings(())
    assert QApplication.focusWidget() is person.window, "not a field of the settings, where keys would be typed"


def test_on_the_digits_page_too(start) -> None:
    person = start(page="digits")
    spec = person.document.spec
    train(person, replace(spec, optimizer=OPTIMIZERS["adam"](learning_rate=0.1)), 4)
    assert "dead_units" in rules(person)
    person.press(Key.Key_D)
    person.wait(lambda: panel(person).isVisible())
    person.wait(lambda: person.window.page.docks["DoctorPanel"].width() >= person.graph.width() - 8)


# --- it costs nothing when it is off ------------------------------------------------------------------------------


def test_switched_off_nothing_is_examined_and_it_is_remembered(start) -> None:
    person = start(doctor=False)
    train(person, dying(), 5)
    assert rules(person) == []
    assert not person.window.lab.runner._doctor_thread.isRunning(), "not even its thread was needed"
    person.press(Key.Key_D)
    assert "switched off" in panel(person).empty.text()

    person.window.actions_by_id["examine"].trigger()
    person.wait(lambda: "dead_units" in rules(person))
    assert marks(person)
    person.window.actions_by_id["examine"].trigger()
    assert rules(person) == marks(person) == []
    person.close()
    assert json.loads(person.places.settings.read_text())["doctor"] is False


def test_the_same_bits_with_the_doctor_and_without(start, tmp_path) -> None:
    ends = []
    for enabled in (True, False):
        person = start(doctor=enabled, folder=tmp_path / str(enabled))
        train(person, dying(), 40)
        ends.append(person.now.params.tobytes())
    assert ends[0] == ends[1]


# --- how often it looks, and that nothing flickers ----------------------------------------------------------------


class Bench(QObject):
    """Stands for the runner and the clock: keeps what is to be examined until a test answers."""

    shown = Signal(object)
    examined = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list = []

    def examine(self, snapshot, since: int) -> None:
        self.asked.append((snapshot, since))

    def answer(self, *findings: Finding) -> None:
        self.examined.emit(self.asked[-1][0], findings)


@pytest.fixture
def bench(qapp) -> tuple[Bench, Doctor]:
    bench = Bench()
    return bench, Doctor(bench, bench, True)


def ailment(layer: int = 1, severity: str = "warning", evidence: Evidence | None = None) -> Finding:
    bars = Bars("Gradient", ("hidden 1", "output"), (1e-6, 1.0), 0, logarithmic=True)
    remedy = Remedy("Learning rate 0.01", (("optimizer.learning_rate", 0.01),))
    return Finding(
        "dead_units", "Dead", Where(layer, (0,)), "One is dead.", "So.", evidence or bars, (remedy,), severity
    )


def test_one_checkup_at_a_time_and_a_paused_run_always(bench) -> None:
    bench, doctor = bench
    trainer = Trainer(ExperimentSpec())
    running, paused = trainer.snapshot(1, running=True), trainer.snapshot(1)
    for _ in range(5):
        bench.shown.emit(running)
    assert len(bench.asked) == 1, "one is under way"
    bench.shown.emit(paused)
    assert len(bench.asked) == 1
    bench.answer()
    assert [snapshot.state for snapshot, _ in bench.asked] == [RunState.RUNNING, RunState.PAUSED]
    bench.answer(ailment())
    assert len(doctor.findings) == 1, "a run that stands still is as it is"


def test_while_it_trains_a_finding_must_hold(bench) -> None:
    bench, doctor = bench
    running = Trainer(ExperimentSpec()).snapshot(1, running=True)
    for i in range(HELD):
        doctor._due_at = 0.0
        bench.shown.emit(running)
        assert len(bench.asked) == i + 1
        bench.answer(ailment())
        assert len(doctor.findings) == (i + 1 == HELD)
    bench.shown.emit(running)
    assert len(bench.asked) == HELD, "not before half a second has gone by"


def test_what_takes_long_is_done_seldom(bench) -> None:
    bench, doctor = bench
    bench.shown.emit(Trainer(ExperimentSpec()).snapshot(1, running=True))
    doctor._sent_at -= 3.0  # as if it had taken three seconds
    bench.answer()
    assert doctor._due_at - doctor._sent_at > 3.0 / SHARE


def test_other_settings_begin_a_new_page(bench) -> None:
    bench, doctor = bench
    trainer = Trainer(ExperimentSpec())
    trainer.step_epoch()
    bench.shown.emit(trainer.snapshot(1))
    bench.answer(ailment())
    assert bench.asked[-1][1] == 0
    spec = trainer.spec
    trainer.reconfigure(replace(spec, optimizer=replace(spec.optimizer, learning_rate=0.5)))
    bench.shown.emit(trainer.snapshot(1))
    assert doctor.findings == ()
    assert bench.asked[-1][1] == 1, "the history before the change says nothing of it"
    stale = bench.asked[0][0]
    bench.examined.emit(stale, (ailment(),))
    assert doctor.findings == (), "an answer about the settings before"


# --- marks and pictures -------------------------------------------------------------------------------------------


def test_marks_lie_at_neurons_and_at_headers_where_those_are_not_drawn() -> None:
    layout = arrange(744, 500, (2, 8, 1), feature_slots=(0, 1))
    (mark,) = badges.place(layout, [ailment()])
    x, y, width, _ = layout.columns[1].rect(0)
    assert abs(mark.x - (x + width)) < 6
    assert abs(mark.y - y) < 6
    crowded = arrange(744, 500, (64, 400, 10))
    left_out = next(n for n in range(400) if crowded.columns[1].slot_of(n) < 0)
    (mark,) = badges.place(crowded, [replace(ailment(), where=Where(1, (left_out,)))])
    assert mark.y < 70
    assert badges.place(layout, [replace(ailment(), where=Where(setting="training.l2"))]) == []
    both = [ailment(), replace(ailment(), rule="other")]
    assert [m.finding.rule for m in badges.place(layout, both)] == ["dead_units"], "one mark a place: the gravest"


EVIDENCE = {
    "histogram": Histogram("z", np.linspace(-3, 3, 41), np.arange(40), ((-math.inf, 0.0),)),
    "bars": Bars("Gradient", ("hidden 1", "hidden 2", "output"), (1e-9, math.inf, 0.0), 1, logarithmic=True),
    "curve": Curve(
        "Loss", np.arange(50.0), (("train", np.linspace(1, 0, 50)), ("test", np.full(50, math.nan))), 20, "best"
    ),
    "ranges": Ranges("Inputs", ("x₁", "x₁²"), (-6.0, 0.0), (6.0, 36.0)),
    "rows": Rows("Weights", ("neuron 1", "neuron 2"), np.array([[0.5, -0.5, 0.0]] * 2)),
}


@pytest.mark.parametrize("kind", EVIDENCE)
@pytest.mark.parametrize("size", [(160, 96), (420, 190)])
def test_every_kind_of_evidence_is_drawn_and_told(qtbot, kind: str, size: tuple[int, int]) -> None:
    evidence = EVIDENCE[kind]
    for colors in (theme.LIGHT, theme.DARK):
        picture = EvidencePicture(colors)
        qtbot.addWidget(picture)
        picture.resize(*size)
        empty = picture.grab().toImage()
        picture.show_evidence(evidence)
        assert picture.grab().toImage() != empty
        assert picture.accessibleName() == evidence.title
        assert picture.accessibleDescription() == words(evidence) != ""


def test_a_mark_is_told_apart_without_color(qapp) -> None:
    marks = badges.Badges(theme.LIGHT)
    images = [marks._pixmap(severity, 1.0).toImage() for severity in ("warning", NOTE)]
    gray = [[image.pixelColor(x, 3).lightness() for x in range(15)] for image in images]
    assert gray[0] != gray[1]


def test_the_panel_keeps_what_a_person_chose(qtbot) -> None:
    doctor = DoctorPanel(theme.LIGHT)
    qtbot.addWidget(doctor)
    doctor.show()
    doctor.show_spec(ExperimentSpec())
    doctor.show_findings((ailment(1), ailment(2)))
    assert doctor.card.finding.where.layer == 1
    doctor.choose(ailment(2).key)
    doctor.show_findings((ailment(1), ailment(2)))
    assert doctor.card.finding.where.layer == 2
    doctor.show_findings((ailment(1),))
    assert doctor.card.finding.where.layer == 1


def test_a_hidden_panel_fills_nothing_until_it_is_shown(qtbot) -> None:
    doctor = DoctorPanel(theme.LIGHT)
    qtbot.addWidget(doctor)
    doctor.show_spec(ExperimentSpec())
    doctor.show_findings((ailment(1), ailment(2)))
    assert doctor.list.count() == 0
    doctor.show()
    assert doctor.list.count() == 2
    assert doctor.card.finding.where.layer == 1


def test_a_remedy_is_applied_to_the_experiment_of_now(qtbot) -> None:
    doctor = DoctorPanel(theme.LIGHT)
    qtbot.addWidget(doctor)
    doctor.show()
    doctor.show_spec(ExperimentSpec())
    doctor.show_findings((ailment(),))
    later = replace(ExperimentSpec(), training=replace(ExperimentSpec().training, batch_size=64))
    doctor.show_spec(later)
    with qtbot.waitSignal(doctor.specProposed) as proposed:
        qtbot.mouseClick(doctor.card.apply[0], Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    text, spec, key = proposed.args
    assert (text, key) == ("Learning rate 0.01", "")
    assert spec == replace(later, optimizer=replace(later.optimizer, learning_rate=0.01))
