"""Typed functions: read by grammar, computed, differentiated; whatever is not a function of x is refused in a sentence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import files, formula
from engine.activations import ACTIVATIONS
from engine.activations.typed import Typed
from engine.errors import InvalidSpec, UnreadableFile
from engine.expression import MAX_LENGTH, check_derivative, parse, problem
from engine.spec import from_dict, to_dict
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment


def at(source: str, z: float) -> tuple[float, float]:
    """f and f' of a typed function at one place."""
    expression, place = parse(source), np.array([z])
    return float(expression.value(place)[0]), float(expression.derivative(place)[0])


@pytest.mark.parametrize(
    ("source", "z", "value", "slope"),
    [
        ("x*tanh(x)", math.log(2), 0.6 * math.log(2), 0.6 + 0.64 * math.log(2)),
        ("x^2", 3.0, 9.0, 6.0),
        ("x**3 - 2*x", 2.0, 4.0, 10.0),
        ("-x^2", 3.0, -9.0, -6.0),  # as on paper: −(x²)
        ("2^-x", 1.0, 0.5, -0.5 * math.log(2)),
        ("2^3^x", 0.0, 2.0, 2 * math.log(2) * math.log(3)),  # powers from the right: 2^(3^x)
        ("e^x", 1.0, math.e, math.e),
        ("8/x/2", 2.0, 2.0, -1.0),  # divisions from the left
        ("1 - x - 1", 4.0, -4.0, -1.0),
        ("sin(pi*x)", 0.5, 1.0, 0.0),
        ("cos(x) + x", 0.0, 1.0, 1.0),
        ("log(x)", 2.0, math.log(2), 0.5),
        ("sqrt(z)", 4.0, 2.0, 0.25),
        ("abs(x)", -2.0, 2.0, -1.0),
        ("sign(x)*x", -2.0, 2.0, -1.0),
        ("relu(x)", 0.0, 0.0, 0.0),
        ("max(x, 0.1*x)", -2.0, -0.2, 0.1),
        ("min(1, max(-1, x))", 0.5, 0.5, 1.0),
        ("min(1, max(-1, x))", 3.0, 1.0, 0.0),
        ("sigmoid(x)", math.log(3), 0.75, 0.1875),
        ("softplus(x)", math.log(3), math.log(4), 0.75),
        ("3", 1.0, 3.0, 0.0),
        ("1.5e1·x − 2×x", 1.0, 13.0, 13.0),
    ],
)
def test_values_and_slopes_worked_by_hand(source: str, z: float, value: float, slope: float) -> None:
    assert at(source, z) == (pytest.approx(value, abs=1e-12), pytest.approx(slope, abs=1e-12))


@pytest.mark.parametrize(
    ("source", "slope"),
    [
        ("x*tanh(x)", "tanh(x) + x·(1 − tanh(x)^2)"),
        ("3*x^2 - x", "6·x − 1"),
        ("max(x, 0)", "(1 if x > 0 else 0)"),
        ("x*exp(-x^2/2)", "exp(−0.5·x^2) − x·(exp(−0.5·x^2)·x)"),
        ("1/(1+exp(-x))", "exp(−x) / (1 + exp(−x))^2"),
    ],
)
def test_derivatives_are_written_as_a_person_would(source: str, slope: str) -> None:
    assert formula.text(parse(source).slope) == slope


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "it is empty"),
        ("x +", "it breaks off at the end"),
        ("(x", "a ')' is missing at the end"),
        ("x)", "')' can't stand at place 2"),
        ("2x", "a * is missing before 'x' at place 2"),
        ("foo(x)", "'foo' at place 1 is not known; known are x, pi, e, abs, cos"),
        ("x + y", "'y' at place 5 is not known"),
        ("tanh", "tanh needs brackets, as in tanh(x)"),
        ("max(x)", "max takes 2 arguments, not 1"),
        ("tanh(x, 1)", "tanh takes 1 argument, not 2"),
        ("x^21", "the power at place 2 is outside −20 to 20"),
        ("9^9^9 + x", "the power at place 2 is outside"),
        ("10^400 + x", "the power at place 3 is outside"),
        ("1e400*x", "the part at place 1 is not a finite number"),
        ("x^x", "must be a number, or its base a number above 0"),
        ("x/0", "the part at place 2 is not a finite number"),
        ("log(0) + x", "the part at place 1 is not a finite number"),
        ("sqrt(0 - 1 - x^2)", "it is not a number anywhere"),
        ("x.real", "'.' means nothing here (place 2)"),
        ("__import__('os')", "means nothing here"),
        ("x.__class__.__bases__", "means nothing here"),
        ("(lambda: x)()", "means nothing here"),
        ("[x for x in x]", "'[' means nothing here (place 1)"),
        ("eval(x)", "'eval' at place 1 is not known"),
        ("x if x else 1", "'if' can't stand at place 3"),
        ("x = 3", "'=' means nothing here"),
        ("f'{x}'", "means nothing here"),
        ("ｘ + 1", "'ｘ' means nothing here (place 1)"),
        ("(" * 40 + "x" + ")" * 40, "it is nested more than 24 deep"),
        ("2^" * 40 + "x", "it is nested more than 24 deep"),
        ("x+" * MAX_LENGTH + "x", "characters long; at most 120 are possible"),
        ("-" * (MAX_LENGTH + 1), "characters long"),
    ],
)
def test_what_is_no_function_of_x_is_refused_and_told_why(source: str, reason: str) -> None:
    assert reason in problem(source)


@given(st.one_of(st.text(max_size=40), st.text("xz0129.+-*/^(),einpa ", max_size=30)))
def test_whatever_is_typed_is_a_function_or_a_sentence(source: str) -> None:
    sentence = problem(source)
    assert isinstance(sentence, str)
    if not sentence:
        parse(source).value(np.zeros(3))


