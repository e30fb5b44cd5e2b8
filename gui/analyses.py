"""Analyses: questions about a run that take longer than a frame, answered in threads of their own.

A panel asks with a :class:`Question` and is given the answer later; it never names a thread. Of questions with the same key
the newest wins: the older one is told to stop, and nobody hears of it again.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.errors import NeuroloomError

log = logging.getLogger(__name__)

TELL = Callable[[float, str], None]
STOP = Callable[[], bool]


@dataclass(frozen=True)
class Question:
    """``work(tell, stop)`` computes the answer, in another thread: it must touch no widget and nothing that changes.

    ``tell(share, words)`` reports progress in 0..1; ``stop()`` is True once nobody waits for the answer any more, and should
    be asked every few milliseconds. ``long`` questions wait for each other and not for the quick ones, nor those for them.
    """

    key: str
    work: Callable[[TELL, STOP], Any]
    long: bool = False


class AnalysisWorker(QObject):
    """Answers one question after another. Everything here runs in its thread but ``newest``, which the window's writes."""

    answered = Signal(str, int, object)
    progressed = Signal(str, int, float, str)
    failed = Signal(str, int, str)

    def __init__(self, newest: dict[str, int], ending: threading.Event) -> None:
        super().__init__()
        self._newest, self._ending = newest, ending

    @Slot(object, int)
    def answer(self, question: Question, number: int) -> None:
        def stop() -> bool:
            return self._ending.is_set() or self._newest.get(question.key) != number

        def tell(share: float, words: str = "") -> None:
            self.progressed.emit(question.key, number, share, words)

        if stop():
            return
        try:
            answer = question.work(tell, stop)
        except NeuroloomError as error:
            self.failed.emit(question.key, number, str(error))
        except Exception:
            log.exception("the analysis %r went wrong", question.key)
            self.failed.emit(question.key, number, "This could not be worked out; the log says why.")
        else:
            if not stop():
                self.answered.emit(question.key, number, answer)


class Analyses(QObject):
    """The window's side. ``answered(key, answer)``, ``progressed(key, share, words)``, ``failed(key, sentence)``."""

    answered = Signal(str, object)
    progressed = Signal(str, float, str)
    failed = Signal(str, str)
    _quick = Signal(object, int)
    _long = Signal(object, int)

    def __init__(self, ending: threading.Event, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self.quick_worker = AnalysisWorker(self._newest, ending)
        self.long_worker = AnalysisWorker(self._newest, ending)
        queued = Qt.ConnectionType.QueuedConnection
        for worker, signal in ((self.quick_worker, self._quick), (self.long_worker, self._long)):
            signal.connect(worker.answer, queued)
            worker.answered.connect(self._on_answered, queued)
            worker.progressed.connect(self._on_progressed, queued)
            worker.failed.connect(self._on_failed, queued)

    def ask(self, question: Question) -> None:
        """Have ``question`` answered; what was asked before with its key is given up."""
        self._newest[question.key] = number = next(self._numbers)
        (self._long if question.long else self._quick).emit(question, number)

    def forget(self, key: str) -> None:
        """Nobody waits for an answer to ``key`` any more."""
        self._newest.pop(key, None)

    def waits(self, key: str) -> bool:
        """Whether an answer to ``key`` is still to come."""
        return key in self._newest

    @property
    def idle(self) -> bool:
        """Whether every question has its answer."""
        return not self._newest

    def forget_all(self) -> None:
        """Nobody waits for anything: the window closes."""
        self._newest.clear()

    @Slot(str, int, object)
    def _on_answered(self, key: str, number: int, answer: object) -> None:
        if self._newest.get(key) == number:
            del self._newest[key]
            self.answered.emit(key, answer)

    @Slot(str, int, float, str)
    def _on_progressed(self, key: str, number: int, share: float, words: str) -> None:
        if self._newest.get(key) == number:
            self.progressed.emit(key, share, words)

    @Slot(str, int, str)
    def _on_failed(self, key: str, number: int, sentence: str) -> None:
        if self._newest.get(key) == number:
            del self._newest[key]
            self.failed.emit(key, sentence)
