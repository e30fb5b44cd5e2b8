"""The quiet part of the network picture, drawn once into a pixmap: headers, labels, switched-off inputs; and the legend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap

from engine.features import FEATURES
from engine.spec import ExperimentSpec
from gui import fonts
from gui.graphics.graph_words import FEATURE_NAMES, feature_label
from gui.graphics.layout import GraphLayout
from gui.graphics.neuron_maps import NeuronColors, signed_map
from gui.graphics.scale import Ramp, levels_of, look_of, samples
from gui.graphics.targets import ROW_1, ROW_2, ROW_3, Button, Target
from gui.theme import Theme, mix

LEGEND_HEIGHT = 36  # within the band that a layout leaves free at its foot
_CENTER = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True)
class Legend:
    """What the picture's lines mean now.

    ``clipped``: some are stronger than the thickest line tells. ``quantity`` is |w|, |w·a| or |Δw|. ``left_out`` says what is
    not drawn, or what a phase shows, in words of which the first that fit are taken.
    """

    scale: float
    ramp: Ramp
    clipped: bool = False
    quantity: str = "|w|"
    left_out: tuple[str, ...] = ()
    broken: bool = False


def backdrop(
    picture: GraphLayout,
    spec: ExperimentSpec,
    theme: Theme,
    colors: NeuronColors,
    found: list[Button],
    hovered: Target | None,
    header: int,
    dpr: float,
) -> QPixmap:
    """The pixmap, ``dpr`` device pixels to each of the picture's. ``header`` is the column whose header the
    pointer is near, or -1."""
    pixmap = QPixmap(max(round(picture.width * dpr), 1), max(round(picture.height * dpr), 1))
    pixmap.setDevicePixelRatio(dpr)
    pixmap.fill(theme.panel)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    hovered_layer = hovered.layer if hovered is not None and hovered.kind == "remove" and not picture.roomy else -1
    _headers(painter, picture, theme, hovered_layer, header)
    for button in found:
        if button.target.kind == "more":
            _more(painter, picture, theme, button, button.target == hovered)
        elif button.target.kind == "own":
            _own(painter, picture, spec, theme, button, button.target == hovered, header)
        elif _is_shown(picture, button, hovered, header):
            _button(painter, picture, theme, button, button.target == hovered)
    _labels(painter, picture, spec, theme)
    if picture.planar:
        _idle_inputs(painter, picture, spec, theme, colors, hovered, dpr)
    painter.end()
    return pixmap


def legend_band(picture: GraphLayout, theme: Theme, legend: Legend, dpr: float) -> QPixmap:
    """The legend across the foot of the picture.

    It is not part of the backdrop, since it changes more often: lines that are kept on a backdrop need not be drawn
    anew for it.
    """
    pixmap = QPixmap(max(round(picture.width * dpr), 1), round(LEGEND_HEIGHT * dpr))
    pixmap.setDevicePixelRatio(dpr)
    pixmap.fill(theme.panel)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _legend(painter, picture.width, theme, legend)
    painter.end()
    return pixmap


def _is_shown(picture: GraphLayout, button: Button, hovered: Target | None, header: int) -> bool:
    """Shy buttons come when the pointer is among the headers; a × that takes a name's place only when pointed at."""
    kind, layer = button.target.kind, button.target.layer
    if kind == "remove":
        return button.target == hovered or (picture.roomy and header == layer)
    if kind in ("minus", "plus"):
        return not picture.tight or header == layer
    if picture.packed:
        return button.target == hovered
    return not button.shy or header >= 0


def _text(painter: QPainter, x: float, y: float, text: str, align: Qt.AlignmentFlag = _CENTER) -> None:
    """Text around (x, y), or beginning or ending there."""
    left = x - 200 if align == _CENTER else (x if align & Qt.AlignmentFlag.AlignLeft else x - 400)
    painter.drawText(QRectF(left, y - 12, 400, 24), align | Qt.AlignmentFlag.AlignVCenter, text)


def header_of(picture: GraphLayout, layer: int) -> tuple[str, str]:
    """The two lines above a column: its name and its size. The less room, the shorter."""
    column, last = picture.columns[layer], len(picture.columns) - 1
    size = f"{column.size:,}"
    if layer == 0:
        square = column.grid and column.grid**2 == column.size
        return "Input", f"{column.grid} × {column.grid}" if square else size
    if layer == last:
        return "Out" if picture.tight else "Output", size
    if not picture.compact:
        return f"Hidden {layer}", size
    if not picture.tight:
        return f"H{layer} · {size}", ""
    # what has no room is left to F1 and the settings: sizes of many digits, with 15 layers also every other name
    size = size if picture.pitch >= 7.5 * len(size) + 3 else ""
    if not picture.packed:
        return f"H{layer}", size
    return f"{layer}" if picture.pitch >= 22 or layer % 2 else "", size


