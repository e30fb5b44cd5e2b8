"""A history whose writer is killed, over and over: run as a program, it says what was lost. For test_run_store.py.

Each child writes runs as quickly as it can, new ones and the same again, and says after each what is in the history by now.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui.history import weights
from gui.history.record import RunRecord
from gui.history.store import RunStore


def record(name: str, epochs: int, run: int = 0) -> RunRecord:
    return RunRecord("playground", name, 1.0, 2.0, epochs, 0.5, 1, "{}", thumbnail=b"x" * 3000, id=run)


def write_for_ever(folder: Path, contents: list[bytes], pipe: int) -> None:
    """Say ``id epochs`` once it is written."""
    store, epochs = RunStore(folder), 0
    while True:
        run = 0
        for content in contents:  # a run, once a minute
            epochs += 1
            run = store.put(record(f"run {epochs}", epochs, run), content)
            os.write(pipe, f"{run} {epochs}\n".encode())


def main(folder: Path, kills: int, seed: int) -> int:
    trainer, contents = Trainer(ExperimentSpec()), []
    for epoch in (1, 2, 3):
        trainer.advance(lambda: False, Until("epoch", epoch))
        contents.append(weights.pack(trainer))
    rng, said, n = random.Random(seed), {}, 0
    for _ in range(kills):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            write_for_ever(folder, contents, writing)
        os.close(writing)
        # From its first word on: before, there is nothing to lose but an empty file, which it may be killed in too.
        if rng.random() < 0.8:
            select.select([reading], [], [], 10)
        time.sleep(rng.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading) as lines:
            said |= {int(run): int(epochs) for run, epochs in (line.split() for line in lines if line.endswith("\n"))}
        store = RunStore(folder)
        rows = store.rows(said)
        lost = [run for run, epochs in said.items() if run not in rows or rows[run].epochs < epochs]
        bad = [run for run in store.ids() if store.saved(run).moment is None]
        if lost or bad or store.complaint:
            sys.stderr.write(f"lost {lost}, without weights {bad}, {store.complaint}\n")
            return 1
        n = store.count()
        store.close()
    sys.stdout.write(f"{n} runs, {len(said)} said\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
