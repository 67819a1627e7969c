"""Comparisons on real pools from end to end: counted again from the logs, repeated, resumed, reported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner

from asknext.bench.compare import carry_out, class_positions, measure, runs
from asknext.bench.curves import at_equal_cost, curves, quantities
from asknext.bench.moments import moments
from asknext.bench.protocol import Settings, check_place, claim, reopen, split
from asknext.bench.replay import finished, repeat
from asknext.bench.results import Measure
from asknext.bench.run import Run, check, execute, open_campaign
from asknext.bench.scenario import Scenario
from asknext.bench.verify import check_logs
from asknext.cli import compare, replay, verify  # noqa: F401  (they register)
from asknext.cli.app import app
from asknext.datasets import Dataset, load
from asknext.errors import AskNextError
from asknext.log import fold, read_events
from asknext.pool import OUT_OF_SCOPE
from asknext.randomness import spawn_seed

OPEN = Settings(
    source="digits", target=None, strategies=("random", "margin", "k-center"), learner="logistic-regression",
    initial=20, batch=15, rounds=3, seeds=2, test_share=0.3,
    scenario=Scenario(scope=4, ood_rate=0.6, ood_cost=0.25),
)  # fmt: skip
TAIL = replace(OPEN, initial=8, batch=8, scenario=Scenario(long_tail=0.05, known=2))


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def finish(out: Path, settings: Settings, data: Dataset) -> Path:
    """A finished comparison."""
    claim(out, settings, data)
    carry_out(out, settings, data, 1)
    return out


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    return finish(tmp_path_factory.mktemp("open") / "out", OPEN, digits)


@pytest.fixture(scope="module")
def tailed(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    return finish(tmp_path_factory.mktemp("tail") / "out", TAIL, digits)


def picks(run: Run) -> list[list[int]]:
    """The batches of a run, from its log."""
    return [e.body["ids"] for e in read_events(run.path) if e.type == "asked"]


def values(rows: Iterator[Measure]) -> dict[tuple[Any, ...], float]:
    """Measures by strategy, seed, round and metric."""
    return {(row.strategy, row.seed, row.round, row.metric): row.value for row in rows}


def test_what_is_out_of_scope_is_told_so_paid_for_and_not_learnt_from(opened: Path, digits: Dataset) -> None:
    y = class_positions(digits)
    for run in runs(opened, OPEN):
        part = split(y, OPEN, run.seed)
        state, places = fold(read_events(run.path)), part.positions(y)[part.pool]
        assert state.pool.classes == tuple(digits.classes[c] for c in part.scope)
        for item, answer in state.pool.answers.items():
            truth = OUT_OF_SCOPE if places[item] < 0 else digits.classes[part.scope[places[item]]]
            assert answer == truth
        first = next(e.body["ids"] for e in read_events(run.path) if e.type == "answered")
        assert first == part.initial.tolist(), "all strategies start alike"


def test_purity_and_cost_are_counted_again_from_the_log(opened: Path, digits: Dataset) -> None:
    y = class_positions(digits)
    names = ["query-precision", "query-recall", "cost", "labels"]
    asked = list(measure(opened, OPEN, digits, names, ["asked"]))
    batch = values(measure(opened, OPEN, digits, ["query-precision"], ["batch"]))
    assert {row.n_labelled for row in asked} == {20, 35, 50, 65}
    found = values(iter(asked))
    for run in runs(opened, OPEN):
        part = split(y, OPEN, run.seed)
        inside = part.positions(y)[part.pool] >= 0
        told: list[int] = part.initial.tolist()
        for number, ids in enumerate([*picks(run), []]):
            here, good = (run.strategy, run.seed, number), int(inside[told].sum())
            assert found[*here, "labels"] == good
            assert found[*here, "cost"] == pytest.approx(good + 0.25 * (len(told) - good))
            assert found[*here, "query-precision"] == pytest.approx(good / len(told))
            assert found[*here, "query-recall"] == pytest.approx(good / inside.sum())
            if ids:
                assert batch[*here, "query-precision"] == pytest.approx(inside[ids].mean())
            told += ids


def test_classes_are_found_one_by_one_and_columns_stand_by_the_data(tailed: Path, digits: Dataset) -> None:
    """The model of each round fitted again by hand, on the classes told so far."""
    y = class_positions(digits)
    for run in runs(tailed, TAIL):
        part, grown = split(y, TAIL, run.seed), []
        X, truth = digits.X[part.pool], y[part.pool]
        for moment in moments(run, part, digits.X, y, TAIL):
            learnt = moment.labelled
            known = np.unique(truth[learnt])
            order = list(fold(read_events(run.path)).pool.classes)[: len(known)]
            assert set(order) == set(known)
            codes = np.array([order.index(c) for c in truth[learnt]])
            seed = spawn_seed(run.seed, moment.round, "fit")
            model = LogisticRegression(max_iter=1000, random_state=seed).fit(X[learnt], codes)
            said = moment.column("test")
            assert said.shape == (len(part.test), 10)
            by_hand = model.predict_proba(digits.X[part.test]).astype(np.float32)
            np.testing.assert_array_equal(said[:, order], by_hand)
            assert not said[:, np.setdiff1d(np.arange(10), known)].any()
            assert moment.found.nonzero()[0].tolist() == known.tolist()
            np.testing.assert_array_equal(moment.labels, truth[learnt])
            grown.append(len(known))
        assert grown[0] == 2
        assert grown[-1] > 2


def test_discovery_is_counted_again_from_the_log(tailed: Path, digits: Dataset) -> None:
    y = class_positions(digits)
    novel = values(measure(tailed, TAIL, digits, ["novelty-ratio"], ["batch"]))
    number = values(measure(tailed, TAIL, digits, ["classes-found"], ["asked"]))
    names = ["balanced-accuracy", "known-class-accuracy", "accuracy-few"]
    tested = values(measure(tailed, TAIL, digits, names, ["test"]))
    for run in runs(tailed, TAIL):
        part = split(y, TAIL, run.seed)
        truth, test = y[part.pool], y[part.test]
        told: list[int] = part.initial.tolist()
        columns = [moment.column("test") for moment in moments(run, part, digits.X, y, TAIL)]
        for round_, ids in enumerate([*picks(run), []]):
            here, known = (run.strategy, run.seed, round_), np.unique(truth[told])
            right = columns[round_].argmax(axis=1) == test
            assert number[*here, "classes-found"] == len(known)
            assert tested[*here, "known-class-accuracy"] == pytest.approx(right[np.isin(test, known)].mean())
            recalls = [right[test == c].mean() if c in known else 0 for c in range(10)]
            assert tested[*here, "balanced-accuracy"] == pytest.approx(np.mean(recalls))
            few = np.flatnonzero(np.bincount(truth, minlength=10) < 20)
            assert tested[*here, "accuracy-few"] == pytest.approx(right[np.isin(test, few)].mean())
            if ids:
                assert novel[*here, "novelty-ratio"] == pytest.approx(np.mean(~np.isin(truth[ids], known)))
            told += ids


@pytest.mark.parametrize(("place", "settings"), [("opened", OPEN), ("tailed", TAIL)])
def test_they_repeat_verify_and_resume(
    place: str, settings: Settings, tmp_path: Path, digits: Dataset, request: pytest.FixtureRequest
) -> None:
    out = request.getfixturevalue(place)
    assert finished(out)[0] == reopen(out) == settings
    assert all(one.identical for one in repeat(out, settings, digits, 8))
    assert all(report.problems == () for report in check_logs(out))
    y, halved = class_positions(digits), Run(tmp_path, "k-center", 1)
    for rounds in (1, 3):
        execute(halved, digits.X, y, digits.classes, replace(settings, rounds=rounds))
    assert picks(halved) == picks(Run(out, "k-center", 1))


def test_more_rounds_give_the_same_measures(tmp_path: Path, digits: Dataset) -> None:
    scenario = Scenario(scope=5, ood_rate=0.3, long_tail=0.1, known=0, audit=0.2)
    long = replace(OPEN, strategies=("badge",), scenario=scenario)
    for rounds in (1, 2, 3):
        finish(tmp_path / "a", replace(long, rounds=rounds), digits)
    finish(tmp_path / "b", long, digits)
    wanted = {"test": ["accuracy", "log-loss"], "asked": ["cost", "classes-found"], "pool": ["entropy"]}
    for subset, names in wanted.items():
        a, b = (list(measure(tmp_path / out, long, digits, names, [subset])) for out in "ab")
        assert a == b
        assert len(a) == 2 * 4 * len(names)  # seeds, rounds with the first


def test_wrong_answers_are_told_as_often_as_it_is_said_and_no_test_label_is_wrong(
    tmp_path: Path, digits: Dataset
) -> None:
    scenario = Scenario(scope=5, ood_rate=0.3, label_noise=0.25)
    noisy = replace(OPEN, strategies=("random",), scenario=scenario, initial=200, rounds=1, seeds=1)
    finish(tmp_path, noisy, digits)
    campaign, parts, _ = open_campaign(
        Run(tmp_path, "random", 0), digits.X, y := class_positions(digits), digits.classes, noisy
    )
    with campaign:
        told = campaign.pool
    truth = parts.positions(y)[parts.pool]
    assert (truth[told.out_of_scope] < 0).all()
    assert (truth[told.labelled] >= 0).all()
    wrong = told.y != truth[told.labelled]
    assert abs(wrong.mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / len(wrong))
    assert {*told.y[wrong].tolist()} == {0, 1, 2, 3, 4}
    found = [one.value for one in measure(tmp_path, noisy, digits, ["accuracy"], ["test"])]
    assert found[-1] > 0.8, "the model is measured by the true labels"
    assert all(one.identical for one in repeat(tmp_path, noisy, digits, 8))
    assert scenario.sentences[-1] == "25 % of the answers name a wrong class, test labels do not"


def test_a_directory_keeps_its_scenario_but_not_its_costs(opened: Path, digits: Dataset) -> None:
    check_place(opened, replace(OPEN, scenario=replace(OPEN.scenario, ood_cost=2.0)), digits)
    for change, said in (({"scope": 5}, "scope: 4, here 5"),
                         ({"ood_rate": None}, "ood_rate: 0.6, here as usual"),
                         ({"known": 0}, "known: as usual, here 0")):  # fmt: skip
        with pytest.raises(AskNextError, match=rf"other settings \({said}\)"):
            check_place(opened, replace(OPEN, scenario=replace(OPEN.scenario, **change)), digits)


@pytest.mark.parametrize("known", [None, 0])
@pytest.mark.parametrize("name", ["margin", "badge", "typiclust", "uherding", "weighted-kmeans"])
def test_a_run_whose_first_labels_are_all_out_of_scope_begins_without_a_model(
    tmp_path: Path, digits: Dataset, name: str, known: int | None
) -> None:
    scenario = Scenario(scope=2, ood_rate=0.8, known=known)
    settings = replace(OPEN, strategies=(name,), initial=2, seeds=1, scenario=scenario)
    y, run = class_positions(digits), Run(tmp_path, name, 0)
    part = split(y, settings, 0)
    assert (part.positions(y)[part.pool][part.initial] == -1).all()
    execute(run, digits.X, y, digits.classes, settings)
    assert [len(ids) for ids in picks(run)] == [15, 15, 15]
    found = values(measure(tmp_path, settings, digits, ["accuracy", "labels"], ["test"]))
    assert found[name, 0, 0, "labels"] == 0
    if known == 0:
        assert found[name, 0, 0, "accuracy"] == 0
    assert found[name, 0, 3, "accuracy"] > 0.4


def test_strategies_that_are_told_all_classes_do_not_go_with_classes_to_find(digits: Dataset) -> None:
    y, run = class_positions(digits), Run(Path(), "informed-confidence", 0)
    with pytest.raises(AskNextError, match="'informed-confidence' is told what only a benchmark knows"):
        check(run, digits.X, y, digits.classes, TAIL)
    check(run, digits.X, y, digits.classes, OPEN)


def test_an_oracle_never_asks_what_it_knows_to_be_out_of_scope(tmp_path: Path, digits: Dataset) -> None:
    settings = replace(OPEN, strategies=("informed-confidence",), seeds=1)
    finish(tmp_path / "out", settings, digits)
    rows = measure(tmp_path / "out", settings, digits, ["query-precision"], ["batch"])
    assert {row.value for row in rows} == {1.0}


def test_curves_at_equal_cost() -> None:
    """a pays 10, 20, 30; b pays 10, 15, 20: both are seen at 10, 15 and 20."""
    rows = []
    paths = {"a": {10: 0.2, 20: 0.4, 30: 0.8}, "b": {10: 0.2, 15: 0.6, 20: 0.7}}
    for name, path in paths.items():
        for number, (cost, accuracy) in enumerate(path.items()):
            where = ("x", name, 0, number, 10 + 10 * number)
            rows += [Measure(*where, "cost", "asked", cost), Measure(*where, "accuracy", "test", accuracy)]
            if number < 2:
                rows += [Measure(*where, "query-precision", "batch", accuracy)]
    found = curves(at_equal_cost(rows), "accuracy", "test", ["a", "b"])
    assert found.n_labelled.tolist() == [10, 15, 20]
    np.testing.assert_allclose(found.values[:, 0], [[0.2, 0.3, 0.4], [0.2, 0.6, 0.7]])
    batch = curves(at_equal_cost(rows), "query-precision", "batch", ["a", "b"])
    np.testing.assert_allclose(batch.values[:, 0], [[0.2, 0.3, 0.4], [0.2, 0.6, 0.6]])


def test_runs_without_a_common_cost_cannot_be_compared() -> None:
    paid = {"a": (10, 10), "b": (10, 20)}
    rows = [
        Measure("x", name, 0, number, 10 + number, "cost", "asked", cost)
        for name, costs in paid.items()
        for number, cost in enumerate(costs)
    ]
    with pytest.raises(AskNextError, match="no cost at which all runs compare: one has paid 10 with"):
        at_equal_cost(rows)


def test_only_what_every_run_has_is_drawn() -> None:
    def row(seed: int, number: int, metric: str) -> Measure:
        return Measure("x", "a", seed, number, 10 * number, metric, "test", 0.5)

    every = [row(seed, number, "accuracy") for seed in (0, 1) for number in (0, 1, 2)]
    some = [row(0, number, "accuracy-few") for number in (0, 1, 2)]
    late = [row(0, 2, "late"), row(1, 1, "late"), row(1, 2, "late")]
    assert quantities([*every, *some, *late], ["a"]) == [("accuracy", "test")]


def asknext(*arguments: str | Path) -> Any:
    """Run a command line in this process."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


