"""Own points: read strictly, all of them train, and the picture is as large as they need."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from engine.data import load_data
from engine.datasets.points import MAX_POINTS, Points
from engine.errors import InvalidSpec
from engine.spec import DataSpec, ExperimentSpec, from_dict, to_dict

SEVEN = tuple((i / 10, 1 - i / 10, i % 2) for i in range(7))


def with_points(points: Any) -> dict[str, Any]:
    raw = to_dict(ExperimentSpec(DataSpec(Points())))
    raw["data"]["dataset"]["points"] = points
    return json.loads(json.dumps(raw))


def test_points_are_given_as_they_were_placed() -> None:
    x, labels = Points(SEVEN).make(np.random.default_rng(0))
    assert [(*place, label) for place, label in zip(x.tolist(), labels.tolist(), strict=True)] == list(SEVEN)


def test_all_of_them_train_and_test() -> None:
    data = load_data(DataSpec(Points(SEVEN), train_share=0.5, validation_share=0.5))
    assert data.same
    assert data.validation is None
    assert len(data.train) == 7
    assert data.train.targets[:, 0].tolist() == [0, 1, 0, 1, 0, 1, 0]


def test_they_come_back_from_json() -> None:
    spec = ExperimentSpec(DataSpec(Points(((0.25, -3.0, 1), (1e6, 2.0, 0)))))
    assert from_dict(json.loads(json.dumps(to_dict(spec)))) == spec
    assert from_dict(with_points([[1, 2, 1.0]])).data.dataset == Points(((1.0, 2.0, 1),))


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ("many", "must be a list of points"),
        ([], "0 points are outside 1 to 200"),
        ([[0, 1, 0]] * (MAX_POINTS + 1), "201 points"),
        ([[0, 1, 0], [0, 1]], r"points\[1\] must be a point"),
        ([[0, "1", 0]], "must be a point"),
        ([[True, 1, 0]], "must be a point"),
        ([{}], "must be a point"),
        ([[0, 1, 2]], "class 2; a point's class is 0 or 1"),
        ([[0, 1, 0.5]], "class 0.5"),
        ([[0, 1e7, 0]], "outside −1,000,000 to 1,000,000"),
        ([[0, 10**400, 0]], "too far away"),
    ],
)
def test_what_is_no_point_is_refused_in_a_sentence(points: Any, says: str) -> None:
    with pytest.raises(InvalidSpec, match=says):
        from_dict(with_points(points))


def test_points_that_no_file_can_hold_are_refused_too() -> None:
    for point in ((math.nan, 0.0, 0), (0.0, math.inf, 1), (0.0, 0.0, 7)):
        assert ExperimentSpec(DataSpec(Points((point,)))).validate()


@pytest.mark.parametrize(
    ("points", "domain"),
    [(SEVEN, (-0.5, 1.5)), (((3.0, 1.0, 0), (-1.0, 0.0, 1)), (-1.4, 3.4)), (((9.0, 9.0, 0),), (-0.5, 10.0)), ((), (-0.5, 1.5))],
)  # fmt: skip
def test_the_domain_holds_them_all(points: Any, domain: tuple[float, float]) -> None:
    assert Points(points).domain == pytest.approx(domain)
