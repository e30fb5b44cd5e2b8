"""Training a small network with the compiled step (engine/kernels.py): same run, same random numbers, many times quicker.

It is optional. :func:`load` brings the machine code into this process where Numba is installed; from then on
:func:`is_quicker` says which experiments gain by it. ``python -m engine.compiled`` compiles into Numba's cache, so that
another process only has to read it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.data import Data, Part
from engine.descent import Descent
from engine.evaluation import Measuring, spacing
from engine.losses.residual import LinearOutput
from engine.network import Network
from engine.spec import ExperimentSpec

# Bytes of random numbers drawn ahead for the epochs of one call.
MAX_AHEAD = 4_000_000
LARGE = 4_000  # samples to measure, from which on it is done in pieces

_kernels: ModuleType | None = None


def is_installed() -> bool:
    """True where Numba can be imported."""
    return importlib.util.find_spec("numba") is not None


def load() -> bool:
    """Have the compiled step in this process: from the cache in a moment, else compiled, which takes about fifteen seconds.

    False where Numba is not installed or does not work here; training goes on with NumPy.
    """
    global _kernels
    if _kernels is None and is_installed():
        try:
            kernels = importlib.import_module("engine.kernels")
            with one_at_a_time(Path(kernels.train.stats.cache_path)):
                _warm_up(kernels)
        except Exception:  # whatever is wrong with it: it is a speed-up and no more
            return False
        _kernels = kernels
    return _kernels is not None


def is_loaded() -> bool:
    """True once :func:`load` has succeeded."""
    return _kernels is not None


def is_quicker(spec: ExperimentSpec, dtype: Any = np.float32) -> bool:
    """True where the compiled step is loaded and knows all of ``spec``: it was quicker at every size (docs/performance.md)."""
    return _kernels is not None and dtype == np.float32 and knows(_kernels, spec)


def knows(kernels: ModuleType, spec: ExperimentSpec) -> bool:
    """True when every part of ``spec`` has a branch in ``kernels``. Others, and noise on the inputs, train with NumPy."""
    loss = spec.loss.loss if isinstance(spec.loss, LinearOutput) else spec.loss
    return (
        all(activation.name in kernels.ACTIVATION_CODES for activation in spec.activations)
        and loss.name in kernels.LOSS_CODES
        and spec.optimizer.name in kernels.OPTIMIZER_CODES
        and not spec.training.input_noise
    )


class CompiledDescent(Descent):
    """A :class:`Descent` whose mini-batches, epochs and measurements run in the kernels."""

    compiled: ClassVar[bool] = True

    def __init__(self, spec: ExperimentSpec, data: Data, network: Network) -> None:
        assert _kernels is not None, "load() first"
        self._k, self._distort = _kernels, _kernels.distort
        super().__init__(spec, data, network)

    def configure(self, spec: ExperimentSpec, new_slots: bool) -> None:
        super().configure(spec, new_slots)
        self._net = _net(self._k, spec, self.network, self.batch_size)
        self._widths = [n for n, share in zip(spec.network.hidden_layer_sizes, spec.dropout, strict=True) if share]
        self._rule_of(spec)
        data, train = self._data, self._samples_of(self._data.train, self._smoothing)
        test = self._samples_of(data.test, 0.0, measured=not data.same)
        validation = self._samples_of(data.validation or data.train, 0.0, measured=data.validation is not None)
        self._parts = (train, test, validation)
        # Assembled mini-batches are trained from the copy that NumPy's step trains from.
        self._window = self._samples_of(
            Part(self._x, self._x, self._targets, np.zeros(0, np.int64)), 0.0, measured=False
        )

    def _rule_of(self, spec: ExperimentSpec) -> None:
        """What :meth:`_lay_out` is to NumPy: the settings as the kernels take them."""
        training, optimizer = spec.training, spec.optimizer
        get = optimizer.__dict__.get
        first = get("beta_1", get("rho", get("momentum", 0.0)))
        none = np.zeros(0, np.float32)
        self._rule = self._k.Rule(
            optimizer=self._k.OPTIMIZER_CODES[optimizer.name],
            first=self.slots[0] if self.slots else none,
            second=self.slots[1] if len(self.slots) > 1 else none,
            constants=np.array([first, get("beta_2", 0.0), get("epsilon", 0.0), get("weight_decay", 0.0)]),
            nesterov=get("nesterov", False),
            torch_epsilon=get("torch_epsilon", False),
            l1=training.l1, l2=training.l2, l2_per_sample=training.l2_per_sample,
            clip_norm=training.clip_norm, max_norm=training.max_norm,
        )  # fmt: skip

    def _samples_of(self, part: Part, smoothing: float, measured: bool = True) -> Any:
        arrays = (_frozen(part.x, np.float32), _frozen(part.targets, np.float32), _frozen(part.labels, np.int64))
        every = spacing(len(part))
        rows = -(-len(part) // every) if measured else 0
        return self._k.Samples(*arrays, rows, every, np.float32(smoothing))

    # --- an epoch -------------------------------------------------------------------------------------------------

    def _draw(self, rows: int) -> NDArray:
        """The random numbers of dropout for ``rows`` samples: the same that NumPy's step draws batch by batch."""
        return self.rng.random(rows * sum(self._widths), dtype=np.float32)

    def train(self, batch: int) -> bool:
        assert self.order is not None
        samples, first = self._parts[0], batch * self.batch_size
        rows = self.order[first : first + self.length(batch)]
        if self._assembly is not None:
            if batch // self._per_window != self._filled:
                self._fill(batch)
            first = batch % self._per_window * self.batch_size
            samples, rows = self._window, np.arange(first, first + len(rows))
        sound = self._k.train(
            self._net, self._rule, samples, rows, self._draw(len(rows)), self.batch_size,
            self.optimizer.learning_rate, self.step,
        )  # fmt: skip
        self.step += 1
        return bool(sound)

    def measuring(self) -> Measuring[tuple[float, ...]]:
        sums: list[float] = []
        for part in self._parts:
            if self._net.linear or part.measured <= LARGE:
                sums += self._k.measure(self._net, part)
                continue
            loss, score, every = 0.0, 0.0, part.every
            # In the pieces that the kernel itself takes, so that the sums have the same bits.
            for start in range(0, part.measured, self._net.rows):
                if start:
                    yield
                n = min(self._net.rows, part.measured - start)
                rows = slice(start * every, (start + n - 1) * every + 1)
                piece = part._replace(x=part.x[rows], targets=part.targets[rows], labels=part.labels[rows], measured=n)
                more = self._k.measure(self._net, piece)
                loss, score = loss + more[0], score + more[1]
            sums += (loss, score)
        return tuple(self._means(np.array(sums)[None])[0].tolist())

    def _means(self, sums: NDArray) -> NDArray:
        """Rows of the history, after the epoch, from the kernels' sums (k, 6)."""
        columns = []
        for i, part in enumerate(self._parts):
            if not part.measured:
                continue
            loss, score = sums[:, 2 * i] / part.measured, sums[:, 2 * i + 1]
            if self._net.linear:
                targets = part.targets[:: part.every]
                spread = float(((targets - targets.mean(axis=0)) ** 2).sum())
                score = 1 - score / spread if spread else np.zeros_like(score)
            else:
                score = score / part.measured
            columns.append((loss, score))
        if not self._parts[1].measured:
            columns.insert(1, columns[0])
        train, test, *validation = columns
        return np.stack([train[0], test[0], train[1], test[1], *(v for pair in validation for v in pair)], axis=1)

    def epochs(self, rates: list[float], limit: float) -> NDArray:
        """Whole epochs, one for each learning rate, in one call without Python's lock.

        Returns the rows of the history (k, 4 or 6) after the epochs that were sound. Where those are fewer than asked for,
        a value stopped being finite or the training loss passed ``limit``, and the state is that of no moment.
        """
        k, n = len(rates), self.n
        order, uniforms = np.empty((k, n), np.int64), np.empty((k, n * sum(self._widths)), np.float32)
        for i in range(k):
            order[i] = self._new_order()
            if self._widths:
                self.rng.random(out=uniforms[i], dtype=np.float32)
        sums = np.zeros((k, 6))
        done = self._k.epochs(
            self._net, self._rule, self._parts, order, uniforms, self.batch_size, np.array(rates), self.step,
            limit * self._parts[0].measured, sums,
        )  # fmt: skip
        self.step += k * self.n_batches
        return self._means(sums[:done])

    @property
    def epochs_ahead(self) -> int:
        """How many epochs one call may take, for the random numbers that are drawn before it."""
        return max(MAX_AHEAD // (self.n * (8 + 4 * sum(self._widths))), 1)


def _frozen(array: NDArray, dtype: Any) -> NDArray:
    """A read-only view in one block: machine code exists for this kind of array and no other."""
    view = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view


def _net(kernels: ModuleType, spec: ExperimentSpec, network: Network, batch_size: int) -> Any:
    layout, loss = network.layout, spec.loss
    rows = max(batch_size, 64)
    at = np.concatenate([[0], np.cumsum(layout.sizes)]) * rows
    a, slope, delta = (np.zeros(at[-1], np.float32) for _ in range(3))
    inner = loss.loss if isinstance(loss, LinearOutput) else loss
    offsets = np.array(layout.offsets, np.int64)
    return kernels.Net(
        params=network.params, grads=network.grads, sizes=np.array(layout.sizes, np.int64),
        weights_at=np.ascontiguousarray(offsets[:, 0]), biases_at=np.ascontiguousarray(offsets[:, 1]),
        at=at[:-1].astype(np.int64), a=a, slope=slope, delta=delta,
        targets=np.zeros((rows, layout.sizes[-1]), np.float32), rows=rows,
        activations=np.array([kernels.ACTIVATION_CODES[f.name] for f in spec.activations], np.int64),
        alphas=np.array([getattr(f, "alpha", 0.0) for f in spec.activations], np.float32),
        dropout=np.array(spec.dropout, np.float32),
        loss=kernels.LOSS_CODES[inner.name], linear=isinstance(loss, LinearOutput),
        threshold=np.float32(getattr(inner, "threshold", 0.0)),
    )  # fmt: skip


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process is in here; where ``folder`` can't be written to, nobody waits.

    What was compiled in a process and what it reads from the cache may round the last bit differently, since the linker takes
    the first copy of a function that several kernels share. So a process must not have kernels of both kinds, as it would
    have when two compile at the same time; whoever comes second reads all of them.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "kernels.lock").open("a")
    except OSError:
        yield
        return
    with file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                with contextlib.suppress(OSError):  # it gives up after ten seconds
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
        yield  # the lock goes with the file


def _warm_up(kernels: ModuleType) -> None:
    """Call every kernel once, so that its machine code is there."""
    from engine.data import load_data
    from engine.datasets import DATASETS
    from engine.spec import DataSpec

    global _kernels
    spec = ExperimentSpec(DataSpec(DATASETS["xor"]()))
    data, network = load_data(spec.data), Network.of(spec)
    _kernels = kernels
    try:
        descent = CompiledDescent(spec, data, network)
        descent.begin_epoch()
        descent.train(0)
        descent.figures()
        descent.epochs([0.01], math.inf)
        none = np.zeros((0, 6), np.float32)
        kernels.distort(np.zeros((1, 4), np.float32), 2, none, np.zeros(0, np.float32), np.zeros((1, 4), np.float32))
    finally:
        _kernels = None


if __name__ == "__main__":
    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)  # beside a window in use
    sys.exit(0 if load() else 1)
