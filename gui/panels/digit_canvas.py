"""The canvas: draw a digit with mouse, pen or finger, and take strokes back."""

from __future__ import annotations

from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.registry import Range
from gui.controls.buttons import IconButton
from gui.controls.fields import NumberField
from gui.controls.sliders import Slider
from gui.graphics.drawing_surface import DrawingSurface
from gui.graphics.evidence_tint import tint_of
from gui.graphics.strokes import Stroke
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, PANEL_PADDING, Theme

BRUSH = Range(
    6, 40, "Brush size", "Width of the pen in 280ths of the canvas ([ and ]). It matters little: networks for 8×8 images "
    "are shown every stroke in one weight, and MNIST's pens are as wide as this.", step=2,
)  # fmt: skip
BRUSH_FIRST = 20


class DigitCanvas(Panel):
    """A square to draw on, with its tools and an undo list of its own.

    ``digitNamed(int)``: a digit was typed while the canvas has the keyboard.
    ``inkChanged()`` comes with every movement of the pen and every other change; :meth:`ink` then answers.
    ``undo_stack`` holds strokes and clearings. ``surface`` is the square itself, which takes the pen's events.
    """

    title = "Draw a digit"
    inkChanged = Signal()
    digitNamed = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(500)
        self.surface = DrawingSurface(theme, self)
        self.surface.setObjectName("digit_surface")
        self.surface.setAccessibleName("Canvas for a digit")
        self.surface.setToolTip(
            "Draw a digit from 0 to 9; the right button erases. The network reads it while you draw."
        )
        self.surface.strokeFinished.connect(self._on_stroke_finished)
        self.surface.inkChanged.connect(self.inkChanged)

        self.brush_slider = Slider()
        self.brush_slider.setRange(int(BRUSH.low), int(BRUSH.high))
        self.brush_slider.setSingleStep(int(BRUSH.step))
        self.brush_slider.setAccessibleName(BRUSH.label)
        self.brush_slider.setFixedHeight(CONTROL_HEIGHT)
        self.brush_slider.setMinimumWidth(48)
        self.brush_slider.setMaximumWidth(160)
        self.brush_number = NumberField(BRUSH, BRUSH_FIRST)
        self.brush_number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.brush_number.setFixedSize(40, CONTROL_HEIGHT)
        self.brush_slider.setToolTip(self.brush_number.toolTip())
        self.brush_slider.setValue(BRUSH_FIRST)
        self.brush_slider.valueChanged.connect(self.set_brush)
        self.brush_number.committed.connect(self.set_brush)

        self.eraser_button = IconButton(
            theme,
            "eraser",
            "Eraser",
            "Rubs ink out (E; the right mouse button does it too). The reading follows at once.",
        )
        self.eraser_button.setCheckable(True)
        self.eraser_button.toggled.connect(self.set_erasing)
        self.undo_button = IconButton(theme, "undo", "Undo stroke", "Takes the last stroke back. Redo brings it again.")
        self.undo_button.clicked.connect(self.undo_stack.undo)
        self.redo_button = IconButton(
            theme, "redo", "Redo stroke", "Brings back the stroke that was undone last. A new stroke forgets it."
        )
        self.redo_button.clicked.connect(self.undo_stack.redo)
        self.clear_button = IconButton(
            theme, "trash", "Clear", "Empties the canvas (Delete). Undo brings the drawing back."
        )
        self.clear_button.clicked.connect(self.clear)
        for signal in (self.undo_stack.indexChanged, self.surface.inkChanged):
            signal.connect(self._update_buttons)

        self.tools = QWidget(self)
        row = QHBoxLayout(self.tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        label = QLabel("Brush")
        label.setBuddy(self.brush_number)
        row.addWidget(label)
        row.addSpacing(GRID - 2)
        row.addWidget(self.brush_slider, 20)
        row.addSpacing(GRID - 2)
        row.addWidget(self.brush_number)
        row.addStretch(1)
        for button in (self.eraser_button, self.undo_button, self.redo_button, self.clear_button):
            row.addWidget(button)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, PANEL_PADDING)
        layout.setSpacing(GRID)
        layout.addWidget(self.surface, 1)
        layout.addWidget(self.tools)
        self.apply_theme(theme)
        self._update_buttons()

    # --- the drawing ----------------------------------------------------------------------------------------------

    def ink(self) -> NDArray:
        """(280, 280) float32, 0 empty .. 1 ink, as drawn so far; a copy."""
        return self.surface.ink()

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """The finished strokes, oldest first."""
        return self.surface.strokes

    def show_evidence(self, evidence: NDArray | None, box: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
        """Tint the ink in ``box`` (top, bottom, left, right) by evidence (h, w) for a digit; with None no longer."""
        top, bottom, left, right = box
        tinted = None if evidence is None else tint_of(evidence, self.theme, self.ink()[top:bottom, left:right])
        self.surface.show_overlay(tinted, box)

    def clear(self) -> None:
        """Take everything away, in one step that can be undone; who clears wants to draw next, so the eraser goes too."""
        self.surface.cancel()
        self.set_erasing(False)
        if self.strokes:
            self.undo_stack.push(_Redraw(self.surface, (), "Clear drawing"))

    @property
    def brush(self) -> int:
        """Width of the next strokes in 280ths of the canvas."""
        return self.brush_slider.value()

    def set_brush(self, size: int) -> None:
        """Width of the next strokes in 280ths of the canvas, held within 6 to 40."""
        size = int(min(max(size, BRUSH.low), BRUSH.high))
        self.brush_slider.setValue(size)
        self.brush_number.set_value(size)
        self.surface.brush = float(size)
        self.surface.refresh_cursor()

    def set_erasing(self, erasing: bool) -> None:
        """Whether the next strokes rub out."""
        self.eraser_button.setChecked(erasing)
        self.surface.erasing = erasing
        self.surface.refresh_cursor()

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.surface.apply_theme(theme)
        for button in self.tools.findChildren(IconButton):
            button.apply_theme(theme)

    def _on_stroke_finished(self, stroke: Stroke) -> None:
        self.undo_stack.push(
            _Redraw(self.surface, self.strokes, "Erase" if stroke.erase else "Stroke", self.strokes[:-1])
        )

    def _update_buttons(self) -> None:
        self.undo_button.setEnabled(self.undo_stack.canUndo())
        self.redo_button.setEnabled(self.undo_stack.canRedo())
        self.clear_button.setEnabled(bool(self.strokes))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Delete:
            self.clear()
        elif key == Qt.Key.Key_E and not event.modifiers():
            self.set_erasing(not self.surface.erasing)
        elif key in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight):
            step = int(BRUSH.step) if key == Qt.Key.Key_BracketRight else -int(BRUSH.step)
            self.set_brush(self.brush_slider.value() + step)
        elif Qt.Key.Key_0 <= key <= Qt.Key.Key_9 and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.digitNamed.emit(key - Qt.Key.Key_0)
        else:
            super().keyPressEvent(event)


class _Redraw(QUndoCommand):
    """From the strokes shown (or ``before``) to ``after``."""

    def __init__(
        self, surface: DrawingSurface, after: tuple[Stroke, ...], text: str, before: tuple[Stroke, ...] | None = None
    ) -> None:
        super().__init__(text)
        self._surface, self._after = surface, after
        self._before = surface.strokes if before is None else before

    def redo(self) -> None:
        self._surface.show_strokes(self._after)

    def undo(self) -> None:
        self._surface.show_strokes(self._before)
