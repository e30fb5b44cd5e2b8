"""The tour's walk through time: wind the run on screen back, go on from there as a branch, and compare the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.stopping import Until
from gui.main_window import MainWindow

WAIT = Callable[[Callable[[], bool], float], bool]


def wind_back(window: MainWindow, wait: WAIT, share: float = 0.2) -> dict[str, Any]:
    """Look at ``share`` of the trained run on screen and branch there with three times the learning rate.

    Leaves the window looking back at the branch's parent, both in the curves. ``wait(condition, seconds)`` lets the
    window live. Returns the facts for ``summary.json``; ``learned`` says that all went as it should.
    """
    lab = window.lab
    assert lab.latest is not None
    parent, spec, end = lab.document.run, lab.document.spec, lab.latest.epoch
    epoch = max(round(end * share), 1)

    def shows(run: int, at: int) -> bool:
        return lab.latest is not None and (lab.latest.run, lab.latest.epoch) == (run, at)

    lab.time.look(epoch)
    looked = wait(lambda: shows(parent, epoch), 20)
    rate = spec.optimizer.learning_rate * 3
    window.page.propose("Learning rate", replace(spec, optimizer=replace(spec.optimizer, learning_rate=rate)), "")
    branch = lab.document.run
    begun = branch != parent and wait(lambda: shows(branch, epoch), 20)
    lab.play(Until("epoch", end))
    trained = wait(lambda: shows(branch, end) and not lab.playing, 60)
    losses = [lab.latest.metrics.test_loss] if lab.latest is not None else []
    lab.time.switch_branch(parent)
    back = wait(lambda: shows(parent, end), 20)
    losses[:0] = [lab.latest.metrics.test_loss] if lab.latest is not None else []
    lab.time.look(epoch)
    looked_again = wait(lambda: shows(parent, epoch), 20)
    return {
        "epochs": end, "looked_at": epoch, "branches": [branch.name for branch in lab.document.branches],
        "test_losses": losses, "learned": bool(looked and begun and trained and back and looked_again),
    }  # fmt: skip
