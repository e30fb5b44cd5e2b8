"""The rail on the left: the pages there are, and the switch between light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from gui import fonts, icons
from gui.controls.buttons import IconButton, keeps_space
from gui.style import selected
from gui.theme import Theme

WIDTH = 72
_ICON = 24


class NavRail(QWidget):
    """Icon and label for each page. ``pageRequested(id)``; ``themeToggled()``.

    ``pages``: (id, label, icon, shortcut as text or "") in the order to show. Only pages that exist are handed in.
    """

    pageRequested = Signal(str)
    themeToggled = Signal()

    def __init__(self, theme: Theme, pages: Sequence[tuple[str, str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Pages")
        self._page = ""
        self.buttons: dict[str, PageButton] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 12, 1, 12)
        box.setSpacing(4)
        for page, label, icon, shortcut in pages:
            button = PageButton(label, icon, shortcut)
            # Everything here lives in the window's thread, so a partial is safe.
            button.clicked.connect(partial(self._on_clicked, page))
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self.buttons[page] = button
        box.addStretch(1)
        self.theme_button = IconButton(theme, "moon", "Dark", size=36)
        self.theme_button.clicked.connect(self.themeToggled)
        box.addWidget(self.theme_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.apply_theme(theme)
        if pages:
            self.set_page(pages[0][0])

    def page(self) -> str:
        """The highlighted page."""
        return self._page

    def set_page(self, page: str) -> None:
        """Highlight ``page``; emits nothing."""
        self._page = page
        for key, button in self.buttons.items():
            button.setChecked(key == page)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if key == page else Qt.FocusPolicy.NoFocus)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons; the button at the bottom offers the other theme."""
        for button in self.buttons.values():
            button.apply_theme(theme)
        self.theme_button.set_icon(theme, "sun" if theme.is_dark else "moon")
        other = "light" if theme.is_dark else "dark"
        self.theme_button.setAccessibleName(f"Switch to {other} colors")
        self.theme_button.setToolTip(f"Switches to {other} colors. Nothing else changes; training goes on.")

    def _on_clicked(self, page: str) -> None:
        before = self._page
        self.set_page(page)  # a click on a checkable button unchecks it: put it right either way
        if page != before:
            self.pageRequested.emit(page)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        pages = list(self.buttons)
        if step is None or self._page not in pages:
            super().keyPressEvent(event)
            return
        page = pages[(pages.index(self._page) + step) % len(pages)]
        self.buttons[page].setFocus(Qt.FocusReason.TabFocusReason)
        self._on_clicked(page)


class PageButton(QAbstractButton):
    """A page of the rail: its icon above its name."""

    def __init__(self, label: str, icon: str, shortcut: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._theme: Theme | None = None
        self._pixmaps: dict[bool, QPixmap] = {}
        self.setCheckable(True)
        self.setText(label)
        self.setFont(fonts.caption())
        self.setFixedSize(WIDTH - 3, 50)
        font = self.font()
        while font.pixelSize() > 8 and QFontMetricsF(font).horizontalAdvance(label) > self.width() - 8:
            font.setPixelSize(font.pixelSize() - 1)  # a wider system font: the whole word matters more than its size
        self.setFont(font)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(label)
        self.setToolTip(f"{label} ({shortcut}). Opens this page; the run goes on where it was." if shortcut else label)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with another theme."""
        self._theme, self._pixmaps = theme, {}
        self.update()

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()  # to the rail
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, chosen, scale = self._theme, self.isChecked(), self.devicePixelRatioF()
        if theme is None:
            return
        color = theme.accent if chosen else theme.quiet
        pixmap = self._pixmaps.get(chosen)
        if pixmap is None or pixmap.devicePixelRatio() != scale:
            pixmap = self._pixmaps[chosen] = icons.pixmap(self._icon, color, _ICON, scale)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(selected(theme) if chosen else theme.sunken)
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        painter.drawPixmap(QPointF((self.width() - _ICON) / 2, 5), pixmap)
        painter.setFont(self.font())
        painter.setPen(theme.ink(color, selected(theme)) if chosen else color)
        painter.drawText(QRectF(0, 28, self.width(), 18), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)
        painter.end()
