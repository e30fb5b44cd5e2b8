"""How far a run is on its way to an epoch, in numbers, in words and in the window."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QProgressBar

from engine.snapshot import RunState
from engine.stopping import Until
from gui.progress import Progress, duration
from gui.settings import Settings
from tests.gui.opened import Key, Person


def test_the_rest_is_told_at_the_pace_of_late() -> None:
    progress = Progress(20)
    assert progress.seconds_left is None
    progress.see(10.0, 100.0)
    assert (progress.share, progress.seconds_left) == (0.0, None)  # from where it stands, not from the first epoch
    progress.see(12.0, 104.0)
    assert progress.share == pytest.approx(0.2)
    assert progress.seconds_left == pytest.approx(16.0)
    assert progress.text() == "epoch 12 of 20 · about 15 s left"
    progress.see(13.0, 119.0)  # slower of late: what was more than 15 seconds ago counts no more
    assert progress.seconds_left == pytest.approx(7 * 15.0)


def test_what_is_soon_over_needs_no_bar() -> None:
    quick, slow = Progress(100), Progress(100)
    for epoch in range(3):
        quick.see(10.0 * epoch, epoch / 1.0)
        slow.see(1.0 * epoch, epoch / 1.0)
    assert quick.seconds_left == pytest.approx(8.0)
    assert quick.is_worth_showing
    assert slow.is_worth_showing
    quick.see(90.0, 3.0)
    assert quick.is_worth_showing  # a bar that is there stays to the end
    quick.see(100.0, 4.0)
    assert not quick.is_worth_showing
    sudden = Progress(10)
    sudden.see(0.0, 0.0)
    sudden.see(4.0, 1.0)
    assert not sudden.is_worth_showing


def test_a_pause_in_between_does_not_divide_by_nothing() -> None:
    progress = Progress(5)
    for now in range(4):
        progress.see(2.0, float(now))
    assert progress.seconds_left is None
    assert progress.text() == "epoch 2 of 5"
    assert Progress(0).share == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (9.4, "9 s"), (44, "45 s"), (150, "2.5 min"), (9000, "2.5 h")]
)
def test_times_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.fixture
def person(qtbot, tmp_path):
    person = Person(qtbot, tmp_path, Settings(page="digits"))
    yield person
    person.close()


def test_the_bar_is_there_while_it_is_on_its_way_and_space_takes_it_away(person: Person) -> None:
    bar = person.window.status.findChild(QProgressBar)
    assert bar.isHidden()
    person.window.lab.play(Until("epoch", 1_000_000))
    person.wait(lambda: bar.isVisible() and "of 1,000,000" in person.window.status._speed.text())
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    person.wait(bar.isHidden)
    assert person.window.lab.progress is None


def test_a_setting_that_need_not_reset_the_network_leaves_the_way_to_go(person: Person) -> None:
    lab = person.window.lab
    lab.play(Until("epoch", 1_000_000))
    person.wait_for(RunState.RUNNING)
    progress = lab.progress
    person.window.page.settings.more_augmentation.click()
    slider = person.window.page.settings.augmentation.form.editors["shift"]
    slider.changed.emit(1.0, False)
    person.wait(lambda: person.now.spec.augmentation.shift == 1.0)
    assert person.now.state is RunState.RUNNING
    assert lab.progress is progress
    lab.reset()
    assert lab.progress is None


def test_a_ready_experiment_that_is_made_for_some_epochs_offers_them(person: Person) -> None:
    person.window.open_ready("7a-digits-augmented")
    assert "200 epochs" in person.banner
    person.window.banner.click()
    person.wait(lambda: person.now.state is RunState.RUNNING)
    assert person.window.lab.progress.target == 200
    assert not person.banner
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)


def test_a_ready_experiment_on_images_that_are_not_here_says_how_to_get_them(person: Person) -> None:
    spec = person.document.spec
    person.window.open_ready("7b-mnist")
    assert "MNIST is not on this computer yet" in person.banner
    assert person.document.spec is spec  # what is open stays
    person.window.banner.click()
    assert person.window.images.dialog.isVisible()
    person.window.images.dialog.close()
