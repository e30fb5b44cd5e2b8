"""Run by test_quit.py: opens the whole window and closes it while it trains, as often as asked, at random moments."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer, QtMsgType, qInstallMessageHandler

from gui import app
from gui.settings import Places, Settings

complaints: list[str] = []


def listen(kind: QtMsgType, _context: object, message: str) -> None:
    if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and not message.startswith(
        "This plugin does not support"
    ):
        complaints.append(message)


def spin(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def main(folder: Path, times: int, seed: int) -> None:
    qInstallMessageHandler(listen)
    app.application()
    rng = random.Random(seed)
    report = []
    for _ in range(times):
        page = rng.choice(["playground", "digits"])
        window = app.build(Places(folder / "settings.json", folder), Settings(theme="light", page=page))
        window.show()
        if rng.random() < 0.2:
            spin(rng.uniform(0.0, 0.05))  # sometimes before the first frame
        moment = rng.uniform(0.0, 0.25)
        window.lab.play()
        if rng.random() < 0.3:
            QTimer.singleShot(round(moment * 500), window, window.lab.reset)
        if rng.random() < 0.3:
            other = "digits" if page == "playground" else "playground"
            QTimer.singleShot(
                round(moment * 700), window, lambda window=window, other=other: window.lab.activate(other)
            )
            QTimer.singleShot(round(moment * 900), window, window.lab.play)
        spin(moment)
        start = time.perf_counter()
        window.close()
        seconds = time.perf_counter() - start
        thread = window.lab.runner._thread
        report.append({"page": page, "seconds": seconds, "ended": window.lab.ended, "running": thread.isRunning()})
        del thread
        window.deleteLater()
        del window
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    sys.stdout.write(json.dumps({"closes": report, "complaints": complaints}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