def _headers(painter: QPainter, picture: GraphLayout, theme: Theme, without: int, near: int) -> None:
    painter.setPen(theme.quiet)
    for column in picture.columns:
        name, size = header_of(picture, column.layer)
        if column.layer != without:
            painter.setFont(fonts.sized(12, QFont.Weight.DemiBold))
            _text(painter, column.x, ROW_1, name)
        if not (picture.tight and column.layer == near and 0 < near < len(picture.columns) - 1):
            painter.setFont(fonts.figures(12))
            _text(painter, column.x, ROW_2, size)


def _button(painter: QPainter, picture: GraphLayout, theme: Theme, button: Button, hovered: bool) -> None:
    kind = button.target.kind
    x, y, w, h = button.box
    middle = QPointF(x + w / 2, y + h / 2)
    color = theme.quiet if button.enabled else mix(theme.panel, theme.quiet, 0.35)
    if hovered and button.enabled:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.sunken)
        painter.drawRoundedRect(QRectF(x + 1, y + 1, w - 2, h - 2), 6, 6)
        color = theme.danger if kind == "remove" else theme.accent
    painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    if kind == "add" and w > h:
        painter.setFont(fonts.caption(QFont.Weight.Medium))
        _text(painter, middle.x(), middle.y(), "+ layer")
        return
    if kind == "remove":
        for dx, dy in ((3.5, 3.5), (3.5, -3.5)):
            painter.drawLine(middle - QPointF(dx, dy), middle + QPointF(dx, dy))
        return
    painter.drawLine(middle - QPointF(4, 0), middle + QPointF(4, 0))
    if kind != "minus":
        painter.drawLine(middle - QPointF(0, 4), middle + QPointF(0, 4))
    if kind == "add" and not picture.compact:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(mix(theme.panel, color, 0.6), 1))
        painter.drawEllipse(middle, 9, 9)


def own_text(spec: ExperimentSpec, layer: int) -> str:
    """What a hidden layer has of its own: ``ReLU``, ``drop 20 %``, both, or ""."""
    activation, share = spec.activations[layer - 1], spec.dropout[layer - 1]
    parts = [activation.label.split(" (")[0]] if activation != spec.network.activation else []
    if share != spec.training.dropout:
        parts.append(f"drop {100 * share:.0f} %")
    return ", ".join(parts)


