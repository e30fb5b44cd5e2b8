"""The small card beside what the pointer is on: its words, never on top of the thing itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from gui import fonts
from gui.graphics.graph_words import CardText
from gui.theme import Theme, mix

_PAD = 10.0
_ROW = 19.0
_WIDEST_VALUE = "−0.000012345678"


def card_size(card: CardText) -> tuple[float, float]:
    """Width and height; the width does not depend on the values, so that nothing dances."""
    title = QFontMetricsF(fonts.body(fonts.QFont.Weight.DemiBold)).horizontalAdvance(card.title)
    hint = QFontMetricsF(fonts.caption()).horizontalAdvance(card.hint)
    metrics = QFontMetricsF(fonts.figures())
    value = metrics.horizontalAdvance(_WIDEST_VALUE) if card.rows else 0.0
    label = max((metrics.horizontalAdvance(row[0]) for row in card.rows), default=0.0) + 20
    width = max(title, hint, value + label if card.rows else 0.0) + 2 * _PAD
    return np.ceil(width), _PAD * 2 + 16 + _ROW * len(card.rows) + (17 if card.hint else 0)


def place(
    size: tuple[float, float],
    pointer: tuple[float, float],
    bounds: tuple[float, float],
    avoid: NDArray,
    gap: float = 14.0,
) -> tuple[float, float]:
    """The corner (x, y) of a box of ``size`` near ``pointer``, inside ``bounds``, that covers none of ``avoid`` (n, 2).

    Where every place would cover something, the one that covers least.
    """
    w, h = size
    px, py = pointer
    best, least = (0.0, 0.0), np.inf
    for reach in (gap, 3 * gap, 6 * gap, 12 * gap):
        for x, y in (
            (px + reach, py + reach), (px + reach, py - reach - h), (px - reach - w, py + reach),
            (px - reach - w, py - reach - h), (px + reach, py - h / 2), (px - reach - w, py - h / 2),
            (px - w / 2, py + reach), (px - w / 2, py - reach - h),
        ):  # fmt: skip
            x = min(max(x, 4.0), max(bounds[0] - w - 4, 4.0))
            y = min(max(y, 4.0), max(bounds[1] - h - 4, 4.0))
            inside = (avoid > (x - 5, y - 5)) & (avoid < (x + w + 5, y + h + 5))
            covered = int(inside.all(axis=1).sum())
            if not covered:
                return x, y
            if covered < least:
                best, least = (x, y), covered
    return best


def paint_card(painter: QPainter, theme: Theme, card: CardText, corner: tuple[float, float]) -> None:
    """Draw the card with its upper left corner at ``corner``."""
    width, height = card_size(card)
    x, y = corner
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(mix(theme.line, theme.quiet, 0.35), 1))
    painter.setBrush(mix(theme.panel, theme.sunken, 0.35))
    painter.drawRoundedRect(QRectF(x + 0.5, y + 0.5, width - 1, height - 1), 8, 8)
    left, inner = x + _PAD, width - 2 * _PAD
    painter.setPen(theme.text)
    painter.setFont(fonts.body(fonts.QFont.Weight.DemiBold))
    painter.drawText(QRectF(left, y + _PAD - 1, inner, 18), Qt.AlignmentFlag.AlignVCenter, card.title)
    row_y = y + _PAD + 18
    colors = {-1: theme.negative, 0: theme.text, 1: theme.positive}
    for label, value, sign in card.rows:
        box = QRectF(left, row_y, inner, _ROW)
        painter.setFont(fonts.body())
        painter.setPen(theme.quiet)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, label)
        painter.setFont(fonts.figures(weight=fonts.QFont.Weight.DemiBold))
        painter.setPen(colors[sign])
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, value)
        row_y += _ROW
    if card.hint:
        painter.setFont(fonts.caption())
        painter.setPen(theme.quiet)
        painter.drawText(QRectF(left, row_y, inner, 17), Qt.AlignmentFlag.AlignVCenter, card.hint)
