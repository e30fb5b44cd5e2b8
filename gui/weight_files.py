"""Opens weights from scikit-learn and PyTorch: reads them beside training, and shows the experiment that they make."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from gui.analyses import STOP, TELL, Question
from gui.exporting.incoming import ENDINGS, PICKLES, Opened, open_weights, why_refused
from gui.laboratory import Laboratory

KEY = "weights of a file"


class WeightFiles(QObject):
    """What is open stays until a file is known to be good; a file that is not is told of in one sentence."""

    def __init__(self, lab: Laboratory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lab = lab
        analyses = lab.runner.analyses
        analyses.answered.connect(self._on_answered)
        analyses.failed.connect(self._on_failed)

    @staticmethod
    def knows(path: Path) -> bool:
        """Whether ``path`` is a file of weights, or a pickle that says why it is not opened."""
        return path.suffix.lower() in (*ENDINGS, *PICKLES)

    def open(self, path: Path, activation: str = "") -> None:
        """Read a file; ``activation`` is that of its hidden layers, "" for what it says, or the experiment at hand."""
        if refusal := why_refused(path):
            self._lab.told.emit(refusal, "", None, "failed")
            return
        bases = {name: document.spec for name, document in self._lab.documents.items()}

        def work(tell: TELL, stop: STOP) -> Opened | None:
            return open_weights(path, bases, activation, tell, stop)

        self._lab.noted.emit(f"Reading {path.name}")
        self._lab.runner.ask(Question(KEY, work, long=True))

    @Slot(str, object)
    def _on_answered(self, key: str, answer: object) -> None:
        if key == KEY and isinstance(answer, Opened):
            self._lab.show_saved(answer.saved, f"Open {answer.saved.title}")
            self._lab.noted.emit(answer.sentence)

    @Slot(str, str)
    def _on_failed(self, key: str, sentence: str) -> None:
        if key == KEY:
            self._lab.told.emit(sentence, "", None, "failed")
