"""What lies between the two threads: the newest snapshot wins, and the gate can never stay shut."""

from __future__ import annotations

import threading
import time

from gui.mailbox import FrameGate, Mailbox


def test_the_newest_wins_and_is_taken_once():
    box: Mailbox[int] = Mailbox()
    assert box.wants()
    assert box.take() is None
    for item in (1, 2, 3):
        box.put(item)
    assert not box.wants()
    assert box.take() == 3
    assert box.take() is None
    assert box.wants()


def test_two_threads_lose_nothing_but_what_is_older():
    box: Mailbox[int] = Mailbox()
    taken: list[int] = []
    last = 20_000

    def read() -> None:
        while not taken or taken[-1] != last:
            if (item := box.take()) is not None:
                taken.append(item)

    reader = threading.Thread(target=read)
    reader.start()
    for item in range(1, last + 1):
        box.put(item)
    reader.join(10)
    assert not reader.is_alive()
    assert taken == sorted(set(taken)), "an older item came after a newer one, or one came twice"


def test_the_gate_holds_training_until_it_is_opened():
    gate = FrameGate()
    assert not gate.closed
    gate.close()
    assert gate.closed
    passed = threading.Event()
    waiter = threading.Thread(target=lambda: (gate.wait(), passed.set()))
    gate.LONGEST_WAIT_SECONDS = 10.0  # type: ignore[misc]
    waiter.start()
    assert not passed.wait(0.05)
    gate.open()
    assert passed.wait(5)
    waiter.join(5)
    assert not gate.closed


def test_an_opening_that_never_comes_does_not_stop_training():
    gate = FrameGate()
    gate.close()
    start = time.monotonic()
    gate.wait()
    assert 0.03 < time.monotonic() - start < 2.0


def test_an_open_gate_does_not_hold_anyone_up():
    gate = FrameGate()
    gate.close()
    gate.open()
    start = time.monotonic()
    gate.wait()
    assert time.monotonic() - start < 0.03
