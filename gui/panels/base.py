"""What every panel is: a widget that is shown specs and snapshots and answers with signals of intent."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui.theme import Theme


class Panel(QWidget):
    """A dumb view. It never changes a spec or a run itself: it emits what the person asked for.

    Class attributes: ``title`` for its heading; ``wants_maps`` when it shows what neurons compute over the plane;
    ``wants_minibatch`` when it shows the mini-batch that is trained next (it may change while the panel is open);
    ``frames_per_second`` how often it needs a new snapshot while training. A hidden panel is shown nothing.
    """

    title = ""
    wants_maps = False
    wants_minibatch = False
    frames_per_second = 30.0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def apply_theme(self, theme: Theme) -> None:
        """Take another theme and repaint with it."""
        self.theme = theme
        self.update()

    def show_spec(self, spec: ExperimentSpec) -> None:
        """The experiment changed."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """A newer moment of the run; called in the window's thread, at most ``frames_per_second`` times a second."""
