"""The picture of a trial: what its worker kept are levels without colours, which take those of the theme here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from engine.spec import ExperimentSpec
from gui.theme import Theme, mix
from gui.tuning.study import TrialView

_RAMP = 0.65  # a few mistakes among many answers are still seen


def levels_of(trial: TrialView) -> NDArray | None:
    """(height, width) uint8 of its PNG; None where it has none, or the bytes are no picture."""
    image = QImage.fromData(trial.picture) if trial.picture else QImage()
    if image.isNull():
        return None
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def picture_of(trial: TrialView, spec: ExperimentSpec, theme: Theme) -> QImage:
    """Its decision boundary, orange to blue or in the colours of classes; of images the confusion matrix, whose diagonal, what
    is right, has the accent's colour and whose mistakes danger's. A null image where there is none.
    """
    levels = levels_of(trial)
    if levels is None:
        return QImage()
    data = spec.data.dataset
    height, width = levels.shape
    if not data.planar:
        share = (np.arange(256) / 255) ** _RAMP
        right = np.array([mix(theme.sunken, theme.accent, s).rgb() for s in share], np.uint32)
        wrong = np.array([mix(theme.sunken, theme.danger, s).rgb() for s in share], np.uint32)
        k = max(data.n_classes, 1)
        row, column = np.arange(height) * k // height, np.arange(width) * k // width
        pixels = np.where(row[:, None] == column, right[levels], wrong[levels])
    elif data.n_classes > 2:
        colors = [mix(theme.panel, theme.class_color(i, data.n_classes), 0.7).rgb() for i in range(data.n_classes)]
        pixels = np.array(colors, np.uint32)[np.rint(levels / 255 * (data.n_classes - 1)).astype(int)]
    else:
        pixels = theme.signed_lut[levels]
    pixels = np.ascontiguousarray(pixels, np.uint32)
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
