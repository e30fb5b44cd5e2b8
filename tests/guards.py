"""What watches every test: the network, threads left behind, the folders of the person who runs them."""

from __future__ import annotations

import gc
import ipaddress
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

THREAD_GRACE_SECONDS = 2.0


class NetworkTouched(RuntimeError):
    """A test tried to reach another machine."""


def is_local(address: Any) -> bool:
    """True for a path, this machine's names and loopback addresses; anything else is the network."""
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = address[0]
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


class NetworkGuard:
    """An audit hook that refuses connections to other machines, and remembers them if the refusal was swallowed."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._installed = False

    def install(self) -> None:
        """Once for the life of the process: an audit hook cannot be taken out again."""
        if not self._installed:
            sys.addaudithook(self._audit)
            self._installed = True

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            address = arguments[1]
        elif event == "socket.getaddrinfo":
            address = arguments[:2]
        else:
            return
        if not is_local(address):
            self.attempts.append(f"{event} {address!r}")
            raise NetworkTouched(f"a test may not reach {address!r}")

    def take(self) -> list[str]:
        """The attempts since the last call."""
        taken, self.attempts = self.attempts, []
        return taken


network = NetworkGuard()


def isolate(environment: MutableMapping[str, str], folder: Path) -> None:
    """Point every variable that leads to a person's settings, data and logs into ``folder``."""
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        environment[name] = str(folder)
    for name in ("CONFIG", "DATA", "CACHE", "STATE", "RUNTIME"):
        path = folder / name.lower()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment[f"XDG_{name}_{'DIR' if name == 'RUNTIME' else 'HOME'}"] = str(path)


def one_blas_thread(environment: MutableMapping[str, str]) -> None:
    """Before NumPy is imported: the same bits and the same speed as the program has."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        environment[name] = "1"


@contextmanager
def no_python_thread_left() -> Iterator[None]:
    """Fail when the block leaves a ``threading.Thread`` running that was not there before."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_GRACE_SECONDS
    for thread in set(threading.enumerate()) - before:
        if isinstance(thread, threading._DummyThread):
            continue  # Python's stand-in for a thread of Qt's; those are watched below
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            pytest.fail(f"a thread was left running: {thread.name}", pytrace=False)


@contextmanager
def no_qthread_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail when the block leaves a QThread running that it started; say where it was started, and end it."""
    from PySide6.QtCore import QThread

    started: list[tuple[QThread, str]] = []
    original = QThread.start

    def start(self: QThread, *arguments: Any) -> None:
        started.append((self, "".join(traceback.format_stack(limit=8)[:-1])))
        original(self, *arguments)

    monkeypatch.setattr(QThread, "start", start)
    yield
    monkeypatch.setattr(QThread, "start", original)
    left = []
    for thread, where in started:
        try:
            if thread.isRunning():
                left.append(where)
                thread.requestInterruption()
                thread.quit()
                thread.wait(2000)
        except RuntimeError:
            pass  # deleted by Qt: it had ended
    if left:
        pytest.fail(f"{len(left)} QThread(s) left running, started here:\n{left[0]}", pytrace=False)


class Garbage:
    """All that is there before the first test is set aside from Python's garbage collector, for good.

    A window does the same with all that lives (gui/garbage.py), and gives it back when it closes. In a process of hundreds of
    windows every one of them would go through the modules of all tests once more: a quarter of a second each.
    """

    def __init__(self) -> None:
        self._freeze, self._unfreeze = gc.freeze, gc.unfreeze

    def set_aside(self) -> None:
        """From now on; what is asked of the two functions does nothing."""
        gc.collect()
        self._freeze()
        gc.freeze = gc.unfreeze = lambda: None  # type: ignore[assignment]

    @contextmanager
    def as_it_is(self) -> Iterator[None]:
        """Python's own functions, for a test of what they are used for."""
        gc.freeze, gc.unfreeze = self._freeze, self._unfreeze
        try:
            yield
        finally:
            self.set_aside()


garbage = Garbage()


def default_platform(headed: bool) -> None:
    """No window pops up during tests, unless asked for."""
    if not headed:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
