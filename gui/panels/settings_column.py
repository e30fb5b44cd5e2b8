"""The settings of the experiment in one column: data, network, training, regularization; the rare is folded."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.activations import ACTIVATIONS
from engine.doctor import Finding
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.registry import Entry
from engine.schedules import SCHEDULES
from engine.snapshot import Snapshot
from engine.spec import MAX_HIDDEN_LAYERS, MAX_WIDTH, ExperimentSpec
from gui import fonts
from gui.controls.architecture_menu import ArchitectureMenu
from gui.controls.augmentation_box import AugmentationBox
from gui.controls.buttons import Disclosure
from gui.controls.dataset_gallery import CELL, COLUMNS, DatasetGallery
from gui.controls.fields import LayersField
from gui.controls.finding_badge import FindingBadge
from gui.edits import fits_numbers, limits_of, with_dataset
from gui.forms import EntryEditor, Form, Row
from gui.graphics.structure import with_layers
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

WIDTH = COLUMNS * CELL + 2 * PANEL_PADDING
_RARE = frozenset({"beta_1", "beta_2", "epsilon", "rho", "torch_epsilon"})
_RARE_DATA = frozenset({"validation_share", "scale_inputs"})
_ELSEWHERE = frozenset({"taught_times"})  # where a person's own drawings are
_STOPPING = frozenset({"shuffle", "patience", "tolerance", "stop_on_score"})
_RARE_PENALTIES = frozenset({"l2_per_sample", "input_noise", "label_smoothing", "clip_norm", "max_norm"})
_ROW_GAP = 4


class SettingsColumn(Panel):
    """Everything that can be set, for points in the plane and, with a header from the page, for images.

    ``specProposed(text, spec, merge key)`` says what a person wants; the column then waits for :meth:`show_spec`.
    ``findingChosen(key)``: the doctor's mark beside a control was pressed.
    """

    title = "Settings"
    frames_per_second = 1.0
    specProposed = Signal(str, object, str)
    findingChosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Settings")
        self._spec: ExperimentSpec | None = None
        self._header: QWidget | None = None
        self._badges: dict[str, FindingBadge] = {}
        self._findings: tuple[Finding, ...] = ()
        self._make_editors()
        self._lay_out()
        self._connect()

    # --- building ---------------------------------------------------------------------------------------------------

    def _make_editors(self) -> None:
        theme = self.theme
        self.gallery = DatasetGallery(theme)
        self.own_data = QLabel()
        self.own_data.setProperty("role", "caption")
        self.own_data.setFont(fonts.caption())
        self.own_data.setWordWrap(True)
        # Noise is touched most, so it comes first; the engine's order puts the number of points before it.
        self.noise_form = Form(theme, lambda name: name == "noise")
        self.dataset_form = Form(theme, lambda name: name != "noise")
        self.data_form = Form(theme, lambda name: name not in _RARE_DATA | _ELSEWHERE)
        self.layers = LayersField((), MAX_HIDDEN_LAYERS, MAX_WIDTH)
        self.layers.setAccessibleName("Hidden layers")
        self.layers.setToolTip(
            "The neurons of each hidden layer, like 100, 50. Empty means none: the inputs go straight to the outputs."
        )
        self.architecture = ArchitectureMenu(theme)
        self.activation = EntryEditor(
            theme, ACTIVATIONS, "Activation", "What every hidden neuron makes of its weighted sum."
        )
        self.loss = EntryEditor(
            theme, LOSSES, "Loss", "What training makes small. It also decides the output's activation."
        )
        self.initializer = EntryEditor(
            theme,
            INITIALIZERS,
            "Initializer",
            "How the first weights are drawn. A good spread lets signals pass every layer.",
        )
        self.optimizer = EntryEditor(
            theme,
            OPTIMIZERS,
            "Optimizer",
            "How gradients become steps.",
            rare=_RARE,
            elsewhere=frozenset({"learning_rate"}),
        )
        self.rate_form = Form(theme, lambda name: name == "learning_rate")
        self.batch_form = Form(theme, lambda name: name == "batch_size")
        self.seed_form = Form(theme, lambda name: name == "seed", {"seed": "Weights seed"})
        self.penalty_form = Form(theme, lambda name: name in ("l1", "l2", "dropout"), {"l2": "L2"})
        self.rare_penalty_form = Form(theme, lambda name: name in _RARE_PENALTIES)
        self.count = QLabel()
        self.count.setProperty("role", "caption")
        self.count.setFont(fonts.tabular(fonts.caption()))
        self.count.setWordWrap(True)
        self.count.setToolTip(
            "Numbers that training changes, and multiplications of a weight and a signal in the answer for one sample."
        )
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setFont(fonts.caption())
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.more_network = Disclosure(theme, self.initializer)
        self.more_network.describe("initializer")
        self.schedule = EntryEditor(theme, SCHEDULES, "Schedule", "How the learning rate changes from epoch to epoch.")
        self.rare_training = QWidget()
        box = QVBoxLayout(self.rare_training)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(_ROW_GAP)
        box.addWidget(self.optimizer.rare_form)
        box.addWidget(self.schedule)
        self.validation_form = Form(theme, lambda name: name in _RARE_DATA or name == "seed")
        self.stop_form = Form(theme, lambda name: name in _STOPPING)
        box.addWidget(self.validation_form)
        box.addWidget(self.stop_form)
        self.more_training = Disclosure(theme, self.rare_training)
        self.augmentation = AugmentationBox(theme)
        self.more_augmentation = Disclosure(theme, self.augmentation, "None")
        self.more_penalties = Disclosure(theme, self.rare_penalty_form)

    def _lay_out(self) -> None:
        content = QWidget()
        content.setProperty("surface", "none")
        self._box = QVBoxLayout(content)
        self._box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, GRID)
        self._box.setSpacing(_ROW_GAP)
        self._heading("Data")
        self._header_at = self._box.count()
        self._box.addWidget(self.gallery)
        self._box.addWidget(self.own_data)
        for form in (self.noise_form, self.dataset_form, self.data_form):
            self._box.addWidget(form)
        self._heading("Network", self.architecture, self.more_network)
        self.layers_row = Row("Hidden layers", self.layers, self.layers.toolTip())
        for widget in (self.layers_row, self.problem, self.activation, self.loss, self.initializer, self.count):
            self._box.addWidget(widget)
        self._heading("Training", self.more_training)
        for widget in (self.rate_form, self.optimizer, self.batch_form, self.seed_form, self.rare_training):
            self._box.addWidget(widget)
        self.augmentation_head = self._heading("Augmentation", self.more_augmentation)
        self._box.addWidget(self.augmentation)
        self._heading("Regularization", self.more_penalties)
        self._box.addWidget(self.penalty_form)
        self._box.addWidget(self.rare_penalty_form)
        self._box.addStretch(1)

        self.scroll_area = QScrollArea(self)
        self.scroll_area.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_area.setWidget(content)
        # The bar lies in the panel's padding, over the content, so that its coming and going moves nothing.
        content.setFixedWidth(WIDTH)
        self.scroll_area.horizontalScrollBar().rangeChanged.connect(self._never_sideways)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.scroll_area)

    def _never_sideways(self) -> None:
        # The content is as wide as the panel, so by the bar's width wider than the viewport: nothing worth scrolling to.
        self.scroll_area.horizontalScrollBar().setMaximum(0)

    def _heading(self, text: str, *more: QWidget) -> QWidget:
        label = QLabel(text)
        label.setProperty("role", "heading")
        label.setFont(fonts.caption(fonts.SEMIBOLD))
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(label, 1)
        for widget in more:
            row.addWidget(widget)
        first = self._box.count() == 0
        row.addStrut(16 if first else 28)
        self._box.addWidget(head)
        return head

    def _connect(self) -> None:
        # Everything here lives in the window's thread, so partials are safe.
        self.gallery.chosen.connect(self._on_dataset)
        for form in (self.noise_form, self.dataset_form):
            form.changed.connect(self._on_dataset_setting)
        for form in (self.data_form, self.validation_form):
            form.changed.connect(partial(self._on_setting, "data"))
        self.layers.committed.connect(self._on_layers)
        self.architecture.chosen.connect(self._on_layers)
        self.layers.refused.connect(self._show_problem)
        for name in ("activation", "loss", "initializer"):
            getattr(self, name).changed.connect(partial(self._on_network_entry, name))
        self.optimizer.changed.connect(self._on_optimizer)
        self.schedule.changed.connect(self._on_schedule)
        self.augmentation.changed.connect(partial(self._on_setting, "augmentation"))
        self.rate_form.changed.connect(self._on_rate)
        for form in (self.batch_form, self.seed_form, self.stop_form, self.penalty_form, self.rare_penalty_form):
            form.changed.connect(partial(self._on_setting, "training"))

    # --- showing ----------------------------------------------------------------------------------------------------

    def set_data_header(self, widget: QWidget) -> None:
        """What stands in the place of the gallery for data that is not points in the plane (digits)."""
        self._header = widget
        self._box.insertWidget(self._header_at, widget)
        widget.setVisible(self._spec is not None and not self._spec.data.dataset.planar)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Show ``spec``; emits nothing."""
        self._spec = spec
        planar = spec.data.dataset.planar
        self.gallery.setVisible(planar)
        if self._header is not None:
            self._header.setVisible(not planar)
        dataset = spec.data.dataset
        self.own_data.setText(f"{dataset.title}. {dataset.summary}")
        self.own_data.setVisible(planar and not dataset.in_menus)
        self.layers_row.setVisible(not planar)
        if planar:
            self.gallery.set_name(spec.data.dataset.name)
        self.noise_form.show_instance(spec.data.dataset)
        self.dataset_form.show_instance(spec.data.dataset)
        for form in (self.data_form, self.validation_form):
            form.show_instance(spec.data)
        self.validation_form.set_shown("scale_inputs", planar)  # pixels have one scale
        # Images that come with test images of their own leave nothing to share out but what validates.
        drawn = dataset.n_test is None
        self.data_form.set_shown("train_share", drawn)
        # Of images the split is seldom drawn anew, and their column has more to hold.
        self.data_form.set_shown("seed", planar)
        self.validation_form.set_shown("seed", not planar and (drawn or spec.data.validation_share > 0))
        self._show_augmentation(spec)
        # A truth table trains and tests on its four rows: there is nothing to share out.
        self.data_form.setVisible(not is_table(spec))
        self.validation_form.setVisible(not is_table(spec))
        self.layers.set_value(spec.network.hidden_layer_sizes)
        self.architecture.set_sizes(spec.network.hidden_layer_sizes)
        regression = spec.data.dataset.regression
        self.loss.offer(fits_numbers if regression else None)
        self.rare_penalty_form.set_shown("label_smoothing", not regression)  # numbers are never certain
        self.activation.show_entry(spec.network.activation)
        self.loss.show_entry(spec.network.loss)
        self.initializer.show_entry(spec.network.initializer)
        self.optimizer.show_entry(spec.optimizer)
        self.rate_form.show_instance(spec.optimizer)
        for form in (self.batch_form, self.seed_form, self.stop_form, self.penalty_form, self.rare_penalty_form):
            form.show_instance(spec.training)
        self.schedule.show_entry(spec.training.schedule)
        self.more_training.describe(", ".join([*self.optimizer.rare_form.labels(), "schedule", "early stopping"]))
        self.more_penalties.describe(", ".join(self.rare_penalty_form.labels()))
        self.count.setText(count_text(spec))
        self.problem.hide()

    def _show_augmentation(self, spec: ExperimentSpec) -> None:
        images = bool(spec.image_side)
        self.augmentation_head.setVisible(images)
        self.augmentation.show_augmentation(spec.augmentation)
        kinds = [f for f in fields(spec.augmentation) if getattr(spec.augmentation, f.name)]
        first = kinds[0].metadata["range"].label.split(",")[0] if kinds else "None"
        self.more_augmentation.rename(first if len(kinds) < 2 else f"{len(kinds)} kinds")
        self.more_augmentation.describe("shift, rotation, size and more" if images else "")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.augmentation.show_data(snapshot.data)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """The doctor's mark beside each setting that a finding is about."""
        self._findings = findings
        about = {finding.where.setting: finding for finding in reversed(findings) if finding.where.setting}
        for path in about.keys() | self._badges.keys():
            control, badge = self._control_of(path), self._badges.get(path)
            if control is None:
                continue
            if badge is None or badge.control is not control:  # a form that was built anew took the old one with it
                badge = self._badges[path] = FindingBadge(self.theme, control)
                badge.chosen.connect(self.findingChosen)
            badge.show_finding(self.theme, about.get(path))

    def _control_of(self, path: str) -> QWidget | None:
        """The editor of a setting that stays for good, in a row of its own."""
        group, name = path.split(".")
        forms = {"optimizer": (self.rate_form,), "training": (self.penalty_form, self.batch_form)}.get(group, ())
        return next((form.editors[name] for form in forms if name in form.editors), None)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.show_findings(self._findings)
        for widget in (
            self.gallery,
            self.noise_form,
            self.dataset_form,
            self.data_form,
            self.validation_form,
            self.stop_form,
            self.activation,
            self.loss,
            self.initializer,
            self.optimizer,
            self.schedule,
            self.rate_form,
            self.batch_form,
            self.seed_form,
            self.penalty_form,
            self.rare_penalty_form,
            self.architecture,
            self.more_network,
            self.more_training,
            self.more_penalties,
            self.augmentation,
            self.more_augmentation,
        ):
            widget.apply_theme(theme)

    # --- proposing --------------------------------------------------------------------------------------------------

    def _propose(self, text: str, spec: ExperimentSpec, merge_key: str = "") -> None:
        if self._spec is None or spec == self._spec:
            return
        if problems := spec.validate():
            self.show_spec(self._spec)
            self._show_problem(problems[0])
            return
        self.problem.hide()
        self.specProposed.emit(text, spec, merge_key)

    def _show_problem(self, sentence: str) -> None:
        self.problem.setText(sentence[:1].upper() + sentence[1:])
        self.problem.show()

    def _on_dataset(self, name: str) -> None:
        if self._spec is not None:
            self._propose("Data set", with_dataset(self._spec, name))

    def _on_dataset_setting(self, name: str, value: Any, dragging: bool) -> None:
        if self._spec is not None:
            data = replace(self._spec.data, dataset=replace(self._spec.data.dataset, **{name: value}))
            text = limits_of(data.dataset, name).label
            self._propose(text, replace(self._spec, data=data), f"data.dataset.{name}" if dragging else "")

    def _on_setting(self, group: str, name: str, value: Any, dragging: bool) -> None:
        if self._spec is not None:
            node = getattr(self._spec, group)
            # As with activations: a dropout that is chosen here is meant for every layer.
            others = {"layer_dropout": ()} if name == "dropout" else {}
            new = replace(self._spec, **{group: replace(node, **{name: value}, **others)})
            self._propose(limits_of(node, name).label, new, f"{group}.{name}" if dragging else "")

    def _on_layers(self, sizes: tuple[int, ...], shape: str = "") -> None:
        if self._spec is not None:
            self._propose(shape or "Hidden layers", with_layers(self._spec, sizes))

    def _on_network_entry(self, kind: str, entry: Entry, setting: str, dragging: bool) -> None:
        if self._spec is not None:
            # An activation that is chosen here is meant for every layer, also for those that had one of their own.
            others = {"layer_activations": ()} if kind == "activation" else {}
            new = replace(self._spec, network=replace(self._spec.network, **{kind: entry}, **others))
            self._propose(setting or kind.capitalize(), new, f"network.{kind}.{setting}" if dragging else "")

    def _on_optimizer(self, entry: Any, setting: str, dragging: bool) -> None:
        if self._spec is not None:
            new = replace(self._spec, optimizer=entry)
            self._propose(setting or "Optimizer", new, f"optimizer.{setting}" if dragging else "")

    def _on_schedule(self, entry: Any, setting: str, dragging: bool) -> None:
        if self._spec is not None:
            new = replace(self._spec, training=replace(self._spec.training, schedule=entry))
            self._propose(setting or "Schedule", new, f"training.schedule.{setting}" if dragging else "")

    def _on_rate(self, name: str, value: Any, dragging: bool) -> None:
        if self._spec is not None:
            new = replace(self._spec, optimizer=replace(self._spec.optimizer, **{name: value}))
            self._propose(limits_of(new.optimizer, name).label, new, f"optimizer.{name}" if dragging else "")


def is_table(spec: ExperimentSpec) -> bool:
    """Samples that are not split: four or fewer, or those that all train."""
    dataset = spec.data.dataset
    return not dataset.is_split or (dataset.planar and getattr(dataset, "n_samples", 0) <= 4)


def count_text(spec: ExperimentSpec) -> str:
    """``105 parameters, 88 products``: short enough for one line with five figures each."""
    return f"{spec.n_parameters:,} parameters, {spec.n_multiplications:,} products"
