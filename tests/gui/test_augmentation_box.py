"""The group of augmentation in the settings column: for images, with some of them before and after."""

from __future__ import annotations

import pytest

from engine.spec import AugmentationSpec
from gui.settings import Settings
from tests.gui.opened import Person


@pytest.fixture
def person(qtbot, tmp_path):
    person = Person(qtbot, tmp_path, Settings(page="digits"))
    yield person
    person.close()


def _after(person: Person):
    return person.window.page.settings.augmentation.preview._images[1]


def test_the_group_says_what_is_on_and_unfolds(person: Person) -> None:
    column = person.window.page.settings
    assert column.more_augmentation.text() == "None"
    assert not column.augmentation.isVisible()
    person.click(column.more_augmentation)
    assert column.augmentation.isVisible()
    form = column.augmentation.form
    form.editors["rotation"].changed.emit(12.0, False)
    assert person.document.spec.augmentation == AugmentationSpec(rotation=12.0)
    assert column.more_augmentation.text() == "Rotation"
    form.editors["noise"].changed.emit(0.1, False)
    assert column.more_augmentation.text() == "2 kinds"
    run = person.document.run
    person.document.undo_stack.undo()
    person.document.undo_stack.undo()
    assert column.more_augmentation.text() == "None"
    assert person.document.run == run  # the network went on with the same weights


def test_images_are_shown_as_training_meets_them(person: Person) -> None:
    column = person.window.page.settings
    person.click(column.more_augmentation)
    person.wait_shown()
    column.augmentation.show_data(person.now.data)
    before, after = column.augmentation.preview._images
    assert before == after  # nothing is changed yet
    column.augmentation.form.editors["shift"].changed.emit(2.0, False)
    assert _after(person) != before
    drawn = _after(person)
    column.augmentation.show_data(person.now.data)
    assert _after(person) != drawn  # other changes of the same images
    assert column.augmentation.preview._images[0] == before


def test_points_in_the_plane_have_no_such_group(person: Person) -> None:
    person.window.open_page("playground")
    column = person.window.page.settings
    assert column.augmentation_head.isHidden()
    assert column.augmentation.isHidden()