def _own(
    painter: QPainter, picture: GraphLayout, spec: ExperimentSpec, theme: Theme, button: Button, hovered: bool, header: int
) -> None:  # fmt: skip
    """Activation and dropout of a layer: always where they are its own, else when the pointer is near."""
    layer = button.target.layer
    own = own_text(spec, layer)
    if not own and header != layer:
        return
    x, _, w, _ = button.box
    painter.setFont(fonts.caption(QFont.Weight.DemiBold if own else QFont.Weight.Normal))
    text = own or spec.activations[layer - 1].label.split(" (")[0]
    metrics = painter.fontMetrics()
    chevron = 12 if metrics.horizontalAdvance(text) + 12 <= w else 0  # a name in full is worth more
    text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(w))
    half = (metrics.horizontalAdvance(text) + chevron) / 2
    if hovered:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.sunken)
        painter.drawRoundedRect(QRectF(x + w / 2 - half - 6, ROW_3 - 9, 2 * half + 12, 18), 6, 6)
    color = theme.accent if hovered else theme.text if own else theme.quiet
    painter.setPen(color)
    _text(painter, x + w / 2 - half, ROW_3, text, Qt.AlignmentFlag.AlignLeft)
    if chevron:
        painter.setPen(QPen(color, 1.25, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        tip = QPointF(x + w / 2 + half - 4, ROW_3 + 2)
        painter.drawLine(tip, tip + QPointF(-3, -3))
        painter.drawLine(tip, tip + QPointF(3, -3))


def _more(painter: QPainter, picture: GraphLayout, theme: Theme, button: Button, hovered: bool) -> None:
    column = picture.columns[button.target.layer]
    texts = ["click to close", "close", "×"]
    if count := column.left_out:
        texts = [f"… {count:,} more, click to open", f"… {count:,} more", f"+{count:,}", "…"]
    metrics = QFontMetricsF(fonts.caption())
    text = next((text for text in texts if metrics.horizontalAdvance(text) <= picture.pitch - 8), texts[-1])
    painter.setFont(fonts.caption())
    painter.setPen(theme.accent if hovered else theme.quiet)
    x, y, w, h = button.box
    _text(painter, x + w / 2, y + h / 2, text)


def _labels(painter: QPainter, picture: GraphLayout, spec: ExperimentSpec, theme: Theme) -> None:
    first, last = picture.columns[0], picture.columns[-1]
    if picture.planar:
        painter.setFont(fonts.body(QFont.Weight.DemiBold))
        painter.setPen(theme.text)
        for name, (_, y) in zip(spec.data.features, first.centers, strict=True):
            _text(painter, first.left - 9, y, feature_label(name), Qt.AlignmentFlag.AlignRight)
        painter.setFont(fonts.body())
        painter.setPen(theme.quiet)
        for index, x, y in first.idle:
            _text(
                painter, x - first.cell[0] / 2 - 9, y, feature_label(FEATURE_NAMES[index]), Qt.AlignmentFlag.AlignRight
            )
    if last.size > 1 and not last.grid:
        for slot in range(len(last.shown)):
            output_label(painter, picture, slot, theme.text)


def output_label(painter: QPainter, picture: GraphLayout, slot: int, color: QColor) -> None:
    """The class that an output stands for, right of it."""
    last = picture.columns[-1]
    painter.setFont(fonts.figures(weight=QFont.Weight.DemiBold))
    painter.setPen(color)
    _text(painter, last.right + 10, last.centers[slot, 1], str(last.shown[slot]), Qt.AlignmentFlag.AlignLeft)


def _idle_inputs(
    painter: QPainter, picture: GraphLayout, spec: ExperimentSpec, theme: Theme, colors: NeuronColors,
    hovered: Target | None, dpr: float,
) -> None:  # fmt: skip
    column = picture.columns[0]
    cell = column.cell[0] * 0.8  # smaller than an active one: off is seen without comparing colours
    side = max(round(cell * dpr), 2)
    for index, x, y in column.idle:
        box = QRectF(x - cell / 2, y - cell / 2, cell, cell)
        lit = hovered == Target("feature", 0, index)
        values = feature_map(FEATURE_NAMES[index], spec.data.dataset.domain, side)
        table = colors.maps[257:] if lit else colors.maps[:257]
        pixels = table[np.clip(values * 127.5 + 128, 0, 255).astype(np.int32)].astype(np.uint32)
        image = QImage(pixels.data, side, side, 4 * side, QImage.Format.Format_RGB32)
        path = QPainterPath()
        path.addRoundedRect(box, 0.15 * cell, 0.15 * cell)
        painter.save()
        painter.setClipPath(path)
        painter.drawImage(box, image)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.accent if lit else theme.line, 1))
        painter.drawPath(path)


def feature_map(name: str, domain: tuple[float, float], side: int) -> np.ndarray:
    """(side, side) of -1..1: an input feature over the plane, top row first."""
    low, high = domain
    centers = low + (np.arange(side) + 0.5) * (high - low) / side
    values = FEATURES[name][1](*np.meshgrid(centers, centers[::-1]))
    return signed_map(values[None])[0]


def _legend(painter: QPainter, right: float, theme: Theme, legend: Legend) -> None:
    metrics = QFontMetricsF(fonts.caption())
    y = LEGEND_HEIGHT - 21.0
    x = 20.0
    painter.setFont(fonts.caption())

    def words(text: str, color: object, gap: float = 14) -> None:
        nonlocal x
        painter.setPen(color)
        _text(painter, x, y, text, Qt.AlignmentFlag.AlignLeft)
        x += metrics.horizontalAdvance(text) + gap

    words(f"thickness {legend.quantity}", theme.quiet, 12)
    for number, value in enumerate(samples(legend.scale, legend.ramp)):
        width, share = look_of(int(levels_of(np.array([value]), legend.scale)[0]), legend.ramp)
        painter.setPen(
            QPen(mix(theme.panel, theme.positive, share), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        )
        painter.drawLine(QPointF(x, y), QPointF(x + 26, y))
        x += 30
        words(f"{'≥ ' if legend.clipped and number == 2 else ''}{value:g}", theme.quiet, 14)
    x += 6
    words("blue +", theme.positive, 10)
    words("orange −", theme.negative, 10)
    if legend.broken:
        words("not a number", theme.danger)
    if legend.left_out:
        room = right - 16 - x
        fitting = (text for text in legend.left_out if metrics.horizontalAdvance(text) <= room)
        text = next(fitting, metrics.elidedText(legend.left_out[-1], Qt.TextElideMode.ElideRight, room))
        painter.setPen(theme.quiet)
        _text(painter, right - 16, y, text, Qt.AlignmentFlag.AlignRight)
