"""The hand-written loops that the tutorial prints, as programs: sampler and cache together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import asknext

X_ALL, Y_ALL = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X_ALL / 16, Y_ALL, test_size=500, random_state=0)
FIRST = np.arange(20)


def contradictions(before: np.ndarray, after: np.ndarray) -> float:
    """Share of test items whose predicted class two consecutive models disagree on."""
    models = [LogisticRegression(max_iter=1000).fit(X[ids], y[ids]) for ids in (before, after)]
    return float(np.mean(models[0].predict(X_test) != models[1].predict(X_test)))


def slides_loop(folder: Path, stop_after: int | None = None) -> list[dict[str, object]]:
    """The slide "Experimenting with metrics". Repaired only where it is no program: the loop starts from a
    few labels instead of none, the sampler is given the pool, and picks in the pool become ids."""
    config = {"method": "margin"}
    clf = RandomForestClassifier(20, random_state=0)
    batch_sizes = [10, 20, 30]
    with asknext.ReplayCache(folder, keys=config) as cache:
        selected = cache.variable("selected", FIRST)
        for number, (batch_size, prev_selected) in enumerate(cache.iter(batch_sizes, selected.previous())):
            if number == stop_after:
                raise KeyboardInterrupt
            sampler = asknext.Sampler("margin", clf, batch_size=batch_size)
            clf.fit(X[prev_selected], y[prev_selected])
            cache.log_value("accuracy", clf.score(X_test, y_test))
            sampler.fit(X[prev_selected], y[prev_selected])
            rest = np.setdiff1d(np.arange(len(X)), prev_selected)
            selected.set(np.concatenate([prev_selected, rest[sampler.select_samples(X[rest])]]))
            prev_selected[:] = 0  # the older package let such a line spoil what it had stored
        cache.compute_metrics(contradictions, selected.previous(), selected.current())
        return cache.values()


def test_the_slides_loop(tmp_path: Path) -> None:
    rows = slides_loop(tmp_path)
    accuracy = [row["value"] for row in rows if row["metric"] == "accuracy"]
    contradiction = [row["value"] for row in rows if row["metric"] == "contradictions"]
    assert len(accuracy) == len(contradiction) == 3
    assert 0.3 < accuracy[0] < accuracy[-1] < 1  # type: ignore[operator]
    with asknext.ReplayCache(tmp_path, keys={"method": "margin"}) as cache:
        selected = cache.variable("selected", FIRST)
        assert list(cache.iter([10, 20, 30], selected.previous())) == []  # all is done: nothing runs again


def test_the_slides_loop_interrupted_and_run_again(tmp_path: Path) -> None:
    whole = slides_loop(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        slides_loop(tmp_path / "halved", stop_after=2)
    assert slides_loop(tmp_path / "halved") == whole


def test_the_older_names(tmp_path: Path) -> None:
    """The loop with the names of the released package: `persisted_value` and `compute_metric`."""
    with asknext.ResumeCache(tmp_path, keys={"seed": 0}) as cache:
        total = cache.persisted_value("total", 0)
        for item, before in cache.iter(range(5), total.previous()):
            total.set(before + item)
        assert total.current() is not None
    with asknext.ReplayCache(tmp_path / "replay", keys={"seed": 0}) as cache:
        total = cache.persisted_value("total", 0)
        for item, before in cache.iter(range(5), total.previous()):
            total.set(before + item)
        cache.compute_metric("step", lambda before, now: now - before, total.previous(), now=total.current())
        assert [row["value"] for row in cache.values("step")] == [0, 1, 2, 3, 4]


def test_random_against_margin_with_one_sampler_each() -> None:
    """Notebook 1's core experiment in small: both samplers learn, and no item is asked twice."""
    for name in ("random", "margin"):
        sampler = asknext.Sampler(name, LogisticRegression(max_iter=1000), batch_size=45)
        known = FIRST
        for _ in range(3):
            rest = np.setdiff1d(np.arange(len(X)), known)
            picks = rest[sampler.fit(X[known], y[known]).select_samples(X[rest])]
            assert len(np.unique(picks)) == 45
            known = np.concatenate([known, picks])
        assert len(np.unique(known)) == 20 + 3 * 45
        assert LogisticRegression(max_iter=1000).fit(X[known], y[known]).score(X_test, y_test) > 0.85
