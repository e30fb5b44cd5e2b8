"""Run by gui/embedding.py as a program of its own: ``python -m gui.embedding_process tsne FOLDER SEED``.

scikit-learn takes seconds to import and holds the interpreter's lock while it computes; in a process of its own it holds up
nobody, and can be ended at any moment. It reads ``values.npy`` (n, d) in FOLDER and writes ``map.npy`` (n, 2) there; what the
library says of its progress goes to standard output.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 1_000
PERPLEXITY = 30.0
MOST_DIMENSIONS = 50


def method_of(name: str, n: int, seed: int) -> Any:
    """scikit-learn's t-SNE or umap-learn's UMAP, both from a principal-component map and the same at every run."""
    if name == "umap":
        import umap

        return umap.UMAP(n_neighbors=min(15, n - 1), init="pca", random_state=seed, n_jobs=1, verbose=True)
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (n - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", max_iter=STEPS, random_state=seed, n_jobs=1, verbose=2)


def main(name: str, folder: Path, seed: int) -> None:
    """Read, map, write."""
    values: NDArray = np.load(folder / "values.npy", allow_pickle=False)
    if values.shape[1] == 1:  # both start from two components
        values = np.concatenate([values, np.zeros_like(values)], axis=1)
    elif values.shape[1] > MOST_DIMENSIONS:  # as scikit-learn advises: less noise, and neighbours are found sooner
        centered = values - values.mean(axis=0)
        _, directions = np.linalg.eigh(centered.T @ centered)
        values = centered @ directions[:, -MOST_DIMENSIONS:]
    points = method_of(name, len(values), seed).fit_transform(values.astype(np.float32))
    np.save(folder / "map.npy", np.asarray(points, np.float64), allow_pickle=False)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # the window and its training come first
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
