from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QFontInfo, QFontMetricsF
from PySide6.QtWidgets import QApplication

from gui import fonts

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(qapp: QApplication):
    before = QFont(qapp.font())
    fonts.install(qapp)
    yield qapp
    qapp.setFont(before)


def test_offscreen_takes_the_bundled_font_at_13_px(installed: QApplication) -> None:
    info = QFontInfo(installed.font())
    assert info.family() == fonts.BUNDLED
    assert installed.font().pixelSize() == 13


def test_tabular_figures_have_one_width_and_plain_ones_have_not(installed: QApplication) -> None:
    figures = QFontMetricsF(fonts.figures())
    assert len({figures.horizontalAdvance(digit * 8) for digit in "0123456789"}) == 1
    plain = QFontMetricsF(fonts.body())
    assert plain.horizontalAdvance("1" * 8) < plain.horizontalAdvance("0" * 8)


@pytest.mark.parametrize(
    ("family", "platform", "designed"),
    [("Sans Serif", "xcb", False), ("", "xcb", False), ("Inter", "offscreen", False), ("No Such Font", "xcb", False),
     (".AppleSystemUIFont", "cocoa", True), ("Segoe UI", "windows", True)],
)  # fmt: skip
def test_generic_aliases_are_no_designed_font(
    installed: QApplication, family: str, platform: str, designed: bool
) -> None:
    assert fonts._is_designed(family, platform) is designed


@pytest.mark.skipif(sys.platform != "linux", reason="fontconfig is what Linux asks for fonts")
def test_text_is_readable_without_any_font_installed(tmp_path: Path) -> None:
    empty = tmp_path / "fonts.conf"
    empty.write_text("<fontconfig></fontconfig>", "utf-8")
    script = """
import sys
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QLabel
from gui import fonts
app = QApplication(sys.argv)
assert set(QFontDatabase.families()) <= {"Monospace", "Sans Serif", "Serif"}, QFontDatabase.families()  # bare aliases
fonts.install(app)
pictures = []
for weight in (fonts.body(), fonts.body(fonts.SEMIBOLD)):
    for text in ("abc", "xyz", "109"):
        label = QLabel(text)
        label.setFont(weight)
        label.resize(60, 20)
        image = label.grab().toImage()
        pictures.append(bytes(image.constBits()))
        ink = sum(image.pixelColor(x, y).lightness() < 128 for x in range(60) for y in range(20))
        assert 20 < ink < 300, (text, ink)
assert len(set(pictures)) == 6
sys.stdout.write("read")
"""
    environment = {**os.environ, "FONTCONFIG_FILE": str(empty), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "read", done.stderr
