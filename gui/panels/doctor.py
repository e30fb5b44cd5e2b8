"""The doctor's panel: what ails this run, where, why, and what may help."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QWidget

from engine.doctor import Finding, Remedy
from engine.spec import ExperimentSpec
from gui.controls.finding_card import FindingCard
from gui.edits import limits_of
from gui.graphics.graph_words import neuron_name
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

LIST_WIDTH = 160
_EMPTY = "Nothing ails this run. What the doctor finds while it trains will be listed here."
_OFF = "The doctor is switched off. Menu ▸ View ▸ Examine training switches it on."


class DoctorPanel(Panel):
    """Findings on the left, the chosen one on the right.

    ``specProposed(text, spec, merge key)`` applies a remedy; ``dismissed(key)`` asks for no more of a finding.
    """

    title = "Doctor"

    specProposed = Signal(str, object, str)
    dismissed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName("Doctor")
        self._spec: ExperimentSpec | None = None
        self._findings: tuple[Finding, ...] = ()
        self._newest: tuple[Finding, ...] = ()
        self._picked: object = None  # the key of the finding that a person chose
        self._filling = False
        self.list = QListWidget()
        self.list.setAccessibleName("Findings")
        self.list.setToolTip(
            "What the doctor found, the gravest first. Arrow keys choose; the rest of the panel explains."
        )
        self.list.setFixedWidth(LIST_WIDTH)
        self.list.setProperty("look", "plain")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.card = FindingCard(theme)
        self.empty = QLabel(_EMPTY)
        self.empty.setProperty("role", "caption")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_PADDING, 4, PANEL_PADDING, PANEL_PADDING)
        row.setSpacing(16)
        row.addWidget(self.list)
        row.addWidget(self.card, 1)
        row.addWidget(self.empty, 1)
        self.setMinimumHeight(176)
        self.list.currentRowChanged.connect(self._on_chosen)
        self.card.applied.connect(self._on_applied)
        self.card.dismissed.connect(self.dismissed)
        self._fill(())

    def sizeHint(self) -> QSize:
        return QSize(640, 224)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.card.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """The experiment that remedies are applied to."""
        self._spec = spec

    def set_enabled(self, enabled: bool) -> None:
        """Say whether anything is examined at all."""
        self.empty.setText(_EMPTY if enabled else _OFF)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """List these; the one that a person chose stays so while it is among them, else the gravest is shown.

        A hidden panel only remembers them.
        """
        self._newest = findings
        if self.isVisible():
            self._fill(findings)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill(self._newest)

    def _fill(self, findings: tuple[Finding, ...]) -> None:
        had_keyboard = self._has_keyboard()
        same = [f.key for f in findings] == [f.key for f in self._findings]
        self._findings = findings
        self._filling = True
        if not same:
            self.list.clear()
            for _ in findings:
                item = QListWidgetItem(self.list)
                item.setSizeHint(QSize(LIST_WIDTH - 2 * GRID, 44))
        for row, finding in enumerate(findings):
            self.list.item(row).setText(f"{finding.title}\n{self.place_of(finding)}")
            self.list.item(row).setToolTip(finding.sentence)
        self.list.setVisible(len(findings) > 1)
        self.empty.setVisible(not findings)
        keys = [finding.key for finding in findings]
        row = keys.index(self._picked) if self._picked in keys else 0 if keys else -1
        if row != self.list.currentRow():
            self.list.setCurrentRow(row)
        self._filling = False
        self._show_row(row)
        if had_keyboard and not self._has_keyboard():
            # Qt would pass it on to whatever comes next, and keys would go into a field of the settings.
            self.window().setFocus()

    def _has_keyboard(self) -> bool:
        return self.isAncestorOf(QApplication.focusWidget()) if QApplication.focusWidget() else False

    @Slot(object)
    def choose(self, key: object) -> None:
        """Show one of the findings and give the list the keyboard."""
        for row, finding in enumerate(self._findings):
            if finding.key == key:
                self._picked = key
                self.list.setCurrentRow(row)
                self._show_row(row)
        self.take_keyboard()

    def take_keyboard(self) -> None:
        """Arrow keys choose among several findings, Tab leads on to the buttons."""
        if self._findings:
            first = self.list if len(self._findings) > 1 else self.card.why
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def place_of(self, finding: Finding) -> str:
        """``hidden 1, neuron 3``, ``hidden 1``, ``Learning rate``."""
        where = finding.where
        if where.setting:
            return _label_of(self._spec, where.setting)
        if self._spec is None:
            return ""
        if where.layer == 0:
            return "inputs"
        if where.layer == len(self._spec.layer_sizes) - 1:
            return "output"
        if len(where.neurons) == 1 and where.neurons[0] < self._spec.layer_sizes[where.layer]:
            return neuron_name(self._spec, where.layer, where.neurons[0])
        return f"hidden {where.layer}"

    @Slot(int)
    def _on_chosen(self, row: int) -> None:
        if not self._filling and 0 <= row < len(self._findings):
            self._picked = self._findings[row].key
            self._show_row(row)

    def _show_row(self, row: int) -> None:
        finding = self._findings[row] if 0 <= row < len(self._findings) else None
        self.card.show_finding(finding, self.place_of(finding) if finding is not None else "")

    @Slot(object)
    def _on_applied(self, remedy: Remedy) -> None:
        if self._spec is not None:
            self.specProposed.emit(remedy.text, remedy.apply(self._spec), "")


def _label_of(spec: ExperimentSpec | None, path: str) -> str:
    """What a form calls the setting at ``path``."""
    group, name = path.split(".")
    if spec is None:
        return name
    return limits_of(getattr(spec, group), name).label
