"""Everything a person can do, as a table: menus, shortcuts and tooltips are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action. Plain keys (``yields``) step aside while the focus is where keys are typed."""

    id: str
    text: str
    keys: tuple[str, ...]
    menu: str
    help: str
    yields: bool = False
    checkable: bool = False


ACTIONS = (
    ActionSpec("new", "New experiment", ("Ctrl+N",), "File",
               "Starts over with this page's first experiment. Undo brings yours back."),
    ActionSpec("open", "Open…", ("Ctrl+O",), "File",
               "Opens an experiment, or weights from PyTorch (.safetensors) or scikit-learn (.skops). What is open stays if "
               "the file is damaged."),
    ActionSpec("save", "Save", ("Ctrl+S",), "File",
               "Saves settings, weights and history; opened again, training goes on with the same bits."),
    ActionSpec("save_as", "Save as…", ("Ctrl+Shift+S",), "File", "Saves under another name."),
    ActionSpec("images", "Get images…", (), "File",
               "Finds image sets on this computer, opens a file, or downloads MNIST; a network then learns to read them."),
    ActionSpec("import_drawings", "Import drawings…", (), "File",
               "Adds drawings from a file to your own. What is there stays."),
    ActionSpec("export_drawings", "Export drawings…", (), "File",
               "Writes your own drawings to a file, to be imported elsewhere."),
    ActionSpec("picture", "Save picture…", ("Ctrl+Shift+E",), "File", "Saves the whole window as a PNG."),
    ActionSpec("quit", "Quit", ("Ctrl+Q",), "File",
               "Closes the window. The experiment is there again at the next start."),
    ActionSpec("undo", "Undo", ("Ctrl+Z",), "Edit", "Takes the last change back, trained weights included."),
    ActionSpec("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit", "Does the undone change again."),
    ActionSpec("play", "Play or pause", ("Space",), "Run", "Trains until you press it again.", yields=True),
    ActionSpec("step", "Step", ("Right", "S"), "Run",
               "Trains one epoch, mini-batch or sample, or looks at one phase, as chosen.", yields=True),
    ActionSpec("step_back", "Step back", ("Left",), "Run",
               "Goes back to the start of this epoch, or of the one before. Forward again gives the same bits.", yields=True),
    ActionSpec("first_epoch", "Look at the first epoch", ("Home",), "Run",
               "Shows where this run began. Nothing is lost: End shows where it stands.", yields=True),
    ActionSpec("last_epoch", "Back to the end", ("End",), "Run", "Shows the run as it stands now.", yields=True),
    ActionSpec("branch", "Continue from here", ("B",), "Run",
               "Begins a branch at the epoch looked at; the run stays as it is.", yields=True),
    ActionSpec("run_epochs", "Run 100 epochs", ("Shift+Right",), "Run", "Trains 100 epochs, then pauses.", yields=True),
    ActionSpec("reset", "Reset", ("R",), "Run", "Starts again from the same first weights.", yields=True),
    ActionSpec("dice", "New weights", ("Shift+R",), "Run",
               "Draws other first weights and starts with them.", yields=True),
    ActionSpec("code", "Code", ("C",), "View",
               "Shows or hides the engine's own lines, those marked that run in a phase step.", yields=True),
    ActionSpec("pin", "Pin value", ("P",), "View",
               "Puts the weight, bias or neuron under the pointer, or the selected one, on the watch list, or takes it off.",
               yields=True),
    ActionSpec("pin_gradient", "Pin gradient", ("Shift+P",), "View",
               "Puts the gradient of the weight or bias under the pointer, or of the selected one, on the watch list.",
               yields=True),
    ActionSpec("weights", "Weights", ("W",), "View",
               "Shows or hides the histogram of the weights against the start.", yields=True),
    ActionSpec("theme", "Light or dark", ("Ctrl+T",), "View", "Switches between the light and the dark theme."),
    ActionSpec("inspector", "Inspector", ("I",), "View",
               "Shows or hides the numbers behind what is selected: where they come from, and what an update makes of them.",
               yields=True),
    ActionSpec("reduce_motion", "Reduce motion", (), "View", "Turns glides off.", checkable=True),
    ActionSpec("doctor", "Doctor's findings", ("D",), "View",
               "Opens or closes the panel that says what ails the training, and what may help.", yields=True),
    ActionSpec("examine", "Examine training", (), "View",
               "Has the doctor look at the run and mark what ails it. Off: nothing is looked at, and nothing marked.",
               checkable=True),
    ActionSpec("full_screen", "Full screen", ("F11",), "View", "Fills the screen, for a projector."),
    ActionSpec("reset_docks", "Reset layout", (), "View", "Puts every panel back where it was at first."),
    ActionSpec("explain", "Explain what is under the pointer", ("F1",), "Help",
               "Shows what the thing under the pointer does."),
    ActionSpec("keys", "Keys", ("?",), "Help", "Lists the keys.", yields=True),
    ActionSpec("about", "About Neuroloom", (), "Help", "Version and where the log lies."),
)  # fmt: skip
MENUS = ("File", "Edit", "Run", "View", "Help")


class Actions(QObject):
    """The QActions of a window, by id: ``actions["play"].triggered``."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        for spec in ACTIONS:
            action = QAction(spec.text, window)
            action.setObjectName(spec.id)
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setToolTip(spec.help)
            action.setStatusTip(spec.help)
            action.setCheckable(spec.checkable)
            window.addAction(action)
            self._actions[spec.id] = action

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def yield_keys(self, typing: bool, but: str = "") -> None:
        """While something is typed, plain keys belong to the editor; all ``but`` one that it has no use for."""
        for spec in ACTIONS:
            if spec.yields:
                keys = [key for key in spec.keys if not typing or key == but]
                self._actions[spec.id].setShortcuts([QKeySequence(key) for key in keys])
