"""The kept past: order, the moment before a position, and a bound on its memory. And the history's promise."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.history import History
from engine.snapshot import Metrics
from engine.stopping import Until
from engine.timeline import Moment, Timeline
from engine.trainer import Trainer
from tests.engine.helpers import experiment

SPEC = experiment()


def moment(epoch: int, batch: int = 0, pinned: bool = False) -> Moment:
    return Moment(SPEC, epoch, batch, 0, np.zeros(10, np.float32), (), 0, {}, None, epoch + 1, pinned=pinned)


def test_before_finds_the_last_moment_at_or_before() -> None:
    timeline = Timeline()
    for epoch in (0, 3, 7):
        timeline.keep(moment(epoch))
    assert timeline.before((5, 0, 0)).epoch == 3
    assert timeline.before((7, 0, 0)).epoch == 7
    assert timeline.before((99, 0, 0)).epoch == 7
    timeline.drop_after((5, 0, 0))
    assert timeline.before((99, 0, 0)).epoch == 3


def test_the_later_moment_of_one_position_counts() -> None:
    timeline = Timeline()
    timeline.keep(moment(0))
    timeline.keep(moment(2))
    timeline.keep(moment(2, pinned=True))
    assert len(timeline) == 2
    assert timeline.before((2, 0, 0)).pinned


@given(st.integers(3_000, 60_000), st.lists(st.booleans(), min_size=1, max_size=400))
def test_memory_is_bounded_and_first_and_newest_stay(limit: int, pins: list[bool]) -> None:
    timeline = Timeline(limit)
    for epoch, pinned in enumerate(pins):
        timeline.keep(moment(epoch, pinned=pinned))
    assert timeline.n_bytes <= max(limit, 2 * moment(0).n_bytes)
    assert timeline.first().epoch == 0
    assert timeline.before((10**9, 0, 0)).epoch == len(pins) - 1


def test_a_thinned_past_still_gives_the_same_bits() -> None:
    spec = experiment()
    trainer, reference = Trainer(spec), Trainer(spec)
    trainer.timeline = Timeline(5 * trainer.capture().n_bytes)
    trainer._keep()
    for _ in range(40):
        trainer.step_epoch()
    while trainer.epoch > 17:
        trainer.step_back()
    reference.advance(lambda: False, Until("epoch", 17))
    assert np.array_equal(trainer.network.params, reference.network.params)


def test_history_prefixes_are_never_rewritten() -> None:
    history = History()
    views = []
    for i in range(5000):
        history.append(Metrics(i, i, i, 0, 0))
        if i % 700 == 0:
            views.append((history.view(), history.view().copy()))
    history.truncate(10)
    history.append(Metrics(-1, -1, -1, -1, -1))
    for view, copy in views:
        assert np.array_equal(view, copy)
        assert not view.flags.writeable
    assert history.view()[:, 0].tolist() == [*range(10), -1]
