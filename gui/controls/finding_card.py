"""What the doctor has to say of one finding: a sentence, why with a picture, and what may help."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.doctor import Finding, Remedy
from gui import fonts
from gui.controls.buttons import TextButton
from gui.graphics.evidence_picture import EvidencePicture
from gui.theme import GRID, Theme

MOST_REMEDIES = 3
NARROW = 440


class FindingCard(QWidget):
    """Shows one :class:`Finding`. ``applied(Remedy)``, ``dismissed(key)``."""

    applied = Signal(object)
    dismissed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finding: Finding | None = None
        self._remedies: tuple[Remedy, ...] = ()
        self.sentence = QLabel()
        self.sentence.setFont(fonts.body(fonts.QFont.Weight.Medium))
        self.why_text = QLabel()
        self.where = QLabel()
        self.where.setMinimumWidth(1)  # a long name is cut before it widens the panel
        self.where.setProperty("role", "heading")
        self.where.setFont(fonts.caption(fonts.SEMIBOLD))
        for label in (self.sentence, self.why_text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.why = TextButton("Why")
        self.why.setCheckable(True)
        self.why.setToolTip("Explains the finding, with a picture of what was measured in this run.")
        self.dismiss = TextButton("Dismiss")
        self.dismiss.setToolTip("Hides this finding for this run. A new run may show it again.")
        self.apply = [TextButton("") for _ in range(MOST_REMEDIES)]
        self.apply[0].setProperty("look", "primary")
        self.picture = EvidencePicture(theme)
        self._lay_out()
        self.why.toggled.connect(self._on_why)
        self.dismiss.clicked.connect(self._on_dismiss)
        for button in self.apply:
            button.clicked.connect(self._on_apply)
        self._on_why(False)

    def _lay_out(self) -> None:
        text = QWidget()
        text.setProperty("surface", "none")
        column = QVBoxLayout(text)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID)
        for label in (self.sentence, self.why_text):
            column.addWidget(label)
        column.addStretch(1)
        self.scroll = QScrollArea()
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll.setWidget(text)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.where, 1)
        for button in (self.why, self.dismiss):
            head.addWidget(button)
        self._buttons = QWidget()
        buttons = QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(GRID)
        for button in self.apply:
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(GRID)
        grid.addLayout(head, 0, 0, 1, 2)
        grid.addWidget(self.scroll, 1, 0)
        self._place(narrow=False)
        grid.setRowStretch(1, 1)
        grid.setColumnStretch(0, 6)
        grid.setColumnStretch(1, 4)

    def _place(self, narrow: bool) -> None:
        """The remedies below the text, with the picture beside both; in a narrow panel below both."""
        self._narrow = narrow
        self._grid.addWidget(self._buttons, 2, 0, 1, 2 if narrow else 1)
        self._grid.addWidget(self.picture, 1, 1, 1 if narrow else 2, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (event.size().width() < NARROW) != self._narrow:
            self._place(not self._narrow)

    def minimumSizeHint(self) -> QSize:
        # Whatever the buttons say: a remedy with a long name must not push the network aside.
        return QSize(320, 136)

    def apply_theme(self, theme: Theme) -> None:
        self.picture.apply_theme(theme)

    @property
    def finding(self) -> Finding | None:
        """The one shown."""
        return self._finding

    def show_finding(self, finding: Finding | None, place: str = "") -> None:
        """Show a finding with newer figures, or another one; ``place`` says where it is."""
        self._finding = finding
        self._remedies = finding.remedies[:MOST_REMEDIES] if finding is not None else ()
        self.setVisible(finding is not None)
        if finding is None:
            return
        self.where.setText(f"{finding.title} · {place}")
        self.sentence.setText(finding.sentence)
        self.why_text.setText(finding.why)
        for i, button in enumerate(self.apply):
            button.setVisible(i < len(self._remedies))
            if i < len(self._remedies):
                remedy = self._remedies[i]
                button.setText(f"Apply: {remedy.text}" if i == 0 else remedy.text)
                button.setAccessibleName(f"Apply: {remedy.text}")
                then = "It starts anew from the first weights." if remedy.fresh else "Training goes on with it."
                button.setToolTip(f"Changes the experiment: {remedy.text}. {then} Undo takes it back.")
        if self.why.isChecked():
            self.picture.show_evidence(finding.evidence)

    def _on_why(self, open_: bool) -> None:
        self.why_text.setVisible(open_)
        self.picture.setVisible(open_)
        if open_ and self._finding is not None:
            self.picture.show_evidence(self._finding.evidence)

    def _on_dismiss(self) -> None:
        if self._finding is not None:
            self.dismissed.emit(self._finding.key)

    def _on_apply(self) -> None:
        which = self.apply.index(self.sender())
        if which < len(self._remedies):
            self.applied.emit(self._remedies[which])
