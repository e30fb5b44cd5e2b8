"""A cloud of points in many dimensions as a map in two: principal components, and maps held steady from one to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import NeuroloomError


@dataclass(frozen=True)
class Projection:
    """``points`` (n, 2) float64 around the origin; ``shares`` of all the variance that the two directions hold, 0..1."""

    points: NDArray
    shares: tuple[float, float]


def pca(values: NDArray) -> Projection:
    """The two principal components of ``values`` (n, d): the plane in which they differ most (Hotelling 1933).

    From the eigenvectors of the covariance, which for few dimensions and many points is the cheapest singular value
    decomposition. The sign of a direction makes its largest coordinate positive, as scikit-learn's does. Where the points
    have one dimension or none, the missing coordinates are 0. Raises :class:`NeuroloomError` for values that are not finite.
    """
    if not np.isfinite(values.sum(dtype=np.float64)):
        raise NeuroloomError(
            "There is no map: the activations are not finite numbers. Reset the run, or look back in it."
        )
    centered = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    d = centered.shape[1]
    variances, directions = np.linalg.eigh(centered.T @ centered)
    order = np.argsort(variances)[::-1][:2]
    axes = np.zeros((d, 2))
    axes[:, : len(order)] = directions[:, order]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), (0, 1)])
    top = np.zeros(2)
    top[: len(order)] = np.maximum(variances[order], 0.0)
    total = float(np.maximum(variances, 0.0).sum())
    first, second = (top / total if total > 0 else top).tolist()
    return Projection(centered @ (axes * signs), (first, second))


def align(points: NDArray, reference: NDArray) -> NDArray:
    """``points`` (n, 2) turned and mirrored around their middle, so that they lie as near as possible to ``reference``.

    Neither is stretched: distances are what a map is about. Orthogonal Procrustes problem (Schönemann 1966): with the
    singular value decomposition PᵀR = U·S·Vᵀ, the rotation is U·Vᵀ. Both are of the same n samples.
    """
    mine, theirs = points - points.mean(axis=0), reference - reference.mean(axis=0)
    u, _, vt = np.linalg.svd(mine.T @ theirs)
    turned: NDArray = mine @ (u @ vt)
    return turned
