"""How Qt's own widgets look: a palette and one style sheet, both built from the roles of a Theme.

Widgets ask for a look with dynamic properties: ``surface`` (panel, bar, rail, popup, none) for a background, ``role``
(heading, caption, error) for a label, ``look`` (outlined, primary, disclosure, plain, seed, close) for a button or field,
``invalid`` for a field's red ring.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from gui import icons
from gui.theme import Theme, mix

_SHEET = Template("""
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $window; width: 8px; height: 8px; }
*[surface="panel"] { background: $panel; border-radius: 8px; }
*[surface="heading"] { background: $panel; border-top-left-radius: 8px; border-top-right-radius: 8px; }
*[surface="body"] { background: $panel; border-bottom-left-radius: 8px; border-bottom-right-radius: 8px; }
*[surface="banner"] { background: $panel; border: 1px solid $line_strong; border-left: 4px solid $accent; border-radius: 8px; }
*[surface="bar"] { background: $panel; border-bottom: 1px solid $line; }
*[surface="rail"] { background: $panel; border-right: 1px solid $line; }
*[surface="popup"] { background: $panel; border: 1px solid $line_strong; }

QLabel[role="heading"], QLabel[role="caption"] { color: $quiet; }
QLabel[role="error"] { color: $danger; }

QToolTip { background: $panel; color: $text; border: 1px solid $line_strong; padding: 6px 8px; }

QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTextEdit {
    background: $sunken; color: $text; border: 2px solid $sunken; border-radius: 6px; padding: 0 6px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QComboBox, QAbstractSpinBox { min-height: 24px; }
QLineEdit:hover, QComboBox:hover, QAbstractSpinBox:hover { background: $field_hover; border-color: $field_hover; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { color: $disabled; }
QLineEdit[look="plain"] { background: $panel; border-color: $panel; padding: 0; min-height: 22px; }
QLineEdit[look="seed"] { padding-right: 0; }
QLineEdit[look="plain"]:hover { background: $sunken; border-color: $sunken; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus,
QLineEdit[look="plain"]:focus { border-color: $accent; }
QLineEdit[invalid="true"], QComboBox[invalid="true"], QLineEdit[look="plain"][invalid="true"] { border-color: $danger; }
QComboBox { padding-right: 2px; combobox-popup: 0; }
QComboBox:!editable { padding-left: 8px; }
QComboBox QLineEdit, QComboBox QLineEdit:hover, QComboBox QLineEdit:focus {
    background: transparent; border: none; padding: 0; min-height: 0; border-radius: 0;
}
QComboBox::drop-down { border: none; width: 18px; subcontrol-origin: padding; subcontrol-position: center right; }
QComboBox::down-arrow { image: url("$chevron"); width: 12px; height: 12px; }
QComboBox::down-arrow:disabled { image: url("$chevron_disabled"); }
QComboBox QAbstractItemView {
    background: $panel; color: $text; border: 1px solid $line_strong; outline: 0; padding: 4px;
    selection-background-color: $selected; selection-color: $text;
}
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 6px; border-radius: 4px; }
QComboBox QAbstractItemView::item:selected, QComboBox QAbstractItemView::item:hover {
    background: $selected; color: $text;
}

QPushButton {
    background: $panel; color: $text; border: 1px solid $line_strong; border-radius: 6px; min-height: 26px;
    padding: 0 12px;
}
QPushButton:hover { background: $sunken; }
QPushButton:pressed { background: $line; }
QPushButton:disabled { color: $disabled; border-color: $line; }
QPushButton:checked { background: $selected; border-color: $accent; }
QPushButton:focus { border: 2px solid $accent; padding: 0 11px; min-height: 24px; }
QPushButton[look="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[look="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[look="primary"]:focus { border: 2px solid $text; }
QPushButton[look="primary"]:disabled { background: $line; color: $disabled; border-color: $line; }

QToolButton { background: transparent; color: $text; border: 1px solid transparent; border-radius: 6px; padding: 0; }
QToolButton:hover { background: $sunken; }
QToolButton:pressed, QToolButton:open { background: $line; }
QToolButton:checked { background: $selected; color: $accent; }
QToolButton:disabled { color: $disabled; }
QToolButton[look="outlined"] { border: 1px solid $line_strong; border-radius: 8px; }
QToolButton[look="outlined"][menu="true"] { padding: 0 8px; }
QToolButton[look="outlined"][menu="true"]:focus { padding: 0 7px; }
QToolButton[look="outlined"]:disabled { border-color: $line; }
QToolButton[look="disclosure"], QToolButton[look="disclosure"]:checked { color: $quiet; background: transparent; }
QToolButton[look="disclosure"]:hover { background: $sunken; }
QToolButton:focus, QToolButton[look="outlined"]:focus { border: 2px solid $accent; }
QToolButton::menu-indicator { image: none; width: 0; }

QCheckBox, QRadioButton { color: $text; spacing: 8px; min-height: 28px; }
QCheckBox[look="close"] { spacing: 4px; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $quiet; border-radius: 4px; background: $panel; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$check"); }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QCheckBox::indicator:checked:focus { border-color: $text; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $quiet; border-radius: 8px; background: $panel; }
QRadioButton::indicator:checked { border: 4px solid $accent; width: 8px; height: 8px; }

QListView[look="checks"] { background: $panel; border: 2px solid $panel; border-radius: 6px; outline: 0; }
QListView[look="checks"]:focus { border-color: $accent; }
QListView[look="checks"]::item { color: $text; border-radius: 4px; padding: 0 4px; }
QListView[look="checks"]::item:hover { background: $sunken; }
QListView[look="checks"]::item:selected { background: $selected; color: $text; }
QListView[look="checks"]::indicator {
    width: 14px; height: 14px; border: 1px solid $quiet; border-radius: 4px; background: $panel;
}
QListView[look="checks"]::indicator:checked { background: $accent; border-color: $accent; image: url("$check"); }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $groove; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -6px 0; border: 2px solid $accent; border-radius: 8px; background: $panel;
}
QSlider::handle:horizontal:hover { background: $selected; }
QSlider::handle:horizontal:focus, QSlider::handle:horizontal:pressed { background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $disabled; }
QSlider::handle:horizontal:disabled { border-color: $disabled; }

QTableView {
    background: $panel; color: $text; border: 2px solid $panel; border-radius: 6px; outline: 0;
    selection-background-color: $selected; selection-color: $text;
}
QTableView:focus { border-color: $accent; }
QHeaderView, QHeaderView::section { background: $panel; color: $quiet; border: none; }
QHeaderView::section { font-size: 11px; padding: 0 8px; border-bottom: 1px solid $line; }
QHeaderView::section:hover { background: $sunken; }

QListWidget[look="plain"] { background: $panel; color: $text; border: 2px solid $panel; border-radius: 6px; outline: 0; }
QListWidget[look="plain"]:focus { border-color: $accent; }
QListWidget[look="plain"]::item { padding: 4px 6px; border: none; border-radius: 4px; }
QListWidget[look="plain"]::item:hover { background: $sunken; }
QListWidget[look="plain"]::item:selected { background: $selected; color: $text; }
QTabBar { qproperty-drawBase: 0; background: $window; }
QTabBar::tab {
    background: $panel; color: $quiet; border: 2px solid $panel; border-radius: 6px; padding: 2px 12px; margin: 4px 4px 0 0;
}
QTabBar::tab:hover { background: $sunken; border-color: $sunken; }
QTabBar::tab:selected { background: $selected; border-color: $selected; color: $text; }
QTabBar::tab:selected:focus { border-color: $accent; }

QScrollArea, QScrollArea > QWidget > QWidget[surface="none"] { background: transparent; border: none; }
QScrollBar, QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { width: 8px; margin: 4px 0; }
QScrollBar:horizontal { height: 8px; margin: 0 4px; }
QScrollBar::handle { background: $scroll; border-radius: 2px; margin: 2px; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenuBar { background: $panel; color: $text; }
QMenuBar::item { background: transparent; padding: 5px 10px; border-radius: 4px; }
QMenuBar::item:selected { background: $selected; }
QMenu { background: $panel; color: $text; border: 1px solid $line_strong; padding: 4px; }
QMenu::item { min-height: 20px; padding: 4px 28px 4px 8px; border-radius: 4px; }
QMenu::item:selected { background: $selected; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::icon { padding-left: 6px; }
QMenu::indicator { width: 14px; height: 14px; padding-left: 6px; }
QMenu::indicator:checked { image: url("$check_menu"); }

QStatusBar { background: $panel; color: $quiet; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $quiet; }
QDockWidget { color: $quiet; }
QDockWidget::title { background: $window; padding: 6px 8px; }
QSplitter::handle { background: $window; }
QProgressBar { background: $sunken; border: none; border-radius: 2px; max-height: 4px; }
QStatusBar QProgressBar { margin-left: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
""")


def palette(theme: Theme) -> QPalette:
    """Qt's roles in the colours of ``theme``."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    result = QPalette()
    for which, color in (
        (role.Window, theme.window), (role.WindowText, theme.text), (role.Base, theme.sunken), (role.Text, theme.text),
        (role.AlternateBase, theme.panel), (role.Button, theme.panel), (role.ButtonText, theme.text),
        (role.BrightText, theme.danger), (role.Highlight, theme.accent), (role.HighlightedText, theme.on_accent),
        (role.Accent, theme.accent), (role.ToolTipBase, theme.panel), (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.quiet), (role.Link, theme.accent), (role.LinkVisited, theme.accent),
        (role.Light, mix(theme.panel, theme.text, 0.02)), (role.Midlight, theme.sunken), (role.Mid, theme.line),
        (role.Dark, mix(theme.line, theme.text, 0.2)), (role.Shadow, mix(theme.line, theme.text, 0.4)),
    ):  # fmt: skip
        result.setColor(which, color)
    for which in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(group.Disabled, which, disabled(theme))
    result.setColor(group.Disabled, role.Highlight, theme.line)
    return result


def disabled(theme: Theme) -> QColor:
    """Text and icons of what can't be used now."""
    return mix(theme.panel, theme.quiet, 0.5)


def selected(theme: Theme) -> QColor:
    """The background of what is chosen: a breath of the accent."""
    return mix(theme.panel, theme.accent, 0.13)


def style_sheet(theme: Theme, folder: Path) -> str:
    """The style sheet; the few drawings that Qt's style sheets can only take from files are written to ``folder``."""
    drawings = {
        "chevron": ("chevron", theme.quiet),
        "chevron_disabled": ("chevron", disabled(theme)),
        "check": ("check", theme.on_accent),
        "check_menu": ("check", theme.accent),
    }
    files = {}
    for key, (name, color) in drawings.items():
        # The colour is in the name because Qt keeps pictures by file name, and the theme may change.
        file = folder / f"{name}-{color.name()[1:]}.svg"
        file.write_text(icons.svg(name, color), "utf-8")
        files[key] = file.as_posix()
    colors = {
        "window": theme.window, "panel": theme.panel, "sunken": theme.sunken, "text": theme.text, "quiet": theme.quiet,
        "line": theme.line, "accent": theme.accent, "on_accent": theme.on_accent, "danger": theme.danger,
        "line_strong": mix(theme.line, theme.quiet, 0.15), "field_hover": mix(theme.sunken, theme.quiet, 0.12),
        "groove": mix(theme.panel, theme.quiet, 0.2), "scroll": mix(theme.line, theme.quiet, 0.15),
        "selected": selected(theme), "accent_hover": mix(theme.accent, theme.text, 0.12), "disabled": disabled(theme),
    }  # fmt: skip
    return _SHEET.substitute(files, **{role: color.name() for role, color in colors.items()})


def apply(app: QApplication, theme: Theme) -> None:
    """Give ``app`` the look of ``theme``."""
    folder = app.findChild(_Drawings)
    if folder is None:
        folder = _Drawings(app)
        app.setStyle("Fusion")
    # Taking the old sheet off first makes the change four times as fast: 40 ms instead of 150 for a full window.
    app.setStyleSheet("")
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme, folder.path))


class _Drawings(QObject):
    """Holds the folder with the tinted drawings for as long as the program runs."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.path = Path(tempfile.mkdtemp(prefix="neuroloom-"))
        atexit.register(shutil.rmtree, self.path, ignore_errors=True)


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Change a dynamic property that the style sheet looks at, and look again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
