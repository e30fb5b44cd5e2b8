"""The icons: our own SVG drawings in one line weight, tinted with a colour of the theme and sharp at every scale."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    """The drawing as written, in ``currentColor``. Raises ``KeyError`` when there is no such icon."""
    file = resources.files("resources").joinpath("icons", f"{name}.svg")
    if not file.is_file():
        raise KeyError(f"there is no icon {name!r}; known are {', '.join(names())}")
    return file.read_text("utf-8")


def names() -> tuple[str, ...]:
    """Every icon there is, in alphabetical order."""
    folder = resources.files("resources").joinpath("icons")
    return tuple(sorted(file.name[:-4] for file in folder.iterdir() if file.name.endswith(".svg")))


def svg(name: str, color: QColor) -> str:
    """The drawing with its lines in ``color``. Raises ``KeyError`` when there is no such icon."""
    return _source(name).replace("currentColor", color.name())


def paint(painter: QPainter, name: str, color: QColor, rect: QRectF) -> None:
    """Draw the icon into ``rect``. Keep the result in a pixmap where it is painted many times a second."""
    QSvgRenderer(QByteArray(svg(name, color).encode())).render(painter, rect)


def pixmap(name: str, color: QColor, size: int = 20, scale: float = 1.0) -> QPixmap:
    """The icon as ``size`` x ``size`` device-independent pixels at a device pixel ratio of ``scale``."""
    side = max(round(size * scale), 1)
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter, name, color, QRectF(0, 0, side, side))
    painter.end()
    result.setDevicePixelRatio(scale)
    return result


def icon(
    name: str, color: QColor, size: int = 20, disabled: QColor | None = None, checked: QColor | None = None
) -> QIcon:
    """A QIcon with a pixmap for the scale of each screen; ``disabled`` and ``checked`` tint those states when given."""
    screens = {screen.devicePixelRatio() for screen in QGuiApplication.screens()}
    result = QIcon()
    tints = [(color, QIcon.Mode.Normal, QIcon.State.Off)]
    if disabled is not None:
        tints.append((disabled, QIcon.Mode.Disabled, QIcon.State.Off))
    if checked is not None:
        tints.append((checked, QIcon.Mode.Normal, QIcon.State.On))
    for scale in sorted(screens or {1.0}):
        for tint, mode, state in tints:
            result.addPixmap(pixmap(name, tint, size, scale), mode, state)
    return result
