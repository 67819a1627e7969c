"""The pictures of how a strategy chose: lines of equal score, the edge of a batch, rounds in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import vl_convert
from scipy.interpolate import RegularGridInterpolator

from asknext.bench.explain import LINES, drawings, edge, isolines
from asknext.bench.explain_page import tables
from asknext.monitor.explanations import Explanation, Pick, Tradeoff

STEPS = np.linspace(-3.0, 3.0, 9)
RNG = np.random.default_rng(0)


def rule(purity: float = 1.0, informativeness: float = 1.0) -> np.ndarray:
    """A score that rises in both, and flattens."""
    return np.tanh(purity * STEPS)[:, None] + np.tanh(informativeness * STEPS)


def tradeoff(scores: np.ndarray, picks: Any = ((1.0, 1.0),)) -> Tradeoff:
    asked = tuple(Pick(i, *place, bool(i % 2)) for i, place in enumerate(picks))
    return Tradeoff(STEPS * 0.1, STEPS * 0.2, scores, asked)


def told(round: int = 0, strategy: str = "mqnet", tradeoff: Tradeoff | None = None, **notes: float) -> Any:
    return Explanation(round, strategy, 20, 14, 6, notes, {"score": round / 3}, tradeoff)


@pytest.mark.parametrize("scores", [rule(), rule(0.01), rule(1.0, 0.0), rule(2.0, 0.3)])
def test_lines_keep_their_score_and_divide_the_plane(scores: np.ndarray) -> None:
    between = RegularGridInterpolator((STEPS, STEPS), scores)
    lines = isolines(tradeoff(scores))
    levels = [float(between(line).mean()) for line in lines]
    for line, level in zip(lines, levels, strict=True):
        np.testing.assert_allclose(between(line), level, atol=1e-9)
    assert levels == sorted(levels)
    shares = [float((scores < level - 1e-9).mean()) for level in levels]
    assert 3 <= len(lines) <= LINES
    if len(lines) == LINES:
        within = 1.0 / len(STEPS) + 1e-9  # a step of the grid
        np.testing.assert_allclose(shares, np.arange(1, LINES + 1) / (LINES + 1), atol=within)


def test_a_rule_that_is_the_same_everywhere_has_no_lines() -> None:
    flat = tradeoff(np.zeros((9, 9)))
    assert isolines(flat) == []
    assert len(edge(flat)) == 0
    assert vl_convert.vegalite_to_svg(drawings([told(tradeoff=flat)], 4)[0].spec)


def test_no_pick_lies_below_the_edge_of_its_batch() -> None:
    picks = RNG.uniform(-1.0, 2.9, size=(30, 2))
    scores = rule(0.7, 0.4)
    between = RegularGridInterpolator((STEPS, STEPS), scores)
    line = edge(tradeoff(scores, picks))
    np.testing.assert_allclose(between(line), between(picks).min())
    beyond = np.vstack([picks, [[4.5, -2.9], [-3.2, 0.0]]])
    np.testing.assert_array_equal(edge(tradeoff(scores, beyond)), line)
    alone = edge(tradeoff(scores, [[4.5, -1.0]]))
    np.testing.assert_allclose(between(alone), between([[3.0, -1.0]])[0])


def test_panels_are_the_first_round_the_last_and_some_between_in_order() -> None:
    batches = [told(i, tradeoff=tradeoff(rule())) for i in range(14)]
    (drawn,) = drawings(batches, 4)
    order = drawn.spec["facet"]["sort"]
    assert [heading.split(":")[0] for heading in order] == ["round 0", "round 4", "round 9", "round 13"]
    assert order[0] == "round 0: 14 of 20 in scope|purity weighs 50 %"
    assert {row["panel"] for row in drawn.spec["datasets"]["rows"]} == set(order)
    marks = [row for row in drawn.spec["datasets"]["rows"] if row["kind"] == "pick"]
    assert [(m["x"], m["y"], m["verdict"]) for m in marks] == [(1.0, 1.0, "out of scope")] * 4
    svg = vl_convert.vegalite_to_svg(drawn.spec)
    places = [svg.index(f">{name}: 14 of 20") for name in ("round 0", "round 4", "round 9", "round 13")]
    assert places == sorted(places)


def test_points_beyond_the_plane_stand_on_its_edge() -> None:
    (drawn,) = drawings([told(tradeoff=tradeoff(rule(), [[4.2, -0.5]]))], 4)
    (mark,) = [row for row in drawn.spec["datasets"]["rows"] if row["kind"] == "pick"]
    assert (mark["x"], mark["y"], mark["purity"]) == (3.0, -0.5, 4.2)


def test_figures_of_a_strategy_have_a_panel_each() -> None:
    batches = [told(i, "aloe", tied=i, tau=-0.2, flagged=0.5, own=2.0) for i in range(3)]
    (drawn,) = drawings(batches, 4)
    assert drawn.spec["facet"]["sort"] == ["flagged share", "threshold", "tied clusters", "own"]
    assert "Tied clusters" in drawn.caption
    rows = [row for row in drawn.spec["datasets"]["rows"] if row["figure"] == "tied clusters"]
    assert [(row["round"], row["value"]) for row in rows if "round" in row] == [(0, 0), (1, 1), (2, 2)]
    svg = vl_convert.vegalite_to_svg(drawn.spec)
    for name in drawn.spec["facet"]["sort"]:
        assert svg.count(f">{name}<") == 1
    assert drawings([told()], 4) == []


def test_tables_name_the_strategy_where_several_asked() -> None:
    first, means = tables([told(0, "aloe", tau=-0.25), told(1, "mqnet", tradeoff(rule(1.0, 0.0)))])
    assert first.heads == [
        "round", "strategy", "asked", "in scope", "out of scope", "purity weighs, %", "threshold",
    ]  # fmt: skip
    assert first.rows == [
        ["0", "aloe", "20", "14", "6", "–", "−0.25"], ["1", "mqnet", "20", "14", "6", "100", "–"],
    ]  # fmt: skip
    assert means.heads == ["round", "score"]
    assert means.rows == [["0", "0"], ["1", "0.333"]]
    assert "strategy" not in tables([told()])[0].heads


def test_pictures_and_tables_say_whose_figures_they_are_and_what_these_mean() -> None:
    batches = [told(0, "aloe", tied=1), told(1, "mqnet", tradeoff(rule())), told(2, "margin")]
    assert [drawn.title for drawn in drawings(batches, 4)] == [
        "mqnet: purity against informativeness", "aloe: its own figures",
    ]  # fmt: skip
    note = tables(batches)[0].note
    assert "What purity weighs is" in note
    assert "Tied clusters:" in note
    assert "purity" not in tables([told()])[0].note


@pytest.mark.parametrize(("rounds", "ticks"), [(1, [0]), (3, [0, 1, 2]), (21, [0, 7, 13, 20])])
def test_every_tick_is_a_round_and_stands_once(rounds: int, ticks: list[int]) -> None:
    (drawn,) = drawings([told(i, "aloe", tau=i) for i in range(rounds)], 4)
    assert drawn.spec["spec"]["layer"][0]["encoding"]["x"]["axis"]["values"] == ticks
    svg = vl_convert.vegalite_to_svg(drawn.spec)
    assert all(f">{tick}<" in svg for tick in ticks)
