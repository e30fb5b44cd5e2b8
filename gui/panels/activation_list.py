"""All activations: which are drawn and race, which one is selected, and one that is typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine.activations.typed import Typed
from engine.expression import SPAN, check_derivative, parse
from gui import fonts
from gui.controls.fields import TextField
from gui.functions import TYPED, Function, color_of
from gui.graphics import ticks
from gui.panels.base import Panel
from gui.style import set_property
from gui.theme import GRID, PANEL_PADDING, Theme

ROW_HEIGHT = 24
WIDTH = 232
_EXACT = 1e-6  # a derivative that is nearer to the differences than this is right


def checked_text(expression: str) -> tuple[str, bool]:
    """What a person is told of a typed function's derivative, and whether all is well with it."""
    error = check_derivative(expression)
    if not error <= _EXACT:
        return "The derivative could not be checked: the function is too steep or has gaps.", False
    text = f"Derivative checked: {ticks.loss(error) if error else 'exact'}"
    if not np.isfinite(parse(expression).value(np.linspace(*SPAN, 101))).all():
        return f"{text}. Not a number for some z: training may stop there.", True
    return text, True


class ActivationList(Panel):
    """``drawnChanged(key, on)``, ``selected(key)`` and ``expressionTyped(text)`` say what a person wants."""

    title = "Activations"
    drawnChanged = Signal(str, bool)
    selected = Signal(str)
    expressionTyped = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._functions: tuple[Function, ...] = ()
        self._filling = False
        heading = QLabel(self.title)
        heading.setProperty("role", "heading")
        heading.setFont(fonts.caption(fonts.SEMIBOLD))
        self.list = QListWidget(self)
        self.list.setAccessibleName("Activations: draw and race")
        self.list.setToolTip("Checked functions are drawn, and race. The marked one is described below.")
        self.list.setWhatsThis(
            "Every activation there is. A check draws it and lets it race; up and down move the mark, Space checks."
        )
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setProperty("keeps_keys", True)  # Space checks
        self.list.setProperty("look", "checks")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setIconSize(QSize(20, 12))
        self.list.setUniformItemSizes(True)
        limits = next(f.metadata["text"] for f in fields(Typed) if f.name == "expression")
        self.field = TextField(limits, Typed().expression)
        self.field.setAccessibleName("Your own function")
        self.field.setFont(fonts.figures())
        caption = QLabel("Your own: f(x) =")
        caption.setProperty("role", "caption")
        caption.setFont(fonts.caption())
        caption.setBuddy(self.field)
        self.word = QLabel()
        self.word.setFont(fonts.tabular(fonts.caption()))
        self.word.setWordWrap(True)
        self.word.setMinimumHeight(44)
        self.word.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.word.setToolTip("The derivative, compared with central differences at 401 places from −5 to 5.")
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, GRID)
        box.setSpacing(4)
        box.addWidget(heading)
        box.addWidget(self.list, 1)
        box.addWidget(caption)
        box.addWidget(self.field)
        box.addWidget(self.word)
        self.list.itemChanged.connect(self._on_item)
        self.list.currentRowChanged.connect(self._on_row)
        self.field.committed.connect(self._on_typed)
        self.field.textEdited.connect(self._on_edited)
        self.field.refused.connect(self._on_refused)
        self.field.invalidChanged.connect(self._on_marked)
        self._say_checked(self.field.value())

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 11 * ROW_HEIGHT + 168)

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH, 4 * ROW_HEIGHT + 168)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._fill()

    def show_functions(self, functions: Sequence[Function], selected: str) -> None:
        """Show these in their order, with their checks and the mark; emits nothing."""
        self._functions = tuple(functions)
        self._fill()
        self._filling = True
        self.list.setCurrentRow(next((i for i, f in enumerate(functions) if f.key == selected), -1))
        self._filling = False
        typed = next(f.activation for f in functions if f.key == TYPED)
        if isinstance(typed, Typed) and typed.expression != self.field.value():
            self.field.set_value(typed.expression)
            self._say_checked(typed.expression)

    def _fill(self) -> None:
        self._filling = True
        while self.list.count() < len(self._functions):
            item = QListWidgetItem(self.list)
            item.setSizeHint(QSize(0, ROW_HEIGHT))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        for row, function in enumerate(self._functions):
            item = self.list.item(row)
            item.setText(f"{function.title}  (in use)" if function.used else function.title)
            item.setCheckState(Qt.CheckState.Checked if function.drawn else Qt.CheckState.Unchecked)
            item.setToolTip(function.activation.summary)
            item.setIcon(self._swatch(function))
        self._filling = False

    def _swatch(self, function: Function) -> QIcon:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(20 * ratio), round(12 * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setPen(QPen(color_of(self.theme, function.key), 2.4))
        painter.drawLine(1, 6, 19, 6)
        painter.end()
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)
        return icon

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot(QListWidgetItem)
    def _on_item(self, item: QListWidgetItem) -> None:
        if not self._filling:
            function = self._functions[self.list.row(item)]
            self.drawnChanged.emit(function.key, item.checkState() == Qt.CheckState.Checked)

    @Slot(int)
    def _on_row(self, row: int) -> None:
        if not self._filling and 0 <= row < len(self._functions):
            self.selected.emit(self._functions[row].key)

    @Slot(object)
    def _on_typed(self, expression: str) -> None:
        self._say_checked(expression)
        self.expressionTyped.emit(expression)

    @Slot(str)
    def _on_edited(self, text: str) -> None:
        """While it is typed: what is wrong so far, or that it is understood."""
        try:
            expression = self.field.value_of(text)
        except ValueError as problem:
            self._say(str(problem), "error")
        else:
            self._say_checked(expression)

    @Slot(bool)
    def _on_marked(self, invalid: bool) -> None:
        """The last valid function is back in the field."""
        if not invalid and self.field.text() == self.field.value():
            self._say_checked(self.field.value())

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        self._say(sentence, "error")

    def _say_checked(self, expression: str) -> None:
        text, sound = checked_text(expression)
        self._say(text, "caption" if sound else "error")

    def _say(self, text: str, role: str) -> None:
        set_property(self.word, "role", role)
        self.word.setText(text)
