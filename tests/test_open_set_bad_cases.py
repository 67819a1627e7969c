"""Bad cases of open pools: each strategy and detector asks on, or says why not, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner

from asknext import OUT_OF_SCOPE, Campaign, detectors, strategies
from asknext.bench.compare import carry_out, check_strategies, measure, runs
from asknext.bench.protocol import Settings, claim
from asknext.bench.scenario import Scenario
from asknext.cli import compare  # noqa: F401  (it registers)
from asknext.cli.app import app
from asknext.datasets import load
from asknext.errors import MissingSignalError
from asknext.log import fold, read_events
from asknext.strategies import Strategy
from asknext.strategies.combiners import Pareto, SumExp, Weighted

DIGITS, DIGIT = load_digits(return_X_y=True)
DIGITS, DIGIT = DIGITS[:200] / 16, DIGIT[:200]
BATCH, ROUNDS = 7, 2


@dataclass(frozen=True)
class Case:
    """A campaign gone wrong.

    `label` is what a person says of a digit; `first` counts the answers of each label told at the beginning;
    the classes of `merged` are united while the first batch waits for its answers.
    """

    title: str
    label: Callable[[int], Any]
    first: Mapping[Any, int] = field(default_factory=dict)
    merged: tuple[tuple[Any, Any], ...] = ()
    classes: tuple[Any, ...] = ()

    def begin(self, **options: Any) -> Campaign:
        """The campaign with its first answers."""
        campaign = Campaign(DIGITS, seed=2, classes=self.classes, **options)
        said = np.array([self.label(digit) for digit in DIGIT.tolist()], dtype=object)
        for label, count in self.first.items():
            ids = np.flatnonzero(said == label)[:count]
            assert len(ids) == count
            campaign.tell(ids, [label] * count)
        return campaign


def low(digit: int) -> Any:
    return digit if digit < 4 else OUT_OF_SCOPE


CASES = [
    Case("no label at all", low),
    Case("no label, but classes", low, classes=(0, 1, 2, 3)),
    Case("no answer out of scope", lambda digit: digit % 4, {0: 3, 1: 3, 2: 3, 3: 3}),
    Case("all out of scope", lambda _: OUT_OF_SCOPE, {OUT_OF_SCOPE: 8}),
    Case("all out of scope, but classes", lambda _: OUT_OF_SCOPE, {OUT_OF_SCOPE: 8}, classes=(0, 1)),
    Case("one class only", lambda _: 0, {0: 4}),
    Case("one class among others", lambda digit: 0 if digit < 4 else OUT_OF_SCOPE, {0: 4, OUT_OF_SCOPE: 3}),
    Case("one label", low, {1: 1}),
    Case("a label a class", low, {0: 1, 1: 1, 2: 1, 3: 1}),
    Case("a label a class and an answer", low, {0: 1, 1: 1, 2: 1, 3: 1, OUT_OF_SCOPE: 1}),
    Case("two labels of one class, one of another", low, {0: 2, 1: 1, OUT_OF_SCOPE: 1}),
    Case("a class without labels", low, {0: 3, 1: 3, OUT_OF_SCOPE: 3}, classes=(9, 0, 1)),
    Case("a class merged away", low, {0: 3, 1: 3, 2: 3, 3: 3, OUT_OF_SCOPE: 3}, merged=((0, 3),)),
    Case("all classes merged into one", low, {0: 2, 1: 2, 2: 2, OUT_OF_SCOPE: 2}, merged=((0, 2), (1, 2))),
]
"""Digits below 4 are in scope, if nothing else is said."""


HARD = [case for case in CASES if case.title in (
    "no label at all", "all out of scope", "one class only", "a label a class", "all classes merged into one",
)]  # fmt: skip


def catalogued() -> list[Strategy]:
    """The strategies with a name that read `ood` or are for open pools."""
    named = [strategies.get(name) for name in strategies.names()]
    return [s for s in named if "ood" in s.needs or s.family in ("open-set", "open-world")]


def variants() -> list[Strategy]:
    """Their forms that take other paths, and combinations."""
    made, scores = strategies, ("energy", "max-logit", "gradnorm", "ood")
    return [
        *(made.Aloe(score=score) for score in scores), made.Aloe.published(),
        *(made.NovelMargin(score=score) for score in scores), made.NovelMargin(adaptive_round=0),
        *(made.MQNet(combiner=combiner) for combiner in (SumExp(), Weighted(), Pareto())),
        made.LfOSA.published(), made.Similar(function="facility"), made.ActiveOutliers(uncertainty="entropy"),
        made.BUAL(negative="proba"), made.CCAL(own_class=False),
        made.TwoStage(made.Margin()), made.ClosedSet(made.KCenter()),
        made.Prefilter(made.Purity(), made.Badge()), made.Tailor(), made.Albl(),
    ]  # fmt: skip


def title(value: Any) -> str:
    """A name for the example that pytest tells."""
    return value.title if isinstance(value, Case) else repr(value)[:60]


def goes_on(case: Case, campaign: Campaign) -> None:
    """Some rounds of questions and answers; what was told before stays."""
    told = campaign.labels
    for _ in range(ROUNDS):
        free = campaign.pool.candidates
        picked = campaign.ask(BATCH)
        assert len(np.unique(picked.ids)) == len(picked) == BATCH
        assert np.isin(picked.ids, free).all()
        merged = case.merged if campaign.round == 1 else ()
        for label, into in merged:
            campaign.merge_class(label, into=into)
        campaign.tell(picked.ids, [case.label(digit) for digit in DIGIT[picked.ids].tolist()])
        told = {**told, **{item: dict(case.merged).get(said, said) for item, said in told.items()}}
        assert {item: campaign.labels[item] for item in told} == told
        told = campaign.labels
    assert len(campaign.labels) == sum(case.first.values()) + ROUNDS * BATCH


def test_these_are_all() -> None:
    assert {"mqnet", "purity", "lfosa", "eoal", "aloe", "novel-margin"} <= {s.name for s in catalogued()}
    assert len(HARD) == 5


@pytest.mark.parametrize("case", CASES, ids=title)
@pytest.mark.parametrize("strategy", catalogued(), ids=title)
def test_every_strategy_asks_on(strategy: Strategy, case: Case) -> None:
    with case.begin(strategy=strategy) as campaign:
        goes_on(case, campaign)


@pytest.mark.parametrize("case", HARD, ids=title)
@pytest.mark.parametrize("strategy", variants(), ids=title)
def test_every_variant_asks_on(strategy: Strategy, case: Case) -> None:
    with case.begin(strategy=strategy) as campaign:
        goes_on(case, campaign)


@pytest.mark.parametrize(
    ("strategy", "case"),
    [(strategies.MQNet.published(), CASES[-1]), (strategies.MQNet.released(), CASES[3])],
    ids=title,
)
def test_the_slow_ranker_of_the_paper_asks_on(strategy: Strategy, case: Case) -> None:
    with case.begin(strategy=strategy) as campaign:
        goes_on(case, campaign)


@pytest.mark.parametrize("case", CASES, ids=title)
@pytest.mark.parametrize("detector", detectors.names())
def test_every_detector_tells_something(detector: str, case: Case) -> None:
    rng = np.random.default_rng(0)
    turned = {"csi": rng.normal(size=(len(DIGITS), 4, 5)), "csi_turns": rng.normal(size=(len(DIGITS), 4))}
    signals = {name: turned[name] for name in detectors.get(detector).needs & set(turned)}
    with case.begin(strategy="purity", detector=detector, signals=signals) as campaign:
        goes_on(case, campaign)
        assert {e.body["origins"]["ood"] for e in campaign.log if e.type == "asked"} <= set(detectors.names())


@pytest.mark.parametrize("case", CASES, ids=title)
def test_there_is_advice(case: Case) -> None:
    with case.begin(strategy="mqnet", learner=LogisticRegression()) as campaign:
        goes_on(case, campaign)
        assert campaign.advice().sentence


# ------------------------------------------------------------------ needs that are not met

TEXTS = [f"the digit {digit}" for digit in DIGIT.tolist()]
EMBEDDED = [name for name in detectors.names() if "embedding" in detectors.get(name).needs]
LACKING = [
    *((name, "logits", DIGITS, "random-forest") for name in ("energy", "max-logit", "vim")),
    *((name, "proba", DIGITS, None) for name in ("msp", "gradnorm")),
    *((name, "embedding", TEXTS, None) for name in EMBEDDED),
]


@pytest.mark.parametrize(("detector", "signal", "X", "learner"), LACKING, ids=lambda v: str(v)[:20])
def test_what_is_lacking_is_said_and_no_answer_is_lost(
    detector: str, signal: str, X: Any, learner: Any, tmp_path: Path
) -> None:
    path = tmp_path / "campaign"
    with Campaign(X, learner, "purity", detector=detector, path=path) as campaign:
        campaign.tell([0, 1, 2, 7], [low(digit) for digit in DIGIT[[0, 1, 2, 7]].tolist()])
        for refused in (campaign.require, lambda: campaign.ask(BATCH)):
            with pytest.raises(MissingSignalError) as error:
                refused()
            said = str(error.value)
            assert f"the detector '{detector}' needs the signal '{signal}'" in said
            assert said.endswith(".")
            assert "\n" not in said
        assert not len(campaign.pending)
        campaign.tell([3], [low(int(DIGIT[3]))])
    assert [e.body["ids"] for e in read_events(path) if e.type == "answered"] == [[0, 1, 2, 7], [3]]
    given = {"embedding": DIGITS} if X is TEXTS else {}
    with Campaign(X, learner, "purity", path=path, **given) as campaign:  # another detector: auto
        assert len(campaign.labels) == 5
        goes_on(Case("", low, {"told": 5}), campaign)


@pytest.mark.parametrize("strategy", ["mqnet", strategies.Aloe(score="energy")], ids=title)
def test_a_strategy_says_what_it_lacks_as_well(strategy: Any) -> None:
    with Campaign(DIGITS, None, strategy) as campaign:
        campaign.tell([0, 1], [0, 1])
        with pytest.raises(MissingSignalError, match=r"needs the signal '(logits|proba)', which nobody"):
            campaign.ask(BATCH)
        assert campaign.labels == {0: 0, 1: 1}


# ------------------------------------------------------------------ comparisons

HARSH = Settings(
    source="digits", target=None, strategies=("mqnet", "purity", "lfosa", "aloe"),
    learner="logistic-regression", initial=0, batch=6, rounds=3, seeds=1, test_share=0.3, detector="energy",
    scenario=Scenario(scope=2, ood_rate=0.8, known=0),
)  # fmt: skip


def test_a_comparison_that_starts_with_nothing_runs_to_its_end(tmp_path: Path) -> None:
    """No label, no class, one item in five in scope: answers are all out of scope for a while."""
    data = load("digits")
    check_strategies(HARSH, data)
    claim(tmp_path, HARSH, data)
    carry_out(tmp_path, HARSH, data, 1)
    for run in runs(tmp_path, HARSH):
        assert run.finished(HARSH)
        assert len(fold(read_events(run.path)).pool.answers) == 18
    measured = list(measure(tmp_path, HARSH, data, ["accuracy", "query-precision"], ["test", "asked"]))
    assert {row.strategy for row in measured} == set(HARSH.strategies)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "the detector 'vim' is chosen, but no strategy here reads the signal 'ood'"),
        (["--strategies", "margin,purity"], "the detector 'vim' needs the signal 'logits', which nobody"),
    ],
)
def test_the_command_line_says_so_before_anything_runs(tmp_path: Path, more: list[str], said: str) -> None:
    out = tmp_path / "out"
    line = ["compare", "digits", "--scope", "4", "--ood-rate", ".6", "--detector", "vim"]
    done = CliRunner().invoke(app, [*line, "--learner", "random-forest", *more, "--out", str(out)])
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not out.exists()
