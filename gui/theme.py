"""The only colours, fonts and measures of the window. A Theme is a value: panels are given one and paint with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

GRID = 8
PANEL_PADDING = 12
PANEL_GAP = 8
RADIUS = 8
CONTROL_HEIGHT = 28
BODY_PX = 13
CAPTION_PX = 11
EPOCH_PX = 20


def mix(low: QColor, high: QColor, share: float) -> QColor:
    """The opaque colour ``share`` of the way from ``low`` to ``high`` (a translucent pen costs 15 times as much)."""
    share = min(max(share, 0.0), 1.0)
    return QColor(
        round(low.red() + (high.red() - low.red()) * share),
        round(low.green() + (high.green() - low.green()) * share),
        round(low.blue() + (high.blue() - low.blue()) * share),
    )


def luminance(color: QColor) -> float:
    """Relative luminance 0..1, WCAG 2.2."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in color.getRgbF()[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio 1..21 of two opaque colours, WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@dataclass(frozen=True)
class Theme:
    """Colours by role. Positive is blue and negative orange, everywhere and only for that; zero disappears."""

    name: str
    window: QColor
    panel: QColor
    sunken: QColor
    text: QColor
    quiet: QColor
    line: QColor
    accent: QColor
    on_accent: QColor
    positive: QColor
    negative: QColor
    danger: QColor
    success: QColor
    more_classes: tuple[QColor, ...]
    branches: tuple[QColor, ...]

    @property
    def is_dark(self) -> bool:
        return self.name == "dark"

    @property
    def zero(self) -> QColor:
        """The colour of nothing: the panel's own."""
        return self.panel

    def class_color(self, label: int, n_classes: int = 2) -> QColor:
        """Class 0 is orange and class 1 blue when there are two; further classes follow Okabe and Ito."""
        colors = (self.negative, self.positive, *self.more_classes)
        return colors[label % len(colors)]

    def branch_color(self, place: int) -> QColor:
        """The color of a branch's curves; 0 is the run that all began with. None of them is blue or orange."""
        colors = (self.accent, *self.branches)
        return colors[place % len(colors)]

    def line_color(self, which: int) -> QColor:
        """Eleven lines told apart, as functions on one axis. What looks like the blue and orange of signs comes last."""
        more = self.more_classes
        colors = (self.accent, *(more[i] for i in (0, 1, 2, 7, 5, 6, 3, 4)), self.quiet, self.text)
        return self.ink(colors[which % len(colors)], ratio=3.0)

    def signed(self, value: float) -> QColor:
        """-1 orange .. 0 panel .. +1 blue, opaque."""
        return mix(self.zero, self.positive if value >= 0 else self.negative, abs(value))

    def ink(self, color: QColor, background: QColor | None = None, ratio: float = 4.5) -> QColor:
        """``color`` moved towards the text's just so far that it reads on ``background`` (the panel) as text."""
        background = background or self.panel
        for step in range(21):
            candidate = mix(color, self.text, step / 20)
            if contrast(candidate, background) >= ratio:
                return candidate
        return self.text

    @cached_property
    def _most_mistaken(self) -> float:
        """How far towards danger a ground may go on which the text still reads."""
        steps = (step / 50 for step in range(50, 0, -1))
        return next(s for s in steps if contrast(self.text, mix(self.panel, self.danger, s)) >= 4.5)

    def mistake(self, share: float) -> QColor:
        """A ground for text: 0 panel .. 1 as red as the text on it allows, opaque, in even steps of lightness."""
        return mix(self.panel, self.danger, min(max(share, 0.0), 1.0) * self._most_mistaken)

    @cached_property
    def signed_lut(self) -> NDArray:
        """(256,) uint32 0xffRRGGBB (QImage.Format_RGB32), index 0 = -1, 255 = +1, for maps and boundaries."""
        return np.array([self.signed(i / 127.5 - 1.0).rgb() for i in range(256)], np.uint32)


# The light orange is a shade deeper than on the drawings, so that its lines keep 3:1 on the panel.
LIGHT = Theme(
    "light", *map(QColor, ("#F6F7F9", "#FFFFFF", "#EDEFF2", "#1B1F24", "#5B6570", "#DDE1E6", "#5B5BD6", "#FFFFFF",
                           "#0877BD", "#DD7A06", "#C92A2A", "#2B8A3E")),
    tuple(map(QColor, ("#009E73", "#CC79A7", "#B59F00", "#56B4E9", "#D55E00", "#6B4FA0", "#7A5230", "#444B54"))),
    tuple(map(QColor, ("#00856A", "#C2408F", "#857000", "#7A4A2A", "#4A5560"))),
)  # fmt: skip
DARK = Theme(
    "dark", *map(QColor, ("#15181D", "#1D2128", "#101317", "#E8EBEF", "#98A2AE", "#2C323B", "#8C8CF0", "#15181D",
                          "#3FA7E8", "#F7A145", "#FF6B6B", "#51CF66")),
    tuple(map(QColor, ("#2CC79A", "#E39BC4", "#F0E442", "#8CD0F5", "#FF8A4D", "#A68BE0", "#C09468", "#B4BDC8"))),
    tuple(map(QColor, ("#2CC79A", "#E88FC6", "#D9CE3A", "#C09468", "#B4BDC8"))),
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}

# What a network is shown of a drawing is white on black in both themes, as its training images are.
NETWORK_INK, NETWORK_PAPER = QColor("#FFFFFF"), QColor("#000000")


def for_system(app: QApplication) -> Theme:
    """The theme that goes with the system's colour scheme; light where the system says nothing."""
    return DARK if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def apply(app: QApplication, theme: Theme) -> None:
    """Dress every widget of ``app``: Fusion, palette and style sheet. May be called again to change the theme."""
    from gui import style  # it needs Theme, and this module is imported by everything

    style.apply(app, theme)
