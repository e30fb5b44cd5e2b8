"""Experiments on disk: one JSON file with the spec and, if wanted, the run, exact to the bit.

Reading is strict and total: whatever the bytes are, either a checked experiment comes back or :class:`UnreadableFile`
with one sentence. Nothing in a file is ever run.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.atomic import write_atomic
from engine.errors import InvalidSpec, UnreadableFile
from engine.history import PLAIN, VALIDATED
from engine.network import Layout
from engine.spec import FORMAT, VERSION, ExperimentSpec, from_dict, to_dict
from engine.stopping import Watch
from engine.timeline import Moment
from engine.trainer import Trainer

MAX_FILE_BYTES = 256_000_000
MAX_HISTORY_ROWS = 20_000
ADVICE = "The open experiment is unchanged; choose another file."


@dataclass(frozen=True, slots=True)
class SavedExperiment:
    """What a file holds: always a spec; with ``moment`` and ``history`` (n, 5 or 7) it goes on where it was saved.

    ``epochs`` is how long it is meant to be trained from its first weights, 0 where that is left open.
    """

    spec: ExperimentSpec
    moment: Moment | None = None
    history: NDArray | None = None
    title: str = ""
    epochs: int = 0

    def trainer(self) -> Trainer:
        """A trainer that stands where this was saved. Raises :class:`InvalidSpec` when the run does not fit its data."""
        trainer = Trainer(self.spec)
        if self.moment is not None and self.history is not None:
            trainer.resume(self.moment, self.history)
        return trainer

    def without(self, drawings: Collection[str]) -> SavedExperiment:
        """The same without these own drawings, with the same weights. Its epoch begins anew, since it has other samples."""
        taught = tuple(name for name in self.spec.data.taught if name not in drawings)
        spec = replace(self.spec, data=replace(self.spec.data, taught=taught))
        moment = self.moment and replace(self.moment, spec=spec, batch=0, sample=0, order=None)
        return replace(self, spec=spec, moment=moment)


def save(path: Path, trainer: Trainer) -> None:
    """Save spec and run. Raises :class:`UnreadableFile` when the file can't be written."""
    try:
        write_atomic(Path(path), json.dumps(dump(trainer), indent=1, allow_nan=False).encode())
    except OSError as error:
        reason = f"can't be written ({error.strerror or error})."
        raise UnreadableFile(path, reason, "Choose another folder or free some space.") from error


def dump(trainer: Trainer) -> dict[str, Any]:
    """The JSON object of a trainer's experiment at this moment."""
    moment, history = trainer.capture(), trainer.history.view()
    if len(history) > MAX_HISTORY_ROWS:
        # The curve keeps its shape; the run itself does not need the rows.
        history = history[np.unique(np.linspace(0, len(history) - 1, MAX_HISTORY_ROWS).astype(int))]
    run: dict[str, Any] = {
        "epoch": moment.epoch, "batch": moment.batch, "sample": moment.sample, "step": moment.step,
        "edited": moment.edited, "memory": list(moment.memory), "rng": moment.rng, "params": _encode(moment.params),
        "slots": [_encode(slot) for slot in moment.slots],
        "order": None if moment.order is None else _encode(moment.order), "history": _encode(history),
    }  # fmt: skip
    watch = moment.watch
    if watch.params is not None:
        run["watch"] = {
            "best": watch.best,
            "waited": watch.waited,
            "epoch": watch.epoch,
            "params": _encode(watch.params),
        }
    if moment.stopped:
        run["stopped"] = moment.stopped
    return {"format": FORMAT, "version": VERSION, "spec": to_dict(trainer.spec), "run": run}


