"""The weights of a run in a safetensors file, with all that training needs to go on from them.

Tensors are ``params`` (flat, layer by layer: weights then biases), the optimizer's ``slots.0`` and so on, ``history`` and what
else the run remembers; the rest is JSON in the header. Such a file holds numbers and texts, and nothing in it is ever run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import files
from engine.atomic import write_atomic
from engine.errors import InvalidSpec, UnreadableFile
from engine.trainer import Trainer
from gui.history.record import thinned

HISTORY_ROWS = 500
_KEY = "neuroloom"
_TENSOR = "tensor"


def mark_of(params: NDArray, epoch: int) -> str:
    """A fingerprint of weights at an epoch, by which a run that goes on is known again."""
    digest = hashlib.blake2b(np.ascontiguousarray(params).tobytes(), digest_size=12)
    return f"{epoch}-{digest.hexdigest()}"


def pack(trainer: Trainer) -> bytes:
    """The file of a run as it stands; its history is thinned to 500 rows."""
    from safetensors.numpy import save

    raw = files.dump(trainer)
    tensors: dict[str, NDArray] = {}
    raw["run"] = _lift(raw["run"], "", tensors)
    tensors["history"] = np.ascontiguousarray(thinned(tensors["history"], HISTORY_ROWS))
    return bytes(save(tensors, {_KEY: json.dumps(raw, allow_nan=False)}))


def write(path: Path, content: bytes) -> None:
    """Write atomically. Raises ``OSError``."""
    write_atomic(path, content)


def read(path: Path) -> files.SavedExperiment:
    """The run in a file, checked like any experiment. Raises :class:`UnreadableFile`."""
    from safetensors import SafetensorError, safe_open

    advice = "The other runs are not touched by this."
    try:
        if path.stat().st_size > files.MAX_FILE_BYTES:
            raise UnreadableFile(path.name, "is larger than any run.", advice)
        with safe_open(path, framework="numpy") as file:
            raw = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise UnreadableFile(path.name, "is gone, and the weights of this run with it.", advice) from None
    except OSError as error:
        raise UnreadableFile(path.name, f"can't be read ({error.strerror or error}).", advice) from error
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        raise UnreadableFile(path.name, "is damaged, so this run can't be opened again.", advice) from error
    try:
        if isinstance(raw, dict) and "run" in raw:
            raw["run"] = _lower(raw["run"], tensors)
        return files.parse(raw)
    except InvalidSpec as error:
        raise UnreadableFile(path.name, f"{error}.", advice) from None
    except (ValueError, OverflowError, RecursionError):
        raise UnreadableFile(path.name, "is damaged, so this run can't be opened again.", advice) from None


def _lift(node: Any, name: str, tensors: dict[str, NDArray]) -> Any:
    """The same JSON with every array out of it, in ``tensors`` by its path."""
    if isinstance(node, dict) and set(node) == {"dtype", "shape", "base64"}:
        content = np.frombuffer(base64.b64decode(node["base64"]), node["dtype"])
        tensors[name] = content.reshape(node["shape"])
        return {_TENSOR: name}
    dot = f"{name}." if name else ""
    if isinstance(node, dict):
        return {key: _lift(value, dot + key, tensors) for key, value in node.items()}
    if isinstance(node, list):
        return [_lift(value, f"{dot}{i}", tensors) for i, value in enumerate(node)]
    return node


def _lower(node: Any, tensors: dict[str, NDArray]) -> Any:
    """The arrays back in their places, as :func:`engine.files.parse` reads them."""
    if isinstance(node, dict) and set(node) == {_TENSOR}:
        array = tensors.get(str(node[_TENSOR]))
        if array is None:
            raise InvalidSpec(f"lacks {node[_TENSOR]}")
        content = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        return {"dtype": array.dtype.str, "shape": list(array.shape), "base64": content}
    if isinstance(node, dict):
        return {key: _lower(value, tensors) for key, value in node.items()}
    return [_lower(value, tensors) for value in node] if isinstance(node, list) else node
