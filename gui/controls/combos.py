"""Drop-downs: plain, over a registry, and over the 1-3-10 ladder with any other value typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QHoverEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QStyledItemDelegate, QStyleOptionComboBox, QWidget

from engine.registry import Range, Registry
from gui.controls.fields import NumberField
from gui.controls.numbers import bounds_sentence, format_value
from gui.style import set_property
from gui.theme import CONTROL_HEIGHT


class ComboBox(QComboBox):
    """A drop-down that the wheel scrolls past unless it has the keyboard, and stays as wide as told."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._dressed = False
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setMaxVisibleItems(16)
        self.setFixedHeight(CONTROL_HEIGHT)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def showPopup(self) -> None:
        if not self._dressed:
            # The style sheet's item height needs this delegate. Not sooner: it costs a millisecond for each drop-down.
            self._dressed = True
            self.setItemDelegate(QStyledItemDelegate(self))
            self.view().window().installEventFilter(self)
        # Labels may be longer than the closed box: the list is as wide as they are.
        self.view().setMinimumWidth(max(self.width(), self.view().sizeHintForColumn(0) + 28))
        super().showPopup()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide:
            QTimer.singleShot(0, self, self._forget_pointer)
        return super().eventFilter(watched, event)

    def _forget_pointer(self) -> None:
        """The pointer left while the list was open, which Qt told nobody: without this the box would look hovered."""
        at = self.mapFromGlobal(QCursor.pos())
        if self.underMouse() and not self.rect().contains(at):
            QApplication.sendEvent(self, QEvent(QEvent.Type.Leave))
            self.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
            outside = QPointF(-1, -1)
            QApplication.sendEvent(
                self, QHoverEvent(QEvent.Type.HoverLeave, outside, QPointF(QCursor.pos()), QPointF())
            )
            self.update()


class ChoiceCombo(ComboBox):
    """A fixed list of (key, label, help). ``chosen(key)`` when a person takes another one."""

    chosen = Signal(str)

    def __init__(
        self, choices: list[tuple[str, str, str]], name: str, help: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        # As with buttons: after a pick with the mouse, Space plays. Tab brings the keyboard here.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._help = help or name
        self._choices: list[tuple[str, str, str]] = []
        self._key = ""
        self.set_choices(choices)
        self.setAccessibleName(name)
        self.activated.connect(self._on_activated)

    def set_choices(self, choices: list[tuple[str, str, str]]) -> None:
        """Offer these, (key, label, help) each. The choice stays if it is among them; emits nothing."""
        if choices == self._choices:
            return
        self._choices = choices
        self.clear()
        for key, label, summary in choices:
            self.addItem(label, key)
            self.setItemData(self.count() - 1, summary, Qt.ItemDataRole.ToolTipRole)
        if self.findData(self._key) < 0:
            self._key = choices[0][0]
        self.set_key(self._key)

    def key(self) -> str:
        """The key of the choice shown."""
        return self._key

    def set_key(self, key: str) -> None:
        """Show the choice ``key``; emits nothing."""
        index = self.findData(key)
        if index >= 0:
            self._key = key
            self.setCurrentIndex(index)
            self._explain()

    def _on_activated(self, index: int) -> None:
        key = self.itemData(index)
        if key != self._key:
            self._key = key
            self._explain()
            self.chosen.emit(key)

    def _explain(self) -> None:
        summary = self.itemData(self.currentIndex(), Qt.ItemDataRole.ToolTipRole) or ""
        self.setToolTip(f"{self._help}\n{self.currentText()}: {summary}" if summary else self._help)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        # "sigmoid (logistic)" in the list is "sigmoid" in the narrow closed box.
        option.currentText = option.currentText.split(" (")[0]


class EntryCombo(ChoiceCombo):
    """Choices from a registry, with label and summary."""

    def __init__(
        self,
        registry: Registry[Any],
        name: str,
        help: str = "",
        only: Callable[[type], bool] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._registry = registry
        super().__init__(self._entries(only), name, help, parent)

    def offer(self, only: Callable[[type], bool] | None) -> None:
        """Offer those entries that ``only`` takes, or all; emits nothing."""
        self.set_choices(self._entries(only))

    def _entries(self, only: Callable[[type], bool] | None) -> list[tuple[str, str, str]]:
        entries = [entry for entry in self._registry if only is None or only(entry)]
        return [(entry.name, entry.label, entry.summary) for entry in entries]


class LadderCombo(ComboBox):
    """An editable drop-down over the rungs of a :class:`Range`; Up and Down climb to the next rung.

    ``committed(value)`` on a pick, on Enter, and on leaving with another valid text.
    """

    committed = Signal(object)

    def __init__(self, limits: Range, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        whole = isinstance(value, int)
        self.limits = limits
        self.rungs: tuple[Any, ...] = tuple(int(v) if whole else float(v) for v in limits.ladder or _decades(limits))
        self.field = NumberField(limits, value)
        self.setEditable(True)
        self.setLineEdit(self.field)
        self.setCompleter(None)  # type: ignore[arg-type]
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for rung in self.rungs:
            self.addItem(format_value(rung, limits), rung)
        self.setAccessibleName(limits.label)
        parts = (limits.help, bounds_sentence(limits, whole), "Pick a value or type one.")
        self.setToolTip(" ".join(filter(None, parts)))
        self.field.setToolTip(self.toolTip())
        self.activated.connect(self._on_activated)
        self.field.committed.connect(self._on_committed)
        self.field.invalidChanged.connect(self._on_invalid)
        self.set_value(value)

    def value(self) -> Any:
        """The last valid value."""
        return self.field.value()

    def set_value(self, value: float) -> None:
        """Show ``value``, which need not be a rung; emits nothing."""
        typing = self.field.hasFocus() and self.field.isModified() and value == self.field.value()
        if not typing:
            self._point_at(value)
            self.field.set_value(value)

    def _point_at(self, value: float) -> None:
        # The current item is what the popup marks; between two rungs there is none. Setting it changes the text.
        self.setCurrentIndex(self.rungs.index(value) if value in self.rungs else -1)

    def _on_activated(self, index: int) -> None:
        self._take(self.rungs[index])
        if self.field.hasFocus():  # not when it is being left, which Qt calls activated too
            self.field.hand_back()

    def _take(self, value: Any) -> None:
        self.field.setText(self.field.text_of(value))
        self.field.commit()

    def _on_committed(self, value: Any) -> None:
        self._point_at(value)
        self.field.setText(self.field.text_of(value))
        self.committed.emit(value)

    def _on_invalid(self, invalid: bool) -> None:
        set_property(self, "invalid", invalid)

    def _climb(self, direction: int) -> None:
        self.field.commit()
        value = self.field.value()
        beyond = [v for v in self.rungs if v > value] if direction > 0 else [v for v in self.rungs if v < value]
        if beyond:
            self._take(min(beyond) if direction > 0 else max(beyond))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & Qt.KeyboardModifier.AltModifier
        if plain and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._climb(1 if event.key() == Qt.Key.Key_Up else -1)
            event.accept()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and event.angleDelta().y():
            self._climb(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def minimumSizeHint(self) -> QSize:
        return QSize(72, CONTROL_HEIGHT)


def _decades(limits: Range) -> tuple[float, ...]:
    """Powers of ten within the bounds, for a range that gives no ladder."""
    rungs = (float(f"1e{e}") for e in range(-15, 16))
    return tuple(rung for rung in rungs if limits.low <= rung <= limits.high)