SHORT = ("--strategies", "random,margin", "--rounds", "2", "--seeds", "2", "--jobs", "1")


def test_a_report_on_purity(tmp_path: Path) -> None:
    out = tmp_path / "out"
    line = ("compare", "digits", "--scope", "1,2,7", "--ood-rate", "0.5", *SHORT, "--out", out)
    told = asknext(*line).stdout
    assert "in scope are 1, 2 and 7" in told
    assert "50 % of each pool are out of scope" in told
    assert "answers" in told
    assert "in scope: share of what was asked" in " ".join(told.split())
    first = (out / "results.csv").read_bytes()
    summary = json.loads(asknext(*line, "--ood-cost", "2", "--json").stdout)
    assert (out / "results.csv").read_bytes() != first, "the cost is another one"
    assert (summary["budget"], summary["settings"]["classes_in_scope"]) == ("units of cost", 3)
    assert summary["settings"]["pool_size"] == 2 * 377
    found = summary["strategies"]["random"]["openness"]
    assert found.keys() == {"query_precision", "query_recall", "labels", "cost"}
    assert 0.2 < found["query_precision"] < 0.8
    report = (out / "report.html").read_text()
    for text in ("metric-query-precision-batch", "metric-query-recall-asked", "in scope %", "units of cost"):
        assert text in report
    assert "metric-cost" not in report
    assert "8 of 8 rounds gave identical picks" in asknext("replay", out, "--verify").stdout
    assert "0 with problems" in asknext("verify", out).stdout