def _grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, st.sampled_from(["+", "-", "*"]), parts).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(st.sampled_from(["tanh", "sigmoid", "sin", "cos", "softplus", "abs", "relu"]), parts).map(
            lambda p: f"{p[0]}({p[1]})"
        ),
        st.tuples(st.sampled_from(["max", "min"]), parts, parts).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(parts, st.integers(1, 3)).map(lambda p: f"({p[0]})^{p[1]}"),
        parts.map(lambda p: f"{p} / (1 + ({p})^2)"),
        parts.map(lambda p: f"exp(-({p})^2)"),
    )


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "z", "0.5", "2", "pi", "-x", "x/3"]), _grown, max_leaves=5
).filter(lambda source: len(source) <= MAX_LENGTH)  # fmt: skip


@given(EXPRESSIONS)
def test_every_derivative_is_the_central_difference(source: str) -> None:
    error = check_derivative(source)
    assert math.isnan(error) or error < 1e-6, source


@given(EXPRESSIONS)
def test_the_text_of_a_formula_means_the_same(source: str) -> None:
    expression, z = parse(source), np.linspace(-3, 3, 13)
    again = parse(formula.text(expression.node)) if len(formula.text(expression.node)) <= MAX_LENGTH else expression
    np.testing.assert_allclose(again.value(z), expression.value(z), rtol=1e-9, atol=1e-9)


def test_a_wrong_derivative_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formula._SLOPES, "tanh", lambda u: formula.call("tanh", u))
    parse.cache_clear()
    assert check_derivative("x*tanh(x)") > 0.1
    parse.cache_clear()


def test_corners_and_gaps_are_no_errors_of_the_derivative() -> None:
    assert check_derivative("abs(x - 0.1)") < 1e-9
    assert check_derivative("log(x)") < 1e-6  # only half of it is a number
    assert check_derivative("1/x") < 1e-3


# --- as an activation ---------------------------------------------------------------------------------------------------


def typed(expression: str, **more: object):  # type: ignore[no-untyped-def]
    spec = experiment(activation="typed", **more)  # type: ignore[arg-type]
    return replace(spec, network=replace(spec.network, activation=Typed(expression)))


def test_it_trains_xor_and_goes_on_from_its_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    spec = typed("x*tanh(x)", dataset="xor", rate=0.1)
    trainer, straight = Trainer(spec), Trainer(spec)
    straight.advance(lambda: False, Until("epoch", 200))
    assert straight.metrics().train_accuracy == 1.0
    trainer.advance(lambda: False, Until("epoch", 50))
    files.save(tmp_path / "xor.json", trainer)
    saved = files.load(tmp_path / "xor.json")
    assert saved.spec.network.activation == Typed("x*tanh(x)")
    again = saved.trainer()
    again.advance(lambda: False, Until("epoch", 200))
    assert np.array_equal(again.network.params, straight.network.params)


def test_a_function_typed_as_one_of_ours_trains_to_the_same_weights() -> None:
    ours, theirs = Trainer(experiment(activation="relu")), Trainer(typed("max(x, 0)"))
    for trainer in (ours, theirs):
        trainer.advance(lambda: False, Until("epoch", 20))
    np.testing.assert_allclose(theirs.network.params, ours.network.params, rtol=1e-5, atol=1e-6)


def test_a_bad_one_in_a_file_is_refused_in_one_sentence(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "bad.json"
    files.save(path, Trainer(typed("x^2")))
    path.write_text(path.read_text().replace("x^2", "open('x')"))
    with pytest.raises(UnreadableFile, match=r"network\.activation\.expression can't be used: .* means nothing here"):
        files.load(path)


def test_it_keeps_its_words_and_equality() -> None:
    one = Typed("max(x,0.1*x)")
    assert one == Typed("max(x,0.1*x)") != Typed("x")
    assert (one.title, one.formula, one.derivative) == ("max(x,0.1*x)", "max(x, 0.1·x)", "(1 if x > 0.1·x else 0.1)")
    assert Typed.formula == Typed().formula
    assert Typed.derivative == Typed().derivative
    assert from_dict(to_dict(typed("x - 1"))).network.activation == Typed("x - 1")
    assert ACTIVATIONS["typed"] is Typed


def test_a_bad_one_is_told_by_the_spec_not_by_its_making() -> None:
    with pytest.raises(InvalidSpec, match=r"network\.activation\.expression can't be used: it breaks off at the end"):
        typed("x +").checked()


def test_single_precision_stays_single_where_a_function_has_corners() -> None:
    z = np.linspace(-3, 3, 7, dtype=np.float32)
    for source in ("max(x, 0.1*x)", "abs(x) + sign(x)", "2", "sigmoid(x)*softplus(x)", "relu(x)^3", "min(1, x)"):
        expression = parse(source)
        assert expression.value(z).dtype == expression.derivative(z).dtype == np.float32
        np.testing.assert_allclose(expression.value(z), expression.value(z.astype(float)), rtol=1e-5, atol=1e-6)


def test_a_number_is_not_taken_for_a_place() -> None:
    # The third thing computed is sin(x)·x, of places 2 and 0: 2·x has the same figures and is something else.
    assert at("tanh(x) + sin(x)*x + 2*x", 1.0)[0] == pytest.approx(math.tanh(1) + math.sin(1) + 2)


def test_long_functions_are_understood_at_once() -> None:
    for source in ("/".join("x" * 60), "*".join(["tanh(x)"] * 15), "sin(" * 20 + "x" + ")" * 20):
        program = parse(source).slope_program
        assert len(program._steps) < 3 * len(source), "a part is computed more than once"