def load(path: Path) -> SavedExperiment:
    """Read an experiment. Raises :class:`UnreadableFile`, whatever is wrong."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableFile(
                path.name, f"is larger than {MAX_FILE_BYTES // 10**6} MB, which no experiment is.", ADVICE
            )
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableFile(path.name, "is not a text file, so not an experiment.", ADVICE) from None
    except OSError as error:
        raise UnreadableFile(path.name, f"can't be read ({error.strerror or error}).", ADVICE) from error
    try:
        return parse(json.loads(text, parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        reason = f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})."
        raise UnreadableFile(path.name, reason, ADVICE) from None
    except RecursionError:
        raise UnreadableFile(path.name, "is nested too deeply to be an experiment.", ADVICE) from None
    except InvalidSpec as error:
        raise UnreadableFile(path.name, f"{error}.", ADVICE) from None
    except (ValueError, OverflowError):
        raise UnreadableFile(path.name, "holds a number that is far too large for any setting.", ADVICE) from None


def parse(raw: Any) -> SavedExperiment:
    """The checked content of a decoded JSON object. Raises :class:`InvalidSpec` with the first thing that is wrong."""
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise InvalidSpec(f'is not a Neuroloom experiment (no "format": "{FORMAT}")')
    version = raw.get("version")
    if type(version) is not int or version < 1:
        raise InvalidSpec("has no valid version number")
    if version > VERSION:
        raise InvalidSpec(f"was saved by a newer Neuroloom (file version {version}, this one reads up to {VERSION})")
    if unknown := sorted(set(raw) - {"format", "version", "title", "epochs", "spec", "run"}):
        raise InvalidSpec(f"has an unknown part {unknown[0]!r}")
    if "spec" not in raw:
        raise InvalidSpec("has no spec")
    title = raw.get("title", "")
    if not isinstance(title, str):
        raise InvalidSpec("title must be a text")
    spec = from_dict(raw["spec"])
    epochs = _count(raw, "epochs") if "epochs" in raw else 0
    if raw.get("run") is None:
        return SavedExperiment(spec, title=title[:200], epochs=epochs)
    run = raw["run"]
    if not isinstance(run, dict):
        raise InvalidSpec("run must be an object")
    n = Layout(spec.layer_sizes).n_parameters
    slots = run.get("slots")
    if not isinstance(slots, list) or len(slots) != len(spec.optimizer.slots):
        raise InvalidSpec(f"run.slots must list {len(spec.optimizer.slots)} vectors for {spec.optimizer.label}")
    history = _decode(run.get("history"), "run.history", "<f8")
    if history.ndim != 2 or history.shape[1] not in (PLAIN, VALIDATED) or not len(history):
        raise InvalidSpec(f"run.history must have {PLAIN} columns, or {VALIDATED} with validation samples")
    order = run.get("order")
    moment = Moment(
        spec=spec, epoch=_count(run, "epoch"), batch=_count(run, "batch"), sample=_count(run, "sample"),
        params=_vector(run.get("params"), n, "run.params"),
        slots=tuple(_vector(slot, n, f"run.slots[{i}]") for i, slot in enumerate(slots)), step=_count(run, "step"),
        rng=_rng(run.get("rng")), order=None if order is None else _decode(order, "run.order", "<i8"),
        history_length=len(history), edited=run.get("edited") is True, pinned=True,
        memory=_memory(run.get("memory"), spec.training.schedule.start), watch=_watch(run.get("watch"), n),
        stopped=str(run.get("stopped", ""))[:200],
    )  # fmt: skip
    return SavedExperiment(spec, moment, history, title[:200])


def _refuse_constant(name: str) -> Any:
    raise InvalidSpec(f"contains {name}, which is not a number an experiment may hold")


def _count(run: dict[str, Any], name: str) -> int:
    value = run.get(name)
    if type(value) is not int or not 0 <= value < 2**53:
        raise InvalidSpec(f"{name} must be a whole number from 0")
    return value


def _encode(array: NDArray) -> dict[str, Any]:
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return {"dtype": array.dtype.str, "shape": list(array.shape), "base64": base64.b64encode(array.tobytes()).decode()}


def _decode(raw: Any, where: str, *dtypes: str) -> NDArray:
    if not isinstance(raw, dict) or not isinstance(raw.get("base64"), str) or raw.get("dtype") not in dtypes:
        raise InvalidSpec(f"{where} must be an array of {' or '.join(dtypes)} in base64")
    shape = raw.get("shape")
    if not isinstance(shape, list) or not 1 <= len(shape) <= 2 or any(type(d) is not int or d < 0 for d in shape):
        raise InvalidSpec(f"{where}.shape must list whole numbers")
    try:
        content = base64.b64decode(raw["base64"], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSpec(f"{where} is not valid base64") from None
    dtype = np.dtype(raw["dtype"])
    if math.prod(shape) * dtype.itemsize != len(content):
        raise InvalidSpec(f"{where} does not hold as many numbers as its shape says")
    array = np.frombuffer(content, dtype).reshape(shape)
    if not np.isfinite(array).all():
        raise InvalidSpec(f"{where} holds a value that is not a finite number")
    return array.astype(dtype.newbyteorder("="))


def _vector(raw: Any, n: int, where: str) -> NDArray:
    array = _decode(raw, where, "<f4", "<f8")
    if array.shape != (n,):
        raise InvalidSpec(f"{where} must hold {n:,} numbers for this network, not {array.size:,}")
    return array


def _memory(raw: Any, start: tuple[float, ...]) -> tuple[float, ...]:
    """What the schedule remembers; a file from before there were schedules has none."""
    if raw is None:
        return start
    if not isinstance(raw, list) or len(raw) != len(start) or any(type(v) is not float or v < 0 for v in raw):
        raise InvalidSpec(f"run.memory must list {len(start)} numbers from 0")
    return tuple(raw)


def _watch(raw: Any, n: int) -> Watch:
    """What early stopping knows; absent where it was off or had seen nothing yet."""
    if raw is None:
        return Watch()
    if not isinstance(raw, dict) or type(raw.get("best")) is not float:
        raise InvalidSpec("run.watch must say the best value so far")
    return Watch(
        raw["best"], _count(raw, "waited"), _count(raw, "epoch"), _vector(raw.get("params"), n, "run.watch.params")
    )


def _rng(raw: Any) -> dict[str, Any]:
    try:
        state: dict[str, Any] = {
            "bit_generator": "PCG64",
            "state": {"state": int(raw["state"]["state"]), "inc": int(raw["state"]["inc"])},
            "has_uint32": int(raw["has_uint32"]),
            "uinteger": int(raw["uinteger"]),
        }
        np.random.PCG64().state = state  # type: ignore[assignment]
    except (TypeError, KeyError, ValueError, OverflowError):
        raise InvalidSpec("run.rng is not the state of a PCG64 random generator") from None
    return state
