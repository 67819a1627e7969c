"""Looks and readings: what is seen of a campaign round by round, by hand and against a live one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from asknext import OUT_OF_SCOPE, Campaign
from asknext.cli import advise  # noqa: F401  (it registers)
from asknext.cli.app import app
from asknext.datasets import load
from asknext.errors import AskNextError
from asknext.log import ColumnStore, read_events
from asknext.monitor.looks import Look, looks, stored
from asknext.monitor.readings import FIGURES, Reading, reading, readings, trend, watched
from asknext.monitor.stopping import RULES, LittleLeft
from asknext.monitor.stopping.left import PER_GAIN, PER_TURNOVER, left
from asknext.pool import Pool
from asknext.types import Array, Ids

NONE = np.empty(0, dtype=np.intp)
DIGITS = load("digits")


def look(
    number: int,
    state: list[int],
    proba: Array,
    batch: Ids = NONE,
    numbers: tuple[int, ...] = (0, 1),
    places: tuple[int, ...] = (0, 1),
) -> Look:
    pool = Pool(np.array(state, dtype=np.int32), tuple("abc"[c] for c in numbers))
    return Look(number, pool, batch, NONE, NONE, proba.__getitem__, np.array(numbers), np.array(places))


def pair(*first: float) -> Array:
    """Probabilities of two classes from those of the first."""
    return np.stack([np.array(first), 1 - np.array(first)], axis=1)


def test_figures_by_hand() -> None:
    before = look(0, [0, 1, -1, -1, -1], pair(0.9, 0.1, 0.8, 0.3, 0.6), np.array([2, 3]))
    now = look(1, [0, 1, 1, 1, -1], pair(0.9, 0.2, 0.1, 0.4, 0.3))
    watch = np.arange(5)
    first = reading(before, [], watch, None, 0)
    second = reading(now, [first], watch, None, 0)
    assert first.contradiction is None
    assert first.gain is None
    assert second.contradiction == pytest.approx(2 / 5)  # items 2 and 4
    assert second.turnover == pytest.approx(2 / 5)  # two labels are two thirds of three and less of four
    assert second.gain == pytest.approx(((0.9 - 0.1) + (0.7 - 0.3)) / 5)
    assert second.left == pytest.approx(PER_TURNOVER * 0.4 + PER_GAIN * 0.24)
    assert second.batch_accuracy == 0.5  # item 2 was said to be a, item 3 to be b; both are b
    assert second.contradictory_information == pytest.approx(0.6 / 0.5)  # margins .6 (wrong) and .4
    assert first.uncertainty_variance == pytest.approx(np.var([0.2, 0.3]))
    assert second.max_entropy == pytest.approx(-0.3 * np.log(0.3) - 0.7 * np.log(0.7))  # item 4 alone is left
    assert second.confidence == pytest.approx(np.mean([0.9, 0.8, 0.9, 0.6, 0.7]))


def test_classes_that_appear_or_vanish() -> None:
    before = look(0, [0, 1, -1], pair(0.9, 0.1, 0.8))
    grown = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.1, 0.7]])
    first = reading(before, [], np.arange(3), None, 0)
    more = reading(look(1, [0, 1, 2], grown, NONE, (0, 1, 2), (0, 1, 2)), [first], np.arange(3), None, 0)
    assert more.contradiction == pytest.approx(1 / 3)
    merged = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]])  # of b and c; a went into c
    fewer = reading(look(2, [1, 0, 1], merged, NONE, (1, 2), (1, 0, 1)), [more], np.arange(3), None, 0)
    assert fewer.contradiction == pytest.approx(1 / 3)  # what was a counts as c; item 2 was c and is b
    one = look(3, [0, 0, 0], np.ones((3, 1)), NONE, (1,), (0, 0, 0))
    assert reading(one, [fewer], np.arange(3), None, 0).contradiction == 0.0


def test_gaps_are_shares_of_the_distance() -> None:
    X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    state = [0, -1, -1, -1, -1]
    seen = reading(look(0, state, pair(0.9, 0.8, 0.6, 0.4, 0.2), np.array([4])), [], np.arange(5), X, 0)
    assert seen.gaps is not None
    assert seen.gaps.batch == pytest.approx(6 / 10)  # the worked value: 10 falls to 4
    assert 0 < seen.gaps.random <= 1
    assert 0 < seen.gaps.kmeans <= 1
    assert seen.accord is not None
    assert seen.accord.batch == 0.0  # the model says b, the one neighbour a
    assert seen.accord.random == pytest.approx(0.5)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(1, 5))
def test_bounds(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    names = tuple("abcde"[:k])
    earlier: list[Reading] = []
    state = np.full(n, -1, dtype=np.int32)
    for number in range(4):
        fresh = rng.permutation(n)[: max(1, n // 6)]
        state[fresh] = rng.integers(0, k, len(fresh))
        rest = np.flatnonzero(state == -1)
        batch = rest[: min(2, len(rest))]
        said = rng.dirichlet(np.ones(k), n)
        pool, c = Pool(state.copy(), names), np.arange(k)
        moment = Look(number, pool, batch, NONE, NONE, said.__getitem__, c, c)
        earlier.append(reading(moment, earlier, watched(n, seed), rng.normal(size=(n, 2)), seed))
        now = earlier[-1]
        for name in ("contradiction", "turnover", "confidence", "batch_accuracy"):
            value = getattr(now, name)
            assert value is None or 0 <= value <= 1
        assert now.gain is None or (now.turnover is not None and 0 <= now.gain <= now.turnover + 1e-9)
        assert now.gaps is None or all(0 <= gap <= 1 + 1e-9 for gap in now.gaps)


def test_every_rule_reads_a_figure() -> None:
    assert {rule.reads for rule in RULES} <= set(FIGURES)
    assert set(FIGURES) <= set(Reading.__dataclass_fields__)


def test_what_is_left() -> None:
    assert left(None, 0.1) is None
    assert left(0.0, 0.0) == 0.0
    rule = LittleLeft()
    assert not rule.decide([0.009, 0.009]).stop
    assert rule.decide([0.2, 0.009, 0.009, 0.009]).settled
    stuck = rule.decide([0.05, 0.0501, 0.05])
    assert not stuck.stop
    assert stuck.settled is False


def test_trend() -> None:
    def said(*values: float | None) -> list[Reading]:
        base = reading(look(0, [0, 1], pair(0.9, 0.1)), [], np.arange(2), None, 0)
        return [Reading(**{**base.__dict__, "contradiction": value}) for value in values]

    assert trend(said(None, 0.4, 0.4, 0.4)) is None
    assert trend(said(0.4, 0.4, 0.4, 0.2, 0.2, 0.2)) == pytest.approx(0.5)
    assert trend(said(0.0, 0.0, 0.0, 0.1, 0.1, 0.1)) is None


def play(campaign: Campaign, rounds: int, keep: bool) -> None:
    for _ in range(rounds):
        ids = campaign.ask(20).ids
        campaign.tell(ids, [OUT_OF_SCOPE if i % 50 == 0 else int(DIGITS.y[i]) for i in ids])
        if keep:
            campaign.record()


def test_stored_columns_and_a_live_campaign_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with Campaign(DIGITS.X, seed=3, audit=0.1, path=path) as campaign:
        play(campaign, 6, keep=True)
        live = campaign.advice()
    events = read_events(path)
    watch = watched(len(DIGITS.X), 3)
    seen = list(readings(looks(events, stored(events, ColumnStore(path / "columns"))), watch, None, 3))
    assert [one.round for one in seen] == list(range(7))
    with Campaign(DIGITS.X, seed=3, audit=0.1, history=events) as again:
        refitted = again.advice()
    assert refitted == live  # fitted again, without any column
    assert {one.figure: one.value for one in live.evidence}["left"] == pytest.approx(seen[-1].left)


def test_a_log_without_columns_says_so(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with Campaign(DIGITS.X, strategy="random", path=path) as campaign:
        play(campaign, 2, keep=False)
    events = read_events(path)
    model = stored(events, ColumnStore(path / "columns"))
    with pytest.raises(AskNextError, match="present model, with its 40 labels, were not kept"):
        list(readings(looks(events, model), np.arange(9), None, 0))


def test_answers_after_the_record_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with Campaign(DIGITS.X, seed=0, path=path) as campaign:
        play(campaign, 2, keep=True)
        more = campaign.pool.candidates[:3]
        campaign.tell(more, ["a new class"] * 3)
        stale = list(campaign.log)
        campaign.record()
        events = len(campaign.log)
        campaign.record()
        assert len(campaign.log) == events, "nothing new, nothing recorded"
        fresh = list(campaign.log)
    columns, watch = ColumnStore(path / "columns"), watched(len(DIGITS.X), 0)
    with pytest.raises(AskNextError, match=r"with its 4\d labels, were not kept"):
        list(readings(looks(stale, stored(stale, columns)), watch, None, 0))
    assert list(readings(looks(fresh, stored(fresh, columns)), watch, None, 0))[-1].labelled > 40


def test_an_open_batch_is_the_present(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with Campaign(DIGITS.X, seed=0, audit=0.2, path=path) as campaign:
        play(campaign, 3, keep=True)
        campaign.ask(20)
    assert CliRunner().invoke(app, ["advise", str(path)], catch_exceptions=False).exit_code == 0


def test_corrected_labels_are_another_model(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with Campaign(DIGITS.X, seed=0, path=path) as campaign:
        play(campaign, 2, keep=True)
        known = campaign.pool.labelled[:5]
        campaign.correct(known, [7] * 5)
        stale = list(campaign.log)
        campaign.record()
        fresh = list(campaign.log)
    columns, watch = ColumnStore(path / "columns"), watched(len(DIGITS.X), 0)
    with pytest.raises(AskNextError, match="were not kept"):
        list(looks(stale, stored(stale, columns)))
    assert len(list(readings(looks(fresh, stored(fresh, columns)), watch, None, 0))) == 3


def test_rounds_without_a_record_and_classes_added_after_it_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "p"
    with Campaign(DIGITS.X, seed=0, path=path, strategy="random") as campaign:
        play(campaign, 2, keep=False)
        play(campaign, 2, keep=True)
        campaign.add_class("nobody has it yet")
        play(campaign, 1, keep=True)
    events, columns = read_events(path), ColumnStore(path / "columns")
    seen = list(readings(looks(events, stored(events, columns)), watched(len(DIGITS.X), 0), None, 0))
    assert [one.round for one in seen] == [0, 3, 4, 5]  # before the first label everything is known


def test_a_class_by_another_name_is_the_same_class() -> None:
    with Campaign(DIGITS.X, seed=0) as campaign:
        play(campaign, 5, keep=False)
        before = campaign.advice()
        for label in list(campaign.classes):
            campaign.rename_class(label, f"digit {label}")
        after = campaign.advice()
    assert [one.value for one in before.evidence] == [one.value for one in after.evidence]


def undone(campaign: Campaign) -> None:
    """A batch and an advice that never were."""
    with campaign.transaction():
        campaign.tell(campaign.ask(10).ids, ["zz"] * 10)
        campaign.ask(5)
        raise ZeroDivisionError(campaign.advice())


def test_what_was_rolled_back_was_never_seen() -> None:
    with Campaign(DIGITS.X, seed=0) as campaign, Campaign(DIGITS.X, seed=0) as other:
        for one in (campaign, other):
            play(one, 2, keep=False)
        with pytest.raises(ZeroDivisionError):
            undone(campaign)
        for one in (campaign, other):
            play(one, 2, keep=False)
        assert campaign.advice() == other.advice()


def test_one_class_never_settles() -> None:
    with Campaign(DIGITS.X, seed=0, classes=["a", "b"]) as campaign:
        for _ in range(5):
            campaign.tell(campaign.ask(2).ids, ["a", "a"])
        assert campaign.advice().action != "stop"
    with Campaign(DIGITS.X[:60], seed=0) as campaign:
        for _ in range(3):
            ids = campaign.ask(20).ids
            campaign.tell(ids, [int(DIGITS.y[i]) for i in ids])
        assert campaign.advice().sentence.startswith("Stop: nothing is left to ask.")
