"""A detector by name: in comparisons and recipes, in the identity of a run, and in the log of each round."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale
from typer.testing import CliRunner, Result

import asknext
from asknext import detectors
from asknext.bench.compare import carry_out, check_strategies, runs
from asknext.bench.protocol import Settings, check_place, claim, reopen
from asknext.bench.recipe import prepare, read_recipe
from asknext.bench.replay import repeat
from asknext.bench.scenario import Scenario
from asknext.cli import compare  # noqa: F401  (it registers)
from asknext.cli.app import app
from asknext.datasets import Dataset, load
from asknext.errors import AskNextError
from asknext.log import fold, read_events
from asknext.strategies import Aloe, Margin, MQNet, Prefilter, Purity

PLAIN = Settings(
    source="wine", target=None, strategies=("mqnet", "margin"), learner="logistic-regression",
    initial=10, batch=5, rounds=2, seeds=1, test_share=0.3, scenario=Scenario(scope=2),
)  # fmt: skip
CHOSEN = replace(PLAIN, detector="mahalanobis")
RAW, GROWER = load_wine(return_X_y=True)
WINE = scale(RAW)


@pytest.fixture(scope="module")
def wine() -> Dataset:
    return load("wine")


def asked(out: Path, settings: Settings) -> dict[str, list[Any]]:
    """For each strategy what its log says in each round of who computed the signals."""
    logs = {run.strategy: read_events(run.path) for run in runs(out, settings)}
    return {name: [e.body.get("origins") for e in log if e.type == "asked"] for name, log in logs.items()}


def finish(out: Path, settings: Settings, data: Dataset) -> Path:
    claim(out, settings, data)
    carry_out(out, settings, data, 1)
    return out


# ------------------------------------------------------------------ comparisons


def test_the_chosen_detector_asks_is_logged_and_repeats(tmp_path: Path, wine: Dataset) -> None:
    out = finish(tmp_path / "out", CHOSEN, wine)
    assert asked(out, CHOSEN) == {"mqnet": [{"ood": "mahalanobis"}] * 2, "margin": [None] * 2}
    assert reopen(out) == CHOSEN
    assert all(one.identical for one in repeat(out, CHOSEN, wine, 10))
    other = finish(tmp_path / "other", replace(PLAIN, detector="cosine"), wine)
    picks = [read_events(run.path) for path in (out, other) for run in runs(path, CHOSEN)[:1]]
    assert [e.body["ids"] for e in picks[0] if e.type == "asked"] != [
        e.body["ids"] for e in picks[1] if e.type == "asked"
    ]


def test_it_is_part_of_the_identity_only_where_it_is_not_auto(tmp_path: Path, wine: Dataset) -> None:
    assert "detector" not in PLAIN.identity(wine)
    assert CHOSEN.identity(wine) == {**PLAIN.identity(wine), "detector": "mahalanobis"}
    claim(tmp_path / "plain", PLAIN, wine)
    before = json.loads((tmp_path / "plain" / "settings.json").read_text())
    del before["settings"]["detector"]  # as it was written before there was a choice
    (tmp_path / "plain" / "settings.json").write_text(json.dumps(before))
    assert reopen(tmp_path / "plain") == PLAIN
    check_place(tmp_path / "plain", PLAIN, wine)
    with pytest.raises(AskNextError, match=r"other settings \(detector: as usual, here mahalanobis\)"):
        check_place(tmp_path / "plain", CHOSEN, wine)
    claim(tmp_path / "chosen", CHOSEN, wine)
    with pytest.raises(AskNextError, match=r"other settings \(detector: mahalanobis, here as usual\)"):
        check_place(tmp_path / "chosen", PLAIN, wine)
    assert "the detector 'mahalanobis' tells how likely an item is out of scope" in CHOSEN.departures
    assert not any("detector" in said for said in PLAIN.departures)


def test_a_folder_of_another_detector_is_refused(tmp_path: Path, wine: Dataset) -> None:
    out = finish(tmp_path / "out", CHOSEN, wine)
    with pytest.raises(AskNextError, match="holds a run with the detector mahalanobis and belongs elsewhere"):
        runs(out, CHOSEN)[0].events(replace(CHOSEN, detector="cosine"))


def test_a_detector_that_nobody_reads_is_refused(wine: Dataset) -> None:
    with pytest.raises(AskNextError, match="'mahalanobis' is chosen, but no strategy here"):
        check_strategies(replace(CHOSEN, strategies=("margin", "lfosa")), wine)
    check_strategies(replace(PLAIN, strategies=("margin", "lfosa")), wine)


# ------------------------------------------------------------------ command line and recipes


def asknext_(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_the_command_line_takes_it_by_alias_too(tmp_path: Path) -> None:
    out = tmp_path / "out"
    claim(out, PLAIN, load("wine"))
    same = ["--strategies", "mqnet", "--initial", "10", "--batch", "5", "--rounds", "2", "--scope", "2"]
    done = asknext_("compare", "wine", "--detector", "mds", *same, "--out", out)
    assert done.exit_code == 2
    assert "detector: as usual, here mahalanobis" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--strategies", "mqnet", "--detector", "mahalanobs"], "did you mean 'mahalanobis'?"),
        (["--detector", "knn"], "the detector 'knn' is chosen, but no strategy here reads the signal 'ood'"),
        (["--strategies", "mqnet", "--detector", "vim", "--learner", "random-forest"],
         "with the learner 'random-forest', the detector 'vim' needs the signal 'logits'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_line_before_anything_runs(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    out = tmp_path / "out"
    done = asknext_("compare", "digits", "--scope", "4", "--ood-rate", ".6", *arguments, "--out", out)
    assert done.exit_code == 2
    lines = [line for line in done.output.splitlines() if line]
    assert len(lines) == 1
    assert said in lines[0]
    assert not out.exists()


RECIPE = """
title = "Detectors"
description = "For the tests."

