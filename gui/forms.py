"""Editors made from the metadata of dataclass fields: a new setting in the engine appears in the window by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.registry import Entry, Range, Registry, Text, switch_kind
from engine.spec import MAX_SEED
from gui.controls.buttons import CheckBox
from gui.controls.combos import EntryCombo, LadderCombo
from gui.controls.fields import SeedField, TextField
from gui.controls.sliders import NumberSlider
from gui.theme import CONTROL_HEIGHT, Theme

CONTROL_WIDTH = 120
ROW_GAP = 4


class Row(QWidget):
    """A label and its control, aligned with every other row of the column."""

    def __init__(self, label: str, control: QWidget, help: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(label)
        self.control = control
        self.label.setBuddy(control)
        if help:
            self.label.setToolTip(help)
        control.setFixedWidth(CONTROL_WIDTH)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.label, 1)
        row.addWidget(control)
        self.setFixedHeight(CONTROL_HEIGHT)


def ranges(instance: Any) -> dict[str, Field]:
    """The fields of a dataclass instance that a form can edit, by name, in their order."""
    return {f.name: f for f in fields(instance) if _limits_of(f) is not None}


def _limits_of(f: Field) -> Range | Text | None:
    limits = f.metadata.get("range", f.metadata.get("text"))
    return limits if isinstance(limits, (Range, Text)) else None


class Form(QWidget):
    """Editors for the ranged fields of a dataclass instance. ``changed(field name, value, still dragging)``.

    ``show`` another instance at any time: of the same class it changes the values, of another it builds other editors.
    """

    changed = Signal(str, object, bool)

    def __init__(
        self,
        theme: Theme,
        choose: Callable[[str], bool] = lambda name: True,
        labels: dict[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._choose = choose
        self._labels = labels or {}
        self._instance: Any = None
        self.editors: dict[str, QWidget] = {}
        self._hidden: set[str] = set()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(ROW_GAP)

    def show_instance(self, instance: Any) -> None:
        """Show the values of ``instance``; emits nothing."""
        if type(instance) is not type(self._instance):
            self._build(instance)
        self._instance = instance
        for name, editor in self.editors.items():
            editor.set_value(getattr(instance, name))  # type: ignore[attr-defined]

    def is_empty(self) -> bool:
        """True when there is nothing to edit."""
        return not self.editors

    def set_shown(self, name: str, shown: bool) -> None:
        """Hide the editor of a setting that means nothing now, or show it again."""
        editor = self.editors.get(name)
        if editor is not None:
            row = editor.parentWidget()
            (row if isinstance(row, Row) else editor).setVisible(shown)
            self._hidden = self._hidden - {name} if shown else self._hidden | {name}

    def labels(self) -> list[str]:
        """The names of its settings as shown."""
        return [self._labels.get(name, x.label) for name, x in self._limits().items() if name not in self._hidden]

    def apply_theme(self, theme: Theme) -> None:
        """Pass another theme to the editors that paint icons."""
        self._theme = theme
        for editor in self.editors.values():
            if isinstance(editor, SeedField):
                editor.apply_theme(theme)

    def _limits(self) -> dict[str, Range | Text]:
        found = ranges(self._instance) if self._instance is not None else {}
        return {name: limits for name, f in found.items() if name in self.editors and (limits := _limits_of(f))}

    def _build(self, instance: Any) -> None:
        while (item := self._box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.editors, self._hidden = {}, set()
        for name, f in ranges(instance).items():
            if self._choose(name):
                self._add(name, f, getattr(instance, name))
        self.setVisible(bool(self.editors))

    def _add(self, name: str, f: Field, value: Any) -> None:
        limits = _limits_of(f)
        assert limits is not None
        label = self._labels.get(name, limits.label)
        if isinstance(limits, Text):
            field = TextField(limits, value)
            field.committed.connect(partial(self._on_value, name))
            self.editors[name] = field
            self._box.addWidget(Row(label, field, limits.help))
            return
        is_bool = isinstance(f.default if f.default is not MISSING else value, bool)
        if is_bool:
            box = CheckBox(label)
            box.setChecked(value)
            box.setAccessibleName(label)
            box.setToolTip(limits.help)
            # Widgets of one form live and speak in the window's thread, so a partial is safe here.
            box.committed.connect(partial(self._on_value, name))
            editor, shown = box, box
        elif isinstance(value, int) and limits.high >= MAX_SEED:
            editor = SeedField(self._theme, limits, value)
            editor.committed.connect(partial(self._on_value, name))
            shown = Row(label, editor, limits.help)
        elif limits.ladder or (isinstance(value, float) and limits.low > 0 and limits.high / limits.low >= 1e4):
            editor = LadderCombo(limits, value)
            editor.committed.connect(partial(self._on_value, name))
            shown = Row(label, editor, limits.help)
        else:
            editor = shown = NumberSlider(limits, value, label)
            editor.changed.connect(partial(self.changed.emit, name))
        self.editors[name] = editor
        self._box.addWidget(shown)

    def _on_value(self, name: str, value: Any) -> None:
        self.changed.emit(name, value, False)


def form_for(theme: Theme, instance: Any, **options: Any) -> Form:
    """A :class:`Form` that shows ``instance``; ``choose(name)`` picks the fields, ``labels`` renames them."""
    form = Form(theme, **options)
    form.show_instance(instance)
    return form


class EntryEditor(QWidget):
    """Which entry of a registry, and that entry's own settings below.

    ``changed(entry, setting label, still dragging)``; the label is "" when another kind was chosen. Settings that the
    old and the new kind share stay. ``rare`` settings are left to :attr:`rare_form`, which the owner puts where it likes.
    """

    changed = Signal(object, str, bool)

    def __init__(
        self,
        theme: Theme,
        registry: Registry[Any],
        label: str,
        help: str,
        rare: frozenset[str] = frozenset(),
        elsewhere: frozenset[str] = frozenset(),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._registry = registry
        self._entry: Entry | None = None
        self.combo = EntryCombo(registry, label, help)
        self.form = Form(theme, lambda name: name not in rare and name not in elsewhere)
        self.rare_form = Form(theme, lambda name: name in rare and name not in elsewhere)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(ROW_GAP)
        box.addWidget(Row(label, self.combo, help))
        box.addWidget(self.form)
        self.combo.chosen.connect(self._on_chosen)
        self.form.changed.connect(self._on_setting)
        self.rare_form.changed.connect(self._on_setting)

    def show_entry(self, entry: Entry) -> None:
        """Show ``entry`` and its settings; emits nothing."""
        self._entry = entry
        self.combo.set_key(entry.name)
        self.form.show_instance(entry)
        self.rare_form.show_instance(entry)

    def offer(self, only: Callable[[type], bool] | None) -> None:
        """Offer those entries that ``only`` takes, or all; emits nothing."""
        self.combo.offer(only)

    def apply_theme(self, theme: Theme) -> None:
        self.form.apply_theme(theme)
        self.rare_form.apply_theme(theme)

    def _on_chosen(self, name: str) -> None:
        if self._entry is not None:
            self.changed.emit(switch_kind(self._entry, self._registry[name]), "", False)

    def _on_setting(self, name: str, value: Any, dragging: bool) -> None:
        if self._entry is not None:
            limits = _limits_of(ranges(self._entry)[name])
            self.changed.emit(replace(self._entry, **{name: value}), limits.label if limits else name, dragging)
