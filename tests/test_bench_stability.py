"""Who comes first, over seeds, tasks, learners and batch sizes: worked cases and bounds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from asknext.bench.stability import firsts, over_seeds, over_tasks

NAMES = ("random", "a", "b")


def task(dataset="wine", learner="tree", batch=5, n_labelled=(10, 50), **means):
    """As much of a task's summary as is read."""
    return {
        "dataset": dataset,
        "settings": {"learner": learner, "batch": batch, "target": None},
        "n_labelled": list(n_labelled),
        "strategies": {name: {"auc_mean": mean} for name, mean in means.items()},
    }


def test_those_who_tie_share_the_first_place_and_rounding_breaks_no_tie():
    scores = np.array([[0.9, 0.1, 0.2], [0.3, 0.1 + 0.2, 0.1], [0.5, 0.5, 0.5], [0, 0, 1]])
    expected = np.array([1 + 1 / 2 + 1 / 3, 1 / 2 + 1 / 3, 1 / 3 + 1]) / 4
    np.testing.assert_allclose(firsts(scores), expected)


@given(arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 5)), elements=st.floats(0, 1)), st.data())
def test_shares_sum_to_one_and_follow_the_columns(scores, data):
    shares = firsts(scores)
    assert shares.sum() == pytest.approx(1)
    order = data.draw(st.permutations(range(scores.shape[1])))
    np.testing.assert_allclose(firsts(scores[:, order]), shares[order])


def test_resamples_agree_with_all_that_there_are():
    # five seeds: 5⁵ ordered resamples, counted one by one
    gains = np.array([0.04, -0.03, 0.01, 0.02, -0.025])
    found = over_seeds(np.array([np.full(5, 0.5), 0.5 + gains]), ("random", "a"))
    exact = np.mean([sum(draw) > 0 for draw in product(gains, repeat=5)])
    assert found["seeds"] == pytest.approx({"random": 2 / 5, "a": 3 / 5})
    assert found["resamples"]["a"] == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 2000))
    assert found["sentence"].startswith("Other seeds might well have crowned another strategy: a comes first")
    assert "3 of the 5 by themselves" in found["sentence"]


def test_a_winner_on_every_seed_holds():
    found = over_seeds(np.array([np.full(6, 0.5), np.full(6, 0.6), np.linspace(0.3, 0.4, 6)]), NAMES)
    assert found["resamples"] == {"random": 0, "a": 1, "b": 0}
    assert found["sentence"] == (
        "Other seeds would hardly have crowned another strategy: a comes first in 100 % of redraws of the "
        "6 seeds, and in 6 of the 6 by themselves."
    )


def test_identical_strategies_share_what_they_win():
    found = over_seeds(np.array([np.full(5, 0.4), *[np.linspace(0.5, 0.6, 5)] * 2]), NAMES)
    assert found["seeds"] == found["resamples"] == {"random": 0, "a": 0.5, "b": 0.5}
    assert "might well" in found["sentence"]


def test_few_seeds_are_not_resampled_and_one_tells_nothing():
    few = over_seeds(np.array([[0.5, 0.5, 0.5], [0.6, 0.4, 0.6], [0.1, 0.6, 0.1]]), NAMES)
    assert few["resamples"] is None
    assert few["seeds"] == pytest.approx({"random": 0, "a": 2 / 3, "b": 1 / 3})
    assert few["sentence"].startswith("3 seeds are too few")
    assert few["sentence"].endswith("the first is a in 2 and b in 1.")
    one = over_seeds(np.array([[0.5], [0.6]]), ("random", "a"))
    assert one["seeds"] is one["resamples"] is None
    assert one["sentence"].startswith("There is one seed")
    assert over_seeds(np.ones((1, 5)), ("random",)) is None


def test_first_places_are_counted_over_the_strategies_that_all_tasks_share():
    found = over_tasks(
        {
            "one": task("wine", random=0.5, a=0.7, b=0.6, only_here=0.9),
            "two": task("digits", random=0.5, a=0.6, b=0.7),
            "three": task("wdbc", random=0.5, a=0.7, b=0.6),
            "four": task("letter", random=0.5, a=0.7, b=0.7),
        }
    )
    assert found["strategies"] == list(NAMES)
    assert found["groups"] == [{"name": "all tasks", "tasks": 4, "firsts": {"random": 0, "a": 2.5, "b": 1.5}}]
    assert found["changes"] == {}
    assert found["sentence"] == (
        "Of the 3 strategies that all 4 tasks share, the first is a in 2.5 and b in 1.5."
    )


def test_a_learner_changes_the_winner_only_where_nothing_else_differs():
    found = over_tasks(
        {
            "one": task("wine", "tree", random=0.5, a=0.7, b=0.6),
            "two": task("wine", "forest", random=0.5, a=0.6, b=0.7),
            "three": task("wdbc", "tree", random=0.5, a=0.7, b=0.6),
            "four": task("wdbc", "forest", random=0.5, a=0.7, b=0.7),
            "five": task("letter", "forest", batch=20, random=0.9, a=0.7, b=0.7),
        }
    )
    # of two pairs one has a common winner; batch sizes differ only where the data do too
    assert found["changes"] == {
        "learner": {"compared": 2, "changed": 1}, "batch": {"compared": 0, "changed": 0}
    }  # fmt: skip
    assert {group["name"]: group["tasks"] for group in found["groups"]} == {
        "all tasks": 5, "learner tree": 2, "learner forest": 3, "batch size 5": 4, "batch size 20": 1,
    }  # fmt: skip
    assert found["groups"][2]["firsts"] == {"random": 1, "a": 0.5, "b": 1.5}
    assert "Another learner, all else equal, changes who is first in 1 of 2 cases." in found["sentence"]
    assert "batch size" not in found["sentence"]


def test_batch_sizes_are_compared_at_equal_budgets():
    small, large = task(batch=5, a=0.7, b=0.6), task(batch=20, a=0.6, b=0.7)
    assert over_tasks({"s": small, "l": large})["changes"] == {"batch": {"compared": 1, "changed": 1}}
    longer = {**large, "n_labelled": [10, 90]}
    assert over_tasks({"s": small, "l": longer})["changes"] == {"batch": {"compared": 0, "changed": 0}}


def test_one_task_or_nothing_in_common_is_no_comparison_of_tasks():
    assert over_tasks({"one": task(a=0.1, b=0.2)}) is None
    assert over_tasks({"one": task(a=0.1, b=0.2), "two": task(a=0.1, c=0.2)}) is None
