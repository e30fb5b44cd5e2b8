"""Makes the compiled step ready while the window is already in use: compiled in a child process, loaded in a thread."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Slot

import engine
from engine import compiled
from gui.runner import Runner

log = logging.getLogger(__name__)


class Compiling(QObject):
    """Compiling takes about fifteen seconds of one core, once: the child leaves it in Numba's cache for every later start."""

    def __init__(self, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._child = QProcess(self)
        self._child.setProgram(sys.executable)
        self._child.setArguments(["-m", compiled.__name__])
        self._child.setWorkingDirectory(str(Path(engine.__file__).parents[1]))
        self._child.setStandardOutputFile(QProcess.nullDevice())
        self._child.setStandardErrorFile(QProcess.nullDevice())
        self._child.finished.connect(self._on_finished)

    def start(self) -> None:
        """Begin. Nothing happens where Numba is not installed: NumPy is always enough."""
        if compiled.is_installed():
            self._child.start()

    def stop(self) -> None:
        """The window closes: what is not ready yet is not needed any more."""
        self._child.finished.disconnect(self._on_finished)
        if self._child.state() is not QProcess.ProcessState.NotRunning:
            self._child.kill()
            self._child.waitForFinished()

    @Slot(int, QProcess.ExitStatus)
    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if status is QProcess.ExitStatus.NormalExit and code == 0:
            self._runner.load_compiled_step()
        else:
            log.warning("the compiled step is not available: the compiler ended with %s", code)
