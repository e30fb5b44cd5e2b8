"""Why a network can't be asked about images, in one sentence."""

from __future__ import annotations

import numpy as np

from engine.snapshot import Snapshot

NO_IMAGES = "These data are no images. Choose digits on the Digits page."
NOT_FINITE = "The numbers of this network are not finite. Step back, or press R to begin again."


def why_not(snapshot: Snapshot) -> str:
    """The reason, "" where there is none."""
    if not snapshot.spec.image_side:
        return NO_IMAGES
    return "" if np.isfinite(snapshot.params).all() else NOT_FINITE
