"""What can be pointed at on the network picture, where it is, and how the keyboard moves from one to the next."""

from __future__ import annotations

from dataclasses import dataclass

from gui.graphics.layout import BUTTON, GraphLayout
from gui.graphics.neuron_maps import bias_side

ROW_1, ROW_2, ROW_3 = 17.0, 41.0, 57.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Target:
    """One thing on the picture.

    ``kind``: "neuron", "bias" (of neuron ``index`` in ``layer``), "edge" (from ``source`` in ``layer`` to ``index`` in
    the next), "feature" (an input that is off; ``index`` in FEATURES), and the buttons "minus", "plus", "remove", "own"
    (activation and dropout; of ``layer``), "add" (before ``layer``), "more" (opens or closes ``layer``).
    """

    kind: str
    layer: int
    index: int = -1
    source: int = -1


@dataclass(frozen=True)
class Button:
    """A painted button: what it does, its box, whether it can be used, and whether it shows only near the pointer."""

    target: Target
    box: Box
    enabled: bool = True
    shy: bool = False


def contains(box: Box, x: float, y: float) -> bool:
    """Whether a point lies in a box (x, y, width, height)."""
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def buttons(picture: GraphLayout, max_layers: int, max_width: int) -> list[Button]:
    """Every button of the headers and below the columns."""
    result = []
    last = len(picture.columns) - 1
    can_add = last - 1 < max_layers
    half = BUTTON / 2
    for column in picture.columns:
        if 0 < column.layer < last:
            reach = 30.0
            if picture.compact:  # of buttons that overlap the nearer one counts
                reach = min(half, picture.pitch / 4)
            for kind, dx, ok in (("minus", -reach, column.size > 1), ("plus", reach, column.size < max_width)):
                result.append(Button(Target(kind, column.layer), _around(column.x + dx, ROW_2), ok))
            wide = min(max(picture.pitch - 8, BUTTON), 120.0)
            result.append(Button(Target("own", column.layer), _around(column.x, ROW_3, wide), shy=True))
            off = 42.0 if picture.roomy else 0.0
            result.append(Button(Target("remove", column.layer), _around(column.x + off, ROW_1), shy=True))
        if column.layer > 0:
            before = picture.columns[column.layer - 1]
            wide = 60.0 if picture.roomy and column.layer == last else BUTTON
            box = _around((before.x + column.x) / 2, ROW_1, wide)
            result.append(Button(Target("add", column.layer), box, can_add, shy=column.layer < last))
        if column.can_open:
            box = (column.x - picture.pitch / 2, column.bottom + 2, picture.pitch, BUTTON)
            result.append(Button(Target("more", column.layer), box))
    return result


def _around(x: float, y: float, width: float = BUTTON) -> Box:
    return x - width / 2, y - BUTTON / 2, width, BUTTON


def button_at(found: list[Button], x: float, y: float) -> Button | None:
    """The button under a point; of two that overlap the one whose middle is nearer."""
    hits = [b for b in found if contains(b.box, x, y)]
    return min(hits, key=lambda b: abs(b.box[0] + b.box[2] / 2 - x) + abs(b.box[1] + b.box[3] / 2 - y), default=None)


def bias_box(picture: GraphLayout, layer: int, slot: int) -> Box | None:
    """Where a bias square is drawn, or None where there is none."""
    column = picture.columns[layer]
    side = bias_side(column)
    if not side:
        return None
    x, y, _, h = column.rect(slot)
    return x - side, y + h - side, side, side


def cell_at(picture: GraphLayout, x: float, y: float) -> Target | None:
    """The neuron, bias square or switched-off input under a point. Bias squares reach 4 px beyond what is drawn."""
    for column in picture.columns:
        if not column.left - 14 <= x <= column.right + 3:
            continue
        for index, cx, cy in column.idle:
            if max(abs(x - cx), abs(y - cy)) <= max(column.cell[0], BUTTON) / 2:
                return Target("feature", 0, index)
        gaps = abs(column.centers - (x, y))
        inside = (gaps[:, 0] <= column.cell[0] / 2 + 1) & (gaps[:, 1] <= column.cell[1] / 2 + 1)
        nearest = int(gaps.sum(axis=1).argmin())
        if inside[nearest]:
            return Target("neuron", column.layer, int(column.shown[nearest]))
        for slot in (nearest, max(nearest - 1, 0), min(nearest + 1, len(column.shown) - 1)):
            box = bias_box(picture, column.layer, slot)
            if box is not None and contains((box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 8), x, y):
                return Target("bias", column.layer, int(column.shown[slot]))
    return None


def step(picture: GraphLayout, at: Target | None, dx: int, dy: int) -> Target:
    """Where an arrow key leads: between layers with ``dx``, within one with ``dy``.

    From an edge, ``dx`` goes to its end and ``dy`` to the next edge into the same neuron.
    """
    if at is None:
        return _neuron(picture, min(1, len(picture.columns) - 1), 0)
    if at.kind == "edge":
        if dx:
            return Target("neuron", at.layer, at.source) if dx < 0 else Target("neuron", at.layer + 1, at.index)
        shown = picture.columns[at.layer].shown.tolist()
        place = shown.index(at.source) if at.source in shown else 0
        return Target("edge", at.layer, at.index, shown[min(max(place + dy, 0), len(shown) - 1)])
    if at.kind == "bias":
        return step(picture, Target("neuron", at.layer, at.index), dx, dy)
    column = picture.columns[at.layer]
    places = _places(picture, at.layer)
    here = places.index(at) if at in places else 0
    if dy:
        return places[min(max(here + dy, 0), len(places) - 1)]
    layer = min(max(at.layer + dx, 0), len(picture.columns) - 1)
    if layer == at.layer:
        return at
    y = _height(picture, at) if not column.grid else float(column.centers[column.slot_of(at.index), 1])
    return min(_places(picture, layer), key=lambda t: abs(_height(picture, t) - y))


def walk_edges(picture: GraphLayout, at: Target, forward: bool) -> Target | None:
    """Tab: from a neuron through the edges into it and its bias; None after the last, so that focus can move on."""
    if at.kind not in ("neuron", "edge", "bias") or (at.kind == "neuron" and at.layer == 0):
        return None
    layer = at.layer + 1 if at.kind == "edge" else at.layer
    edges = [Target("edge", layer - 1, at.index, int(s)) for s in picture.columns[layer - 1].shown]
    round_trip = [Target("neuron", layer, at.index), *edges, Target("bias", layer, at.index)]
    place = (round_trip.index(at) if at in round_trip else 0) + (1 if forward else -1)
    return round_trip[place] if 0 <= place < len(round_trip) else None


def _neuron(picture: GraphLayout, layer: int, slot: int) -> Target:
    return Target("neuron", layer, int(picture.columns[layer].shown[slot]))


def _places(picture: GraphLayout, layer: int) -> list[Target]:
    """Everything of a layer that arrow keys reach, from top to bottom."""
    column = picture.columns[layer]
    found = [Target("neuron", layer, int(i)) for i in column.shown]
    if column.idle:
        found += [Target("feature", 0, i) for i, _, _ in column.idle]
        found.sort(key=lambda t: _height(picture, t))
    return found


def _height(picture: GraphLayout, target: Target) -> float:
    column = picture.columns[target.layer]
    if target.kind == "feature":
        return next(y for i, _, y in column.idle if i == target.index)
    return float(column.centers[column.slot_of(target.index), 1])
