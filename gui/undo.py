"""Undo and Redo of the window: what they take back is up to the page on screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, SignalInstance, Slot
from PySide6.QtGui import QAction, QUndoGroup, QUndoStack


class UndoActions(QObject):
    """Keeps both actions true to ``group``. ``current()`` answers the stack to use now, or None when there is none."""

    def __init__(
        self, group: QUndoGroup, undo: QAction, redo: QAction, current: Callable[[], QUndoStack | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._group, self._undo_action, self._redo_action, self._current = group, undo, redo, current
        undo.triggered.connect(self._undo)
        redo.triggered.connect(self._redo)
        for changed in self._changes():
            changed.connect(self.show)
        self.listen()

    def _changes(self) -> tuple[SignalInstance, ...]:
        group = self._group
        return group.canUndoChanged, group.undoTextChanged, group.canRedoChanged, group.redoTextChanged

    def listen(self) -> None:
        """Hear of every stack in the group, again after one was added: the group only listens to its active one, and
        the first stroke on a canvas makes another one the one to undo."""
        for stack in self._group.stacks():
            stack.indexChanged.connect(self.choose, Qt.ConnectionType.UniqueConnection)

    def stop(self) -> None:
        """Hear no more: a stack tells of its own end too, when the window is long closed."""
        for stack in self._group.stacks():
            stack.indexChanged.disconnect(self.choose)
        for changed in self._changes():
            changed.disconnect(self.show)

    @Slot()
    def choose(self) -> None:
        """Take back what the page on screen says from now on."""
        stack = self._current()
        if stack is not None:
            self._group.setActiveStack(stack)

    @Slot()
    def show(self) -> None:
        """Say in the menu what each would do, and whether it can."""
        group = self._group
        for action, can, text, verb in (
            (self._undo_action, group.canUndo(), group.undoText(), "Undo"),
            (self._redo_action, group.canRedo(), group.redoText(), "Redo"),
        ):
            action.setEnabled(can)
            action.setText(f"{verb} {text}".strip())

    @Slot()
    def _undo(self) -> None:
        self.choose()
        self._group.undo()

    @Slot()
    def _redo(self) -> None:
        self.choose()
        self._group.redo()
