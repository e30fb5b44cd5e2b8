"""The tour's walks through experiments: a race of architectures, a study, other libraries, a script that runs, the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from engine.stopping import Until
from gui.comparing.conventions import OURS, SKLEARN
from gui.comparing.parity import BOUND
from gui.main_window import MainWindow

WAIT = Callable[[Callable[[], bool], float], bool]
PICTURE = Callable[[str], str]
FACTS = dict[str, Any]

LANES = ("Shallow", "Deep", "Wide", "Deep and narrow")
TRIALS, TRIAL_EPOCHS = 20, 60
PARITY_EPOCHS = 200
SAME_ANSWERS = 1e-6
LEARNS = 0.9  # the best of the lanes on the spiral; a line would be right in half of the cases


def _begin(window: MainWindow, wait: WAIT, experiment: str, epochs: int = 0) -> None:
    """Open a ready experiment, on screen and trained."""
    lab = window.lab
    window.open_ready(experiment)
    wait(lambda: lab.latest is not None and lab.latest.run == lab.document.run, 20)
    if epochs:
        lab.play(Until("epoch", epochs))
        wait(lambda: lab.latest is not None and lab.latest.epoch >= epochs and not lab.playing, 60)


def _view(window: MainWindow, key: str) -> Any:
    window.open_page("runs")
    window.page.open_view(key)
    return window.page.view


def _double_click(widget: QWidget, at: QPointF) -> None:
    """As the mouse does it: press, release, and the second press within the time of a double click."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick):
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
        event = QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), left, held, none)
        QApplication.sendEvent(widget, event)


def architectures(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """Shallow, deep, wide, deep and narrow: the same spiral and seed, side by side."""
    _begin(window, wait, "5-spiral")
    view = _view(window, "race")
    view.buttons.race.click()
    done = wait(lambda: view.view is not None and view.view.done, 120)
    lanes = view.view.lanes if view.view is not None else ()
    figures = {
        lane.name: {
            "parameters": lane.spec.n_parameters, "epochs": int(lane.metrics.epoch), "seconds": round(lane.seconds, 3),
            "test_loss": lane.metrics.test_loss, "test_accuracy": lane.metrics.test_accuracy,
        } for lane in lanes
    }  # fmt: skip
    best = max((row["test_accuracy"] for row in figures.values()), default=0.0)
    arrived = tuple(figures) == LANES and all(lane.state == "arrived" for lane in lanes)
    return {
        "said": ", ".join(f"{name} {row['test_accuracy']:.0%}" for name, row in figures.items()), "lanes": figures,
        "learned": bool(done and arrived and best >= LEARNS), "picture": picture("race"),
    }  # fmt: skip


def study(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """Twenty trials in worker processes, then the best of them in the Playground, with its weights."""
    _begin(window, wait, "5-spiral")
    window.open_page("tuner")
    page, lab = window.page, window.lab
    view, desk = page.tuner, page.desk
    wait(lambda: bool(view.form.searched.space()), 30)
    view.form.trials.set_value(TRIALS)
    view.form.epochs.set_value(TRIAL_EPOCHS)
    view.run.start.click()

    def over() -> bool:
        ended = () if desk.view is None else [t for t in desk.view.trials if t.state in ("complete", "pruned")]
        return len(ended) >= TRIALS and desk.state == "idle"

    done = wait(over, 240)
    said = view.run.failure.text()
    shot = picture("tuner")
    if not done or desk.view is None or not desk.view.best:
        return {"said": said or "the study did not end", "learned": False, "picture": shot}
    result = desk.view
    number = result.best[0]
    trial = next(trial for trial in result.trials if trial.number == number)
    _double_click(view.wall, view.wall.spot(number).center())
    opened = wait(
        lambda: window.rail.page() == "playground" and lab.latest is not None and lab.latest.run == lab.document.run
        and lab.latest.epoch > 0 and lab.latest.maps is not None, 20,
    )  # fmt: skip
    wait(lambda: f"{lab.document.spec.n_parameters:,}" in window.status.text, 5)
    loss = lab.latest.metrics.validation_loss if lab.latest is not None else float("nan")
    same = opened and abs(loss - trial.values[0]) <= 1e-5 * abs(trial.values[0])
    pruned = sum(trial.state == "pruned" for trial in result.trials)
    return {
        "said": f"{len(result.trials)} trials, {pruned} pruned; the best has a validation loss of {trial.values[0]:.4f}",
        "trials": len(result.trials), "pruned": pruned, "best": {"number": number, "loss": trial.values[0], **trial.params},
        "opened_loss": loss, "learned": bool(same), "picture": shot, "opened_picture": picture("tuner-opened"),
    }  # fmt: skip


def parity(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """The digits in float64 through our engine, scikit-learn and, where it is installed, PyTorch: the same weights."""
    _begin(window, wait, "7-digits")
    board = _view(window, "compare").parity
    board.epochs.set_value(PARITY_EPOCHS)
    board.run_button.click()
    wait(lambda: window.lab.runner.analyses.idle, 120)
    result = board.result
    apart = {name: float(track.column(3)[-1]) for name, track in result.tracks.items() if len(track.rows)}
    apart.pop(OURS, None)
    done = SKLEARN in apart and len(result.tracks[SKLEARN].rows) > PARITY_EPOCHS
    return {
        "said": board.verdict.text() or board.words.text(), "epochs": PARITY_EPOCHS, "max_difference": apart,
        "learned": done and max(apart.values()) <= BOUND, "picture": picture("compare"),
    }  # fmt: skip


def script(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """The trained network as a NumPy script, run in a process of its own and held to the window's answers."""
    _begin(window, wait, "7-digits", epochs=20)
    view = _view(window, "code")
    wait(lambda: view.script is not None, 20)
    view.try_.click()
    wait(lambda: view.trial is not None or view.result.property("role") == "error", 60)
    trial = view.trial
    said = view.result.text()
    facts = {"said": said, "printed": view.output.toPlainText(), "picture": picture("code")}
    if trial is None:
        return facts | {"learned": False}
    return facts | {
        "samples": trial.n, "difference": trial.difference, "lines": view.script.text.count("\n"),
        "learned": trial.difference <= SAME_ANSWERS,
    }  # fmt: skip


def history(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """Everything that the tour has trained is in the history of runs, the lanes of races among it."""
    view = _view(window, "history")
    store = window.history.store

    def lanes() -> list[int]:
        names = {record.id: record.name for record in store.rows(store.ids()).values()}
        return [run for run, name in names.items() if any(name.endswith(f", {lane}") for lane in LANES)]

    found = wait(lambda: len(lanes()) >= len(LANES) and set(lanes()) <= set(view.table.runs.ids), 20)
    table, flag = view.table, QItemSelectionModel.SelectionFlag
    for run in lanes():
        table.selectionModel().select(table.runs.index(table.runs.places[run], 0), flag.Select | flag.Rows)
    found = wait(lambda: len(view.overlay.looks) == len(LANES), 20) and found
    facts = {"said": f"{store.count()} runs", "runs": store.count(), "lanes": len(lanes()), "learned": found}
    return facts | {"picture": picture("history")}


STAGES = {"race": architectures, "study": study, "parity": parity, "script": script, "history": history}
