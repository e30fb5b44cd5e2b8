"""The engine's own lines that a phase step runs, from the real files, with the shapes of this network's arrays."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.phases import Phase
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.code_view import CodeView
from gui.listing import listing
from gui.panels.base import Panel
from gui.theme import PANEL_PADDING, Theme


class Code(Panel):
    """In a phase its lines, those that run marked; otherwise the training loop."""

    title = "Code"
    frames_per_second = 15.0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.sentence = QLabel()
        self.sentence.setProperty("role", "caption")
        self.sentence.setFont(fonts.caption())
        self.sentence.setWordWrap(True)
        self.view = CodeView(theme)
        self.view.setToolTip(
            "The lines of the engine that run in the phase you step through, from the file itself. Those marked have just run."
        )
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(4)
        box.addWidget(self.sentence)
        box.addWidget(self.view, 1)
        self._shown: tuple[ExperimentSpec, Phase | None, int, bool] | None = None
        self.setWhatsThis(self.view.toolTip())

    def sizeHint(self) -> QSize:
        return QSize(560, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.view.apply_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.view.reveal()  # it has its height only now

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The lines of the snapshot's phase; nothing is read anew while it stays the same."""
        n = len(snapshot.minibatch) if snapshot.minibatch is not None else 0
        training = snapshot.state is RunState.RUNNING
        wanted = (snapshot.spec, snapshot.phase, n if snapshot.phase is not None else 0, training)
        if wanted == self._shown:
            return
        self._shown = wanted
        try:
            found = listing(snapshot.spec, snapshot.phase, n, training)
        except OSError:
            self.sentence.setText("The source of the engine is not installed with this program, so it can't be shown.")
            self.view.show_passages(())
            return
        self.sentence.setText(found.sentence)
        self.view.show_passages(found.passages)
