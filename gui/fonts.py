"""The type of the window: the system's UI font, or the bundled Inter where the platform has none to give."""

from __future__ import annotations

from importlib import resources

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from gui.theme import BODY_PX, CAPTION_PX

BUNDLED = "Inter"
SEMIBOLD = QFont.Weight.DemiBold
# What a platform answers when nobody configured a UI font: aliases that stand for "whatever is there".
_GENERIC = frozenset({"", "sans serif", "sans", "sans-serif", "helvetica", "system", "ms sans serif", "ms shell dlg 2"})
_NATIVE = frozenset({"windows", "cocoa"})  # always have one; macOS hides its family from the list


def install(app: QApplication) -> None:
    """Give ``app`` its font, 13 px. Works on a machine without any font and without a fontconfig configuration."""
    for file in sorted(resources.files("resources").joinpath("fonts").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".otf"):
            QFontDatabase.addApplicationFontFromData(file.read_bytes())
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if not _is_designed(font.family(), app.platformName()):
        font = QFont(BUNDLED)
    font.setPixelSize(BODY_PX)
    app.setFont(font)


def _is_designed(family: str, platform: str) -> bool:
    if platform in _NATIVE:
        return True
    bare = platform in {"offscreen", "minimal", "vnc", "linuxfb"} or family.lower() in _GENERIC
    return not bare and family in QFontDatabase.families()


def tabular(font: QFont) -> QFont:
    """``font`` with figures of one width, so that running numbers do not dance."""
    result = QFont(font)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def body(weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The window's font at 13 px."""
    return sized(BODY_PX, weight)


def caption(weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The window's font at 11 px."""
    return sized(CAPTION_PX, weight)


def figures(pixels: int = BODY_PX, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The window's font with tabular figures."""
    return tabular(sized(pixels, weight))


def code(pixels: int = 12) -> QFont:
    """For source: the system's fixed font where it is a real one, else the window's with tabular figures and wider spaces."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if _is_designed(font.family(), QGuiApplication.platformName()):
        font.setPixelSize(pixels)
        return font
    font = figures(pixels)
    font.setWordSpacing(2.0)
    return font


def sized(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The window's font at ``pixels``."""
    font = QFont(QApplication.font())
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font
