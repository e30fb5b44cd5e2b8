"""Source code to read: passages with their line numbers, quietly colored, the lines that run marked."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from gui import fonts
from gui.listing import Passage
from gui.theme import Theme, mix

MARK = "▸"
_TABS = (16.0, 52.0)  # where the line number begins, and the line
_INDENT = 7.0  # the width of a space that indents: in a proportional font others are too narrow to be seen


def spans(lines: tuple[tuple[int, str], ...]) -> Iterator[tuple[int, int, int, str]]:
    """(place among ``lines``, first column, end column, "keyword" or "quiet") of what is colored: comments, strings are quiet.

    Each line is split by itself, so that a docstring of which only the first line is shown spoils no other.
    """
    for row, (_, line) in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        try:
            for token in tokenize.generate_tokens(io.StringIO(line[indent:] + "\n").readline):
                start, end = token.start[1] + indent, token.end[1] + indent
                if token.type == tokenize.NAME and keyword.iskeyword(token.string):
                    yield row, start, end, "keyword"
                elif token.type in (tokenize.COMMENT, tokenize.STRING):
                    yield row, start, end, "quiet"
        except (tokenize.TokenError, SyntaxError):
            if (opening := line.find('"""')) >= 0:
                yield row, opening, len(line), "quiet"


class CodeView(QPlainTextEdit):
    """Read-only. It can be scrolled by keys, and text can be chosen and copied; all other keys are left to the window."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._passages: tuple[Passage, ...] = ()
        self._marked: list[int] = []
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Code")
        self.setFont(fonts.code())
        option = QTextOption()
        option.setTabs([QTextOption.Tab(position, QTextOption.TabType.LeftTab) for position in _TABS])
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        self.document().setDefaultTextOption(option)
        self._indent = QTextCharFormat()
        wide = fonts.code()
        wide.setLetterSpacing(
            QFont.SpacingType.AbsoluteSpacing, max(_INDENT - QFontMetricsF(wide).horizontalAdvance(" "), 0)
        )
        self._indent.setFont(wide)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self._theme = theme
        passages, self._passages = self._passages, ()
        self.show_passages(passages)

    def show_passages(self, passages: tuple[Passage, ...]) -> None:
        """Show these, and have the first line that runs in sight. The place stays where none runs."""
        if passages == self._passages:
            return
        at = self.verticalScrollBar().value()
        same = [p.title for p in passages] == [p.title for p in self._passages]
        self._passages = passages
        self.setUpdatesEnabled(False)
        self.clear()
        cursor = QTextCursor(self.document())
        marked: list[int] = []
        for number, passage in enumerate(passages):
            self._write_passage(cursor, passage, bool(number), marked)
        self.verticalScrollBar().setValue(at if same else 0)
        self._marked = marked
        self.reveal()
        self.setUpdatesEnabled(True)

    def running_text(self) -> list[str]:
        """The lines marked, as they are shown."""
        return [text for text in self.toPlainText().split("\n") if text.startswith(MARK)]

    # --- writing --------------------------------------------------------------------------------------------------

    def _format(self, color: QColor, weight: QFont.Weight = QFont.Weight.Normal) -> QTextCharFormat:
        form = QTextCharFormat()
        form.setFont(fonts.code())
        form.setForeground(color)
        form.setFontWeight(weight)
        return form

    def _write_passage(self, cursor: QTextCursor, passage: Passage, follows: bool, marked: list[int]) -> None:
        theme = self._theme
        running = mix(theme.sunken, theme.accent, 0.16)
        plain, quiet, accent = (
            self._format(theme.ink(color, running)) for color in (theme.text, theme.quiet, theme.accent)
        )
        file, _, function = passage.title.partition(" · ")
        if follows:
            cursor.insertBlock(QTextBlockFormat())
            cursor.insertBlock(QTextBlockFormat())
        cursor.insertText(f"\t\t{function}", self._format(theme.text, QFont.Weight.DemiBold))
        cursor.insertText(f"   {file}", quiet)
        notes, colored = dict(passage.notes), list(spans(passage.lines))
        for row, (number, text) in enumerate(passage.lines):
            runs = number in passage.running
            block = QTextBlockFormat()
            if runs:
                block.setBackground(running)
            cursor.insertBlock(block)
            if runs:
                marked.append(cursor.blockNumber())
            cursor.insertText(f"{MARK if runs else ''}\t{number}\t", accent if runs else quiet)
            done = len(text) - len(text.lstrip())
            cursor.insertText(text[:done], self._indent)
            for start, end, kind in ((a, b, kind) for at, a, b, kind in colored if at == row):
                cursor.insertText(text[done:start], plain)
                cursor.insertText(text[start:end], accent if kind == "keyword" else quiet)
                done = end
            cursor.insertText(text[done:], plain)
            if number in notes:
                cursor.insertText(
                    f"      {notes[number]}", self._format(theme.ink(theme.accent, running), QFont.Weight.Medium)
                )

    def reveal(self) -> None:
        """Scroll as little as needed to see the lines that run; where not all have room, from the first on."""
        bar = self.verticalScrollBar()
        if self._marked:
            rows = max(int(self.viewport().height() / max(self.fontMetrics().lineSpacing(), 1)), 1)
            bar.setValue(min(max(bar.value(), self._marked[-1] - rows + 1), max(self._marked[0] - 1, 0)))
        self.horizontalScrollBar().setValue(0)

    # --- Qt -------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.SelectAll):
                event.accept()
                return True
            event.ignore()  # a plain text field would keep → for itself
            return False
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(self._theme.accent, 2))
            painter.drawRoundedRect(self.viewport().rect().adjusted(1, 1, -1, -1), 4, 4)
            painter.end()
