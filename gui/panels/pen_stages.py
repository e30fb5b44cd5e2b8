"""From your pen to the network: what becomes of a drawing, stage by stage, and what each stage is worth."""

from __future__ import annotations

from dataclasses import replace

from numpy.typing import NDArray
from PySide6.QtCore import QElapsedTimer, QEvent, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from engine.pen import Prepared, Step, steps_for
from engine.pen.worth import Read, worth
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import CheckBox, keeps_space
from gui.graphics import film
from gui.graphics.evidence_tint import tint_of
from gui.graphics.strip_layout import Cell, lay_out
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, PANEL_PADDING, Theme

WORTH = "pen worth"
EMPTY = "Draw a digit to see what the network is given."
EXPLANATION = "Each stage can be switched off, to see what it is worth."
WORTH_EVERY_MS = 200
PATIENCE_MS = 600  # while the pen moves on
_LINE = 14  # of captions
_INDICATOR = 22  # the box of a switch
_TEXT = CONTROL_HEIGHT + 2 * _LINE
_SENTENCE = 20
_BESIDE = 150  # words stand beside the pictures from so many pixels on
_WORDS_WIDTH = 280


class PenStrip(Panel):
    """A picture for every stage, white on black as the network is given them, with a switch under those that can be left out.

    ``switched()``: another set of stages is left out, see :attr:`without`. ``temperature`` is that of the probabilities.
    """

    title = "From your pen to the network"
    frames_per_second = 1000 / WORTH_EVERY_MS
    answers = (WORTH,)

    switched = Signal()
    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.temperature = 1.0
        self._steps: tuple[Step, ...] = ()
        self._left_out: dict[int, frozenset[str]] = {}
        self._side = 0
        self._prepared: Prepared | None = None
        self._frames: tuple[film.Frame, ...] = ()
        self._cells: tuple[Cell, ...] = ()
        self._snapshot: Snapshot | None = None
        self._label: int | None = None
        self._worth: dict[str, Read] = {}
        self.switches: dict[str, CheckBox] = {}
        self.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        self.setAccessibleName(self.title)
        self.setToolTip(
            "What becomes of your drawing until it looks as the training images do. A network misreads what was not made like "
            "them: switch a stage off and see."
        )
        self.setWhatsThis(self.toolTip())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._small, self._bold = fonts.caption(), fonts.caption(QFont.Weight.DemiBold)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.all_on = _AllOn(self)
        self.all_on.clicked.connect(self._switch_all_on)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WORTH_EVERY_MS)
        self._soon.timeout.connect(self._ask)
        self._waiting = QElapsedTimer()  # since what is to be asked first was
        self._say()

    # --- what it is shown -----------------------------------------------------------------------------------------

    def show_spec(self, spec: ExperimentSpec) -> None:
        if spec.image_side == self._side:
            return
        self._side, self._steps = spec.image_side, steps_for(spec.image_side)
        self._left_out.setdefault(self._side, frozenset())
        self._prepared, self._frames, self._worth, self._label, self._snapshot = None, (), {}, None, None
        for switch in self.switches.values():
            switch.hide()
            switch.deleteLater()
        self.switches = {step.id: self._switch_of(step) for step in self._steps if step.can_switch}
        self._lay_out()
        self._say()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.spec.image_side == self._side:
            self._snapshot = snapshot
            if not self._soon.isActive():
                self._wonder()

    def show_prepared(self, prepared: Prepared | None) -> None:
        """Show what became of a drawing; None when nothing is drawn."""
        was_empty = self._prepared is None
        if prepared is None and was_empty:
            return
        self._prepared = prepared
        self._frames = () if prepared is None else tuple(film.frame_of(stage) for stage in prepared.stages)
        if prepared is None:
            self._soon.stop()
            self.forgotten.emit(WORTH)
            self._worth, self._label = {}, None
            self.update()
        else:
            self._update_pictures()
            self._wonder()
        if was_empty or prepared is None:
            self._say()

    def show_reading(self, label: int | None, evidence: NDArray | None = None) -> None:
        """The class that is read of it, and (side²,) what spoke for a class, to tint the input with; None for neither."""
        if label != self._label:
            self._label = label
            self._say()
        if self._prepared is None or not self._frames:
            return
        values = None if evidence is None else evidence.reshape(self._side, self._side)
        before = self._frames[-1]
        if values is not None or before.tint is not None:
            tinted = None if values is None else tint_of(values, self.theme)
            self._frames = (*self._frames[:-1], replace(before, tint=tinted))
            self._update_pictures()

    def take_answer(self, key: str, answer: object) -> None:
        if self._prepared is not None and isinstance(answer, dict):
            self._worth = answer
            self._say()

    # --- what is left out -----------------------------------------------------------------------------------------

    @property
    def without(self) -> frozenset[str]:
        """The stages that are left out for the images at hand."""
        return self._left_out.get(self._side, frozenset())

    def _switch_of(self, step: Step) -> CheckBox:
        switch = CheckBox(step.short, self)
        switch.setFont(self._small)
        switch.setProperty("look", "close")
        switch.set_value(step.id not in self.without)
        switch.setAccessibleName(f"Stage {step.short}")
        switch.setToolTip(f"{step.summary} Switched off, {step.without}.")
        switch.setWhatsThis(switch.toolTip())
        switch.committed.connect(self._on_switched)
        switch.show()
        return switch

    def _on_switched(self) -> None:
        self._leave_out(frozenset(id for id, switch in self.switches.items() if not switch.value()))

    def _switch_all_on(self) -> None:
        self._leave_out(frozenset())

    def _leave_out(self, without: frozenset[str]) -> None:
        if without != self.without:
            self._left_out[self._side] = without
            self._worth = {}
            for id, switch in self.switches.items():
                switch.set_value(id not in without)
            self._lay_out()
            self._say()
            self.switched.emit()

    # --- what each is worth ---------------------------------------------------------------------------------------

    def _wonder(self) -> None:
        """Soon ask what would be read with a stage less: when the pen rests, for it must not wait for the answer."""
        if self._prepared is None or self._snapshot is None:
            return
        if not self._soon.isActive():
            self._waiting.start()
        if self._waiting.elapsed() <= PATIENCE_MS - WORTH_EVERY_MS:
            self._soon.start()

    def _ask(self) -> None:
        snapshot, without, temperature = self._snapshot, self.without, self.temperature
        if self._prepared is None or snapshot is None or not self.isVisible():
            return
        ink = self._prepared.stages[0].picture

        def work(_tell: TELL, stop: STOP) -> dict[str, Read]:
            return worth(snapshot.spec, snapshot.layout, snapshot.params, ink, without, temperature, stop)

        self.asked.emit(Question(WORTH, work))

    def worth_of(self, id: str) -> str:
        """What stands under a stage: what would be read the other way; "" while nobody knows."""
        if id not in self._worth:
            return ""
        return f"{'with' if id in self.without else 'without'}: {film.read_words(self._worth[id])}"

    def _changes(self, id: str) -> bool:
        """Whether another digit would be read the other way."""
        return self._label is not None and id in self._worth and self._worth[id][0] != self._label

    def _say(self) -> None:
        """Put the words right: the sentence, and what assistive technology is told."""
        sentence, told = EXPLANATION, " → ".join(
            f"{step.title} ({self.worth_of(step.id)})" if step.id in self._worth else step.title for step in self._steps
        )  # fmt: skip
        changing = [step for step in self._steps if self._changes(step.id)]
        if self._prepared is None:
            sentence, told = EMPTY, EMPTY
        elif changing:
            step = max(changing, key=lambda step: self._worth[step.id][1])
            label, share = self._worth[step.id]
            color = self.theme.ink(self.theme.negative).name()
            sentence = (
                f"{'With' if step.id in self.without else 'Without'} the {step.short} it would read "
                f'<b style="color:{color}">{label}&nbsp;({film.percent(share).replace(" ", "&nbsp;")})</b>.'
            )
        elif self.without:
            left_out = " and the ".join(step.short for step in self._steps if step.id in self.without)
            sentence = f"The {left_out} {'is' if len(self.without) == 1 else 'are'} left out."
        elif self._worth and self._label is not None:
            sentence = f"Without any one of the stages it would still read {self._label}."
        if sentence != self.words.text():
            self.words.setText(sentence)
        if told != self.accessibleDescription():
            self.setAccessibleDescription(told)
        self.all_on.setVisible(bool(self.without))
        self.update(self._text_region())

    # --- looks ----------------------------------------------------------------------------------------------------

    def is_empty(self) -> bool:
        """No drawing is shown."""
        return self._prepared is None

    def frames(self) -> tuple[film.Frame, ...]:
        """The pictures shown, in order; empty without a drawing."""
        return self._frames

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._say()

    def sizeHint(self) -> QSize:
        return QSize(440, 64 + _TEXT + _SENTENCE).grownBy(self.contentsMargins())

    def minimumSizeHint(self) -> QSize:
        return QSize(188, 60 + CONTROL_HEIGHT).grownBy(self.contentsMargins())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._lay_out()
        return super().event(event)

    def _lay_out(self) -> None:
        """Pictures as large as there is room for, with as many words as that leaves."""
        area, ratio = self.contentsRect(), self.devicePixelRatioF()
        pixels = film.pixels_of(self._side, len(self._steps))
        cells: tuple[Cell, ...] = ()
        words = [self._words_width(step, step.short) for step in self._steps]
        self._text_height = _TEXT
        for text, below in ((_TEXT, _SENTENCE), (_TEXT, 0), (CONTROL_HEIGHT, 0)):
            self._text_height = text
            cells = lay_out(pixels, words, area.width(), area.height() - below, text, ratio) if pixels else ()
            if cells and cells[-1].foot + text <= area.height():
                break
        self._cells = tuple(
            c._replace(x=c.x + area.left(), y=c.y + area.top(), foot=c.foot + area.top()) for c in cells
        )
        for step, cell in zip(self._steps, self._cells, strict=bool(cells)):
            if step.id in self.switches:
                switch = self.switches[step.id]
                fits = self._words_width(step, step.title) <= cell.width
                switch.setText(step.title if fits else step.short)
                switch.setGeometry(round(cell.x), round(cell.foot), int(cell.width), CONTROL_HEIGHT)
        self._place_words(area)
        self.update()

    def _words_width(self, step: Step, words: str) -> float:
        """The room that a stage's name needs, with its switch."""
        measured = QFontMetricsF(self._small).horizontalAdvance(words)
        return measured + (_INDICATOR if step.can_switch else 0) + 4

    def _place_words(self, area: QRect) -> None:
        """Beside the pictures where that leaves room, else below them."""
        right = round(max((c.x + max(c.side, c.width) for c in self._cells), default=area.left()))
        foot = round(max((c.foot for c in self._cells), default=area.top())) + self._text_height
        button = self.all_on.sizeHint()
        room = QRect(right + GRID, area.top(), min(area.right() - right - GRID, _WORDS_WIDTH), foot - area.top())
        if room.width() < _BESIDE:
            room = QRect(area.left(), foot, area.width(), area.bottom() + 1 - foot)
            left = area.right() + 1 - button.width()
            top = min(room.center().y() + 1 - CONTROL_HEIGHT // 2, area.bottom() + 1 - CONTROL_HEIGHT)
            self.all_on.setGeometry(left, top, button.width(), CONTROL_HEIGHT)
            if self.without:
                room.setRight(left - GRID)
            self.words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        else:
            self.all_on.setGeometry(room.left(), foot - CONTROL_HEIGHT, button.width(), CONTROL_HEIGHT)
            room.setBottom(foot - CONTROL_HEIGHT - GRID // 2)
            self.words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.words.setGeometry(room)
        self.words.setVisible(room.height() >= _SENTENCE - 4)

    def _update_pictures(self) -> None:
        for cell in self._cells:
            self.update(QRectF(cell.x, cell.y, cell.side, cell.side).toAlignedRect())

    def _text_region(self) -> QRegion:
        region = QRegion()
        for cell in self._cells:
            region += QRectF(cell.x, cell.foot + CONTROL_HEIGHT, cell.width, 2 * _LINE).toAlignedRect()
        return region

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for i, cell in enumerate(self._cells):
            square = QRectF(cell.x, cell.y, cell.side, cell.side)
            if event.region().intersects(square.toAlignedRect()):
                film.paint(painter, self.theme, square, self._frames[i] if self._frames else None)
        if not event.region().subtracted(self._picture_region()).isEmpty():
            self._paint_words(painter)

    def _picture_region(self) -> QRegion:
        region = QRegion()
        for cell in self._cells:
            region += QRectF(cell.x, cell.y, cell.side, cell.side).toAlignedRect()
        return region

    def _paint_words(self, painter: QPainter) -> None:
        for step, cell, following in zip(self._steps, self._cells, (*self._cells[1:], None), strict=False):
            if following is not None and following.x > cell.x:
                film.paint_arrow(painter, self.theme, cell, following)
            painter.setFont(self._small)
            painter.setPen(self.theme.quiet)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            if not step.can_switch:
                fits = self._words_width(step, step.title) <= cell.width
                box = QRectF(cell.x, cell.foot, cell.width + 4, CONTROL_HEIGHT)
                painter.drawText(box, left, step.title if fits else step.short)
            elif self._text_height == _TEXT and (words := self.worth_of(step.id)):
                if self._changes(step.id):
                    painter.setFont(self._bold)
                    painter.setPen(self.theme.ink(self.theme.negative))
                film.paint_worth(painter, QRectF(cell.x, cell.foot + CONTROL_HEIGHT, cell.width, _LINE), words)


class _AllOn(QToolButton):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText("All on")
        self.setProperty("look", "outlined")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("All stages on")
        self.setToolTip("Switches every stage on again. The drawing is read as the training images were made.")
        self.hide()

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)
