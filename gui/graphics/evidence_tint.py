"""Evidence as a tint over a picture: blue where a pixel spoke for a class, orange where it spoke against it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from gui.theme import Theme, mix

_STRONGEST = 0.94  # what is below shows through even there
_GRAY = 0.35  # of the way from paper to ink
_RAMP = 0.65  # as for lines: equal steps of it look equally far apart


def tint_of(values: NDArray, theme: Theme, ink: NDArray | None = None) -> QImage | None:
    """Evidence (h, w) as an image: clear at 0 and the fuller the stronger; None where nothing spoke.

    A pixel for each value; or, spread over ``ink`` (H, W) in 0..1, one for each of its pixels, gray where nothing spoke.
    """
    peak = float(np.abs(values).max(initial=0.0))
    if not np.isfinite(peak) or peak == 0:
        return None
    share = np.minimum(np.abs(values) / peak, 1.0) ** _RAMP * _STRONGEST
    colors = np.array([theme.negative.getRgb()[2::-1], theme.positive.getRgb()[2::-1]])[(values > 0).astype(int)]
    pixels = np.empty((*values.shape, 4), np.uint8)  # blue, green, red, alpha; premultiplied
    if ink is None:
        pixels[..., :3], pixels[..., 3] = np.rint(colors * share[..., None]), np.rint(255 * share)
    else:
        gray = np.array(mix(theme.sunken, theme.text, _GRAY).getRgb()[2::-1])
        pixels[..., :3], pixels[..., 3] = np.rint(gray + (colors - gray) * share[..., None]), 255
        rows, columns = (np.arange(n) * m // n for n, m in zip(ink.shape, values.shape, strict=True))
        share = (ink * 256).astype(np.uint16)[..., None]  # whole numbers: three times as fast, for the pen waits
        pixels = (pixels[rows[:, None], columns] * share >> 8).astype(np.uint8)
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
