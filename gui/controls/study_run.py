"""Starts, holds and ends a study, and says how far it is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from gui import fonts
from gui.controls.buttons import TextButton
from gui.controls.labels import caption
from gui.theme import GRID, Theme
from gui.tuning.study import COMPLETE, FAILED, PRUNED, RUNNING, StudyView

IDLE, RUN, PAUSED, BUSY = "idle", "run", "paused", "busy"
KEEPS = "Everything finished is kept on disk. Close the window when you like, and go on tomorrow."
OVER = "All its trials are done and kept. New begins another study."
_BIG = 40


def time_words(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class _BigButton(TextButton):
    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _BIG)

    minimumSizeHint = sizeHint


class StudyRun(QWidget):
    """``startRequested()``, ``pauseRequested()``, ``stopRequested()``."""

    startRequested = Signal()
    pauseRequested = Signal()
    stopRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.start = _BigButton("Start", "Trains trial after trial in processes of their own; this window stays free.")
        self.start.setProperty("look", "primary")
        self.pause = _BigButton("Pause", "Holds the workers where they are. Start goes on from there.")
        self.stop = _BigButton("Stop", "Ends the workers. Finished trials are kept; Start goes on with the next ones.")
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for button, share in ((self.start, 2), (self.pause, 1), (self.stop, 1)):
            button.setMinimumHeight(_BIG)
            button.setAccessibleName(f"{button.text()} the study")
            row.addWidget(button, share)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far the study is")
        self.counts, self.left = caption(), caption()
        self.left.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.left.setMinimumWidth(self.left.fontMetrics().horizontalAdvance("9 h 59 min left"))
        words = QHBoxLayout()
        words.addWidget(self.counts, 1)
        words.addWidget(self.left)
        self.note = QLabel(KEEPS)
        self.note.setProperty("role", "caption")
        self.note.setFont(fonts.caption())
        self.note.setWordWrap(True)
        self.failure = QLabel()
        self.failure.setProperty("role", "error")
        self.failure.setWordWrap(True)
        self.failure.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, GRID, 0)  # as the form above it, which keeps room for its scroll bar
        box.setSpacing(GRID)
        box.addWidget(self.failure)
        box.addWidget(self.bar)
        box.addLayout(words)
        box.addWidget(self.note)
        box.addLayout(row)  # last, so that the buttons stay where they are when a study begins
        self.start.clicked.connect(self.startRequested)
        self.pause.clicked.connect(self.pauseRequested)
        self.stop.clicked.connect(self.stopRequested)
        self._state, self._over = IDLE, False
        self.show_study(None)

    def show_state(self, state: str) -> None:
        """What our workers do: nothing, train, stand still, or are being started or ended (``BUSY``)."""
        self._state = state
        self.start.setEnabled(state in (IDLE, PAUSED) and not self._over)
        self.start.setText("Go on" if state == PAUSED else "Start")
        self.pause.setEnabled(state == RUN)
        self.stop.setEnabled(state in (RUN, PAUSED))

    def show_study(self, view: StudyView | None) -> None:
        """How far it is."""
        for widget in (self.bar, self.counts, self.left, self.note):
            widget.setVisible(view is not None)
        if view is None or not view.trials:
            self.bar.setRange(0, 1)
            self.bar.setValue(0)
            self.counts.setText("No trials yet" if view is not None else "")
            self.left.setText("")
            self._over = False
            self.show_state(self._state)
            return
        settings = view.settings
        count = {
            state: sum(trial.state == state for trial in view.trials) for state in (COMPLETE, PRUNED, FAILED, RUNNING)
        }
        ended = count[COMPLETE] + count[PRUNED] + count[FAILED]
        self.bar.setRange(0, max(settings.trials, ended, 1) if settings.trials else 1000)
        used = sum(trial.seconds for trial in view.trials) / max(view.workers, 1)
        self.bar.setValue(ended if settings.trials else round(1000 * min(used / (60 * settings.minutes or 1), 1)))
        of = f" of {settings.trials:,}" if settings.trials else ""
        words = [f"{ended:,}{of} done"]
        words += [f"{count[state]:,} {state}" for state in (PRUNED, RUNNING, FAILED) if count[state]]
        self.counts.setText(" · ".join(words))
        self.counts.setToolTip(self.counts.text())
        self._over = over = bool(settings.trials) and ended >= settings.trials
        self.note.setText(OVER if over else KEEPS)
        self.show_state(self._state)
        left = "Finished" if over else f"{time_words(view.seconds_left)} left" if view.seconds_left is not None else ""
        self.left.setText(left)

    def show_failure(self, sentence: str) -> None:
        """Say what went wrong, "" for nothing."""
        self.failure.setText(sentence)
        self.failure.setVisible(bool(sentence))

    def apply_theme(self, theme: Theme) -> None:
        """The style sheet does it all."""
