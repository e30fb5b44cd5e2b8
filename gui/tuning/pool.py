"""The worker processes of this machine: started, kept alive, paused and ended by the window. No Qt.

:meth:`WorkerPool.tend` is called now and then (a timer of the page). Starting and looking take a few milliseconds; nothing
here waits for a process but :meth:`WorkerPool.close`, and that for half a second at most.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gui.tuning.claims import GRACE_SECONDS
from gui.tuning.worker import REFUSED, STORAGE_VARIABLE

ROOT = Path(__file__).parents[2]
# A worker that dies sooner than this was not killed by chance; after so many such deaths none is started any more.
SHORT_LIFE_SECONDS = 10.0
MOST_SHORT_LIVES = 5
CLOSE_SECONDS = 0.5


@dataclass
class _Child:
    worker: str
    process: subprocess.Popen[bytes]
    complaints: IO[bytes]
    since: float


def usual_workers() -> int:
    """All cores but one, which is the window's; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(cores - 1, 1)


class WorkerPool:
    """Workers on one study. They hang on a leash, their standard input: should the window die, they end by themselves."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._children: list[_Child] = []
        self._leaving: list[_Child] = []
        self._dead: list[str] = []
        self._short_lives = 0
        self._wanted = 0
        self.url = self.study = ""
        self.problem = ""

    @property
    def alive(self) -> int:
        """How many workers train now."""
        return sum(child.process.poll() is None for child in self._children)

    @property
    def leaving(self) -> int:
        """How many were asked to end and are about to."""
        return sum(child.process.poll() is None for child in self._leaving)

    @property
    def running(self) -> bool:
        """Whether workers are wanted: from :meth:`start` until the study is finished, or paused."""
        return self._wanted > 0

    def start(self, url: str, study: str, workers: int = 0) -> None:
        """Have ``workers`` processes (all cores but one) work on a study; this is also how it is resumed, tomorrow too.

        A study that is being worked on is paused first.
        """
        if self.running and (url, study) != (self.url, self.study):
            self.pause()
        self.url, self.study, self.problem = url, study, ""
        self._short_lives = 0
        self._wanted = workers or usual_workers()
        self._fill()

    def pause(self) -> None:
        """Ask all workers to end: each gives its trial back, which waits until the study is resumed. Returns at once."""
        self._wanted = 0
        for child in self._children:
            self._ask_to_end(child)
        self._leaving += self._children
        self._children = []

    def tend(self) -> None:
        """Notice who has ended, and start another for one that died. Call it about twice a second."""
        self._leaving = [child for child in self._leaving if not self._has_left(child)]
        for child in list(self._children):
            code = child.process.poll()
            if code is None:
                continue
            self._children.remove(child)
            said = self._buried(child)
            if code == 0:  # nothing is left to be done: the others end too
                self._wanted = min(self._wanted, len(self._children))
            elif code == REFUSED or not self._may_go_on(child):
                self.problem = said or f"A worker ended with code {code}, again and again: see what the machine lacks."
                self.pause()
                return
            else:
                self._dead.append(child.worker)
        self._fill()

    def close(self) -> None:
        """End all workers: kindly, and after half a second by force. What they trained then is taken over later."""
        self.pause()
        deadline = time.monotonic() + CLOSE_SECONDS
        for child in self._leaving:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - time.monotonic(), 0.0))
        for child in self._leaving:
            child.process.kill()  # does nothing to one that has ended
            child.process.wait()
            self._buried(child)
        self._leaving = []

    def processes(self) -> list[int]:
        """The process ids of the workers that train now."""
        return [child.process.pid for child in self._children if child.process.poll() is None]

    def _fill(self) -> None:
        while len(self._children) < self._wanted:
            try:
                self._children.append(self._begin())
            except OSError as error:
                self.problem = (
                    f"No worker can be started ({error.strerror or error}): close other programs and try again."
                )
                self.pause()

    def _begin(self) -> _Child:
        """Raises ``OSError``."""
        worker = uuid.uuid4().hex
        command = [
            sys.executable, "-u", str(ROOT / "main.py"), "worker", "--study", self.study, "--leash", "--id", worker,
            "--grace", str(self._grace_seconds),
        ]  # fmt: skip
        if self._dead:
            command += ["--after", self._dead.pop()]
        # Not on the command line, where every user of the machine could read a password.
        environment = os.environ | {STORAGE_VARIABLE: self.url}
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the worker lives
        try:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        except OSError:
            complaints.close()
            raise
        return _Child(worker, process, complaints, time.monotonic())

    def _ask_to_end(self, child: _Child) -> None:
        assert child.process.stdin is not None
        with contextlib.suppress(OSError):
            child.process.stdin.close()  # the leash
        if os.name == "posix":  # elsewhere it would be killed
            child.process.terminate()

    def _has_left(self, child: _Child) -> bool:
        if child.process.poll() is None:
            return False
        if child.process.returncode:
            self._dead.append(child.worker)  # its trial was not given back
        self._buried(child)
        return True

    def _buried(self, child: _Child) -> str:
        """Close what belongs to an ended process; the last line of what it complained of."""
        assert child.process.stdin is not None
        with contextlib.suppress(OSError):
            child.process.stdin.close()
        child.complaints.seek(0)
        lines = child.complaints.read().decode("utf-8", "replace").strip().splitlines()
        child.complaints.close()
        return lines[-1][:300] if lines else ""

    def _may_go_on(self, child: _Child) -> bool:
        self._short_lives = self._short_lives + 1 if time.monotonic() - child.since < SHORT_LIFE_SECONDS else 0
        return self._short_lives < MOST_SHORT_LIVES
