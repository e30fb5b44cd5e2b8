"""A worker process: ``python main.py worker --storage URL --study NAME`` claims trials of a study and trains them.

It ends by itself when the study is finished. Asked to end (SIGTERM, Ctrl+C, or its leash, the standard input that the
window holds open), it gives its trial back. Killed, its trial is taken over by another worker. No Qt.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence

import optuna
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from engine import compiled
from engine.errors import NeuroloomError
from engine.own import OWN
from engine.shelf import SHELF
from gui.settings import Places
from gui.tuning import database, storage, weights
from gui.tuning.claims import GRACE_SECONDS, HEARTBEAT_SECONDS, Claims, Heart
from gui.tuning.objective import RESULT, GivenBack, Objective, Outcome

STORAGE_VARIABLE = "NEUROLOOM_STORAGE"
NICE = 19
LOOK_SECONDS = 0.5
REFUSED = 2  # exit code where a person must do something first


def parser() -> argparse.ArgumentParser:
    """The command line. The address may stand in the environment instead, where no other user of the machine reads it."""
    parser = argparse.ArgumentParser(prog="main.py worker", description="Train trials of a study, here or far away.")
    parser.add_argument(
        "--storage", metavar="URL", default=os.environ.get(STORAGE_VARIABLE, ""),
        help=f"a SQLite file, or postgresql://USER:PASSWORD@HOST/DATABASE (else the variable {STORAGE_VARIABLE})",
    )  # fmt: skip
    parser.add_argument("--study", metavar="NAME", required=True, help="the study's name")
    parser.add_argument(
        "--trials", metavar="N", type=int, default=0, help="end after so many trials (else with the study)"
    )
    parser.add_argument("--grace", metavar="S", type=float, default=GRACE_SECONDS,
                        help="take a trial over when its worker was silent for so many seconds (%(default)g)")  # fmt: skip
    parser.add_argument("--leash", action="store_true", help="end when the standard input is closed")
    parser.add_argument("--id", default="", help=argparse.SUPPRESS)
    parser.add_argument("--after", default="", help=argparse.SUPPRESS)
    return parser


def work(
    url: str, name: str, stop: Callable[[], bool], trials: int = 0, grace_seconds: float = GRACE_SECONDS,
    worker: str = "", after: str = "",
) -> int:  # fmt: skip
    """Train trials of the study until it is finished, ``trials`` are done or ``stop()``; how many were done.

    ``after`` names a dead worker whose trial is taken over at once. Raises :class:`NeuroloomError`.
    """
    study, settings = storage.load(url, name)
    rdb = database.opened(url)
    claims = Claims(study, rdb, settings, worker or uuid.uuid4().hex, platform.node() or "this machine", grace_seconds)
    objective = Objective(settings)
    if after:
        claims.take_over(after)
    done = 0
    while not stop() and (not trials or done < trials):
        trial = claims.claim()
        if trial is None:
            if claims.is_over:
                break
            time.sleep(LOOK_SECONDS)
            continue
        try:
            with Heart(rdb, trial, min(HEARTBEAT_SECONDS, grace_seconds / 4)):
                outcome = objective(trial, stop)
        except GivenBack:
            claims.give_back(trial)
            break
        except NeuroloomError:  # its data are not on this machine
            claims.give_back(trial)
            raise
        with contextlib.suppress(UpdateFinishedTrialError, ValueError):  # taken over by another one: theirs counts
            _tell(study, rdb, trial, outcome)
            done += 1
    return done


def _tell(study: optuna.Study, rdb: RDBStorage, trial: optuna.Trial, outcome: Outcome) -> None:
    """What is told last makes it count: a worker that is killed before has told nothing."""
    if outcome.content:
        weights.put(rdb.engine, trial._trial_id, outcome.content)
    trial.set_user_attr(RESULT, outcome.attributes)
    if outcome.pruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, list(outcome.values))


class _Asked:
    """Whether the worker was asked to end."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> bool:
        return self._event.is_set()

    def listen(self, leash: bool) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        if leash:
            threading.Thread(target=self._hold, daemon=True, name="leash").start()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._event.set()

    def _hold(self) -> None:
        # Not by sys.stdin: its buffer's lock would be held when the interpreter ends.
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        self._event.set()


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0, or 2 with one sentence where the study can't be worked on."""
    options = parser().parse_args(arguments)
    asked = _Asked()
    asked.listen(options.leash)
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICE)  # the window comes first
    places = Places.of_platform()
    SHELF.folder, OWN.path = places.images, places.drawings
    try:
        storage.load(options.storage, options.study)  # before the compiler, which takes a while the first time
        compiled.load()
        work(options.storage, options.study, asked, options.trials, options.grace, options.id, options.after)
    except NeuroloomError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except (SQLAlchemyError, StorageInternalError) as error:
        reason = (str(error.__cause__ or error).strip().splitlines() or [""])[0]
        sys.stderr.write(f"{database.shown(options.storage)} does not answer any more ({reason[:200]}).\n")
        return 1
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
