"""The benchmarks' own arithmetic: what counts as reached, what is written, what a crash costs."""

from __future__ import annotations

import json
import math
import types

import pytest

from tests.benchmarks import __main__ as program
from tests.benchmarks.harness import Figure, Skipped, benchmarks_of, figure, figures_of, report, run


@pytest.mark.parametrize(
    ("bounds", "reached", "verdict"),
    [
        ({"at_most": 40}, 40.0, "ok"),
        ({"at_most": 40}, 40.1, "short"),
        ({"at_least": 7}, 7.0, "ok"),
        ({"at_least": 7}, 6.9, "short"),
        ({}, 3.0, ""),
        ({"at_most": 40}, None, "failed"),
        ({"at_most": 40}, "no such library", "skipped"),
        ({"at_most": 40}, math.nan, "failed"),
    ],
)
def test_verdicts(bounds, reached, verdict):
    assert Figure("x", **bounds).verdict(reached) == verdict


def test_one_number():
    @figure("a.b", at_most=1, unit="ms")
    def bench():
        return 0.5

    assert run(bench) == {"a.b": 0.5}
    assert figures_of(bench) == [Figure("a.b", at_most=1, unit="ms")]


def test_several_numbers_keep_the_order_they_are_written_in():
    @figure("a.first")
    @figure("a.second", at_least=2)
    def bench():
        return {"a.second": 2, "a.first": 1}

    assert list(run(bench).items()) == [("a.first", 1.0), ("a.second", 2.0)]


@pytest.mark.parametrize("answer", [{"a.first": 1}, {"a.first": 1, "a.second": 2, "a.third": 3}, 1.0])
def test_a_promise_not_answered_is_an_error(answer):
    @figure("a.first")
    @figure("a.second")
    def bench():
        return answer

    with pytest.raises(ValueError, match="promised"):
        run(bench)


def test_only_marked_functions_are_benchmarks():
    module = types.ModuleType("bench_x")

    @figure("a.b")
    def bench():
        return 1.0

    module.bench, module.helper, module.GROUP = bench, lambda: 1, "a"
    assert benchmarks_of(module) == [bench]


@pytest.mark.parametrize(
    ("only", "wanted"), [([], True), (["ui"], True), (["ui.p99"], True), (["engine"], False), (["engine", "ui"], True)]
)
def test_what_is_asked_for(only, wanted):
    assert program.is_wanted("ui", ["ui.p99_gap_ms"], only) is wanted


def test_the_report_names_what_falls_short():
    text = report({Figure("a", at_most=1): 2.0, Figure("b", at_least=1): 2.0, Figure("c"): None})
    assert text.splitlines()[-1] == "falls short: a, c"
    assert report({Figure("b", at_least=1): 2.0}).splitlines()[-1] == "every target is reached"


def test_the_report_says_why_something_was_skipped_once():
    text = report({Figure("a", at_most=1): "no such library", Figure("b", at_least=1): "no such library"})
    assert text.count("no such library") == 1
    assert text.splitlines()[-1] == "every target is reached"


def test_a_group_joins_the_numbers_already_there(tmp_path):
    path = tmp_path / "bench.json"
    program.write({Figure("a"): 1.0, Figure("b"): 2.0}, path, merge=False)
    program.write({Figure("b"): 3.0, Figure("c"): None, Figure("d"): "no such library"}, path, merge=True)
    assert json.loads(path.read_text()) == {"a": 1.0, "b": 3.0}
    program.write({Figure("c"): 4.0}, path, merge=False)
    assert json.loads(path.read_text()) == {"c": 4.0}


def test_a_benchmark_that_fails_does_not_stop_the_next(tmp_path, monkeypatch, capsys):
    module = types.ModuleType("tests.benchmarks.bench_x")

    @figure("a.bad")
    def bad():
        raise RuntimeError("broken on purpose")

    @figure("a.skipped")
    def skipped():
        raise Skipped("no such library")

    @figure("a.good")
    def good():
        return 1.0

    module.bad, module.skipped, module.good, module.GROUP = bad, skipped, good, "a"
    monkeypatch.setattr(program.importlib, "import_module", lambda name: module)
    program.measure("bench_x", [], tmp_path / "out.json")
    assert {row["name"]: row["reached"] for row in json.loads((tmp_path / "out.json").read_text())} == {
        "a.bad": None,
        "a.skipped": "no such library",
        "a.good": 1.0,
    }
    assert "broken on purpose" in capsys.readouterr().err
