"""asknext advise and asknext replay on a project: one sentence, JSON, and one line for what cannot be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from asknext import Campaign
from asknext.bench.results import read_measures
from asknext.cli import advise, replay  # noqa: F401  (they register)
from asknext.datasets import load
from command_line import refused, run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of five rounds on wine."""
    data, path = load("wine"), tmp_path_factory.mktemp("projects") / "wine.asknext"
    with Campaign(data.X, seed=0, audit=0.1, path=path) as campaign:
        for _ in range(5):
            ids = campaign.ask(10).ids
            campaign.tell(ids, data.y[ids])
            campaign.record()
    return path


def test_advice_of_a_project(made: Path) -> None:
    plain = run("advise", made)
    assert plain.exit_code == 0
    assert "audit items" in plain.stdout.replace("\n", " ")
    told = json.loads(run("advise", made, "--data", "wine", "--json").stdout)
    assert told["labelled"] <= 50
    assert {one["figure"]: one for one in told["evidence"]}["accord"]["value"] is not None
    without = json.loads(run("advise", made, "--json").stdout)
    assert {one["figure"]: one for one in without["evidence"]}["accord"]["value"] is None


def test_a_metric_along_a_project(made: Path) -> None:
    result = run("replay", made, "--metric", "contradiction", "--subset", "pool,batch")
    assert result.exit_code == 0, result.output
    rows = read_measures(made, "replay-contradiction.csv")
    assert {row.subset for row in rows} == {"pool", "batch"}
    assert all(0 <= row.value <= 1 for row in rows)
    how = ("--subset", "pool", "--data", "wine", "--json")
    gaps = json.loads(run("replay", made, "--metric", "exploration-gap", *how).stdout)
    assert len(gaps) >= 3
    assert all(row["value"] >= 0 for row in gaps)


def test_what_cannot_be_is_one_line(made: Path, tmp_path: Path) -> None:
    assert "needs the truth" in refused("replay", made, "--metric", "accuracy", "--subset", "pool")
    assert "no test items" in refused("replay", made, "--metric", "contradiction", "--subset", "pool,test")
    assert "numeric features" in refused("replay", made, "--metric", "agreement", "--subset", "batch")
    assert "--metric NAME" in refused("replay", made, "--verify")
    assert "other items" in refused("advise", made, "--data", "digits")
    assert "no asknext project" in refused("advise", tmp_path / "nowhere")
    bare = tmp_path / "bare"
    shutil.copytree(made, bare / "one")
    shutil.copytree(made, bare / "two")
    assert "holds 2 projects" in refused("advise", bare)
    shutil.rmtree(bare / "one" / "columns")
    assert "were not kept" in refused("advise", bare / "one")
    entropy = ("--metric", "entropy", "--subset", "pool")
    assert "were not kept" in refused("replay", bare / "one", *entropy)
