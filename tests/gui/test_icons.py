from __future__ import annotations

import re
from importlib import resources
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QColor, QIcon, QImage

from gui import icons
from gui.theme import LIGHT

NEEDED = {
    "play", "pause", "step", "step-back", "reset", "dice", "undo", "redo", "playground", "digits", "perceptron",
    "activations", "tuner", "settings", "sun", "moon", "plus", "minus", "chevron", "chevron-up", "chevron-right", "eraser",
    "trash", "fit", "help", "check", "close",
}  # fmt: skip
every = pytest.mark.parametrize("name", icons.names())


def _ink(image: QImage) -> int:
    return sum(image.pixelColor(x, y).alpha() > 100 for x in range(image.width()) for y in range(image.height()))


def test_the_icons_that_the_window_names_exist() -> None:
    assert set(icons.names()) >= NEEDED


@every
def test_a_drawing_keeps_to_one_grid_one_line_and_no_color(name: str) -> None:
    text = resources.files("resources").joinpath("icons", f"{name}.svg").read_text("utf-8")
    root = ElementTree.fromstring(text)
    assert root.attrib["viewBox"] == "0 0 24 24"
    assert root.attrib["stroke"] == "currentColor"
    assert root.attrib["stroke-width"] == "1.5"
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', text)) <= {"none", "currentColor"}


@every
@pytest.mark.parametrize("scale", [1.0, 1.5, 3.0])
def test_an_icon_is_sharp_at_every_scale_and_takes_the_color(qapp, name: str, scale: float) -> None:
    color = QColor(LIGHT.accent)
    picture = icons.pixmap(name, color, 20, scale)
    assert picture.width() == round(20 * scale)
    assert picture.devicePixelRatio() == scale
    image = picture.toImage()
    assert 0.02 < _ink(image) / (image.width() * image.height()) < 0.6
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    # Blending may round by one.
    off = [max(abs(a - b) for a, b in zip(p.getRgb(), color.getRgb(), strict=True)) for p in pixels if p.alpha() == 255]
    assert max(off, default=0) <= 1


def test_states_are_tinted(qapp) -> None:
    icon = icons.icon("play", LIGHT.text, 20, disabled=LIGHT.line, checked=LIGHT.accent)
    normal = icon.pixmap(20, QIcon.Mode.Normal, QIcon.State.Off).toImage().pixelColor(9, 10)
    off = icon.pixmap(20, QIcon.Mode.Disabled, QIcon.State.Off).toImage().pixelColor(9, 10)
    on = icon.pixmap(20, QIcon.Mode.Normal, QIcon.State.On).toImage().pixelColor(9, 10)
    assert (normal.name(), off.name(), on.name()) == (LIGHT.text.name(), LIGHT.line.name(), LIGHT.accent.name())


def test_an_unknown_icon_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="play"):
        icons.svg("no-such-icon", LIGHT.text)
