"""The code panel: what it shows of a phase, and that it leaves the keys to the window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCursor

from engine.phases import Kind
from engine.trainer import Trainer
from gui.controls.code_view import MARK, spans
from gui.panels import code as module
from gui.panels.code import Code
from gui.theme import DARK, LIGHT, contrast
from tests.engine.helpers import experiment


@pytest.fixture
def panel(qtbot) -> Code:
    panel = Code(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(700, 240)
    panel.show()
    return panel


def at_phase(kind: Kind, **settings) -> Trainer:
    trainer = Trainer(experiment("xor", hidden=(4,), **settings))
    while trainer.phase is None or trainer.phase.kind is not kind:
        trainer.step_phase()
    return trainer


def test_a_phase_marks_its_lines_and_tells_shapes(panel: Code) -> None:
    panel.show_snapshot(at_phase(Kind.FORWARD).snapshot())
    text, running = panel.view.toPlainText(), panel.view.running_text()
    assert "Network.forward" in text
    assert "engine/activations/tanh.py" in text
    assert any("a.dot(layer.w, layer.z)" in line and "a (4, 2) · w (2, 4) → z (4, 4)" in line for line in running)
    assert any("np.tanh(z, out=out)" in line for line in running)
    assert not any("return layers" in line for line in running), "there is a layer to come"
    assert "Forward" in panel.sentence.text()


def test_without_a_phase_the_loop_has_no_cursor(panel: Code) -> None:
    trainer = Trainer(experiment())
    panel.show_snapshot(trainer.snapshot())
    assert "_take_step" in panel.view.toPlainText()
    assert MARK not in panel.view.toPlainText()
    assert "by phases" in panel.sentence.text()
    panel.show_snapshot(trainer.snapshot(running=True))
    assert "by phases" not in panel.sentence.text()


def test_the_update_is_the_optimizers(panel: Code) -> None:
    panel.show_snapshot(at_phase(Kind.UPDATE, optimizer="rmsprop").snapshot())
    assert "engine/optimizers/rmsprop.py" in panel.view.toPlainText()
    assert any("self.optimizer.update(" in line for line in panel.view.running_text())


def test_what_stays_the_same_is_not_read_again(panel: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Trainer(experiment()).snapshot(running=True)
    panel.show_snapshot(snapshot)
    monkeypatch.setattr(module, "listing", lambda *_: pytest.fail("read again"))
    panel.show_snapshot(replace(snapshot, epoch=7))


def test_a_program_without_its_source_says_so(panel: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OSError("could not get source code")

    monkeypatch.setattr(module, "listing", gone)
    panel.show_snapshot(Trainer(experiment()).snapshot())
    assert "not installed" in panel.sentence.text()
    assert panel.view.toPlainText() == ""


def test_marked_lines_are_in_sight(panel: Code) -> None:
    panel.show_snapshot(at_phase(Kind.UPDATE).snapshot())
    view = panel.view
    block = next(n for n, line in enumerate(view.toPlainText().split("\n")) if line.startswith(MARK))
    cursor = QTextCursor(view.document().findBlockByNumber(block))
    assert view.viewport().rect().contains(view.cursorRect(cursor).center())


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_color_reads_on_its_background(panel: Code, theme) -> None:
    panel.apply_theme(theme)
    panel.show_snapshot(at_phase(Kind.BACKWARD).snapshot())
    block, colors = panel.view.document().begin(), set()
    while block.isValid():
        background = block.blockFormat().background()
        behind = background.color() if background.style() != Qt.BrushStyle.NoBrush else theme.sunken
        for part in block:
            fragment = part.fragment()
            if fragment.isValid() and fragment.text().strip():
                colors.add(fragment.charFormat().foreground().color().name())
                assert contrast(QColor(fragment.charFormat().foreground().color()), behind) >= 4.5, fragment.text()
        block = block.next()
    assert len(colors) >= 3, "text, quiet text and keywords"


def test_keywords_comments_and_strings_are_told_apart() -> None:
    lines = ((7, '    """Of which'), (9, "    if x:  # why"), (10, '        y = "if"'), (11, "    return y)"))
    found = [(row, lines[row][1][a:b], kind) for row, a, b, kind in spans(lines)]
    assert found == [
        (0, '"""Of which', "quiet"), (1, "if", "keyword"), (1, "# why", "quiet"), (2, '"if"', "quiet"),
        (3, "return", "keyword"),
    ]  # fmt: skip
