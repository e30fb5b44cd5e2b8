"""Planar data sets to choose from, each as a small picture of its own points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QWidget

from engine.datasets import DATASETS, Dataset
from gui.controls.buttons import keeps_space
from gui.theme import Theme, mix

COLUMNS = 6
CELL = 37
_INSET = 2.5  # the ring of the chosen one lies in this margin
_POINTS = {False: 80, True: 160}  # of numbers more are needed to see their shape
_ARROWS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -COLUMNS,
    Qt.Key.Key_Down: COLUMNS,
}


class DatasetGallery(QWidget):
    """Thumbnails of ``offered``, or of every planar data set. ``chosen(name)`` on a click, Space or an arrow key."""

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, offered: Sequence[type[Dataset]] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        self.thumbnails: dict[str, Thumbnail] = {}
        usual = [cls for cls in DATASETS if cls.planar and cls.in_menus]
        for i, cls in enumerate(usual if offered is None else offered):
            thumbnail = Thumbnail(theme, cls, self)
            # Everything here lives in the window's thread, so a partial is safe.
            thumbnail.clicked.connect(partial(self._on_clicked, cls.name))
            grid.addWidget(thumbnail, i // COLUMNS, i % COLUMNS)
            self.thumbnails[cls.name] = thumbnail
        grid.setColumnStretch(COLUMNS, 1)
        self.setAccessibleName("Data sets")
        self._name = ""
        self.set_name(next(iter(self.thumbnails), ""))

    def name(self) -> str:
        """The data set with the ring."""
        return self._name

    def set_name(self, name: str) -> None:
        """Put the ring around ``name``; emits nothing."""
        self._name = name
        for key, thumbnail in self.thumbnails.items():
            thumbnail.set_chosen(key == name)

    def apply_theme(self, theme: Theme) -> None:
        """Draw the thumbnails again in other colours."""
        for thumbnail in self.thumbnails.values():
            thumbnail.apply_theme(theme)

    def _on_clicked(self, name: str) -> None:
        if name != self._name:
            self.set_name(name)
            self.chosen.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _ARROWS.get(Qt.Key(event.key()))
        names = list(self.thumbnails)
        if step is None or self._name not in names:
            super().keyPressEvent(event)
            return
        index = names.index(self._name) + step
        if 0 <= index < len(names):
            self.thumbnails[names[index]].setFocus(Qt.FocusReason.TabFocusReason)
            self._on_clicked(names[index])


class Thumbnail(QAbstractButton):
    """One data set: a few of its points, drawn once for each theme and scale."""

    def __init__(self, theme: Theme, cls: type[Dataset], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._cls = cls
        self._chosen = False
        self._pixmap: QPixmap | None = None
        self.setFixedSize(CELL, CELL)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(f"{cls.label}. {cls.summary}")

    def is_chosen(self) -> bool:
        return self._chosen

    def set_chosen(self, chosen: bool) -> None:
        """With the ring or without; the chosen one is where Tab stops."""
        self._chosen = chosen
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if chosen else Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(f"{self._cls.label}, chosen" if chosen else self._cls.label)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme, self._pixmap = theme, None
        self.update()

    def event(self, event: QEvent) -> bool:
        # The arrows are the window's shortcut for a training step; here they choose.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _ARROWS:  # type: ignore[attr-defined]
            event.accept()
            return True
        return keeps_space(self, event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ARROWS:
            event.ignore()  # to the gallery
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        scale = self.devicePixelRatioF()
        if self._pixmap is None or self._pixmap.devicePixelRatio() != scale:
            self._pixmap = draw_thumbnail(self._theme, self._cls, scale)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(QPointF(0, 0), self._pixmap)
        if self._chosen or self.underMouse():
            ring = QRectF(1, 1, CELL - 2, CELL - 2)
            painter.setPen(QPen(self._theme.accent if self._chosen else self._theme.quiet, 2 if self._chosen else 1))
            painter.drawRoundedRect(ring, 7, 7)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.text, 1))
            painter.drawRoundedRect(QRectF(3, 3, CELL - 6, CELL - 6), 5, 5)
        painter.end()


def draw_thumbnail(theme: Theme, cls: type[Dataset], scale: float) -> QPixmap:
    """The picture of ``cls``, CELL x CELL device-independent pixels."""
    known = {f.name: f.default for f in fields(cls)}
    few = {"n_samples": min(_POINTS[cls.regression], known["n_samples"])} if "n_samples" in known else {}
    points, labels = cls(**few).make(np.random.default_rng(1))
    # The points' own extent, squared up: the domain leaves a margin that a thumbnail can't afford.
    low, high = np.percentile(points, 1), np.percentile(points, 99)
    inner = CELL - 2 * _INSET
    margin = 0.26 * inner if len(labels) <= 16 else 4.5
    place = margin + (points - low) / (high - low) * (inner - 2 * margin)
    place = _INSET + np.clip(np.stack([place[:, 0], inner - place[:, 1]], axis=1), 2.5, inner - 2.5)

    pixmap = QPixmap(round(CELL * scale), round(CELL * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.line, 1))
    painter.setBrush(mix(theme.panel, theme.sunken, 0.35))
    painter.drawRoundedRect(QRectF(_INSET, _INSET, inner, inner), 6, 6)
    width = 6.0 if len(labels) <= 16 else 2.6
    for chosen, color in _colored(theme, cls, labels):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in place[chosen]]))
    painter.end()
    return pixmap


def _colored(theme: Theme, cls: type[Dataset], labels: NDArray) -> list[tuple[NDArray, QColor]]:
    """Which points (n,) have which color: that of their class, or of their number in nine steps."""
    if not cls.regression:
        return [(labels == label, theme.class_color(label, cls.n_classes)) for label in range(cls.n_classes)]
    steps = np.round(np.clip(labels, -1, 1) * 4)
    # Zero is the color of nothing: at so small a size even those points keep a breath of their side's.
    return [(steps == step, theme.signed(step / 4 if step else 0.12)) for step in range(-4, 5)]
