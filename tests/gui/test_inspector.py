"""The inspector: its text read back is training's gradient; its numbers are links; it follows, and it costs nothing hidden."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.snapshot import RunState, Snapshot
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trainer import Trainer
from gui.graphics.derivation import Derivation, Line, Span, figure, line_text
from gui.graphics.derivation_text import latex, markdown, math
from gui.graphics.sample_choice import Choice, find_sample, nearest_sample
from gui.graphics.targets import Target
from gui.panels import inspector as inspector_module
from gui.panels.inspector import Inspector
from gui.theme import LIGHT
from tests.gui.opened import LEFT

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
NUMBER = re.compile(r"−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")
XOR = ExperimentSpec(
    DataSpec(DATASETS["xor"]()), NetworkSpec((4,)), OPTIMIZERS["adam"](), TrainingSpec(batch_size=4, l2=0.01)
)


def read(text: str) -> float:
    digits, _, power = text.replace("−", "-").partition("·10")
    return float(f"{digits}e{power.translate(RAISED)}" if power else digits)


def numbers(text: str) -> list[float]:
    return [read(found) for found in NUMBER.findall(text)]


@pytest.fixture
def panel(qtbot) -> Inspector:
    panel = Inspector(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(700, 160)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def show(panel: Inspector, trainer: Trainer, **more: object) -> Snapshot:
    rate = trainer.descent.optimizer.learning_rate
    snapshot = replace(trainer.snapshot(minibatch=True), learning_rate=rate, **more)
    panel.show_spec(snapshot.spec)
    panel.show_snapshot(snapshot)
    return snapshot


def line(panel: Inspector, start: str) -> str:
    return next(text for text in panel.texts() if text.startswith(start))


# --- how numbers are written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, 1.0, -0.0821134, 12345.678, 1e-12, -3.14159e-12, 99999.6, 4.2e9, 0.000123456])
def test_a_figure_reads_back_to_its_digits(value: float) -> None:
    assert read(figure(value)) == pytest.approx(value, rel=5e-4)
    assert read(figure(value, all_digits=True)) == value
    single = np.float32(value)
    assert np.float32(read(figure(single, all_digits=True))) == single


def test_what_is_no_number_is_called_so() -> None:
    assert [figure(v) for v in (np.nan, np.inf, -np.inf)] == ["not a number", "∞", "−∞"]


def test_a_negative_number_after_a_sign_is_in_parentheses() -> None:
    spans = (Span("x = "), Span(number=-1.0), Span(" × "), Span(number=-2.0), Span(" = "), Span(number=2.0))
    assert line_text(Line(spans)) == "x = −1 × (−2) = 2"


# --- the text is the truth --------------------------------------------------------------------------------------------


def experiments(rng: np.random.Generator, n: int) -> list[ExperimentSpec]:
    """Networks of every kind that the window can build."""
    made = []
    optimizers = [cls() for cls in OPTIMIZERS if not cls.full_batch]
    for i in range(n):
        dataset = DATASETS[("xor", "spiral", "spiral3", "digits", "bumps", "moons")[i % 6]]()
        losses = [cls() for cls in LOSSES if not dataset.regression or cls().linear() is not None]
        sizes = tuple(int(k) for k in rng.integers(1, 9, int(rng.integers(0, 4))))
        if dataset.name == "digits":
            sizes = (70, 9)
        activations = [cls() for cls in ACTIVATIONS if cls.name != "step"]
        network = NetworkSpec(sizes, activations[i % len(activations)], losses[i % len(losses)])
        training = TrainingSpec(
            batch_size=int(rng.integers(2, 20)), dropout=0.25 * (i % 2), input_noise=0.1, l2=0.01 * (i % 3),
            l1=0.001 * (i % 2), clip_norm=0.5 * (i % 3), max_norm=2.0 * (i % 2),
        )  # fmt: skip
        made.append(ExperimentSpec(DataSpec(dataset), network, optimizers[i % len(optimizers)], training))
    return made


def gradient_of(
    spec: ExperimentSpec, snapshot: Snapshot, choice: Choice | None, dtype: type
) -> tuple[np.ndarray, float]:
    """Training's own backward pass over one sample: the gradients and the loss."""
    found = find_sample(snapshot, choice)
    assert found is not None
    sample = found.sample
    network = Network(snapshot.layout, spec.activations, spec.loss, dtype)
    network.params[:] = snapshot.params
    work = network.work(1, tuple(mask is not None for mask in sample.masks))
    for layer, mask in zip(work, sample.masks, strict=False):
        if mask is not None:
            layer.mask[:] = mask
    x, targets = sample.x[None].astype(dtype), sample.targets[None].astype(dtype)
    loss = spec.loss.value(network.forward(x, work), targets)
    network.backward(x, targets, work)
    return network.grads, loss


