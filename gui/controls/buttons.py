"""Buttons: an icon, the round play button, and the line that folds rare settings away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QPushButton, QToolButton, QWidget

from gui import fonts, icons
from gui.style import disabled
from gui.theme import CONTROL_HEIGHT, Theme, mix

ICON_PX = 20
TRAINS = "Trains epoch after epoch until you pause; watch the loss fall."


def keeps_space(button: QAbstractButton, event: QEvent) -> bool:
    """True when Space is about to become the window's shortcut while ``button`` has the keyboard: it presses it.

    Buttons take the keyboard only through Tab, never from a click, so Space goes on playing for whoever uses a mouse.
    """
    if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space and button.hasFocus():  # type: ignore[attr-defined]
        event.accept()
        return True
    return False


class IconButton(QToolButton):
    """A square button with an icon; ``tip`` is shown under its name."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        name: str,
        tip: str = "",
        *,
        size: int = CONTROL_HEIGHT,
        outlined: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self.setFixedSize(size, size)
        self.setIconSize(QSize(ICON_PX, ICON_PX) if size >= CONTROL_HEIGHT else QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setToolTip(f"{name}. {tip}" if tip else name)
        if outlined:
            self.setProperty("look", "outlined")
        self.apply_theme(theme)

    def set_icon(self, theme: Theme, icon: str) -> None:
        """Show another icon."""
        self._icon = icon
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icon."""
        side = self.iconSize().width()
        self.setIcon(icons.icon(self._icon, theme.text, side, disabled(theme), theme.accent))

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)


class TextButton(QPushButton):
    """A plain button with a text. It takes the keyboard only through Tab, so that Space plays after a click."""

    def __init__(self, text: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setToolTip(tip)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)


class MenuButton(QToolButton):
    """A text with a chevron that opens a menu or a popup."""

    def __init__(self, theme: Theme, text: str, longest: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "outlined")
        self.setProperty("menu", True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the chevron stands after the text
        self.setIconSize(QSize(12, 12))
        self.setText(text)
        width = self.fontMetrics().horizontalAdvance(longest or text)
        self.setFixedSize(width + 34, 32)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the chevron."""
        self.setIcon(icons.icon("chevron", theme.quiet, 12, disabled(theme)))

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)


class PlayButton(QAbstractButton):
    """The largest thing in the bar: a round accent button that shows what a press will do."""

    DIAMETER = 44

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._playing = False
        self._tip = TRAINS
        self._pixmap: QPixmap | None = None
        self.setFixedSize(self.DIAMETER + 8, self.DIAMETER + 8)  # room for the ring of focus
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._name()

    @property
    def playing(self) -> bool:
        """True when it shows the pause sign."""
        return self._playing

    def set_playing(self, playing: bool) -> None:
        """Show pause while training runs, else play."""
        if playing != self._playing:
            self._playing, self._pixmap = playing, None
            self._name()
            self.update()

    def set_tip(self, tip: str) -> None:
        """What playing does and what to expect, for another kind of run; "" for training."""
        self._tip = tip or TRAINS
        self._name()

    def apply_theme(self, theme: Theme) -> None:
        self._theme, self._pixmap = theme, None
        self.update()

    def _name(self) -> None:
        if self._playing:
            self.setAccessibleName("Pause")
            self.setToolTip("Pause (Space). Training stops after the step at hand; everything stays as it is.")
        else:
            self.setAccessibleName("Play")
            self.setToolTip(f"Play (Space). {self._tip}")

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)

    def hitButton(self, pos) -> bool:
        center = QPointF(self.rect().center())
        return (QPointF(pos) - center).manhattanLength() <= self.DIAMETER * 0.7

    def _color(self) -> QColor:
        if not self.isEnabled():
            return self._theme.line
        if self.isDown():
            return mix(self._theme.accent, self._theme.text, 0.25)
        return mix(self._theme.accent, self._theme.text, 0.12) if self.underMouse() else self._theme.accent

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF(4, 4, self.DIAMETER, self.DIAMETER)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color())
        painter.drawEllipse(circle)
        if self._pixmap is None or self._pixmap.devicePixelRatio() != self.devicePixelRatioF():
            name = "pause" if self._playing else "play"
            self._pixmap = icons.pixmap(name, self._theme.on_accent, 24, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(self.width() / 2 - 12, self.height() / 2 - 12), self._pixmap)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.accent, 2))
            painter.drawEllipse(circle.adjusted(-3, -3, 3, 3))
        painter.end()


class CheckBox(QCheckBox):
    """A yes-or-no setting; ``committed(bool)``. It takes the keyboard only through Tab, so that Space plays after a click."""

    committed = Signal(object)

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._on_clicked)

    def value(self) -> bool:
        return self.isChecked()

    def set_value(self, value: bool) -> None:
        """Show ``value``; emits nothing."""
        self.setChecked(value)

    def _on_clicked(self) -> None:
        self.committed.emit(self.isChecked())

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)


class Disclosure(QToolButton):
    """A quiet "More" that unfolds ``content``, which its owner lays out where it likes."""

    def __init__(self, theme: Theme, content: QWidget, text: str = "More", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._content = content
        self._useful = True
        self.setProperty("look", "disclosure")
        self.setCheckable(True)
        self.setFont(fonts.caption())
        self.rename(text)
        self.setIconSize(QSize(12, 12))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the chevron stands after the text
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._on_toggled)
        content.hide()
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the chevron."""
        self._theme = theme
        self.setIcon(icons.icon("chevron-up" if self.isChecked() else "chevron", theme.quiet, 12))

    def rename(self, text: str) -> None:
        """Another word on the button, which may say what is folded away."""
        self.setText(text)
        self.setFixedSize(self.fontMetrics().horizontalAdvance(text) + 20, CONTROL_HEIGHT)

    def describe(self, what: str) -> None:
        """Name and tooltip from what is folded away: ``describe("initializer")``; with "" there is nothing to unfold."""
        self._useful = bool(what)
        self.setAccessibleName(f"{self.text()}: {what}")
        self.setToolTip(f"Shows settings that are seldom changed: {what}. Their defaults are sound.")
        # Shown before it has a parent, it would be a window of its own for a moment, and take the keyboard.
        if self.parentWidget() is not None or not self._useful:
            self.setVisible(self._useful)
        self._content.setVisible(self._useful and self.isChecked())

    def _on_toggled(self, open_: bool) -> None:
        self._content.setVisible(open_ and self._useful)
        self.apply_theme(self._theme)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)
