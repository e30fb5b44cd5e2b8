"""Keeps a network picture laid out: resizing, opened layers, glides, and which neurons of wide layers are shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEasingCurve, QObject, QTimer, QVariantAnimation, Signal

from engine.spec import ExperimentSpec
from gui.graphics.graph_lines import CHOICE_SECONDS
from gui.graphics.graph_words import FEATURE_NAMES
from gui.graphics.layout import GraphLayout, arrange, blend
from gui.graphics.network_picture import NetworkPicture

GLIDE_MS = 150
STEP_MS = 15
AFTER_LAST_FRAME_MS = 50
STAYS = 1.25  # a neuron already shown keeps its place unless another is clearly more active


class GraphStage(QObject):
    """Owns the layout of one :class:`NetworkPicture`. ``changed`` asks for a repaint."""

    changed = Signal()

    def __init__(self, picture: NetworkPicture, parent: QObject) -> None:
        super().__init__(parent)
        self.picture = picture
        self._spec: ExperimentSpec | None = None
        self._size = (0.0, 0.0)
        self._goal: GraphLayout | None = None
        self._start: GraphLayout | None = None
        self._opened: frozenset[int] = frozenset()
        self._favored: dict[int, NDArray] = {}
        self._glide = QVariantAnimation(self)
        self._glide.setDuration(GLIDE_MS)
        self._glide.setStartValue(0.0)
        self._glide.setEndValue(1.0)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._on_glide)
        self._rechoose = QTimer(self)  # about three times a second while values change, and once more after the last
        self._rechoose.setSingleShot(True)
        self._rechoose.setInterval(round(2000 * CHOICE_SECONDS))
        self._rechoose.timeout.connect(self._on_rechoose)
        self._steps = QTimer(self)
        self._steps.setSingleShot(True)
        self._steps.timeout.connect(self._on_step)

    @property
    def gliding(self) -> bool:
        return self._glide.state() == QVariantAnimation.State.Running

    def resize(self, width: float, height: float) -> None:
        self._size = (width, height)
        self._lay_out(glide=False)

    def show_spec(self, spec: ExperimentSpec, *, other_network: bool, glide: bool) -> None:
        """Lay out ``spec``; with ``other_network`` all layers are closed and scores forgotten."""
        self._spec = spec
        if not other_network and self.picture.layout is not None:
            self.picture.set_spec(spec)
            self.changed.emit()
            return
        if other_network:
            self._opened, self._favored = frozenset(), {}
        self._lay_out(glide)

    def toggle_open(self, layer: int) -> None:
        """Show all neurons of a wide layer, or only some again."""
        self._opened = self._opened ^ {layer}
        self._lay_out(glide=False)

    def clear(self) -> None:
        self._glide.stop()
        self._rechoose.stop()
        self._steps.stop()
        self._spec = self._goal = self._start = None
        self.picture.clear()

    def follow(self) -> None:
        """Values changed: soon choose anew what a crowded picture shows of them."""
        wide = self._goal is not None and any(column.left_out for column in self._goal.columns)
        if not self._rechoose.isActive() and (
            self.picture.lines.lags or (wide and self.picture.activations is not None)
        ):
            self._rechoose.start()
        self._go_on()

    def _go_on(self) -> None:
        """Have what is left for later done soon. While training paints frame after frame, those do it."""
        lines = self.picture.lines
        if lines.in_steps:
            if (lines.busy or lines.lags) and not self._steps.isActive():
                self._steps.start(STEP_MS)
        elif lines.busy:
            self._steps.start(AFTER_LAST_FRAME_MS)

    def _on_step(self) -> None:
        if not self.picture.lines.in_steps or self.picture.step():
            self.changed.emit()
        self._go_on()

    def _arranged(self, spec: ExperimentSpec) -> GraphLayout:
        slots = [FEATURE_NAMES.index(f) for f in spec.data.features] if spec.data.dataset.planar else None
        return arrange(*self._size, spec.layer_sizes, feature_slots=slots, n_features=len(FEATURE_NAMES),
                       opened=self._opened, favored=self._favored)  # fmt: skip

    def _lay_out(self, glide: bool) -> None:
        if self._spec is None:
            return
        before, self._goal = self.picture.layout, self._arranged(self._spec)
        self._glide.stop()
        if glide and before is not None and before.planar == self._goal.planar:
            self._start = before
            self.picture.set_layout(blend(before, self._goal, 0.0), self._spec)
            self._glide.start()
        else:
            self.picture.set_layout(self._goal, self._spec)
        self.changed.emit()

    def _on_glide(self, share: float) -> None:
        if self._start is not None and self._goal is not None and self._spec is not None:
            self.picture.set_layout(blend(self._start, self._goal, share), self._spec)
            self.changed.emit()

    def _on_rechoose(self) -> None:
        activations, layout = self.picture.activations, self._goal
        if self._spec is not None and layout is not None and activations is not None and not self.gliding:
            for column in layout.columns:
                if column.left_out:
                    score = np.abs(activations[column.layer])
                    score[column.shown] *= STAYS
                    self._favored[column.layer] = score
            fresh = self._arranged(self._spec)
            if any((a.shown != b.shown).any() for a, b in zip(fresh.columns, layout.columns, strict=True)):
                self._goal = fresh
                self.picture.show_others(fresh)
        self.changed.emit()
