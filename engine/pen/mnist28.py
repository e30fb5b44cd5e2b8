"""Recipe B: a drawing becomes the 28×28 input of a network that was trained on MNIST.

LeCun, Cortes & Burges (the page of the MNIST database): digits were "size normalized to fit in a 20x20 pixel box while
preserving their aspect ratio", grey from anti-aliasing, then centred in 28×28 by the centre of mass. Rounding follows Yadav
& Bottou 2019 (QMNIST), who rebuilt the program.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from engine.pen.pictures import FAINT, average, bounding_box, cut, in_the_middle, longer_side, strongest
from engine.pen.stages import Prepared, Stage, Step

SIDE = 28
BOX = 20
CENTER = 14  # the pixel that the centre of mass comes to, counted from 0

STEPS = (
    Step("ink", "ink", "ink", "What you drew."),
    Step(
        "crop", "crop", "crop", "Cuts the drawing out by the box around its ink, so that its place and size are gone.",
        "the whole canvas is made small",
    ),
    Step(
        "scale", "scaling, 20 px", "scaling", "Makes the longer side 20 pixels and keeps the proportions, in shades of gray.",
        "the box is stretched to 20×20",
    ),
    Step(
        "center", "centering", "centering", "Moves it by whole pixels until its center of mass lies on pixel 14 of 28.",
        "the middle of its box lies in the middle",
    ),
    Step("input", "input 28×28", "input", "784 numbers from 0 to 1: this is all that the network is given."),
)  # fmt: skip


def prepare(ink: NDArray, without: Set[str]) -> Prepared | None:
    """See :func:`engine.pen.prepare_for`. Without the crop the canvas itself becomes the 28×28 pixels."""
    if strongest(ink) < FAINT:
        return None
    box = (0, ink.shape[0], 0, ink.shape[1]) if "crop" in without else bounding_box(ink >= FAINT)
    found = cut(ink, box)
    if "crop" in without:
        size = (SIDE, SIDE)
    elif "scale" in without:
        size = (BOX, BOX)
    else:
        size = longer_side(found.shape, BOX)
    small = average(found, *size)
    scaled, top, left = in_the_middle(small, SIDE)
    down, right = (0, 0) if "center" in without else centering(scaled)
    moved = move(scaled, down, right)
    pixels = np.clip(moved, 0.0, 1.0).astype(np.float64)  # averages may stray from 1 by a rounding
    pictures = (ink, found, scaled, moved, pixels)
    stages = tuple(Stage(s, picture, s.id not in without) for s, picture in zip(STEPS, pictures, strict=True))
    places = np.pad(np.arange(SIDE**2).reshape(SIDE, SIDE), SIDE, constant_values=-1)  # a move never goes further
    top, left = SIDE + top + down, SIDE + left + right
    return Prepared(SIDE, pixels.ravel(), stages, box, places[top : top + small.shape[0], left : left + small.shape[1]])


def centering(picture: NDArray) -> tuple[int, int]:
    """How far (down, right) brings the centre of mass of ``picture`` (28, 28) to pixel 14, no ink leaving the square.

    The offset is round(14 - centre) per axis, a half rounded up: QMNIST's int(15 - b), where b counts from pixels' edges.
    """
    mass = float(picture.sum())
    moves = []
    for axis in (0, 1):
        profile = picture.sum(axis=1 - axis)
        center = float(profile @ np.arange(SIDE)) / mass
        places = np.flatnonzero(profile > 0)
        wanted = int(np.floor(CENTER - center + 0.5 + 1e-4))  # a half is one in spite of rounding
        moves.append(min(max(wanted, -int(places[0])), SIDE - 1 - int(places[-1])))
    return moves[0], moves[1]


def move(picture: NDArray, down: int, right: int) -> NDArray:
    """``picture`` (28, 28) moved by whole pixels; what leaves the square is gone."""
    room = np.pad(picture, SIDE)
    top, left = SIDE - down, SIDE - right
    return room[top : top + SIDE, left : left + SIDE]
