"""The tour's walks through what takes learning apart: perceptron, inspector, phases, time, race, regularization, doctor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.activations import ACTIVATIONS
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.phases import Kind
from engine.spec import ExperimentSpec
from engine.stopping import Until
from gui import tour_time
from gui.graphics.phase_front import Front
from gui.graphics.targets import Target
from gui.main_window import MainWindow

WAIT = Callable[[Callable[[], bool], float], bool]
PICTURE = Callable[[str], str]
FACTS = dict[str, Any]
# The window, a way to let it live until something holds, and a way to take its picture; ``said`` is a line for the terminal,
# ``learned`` whether all went as it should.
Walk = Callable[[MainWindow, WAIT, PICTURE], FACTS]


def _shown(window: MainWindow, wait: WAIT) -> bool:
    """The run that was just begun is on screen."""
    lab = window.lab
    return wait(lambda: lab.latest is not None and lab.latest.run == lab.document.run, 20)


def _train(window: MainWindow, wait: WAIT, epochs: int, seconds: float = 60.0) -> bool:
    lab = window.lab
    lab.play(Until("epoch", epochs))
    return wait(lambda: lab.latest is not None and lab.latest.epoch >= epochs and not lab.playing, seconds)


def _perceptron(window: MainWindow, wait: WAIT, data: str) -> FACTS:
    window.open_page("perceptron")
    page = window.page
    page.column.gallery.thumbnails[data].click()
    page.driver.reset()
    page.driver.run_epochs(100)
    wait(lambda: not page.run.playing, 20)
    view = page.run.view()
    cycle = view.cycle
    return {
        "said": page.verdict.headline.text(), "epochs": view.epoch, "converged_at_epoch": view.converged_epoch,
        "errors_per_epoch": list(view.errors_per_epoch), "correct": view.correct, "points": len(view.labels),
        "margin": view.margin, "inequalities": list(page.verdict.inequalities()),
        "cycle": cycle and {"first_epoch": cycle.first_epoch, "epochs": cycle.epochs, "mistakes": cycle.updates},
    }  # fmt: skip


def perceptron_and(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """Rosenblatt's neuron finds the line of AND."""
    facts = _perceptron(window, wait, "and")
    return facts | {"learned": facts["converged_at_epoch"] is not None, "picture": picture("perceptron-and")}


