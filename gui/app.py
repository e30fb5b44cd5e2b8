"""The composition root: builds everything once, hands it down, and runs the event loop."""

from __future__ import annotations

import itertools
import logging
import os
import random
import signal
import sys
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs
from PySide6.QtCore import Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from engine.own import OWN
from engine.shelf import SHELF
from gui import experiments, fonts, settings
from gui.compiling import Compiling
from gui.document import Document
from gui.laboratory import Laboratory
from gui.main_window import MainWindow
from gui.messages import ErrorHook
from gui.pages import ACTIVE, BY_ID, PAGES, import_ahead
from gui.runner import Runner
from gui.settings import Places

# A waiting thread asks for the GIL after this long: short enough for a smooth window, long enough not to slow training.
SWITCH_INTERVAL_SECONDS = 0.001
# Few enough to be read out in a classroom.
SEEDS = 10_000


LAST_WAIT_MS = 20_000
# The first frames come first.
COMPILE_AFTER_MS = 500
IMPORT_AFTER_MS = 1_500
IMPORT_EVERY_MS = 250


def build(places: Places, remembered: settings.Settings | None = None) -> MainWindow:
    """The whole window with its thread; ``places`` says where it remembers things. Close it to end the thread."""
    if remembered is None:
        remembered, complaint = settings.load(places.settings)
    else:
        complaint = ""
    SHELF.folder, OWN.path = places.images, places.drawings
    numbers: Iterator[int] = itertools.count(1)
    names = dict.fromkeys(page.document for page in PAGES if page.document not in ("", ACTIVE))
    documents = {name: Document(name, experiments.first_of(name), numbers) for name in names}
    lab = Laboratory(Runner(), documents, places, numbers, _fresh_seed)
    window = MainWindow(lab, remembered)
    lab.setParent(window)
    if complaint:
        window.banner.tell(complaint)
    window.open_page(remembered.page if remembered.page in BY_ID else PAGES[0].id)
    return window


def _fresh_seed() -> int:
    return random.SystemRandom().randrange(SEEDS)


def application() -> QApplication:
    """The one QApplication, with its name and its font."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("Neuroloom")
    app.setApplicationDisplayName("Neuroloom")
    # After the application is made, not before: on X11 its platform turns the first one on. A pen's corner must not be
    # lost because the window was busy while it was drawn.
    app.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    app.setAttribute(Qt.ApplicationAttribute.AA_CompressTabletEvents, False)
    fonts.install(app)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    return app


def _log_to_file() -> None:
    folder = Path(platformdirs.user_log_dir(settings.APP, appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / "neuroloom.log", maxBytes=1_000_000, backupCount=4, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)


def _log_qt(kind: QtMsgType, _context: object, message: str) -> None:
    level = logging.INFO if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) else logging.WARNING
    logging.getLogger("qt").log(level, "%s", message)


def run(file: str | None = None, tour: str | None = None, reset_settings: bool = False) -> int:
    """Open the window and return the exit code; with ``tour`` go through the headless tour instead."""
    _log_to_file()
    qInstallMessageHandler(_log_qt)
    app = application()
    if tour is not None:
        from gui import tour as guided

        return guided.run(Path(tour))
    places = Places.of_platform()
    if reset_settings:
        settings.set_aside(places.settings)
    window = build(places)
    hook = ErrorHook(window.banner)
    hook.install()
    _close_on_signals(window)
    window.show()
    compiling = Compiling(window.lab.runner)
    QTimer.singleShot(COMPILE_AFTER_MS, compiling, compiling.start)
    ahead = import_ahead()
    importing = QTimer(window)
    importing.timeout.connect(lambda: next(ahead, "") or importing.stop())
    QTimer.singleShot(IMPORT_AFTER_MS, window, lambda: importing.start(IMPORT_EVERY_MS))
    if file is not None:
        window.lab.open(Path(file))
    code = int(app.exec())
    compiling.stop()
    hook.remove()
    if not window.lab.ended and not window.lab.runner.shut_down(wait_ms=LAST_WAIT_MS):
        # A thread that still computes can't be taken down with its window; leaving at once is the lesser evil.
        logging.getLogger(__name__).error("the training thread did not end")
        os._exit(1)
    return code


def _close_on_signals(window: MainWindow) -> None:
    """Ctrl+C in the terminal, and a polite kill, close the window as its own button does: with everything saved."""

    def close(_number: int, _frame: object) -> None:
        # A signal comes between any two lines of Python, so not here and now.
        QTimer.singleShot(0, window, window.close)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
