"""asknext explain: a project or a run told and drawn, the report's panel, one line for what cannot be."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from asknext import OUT_OF_SCOPE, Campaign
from asknext.cli import advise, compare, explain  # noqa: F401  (they register)
from asknext.datasets import load
from command_line import refused, run

COMPARE = ("compare", "digits", "--scope", "4", "--ood-rate", "0.5", "--rounds", "3", "--initial", "12",
           "--batch", "12", "--seeds", "1", "--jobs", "1")  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on wdbc in which the malignant items are out of scope."""
    data, path = load("wdbc"), tmp_path_factory.mktemp("projects") / "cells.asknext"
    rare = data.y == sorted(set(data.y))[1]
    groups = np.where(data.X[:, 0] > np.median(data.X[:, 0]), "large", "small")
    with Campaign(data.X, strategy="mqnet", seed=0, path=path) as campaign:
        ids = np.arange(20)
        for _ in range(3):
            campaign.tell(ids, [OUT_OF_SCOPE if rare[i] else groups[i] for i in ids])
            ids = campaign.ask(10).ids
    return path


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small comparison of strategies that note how they chose and of one that does not."""
    out = tmp_path_factory.mktemp("compared") / "digits"
    assert run(*COMPARE, "--strategies", "random,mqnet,aloe", "--out", out).exit_code == 0
    return out


def test_a_project_is_told_round_by_round(made: Path) -> None:
    result = run("explain", made)
    assert result.exit_code == 0, result.output
    assert "cells.asknext: mqnet" in result.stdout
    told = json.loads(run("explain", made, "--json").stdout)
    assert [one["round"] for one in told] == [0, 1, 2]
    assert [one["in_scope"] + one["out_of_scope"] for one in told] == [10, 10, 0]
    for one in told:
        assert f"{one['tradeoff']['weight']:.0%}"[:-1] in result.stdout
        assert len(one["tradeoff"]["picks"]) == 10
        assert set(one["means"]) == {"score", "purity", "informativeness"}


def test_a_page_of_a_project_opens_offline(made: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    assert f"Written to {page}" in run("explain", made, "--out", page).stdout
    text = page.read_text(encoding="utf-8")
    assert re.findall(r'data-figure="([\w-]+)"', text) == ["tradeoff", "means"]
    assert "round 2: 0 of 10 in scope" in text
    assert "unsure or not told yet" in text
    shown = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert not re.search(r'(src|href)="(?!#)', shown)
    assert "default-src 'none'" in shown
    assert json.loads(run("explain", made, "--out", page, "--json").stdout)


def test_the_run_of_a_comparison(compared: Path) -> None:
    told = json.loads(run("explain", compared, "--strategy", "ALOE", "--json").stdout)
    assert len(told) == 3
    assert set(told[0]["notes"]) == {"flagged", "tau", "ood_clusters", "tied"}
    shown = run("explain", compared, "--strategy", "aloe", "--seed", "0").stdout
    assert "digits, seed 0: aloe" in shown
    assert "threshold" in shown
    assert run("explain", compared / "runs" / "mqnet" / "0", "--json").exit_code == 0


def test_the_report_of_a_comparison_says_how_it_chose(compared: Path, tmp_path: Path) -> None:
    report = (compared / "report.html").read_text()
    figures = compared / "figures"
    chosen = {"chose-tradeoff-mqnet", "chose-notes-aloe"}
    assert {name for name in re.findall(r'data-figure="([\w-]+)"', report) if "chose" in name} == chosen
    assert {path.stem for path in figures.glob("chose-*.svg")} == chosen
    assert report.count("<h2>How it chose</h2>") == 1
    assert (figures / "chose-tradeoff-mqnet.svg").read_text() in report
    told = json.loads(run("explain", compared, "--strategy", "mqnet", "--json").stdout)
    for one in told:
        assert f"round {one['round']}: {one['in_scope']} of 12 in scope" in report
    fewer = tmp_path / "fewer"
    shutil.copytree(compared, fewer)
    assert run(*COMPARE, "--strategies", "random", "--out", fewer).exit_code == 0
    assert "How it chose" not in (fewer / "report.html").read_text()
    assert not list((fewer / "figures").glob("chose-*.svg"))


def test_what_cannot_be_is_one_line(made: Path, compared: Path, tmp_path: Path) -> None:
    assert "one of random, mqnet, aloe" in refused("explain", compared)
    assert "did you mean 'mqnet'" in refused("explain", compared, "--strategy", "mqnt")
    assert "no run of aloe with seed 3" in refused("explain", compared, "--strategy", "aloe", "--seed", "3")
    assert "nothing of how random chose" in refused("explain", compared, "--strategy", "random")
    assert "holds 3 projects" in refused("explain", compared / "runs")
    assert "are for a comparison" in refused("explain", made, "--seed", "0")
    assert "is a directory" in refused("explain", made, "--out", tmp_path)
    assert "no asknext project" in refused("explain", tmp_path / "nowhere")
    (tmp_path / "text.asknext").write_text("a text")
    assert "no asknext project" in refused("explain", tmp_path / "text.asknext")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "project.db").write_text("a text")
    assert "no readable log" in refused("explain", tmp_path / "foreign")
    (tmp_path / "foreign" / "settings.json").write_text("[]")
    (tmp_path / "foreign" / "project.db").unlink()
    assert "is damaged" in refused("explain", tmp_path / "foreign")
    with Campaign(np.eye(4), path=tmp_path / "empty"):
        pass
    assert "no round yet" in refused("explain", tmp_path / "empty")
    with Campaign(np.eye(4), strategy="random", path=tmp_path / "random") as campaign:
        campaign.ask(2)
    assert "nothing of how random chose" in refused("explain", tmp_path / "random")
