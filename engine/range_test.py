"""The range test: the loss while the learning rate grows from mini-batch to mini-batch (Smith 2017, section 3.3).

L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017 (arXiv:1506.01186, 2015). What one reads off
it is from J. Howard and S. Gugger, "Deep Learning for Coders with fastai and PyTorch" (2020), chapter 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.descent import Descent
from engine.minibatch import MiniBatch
from engine.spec import ExperimentSpec
from engine.what_if import batch_loss, network_of

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 200
EXPLODED = 4.0  # times the loss of the weights it begins from
SMOOTHING = 4.0  # standard deviation of the weights of neighbours, in mini-batches
MEMORY = 0.9  # of the running mean that an explosion is seen by
FALL = 0.02  # of the loss, from which on a fall is one


@dataclass(frozen=True)
class RangeTest:
    """``losses`` (m,) of one mini-batch after another, each just before its update at one of the rising ``rates`` (m,).

    ``smooth`` (m,) is their mean over neighbours, explosions cut off, without what only tells easy mini-batches from hard
    ones: the loss that the first weights have on each of them. ``steepest`` is the rate where that falls most for each power
    of ten, ``tenth`` a tenth of the rate where it is lowest: the two usual choices (Howard & Gugger 2020). Both are None where
    it does not fall. ``exploded`` tells that it ended before the highest rate for that.
    """

    rates: NDArray
    losses: NDArray
    smooth: NDArray
    steepest: float | None
    tenth: float | None
    exploded: bool
    run: int = 0
    epoch: int = 0
    optimizer: str = ""


def range_test(
    spec: ExperimentSpec,
    data: Data,
    params: NDArray,
    batch: MiniBatch,
    *,
    steps: int = STEPS,
    run: int = 0,
    epoch: int = 0,
    tell: Callable[[float, str], None] = lambda share, words: None,
    stop: Callable[[], bool] = lambda: False,
) -> RangeTest | None:
    """Train copies of ``params`` (n_parameters,) mini-batch after mini-batch, from the running vectors in ``batch``.

    The rate grows by the same factor in each of ``steps``; the schedule counts for nothing. It ends early when the loss is
    :data:`EXPLODED` times what it was. None when ``stop()``. Raises ``ValueError`` for an optimizer without a rate.
    """
    if spec.optimizer.full_batch:
        raise ValueError(f"{spec.optimizer.label} finds its own step and has no learning rate to try")
    network, first = network_of(spec, params), network_of(spec, params)
    descent = Descent(spec, data, network)
    descent.restore(batch.slots, batch.step - 1, descent.rng.bit_generator.state, None)
    rates = np.geomspace(LOWEST, HIGHEST, steps)
    losses: list[float] = []
    before: list[float] = []
    change, exploded = 0.0, False
    with np.errstate(all="ignore"):
        for i, rate in enumerate(rates.tolist()):
            if stop():
                return None
            if i % (steps // 50 or 1) == 0:
                tell(i / steps, f"learning rate {rate:.0e}" if rate < 1e-4 else f"learning rate {rate:.1g}")
            at = i % descent.n_batches
            if at == 0:
                descent.begin_epoch()
            peeked = descent.peek(at)
            losses.append(batch_loss(network, peeked))
            before.append(batch_loss(first, peeked))
            change = MEMORY * change + (1 - MEMORY) * (losses[-1] - before[-1])
            descent.set_rate(rate)
            calm = change / (1 - MEMORY ** (i + 1)) <= (EXPLODED - 1) * float(np.mean(before))
            if not (calm and descent.train(at)):
                exploded = True
                break
            if at == descent.n_batches - 1:
                descent.end_epoch()
    descent.end_epoch()
    tried, measured = rates[: len(losses)], np.array(losses)
    smooth = smoothed(measured, np.array(before))
    return RangeTest(tried, measured, smooth, *suggestions(tried, smooth), exploded, run, epoch, spec.optimizer.label)


def smoothed(losses: NDArray, before: NDArray) -> NDArray:
    """What each mini-batch's loss (m,) has changed since ``before`` (m,), as a mean over neighbours, on the mean of ``before``.

    The neighbours' weights are Gaussian, which moves no dip to one side; a loss above the explosion counts as that.
    """
    first = float(before.mean())
    with np.errstate(all="ignore"):
        change = np.nan_to_num(losses - before, nan=math.inf, posinf=math.inf)
    change = np.minimum(change, (EXPLODED - 1) * first)
    far = np.subtract.outer(np.arange(len(losses)), np.arange(len(losses)))
    weights = np.exp(-0.5 * np.square(far / SMOOTHING))
    result: NDArray = first + weights @ change / weights.sum(axis=1)
    return result


def suggestions(rates: NDArray, smooth: NDArray) -> tuple[float | None, float | None]:
    """The rate of the steepest fall of ``smooth`` (m,), and a tenth of that of its lowest point; None, None for no fall."""
    lowest = int(smooth.argmin())
    if not smooth[lowest] < (1 - FALL) * smooth[0]:
        return None, None
    slopes = np.gradient(smooth[: lowest + 1], np.log10(rates[: lowest + 1]))
    return float(rates[int(slopes.argmin())]), float(rates[lowest]) / 10
