"""The pure half of the network picture: layout, scale, choice of edges, hit-testing, structure, words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.network import Layout
from engine.spec import ExperimentSpec
from gui.graphics import structure
from gui.graphics.edges import budgets, choose, curves, nearest
from gui.graphics.graph_words import exact, target_name
from gui.graphics.hover_card import place
from gui.graphics.layout import arrange, blend, match_layers, most_favored
from gui.graphics.neuron_maps import resampling, signed_map
from gui.graphics.scale import LEAST, LEVELS, Ramp, levels_of, look_of, nice_ceiling, reference, samples, steady_scale
from gui.graphics.targets import Target, buttons, cell_at, step, walk_edges
from gui.graphics.value_editor import parse, step_for

HIDDEN = st.lists(st.integers(1, 64), max_size=8)


def spec_with(hidden: tuple[int, ...], features: tuple[str, ...] = ("x1", "x2")) -> ExperimentSpec:
    spec = structure.with_layers(ExperimentSpec(), hidden)
    return replace(spec, data=replace(spec.data, features=features))


# --- layout -----------------------------------------------------------------------------------------------------------


@given(hidden=HIDDEN, width=st.integers(480, 2000), height=st.integers(280, 1200))
def test_planar_columns_stand_apart_and_inside(hidden: list[int], width: int, height: int) -> None:
    picture = arrange(width, height, (2, *hidden, 1), feature_slots=(0, 1))
    for column in picture.columns:
        assert column.left >= 0
        assert column.right <= width
        assert column.centers[:, 1].min() - column.cell[1] / 2 >= 40
        assert column.bottom <= height - 20
        assert len(column.shown) + column.left_out == column.size
        rows = np.sort(column.centers[:, 1])
        assert (np.diff(rows) >= column.cell[1]).all()
    for a, b in zip(picture.columns, picture.columns[1:], strict=False):
        assert b.left > a.right


def test_neurons_of_a_small_network_have_the_size_that_the_design_asks_for() -> None:
    for height in (544, 760):
        picture = arrange(744, height, (2, 8, 6, 4, 1), feature_slots=(0, 1))
        assert all(36 <= column.cell[0] <= 44 for column in picture.columns)


def test_a_wide_layer_leaves_neurons_out_but_keeps_first_and_last() -> None:
    scores = {1: np.zeros(100)}
    scores[1][[17, 53]] = 5
    column = arrange(744, 544, (64, 100, 10), favored=scores).columns[1]
    assert column.left_out == 100 - len(column.shown) > 0
    assert column.can_open
    assert {0, 17, 53, 99} <= set(column.shown.tolist())


def test_an_opened_layer_shows_all_its_neurons_apart_from_each_other() -> None:
    picture = arrange(744, 544, (64, 100, 50, 10), opened=frozenset({1}))
    column = picture.columns[1]
    assert len(column.shown) == 100
    assert len({tuple(c) for c in column.centers.round(3).tolist()}) == 100
    assert column.right < picture.columns[2].left


def test_an_image_is_a_square_tile_in_reading_order() -> None:
    tile = arrange(744, 544, (64, 10)).columns[0]
    assert tile.grid == 8
    assert tile.centers[1, 0] > tile.centers[0, 0]
    assert tile.centers[8, 1] > tile.centers[0, 1]
    assert len(np.unique(tile.ports_out[:, 0])) == 1


def test_all_seven_inputs_have_a_place_whether_on_or_off() -> None:
    column = arrange(744, 544, (3, 1), feature_slots=(0, 2, 6)).columns[0]
    assert [i for i, _, _ in column.idle] == [1, 3, 4, 5]
    heights = sorted([*column.centers[:, 1], *(y for _, _, y in column.idle)])
    assert len(set(np.diff(heights).round(6))) == 1


def test_most_favored_without_a_score_is_spread_evenly() -> None:
    assert most_favored(11, 3, None).tolist() == [0, 5, 10]
    assert most_favored(3, 5, None).tolist() == [0, 1, 2]
    assert most_favored(6, 3, np.array([0, 1, np.nan, 1, 2, 0.0])).tolist() == [0, 2, 5]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((2, 8, 1), (2, 9, 1), [0, 1, 2]),
        ((2, 8, 6, 1), (2, 8, 4, 6, 1), [0, 1, None, 2, 3]),
        ((2, 8, 6, 1), (2, 6, 1), [0, 2, 3]),
        ((2, 1), (2, 4, 1), [0, None, 1]),
    ],
)
def test_layers_keep_their_identity(old: tuple[int, ...], new: tuple[int, ...], expected: list[int | None]) -> None:
    assert match_layers(old, new) == expected


def test_a_glide_begins_where_the_neurons_were_and_ends_where_they_belong() -> None:
    old = arrange(744, 544, (2, 8, 1), feature_slots=(0, 1))
    new = arrange(744, 544, (2, 9, 1), feature_slots=(0, 1))
    begun = blend(old, new, 0.0)
    np.testing.assert_allclose(begun.columns[1].centers[:8], old.columns[1].centers)
    np.testing.assert_allclose(begun.columns[1].centers[8], old.columns[1].centers[7])
    assert blend(old, new, 1.0) is new
    half = blend(old, new, 0.5).columns[1].centers
    np.testing.assert_allclose(half, (begun.columns[1].centers + new.columns[1].centers) / 2)


# --- scale ------------------------------------------------------------------------------------------------------------


@given(st.floats(1e-12, 1e12))
def test_a_nice_ceiling_is_near_above_and_round(value: float) -> None:
    nice = nice_ceiling(value)
    assert value * (1 - 1e-6) <= nice <= value * 1.67
    assert nice == float(f"{nice:.2g}")


def test_the_scale_does_not_flicker() -> None:
    scale = None
    seen = set()
    for peak in 1.9 + 0.09 * np.sin(np.arange(200)):
        scale = steady_scale(scale, float(peak))
        seen.add(scale)
    assert seen == {2.0}
    assert steady_scale(2.0, 2.3) == 2.5
    assert steady_scale(2.0, 0.9) == 1.0
    assert steady_scale(2.0, math.nan) == 2.0
    assert steady_scale(None, math.nan) == 1.0


def test_weights_that_do_nothing_are_thin_and_pale() -> None:
    for peak in (0.0, 1e-8, 1e-3):
        scale = steady_scale(None, peak)
        assert scale == LEAST
        width, color = look_of(int(levels_of(np.array([-peak]), scale)[0]), Ramp())
        assert width < 1
        assert color < 0.2
    assert steady_scale(1.0, 1e-8) == LEAST, "a scale in use comes down so far and no further"
    assert steady_scale(LEAST, 0.06) == 0.06


def test_one_runaway_weight_does_not_make_the_others_hairlines() -> None:
    values = np.append(np.linspace(-1, 1, 100), 1000.0)
    assert 1 <= reference(values) < 2
    assert reference(np.array([0.5, -3.0, np.nan, np.inf])) == 3.0
    assert reference(np.empty(0)) == 0.0


def test_stronger_is_thicker_and_brighter_and_the_legend_shows_it() -> None:
    looks = [look_of(level, Ramp(6.0)) for level in range(LEVELS)]
    assert looks == sorted(looks)
    assert looks[-1] == pytest.approx((6.0, 1.0))
    assert levels_of(np.array([0.0, 0.3, -3.0, 99.0]), 3.0).tolist() == [0, 3, LEVELS - 1, LEVELS - 1]
    assert samples(2.5, Ramp()) == (0.3, 1.0, 2.5)


# --- edges ------------------------------------------------------------------------------------------------------------


def network(sizes: tuple[int, ...], seed: int = 0) -> tuple[Layout, np.ndarray]:
    layout = Layout(sizes)
    return layout, np.random.default_rng(seed).normal(size=layout.n_parameters).astype(np.float32)


def test_every_edge_of_a_small_network_is_drawn_with_its_own_weight() -> None:
    layout, params = network((2, 4, 3, 1))
    edges = choose(arrange(744, 544, layout.sizes, feature_slots=(0, 1)), layout, params, None, 1000)
    assert len(edges) == edges.total == 2 * 4 + 4 * 3 + 3
    for layer, source, target, flat in zip(edges.layer, edges.source, edges.target, edges.flat, strict=True):
        assert flat == layout.weight_index(layer, source, target)


def test_a_large_network_draws_the_strongest_of_each_layer() -> None:
    layout, params = network((64, 100, 50, 10))
    picture = arrange(744, 544, layout.sizes)
    edges = choose(picture, layout, params, None, 300)
    assert 290 <= len(edges) <= 300
    assert edges.total == 11_900
    for gap in range(3):
        mine = edges.layer == gap
        weights = np.abs(
            layout.weights(params, gap)[np.ix_(picture.columns[gap].shown, picture.columns[gap + 1].shown)]
        )
        expected = np.sort(weights.ravel())[-int(mine.sum()) :]
        np.testing.assert_allclose(np.sort(np.abs(params[edges.flat[mine]])), expected)


def test_with_activations_an_edge_counts_by_weight_times_activation() -> None:
    layout, params = network((64, 50, 10))
    rng = np.random.default_rng(1)
    activations = tuple(np.zeros(n, np.float32) for n in layout.sizes)
    activations[0][5], activations[1][:] = 1.0, rng.random(50)
    edges = choose(arrange(744, 544, layout.sizes), layout, params, activations, 60)
    first = edges.source[edges.layer == 0]
    picture = arrange(744, 544, layout.sizes)
    assert (first == 5).sum() == min(len(picture.columns[1].shown), len(first))


def test_a_neuron_in_focus_has_all_of_its_edges() -> None:
    layout, params = network((64, 100, 50, 10))
    picture = arrange(744, 544, layout.sizes)
    neuron = int(picture.columns[1].shown[3])
    edges = choose(picture, layout, params, None, 100, (1, neuron))
    assert edges.of_neuron(1, neuron).sum() == 64 + len(picture.columns[2].shown)


def test_what_is_not_a_number_is_always_drawn() -> None:
    layout, params = network((64, 100, 50, 10))
    picture = arrange(744, 544, layout.sizes)
    bad = layout.weight_index(1, int(picture.columns[1].shown[2]), int(picture.columns[2].shown[4]))
    params[bad] = np.nan
    assert bad in choose(picture, layout, params, None, 50).flat


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=9), st.integers(50, 1000))
def test_budgets_stay_within_limit_and_candidates(counts: list[int], limit: int) -> None:
    shares = budgets(counts, limit)
    assert all(0 <= share <= count for share, count in zip(shares, counts, strict=True))
    assert sum(shares) <= max(limit, 0) or sum(counts) <= limit
    assert sum(shares) == sum(counts) or sum(shares) >= limit - len(counts)


def test_curves_leave_and_arrive_level_and_hold_together() -> None:
    pieces, owner = curves(np.array([[0.0, 0.0], [0.0, 50.0]]), np.array([[120.0, 300.0], [120.0, 50.0]]))
    steep, level = pieces[owner == 0], pieces[owner == 1]
    np.testing.assert_allclose(steep[0, :2], (0, 0))
    np.testing.assert_allclose(steep[-1, 2:], (120, 300))
    np.testing.assert_allclose(steep[:-1, 2:], steep[1:, :2])
    slopes = (steep[:, 3] - steep[:, 1]) / (steep[:, 2] - steep[:, 0])
    assert slopes[0] < 0.5 * slopes.max()
    assert slopes[-1] < 0.5 * slopes.max()
    assert len(level) == 2 < len(steep)


@pytest.mark.parametrize("hidden", [(1,), (4, 2), (8, 8), (8, 8, 8, 8, 8)])
def test_the_curves_of_a_small_network_are_smooth(hidden: tuple[int, ...]) -> None:
    layout, params = network((2, *hidden, 1))
    edges = choose(arrange(744, 544, layout.sizes, feature_slots=(0, 1)), layout, params, None, 840)
    t = np.linspace(0, 1, 400)
    for row in range(len(edges)):
        corners = edges.line(row)
        (x, y), (right, bottom) = corners[0], corners[-1]
        xs = x + (right - x) * (1.5 * t - 1.5 * t**2 + t**3)
        ys = y + (bottom - y) * (3 * t**2 - 2 * t**3)
        # the distance of the curve's points from the polyline, measured across it
        off = np.abs(np.interp(xs, corners[:, 0], corners[:, 1]) - ys)
        slope = np.abs(np.gradient(ys, xs))
        assert (off / np.hypot(1, slope)).max() <= 0.27


def test_the_strongest_of_the_edges_under_the_pointer_is_hit() -> None:
    layout, params = network((2, 8, 8, 1))
    edges = choose(arrange(744, 544, layout.sizes, feature_slots=(0, 1)), layout, params, None, 1000)
    strength = params[edges.flat]
    for row in range(len(edges)):
        x, y = edges.line(row)[len(edges.line(row)) // 2]
        found = nearest(edges, x + 0.5, y + 0.5, strength)
        assert found >= 0
        assert abs(strength[found]) >= abs(strength[row])
    assert nearest(edges, 5, 5, strength) == -1


def test_a_part_of_the_edges_keeps_their_lines() -> None:
    layout, params = network((2, 8, 8, 1))
    edges = choose(arrange(744, 544, layout.sizes, feature_slots=(0, 1)), layout, params, None, 1000)
    part = edges.part(np.array([3, 40]))
    assert part.flat.tolist() == edges.flat[[3, 40]].tolist()
    np.testing.assert_array_equal(part.line(1), edges.line(40))


# --- maps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "pixels"), [(10, 40), (100, 40), (32, 32), (7, 3)])
def test_resampling_keeps_a_plain_map_and_its_slope(side: int, pixels: int) -> None:
    weights = resampling(side, pixels)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    ramp = weights @ np.arange(side)
    assert (np.diff(ramp) >= -1e-4).all()


def test_maps_are_shown_as_minus_one_to_one() -> None:
    assert signed_map(np.array([[[0.0, 0.5, 1.0]]]), output=True).tolist() == [[[-1, 0, 1]]]
    assert signed_map(np.array([[[0.5]]]), bounds=(-1, 1)).tolist() == [[[0.5]]]
    assert signed_map(np.array([[[1.0, -4.0]]]), bounds=(0, math.inf)).tolist() == [[[0.25, -1]]]
    shown = signed_map(np.array([[[np.nan, 2.0, np.inf]]]), bounds=(0, math.inf))
    assert np.isnan(shown[0, 0, 0])
    assert shown[0, 0, 1] == 1
    assert signed_map(np.zeros((1, 2, 2))).max() == 0


# --- targets and keys -------------------------------------------------------------------------------------------------


def test_buttons_are_large_enough_and_know_their_limits() -> None:
    picture = arrange(744, 544, (2, 8, 1, 64, 1), feature_slots=(0, 1))
    found = {b.target: b for b in buttons(picture, 3, 64)}
    assert all(b.box[2] >= 28 and b.box[3] >= 28 for b in found.values())
    assert not found[Target("minus", 2)].enabled
    assert not found[Target("plus", 3)].enabled
    assert found[Target("plus", 1)].enabled
    assert not any(b.enabled for t, b in found.items() if t.kind == "add")
    assert [t.layer for t in found if t.kind == "add"] == [1, 2, 3, 4]


def test_cells_biases_and_idle_inputs_are_found() -> None:
    picture = arrange(744, 544, (2, 8, 1), feature_slots=(0, 1))
    x, y = picture.columns[1].centers[3]
    assert cell_at(picture, x, y) == Target("neuron", 1, 3)
    assert cell_at(picture, x - 24, y + 18) == Target("bias", 1, 3)
    index, x, y = picture.columns[0].idle[2]
    assert cell_at(picture, x, y) == Target("feature", 0, index)
    assert cell_at(picture, 160, 200) is None


def test_arrow_keys_reach_every_neuron_and_stop_at_the_border() -> None:
    picture = arrange(744, 544, (2, 3, 1), feature_slots=(0, 4))
    at = step(picture, None, 0, 1)
    assert at == Target("neuron", 1, 0)
    down = [at := step(picture, at, 0, 1) for _ in range(3)]
    assert [t.index for t in down] == [1, 2, 2]
    assert step(picture, at, 1, 0) == Target("neuron", 2, 0)
    column = [at := step(picture, step(picture, Target("neuron", 1, 0), -1, 0), 0, -1)]
    for _ in range(6):
        column.append(at := step(picture, at, 0, 1))
    assert {t.kind for t in column} == {"neuron", "feature"}


def test_tab_walks_the_edges_into_a_neuron_then_its_bias_then_leaves() -> None:
    picture = arrange(744, 544, (2, 3, 1), feature_slots=(0, 1))
    at: Target | None = Target("neuron", 1, 2)
    seen = []
    while (at := walk_edges(picture, at, True)) is not None:
        seen.append(at)
    assert seen == [Target("edge", 0, 2, 0), Target("edge", 0, 2, 1), Target("bias", 1, 2)]


# --- structure, words, numbers ----------------------------------------------------------------------------------------


def test_new_layers_take_the_size_of_their_neighbor() -> None:
    assert structure.add_layer(spec_with(()), 0, 8, 64).network.hidden_layer_sizes == (4,)
    assert structure.add_layer(spec_with((8, 6)), 0, 8, 64).network.hidden_layer_sizes == (8, 8, 6)
    assert structure.add_layer(spec_with((8, 6)), 2, 8, 64).network.hidden_layer_sizes == (8, 6, 6)
    assert structure.add_layer(spec_with((8, 6)), 1, 2, 64) is None


def test_layers_shrink_to_one_neuron_and_no_further() -> None:
    assert structure.resize_layer(spec_with((2,)), 0, -1, 64).network.hidden_layer_sizes == (1,)
    assert structure.resize_layer(spec_with((1,)), 0, -1, 64) is None
    assert structure.resize_layer(spec_with((64,)), 0, 1, 64) is None
    assert structure.resize_layer(spec_with((100,)), 0, -1, 64).network.hidden_layer_sizes == (99,)
    assert structure.remove_layer(spec_with((8, 6)), 0).network.hidden_layer_sizes == (6,)
    assert structure.remove_layer(spec_with(()), 0) is None


def test_features_keep_their_canonical_order_and_one_stays() -> None:
    assert structure.toggle_feature(spec_with((), ("x1", "sin_x1")), "x1_squared").data.features == (
        "x1", "x1_squared", "sin_x1",
    )  # fmt: skip
    assert structure.toggle_feature(spec_with((), ("x1", "x2")), "x1").data.features == ("x2",)
    assert structure.toggle_feature(spec_with((), ("x2",)), "x2") is None


def test_values_are_shown_in_full() -> None:
    assert exact(np.float32(1.284066)) == "+1.284066"
    assert exact(np.float32(-0.1)) == "−0.1"
    assert exact(np.float32(-3e-8)) == "−3e-08"
    assert exact(np.float32(2)) == "+2"
    assert exact(np.float32("nan")) == "not a number"
    value = np.float32(0.123456789)
    assert np.float32(exact(value).removeprefix("+")) == value


def test_things_have_names() -> None:
    spec = spec_with((8, 4))
    assert target_name(spec, Target("edge", 0, 2, 0)) == "Weight x₁ → hidden 1, neuron 3"
    assert target_name(spec, Target("edge", 2, 0, 3)) == "Weight hidden 2, neuron 4 → output"
    assert target_name(spec, Target("bias", 1, 0)) == "Bias of hidden 1, neuron 1"
    assert target_name(spec, Target("neuron", 0, 1)) == "Input x₂"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("1,5", 1.5), ("−2", -2), ("1e-3", 0.001), ("1e7", None), ("nan", None), ("inf", None), ("", None),
     ("abc", None), ("-1000000", -1e6)],
)  # fmt: skip
def test_numbers_are_read_with_point_or_comma(text: str, value: float | None) -> None:
    assert parse(text) == value


def test_steps_fit_the_value() -> None:
    assert step_for(1.28) == pytest.approx(0.1)
    assert step_for(25) == pytest.approx(1.0)
    assert step_for(0.03) == pytest.approx(0.01)
    assert step_for(0) == pytest.approx(0.01)


@given(st.floats(0, 744), st.floats(0, 544))
def test_a_card_stays_inside_and_off_the_thing(x: float, y: float) -> None:
    thing = np.array([[x + dx, y + dy] for dx in (-20, 0, 20) for dy in (-20, 0, 20)])
    left, top = place((220, 70), (x, y), (744, 544), thing)
    assert 0 <= left <= 744 - 220
    assert 0 <= top <= 544 - 70
    assert not ((thing > (left, top)) & (thing < (left + 220, top + 70))).all(axis=1).any()
