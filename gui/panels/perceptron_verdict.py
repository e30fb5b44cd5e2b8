"""The verdict: converged with a margin, or no line can be, and why; and the way out, a hidden layer."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui import fonts
from gui.graphics import perceptron_words as words
from gui.panels.base import Panel
from gui.perceptron_view import PerceptronView
from gui.style import set_property
from gui.theme import GRID, PANEL_PADDING, Theme

BUTTON = "Add a hidden layer"


class PerceptronVerdict(Panel):
    """``hiddenLayerRequested()``: the same points, in a network that can bend its line."""

    title = "Verdict"
    hiddenLayerRequested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._view: PerceptronView | None = None
        self._rows: tuple[tuple[str, str], ...] = ()
        self.headline = self._label(fonts.body(fonts.SEMIBOLD))
        self.sentence = self._label(fonts.figures())
        self.why = self._label(fonts.caption(fonts.SEMIBOLD), "heading")
        self.sum = self._label(fonts.figures())
        self.demands = QGridLayout()
        self.demands.setHorizontalSpacing(GRID)
        self.demands.setVerticalSpacing(2)
        self.demands.setColumnStretch(0, 1)
        self.button = QPushButton(BUTTON)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setAutoDefault(False)
        self.button.setToolTip(
            "Takes these points to the Playground, with four or more tanh neurons between input and output. Press Space there "
            "and watch the line bend; undo brings the Playground's experiment back."
        )
        self.button.clicked.connect(self.hiddenLayerRequested)
        self.content = QWidget()
        self.content.setProperty("surface", "none")
        box = QVBoxLayout(self.content)
        box.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, 0)
        box.setSpacing(6)
        for label in (self.headline, self.sentence, self.why):
            box.addWidget(label)
        box.addLayout(self.demands)
        box.addWidget(self.sum)
        box.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, PANEL_PADDING)
        outer.setSpacing(GRID)
        outer.addWidget(scroll, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, 0)
        foot.addWidget(self.button)
        outer.addLayout(foot)

    def sizeHint(self) -> QSize:
        return QSize(320, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 160)

    @staticmethod
    def _label(font: QFont, role: str = "") -> QLabel:
        label = QLabel()
        label.setFont(font)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            label.setProperty("role", role)
        label.hide()  # until it says something
        return label

    def show_view(self, view: PerceptronView) -> None:
        """How training stands now."""
        self._view = view
        headline, sentence = words.verdict(view)
        self._color()
        self._say(self.headline, headline)
        self._say(self.sentence, sentence)
        found = view.contradiction
        self._say(self.why, "What these points demand of the weights" if found is not None else "")
        self._list(tuple(words.inequalities(found, view)) if found is not None else ())
        self._say(self.sum, "\n".join(words.added_up(found)) if found is not None else "")
        self.button.setEnabled(view.line is not None)
        set_property(self.button, "look", "primary" if view.cycle is not None else "")
        self._keep_height()

    def _keep_height(self) -> None:
        """Wrapped lines would rather be cut than scrolled: they are given the height that they need."""
        self.content.setMinimumHeight(
            self.content.layout().heightForWidth(max(self.width(), self.minimumSizeHint().width()))
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_height()

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._color()

    def _color(self) -> None:
        view, theme = self._view, self.theme
        color = theme.text
        if view is not None and view.converged_epoch is not None:
            color = theme.ink(theme.success)
        elif view is not None and view.cycle is not None:
            color = theme.ink(theme.danger)
        sheet = f"color: {color.name()}"
        if self.headline.styleSheet() != sheet:
            self.headline.setStyleSheet(sheet)

    def _say(self, label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)
            label.setVisible(bool(text))

    def _list(self, rows: tuple[tuple[str, str], ...]) -> None:
        """The inequalities, each beside the point that demands it."""
        if rows == self._rows:
            return
        self._rows = rows
        while (item := self.demands.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for i, (inequality, point) in enumerate(rows):
            left, right = self._label(fonts.figures()), self._label(fonts.figures(), "caption")
            right.setWordWrap(False)
            right.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.demands.addWidget(left, i, 0)
            self.demands.addWidget(right, i, 1)
            # Not before they have a parent: shown alone, each would be a window for a moment, and take the keyboard.
            self._say(left, inequality)
            self._say(right, point)

    def inequalities(self) -> list[str]:
        """Those on the screen."""
        return [text.split(")", 1)[1].strip() for text, _ in self._rows]
