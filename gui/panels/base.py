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

    A panel that needs more than a frame's time for an answer has a signal ``asked(Question)`` (gui/analyses.py); it is given
    the answer with :meth:`take_answer`. ``answers`` are the keys of the questions that it wants to hear of.
    """

    title = ""
    wants_maps = False
    wants_minibatch = False
    frames_per_second = 30.0
    answers: tuple[str, ...] = ()

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

    def take_answer(self, key: str, answer: object) -> None:
        """What was asked with ``key`` has been worked out."""

    def take_progress(self, key: str, share: float, words: str) -> None:
        """How far the answer to ``key`` is, 0..1, and what is being done, in a few words or ""."""

    def take_failure(self, key: str, sentence: str) -> None:
        """There is no answer to ``key``, and why."""
