from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from gui import style, theme
from gui.theme import DARK, LIGHT, Theme, contrast, mix

both = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)


@pytest.fixture
def undressed(qapp: QApplication):
    yield qapp
    qapp.setStyleSheet("")


def test_contrast_of_black_and_white_is_twenty_one() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("#777777")) == pytest.approx(1)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)  # the textbook's near miss


@both
@pytest.mark.parametrize("role", ["text", "quiet"])
@pytest.mark.parametrize("background", ["panel", "window", "sunken"])
def test_text_reads_everywhere(look: Theme, role: str, background: str) -> None:
    assert contrast(getattr(look, role), getattr(look, background)) >= 4.5


@both
def test_text_reads_on_what_is_accented_chosen_or_wrong(look: Theme) -> None:
    assert contrast(look.on_accent, look.accent) >= 4.5
    assert contrast(look.text, style.selected(look)) >= 4.5
    assert contrast(look.danger, look.panel) >= 4.5
    assert contrast(look.ink(look.accent, style.selected(look)), style.selected(look)) >= 4.5


@both
@pytest.mark.parametrize("role", ["accent", "positive", "negative", "danger", "success"])
def test_lines_that_matter_are_seen(look: Theme, role: str) -> None:
    assert contrast(getattr(look, role), look.panel) >= 3


@both
def test_ink_makes_any_color_readable_and_leaves_what_reads(look: Theme) -> None:
    for color in (look.positive, look.negative, look.success, *look.more_classes):
        assert contrast(look.ink(color), look.panel) >= 4.5
    assert look.ink(look.text) == look.text


@both
def test_style_sheet_is_complete_and_its_drawings_exist(look: Theme, tmp_path: Path) -> None:
    folder = tmp_path / "drawings"
    folder.mkdir()
    sheet = style.style_sheet(look, folder)
    assert "$" not in sheet
    assert look.accent.name() in sheet
    drawings = {Path(part.split('"')[0]) for part in sheet.split('url("')[1:]}
    assert drawings == set(folder.iterdir())
    assert all("currentColor" not in file.read_text("utf-8") for file in drawings)


def test_apply_dresses_and_changes_the_application(undressed: QApplication) -> None:
    theme.apply(undressed, LIGHT)
    assert undressed.style().name().lower() in ("fusion", "stylesheet") or undressed.styleSheet()
    assert undressed.palette().color(QPalette.ColorRole.Window) == LIGHT.window
    light = undressed.styleSheet()
    theme.apply(undressed, DARK)
    assert undressed.palette().color(QPalette.ColorRole.Window) == DARK.window
    assert undressed.styleSheet() not in ("", light)


@both
def test_a_field_is_sunken_and_rounded(undressed: QApplication, qtbot, look: Theme) -> None:
    theme.apply(undressed, look)
    holder = QWidget()
    qtbot.addWidget(holder)
    combo = QComboBox(holder)
    combo.addItem("Adam")
    combo.setGeometry(10, 10, 100, 28)
    holder.resize(120, 50)
    holder.show()
    picture = holder.grab().toImage()
    assert picture.pixelColor(70, 15) == look.sunken
    assert picture.pixelColor(10, 10) == look.window  # the corner is round


def test_mix_is_opaque_and_clipped() -> None:
    assert mix(QColor("black"), QColor("white"), 2.0) == QColor("white")
    assert mix(QColor("black"), QColor("white"), 0.5).alpha() == 255
