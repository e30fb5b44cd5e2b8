"""What of a network it could do without: neurons switched off, weights pruned, noise on the weights.

Pure functions from parameters to parameters: the run itself never hears of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.data import Part
from engine.network import Layout
from engine.predictions import logits_of, probabilities, some_of
from engine.probes import layer_sums
from engine.slopes import values
from engine.spec import ExperimentSpec

MOST_FOR_IMPORTANCE = 2_000
MOST_NOISE = 2.0
POINTS = 21  # of a curve over a slider's range


@dataclass(frozen=True)
class Damage:
    """What is done to a network.

    ``off[l]`` (n_neurons,) bool is True for every neuron of hidden layer l that is switched off; empty for none.
    ``pruned`` is the share of weights that is set to zero, the smallest first, of all of them or ``per_layer``.
    ``noise`` is the standard deviation of what is added to each weight, of that of its layer's weights.
    """

    off: tuple[NDArray, ...] = ()
    pruned: float = 0.0
    per_layer: bool = False
    noise: float = 0.0
    seed: int = 0

    def __bool__(self) -> bool:
        """Whether anything is done at all."""
        return bool(self.pruned or self.noise or any(mask.any() for mask in self.off))


def switch_off(layout: Layout, params: NDArray, off: Sequence[NDArray]) -> NDArray:
    """``params`` (n_parameters,) with zero for every weight that leaves a neuron that is ``off``; newly allocated.

    ``off[l]`` (n_neurons,) bool belongs to hidden layer l. What the neuron answers then reaches nobody.
    """
    result: NDArray = params.copy()
    for layer, mask in enumerate(off):
        layout.weights(result, layer + 1)[mask] = 0.0
    return result


def magnitude_ranks(layout: Layout, params: NDArray, per_layer: bool = False) -> NDArray:
    """(n_parameters,): the place of each weight among all, or among those of its layer, by magnitude: 0 the smallest, 1 last.

    Ties keep their order. Biases have infinity: they are never pruned.
    """
    ranks: NDArray = np.full(len(params), np.inf)
    spans = [np.arange(start, stop) for start, stop, _ in layout.offsets]
    for places in spans if per_layer else [np.concatenate(spans)]:
        order = places[np.argsort(np.abs(params[places]), kind="stable")]
        ranks[order] = (np.arange(len(order)) + 0.5) / len(order)
    return ranks


def prune(params: NDArray, ranks: NDArray, share: float) -> NDArray:
    """``params`` with zero for the ``share`` 0..1 of weights with the lowest ``ranks``; newly allocated.

    Magnitude pruning (Han et al. 2015), without training anew.
    """
    result: NDArray = np.where(ranks < share, np.zeros((), params.dtype), params)
    return result


def add_noise(layout: Layout, params: NDArray, amount: float, seed: int = 0) -> NDArray:
    """``params`` + N(0, (``amount`` × standard deviation of the layer's weights)²) on each weight; biases stay.

    The same ``seed`` draws the same noise whatever the amount, so that more of it is more of the same.
    """
    result: NDArray = params.copy()
    rng = np.random.default_rng(seed)
    for layer in range(layout.depth):
        weights = layout.weights(result, layer)
        noise = rng.standard_normal(weights.shape, np.float32)
        weights += (amount * float(weights.std()) * noise).astype(params.dtype)
    return result


def importance(spec: ExperimentSpec, layout: Layout, params: NDArray, x: NDArray) -> tuple[NDArray, ...]:
    """For each hidden layer (n_neurons,) of mean |activation| over the rows of ``x`` × norm of the outgoing weights.

    The product is how much the next layer's sums would miss on average (as in Molchanov et al. 2017, to first order).
    """
    sums = layer_sums(spec, layout, params, x)[:-1]
    found = []
    for layer, z in enumerate(sums):
        with np.errstate(all="ignore"):
            mean = np.abs(values(spec.activations[layer], z)).mean(axis=0)
            found.append(mean * np.linalg.norm(layout.weights(params, layer + 1), axis=1))
    return tuple(found)


def weakest(importances: Sequence[NDArray], share: float) -> tuple[NDArray, ...]:
    """Masks (n_neurons,) bool of the ``share`` 0..1 of all hidden neurons that matter least.

    Importance is compared relative to the mean of the layer, since sums of different layers have different sizes.
    A larger share switches off the same neurons and more.
    """
    if not importances:
        return ()
    relative = []
    for one in importances:
        with np.errstate(all="ignore"):
            scaled = one / one.mean()
        relative.append(np.where(np.isfinite(scaled), scaled, 0.0))
    order = np.argsort(np.concatenate(relative), kind="stable")
    mask = np.zeros(len(order), bool)
    mask[order[: int(share * len(order) + 0.5)]] = True
    return tuple(np.split(mask, np.cumsum([len(one) for one in importances])[:-1]))


@dataclass(frozen=True)
class Effect:
    """What a :class:`Damage` did: accuracy 0..1 on ``n`` test images ``now`` and of the ``whole`` network.

    ``class_now`` and ``class_whole`` (n_classes,) are the share of each class that is right, NaN for one without images.
    """

    now: float
    whole: float
    class_now: NDArray
    class_whole: NDArray
    importance: tuple[NDArray, ...]
    n: int


@dataclass(frozen=True)
class Subject:
    """A network under examination, and the test images it is examined with: ``most`` of ``part``, evenly spread.

    What it answers when whole is worked out once, by whoever asks first.
    """

    spec: ExperimentSpec
    layout: Layout
    params: NDArray
    part: Part
    most: int | None = None

    @cached_property
    def _samples(self) -> tuple[NDArray, NDArray]:
        return some_of(self.part, self.most)[1:]

    @property
    def x(self) -> NDArray:
        """(n, n_inputs)."""
        return self._samples[0]

    @property
    def labels(self) -> NDArray:
        """(n,)."""
        return self._samples[1]

    @cached_property
    def importance(self) -> tuple[NDArray, ...]:
        """Of every hidden neuron, see :func:`importance`."""
        return importance(self.spec, self.layout, self.params, self.x[:MOST_FOR_IMPORTANCE])

    @cached_property
    def _ranks(self) -> dict[bool, NDArray]:
        return {}

    def ranks(self, per_layer: bool) -> NDArray:
        """See :func:`magnitude_ranks`."""
        if per_layer not in self._ranks:
            self._ranks[per_layer] = magnitude_ranks(self.layout, self.params, per_layer)
        return self._ranks[per_layer]

    @cached_property
    def _whole(self) -> NDArray:
        return self._right(self.params)

    def _right(self, params: NDArray) -> NDArray:
        right: NDArray = probabilities(logits_of(self.spec, self.layout, params, self.x)).argmax(axis=1) == self.labels
        return right

    def damaged(self, damage: Damage) -> NDArray:
        """(n_parameters,): noise first, then pruning by the magnitudes before it, then what is switched off."""
        params = self.params
        if damage.noise:
            params = add_noise(self.layout, params, damage.noise, damage.seed)
        if damage.pruned:
            params = prune(params, self.ranks(damage.per_layer), damage.pruned)
        return switch_off(self.layout, params, damage.off)

    def effect(self, damage: Damage) -> Effect:
        """Measure the network whole and damaged."""
        right = self._right(self.damaged(damage)) if damage else self._whole
        k = self.spec.data.dataset.n_classes
        counts = np.bincount(self.labels, minlength=k)
        with np.errstate(all="ignore"):
            now, whole = (np.bincount(self.labels, r, minlength=k) / counts for r in (right, self._whole))
        n = max(len(self.labels), 1)
        return Effect(
            float(right.sum() / n), float(self._whole.sum() / n), now, whole, self.importance, len(self.labels)
        )

    def curves(
        self,
        damage: Damage,
        tell: Callable[[float, str], None] = lambda share, words: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, tuple[NDArray, NDArray]] | None:
        """(amounts, accuracy), both (POINTS,), of each of ``off``, ``pruned``, ``noise``, alone, over all that can be chosen.

        ``per_layer`` and ``seed`` are those of ``damage``. None when it was stopped.
        """
        shares = np.linspace(0, 1, POINTS)
        only = Damage(per_layer=damage.per_layer, seed=damage.seed)
        ways: dict[str, Callable[[float], Damage]] = {
            "off": lambda share: replace(only, off=weakest(self.importance, share)),
            "pruned": lambda share: replace(only, pruned=share),
            "noise": lambda amount: replace(only, noise=amount),
        }
        found: dict[str, tuple[NDArray, NDArray]] = {}
        for key, way in ways.items():
            amounts = shares * MOST_NOISE if key == "noise" else shares
            accuracy = np.empty(POINTS)
            for place, amount in enumerate(amounts.tolist()):
                if stop():
                    return None
                accuracy[place] = self.effect(way(amount)).now
                tell((len(found) + (place + 1) / POINTS) / len(ways), "")
            found[key] = amounts, accuracy
        return found
