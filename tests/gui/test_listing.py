"""The lines that are marked are those that run: asked of the interpreter itself, pass by pass and loop by loop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.descent import Descent
from engine.losses import LOSSES
from engine.network import Layout, Network
from engine.optimizers import OPTIMIZERS
from engine.phases import Kind, Phase, phases
from engine.run import Run
from engine.spec import ExperimentSpec
from engine.trace import trace
from gui import listing as module
from gui.listing import Listing, listing
from tests.engine.helpers import experiment

Line = tuple[str, int]


def lines_of(call: Callable[[], Any]) -> list[Line]:
    """(file, number) of every line of engine/ that ``call`` runs, one after the other."""
    seen: list[Line] = []

    def look(frame: FrameType, event: str, _: Any) -> Any:
        if "/engine/" not in frame.f_code.co_filename.replace("\\", "/"):
            return None
        if event == "line":
            seen.append((frame.f_code.co_filename.replace("\\", "/").rpartition("/engine/")[2], frame.f_lineno))
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        call()
    finally:
        sys.settrace(before)
    return seen


def marked(found: Listing) -> dict[str, set[Line]]:
    """The marked lines by the function that they are in."""
    return {
        p.title: {(p.title.partition(" · ")[0].removeprefix("engine/"), number) for number in p.running}
        for p in found.passages
    }


def shown(found: Listing) -> set[Line]:
    """All lines of the functions shown."""
    return {(p.title.partition(" · ")[0].removeprefix("engine/"), n) for p in found.passages for n, _ in p.lines}


def first_lines(found: Listing) -> set[Line]:
    return {(p.title.partition(" · ")[0].removeprefix("engine/"), p.lines[0][0]) for p in found.passages}


def for_line(function: str, spec: ExperimentSpec, phase: Phase) -> Line:
    """The loop of ``Network.<function>``."""
    passage = listing(spec, phase, 4).passages[0]
    assert passage.title.endswith(f"Network.{function}")
    number = next(number for number, text in passage.lines if text.lstrip().startswith("for "))
    return "network.py", number


def rounds(seen: list[Line], loop: Line) -> list[set[Line]]:
    """The lines of a pass cut at its loop: before it, then each round, the last with what follows."""
    parts: list[set[Line]] = [set()]
    for line in seen:
        if line == loop:
            parts.append(set())
        parts[-1].add(line)
    after_all = parts.pop()  # the loop looks once more whether there is another round
    parts[-1] |= after_all
    return parts


def passes(spec: ExperimentSpec) -> dict[Phase, set[Line]]:
    """What really runs in every phase but the update, as :func:`engine.trace.trace` and training make the passes."""
    rng = np.random.default_rng(2)
    n, sizes = 4, spec.layer_sizes
    network = Network(Layout(sizes), spec.activations, spec.loss)
    network.params[:] = rng.normal(size=len(network.params)).astype(np.float32)
    work = network.work(n, tuple(share > 0 for share in spec.dropout))
    x = rng.normal(size=(n, sizes[0])).astype(np.float32)
    targets = np.eye(max(sizes[-1], n), dtype=np.float32)[:n, : sizes[-1]].copy()
    depth = network.layout.depth
    found: dict[Phase, set[Line]] = {}
    with np.errstate(all="ignore"):
        forward = rounds(
            lines_of(lambda: network.forward(x, work)), for_line("forward", spec, Phase(Kind.FORWARD, depth - 1))
        )
        found[Phase(Kind.LOSS)] = set(lines_of(lambda: spec.loss.value(work[-1].z, targets)))
        backward = rounds(
            lines_of(lambda: network.backward(x, targets, work)),
            for_line("backward", spec, Phase(Kind.BACKWARD, depth - 1)),
        )
    assert len(forward) == len(backward) == depth + 1
    for layer in range(depth):
        found[Phase(Kind.FORWARD, layer)] = forward[layer + 1] | (forward[0] if layer == 0 else set())
        last = layer == depth - 1
        found[Phase(Kind.BACKWARD, layer)] = backward[depth - layer] | (backward[0] if last else set())
    return found


def check(spec: ExperimentSpec, phase: Phase, ran: set[Line]) -> None:
    """Every line that ran in the functions shown is marked, and every function's marked lines are those that ran."""
    found = listing(spec, phase, 4)
    ran = (ran & shown(found)) - first_lines(found)
    by_function = marked(found)
    together = set().union(*by_function.values())
    assert ran <= together, f"ran, but not marked: {ran - together}"
    extra = together - ran
    texts = {(p.title.partition(" · ")[0].removeprefix("engine/"), n): t for p in found.passages for n, t in p.lines}
    # A statement of several lines is marked whole, though the interpreter names only some of its lines.
    assert all(not starts_a_statement(texts, line) for line in extra), f"marked, but not run: {extra}"
    assert all(by_function.values()), "a function is shown of which nothing runs"


def starts_a_statement(texts: dict[Line, str], line: Line) -> bool:
    file, number = line
    before = texts.get((file, number - 1), "")
    return texts[line].lstrip() not in (")", ") # fmt: skip") and not before.rstrip().endswith((",", "("))


