"""The gallery alone: whole pixels, marks, the ring and its keys, the card under the pointer, and an order that holds still."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QEnterEvent, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from engine.predictions import Predictions
from gui import theme
from gui.graphics import gallery as module
from gui.graphics.gallery import Gallery
from gui.graphics.gallery_card import words
from gui.graphics.gallery_order import WRONG, Filter
from gui.graphics.image_atlas import ImageAtlas

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


def images(n: int, side: int) -> NDArray:
    return np.random.default_rng(n).integers(0, 256, (n, side**2)).astype(np.float32) / np.float32(255)


def answers(n: int, seed: int = 0, k: int = 10) -> Predictions:
    rng = np.random.default_rng(seed)
    return Predictions(np.arange(n), np.arange(n) % k, rng.normal(0, 2, (n, k)).astype(np.float32), k)


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest) -> theme.Theme:
    return theme.THEMES[request.param]


@pytest.fixture
def gallery(qtbot, look) -> Gallery:
    widget = Gallery(look)
    qtbot.addWidget(widget)
    widget.resize(700, 400)
    widget.show()
    qtbot.waitActive(widget)
    return widget


def fill(gallery: Gallery, n: int = 300, side: int = 8) -> Predictions:
    gallery.set_images(ImageAtlas(images(n, side)))
    some = answers(n)
    gallery.show_predictions(some, running=False)
    return some


def picture(gallery: Gallery) -> QImage:
    return gallery.viewport().grab().toImage()


def count(image: QImage, color: QColor) -> int:
    pixels = np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint32)
    return int((pixels & 0xFFFFFF == color.rgb() & 0xFFFFFF).sum())


@pytest.mark.parametrize("side", [8, 28])
def test_images_are_painted_in_whole_pixels_and_in_their_places(gallery: Gallery, side: int) -> None:
    fill(gallery, 250, side)
    gallery.set_sort("index")
    image, x = picture(gallery), images(250, side)
    for place in (0, 3, gallery._columns + 1):
        box = gallery.box(place)
        assert box.width() % side == 0, "each pixel is as many of the screen's"
        step = int(box.width()) // side
        # The corner that a cross may cover is left out.
        for row, column in ((side - 1, 0), (side // 2, side // 2), (side - 1, side - 1), (1, 0)):
            at = QPoint(int(box.left()) + column * step + step // 2, int(box.top()) + row * step + step // 2)
            assert image.pixelColor(at).red() == round(float(x[place, row * side + column]) * 255)


def test_an_atlas_converts_only_what_is_looked_at() -> None:
    atlas = ImageAtlas(images(10_000, 28))
    atlas.prepare(np.array([0, 99, 100, 9_999]))
    assert atlas._there.sum() == 4
    assert atlas.place(9_999).bottomRight().toPoint() == QPoint(2800, 2800)
    assert atlas.picture.pixelColor(99 * 28 + 27, 27).red() == round(float(atlas.x[99, -1]) * 255)
    assert atlas.picture.pixelColor(0, 28).red() == round(float(atlas.x[100, 0]) * 255)


def test_wrong_ones_have_a_cross_and_the_color_of_danger_and_right_ones_have_neither(gallery: Gallery, look) -> None:
    x = np.zeros((8, 64), np.float32)
    gallery.set_images(ImageAtlas(x))
    logits = np.eye(10)[[0, 1, 2, 3, 4, 5, 6, 7]] * 5
    right = Predictions(np.arange(8), np.arange(8), logits, 10)
    gallery.show_predictions(right, running=False)
    assert count(picture(gallery), look.danger) == 0
    gallery.show_predictions(replace(right, labels=np.array([1, *range(1, 8)])), running=False)
    badge = gallery.box(0).topRight().toPoint() + QPoint(-4, 0)
    image = picture(gallery)
    assert count(image.copy(badge.x() - 8, badge.y() - 4, 16, 16), look.danger) > 40
    assert count(image, look.danger) > count(image.copy(badge.x() - 8, badge.y() - 4, 16, 16), look.danger), "the words"


def test_keys_move_the_ring_and_bring_it_into_sight(qtbot, gallery: Gallery) -> None:
    fill(gallery)
    gallery.setFocus(Qt.FocusReason.TabFocusReason)
    rows = gallery.predictions.rows[gallery.places].tolist()
    columns, n = gallery._columns, len(rows)
    assert columns > 3
    place = 0
    for key, by in (
        (Key.Key_Right, 0), (Key.Key_Right, 1), (Key.Key_Down, columns), (Key.Key_Left, -1), (Key.Key_Up, -columns),
        (Key.Key_Left, 0), (Key.Key_Up, 0), (Key.Key_PageDown, columns * gallery._rows_seen),
        (Key.Key_End, n - 1 - columns * gallery._rows_seen), (Key.Key_Right, 0), (Key.Key_Home, 1 - n),
    ):  # fmt: skip
        qtbot.keyClick(gallery, key)
        place += by
        assert gallery.row == rows[place], key
        box = gallery.box(place)
        assert box.top() >= 0
        assert box.bottom() <= gallery.viewport().height()
    with qtbot.waitSignal(gallery.opened) as opened:
        qtbot.keyClick(gallery, Key.Key_Return)
    assert opened.args == [rows[0]]
    qtbot.keyClick(gallery, Key.Key_Escape)
    assert gallery.row is None


def test_of_few_images_the_last_key_finds_the_last(qtbot, gallery: Gallery) -> None:
    fill(gallery, 3)
    gallery.set_sort("index")
    gallery.setFocus()
    for key, row in (
        (Key.Key_End, 2),
        (Key.Key_Home, 0),
        (Key.Key_PageDown, 2),
        (Key.Key_PageUp, 0),
        (Key.Key_Down, 0),
    ):
        qtbot.keyClick(gallery, key)
        assert gallery.row == row
    assert len(gallery.places) == 3
    assert not gallery.verticalScrollBar().isVisible()


def test_the_wheel_scrolls_and_a_click_chooses_what_is_seen_there(qtbot, gallery: Gallery) -> None:
    fill(gallery)
    middle = gallery.viewport().rect().center()
    wheel = QWheelEvent(
        middle.toPointF(), gallery.viewport().mapToGlobal(middle).toPointF(), QPoint(), QPoint(0, -240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(gallery.viewport(), wheel)
    assert gallery.box(0).bottom() < 0
    place = 2 * gallery._columns + 1
    with qtbot.waitSignal(gallery.chosen) as chosen:
        qtbot.mouseClick(gallery.viewport(), LEFT, pos=gallery.box(place).center().toPoint())
    assert chosen.args == [int(gallery.predictions.rows[gallery.places[place]])]
    with qtbot.waitSignal(gallery.opened) as opened:
        qtbot.mouseDClick(gallery.viewport(), LEFT, pos=gallery.box(place).center().toPoint())
    assert opened.args == chosen.args
    assert f"Test image {chosen.args[0] + 1:,}" in gallery.accessibleDescription()


def test_the_card_says_what_is_under_the_pointer(qtbot, gallery: Gallery) -> None:
    some = fill(gallery)
    card = gallery.card
    assert not card.isVisible()
    for place in (0, gallery._columns - 1, gallery._columns):
        qtbot.mouseMove(gallery.viewport(), gallery.box(place).center().toPoint())
        assert card.isVisible()
        row = int(some.rows[gallery.places[place]])
        assert card.words.title == f"Test image {row + 1}, a {row % 10}"
        best = np.argsort(-some.probabilities[row])[:3]
        assert [label for label, _ in card.words.best] == best.tolist()
        assert gallery.viewport().rect().contains(card.geometry())
        assert not card.geometry().intersects(gallery.box(place).toRect())
    QApplication.sendEvent(gallery.viewport(), QEvent(QEvent.Type.Leave))
    assert not card.isVisible()


def test_the_words_of_the_card() -> None:
    shares = [0.0, 0.0, 0.05, 0.1, 0.7, 0.1, 0.0, 0.0, 0.0, 0.05]
    assert words(11, 4, shares).line == "Read right, with 70.0 %"
    assert words(11, 3, shares).line == "Read as 4; its 3 comes 2nd, with 10.0 %"
    assert words(11, 9, shares).line == "Read as 4; its 9 comes 5th, with 5.0 %"
    assert words(4_152, 9, shares).title == "Test image 4,153, a 9"
    assert words(0, 7, None).best == ()
    assert words(0, 1, [1 - 1e-6, 1e-6]).line == "Read as 0; its 1 comes 2nd, with < 0.1 %"


def test_while_it_trains_the_order_is_renewed_once_a_second_and_never_under_the_pointer(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    QApplication.sendEvent(gallery.viewport(), QEvent(QEvent.Type.Leave))  # wherever the pointer of the tests is
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    fill(gallery)
    before = gallery.places.tolist()
    later = answers(300, seed=1)
    now += 0.5
    gallery.show_predictions(later, running=True)
    assert gallery.places.tolist() == before
    assert gallery.predictions is later, "what is written is the newest all the same"
    now += 0.6
    gallery.show_predictions(answers(300, seed=2), running=True)
    renewed = gallery.places.tolist()
    assert renewed != before
    wrong = ~gallery.predictions.right[gallery.places]
    assert wrong[: wrong.sum()].all(), "the mistakes stand before the rest"
    screen = gallery._columns * gallery._rows_seen
    stayed = set(before[:screen]) & set(renewed[:screen])
    assert all(renewed[i] == before[i] for i in range(screen) if before[i] in stayed)
    # Under the pointer nothing moves.
    middle = gallery.viewport().rect().center().toPointF()
    QApplication.sendEvent(gallery.viewport(), QEnterEvent(middle, middle, middle))
    now += 5
    gallery.show_predictions(answers(300, seed=3), running=True)
    assert gallery.places.tolist() == renewed
    # At a pause every image stands where it belongs, whatever the pointer does.
    gallery.show_predictions(later, running=False)
    expected = module.order(later, "mistakes", Filter())
    assert gallery.places.tolist() == expected.tolist()


def test_answers_to_other_images_are_put_in_order_at_once(gallery: Gallery) -> None:
    gallery.set_images(ImageAtlas(images(300, 8)))
    whole = answers(300)
    some = Predictions(np.arange(0, 300, 3), whole.labels[::3], whole.logits[::3], 10)
    gallery.show_predictions(some, running=True)
    assert len(gallery.places) == 100
    gallery.set_filter(Filter(WRONG))
    assert len(gallery.places) == int((~some.right).sum())
    gallery.show_predictions(whole, running=False)
    assert len(gallery.places) == int((~whole.right).sum())


def test_no_answers_are_shown_as_none(gallery: Gallery) -> None:
    gallery.set_images(ImageAtlas(images(5, 8)))
    gallery.show_predictions(Predictions(np.arange(5), np.zeros(5, int), np.full((5, 10), np.nan), 10), running=False)
    assert not picture(gallery).isNull()
    assert (-1, 0, False) in gallery._marks.captions