def gradients_of_a_step(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Train one mini-batch; what the backward pass left in the gradients."""
    seen = []
    backward = Network.backward

    def watched(network: Network, *args: object) -> None:
        backward(network, *args)
        seen.append(network.grads.copy())

    with monkeypatch.context() as patch:
        patch.setattr(Network, "backward", watched)
        trainer.step_batch()
    return seen[0]


def test_a_hundred_weights_read_back(panel: Inspector, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    walked = corners = 0
    for spec in experiments(rng, 25):
        trainer = Trainer(spec)
        for _ in range(3):
            trainer.step_batch()
        snapshot, layout = show(panel, trainer), trainer.network.layout
        written, updates = {}, {}
        for turn in range(4):
            choice = None if turn == 0 else Choice("train", int(rng.integers(len(snapshot.data.train))))
            panel.show_sample(choice)
            layer = int(rng.integers(layout.depth))
            source, index = int(rng.integers(layout.sizes[layer])), int(rng.integers(layout.sizes[layer + 1]))
            flat = layout.weight_index(layer, source, index)
            panel.show_target(Target("edge", layer, index, source))
            single, _ = gradient_of(spec, snapshot, choice, np.float32)
            double, _ = gradient_of(spec, snapshot, choice, np.float64)

            panel.digits_box.setChecked(False)
            *_, delta, a, product = numbers(line(panel, "∂L/∂w = "))
            assert product == pytest.approx(single[flat], rel=5e-4, abs=1e-30)
            assert delta * a == pytest.approx(product, rel=2e-3, abs=1e-30)

            panel.digits_box.setChecked(True)
            assert np.float32(numbers(line(panel, "∂L/∂w = "))[-1]) == single[flat], "all digits are all of its bits"
            difference, off = numbers(line(panel, "check: "))[1:]
            corner = any("corner" in text for text in panel.texts())
            corners += corner
            assert abs(difference - double[flat]) <= 1e-6 * max(abs(double[flat]), 1e-5) or corner
            assert off <= 1e-6 or corner
            means = [text for text in panel.texts() if text.startswith("g = ") and "mean" in text]
            written[flat] = np.float32(numbers(means[0])[-1])
            last = [text for text in panel.texts() if text.startswith(("next w", "max-norm"))][-1]
            updates[flat] = np.float32(numbers(last)[-1])
            walked += 1
        seen = gradients_of_a_step(trainer, monkeypatch)
        assert {flat: seen[flat] for flat in written} == written, "the mean has training's own bits"
        assert {flat: trainer.network.params[flat] for flat in updates} == updates, "and so has the next weight"
    assert walked == 100
    assert corners <= 3, "where a ReLU stands at 0 exactly, and nowhere else"


@pytest.mark.parametrize(
    "target", [Target("neuron", 1, 2), Target("neuron", 2, 0), Target("bias", 1, 3), Target("neuron", 0, 1)]
)
def test_every_sum_adds_up(panel: Inspector, target: Target) -> None:
    trainer = Trainer(XOR)
    trainer.step_batch()
    snapshot = show(panel, trainer)
    panel.show_target(target)
    panel.digits_box.setChecked(True)
    one = find_sample(snapshot, None).sample.trace(XOR, snapshot.layout, snapshot.params)
    texts = panel.texts()
    if target.kind == "neuron" and target.layer:
        *terms, bias, z = numbers(texts[0].removeprefix("z = Σ w·a + b = "))
        assert sum(w * a for w, a in zip(terms[::2], terms[1::2], strict=True)) + bias == pytest.approx(z, rel=1e-5)
        assert np.float32(z) == one.z[target.layer - 1][0, target.index]
    if target.layer:
        delta = one.delta[target.layer - 1][0, target.index]
        assert delta in [np.float32(numbers(text)[-1]) for text in texts if text.startswith(("δ = ", "∂L/∂b"))]
    else:
        assert "An input is given by the sample" in texts[0]


def test_a_wide_layer_shows_the_largest_terms_and_the_rest(panel: Inspector) -> None:
    trainer = Trainer(ExperimentSpec(DataSpec(DATASETS["digits"]()), NetworkSpec((100, 50))))
    show(panel, trainer)
    panel.show_target(Target("neuron", 2, 3))
    panel.digits_box.setChecked(True)
    text = panel.texts()[0]
    assert "… 92 more: " in text
    before, after = text.removeprefix("z = Σ w·a + b = ").split(" + … 92 more: ")
    terms, (rest, bias, z) = numbers(before), numbers(after)
    assert len(terms) == 16
    total = sum(w * a for w, a in zip(terms[::2], terms[1::2], strict=True)) + rest + bias
    assert total == pytest.approx(z, rel=1e-4, abs=1e-5)


def test_softmax_is_explained_by_p_minus_y(panel: Inspector) -> None:
    trainer = Trainer(ExperimentSpec(DataSpec(DATASETS["digits"]()), NetworkSpec((10,))))
    show(panel, trainer)
    panel.show_target(Target("neuron", 2, 3))
    p, y, delta = numbers(line(panel, "δ = p − y"))
    assert y in (0, 1)
    assert delta == pytest.approx(p - y, abs=1e-3)


def test_l_bfgs_says_in_a_sentence_who_decides(panel: Inspector) -> None:
    show(panel, Trainer(replace(XOR, optimizer=OPTIMIZERS["lbfgs"]())))
    panel.show_target(Target("edge", 0, 1, 0))
    assert "line search decides" in panel.texts()[-1]
    assert not any(text.startswith("next") for text in panel.texts())


def test_numbers_that_are_none_break_nothing(panel: Inspector) -> None:
    trainer = Trainer(XOR)
    trainer.network.params[:] = np.nan
    show(panel, trainer, state=RunState.DIVERGED)
    for target in (Target("edge", 0, 1, 0), Target("neuron", 1, 1), Target("neuron", 2, 0)):
        panel.show_target(target)
        assert any("not a number" in text for text in panel.texts())


# --- the text to paste ------------------------------------------------------------------------------------------------


def test_copies_hold_the_same_numbers(panel: Inspector) -> None:
    show(panel, Trainer(replace(XOR, training=replace(XOR.training, dropout=0.3, clip_norm=0.1))))
    panel.show_target(Target("edge", 1, 0, 2))
    shown = [number for text in panel.texts() for number in numbers(text)]
    panel.copy_markdown()
    copied = QGuiApplication.clipboard().text()
    lines = [text for text in copied.splitlines() if text.startswith("- ")]
    assert [number for text in lines for number in numbers(text)] == shown
    assert panel.sample.text() in copied
    panel.copy_latex()
    rows = QGuiApplication.clipboard().text().splitlines()[3 + len(panel.derivation.values) : -1]
    plain = "\n".join(rows).replace(r"\cdot 10^{", "·10").replace("-", "−")
    plain = re.sub(r"·10(−?\d+)\}", lambda found: "·10" + found[1].replace("−", "-").translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")), plain)  # fmt: skip
    plain = re.sub(r"[\^_]\{[^}]*\}", "", plain).replace("λ_2", "").replace("1/2", "")
    raised_off = [re.sub(r"[₁₂]", "", text) for text in panel.texts()]
    assert [abs(number) for number in numbers(plain)] == [abs(n) for text in raised_off for n in numbers(text)]


def test_latex_speaks_latex() -> None:
    assert (
        math("∂L/∂w = δ · a = −0.1384 × 0.5933")
        == r"\frac{\partial L}{\partial w} = \delta \cdot a = -0.1384 \times 0.5933"
    )
    assert math("η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)") == r"\eta \cdot \sqrt{1 - \beta _{2}^{t}} / (1 - \beta _{1}^{t})"
    assert math("1.5·10⁻¹²") == r"1.5\cdot 10^{-12}"
    made = Derivation("Selected weight", "a → b", (("w", 0.5, "It."),), (Line((Span("50 % of it"),), "note"),))
    assert r"\text{50 \% of it}" in latex(made, "none")
    assert "| w | 0.5 |" in markdown(made, "none")


# --- which sample -----------------------------------------------------------------------------------------------------


def test_the_first_of_the_next_minibatch_unless_one_is_chosen(panel: Inspector) -> None:
    trainer = Trainer(replace(XOR, training=replace(XOR.training, batch_size=2)))
    snapshot = show(panel, trainer)
    panel.show_target(Target("edge", 0, 0, 0))
    first = int(snapshot.minibatch.rows[0])
    assert panel.sample.text().startswith(f"Trained next: training point {first + 1} (x₁ ")
    outside = next(row for row in range(4) if row not in snapshot.minibatch.rows)
    panel.show_sample(Choice("train", outside))
    assert panel.sample.text().startswith(f"Training point {outside + 1} (x₁ ")
    assert "trained next" not in panel.sample.text()


def test_other_data_forget_the_sample(panel: Inspector, qtbot) -> None:
    show(panel, Trainer(XOR))
    panel.show_sample(Choice("train", 3))
    with qtbot.waitSignal(panel.sampleShown, check_params_cb=lambda choice: choice is None):
        panel.show_spec(replace(XOR, data=DataSpec(DATASETS["spiral"]())))


def test_arrows_walk_the_samples(panel: Inspector, qtbot) -> None:
    snapshot = show(panel, Trainer(XOR))
    panel.show_target(Target("edge", 0, 0, 0))
    first = int(snapshot.minibatch.rows[0])
    qtbot.mouseClick(panel.next_button, LEFT)
    assert panel.choice == Choice("train", (first + 1) % 4)
    qtbot.mouseClick(panel.previous_button, LEFT)
    assert panel.choice == Choice("train", first)
    qtbot.mouseClick(panel.clear_button, LEFT)
    assert panel.choice is None


def test_a_drawing_wants_what_it_is_said_to_be(panel: Inspector, qtbot) -> None:
    trainer = Trainer(ExperimentSpec(DataSpec(DATASETS["digits"]()), NetworkSpec((10,))))
    show(panel, trainer)
    panel.show_target(Target("neuron", 2, 3))
    assert not panel.class_combo.isVisible()
    panel.show_sample(Choice("drawing", input=np.full(64, 0.5)))
    assert panel.class_combo.isVisible()
    assert "assumed to be a " in panel.sample.text()
    panel.class_combo.setFocus()
    for _ in range(4):
        qtbot.keyClick(panel.class_combo, Qt.Key.Key_Down)
    assert "a 3 as you say" in panel.sample.text()
    assert numbers(line(panel, "δ = p − y"))[1] == 1


def test_the_nearest_sample_that_is_shown_is_meant() -> None:
    data = Trainer(ExperimentSpec(DataSpec(DATASETS["spiral"]()))).data
    train, test = data.train.raw[7], data.test.raw[4]
    assert nearest_sample(data, (True, True), tuple(train + 0.001), 0.1) == Choice("train", 7)
    assert nearest_sample(data, (True, True), tuple(test), 0.1) == Choice("test", 4)
    assert nearest_sample(data, (False, False), tuple(test), 0.1) is None
    assert nearest_sample(data, (True, False), tuple(test), 1e-6) is None
    assert nearest_sample(data, (True, True), (90.0, 90.0), 0.1) is None
    gate = Trainer(XOR).data
    assert nearest_sample(gate, (True, True), tuple(gate.test.raw[2]), 0.1) == Choice("train", 2)
    assert nearest_sample(gate, (False, True), tuple(gate.test.raw[2]), 0.1) == Choice("test", 2)


# --- links ------------------------------------------------------------------------------------------------------------


def test_each_number_leads_to_its_neuron_or_edge(panel: Inspector, qtbot) -> None:
    show(panel, Trainer(XOR))
    panel.show_target(Target("neuron", 1, 2))
    view = panel.view
    assert {Target("edge", 0, 2, 0), Target("edge", 0, 2, 1), Target("neuron", 0, 1), Target("bias", 1, 2),
            Target("edge", 1, 0, 2), Target("neuron", 2, 0)} <= set(view.links())  # fmt: skip
    edge = Target("edge", 0, 2, 1)
    with qtbot.waitSignal(panel.factorHovered, check_params_cb=lambda target: target == edge):
        qtbot.mouseMove(view, QPoint(1, view.height() - 1))
        qtbot.mouseMove(view, view.place_of(edge))
    with qtbot.waitSignal(panel.factorChosen, check_params_cb=lambda target: target == edge):
        qtbot.mouseClick(view, LEFT, pos=view.place_of(edge))


def test_tab_walks_the_links_and_enter_goes_there(panel: Inspector, qtbot) -> None:
    show(panel, Trainer(XOR))
    panel.show_target(Target("edge", 0, 2, 1))
    view = panel.view
    links, hovered, chosen = view.links(), [], []
    panel.factorHovered.connect(hovered.append)
    panel.factorChosen.connect(chosen.append)
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert hovered == list(dict.fromkeys(links[:2]))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert chosen == [links[1]]
    bar = panel.area.verticalScrollBar()
    before = bar.value()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert bar.value() > before, "what has no link is read by scrolling"
    for _ in range(len(links)):
        qtbot.keyClick(view, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not view, "after the last link Tab moves on"
    assert hovered[-1] is None


def test_lines_wrap_inside_the_panel(panel: Inspector) -> None:
    trainer = Trainer(ExperimentSpec(DataSpec(DATASETS["digits"]()), NetworkSpec((100, 50))))
    show(panel, trainer)
    panel.show_target(Target("neuron", 2, 3))
    panel.digits_box.setChecked(True)
    QApplication.processEvents()
    boxes = panel.view._boxes
    assert max(box.rect.right() for box in boxes) <= panel.view.width()
    for box in boxes:
        others = [other for other in boxes if other is not box and other.rect.top() == box.rect.top()]
        assert not any(box.rect.adjusted(0.1, 0.1, -0.1, -0.1).intersects(other.rect) for other in others)


# --- it follows -------------------------------------------------------------------------------------------------------


def test_while_it_trains_numbers_hardly_move(panel: Inspector) -> None:
    trainer = Trainer(XOR)
    show(panel, trainer, state=RunState.RUNNING)
    panel.show_target(Target("edge", 0, 1, 0))
    lefts, texts = [], set()
    for _ in range(60):
        trainer.step_epoch()
        show(panel, trainer, state=RunState.RUNNING)
        lefts.append([(box.line, box.at, box.rect.left(), box.rect.top()) for box in panel.view._boxes])
        texts.add(panel.texts()[0])
    assert len(texts) > 20
    moves = sum(before != after for before, after in pairwise(lefts))
    assert moves <= 10, "a box grows when a number needs it, and never gives the room back"
    assert lefts[-1] == lefts[-5]
    at_first, at_last = ({box[:2]: box[2:] for box in boxes} for boxes in (lefts[0], lefts[-1]))
    assert at_first.keys() == at_last.keys()


def test_a_moment_without_a_minibatch_is_not_shown_while_it_trains(panel: Inspector) -> None:
    trainer = Trainer(XOR)
    show(panel, trainer, state=RunState.RUNNING)
    panel.show_target(Target("edge", 0, 1, 0))
    before = panel.texts()
    trainer.step_epoch()
    panel.show_snapshot(replace(trainer.snapshot(), state=RunState.RUNNING))
    assert panel.texts() == before


def test_a_moment_of_the_past_has_no_minibatch_and_is_shown_all_the_same(panel: Inspector) -> None:
    trainer = Trainer(XOR)
    panel.show_target(Target("edge", 0, 1, 0))
    panel.show_snapshot(trainer.snapshot())
    assert panel.texts() == [inspector_module.WAITING], "it is asked for and comes at once"
    show(panel, trainer)
    assert any(text.startswith("next w") for text in panel.texts())
    panel.show_snapshot(trainer.snapshot())
    assert panel.sample.text().startswith("Training point 1 ")
    assert panel.texts()[0].startswith("∂L/∂w")
    assert not any(text.startswith("next w") for text in panel.texts())


def test_hidden_it_costs_nothing(panel: Inspector, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(XOR)
    show(panel, trainer)
    panel.show_target(Target("edge", 0, 1, 0))
    assert panel.wants_minibatch
    panel.show_target(None)
    assert not panel.wants_minibatch
    panel.hide()

    def never(*_: object) -> None:
        raise AssertionError("a hidden panel works")

    monkeypatch.setattr(inspector_module, "find_sample", never)
    panel.show_target(Target("neuron", 1, 1))
    panel.show_sample(Choice("train", 1))
    show(panel, trainer)


def test_a_mini_batch_too_large_is_said(panel: Inspector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector_module, "MOST_RUNNING", 10)
    trainer = Trainer(XOR)
    panel.show_target(Target("edge", 0, 1, 0))
    show(panel, trainer, state=RunState.RUNNING)
    assert "at a pause" in panel.texts()[-1]
    monkeypatch.setattr(inspector_module, "MOST_AT_A_PAUSE", 10)
    show(panel, trainer)
    assert "too much" in panel.texts()[-1]
    assert not any(text.startswith("next") for text in panel.texts())
