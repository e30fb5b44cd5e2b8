"""The tour's walks through the digit laboratory: augmentation, teaching, and what the network sees and misses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.snapshot import RunState
from engine.stopping import Until
from gui import drawings
from gui.main_window import MainWindow

WAIT = Callable[[Callable[[], bool], float], bool]
PICTURE = Callable[[str], str]
FACTS = dict[str, Any]
TAUGHT = 1
# A one with a flag and a foot, as half the world writes it and few of the training images show it.
FLAGGED = ((((0.36, 0.36), (0.5, 0.2), (0.5, 0.8)), ((0.38, 0.8), (0.62, 0.8))),)


def augmented(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """The preset whose images are changed at random reads test images and a drawing."""
    lab = window.lab
    window.open_ready("7a-digits-augmented")
    wait(lambda: lab.latest is not None and lab.latest.run == lab.document.run, 20)
    page = window.page
    page.settings.more_augmentation.setChecked(True)
    page.canvas.clear()
    lab.play(Until("epoch", 200))
    wait(lambda: lab.latest is not None and lab.latest.epoch >= 200 and not lab.playing, 90)
    read = {}
    for digit, drawing in drawings.load_drawings().items():
        page.canvas.clear()
        drawings.draw(page.canvas.surface, drawings.placed(drawing))
        wait(lambda: page.readout.best() is not None, 5)
        read[digit] = page.readout.best()
    right = sum(digit == answer for digit, answer in read.items())
    accuracy = lab.latest.metrics.test_accuracy if lab.latest is not None else 0.0
    page.readout.ask_evidence(True)
    return {
        "said": f"test accuracy {accuracy:.1%}, {right} of 10 drawings read", "test_accuracy": accuracy, "read": read,
        "learned": accuracy >= 0.97 and right >= 9, "picture": picture("digits-augmented"),
    }  # fmt: skip


def teaching(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """A drawing is said to be a one, and the network goes on from its weights with it among its data."""
    page, lab = window.page, window.lab
    page.readout.ask_evidence(False)
    page.canvas.clear()
    for stroke in FLAGGED[0]:
        drawings.draw(page.canvas.surface, (stroke,))
    wait(lambda: page.readout.best() is not None, 5)
    before, run = page.readout.best(), lab.document.run
    page.teach.digits[TAUGHT].click()
    learned = wait(lambda: "→" in page.teach.lines[0].text() and lab.document.run != run, 60)
    lines = [line.text() for line in page.teach.lines]
    facts = {
        "said": lines[0], "read_before": before, "read_after": page.readout.best(), "lines": lines,
        "learned": learned and page.readout.best() == TAUGHT, "picture": picture("digits-taught"),
    }  # fmt: skip
    lab.document.undo_stack.undo()
    wait(lambda: lab.latest is not None and lab.latest.run == run, 10)
    return facts | {"undone": lab.document.run == run}


def _view(key: str, press: Callable[[Any], None] = lambda view: None) -> Any:
    """A walk that looks at one view of the Insight page once all that it asks for has been worked out."""

    def walk(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
        window.open_page("insight")
        page, analyses = window.page, window.lab.runner.analyses
        page.open_view(key)
        wait(lambda: window.lab.latest is not None and window.lab.latest.state is RunState.PAUSED, 5)
        press(page.view)
        found = wait(lambda: analyses.idle, 60)
        facts = {"said": page.view.title, "learned": found, "picture": picture(f"insight-{key}")}
        if key == "predictions" and page.predictions is not None:
            wrong = int((~page.predictions.right).sum())
            facts |= {"said": f"{wrong} of {len(page.predictions)} test images are misread", "wrong": wrong}
        return facts

    return walk


STAGES = {
    "digits-augmented": augmented,
    "digits-taught": teaching,
    "insight-data": _view("data"),
    "insight-predictions": _view("predictions"),
    "insight-neurons": _view("neurons"),
    "insight-map": _view("map"),
    "insight-stress": _view("stress", lambda view: view.robustness.measure_button.click()),
    "insight-calibration": _view("calibration", lambda view: view.fit_button.click()),
}