[defaults]
data = "wine"
learner = "logistic-regression"
initial = 6
batch = 5
rounds = 2
seeds = 2
test_share = 0.3
strategies = ["mqnet"]
scope = 2

[[tasks]]
name = "auto"

[[tasks]]
name = "chosen"
detector = "mds"
"""


def test_a_recipe_says_it_for_each_task() -> None:
    found = read_recipe(RECIPE)
    assert [task.detector for task in found.tasks.values()] == ["auto", "mahalanobis"]
    assert list(prepare(found)[0]) == ["auto", "chosen"]
    with pytest.raises(AskNextError, match="task 'chosen': unknown detector 'mdz'; did you mean 'mds'"):
        read_recipe(RECIPE.replace('"mds"', '"mdz"'))
    with pytest.raises(AskNextError, match="task 'chosen': detector must be a text, not 3"):
        read_recipe(RECIPE.replace('"mds"', "3"))


# ------------------------------------------------------------------ the log of a campaign


def told(
    strategy: Any, path: Path, detector: Any = "auto", answers: int = 0, X: Any = WINE, **more: Any
) -> Any:
    """What the log says of a batch, read again from the disk; wines of the third grower are out of scope."""
    rows = np.random.default_rng(0).permutation(len(WINE))
    known, strange = rows[GROWER[rows] < 2][:60], rows[GROWER[rows] == 2][:answers]
    with asknext.Campaign(X, strategy=strategy, detector=detector, path=path, **more) as campaign:
        campaign.tell(known, GROWER[known].tolist())
        campaign.tell(strange, [asknext.OUT_OF_SCOPE] * answers)
        campaign.ask(5)
    return next(e.body.get("origins") for e in read_events(path) if e.type == "asked")


def test_the_log_names_the_detector_that_auto_chose(tmp_path: Path) -> None:
    """In raw units one feature outweighs all others, which the usual detector does not see through."""
    assert told("purity", tmp_path / "a", X=RAW) == {"ood": "mahalanobis"}
    assert told("mqnet", tmp_path / "b", X=RAW) == {"ood": "mahalanobis"}
    assert told(Aloe(score="ood"), tmp_path / "c", X=RAW) == {"ood": "mahalanobis"}
    assert told(Prefilter(Purity(), Margin(), 20), tmp_path / "d", X=RAW) == {"ood": "mahalanobis"}
    assert told("purity", tmp_path / "e", answers=12) == {"ood": "knn-contrast"}
    assert told("purity", tmp_path / "f", detectors.Knn(k=3), X=RAW) == {"ood": "knn"}


def test_it_names_none_where_none_was_read(tmp_path: Path) -> None:
    assert told("margin", tmp_path / "a") is None
    given = {"ood": np.arange(float(len(WINE)))}
    assert told(MQNet(), tmp_path / "b", signals=given) is None
    with asknext.Campaign(WINE, strategy="purity", audit=0.9, path=tmp_path / "c", seed=3) as campaign:
        campaign.ask(1)  # for the audit
    assert next(e.body.get("origins") for e in read_events(tmp_path / "c") if e.type == "asked") is None
    picked = asknext.select(WINE, 3, "purity", labelled=[0, 1], y=["a", "b"])
    assert picked.origins == {"ood": "knn-contrast"}


def test_audit_items_in_a_batch_keep_the_name(tmp_path: Path) -> None:
    assert told("purity", tmp_path / "a", "cosine", audit=0.4) == {"ood": "cosine"}


def test_a_log_from_before_is_read_as_it_was(tmp_path: Path) -> None:
    """The events of a campaign without the name give the same state, and it goes on."""
    told("purity", tmp_path / "a", "knn")
    events = read_events(tmp_path / "a")
    old = [replace(e, body={k: v for k, v in e.body.items() if k != "origins"}) for e in events]
    assert fold(old).digest == fold(events).digest
    with asknext.Campaign(WINE, strategy="purity", detector="knn", history=old) as campaign:
        assert len(campaign.pending) == 5
        assert len(campaign.ask(5)) == 5
