"""The order in which Tab walks: as one reads, from top to bottom, whatever order the widgets were made in."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

# Widgets whose tops differ by less stand in one row.
ROW = 12


def stops(root: QWidget) -> list[QWidget]:
    """What Tab stops at inside ``root`` (itself included), row by row."""
    found = [w for w in (root, *root.findChildren(QWidget)) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    # A combo's line edit takes the focus for it.
    found = [w for w in found if w.focusProxy() is None and w.isVisibleTo(root)]
    return sorted(found, key=lambda w: _place(w, root))


def _place(widget: QWidget, root: QWidget) -> tuple[int, int]:
    top_left = widget.mapTo(root, QPoint(0, widget.height() // 2)) if widget is not root else QPoint(0, 0)
    return top_left.y() // ROW, top_left.x()


def chain(roots: Iterable[QWidget]) -> list[QWidget]:
    """Make Tab walk through ``roots`` one after the other; returns the stops in their order."""
    order = [widget for root in roots for widget in stops(root)]
    for before, after in pairwise(order):
        QWidget.setTabOrder(before, after)
    return order
