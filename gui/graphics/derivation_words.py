"""The derivation of a neuron, a weight or a bias: the engine's numbers put into lines that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.factors import Factor
from engine.inspection import Check, Clip, NeuronNumbers, ParameterNumbers, Products, UpdateNumbers
from engine.spec import ExperimentSpec
from gui.graphics.derivation import Derivation, Line, Span, figure
from gui.graphics.graph_words import neuron_name
from gui.graphics.targets import Target

MOST_TERMS = 8


def words(text: str, target: Target | None = None) -> Span:
    """Words or signs."""
    return Span(text, target=target)


def num(value: Any, target: Target | None = None, strong: bool = False) -> Span:
    """A number."""
    return Span(number=value, target=target, strong=strong)


def note(text: str) -> Line:
    """A sentence among the lines."""
    return Line((Span(text),), "note")


def neuron(layer: int, index: int) -> Target:
    """The neuron that a number belongs to; layer 0 are the inputs."""
    return Target("neuron", layer, index)


def derive_neuron(spec: ExperimentSpec, n: NeuronNumbers, check: Check | None) -> Derivation:
    """Forward to z and a, then backward to δ."""
    name = neuron_name(spec, n.layer, n.index)
    if n.forward is None:
        return Derivation(
            "Selected input", name[0].upper() + name[1:], (("a", n.a, "What the network is given here."),),
            (note("An input is given by the sample: nothing is computed, and nothing is learned."),),
        )  # fmt: skip
    me, output = neuron(n.layer, n.index), n.layer == len(spec.layer_sizes) - 1
    values = [("z", n.z, "The weighted sum."), ("a" if n.mask is None else "a · mask", n.out, "What the neuron hands on."),
              ("δ", n.delta, "How the loss of this sample changes with z.")]  # fmt: skip
    lines = [_sum_line(n.forward, n)]
    if output:
        values[1] = ("p" if not spec.data.dataset.regression else "a", n.a, "The answer of the network.")
        lines += [_factor_line(line, me) for line in n.lines]
    else:
        lines += [*_activation_lines(spec, n), *_backward_lines(spec, n)]
    if check is not None:
        lines += check_lines("b", check)
    return Derivation("Selected neuron", name[0].upper() + name[1:], tuple(values), tuple(lines))


def _terms(products: Products, edge: Any, other: Any) -> list[Span]:
    """w × a + w × a + … with every weight and every value a link."""
    shown, spans = products.largest(MOST_TERMS), []
    for place in shown.tolist():
        spans += [words(" + " if spans else ""), num(products.weights[place], edge(place)), words(" × "),
                  num(products.values[place], other(place))]  # fmt: skip
    left_out = len(products.weights) - len(shown)
    if left_out:
        rest = products.terms.sum() - products.terms[shown].sum()
        spans += [words(f" + … {left_out:,} more: "), num(rest)]
    return spans


def _sum_line(forward: Products, n: NeuronNumbers) -> Line:
    before = n.layer - 1
    terms = _terms(forward, lambda i: Target("edge", before, n.index, i), lambda i: neuron(before, i))
    bias = Target("bias", n.layer, n.index)
    return Line((words("z"), words(" = Σ w·a + "), words("b", bias), words(" = "), *terms, words(" + "),
                 num(n.bias, bias), words(" = "), num(n.z, strong=True)))  # fmt: skip


def _activation_lines(spec: ExperimentSpec, n: NeuronNumbers) -> list[Line]:
    activation = spec.activations[n.layer - 1]
    formula = activation.formula if "z" in activation.formula else f"{activation.formula} at x = z"
    lines = [Line((words("a"), words(f" = f(z) = {formula} = f("), num(n.z), words(") = "), num(n.a, strong=True)))]
    if n.mask is not None:
        lines.append(Line((words("dropout: a · mask = "), num(n.a), words(" × "), num(n.mask), words(" = "),
                           num(n.out, strong=True))))  # fmt: skip
    return lines


def _backward_lines(spec: ExperimentSpec, n: NeuronNumbers) -> list[Line]:
    assert n.backward is not None
    after, total = n.layer + 1, n.backward.total
    terms = _terms(n.backward, lambda i: Target("edge", n.layer, i, n.index), lambda i: neuron(after, i))
    derivative = spec.activations[n.layer - 1].derivative
    return [
        Line((words("Σ w·δ of the next layer = "), *terms, words(" = "), num(total, strong=True))),
        Line((words(f"f′(z) = {derivative} = "), num(n.slope, strong=True))),
        _delta_line(n, total),
    ]


def _delta_line(n: NeuronNumbers, total: Any, target: Target | None = None) -> Line:
    """δ = f′(z) · Σ w·δ, and what dropout makes of it."""
    spans = [words("δ", target), words(" = f′(z) · Σ w·δ"), words(" · mask" if n.mask is not None else ""), words(" = "),
             num(n.slope, target), words(" × "), num(total)]  # fmt: skip
    if n.mask is not None:
        spans += [words(" × "), num(n.mask, target)]
    return Line((*spans, words(" = "), num(n.delta, target, strong=True)))


def _factor_line(factor: Factor, target: Target | None = None) -> Line:
    """A loss's or an optimizer's own line."""
    formula, symbol = factor.formula, factor.symbol
    spans = [words(symbol, target)]
    if formula and formula != symbol:
        spans.append(words(f" = {formula}"))
    if factor.worked:
        spans.append(words(" = "))
        spans += [words(piece) if isinstance(piece, str) else num(piece) for piece in factor.worked]
    return Line((*spans, words(" = "), num(factor.value, strong=True)))


def check_lines(name: str, check: Check) -> list[Line]:
    """The same derivative by a difference quotient."""
    # Of a difference of two losses, ten digits are good; of how far it is off, one tells enough.
    difference, off = float(f"{check.difference:.10g}"), float(f"{check.relative:.1g}")
    lines = [Line((words(f"check: (L({name} + h) − L({name} − h)) / 2h = "), num(difference, strong=True),
                   words(" (off by "), num(off), words(")")), "check")]  # fmt: skip
    if check.corner:
        lines.append(note("The loss has a corner here: its slope differs to both sides, so the two need not agree."))
    return lines


def derive_parameter(
    spec: ExperimentSpec, p: ParameterNumbers, end: NeuronNumbers, update: UpdateNumbers | None, check: Check | None,
    own_share: bool = False,
) -> Derivation:  # fmt: skip
    """A weight or bias: its gradient at the sample, the mean over the mini-batch, and the update.

    ``end`` is the neuron it leads into. ``own_share`` says that the sample is one of the mini-batch.
    """
    bias = p.source < 0
    name, to = "b" if bias else "w", neuron(p.layer + 1, p.index)
    source = None if bias else neuron(p.layer, p.source)
    me = Target("bias", p.layer + 1, p.index) if bias else Target("edge", p.layer, p.index, p.source)
    end_name = neuron_name(spec, p.layer + 1, p.index)
    title = f"Bias of {end_name}" if bias else f"{neuron_name(spec, p.layer, p.source)} → {end_name}"
    values: list[tuple[str, Any, str]] = [
        (name, p.value, "Its value now."),
        (f"∂L/∂{name}", p.gradient, "How the loss of this sample changes with it."),
    ]
    lines = [_gradient_line(p, name, to, source), *_end_lines(spec, end, to)]
    if check is not None:
        lines += check_lines(name, check)
    if update is not None:
        lines += _mean_lines(p, update, name, own_share)
        lines += _update_lines(spec, update, name, me)
        if update.new is not None:
            values.append((f"next {name}", update.new, "What the next update makes of it."))
    return Derivation("Selected bias" if bias else "Selected weight", title, tuple(values), tuple(lines))


def _gradient_line(p: ParameterNumbers, name: str, to: Target, source: Target | None) -> Line:
    result = num(p.gradient, strong=True)
    if source is None:
        return Line((words("∂L/∂b = "), words("δ", to), words(" = "), num(p.gradient, to, strong=True)))
    return Line((words(f"∂L/∂{name} = "), words("δ", to), words(" · "), words("a", source), words(" = "),
                 num(p.delta, to), words(" × "), num(p.a, source), words(" = "), result))  # fmt: skip


def _end_lines(spec: ExperimentSpec, end: NeuronNumbers, to: Target) -> list[Line]:
    if end.backward is None:
        return [_factor_line(line, to) for line in end.lines]
    return [_delta_line(end, end.backward.total, to)]


def _mean_lines(p: ParameterNumbers, u: UpdateNumbers, name: str, own_share: bool) -> list[Line]:
    spans = [words("g")]
    if u.n == 1 and own_share:
        spans.append(words(" = batch mean, of this sample alone = "))
    elif own_share:
        rest = u.mean * u.n - p.gradient
        spans += [words(" = batch mean = ("), num(p.gradient), words(f" + {u.n - 1:,} more: "), num(rest),
                  words(f") / {u.n:,} = ")]  # fmt: skip
    else:
        spans.append(words(f" = mean ∂L/∂{name} of the {u.n:,} of the next mini-batch = "))
    return [Line((*spans, num(u.mean, strong=True)))]


def _update_lines(spec: ExperimentSpec, u: UpdateNumbers, name: str, me: Target) -> list[Line]:
    lines, start = [], u.mean
    if u.clip is not None:
        lines.append(_clip_line("g", "gradient", u.clip, u.mean))
        start = u.clip.value
    parts = [words("g"), words(" = g"), words(" + λ₂·w" if u.l2 is not None else ""),
             words(" + λ₁·sign(w)" if u.l1 is not None else ""), words(" = "), num(start)]  # fmt: skip
    for part in (u.l2, u.l1):
        if part is not None:
            parts += [words(" + "), num(part, me)]
    if u.l2 is not None or u.l1 is not None:
        lines.append(Line((*parts, words(" = "), num(u.gradient, strong=True))))
    if u.decides:
        return [*lines, note(u.decides)]
    lines.append(note(f"{spec.optimizer.label} makes of it:"))
    lines += [_factor_line(_renamed(line, name, line is u.lines[-1])) for line in u.lines]
    if u.max_norm is not None:
        lines.append(_clip_line(name, "weights into this neuron", u.max_norm, u.lines[-1].value, "max-norm"))
    return lines


def _renamed(factor: Factor, name: str, last: bool) -> Factor:
    """An optimizer speaks of w: here of ``name``; its last line is what comes next."""
    symbol, formula = (text.replace("w", name) for text in (factor.symbol, factor.formula))
    return replace(factor, symbol=f"next {symbol}" if last else symbol, formula=formula)


def _clip_line(name: str, what: str, clip: Clip, before: Any, title: str = "clipping") -> Line:
    """A number that shrinks with the vector it is part of, or stays."""
    if clip.share >= 1:
        within = f" stay within {figure(clip.limit)}: {name} = "
        return Line(
            (words(f"{title}: the {what} of length "), num(clip.norm), words(within), num(clip.value, strong=True))
        )
    return Line((words(f"{title}: {name} = {name} · limit / length = "), num(before), words(f" × {figure(clip.limit)} / "),
                 num(clip.norm), words(" = "), num(clip.value, strong=True)))  # fmt: skip
