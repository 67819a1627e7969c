"""Runs: the loop is the textbook's loop, it resumes anywhere, and its results do not depend on how it ran."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from asknext.bench.compare import carry_out, class_positions, disk_due, measure, runs, timings
from asknext.bench.moments import moments
from asknext.bench.protocol import Settings, claim, fit_to_pool, split
from asknext.bench.replay import finished, repeat
from asknext.bench.run import Run, execute, open_campaign, play
from asknext.datasets import Dataset, load
from asknext.errors import AskNextError
from asknext.log import read_events
from asknext.randomness import spawn_seed

SMALL = Settings(
    source="wine", target=None, strategies=("random", "margin"), learner="logistic-regression",
    initial=6, batch=5, rounds=4, seeds=2, test_share=0.3,
)  # fmt: skip


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load("wine")


def picks(run: Run) -> list[list[int]]:
    """The batches of a run, from its log."""
    return [e.body["ids"] for e in read_events(run.path) if e.type == "asked"]


def test_margin_run_is_the_textbook_loop(tmp_path: Path, wine: Dataset) -> None:
    """Same picks and accuracies as a hand-written scikit-learn loop."""
    y, run = class_positions(wine), Run(tmp_path, "margin", 1)
    execute(run, wine.X, y, wine.classes, SMALL)
    parts = split(y, SMALL, 1)
    X, truth = wine.X[parts.pool], y[parts.pool]
    known = np.sort(parts.initial)
    batches = picks(run)
    for moment, batch in zip(moments(run, parts, wine.X, y, SMALL), [*batches, None], strict=True):
        seed = spawn_seed(1, moment.round, "fit")
        model = LogisticRegression(max_iter=1000, random_state=seed).fit(X[known], truth[known])
        said = model.predict_proba(wine.X[parts.test]).astype(np.float32)  # kept in single precision
        np.testing.assert_array_equal(moment.column("test"), said)
        assert moment.n_labelled == len(known)
        if batch is None:
            break
        open_items = np.setdiff1d(np.arange(len(X)), known)
        ordered = np.sort(model.predict_proba(X[open_items]), axis=1)
        margins = ordered[:, -1] - ordered[:, -2]
        assert batch == open_items[np.argsort(margins)][: SMALL.batch].tolist()
        known = np.union1d(known, batch)


def test_same_start_for_all_strategies(tmp_path: Path, wine: Dataset) -> None:
    y = class_positions(wine)
    for name in ("random", "margin"):
        execute(Run(tmp_path, name, 0), wine.X, y, wine.classes, SMALL)
    first = [
        next(iter(moments(Run(tmp_path, name, 0), split(y, SMALL, 0), wine.X, y, SMALL))).column("test")
        for name in ("random", "margin")
    ]
    np.testing.assert_array_equal(*first)
    assert not set(split(y, SMALL, 0).pool) & set(split(y, SMALL, 0).test)
    assert not np.array_equal(split(y, SMALL, 0).initial, split(y, SMALL, 1).initial)


@pytest.mark.parametrize("stop_after", range(5))
def test_stopped_between_rounds_and_resumed(tmp_path: Path, wine: Dataset, stop_after: int) -> None:
    y = class_positions(wine)
    whole, halved = Run(tmp_path / "a", "kmeans", 0), Run(tmp_path / "b", "kmeans", 0)
    execute(whole, wine.X, y, wine.classes, SMALL)
    campaign, parts, oracle = open_campaign(halved, wine.X, y, wine.classes, SMALL)
    with campaign:
        for _ in range(stop_after):
            with campaign.transaction():
                play(campaign, parts, oracle, SMALL)
    execute(halved, wine.X, y, wine.classes, SMALL)
    assert picks(halved) == picks(whole)


def test_more_rounds_extend_a_run(tmp_path: Path, wine: Dataset) -> None:
    y = class_positions(wine)
    short, long = Run(tmp_path / "a", "badge", 0), Run(tmp_path / "b", "badge", 0)
    execute(short, wine.X, y, wine.classes, replace(SMALL, rounds=2))
    assert len(picks(short)) == 2
    execute(short, wine.X, y, wine.classes, SMALL)
    execute(long, wine.X, y, wine.classes, SMALL)
    assert picks(short) == picks(long)


def test_rounds_of_a_longer_comparison_do_not_count(tmp_path: Path, wine: Dataset) -> None:
    short = replace(SMALL, rounds=2, seeds=1, strategies=("random",))
    for settings in (short, replace(short, rounds=4)):
        claim(tmp_path, settings, wine)
        carry_out(tmp_path, settings, wine, jobs=1)
        for subset, rounds in (("test", [0, 1, 2]), ("batch", [0, 1])):
            rows = measure(tmp_path, short, wine, ["accuracy"], [subset])
            assert [row.round for row in rows] == rounds
        stages = [(row.round, row.stage) for row in timings(tmp_path, short)]
        assert stages.count((2, "fit")) == 1
        assert {number for number, _ in stages} == {0, 1, 2}
        assert (2, "select") not in stages
    claim(tmp_path, short, wine)
    assert finished(tmp_path)[0].rounds == 2


def test_only_a_child_of_the_comparison_leaves_with_it() -> None:
    code = (
        "import os, time; from asknext.bench.run import _leave_with; "
        "_leave_with(os.getpid()); time.sleep(0.5); print('alive')"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "alive\n"


def test_cold_start_really_chooses_its_first_batch(tmp_path: Path, wine: Dataset) -> None:
    y, cold = class_positions(wine), replace(SMALL, initial=0, rounds=1)
    batches = {}
    for name in ("random", "k-center", "typiclust"):
        execute(Run(tmp_path, name, 0), wine.X, y, wine.classes, cold)
        batches[name] = picks(Run(tmp_path, name, 0))[0]
    assert len({frozenset(b) for b in batches.values()}) == 3
    parts = split(y, cold, 0)
    rounds = list(moments(Run(tmp_path, "k-center", 0), parts, wine.X, y, cold))
    assert [m.round for m in rounds] == [1]
    assert rounds[0].n_labelled == cold.batch


def test_pool_runs_empty(tmp_path: Path, wine: Dataset) -> None:
    y, greedy = class_positions(wine), replace(SMALL, batch=60, rounds=9)
    run = Run(tmp_path, "margin", 0)
    execute(run, wine.X, y, wine.classes, greedy)
    asked = picks(run)
    assert sum(map(len, asked)) + greedy.initial == len(split(y, greedy, 0).pool)
    assert len(asked) == 2


def test_jobs_do_not_change_results(tmp_path: Path, wine: Dataset) -> None:
    results = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        claim(out, SMALL, wine)
        seen: list[int] = []
        carry_out(out, SMALL, wine, jobs, seen.append)
        assert seen[-1] == len(runs(out, SMALL)) * (SMALL.rounds + 1)
        results.append(list(measure(out, SMALL, wine)))
        spent = list(timings(out, SMALL))
        assert {t.stage for t in spent} == {"fit", "predict", "select", "total"}
    assert results[0] == results[1]


def test_replay_trains_nothing_and_repeats_exactly(
    tmp_path: Path, wine: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(tmp_path / "out", SMALL, wine)
    with pytest.raises(AskNextError, match=r"unfinished comparison \(0 of 4"):
        finished(tmp_path / "out")
    carry_out(tmp_path / "out", SMALL, wine, 1)
    settings, data = finished(tmp_path / "out")
    assert all(one.identical for one in repeat(tmp_path / "out", settings, data, 99))

    def forbidden(*_: object) -> None:
        raise AssertionError("replay must not train")

    monkeypatch.setattr(LogisticRegression, "fit", forbidden)
    rows = list(measure(tmp_path / "out", settings, data, ["contradiction"], ["test", "pool", "batch"]))
    assert {row.subset for row in rows} == {"test", "pool", "batch"}
    assert min(row.round for row in rows) == 1  # nothing to contradict before
    with pytest.raises(AssertionError, match="must not train"):
        list(repeat(tmp_path / "out", settings, data, 1))


def test_a_column_that_is_gone_is_said_so(tmp_path: Path, wine: Dataset) -> None:
    y, run = class_positions(wine), Run(tmp_path, "margin", 0)
    execute(run, wine.X, y, wine.classes, SMALL)
    for column in (run.path / "columns").glob("*.npy"):
        column.write_bytes(column.read_bytes()[:40])
    with pytest.raises(AskNextError, match="gone or damaged"):
        [m.column("test") for m in moments(run, split(y, SMALL, 0), wine.X, y, SMALL)]


@pytest.mark.parametrize("other", [{"initial": 7}, {"batch": 4}])
def test_a_run_of_other_sizes_is_refused(tmp_path: Path, wine: Dataset, other: dict[str, int]) -> None:
    y, run = class_positions(wine), Run(tmp_path, "margin", 0)
    execute(run, wine.X, y, wine.classes, replace(SMALL, **other))
    with pytest.raises(AskNextError, match=r"holds a run with \d+ answers in round \d, where \d+ are due"):
        execute(run, wine.X, y, wine.classes, SMALL)
    with pytest.raises(AskNextError, match="belongs elsewhere; put the folder back"):
        run.events(SMALL)


def test_a_run_of_another_learner_is_refused(tmp_path: Path, wine: Dataset) -> None:
    y, run = class_positions(wine), Run(tmp_path, "margin", 0)
    execute(run, wine.X, y, wine.classes, replace(SMALL, learner="linear-svm"))
    with pytest.raises(AskNextError, match="holds a run with another learner and belongs elsewhere"):
        execute(run, wine.X, y, wine.classes, SMALL)


def test_the_disk_space_is_that_of_the_columns(tmp_path: Path, wine: Dataset) -> None:
    claim(tmp_path, SMALL, wine)
    carry_out(tmp_path, SMALL, wine, 1)
    kept = sum(path.stat().st_size for path in tmp_path.rglob("*.npy"))
    assert disk_due(SMALL, wine) * 1e9 == pytest.approx(kept, rel=0.1)


def test_sizes_left_open_suit_the_pool(wine: Dataset) -> None:
    filled = fit_to_pool(replace(SMALL, initial=-1, batch=-1), wine)
    assert (filled.initial, filled.batch) == (3, 2)
    with pytest.raises(AskNextError, match="--initial is 500, but the pool of wine has 125 items"):
        fit_to_pool(replace(SMALL, initial=500), wine)
    for wrong in ({"batch": 0}, {"rounds": 0}, {"seeds": 0}, {"test_share": 1.0}):
        [(option, value)] = wrong.items()
        with pytest.raises(AskNextError, match=f"--{option.replace('_', '-')} is {value}"):
            fit_to_pool(replace(SMALL, **wrong), wine)  # type: ignore[arg-type]
    with pytest.raises(AskNextError, match="there is no strategy to run"):
        fit_to_pool(replace(SMALL, strategies=()), wine)
