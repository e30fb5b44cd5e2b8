"""Scripts and the weights beside them, for every library: what the Code view shows, copies and saves. No Qt."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.atomic import write_atomic
from engine.errors import UnreadableFile
from engine.spec import to_dict
from gui.exporting.model import MAX_INLINE, NUMPY, ONNX, SKLEARN, SPEC_KEY, TORCH, Model, NotCarried, Options, Script
from gui.exporting.numpy_script import NPZ, numpy_script
from gui.exporting.onnx_model import FILE, onnx_bytes, onnx_script
from gui.exporting.sklearn_script import sklearn_script
from gui.exporting.torch_script import linear_places, torch_script

WRITERS: dict[str, Callable[[Model, Options], Script]] = {
    NUMPY: numpy_script, SKLEARN: sklearn_script, TORCH: torch_script, ONNX: onnx_script,
}  # fmt: skip


def write(model: Model, options: Options) -> Script:
    """The script. Raises :class:`NotCarried` with one sentence where this network can't be written this way."""
    if options.weights and not model.is_finite():
        raise NotCarried(
            "The weights are not finite numbers, since the run diverged; reset it, or look back in it, and export then."
        )
    return WRITERS[options.kind](model, options)


def weights_file(model: Model, script: Script) -> bytes:
    """The content of the file that the script needs beside it."""
    if script.needs == NPZ:
        buffer = io.BytesIO()
        arrays = {
            f"{letter}{i}": part
            for i, layer in enumerate(model.layers, 1)
            for letter, part in zip("Wb", layer, strict=True)
        }
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()
    return onnx_bytes(model) if script.needs == FILE else safetensors_bytes(model)


def safetensors_bytes(model: Model) -> bytes:
    """A PyTorch ``state_dict``: ``0.weight`` (n_out, n_in), ``0.bias``; the experiment's settings in the metadata."""
    from safetensors.numpy import save

    tensors = {}
    for place, (weights, biases) in zip(linear_places(model), model.layers, strict=True):
        tensors[f"{place}.weight"] = np.ascontiguousarray(weights.T)
        tensors[f"{place}.bias"] = np.ascontiguousarray(biases)
    content: bytes = save(tensors, {"format": "pt", SPEC_KEY: json.dumps(to_dict(model.spec))})
    return content


def save(path: Path, model: Model, options: Options) -> list[Path]:
    """Write the script and what it needs, the script last; which files were written.

    The weights file is called like the script. Raises :class:`NotCarried`, and :class:`UnreadableFile` where there is no room.
    """
    script = write(model, options)
    text, written = script.text, []
    try:
        if script.needs:
            beside = beside_of(path, Path(script.needs).suffix)
            text = text.replace(f'"{script.needs}"', json.dumps(beside.name, ensure_ascii=False))
            write_atomic(beside, weights_file(model, script))
            written.append(beside)
        write_atomic(path, text.encode())
    except OSError as error:
        reason = f"can't be written ({error.strerror or error})."
        raise UnreadableFile(path.name, reason, "Choose another folder or free some space.") from error
    return [*written, path]


def beside_of(path: Path, ending: str) -> Path:
    """Where the weights of the script ``path`` go: called like it. Nothing that lies there for another purpose is replaced."""
    names = (path.with_name(f"{path.stem}{f'-{i}' if i else ''}{ending}") for i in itertools.count())
    return next(name for name in names if path.exists() or not name.exists())


def possible(model: Model, options: Options) -> Options:
    """The same without what can't be for this network: ONNX has weights and no training loop, large networks none inline."""
    if options.kind == ONNX:
        return replace(options, weights=True, training=False, inline=False)
    if not options.weights or model.spec.n_parameters > MAX_INLINE:
        return replace(options, inline=False)
    return options
