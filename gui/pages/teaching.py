"""Joins the canvas to the row that names drawings, to the list of them, and to what the network learns from one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QFileDialog

from engine.drawing import INK_SIDE, OwnDrawing
from engine.errors import InvalidSpec, UnreadableFile
from engine.own import OWN, Found
from engine.snapshot import RunState, Snapshot
from engine.stopping import Until
from gui.analyses import STOP, TELL, Question
from gui.pages import lesson as lessons
from gui.pages.base import Page
from gui.panels.digit_canvas import DigitCanvas
from gui.panels.teach import Teach
from gui.panels.your_drawings import IMPORTED, KEPT, YourDrawings

FILES = "Drawings (*.jsonl);;All files (*)"


class Teaching(QObject):
    """``show_list()`` opens or closes the list. What is drawn is told with :meth:`draw`, what happens with :meth:`see`."""

    def __init__(
        self, page: Page, canvas: DigitCanvas, teach: Teach, own: YourDrawings, show_list: Callable[[], None]
    ) -> None:
        super().__init__(page)
        self._page, self._canvas, self._teach, self._own = page, canvas, teach, own
        self._document = page.document
        self._drawn = False
        self.lesson: lessons.Lesson | None = None
        canvas.digitNamed.connect(self.teach)
        teach.digitNamed.connect(self.teach)
        teach.listRequested.connect(show_list)
        teach.undoRequested.connect(self._document.undo_stack.undo)
        own.labelAsked.connect(self.name_anew)
        own.removeAsked.connect(self.remove)
        own.importAsked.connect(self.ask_import)
        own.exportAsked.connect(self.ask_export)
        own.found.connect(self._on_found)
        own.failed.connect(page.refused)
        self._document.changed.connect(self._on_changed)
        self._document.undo_stack.indexChanged.connect(self._on_changed)

    def begin(self) -> None:
        """Have the file of drawings read, once there is somebody to do it."""

        def work(_tell: TELL, _stop: STOP) -> Found:
            return OWN.found()

        self._own.asked.emit(Question(KEPT, work))

    @Slot(str, object)
    def _on_found(self, key: str, found: Found) -> None:
        if key == KEPT:
            self._show_drawings()
        elif key == IMPORTED:
            self._import(found)

    def _show_drawings(self) -> None:
        try:
            found = OWN.found()
        except UnreadableFile as error:
            self._page.refused.emit(str(error))
            return
        self._own.show_drawings(found.drawings.values(), found.damaged)
        self._teach.show_count(len(found.drawings))

    # --- a lesson ---------------------------------------------------------------------------------------------------

    def draw(self, drawn: bool) -> None:
        """The drawing on the canvas has changed; whether there is one that can be read."""
        self._drawn = drawn
        self._teach.set_ready(drawn)
        if self.lesson is None:
            self._teach.ask()  # what was told was of another drawing

    @Slot(int)
    def teach(self, label: int) -> None:
        """Keep the drawing as a ``label`` and have the network learn it, from the weights of now."""
        if not self._drawn:
            return
        document, latest, text = self._document, self._page.latest(), f"Teach a {label}"
        pens = [stroke for stroke in self._canvas.strokes if not stroke.erase]
        try:
            drawing = OwnDrawing.of(
                self._canvas.ink(), label, [[point[:2] for point in stroke.points] for stroke in pens],
                pens[0].points[0].width if pens else self._canvas.surface.brush / INK_SIDE,
            )  # fmt: skip
            # Said to be something else before: the newer word counts.
            others = tuple(name for name in OWN.with_picture(drawing) if name != drawing.id)
            exchange = _Exchange(self, text, others, (drawing,))
            exchange.do()
        except (UnreadableFile, ValueError) as error:
            self._page.refused.emit(f"The drawing was not taught. {error}")
            return
        taught = tuple(name for name in document.spec.data.taught if name not in (drawing.id, *others))
        spec = replace(document.spec, data=replace(document.spec.data, taught=(*taught, drawing.id)))
        if others:
            document.undo_stack.beginMacro(text)
            document.undo_stack.push(exchange)
        try:
            document.continue_with(text, spec)
        except InvalidSpec as error:
            self._page.refused.emit(f"The drawing is kept, but was not taught: {error}.")
            return
        finally:
            if others:
                document.undo_stack.endMacro()
        running = latest is not None and latest.state is RunState.RUNNING
        self.lesson = lessons.Lesson(label, drawing.id, document.run, document.undo_stack.index(), running)
        epochs = lessons.MOST_EPOCHS if latest is None else lessons.epochs_of(len(latest.data.train))
        self._teach.show_progress(label, 0, epochs)

    def see(self, snapshot: Snapshot) -> None:
        """A newer moment of the run is on screen."""
        lesson = self.lesson
        if lesson is None or snapshot.run != lesson.run or snapshot.viewed:
            return
        if lesson.begun is None:
            lesson.begun, lesson.epochs = snapshot, lessons.epochs_of(len(snapshot.data.train))
            until = None if lesson.goes_on else Until("epoch", snapshot.epoch + lesson.epochs)
            self._page.trainingRequested.emit(until)
        assert lesson.begun is not None
        if lesson.is_over(snapshot):
            self.lesson = None
            undoable = self._document.undo_stack.index() == lesson.undo_index
            self._teach.show_outcome(lesson.outcome(snapshot), undoable)
        else:
            self._teach.show_progress(lesson.label, snapshot.epoch - lesson.begun.epoch, lesson.epochs)

    @Slot()
    def _on_changed(self) -> None:
        """Another run, or another change: what was told is not what Undo takes back any more."""
        if self.lesson is not None and self.lesson.run != self._document.run:
            self.lesson = None
        if self.lesson is None:
            self._teach.ask()

    # --- the list ---------------------------------------------------------------------------------------------------

    @Slot(object, int)
    def name_anew(self, ids: Iterable[str], label: int) -> None:
        """Say that these drawings are a ``label``."""
        known = self._known()
        olds = [known[name] for name in ids if name in known and known[name].label != label]
        if olds:
            new = {old.id: old.labelled(label) for old in olds}
            self._change(f"Label {label}", tuple(new), tuple(new.values()), {old: one.id for old, one in new.items()})

    @Slot(object)
    def remove(self, ids: Iterable[str]) -> None:
        """Take drawings out of the file."""
        ids = tuple(ids)
        text = "Remove a drawing" if len(ids) == 1 else f"Remove {len(ids):,} drawings"
        self._change(text, ids, (), dict.fromkeys(ids))

    def _import(self, found: Found) -> None:
        known = {one.picture for one in self._known().values()}
        new = tuple(one for one in found.drawings.values() if one.picture not in known)
        parts = []
        if there := len(found.drawings) - len(new):
            parts.append(f"{there:,} {'was' if there == 1 else 'were'} there already")
        if found.damaged:
            parts.append(f"{found.damaged:,} damaged line{'' if found.damaged == 1 else 's'} left out")
        if not found.drawings:
            self._page.refused.emit("The file holds no drawings that can be read. Choose one that Export wrote.")
            return
        if new and not self._change(f"Import {_count(len(new))}", (), new, {}):
            return
        self._own.list.choose(one.id for one in new)
        self._page.noted.emit(", ".join([f"{_count(len(new))} imported", *parts]))

    def _known(self) -> dict[str, OwnDrawing]:
        try:
            return OWN.found().drawings
        except UnreadableFile:
            return {}

    def _change(
        self, text: str, gone: tuple[str, ...], new: tuple[OwnDrawing, ...], names: dict[str, str | None]
    ) -> bool:
        """Change the file, and in the experiment each of ``names`` to its new one, as one step that can be undone."""
        exchange = _Exchange(self, text, gone, new)
        try:
            exchange.do()
        except UnreadableFile as error:
            self._page.refused.emit(str(error))
            return False
        spec, stack = self._document.spec, self._document.undo_stack
        renamed = (names.get(name, name) for name in spec.data.taught)
        taught = tuple(dict.fromkeys(name for name in renamed if name is not None))
        stack.beginMacro(text)
        stack.push(exchange)
        self._page.propose(text, replace(spec, data=replace(spec.data, taught=taught)), "")
        stack.endMacro()
        return True

    def exchange(self, gone: Iterable[str], new: Iterable[OwnDrawing]) -> None:
        """Change the file, and show it. Raises :class:`UnreadableFile`."""
        OWN.exchange(gone, new)
        self._show_drawings()

    def refuse(self, sentence: str) -> None:
        """Undo could not change the file."""
        self._page.refused.emit(sentence)

    # --- files ------------------------------------------------------------------------------------------------------

    @Slot()
    def ask_import(self) -> None:
        """Ask for a file of drawings; what is there stays."""
        path, _ = QFileDialog.getOpenFileName(self._page, "Import drawings", "", FILES)
        if path:
            self.import_from(Path(path))

    def import_from(self, path: Path) -> None:
        """Add the drawings of a file."""
        self._own.read(path)

    @Slot(object)
    def ask_export(self, ids: Iterable[str] = ()) -> None:
        """Ask where to, and write these drawings, or all."""
        ids = tuple(ids) or tuple(self._known())
        if not ids:
            self._page.noted.emit("There are no drawings to export yet: draw a digit and say which it is")
            return
        path, _ = QFileDialog.getSaveFileName(self._page, "Export drawings", "drawings.jsonl", FILES)
        if not path:
            return
        target = Path(path if Path(path).suffix else path + ".jsonl")
        try:
            OWN.export(target, ids)
        except UnreadableFile as error:
            self._page.refused.emit(str(error))
        else:
            self._page.noted.emit(f"{_count(len(ids))} written to {target}")


def _count(n: int) -> str:
    return "1 drawing" if n == 1 else f"{n:,} drawings"


class _Exchange(QUndoCommand):
    """Drawings out of the file and others into it. It is done with :meth:`do` before it is pushed, since that can fail."""

    def __init__(self, teaching: Teaching, text: str, gone: tuple[str, ...], new: tuple[OwnDrawing, ...]) -> None:
        super().__init__(text)
        self._teaching, self._gone, self._new = teaching, gone, new
        self._before: tuple[OwnDrawing, ...] = ()
        self._done = False

    def do(self) -> None:
        """Raises :class:`UnreadableFile`; then nothing has changed."""
        known = OWN.found().drawings
        self._before = tuple(known[name] for name in self._gone if name in known)
        self._new = tuple(one for one in self._new if one.id not in known)
        self._teaching.exchange(self._gone, self._new)
        self._done = True

    def redo(self) -> None:
        if not self._done:
            self._try(tuple(one.id for one in self._before), self._new)
        self._done = True

    def undo(self) -> None:
        self._try(tuple(one.id for one in self._new), self._before)
        self._done = False

    def _try(self, gone: tuple[str, ...], new: tuple[OwnDrawing, ...]) -> None:
        try:
            self._teaching.exchange(gone, new)
        except UnreadableFile as error:
            self._teaching.refuse(str(error))