NETWORKS = (
    experiment("xor", hidden=(4,)),
    experiment("spiral3", hidden=(5, 3), activation="relu", dropout=0.5),
    experiment("circles", hidden=()),
    experiment("circles", hidden=(3, 3), loss="squared_error", layer_dropout=(0.0, 0.3)),
)


@pytest.mark.parametrize("spec", NETWORKS, ids=lambda spec: "-".join(map(str, spec.layer_sizes)))
def test_the_lines_of_every_phase_are_those_that_run(spec: ExperimentSpec) -> None:
    ran = passes(spec)
    assert set(ran) == set(phases(len(spec.layer_sizes) - 1)) - {Phase(Kind.UPDATE)}
    for phase, lines in ran.items():
        check(spec, phase, lines)


@pytest.mark.parametrize("name", ACTIVATIONS.names())
def test_the_lines_of_every_activation(name: str) -> None:
    spec = experiment(activation=name, hidden=(3, 2))
    for phase, lines in passes(spec).items():
        check(spec, phase, lines)


@pytest.mark.parametrize("dataset", ["xor", "spiral3", "plane"])
@pytest.mark.parametrize("name", LOSSES.names())
def test_the_lines_of_every_loss(name: str, dataset: str) -> None:
    spec = experiment(dataset, loss=name)
    for phase in (Phase(Kind.LOSS), Phase(Kind.BACKWARD, 1)):
        check(spec, phase, passes(spec)[phase])


@pytest.mark.parametrize("training", [{}, {"l1": 0.01, "clip_norm": 1.0}])
@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_the_lines_of_every_update(name: str, training: dict) -> None:
    spec = experiment(optimizer=name, batch_size=4, **training)
    if name == "lbfgs":
        spec = replace(spec, optimizer=replace(spec.optimizer, iterations=1))
    run = Run(spec)
    run.descent = Descent(spec, run.data, run.network)  # not the compiled one
    run.descent.begin_epoch()
    seen = lines_of(lambda: run.descent.train(0))
    if name != "lbfgs":
        loop = for_line("backward", spec, Phase(Kind.BACKWARD, 1))
        seen = seen[max(i for i, line in enumerate(seen) if line == loop) :]  # what follows the backward pass
    check(spec, Phase(Kind.UPDATE), set(seen))


@pytest.mark.parametrize("nesterov", [False, True])
def test_a_switch_of_the_optimizer_decides_which_branch_runs(nesterov: bool) -> None:
    spec = experiment(optimizer="sgd")
    spec = replace(spec, optimizer=replace(spec.optimizer, momentum=0.9, nesterov=nesterov))
    update = listing(spec, Phase(Kind.UPDATE), 4).passages[-1]
    running = [text.strip() for number, text in update.lines if number in update.running]
    assert ("params += velocity" in running) is not nesterov
    assert ("params -= grads" in running) is nesterov


def test_lines_are_those_of_the_file_and_shapes_those_of_this_network() -> None:
    spec = experiment("xor", hidden=(8,))
    forward, tanh = listing(spec, Phase(Kind.FORWARD, 0), 10).passages
    assert forward.title == "engine/network.py · Network.forward"
    assert tanh.title == "engine/activations/tanh.py · Tanh.forward"
    source = (module._ROOT / "engine/network.py").read_text("utf-8").splitlines()
    assert all(source[number - 1].strip() == text.strip() for number, text in forward.lines)
    notes = dict(forward.notes)
    product = next(number for number, text in forward.lines if "a.dot(" in text)
    assert notes[product] == "a (10, 2) · w (2, 8) → z (10, 8)"
    backward = listing(spec, Phase(Kind.BACKWARD, 1), 10).passages[0]
    assert "a_t (8, 10) · delta (10, 1) → w_grad (8, 1)" in dict(backward.notes).values()
    assert set(notes) <= forward.running
    assert [p.title.partition(" · ")[2] for p in listing(spec, Phase(Kind.FORWARD, 1), 10).passages] == [
        "Network.forward"
    ]


def test_the_loop_without_a_phase_has_no_cursor() -> None:
    found = listing(experiment(), None, 0)
    assert [p.title for p in found.passages] == ["engine/descent.py · Descent._take_step"]
    assert "by phases" in found.sentence
    assert not found.passages[0].running
    assert "by phases" not in listing(experiment(), None, 0, training=True).sentence
    assert listing(experiment(optimizer="lbfgs"), None, 0).passages[0].title.endswith("_minimize")
    assert "more passes" in listing(experiment(optimizer="lbfgs"), Phase(Kind.UPDATE), 4).sentence


def test_a_trace_makes_the_passes_that_are_shown() -> None:
    """What the picture shows is computed by the very lines of the listing."""
    spec = experiment("xor")
    network = Network.of(spec)
    x, targets = np.ones((2, 2), np.float32), np.ones((2, 1), np.float32)
    seen = set(lines_of(lambda: trace(spec, network.layout, network.params, x, targets)))
    for phase in phases(2)[:-1]:
        by_function = marked(listing(spec, phase, 2))
        assert next(iter(by_function.values())) <= seen