def perceptron_xor(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """On XOR its weights go round in a cycle, and four inequalities say why."""
    facts = _perceptron(window, wait, "xor")
    proved = facts["cycle"] is not None and len(facts["inequalities"]) == 4
    return facts | {"learned": proved, "picture": picture("perceptron-xor")}


def _inspect(window: MainWindow, wait: WAIT, edge: Target) -> FACTS:
    page = window.page
    page.docks["Inspector"].show()
    page.docks["Inspector"].raise_()
    page.graph.select(edge)
    inspector = page.inspector
    found = wait(lambda: any(text.startswith("next w = ") for text in inspector.texts()), 10)
    title = inspector.derivation.title if inspector.derivation is not None else ""
    sample = inspector.sample.text()
    return {"said": title, "selected": title, "sample": sample, "lines": list(inspector.texts()), "learned": found}


def inspector_small(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """Every number behind one weight of a 2-4-1."""
    window.open_ready("3-xor")
    _shown(window, wait)
    _train(window, wait, 60)
    return _inspect(window, wait, Target("edge", 0, 1, 1)) | {"picture": picture("inspector")}


def inspector_digits(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """The same of a 64-100-50-10."""
    window.open_ready("7-digits")
    _shown(window, wait)
    _train(window, wait, 5)
    facts = _inspect(window, wait, Target("edge", 1, 3, 7)) | {"picture": picture("inspector-digits")}
    window.page.docks["Inspector"].hide()
    return facts


def phase_step(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """One mini-batch, phase by phase, with the engine's own lines beside it."""
    window.open_ready("3-xor")
    _shown(window, wait)
    lab, page, names = window.lab, window.page, []
    if not page.docks["Code"].is_seen:
        page.toggle_dock("Code")
    depth = len(lab.document.spec.layer_sizes) - 1
    deltas: list[float] = []
    for _ in range(2 * depth + 2):
        before = lab.latest.phase if lab.latest is not None else None
        lab.step("phase")
        if not wait(lambda before=before: lab.latest is not None and lab.latest.phase not in (None, before), 10):
            break
        phase = lab.latest.phase
        names.append(phase.name(depth))
        if phase.kind is Kind.BACKWARD and not deltas:
            front = Front.of(lab.latest)
            deltas = [float(d) for d in front.deltas(depth)] if front is not None else []
            wait(lambda: bool(page.code.view.running_text()), 5)
            running = page.code.view.running_text()
            shot = picture("phase-backward")
    updated = picture("phase-update")
    page.toggle_dock("Code")
    return {
        "said": ", ".join(names), "phases": names, "output_delta": deltas, "running": running, "picture": shot,
        "update_picture": updated, "learned": len(names) == 2 * depth + 2 and bool(running),
    }  # fmt: skip


def time_travel(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """Back in a run, a branch from there, and both in the curves."""
    window.open_ready("5-spiral")
    _shown(window, wait)
    _train(window, wait, 250)
    facts = tour_time.wind_back(window, wait)
    said = f"epoch {facts['looked_at']} of {facts['epochs']}, {' and '.join(facts['branches'])}"
    return facts | {"said": said, "picture": picture("time-travel")}


def activation_race(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """The same network, data and seed with each activation that is checked."""
    window.open_ready("5-spiral")
    _shown(window, wait)
    window.open_page("activations")
    race, passage = window.page.race, window.page.passage
    race.finish_combo.set_key("300")
    race.race_button.click()
    done = wait(lambda: race.view is not None and race.view.done, 120)
    lanes = race.view.lanes if race.view is not None else ()
    said = ", ".join(f"{lane.name} {lane.metrics.test_accuracy:.0%}" for lane in lanes)
    return {
        "said": said, "learned": done and all(lane.state == "arrived" for lane in lanes), "flat": passage.share.text(),
        "lanes": {
            lane.name: {
                "epochs": int(lane.metrics.epoch), "seconds": round(lane.seconds, 3),
                "test_loss": lane.metrics.test_loss, "test_accuracy": lane.metrics.test_accuracy,
            } for lane in lanes
        },
        "slopes": passage.verdict.text(), "picture": picture("activation-race"),
    }  # fmt: skip


def _begin(window: MainWindow, wait: WAIT, spec: ExperimentSpec, text: str) -> None:
    window.lab.start_over(spec, text)
    window.open_page("playground")
    _shown(window, wait)


def dropout(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """Who sits out the next mini-batch is hollow."""
    spec = ExperimentSpec()
    _begin(window, wait, replace(spec, training=replace(spec.training, dropout=0.3)), "Dropout")
    _train(window, wait, 200)
    graph = window.page.graph
    graph.mode.train.click()
    found = wait(lambda: any(row.any() for row in graph.dropped if row is not None), 10)
    facts = {
        "dropped": [int(row.sum()) for row in graph.dropped if row is not None], "share": 0.3, "learned": found,
        "picture": picture("dropout"),
    }  # fmt: skip
    return facts | {"said": f"{sum(facts['dropped'])} of 16 hidden neurons sit out the next sample"}


def early_stopping(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """It waits, stops, and the best weights come back."""
    spec = ExperimentSpec()
    spec = replace(
        spec, data=replace(spec.data, validation_share=0.1), training=replace(spec.training, patience=20)
    )  # fmt: skip
    _begin(window, wait, spec, "Early stopping")
    lab, curves = window.lab, window.page.curves
    lab.play(Until("epoch", 3000))
    stopped = wait(lambda: not lab.playing and lab.latest is not None and bool(lab.latest.message), 60)
    said = lab.latest.message if lab.latest is not None else ""
    return {
        "said": said, "stopped_at": lab.latest.epoch if lab.latest is not None else 0, "best_epoch": curves.plot.best,
        "line": list(curves.stop_line.texts), "learned": stopped, "picture": picture("early-stopping"),
    }  # fmt: skip


def doctor(window: MainWindow, wait: WAIT, picture: PICTURE) -> FACTS:
    """A rate that is too high for ReLU leaves dead neurons; the doctor says so, and why."""
    spec = ExperimentSpec()
    network = replace(spec.network, activation=ACTIVATIONS["relu"](), initializer=INITIALIZERS["he_normal"]())
    _begin(window, wait, replace(spec, network=network, optimizer=OPTIMIZERS["sgd"](learning_rate=1.0)), "Doctor")
    _train(window, wait, 5)
    wait(lambda: bool(window.doctor.findings), 10)
    findings = window.doctor.findings
    dead = next((finding for finding in findings if finding.rule == "dead_units"), None)
    if dead is None:
        return {"said": "no dead neurons found", "learned": False, "picture": picture("doctor")}
    page = window.page
    page.open_finding(dead.key)
    page.doctor.card.why.setChecked(True)
    facts = {
        "said": dead.sentence, "rule": dead.rule, "remedies": [remedy.text for remedy in dead.remedies],
        "findings": [finding.sentence for finding in findings], "learned": True, "picture": picture("doctor"),
    }  # fmt: skip
    page.toggle_doctor()
    return facts


STAGES: dict[str, Walk] = {
    "perceptron-and": perceptron_and, "perceptron-xor": perceptron_xor, "inspector": inspector_small,
    "phase-step": phase_step, "time-travel": time_travel, "activation-race": activation_race, "dropout": dropout,
    "early-stopping": early_stopping, "doctor": doctor, "inspector-digits": inspector_digits,
}  # fmt: skip