def test_a_report_on_discovery(tmp_path: Path) -> None:
    line = ("compare", "digits", "--long-tail", "0.02", "--known", "0", "--audit", "0.1", *SHORT)
    told = asknext(*line, "--out", tmp_path / "a").stdout
    assert "classes: found in the end" in " ".join(told.split())
    summary = json.loads((tmp_path / "a/summary.json").read_text())
    found = summary["strategies"]["margin"]["openness"]
    assert found.keys() == {"labels", "classes_found", "discovery_auc", "balanced_accuracy"}
    assert 0 < found["discovery_auc"] <= found["classes_found"] / 10 <= 1
    report = (tmp_path / "a/report.html").read_text()
    for text in ("classes-found-asked", "novelty-ratio-batch", "known-class-accuracy", "accuracy-few"):
        assert f"metric-{text}" in report


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scope", "1,2,cat"), "unknown class 'cat'"),
        (("--scope", "12"), "--scope is 12, but there are 10 classes"),
        (("--scope", "4", "--ood-rate", "1"), "--ood-rate is 1.0; give a number from 0 to below 1"),
        (("--ood-rate", "0.5"), "nothing in digits is out of scope"),
        (("--scope", "9", "--ood-rate", "0.9"), "give a lower rate"),
        (("--known", "11"), "--known is 11, but the pool holds 10 classes"),
        (("--known", "3", "--initial", "0"), "the 0 first labels in scope must be of 3 classes"),
        (("--long-tail", "0"), "--long-tail is 0.0"),
        (("--label-noise", "1"), "--label-noise is 1.0; give a number from 0 to below 1"),
        (("--known", "0", "--strategies", "informed-confidence"), "leave it or --known out"),
        (("--ood-data", "kmnist"), "published data sets alone: unknown published data set 'digits'"),
    ],
)
def test_bad_scenarios_are_refused_in_one_line(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = asknext("compare", "digits", "--strategies", "random", *options, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert not (tmp_path / "out").exists()
