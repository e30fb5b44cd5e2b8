"""Run by gui/exporting/incoming.py as a program of its own: ``python -m gui.exporting.skops_process FILE FOLDER``.

Loading needs scikit-learn, which takes seconds to import. skops builds only what it knows or what is in :data:`TRUSTED`, and
runs nothing that the file holds. Weights go to ``weights.npz`` in FOLDER and what else is to know to ``about.json``; where the
file is none of ours to read, ``refusal.txt`` says why.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

TRUSTED = (
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
)
KINDS = ("MLPClassifier", "MLPRegressor")
MAX_BYTES = 512_000_000
MAX_SCHEMA = 4_000_000


class _RefusedError(Exception):
    """Why the file is not taken, as the end of a sentence that begins with its name."""


def check(path: Path) -> None:
    """Look at the archive before anything of it is built."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > 5_000 or sum(info.file_size for info in infos) > MAX_BYTES:
                raise _RefusedError("unpacks to more than any network here has")
            if archive.getinfo("schema.json").file_size > MAX_SCHEMA:
                raise _RefusedError("unpacks to more than any network here has")
            schema = json.loads(archive.read("schema.json"))
    except KeyError:
        raise _RefusedError("is a zip archive, but not one that skops wrote") from None
    except (zipfile.BadZipFile, OSError, ValueError, RecursionError, NotImplementedError):
        raise _RefusedError("is damaged, or not a file that skops wrote") from None
    kind = str(schema.get("__class__", "")) if isinstance(schema, dict) else ""
    if kind not in KINDS:
        held = f"holds a {kind[:40]}" if kind.isidentifier() else "does not say what it holds"
        step = "; write its last step alone" if kind == "Pipeline" else ""
        raise _RefusedError(f"{held}, and only MLPClassifier and MLPRegressor can be read{step}")


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What there is to know of the network, and its arrays."""
    check(path)  # before seconds are spent on importing
    import skops.io
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    unknown = [name for name in skops.io.get_untrusted_types(file=path) if name not in TRUSTED]
    if unknown:
        raise _RefusedError(f"holds a {str(unknown[0])[:80]}, which is not trusted to be built")
    model = skops.io.load(path, trusted=list(TRUSTED))
    if type(model) not in (MLPClassifier, MLPRegressor):
        raise _RefusedError("holds something else than it says")
    if not hasattr(model, "coefs_"):
        raise _RefusedError("holds a network that was never trained, so there are no weights")
    arrays = {}
    for i, (weights, biases) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), 1):
        arrays[f"W{i}"], arrays[f"b{i}"] = np.asarray(weights, np.float32), np.asarray(biases, np.float32)
    about = {
        "activation": str(model.activation),
        "output": str(model.out_activation_),
        "regression": isinstance(model, MLPRegressor),
    }
    return about, arrays


def main(path: Path, folder: Path) -> None:
    """Read and write, or say why not."""
    try:
        about, arrays = read(path)
    except _RefusedError as error:
        (folder / "refusal.txt").write_text(str(error), "utf-8")
    except Exception as error:  # skops and NumPy raise whatever a damaged file leads them to
        said = f"is damaged, or written by another version of skops ({type(error).__name__})"
        (folder / "refusal.txt").write_text(said, "utf-8")
    else:
        np.savez(folder / "weights.npz", **arrays)  # type: ignore[arg-type]
        (folder / "about.json").write_text(json.dumps(about), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
