"""A trained trial as safetensors: numbers and nothing else, from which training goes on bit for bit.

They lie in a table of their own in the study's database, so that every machine can open every trial, and a list of
hundreds of trials is read without a single weight.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, delete, insert, select

from engine.errors import InvalidSpec
from engine.files import SavedExperiment, parse
from engine.spec import FORMAT, VERSION, ExperimentSpec, to_dict
from engine.trainer import Trainer

# Above this the optimizer's memory is left out, and of pruned trials everything: hundreds of them share one database.
SMALL_BYTES = 300_000
_METADATA = MetaData()
TABLE = Table(
    "neuroloom_weights", _METADATA,
    Column("trial_id", Integer, primary_key=True, autoincrement=False), Column("content", LargeBinary, nullable=False),
)  # fmt: skip


def create_table(engine: Engine) -> None:
    """Make the table where there is none."""
    _METADATA.create_all(engine)


def put(engine: Engine, trial_id: int, content: bytes) -> None:
    """Keep the bytes of a trial, in place of what it had."""
    with engine.begin() as connection:
        connection.execute(delete(TABLE).where(TABLE.c.trial_id == trial_id))
        connection.execute(insert(TABLE).values(trial_id=trial_id, content=content))


def get(engine: Engine, trial_id: int) -> bytes | None:
    """The bytes of a trial; None where it has none."""
    with engine.connect() as connection:
        found = connection.execute(select(TABLE.c.content).where(TABLE.c.trial_id == trial_id)).scalar()
    return None if found is None else bytes(found)


def drop(engine: Engine, trial_ids: list[int]) -> None:
    """Forget the weights of these trials."""
    with engine.begin() as connection:
        for start in range(0, len(trial_ids), 500):
            connection.execute(delete(TABLE).where(TABLE.c.trial_id.in_(trial_ids[start : start + 500])))


def pack(trainer: Trainer) -> bytes:
    """The run of a trainer between two epochs: ``params``, ``history``, and ``slots.0`` ... of the optimizer if small."""
    moment = trainer.capture()
    tensors: dict[str, NDArray] = {"params": moment.params, "history": np.ascontiguousarray(trainer.history.view())}
    slots = {f"slots.{i}": slot for i, slot in enumerate(moment.slots)}
    watch = {} if moment.watch.params is None else {"watch": moment.watch.params}
    if moment.params.nbytes * (1 + len(slots) + len(watch)) <= SMALL_BYTES:
        tensors |= slots | watch
    about = {
        "epoch": moment.epoch, "step": moment.step, "memory": list(moment.memory), "rng": moment.rng,
        "stopped": moment.stopped, "best": moment.watch.best, "waited": moment.watch.waited, "best_epoch": moment.watch.epoch,
    }  # fmt: skip
    return save_tensors(tensors, metadata={"format": "neuroloom-trial", "run": json.dumps(about)})


def unpack(content: bytes, spec: ExperimentSpec, title: str = "") -> SavedExperiment:
    """The experiment that :func:`pack` was given, read as strictly as a file. Raises :class:`InvalidSpec`."""
    try:
        tensors = load_tensors(content)
        size = int.from_bytes(content[:8], "little")
        about = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["run"])
        if not isinstance(about, dict):
            raise ValueError("no object")
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidSpec(f"the weights of this trial are damaged ({error})") from None
    params = tensors.get("params")
    if params is None or "history" not in tensors:
        raise InvalidSpec("the weights of this trial are damaged (some are missing)")
    n_slots = len(spec.optimizer.slots)
    slots = [tensors.get(f"slots.{i}", np.zeros_like(params)) for i in range(n_slots)]
    run: dict[str, Any] = {
        "epoch": about.get("epoch"), "batch": 0, "sample": 0, "edited": False, "order": None, "rng": about.get("rng"),
        # Without its memory the optimizer begins to count anew.
        "step": about.get("step") if "slots.0" in tensors or not n_slots else 0,
        "memory": about.get("memory"), "stopped": about.get("stopped", ""), "params": _encoded(params),
        "slots": [_encoded(slot) for slot in slots], "history": _encoded(tensors["history"]),
    }  # fmt: skip
    if "watch" in tensors:
        run["watch"] = {
            "best": about.get("best"), "waited": about.get("waited"), "epoch": about.get("best_epoch"),
            "params": _encoded(tensors["watch"]),
        }  # fmt: skip
    return parse({"format": FORMAT, "version": VERSION, "title": title, "spec": to_dict(spec), "run": run})


def _encoded(array: NDArray) -> dict[str, Any]:
    """As :mod:`engine.files` writes arrays."""
    kind = "<f8" if array.dtype == np.float64 else "<f4"
    content = np.ascontiguousarray(array, kind).tobytes()
    return {"dtype": kind, "shape": list(array.shape), "base64": base64.b64encode(content).decode()}
