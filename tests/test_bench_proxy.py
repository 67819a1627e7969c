"""Picks of one learner learnt by another: the same model as by hand, kept, resumed, and refused in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asknext.bench import proxy
from asknext.bench.protocol import class_positions, split
from asknext.bench.proxy import learnt_by
from asknext.bench.replay import finished
from asknext.bench.run import Run
from asknext.cli import compare, replay, verify  # noqa: F401  (they register)
from asknext.learners import make
from asknext.log import fold
from asknext.randomness import spawn_seed
from command_line import refused, run

QUICK = ("--strategies", "random,margin", "--rounds", "2", "--seeds", "2", "--jobs", "1")
WINE = Path("asknext-wine")


@pytest.fixture(autouse=True)
def _compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("compare", "wine", *QUICK).exit_code == 0


def test_the_other_learner_learns_what_was_asked() -> None:
    rows = json.loads(run("replay", WINE, "--learner", "random-forest", "--json").stdout)
    assert [(row["strategy"], row["seed"], row["round"]) for row in rows] == [
        (strategy, seed, 2) for seed in (0, 1) for strategy in ("random", "margin")
    ]
    settings, data = finished(WINE)
    y = class_positions(data)
    parts = split(y, settings, 1, data.classes)
    asked = parts.pool[fold(Run(WINE, "margin", 1).events(settings)).pool.labelled]
    forest = make("random-forest").fit(data.X[asked], y[asked].astype(np.int32), spawn_seed(1, 2, "proxy"))
    right = forest.signal("proba", data.X[parts.test]).argmax(axis=1) == y[parts.test]
    assert rows[-1]["value"] == right.mean()
    assert rows[-1]["n_labelled"] == len(asked)
    assert Path(WINE, "replay-random-forest.csv").read_text().count("\n") == 5


def test_budgets_are_the_last_rounds_within_them_and_nothing_is_trained_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[int] = []
    guess = proxy._guess

    def counted(*given: Any) -> Any:
        trained.append(len(given[4].labelled))
        if len(trained) == 3:
            raise KeyboardInterrupt
        return guess(*given)

    monkeypatch.setattr(proxy, "_guess", counted)
    settings, data = finished(WINE)
    told = json.loads(run("replay", WINE, "--metric", "brier", "--json").stdout)
    last = max(row["n_labelled"] for row in told)
    budgets = (last - 1, last + 100)
    with pytest.raises(KeyboardInterrupt):
        list(learnt_by(WINE, settings, data, "random-forest", budgets))
    rows = list(learnt_by(WINE, settings, data, "random-forest", budgets))
    assert [row.round for row in rows] == [1, 2] * 4
    assert len(trained) == 8 + 1  # the one that was stopped, again
    assert rows == list(learnt_by(WINE, settings, data, "random-forest", budgets))
    assert len(trained) == 9
    assert "0 with problems" in run("verify", WINE).stdout


def test_progress_ends_at_the_end_where_two_budgets_fall_in_one_round() -> None:
    settings, data = finished(WINE)
    last = max(row.n_labelled for row in learnt_by(WINE, settings, data, "linear-svm"))
    told: list[tuple[int, int]] = []
    budgets = (last - 1, last + 7, last + 8)
    rows = list(learnt_by(WINE, settings, data, "linear-svm", budgets, lambda *now: told.append(now)))
    assert len(rows) == 8
    assert told == [(done, 12) for done in (1, 3, 4, 6, 7, 9, 10, 12)]


def test_a_table_for_people() -> None:
    shown = run("replay", WINE, "--learner", "linear-svm").stdout
    assert "Test accuracy of linear-svm by what was asked for logistic-regression" in shown
    assert "labels" in shown
    assert "replay-linear-svm.csv" in shown


def test_what_cannot_be_replayed_is_refused() -> None:
    line = ("replay", WINE, "--learner", "random-forest")
    assert "no model had at most 1 answers" in refused(*line, "--budgets", "1")
    assert "--budgets holds 'x'" in refused(*line, "--budgets", "5,x")
    assert "give --learner as well" in refused("replay", WINE, "--metric", "brier", "--budgets", "9")
    assert "one of them" in refused(*line, "--verify")
    assert "unknown learner" in refused("replay", WINE, "--learner", "forst")
