"""The faint majority of many lines, kept in a pixmap and drawn anew in portions, so that no frame is a dear one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter, QPixmap

from gui.graphics.edges import EdgePainter, EdgeSet
from gui.graphics.targets import Target

STRONG = 160  # at most so many lines move with every frame
PORTION = 230  # lines drawn into the next mesh in one frame


@dataclass
class _Work:
    edges: EdgeSet
    backdrop: QPixmap
    focus: Target | None
    strong: NDArray
    portions: list[NDArray]
    pixmap: QPixmap = field(init=False)

    def __post_init__(self) -> None:
        self.pixmap = self.backdrop.copy()


class Mesh:
    """Backdrop and faint lines as one pixmap; ``strong`` are the rows of ``edges`` that are not in it."""

    def __init__(self) -> None:
        self._done: _Work | None = None
        self._next: _Work | None = None
        self._strong_part: EdgeSet | None = None

    def forget(self) -> None:
        """What there is no longer fits."""
        self._done = self._next = self._strong_part = None

    @property
    def busy(self) -> bool:
        """Whether a newer mesh is being drawn."""
        return self._next is not None

    def fits(self, edges: EdgeSet, backdrop: QPixmap, focus: Target | None) -> bool:
        """Whether the finished mesh shows these very things."""
        done = self._done
        return done is not None and done.edges is edges and done.backdrop is backdrop and done.focus == focus

    def begin(self, edges: EdgeSet, backdrop: QPixmap, focus: Target | None, values: NDArray) -> None:
        """Start another mesh; ``values`` (n,) decide which lines are faint. Call :meth:`advance` until it is done."""
        order = np.argsort(np.nan_to_num(np.abs(values), nan=np.inf, posinf=np.inf))
        cut = len(order) - min(STRONG, len(order) // 3)
        portions = [np.sort(order[i : min(i + PORTION, cut)]) for i in range(0, cut, PORTION)]
        self._next = _Work(edges, backdrop, focus, np.sort(order[cut:]), portions)

    def advance(
        self, lines: EdgePainter, values: Callable[[EdgeSet], NDArray], scale: float,
        lit: Callable[[EdgeSet], NDArray | None], whole: bool,
    ) -> None:  # fmt: skip
        """Draw the next portion, weakest first, or the ``whole`` rest; the last one makes the new mesh the one shown."""
        work = self._next
        if work is None:
            return
        painter = QPainter(work.pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        while work.portions:
            part = work.edges.part(work.portions.pop(0))
            lines.paint(painter, part, values(part), scale, lit(part))
            if not whole:
                break
        painter.end()
        if not work.portions:
            self._done, self._next = work, None
            self._strong_part = work.edges.part(work.strong)

    @property
    def edges(self) -> EdgeSet | None:
        """The edges that the finished mesh is about."""
        return self._done.edges if self._done is not None else None

    def paint(
        self, painter: QPainter, lines: EdgePainter, values: Callable[[EdgeSet], NDArray], scale: float,
        lit: Callable[[EdgeSet], NDArray | None],
    ) -> None:  # fmt: skip
        """The pixmap, and over it the strong lines as they are now."""
        if self._done is not None and self._strong_part is not None:
            painter.drawPixmap(0, 0, self._done.pixmap)
            lines.paint(painter, self._strong_part, values(self._strong_part), scale, lit(self._strong_part))
