"""The fault of PySide6 6.12.0 before Python 3.12: calls that drop references of None and True until the process dies."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QPainter

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal from Python 3.12 on")


class Sender(QObject):
    sent = Signal(object)


def test_void_calls_keep_the_references_of_none():
    image = QImage(32, 32, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    before = sys.getrefcount(None)
    for i in range(2_000):
        painter.drawLine(0, i % 32, 31, 31)
    change = sys.getrefcount(None) - before
    painter.end()
    assert abs(change) < 200


def test_emits_keep_the_references_of_true():
    sender, received = Sender(), []
    sender.sent.connect(received.append)
    before = sys.getrefcount(True)
    for i in range(100):
        sender.sent.emit(i)
    change = sys.getrefcount(True) - before
    assert received == list(range(100))
    assert abs(change) < 20
