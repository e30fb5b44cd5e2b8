"""The neuron by numbers: one sample, from x to the new weights, written as on paper."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.perceptron import Update
from gui import fonts
from gui.graphics import perceptron_words as words
from gui.panels.base import Panel
from gui.perceptron_view import PerceptronView
from gui.theme import GRID, PANEL_PADDING, Theme

_STEPS = (
    ("sample", "Which sample was looked at last, its inputs and its class."),
    ("sum", "The weighted sum: every input times its weight, and the bias."),
    ("answer", "The step: 1 where the weighted sum is above 0, else 0."),
    ("error", "The class minus the answer: 0 where it is right, and then nothing changes."),
    (
        "weights",
        "What the mistake makes of the weights: they move by η · error · x. The arrow in the plane is this step.",
    ),
    ("bias", "What the mistake makes of the bias, whose input is always 1."),
)


class PerceptronNumbers(Panel):
    """One label a step; what changed carries the color of its sign."""

    title = "By numbers"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._view: PerceptronView | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, GRID)
        box.setSpacing(6)
        self.lines: dict[str, QLabel] = {}
        for name, tip in _STEPS:
            label = QLabel()
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setWordWrap(True)
            label.setFont(fonts.figures())
            label.setToolTip(tip)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.addWidget(label)
            self.lines[name] = label
        box.addStretch(1)

    def sizeHint(self) -> QSize:
        return QSize(320, 262)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 200)

    def show_view(self, view: PerceptronView) -> None:
        """The sample just looked at, or what there will be."""
        self._view = view
        if view.update is None:
            first = self._quiet(words.NO_NUMBERS) if view.line is None else self._start(view)
            texts = dict.fromkeys(self.lines, "") | {"sample": first}
        else:
            texts = self._of(view.update, view)
        for name, label in self.lines.items():
            if label.text() != texts[name]:
                label.setText(texts[name])
                label.setVisible(bool(texts[name]))

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        if self._view is not None:
            self.show_view(self._view)

    def plain(self) -> list[str]:
        """What it says, line by line, without its looks."""
        return [words.unmarked(line) for label in self.lines.values() for line in label.text().split("<br>") if line]

    def _start(self, view: PerceptronView) -> str:
        assert view.line is not None
        return "<br>".join(
            [f"w = <b>{words.pair(words.weights(view.line))}</b>", f"b = <b>{words.value(view.line.b)}</b>",
             self._quiet(words.NOT_YET)]
        )  # fmt: skip

    def _of(self, update: Update, view: PerceptronView) -> dict[str, str]:
        rate, n = view.problem.settings.learning_rate, len(view.labels)
        place = view.position or n
        formula, numbers = words.weighted_sum(update)
        fires = f"z {'&gt;' if update.z > 0 else '≤'} 0, so the answer is <b>{update.prediction}</b>"
        error = self._colored(words.value(update.error), update.error)
        texts = {
            "sample": f"{self._quiet(f'Epoch {update.epoch:,}, sample {place} of {n}')}<br>"
            f"x = <b>{words.pair(update.x)}</b> &nbsp; y = <b>{update.y}</b>",
            "sum": f"z = {formula}{self._then(numbers)}{self._then(f'<b>{words.value(update.z)}</b>')}",
            "answer": fires,
            "error": f"error = y − answer = {update.y} − {update.prediction} = <b>{error}</b>",
            "weights": self._quiet("Right: the weights stay as they are."),
            "bias": "",
        }
        if update.error:
            after = words.pair(words.weights(update.after))
            texts["weights"] = (
                f"w ← w + η·error·x{self._then(words.weights_move(update, rate))}"
                f"{self._then(f'<b>{self._colored(after, update.error)}</b>')}"
            )
            result = self._colored(words.value(update.after.b), update.error)
            texts["bias"] = f"b ← b + η·error{self._then(f'{words.bias_move(update, rate)} = <b>{result}</b>')}"
        return texts

    def _then(self, text: str) -> str:
        return f"<br>&nbsp;&nbsp;&nbsp; = {text}"

    def _quiet(self, text: str) -> str:
        return f'<span style="color:{self.theme.quiet.name()}">{text}</span>'

    def _colored(self, text: str, sign: int) -> str:
        """Blue for what is added, orange for what is taken away; the sign stands in the number too."""
        if not sign:
            return text
        color = self.theme.ink(self.theme.positive if sign > 0 else self.theme.negative)
        return f'<span style="color:{color.name()}">{text}</span>'
