"""Augmentation: how far training images are changed, and some of them before and after."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.augmentation import augment
from engine.data import Data
from engine.spec import AugmentationSpec
from gui import fonts
from gui.forms import Form
from gui.theme import Theme

COLUMNS = 6
_GAP = 4
_CAPTION = 16


class AugmentationBox(QWidget):
    """The settings of an :class:`AugmentationSpec` over images that they have changed.

    ``changed(field name, value, still dragging)`` is what a person wants.
    """

    changed = Signal(str, object, bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preview = AugmentedImages(theme)
        self.form = Form(theme)
        self.form.changed.connect(self.changed)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(_GAP)
        box.addWidget(self.preview)
        box.addWidget(self.form)

    def show_augmentation(self, augmentation: AugmentationSpec) -> None:
        """Show these settings; emits nothing."""
        self.form.show_instance(augmentation)
        self.preview.show_augmentation(augmentation)

    def show_data(self, data: Data) -> None:
        """A newer moment of a run on ``data``: other changes are drawn by lot, as training draws them."""
        if not self.isHidden():
            self.preview.show_data(data)

    def apply_theme(self, theme: Theme) -> None:
        self.form.apply_theme(theme)
        self.preview.theme = theme
        self.preview.update()


class AugmentedImages(QWidget):
    """A row of training images as they are, and under each the same one as training might be shown it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._augmentation = AugmentationSpec()
        self._data: Data | None = None
        self._x: NDArray = np.empty((0, 0), np.float32)
        self._side = 0
        self._images: tuple[QImage, QImage] | None = None
        self._draws = 0
        self._small = fonts.caption()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.sizeHint().height())
        self.setAccessibleName("Images before and after augmentation")
        tip = "Training images, and below each of them what augmentation may make of it. With every mini-batch it is another."
        self.setToolTip(tip)
        self.setWhatsThis(tip)

    def sizeHint(self) -> QSize:
        return QSize(192, 2 * 34 + _GAP + _CAPTION)

    def show_augmentation(self, augmentation: AugmentationSpec) -> None:
        """Change the images as ``augmentation`` says from now on."""
        if augmentation != self._augmentation:
            self._augmentation = augmentation
            self._draw()

    def show_data(self, data: Data) -> None:
        """Images of ``data``, always the same ones of the same data; each call draws their changes anew."""
        if data is not self._data:
            self._data, self._side = data, data.spec.dataset.image_side
            if self._side:
                rows = np.random.default_rng(data.spec.seed).choice(
                    len(data.train), min(COLUMNS, len(data.train)), False
                )
                self._x = data.train.x[rows].astype(np.float32)
            self._draw()
        elif self._augmentation:
            self._draw()

    def _draw(self) -> None:
        if not self._side or not len(self._x):
            return
        self._draws += 1
        after = self._x
        if self._augmentation:
            after = augment(self._x, self._side, self._augmentation, np.random.default_rng(self._draws))
        self._images = _atlas(self._x, self._side), _atlas(after, self._side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._small)
        painter.setPen(self.theme.quiet)
        caption = QRectF(0, self.height() - _CAPTION, self.width(), _CAPTION)
        painter.drawText(caption, "above as they are, below as trained with")
        if self._images is None:
            return
        ratio, n = self.devicePixelRatioF(), len(self._x)
        room = int(min((self.width() - (COLUMNS - 1) * _GAP) / COLUMNS, 34) * ratio)
        # Whole device pixels for each of the image's, where that leaves enough of the room.
        side = (room // self._side * self._side if self._side * 2 <= room else room) / ratio
        pitch = (self.width() - side) / (COLUMNS - 1)
        for row, atlas in enumerate(self._images):
            for i in range(n):
                painter.drawImage(
                    QRectF(i * pitch, row * (34 + _GAP), side, side),
                    atlas,
                    QRectF(0, i * self._side, self._side, self._side),
                )


def _atlas(x: NDArray, side: int) -> QImage:
    """The images (n, side²) of 0..1 one below the other."""
    pixels = np.ascontiguousarray(np.clip(x, 0, 1) * 255.0, dtype=np.uint8)
    return QImage(pixels.data, side, len(x) * side, side, QImage.Format.Format_Grayscale8).copy()
