"""What F1, ? and About say."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QCursor, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox, QWhatsThis, QWidget

from engine import __version__
from gui.actions import ACTIONS
from gui.pages import PAGES
from gui.settings import APP, Places

NETWORK_KEYS = (
    ("↑ ↓", "Move over the neurons of a layer; then ← → move over layers"),
    ("Tab", "Walk the weights into a neuron, and its bias"),
    ("Enter", "Edit (a neuron: its bias; an input: on or off)"),
    ("+ −", "Add or remove a neuron"),
    ("Insert, Delete", "Add a layer, remove it"),
    ("O", "Open a wide layer, or close it"),
    ("Esc", "Leave"),
)
CANVAS_KEYS = (
    ("E", "Eraser; the right mouse button erases too"),
    ("[ ]", "Brush size"),
    ("Delete", "Clear"),
    ("Esc", "Take the stroke under way back"),
)
PLANE_KEYS = (
    ("↑ ↓ ← →", "Move the cursor; with Shift further"),
    ("Enter", "Place a point, pick one up, put it down; with Shift one of the other class"),
    ("0, 1", "Class of the point under the cursor, or of the next one"),
    ("Delete", "Remove the point"),
)
NOTHING = "Point at something and press F1."


def all_keys() -> str:
    """Every key, as rich text in two columns."""
    plain = [(", ".join(spec.keys), spec.text) for spec in ACTIONS if spec.keys]
    plain += [(f"Ctrl+{i}", page.title) for i, page in enumerate(PAGES, 1)]
    parts = (
        ("Everywhere", plain),
        ("On the network", NETWORK_KEYS),
        ("On the canvas", CANVAS_KEYS),
        ("On the plane", PLANE_KEYS),
    )
    tables = [
        f"<b>{title}</b><table cellpadding=2>"
        + "".join(f"<tr><td><b>{key}</b>&nbsp;&nbsp;</td><td>{text}</td></tr>" for key, text in rows)
        + "</table>"
        for title, rows in parts
    ]
    return f"<table><tr><td>{tables[0]}</td><td width=24></td><td>{'<br>'.join(tables[1:])}</td></tr></table>"


def about(sessions: Path, log: Path) -> str:
    """Version, and where things lie."""
    return (
        f"<b>Neuroloom {__version__}</b><p>A laboratory in which one watches a neural network learn.</p>"
        f"<p>The experiments of the last session lie in<br>{sessions}</p><p>The log lies in<br>{log}</p>"
    )


def explain(at: QPoint) -> str:
    """What the thing under ``at`` (global) is: the nearest widget around it that can say so answers."""
    widget = QApplication.widgetAt(at)
    return about_widget(widget, widget.mapFromGlobal(at)) if widget is not None else NOTHING


def about_widget(widget: QWidget | None, at: QPoint) -> str:
    """What ``widget`` says of its point ``at``, or what the nearest widget around it says."""
    while widget is not None:
        exact = getattr(widget, "explain_at", None)
        if text := exact(at) if exact else "":
            return str(text)
        if text := widget.whatsThis() or widget.toolTip():
            return text
        at = widget.mapToParent(at)
        widget = widget.parentWidget()
    return NOTHING


class Help(QObject):
    """The Help menu's work, in front of ``window``."""

    def __init__(self, window: QWidget, places: Places) -> None:
        super().__init__(window)
        self._window, self._places = window, places

    @Slot()
    def explain(self) -> None:
        """Say what is under the pointer, and keep it there."""
        position = QCursor.pos()
        QWhatsThis.showText(position, explain(position), self._window)

    @Slot()
    def show_keys(self) -> None:
        self._inform("Keys", all_keys())

    @Slot()
    def show_about(self) -> None:
        log = Path(platformdirs.user_log_dir(APP, appauthor=False))
        self._inform("About Neuroloom", about(self._places.sessions, log))

    def _inform(self, title: str, text: str) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle(title)
        box.setText(text)
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.addButton(QMessageBox.StandardButton.Close).setIcon(QIcon())  # the style's own is from another age
        box.open()
