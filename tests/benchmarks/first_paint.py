"""Runs ``main.py`` and prints the time (seconds since the epoch) at which its window was first painted; then ends.

A program of its own (``python -m tests.benchmarks.first_paint``), because what it measures starts with the process.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from pathlib import Path


def watch() -> None:
    """Put an event filter into the application as soon as there is one. The imports are those ``main.py`` pays for."""
    from PySide6 import QtWidgets
    from PySide6.QtCore import QEvent, QObject, QTimer

    class FirstPaint(QObject):
        seen = False

        def eventFilter(self, receiver: QObject, event: QEvent) -> bool:
            if not self.seen and event.type() == QEvent.Type.Paint and isinstance(receiver, QtWidgets.QMainWindow):
                self.seen = True
                QTimer.singleShot(0, self.report)  # the children are painted within the same event
            return False

        def report(self) -> None:
            sys.stdout.write(f"painted at {time.time()!r}\n")
            sys.stdout.flush()
            os._exit(0)

    class Application(QtWidgets.QApplication):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            self.first_paint = FirstPaint()
            self.installEventFilter(self.first_paint)

    QtWidgets.QApplication = Application


if __name__ == "__main__":
    import main

    main.set_environment()
    watch()
    sys.argv = ["main.py"]
    runpy.run_path(str(Path(__file__).parents[2] / "main.py"), run_name="__main__")
