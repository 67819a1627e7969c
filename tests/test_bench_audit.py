"""A comparison with an audit slice: answers are the budget, whatever the model may learn from."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from asknext.bench.compare import carry_out, class_positions, measure, runs
from asknext.bench.moments import moments
from asknext.bench.protocol import Settings, check_place, claim, recorded, reopen, split
from asknext.bench.replay import repeat
from asknext.bench.run import Run, execute
from asknext.bench.scenario import Scenario
from asknext.bench.verify import check_logs
from asknext.datasets import Dataset, load
from asknext.errors import AskNextError
from asknext.log import fold, read_events

AUDITED = Settings(
    source="wine", target=None, strategies=("random", "margin"), learner="logistic-regression",
    initial=6, batch=5, rounds=4, seeds=2, test_share=0.3, scenario=Scenario(audit=0.4),
)  # fmt: skip


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load("wine")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, wine: Dataset) -> Path:
    place = tmp_path_factory.mktemp("audit") / "out"
    claim(place, AUDITED, wine)
    carry_out(place, AUDITED, wine, 1)
    return place


def test_answers_are_the_axis_and_labels_what_is_left_of_them(out: Path, wine: Dataset) -> None:
    accuracy = list(measure(out, AUDITED, wine, ["accuracy"]))
    assert {row.n_labelled for row in accuracy} == {6, 11, 16, 21, 26}
    labels = {(r.strategy, r.seed, r.round): r for r in measure(out, AUDITED, wine, ["labels"], ["asked"])}
    y = class_positions(wine)
    for run in runs(out, AUDITED):
        state = fold(read_events(run.path))
        hidden = set(state.audit.ids.tolist())
        told = set(state.pool.labelled.tolist())
        row = labels[run.strategy, run.seed, 4]
        assert row.n_labelled == len(told) == 26
        assert row.value == len(told - hidden) < 26
        *_, last = moments(run, split(y, AUDITED, run.seed), wine.X, y, AUDITED)
        assert set(last.labelled.tolist()) == told - hidden
        assert set(last.asked.tolist()) == told


def test_it_resumes_repeats_and_verifies(tmp_path: Path, out: Path, wine: Dataset) -> None:
    assert all(one.identical for one in repeat(out, AUDITED, wine, 99))
    assert [report.problems for report in check_logs(out)] == [()] * 4
    y, halved = class_positions(wine), Run(tmp_path, "margin", 0)
    for rounds in (2, 4):
        execute(halved, wine.X, y, wine.classes, replace(AUDITED, rounds=rounds))
    bodies = [[e.body["ids"] for e in read_events(run.path) if e.type == "asked"]
              for run in (halved, Run(out, "margin", 0))]  # fmt: skip
    assert bodies[0] == bodies[1]


def test_a_directory_keeps_its_share_and_old_ones_have_none(tmp_path: Path, out: Path, wine: Dataset) -> None:
    assert reopen(out) == AUDITED
    plain = replace(AUDITED, scenario=Scenario())
    with pytest.raises(AskNextError, match=r"other settings \(audit: 0.4, here as usual\)"):
        check_place(out, plain, wine)
    claim(tmp_path, plain, wine)
    file = tmp_path / "settings.json"
    content = json.loads(file.read_text())
    assert "audit" not in content["identity"]
    del content["settings"]["scenario"]
    file.write_text(json.dumps(content))
    assert recorded(tmp_path)[1] == plain
    content["settings"]["scenario"] = {"audit": "much"}
    file.write_text(json.dumps(content))
    with pytest.raises(AskNextError, match="damaged"):
        reopen(tmp_path)


def test_an_ordinary_comparison_counts_labels(tmp_path: Path, wine: Dataset) -> None:
    """Where every answer is a label, answers and labels are the same number."""
    from asknext.bench.conclude import conclude

    plain = replace(AUDITED, scenario=Scenario(), seeds=1)
    claim(tmp_path, plain, wine)
    carry_out(tmp_path, plain, wine, 1)
    assert conclude(tmp_path, plain, wine, "asknext compare wine")["budget"] == "labelled items"
    with (tmp_path / "results.csv").open() as file:
        assert {row["metric"] for row in csv.DictReader(file)} == {
            "accuracy", "balanced-accuracy", "f1-macro", "log-loss",
        }  # fmt: skip
    for row in measure(tmp_path, plain, wine, ["labels"], ["test"]):
        assert row.value == row.n_labelled
