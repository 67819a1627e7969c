"""What a log tells of how batches were chosen: picks, their answers, what was weighed and noted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from asknext import OUT_OF_SCOPE, Campaign, strategies
from asknext.datasets import load
from asknext.monitor.explanations import Explanation, Tradeoff, explanations
from asknext.strategies.base import Selection
from asknext.strategies.combiners import CLIP, Weighted

DIGITS = load("digits")
LABELS = [label if label in ("0", "1", "2", "3") else OUT_OF_SCOPE for label in map(str, DIGITS.y)]
INSIDE = np.array([label != OUT_OF_SCOPE for label in LABELS])


def campaign(
    strategy: Any, rounds: int, initial: int = 12, **settings: Any
) -> tuple[Campaign, list[Selection]]:
    """A campaign on digits, four classes in scope, and what was asked; the last batch is unanswered."""
    made, asked = Campaign(DIGITS.X, strategy=strategy, seed=1, **settings), []
    ids = np.arange(initial)
    for _ in range(rounds):
        made.tell(ids, [LABELS[i] for i in ids])
        asked.append(made.ask(12))
        ids = asked[-1].ids
    return made, asked


def told(made: Campaign) -> Sequence[Explanation]:
    return explanations(list(made.log))


@pytest.fixture(scope="module")
def weighed() -> tuple[Campaign, list[Selection]]:
    return campaign("mqnet", 4, audit=0.1)


def test_counts_follow_the_answers_and_leave_the_audit_out(weighed: tuple[Campaign, Any]) -> None:
    made, asked = weighed
    hidden = made.state.audit.ids
    assert any(np.isin(chosen.ids, hidden).any() for chosen in asked)
    for one, chosen in zip(told(made), asked, strict=True):
        own = chosen.ids[~np.isin(chosen.ids, hidden)]
        answered = one.round < 3
        assert (one.asked, one.strategy) == (len(own), "mqnet")
        assert one.in_scope == INSIDE[own].sum() * answered
        assert one.out_of_scope == (~INSIDE[own]).sum() * answered


def test_a_trade_off_has_the_picks_where_the_strategy_saw_them(weighed: tuple[Campaign, Any]) -> None:
    """Its standard deviations, put on the axes of the grid, are the raw purity and informativeness."""
    made, asked = weighed
    for one, chosen in zip(told(made), asked, strict=True):
        assert one.tradeoff is not None
        kept = np.flatnonzero(~np.isin(chosen.ids, made.state.audit.ids))
        assert [pick.id for pick in one.tradeoff.picks] == chosen.ids[kept].tolist()
        known = [bool(INSIDE[i]) if one.round < 3 else None for i in chosen.ids[kept]]
        assert [pick.in_scope for pick in one.tradeoff.picks] == known
        for part in ("purity", "informativeness"):
            axis = getattr(one.tradeoff, part)
            z = np.array([getattr(pick, part) for pick in one.tradeoff.picks])
            raw = axis[4] + z * (axis[-1] - axis[0]) / (2.0 * CLIP)
            np.testing.assert_allclose(raw, chosen.parts[part][kept], rtol=1e-3, atol=1e-4)
            assert one.means[part] == pytest.approx(np.nanmean(chosen.parts[part]), rel=1e-4)
        assert chosen.scores is not None
        assert one.means["score"] == pytest.approx(np.nanmean(chosen.scores), rel=1e-4)
        assert not one.notes


def test_a_correction_counts(weighed: tuple[Campaign, Any]) -> None:
    made, asked = weighed
    before = told(made)[0]
    other = Campaign(DIGITS.X, strategy="mqnet", seed=1, history=list(made.log))
    item = next(i for i in asked[0].ids if INSIDE[i] and i not in made.state.audit.ids)
    other.correct([item], [OUT_OF_SCOPE])
    after = told(other)[0]
    assert (after.in_scope, after.out_of_scope) == (before.in_scope - 1, before.out_of_scope + 1)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_the_weight_of_purity_in_a_weighted_sum(alpha: float) -> None:
    z = np.linspace(-3.0, 3.0, 9)
    pairs = np.stack(np.meshgrid(z, z, indexing="ij"), axis=-1).reshape(-1, 2)
    rule: Any = Weighted(alpha).rule([], None, None)  # type: ignore[arg-type]
    assert Tradeoff(z, z, rule(pairs).reshape(9, 9), ()).weight == pytest.approx(alpha)
    assert Tradeoff(z, z, np.zeros((9, 9)), ()).weight is None


def test_the_trade_off_of_an_earlier_round_is_not_that_of_this_one() -> None:
    """A strategy within another leaves its memory there when the other goes on without it."""
    made, _ = campaign(strategies.Switch(strategies.MQNet(), strategies.Margin(), 2), 4)
    assert [one.tradeoff is not None for one in told(made)] == [True, True, False, False]


def test_what_a_strategy_notes() -> None:
    made, asked = campaign("aloe", 3)
    for one, chosen in zip(told(made), asked, strict=True):
        assert one.notes == {name: pytest.approx(value) for name, value in chosen.memory.items()}
        assert set(one.notes) == {"flagged", "tau", "ood_clusters", "tied"}
        assert one.means["ratio"] == pytest.approx(np.mean(chosen.parts["ratio"]), rel=1e-5)
        assert "cluster" not in one.means, "the number of a cluster is no amount"
    seeded, _ = campaign("cluster-margin", 2)
    assert not told(seeded)[1].notes, "a seed tells nothing"


def test_a_batch_for_the_audit_alone_has_no_notes_of_another() -> None:
    made, _ = campaign("aloe", 2)
    body = {**next(e.body for e in made.log if e.type == "asked"), "round": 2}
    made, _ = campaign("aloe", 1, audit=0.9)
    ids = made.state.audit.ids[made.pool.state[made.state.audit.ids] == -1][:2].tolist()
    events = list(made.log)
    last = type(events[-1])("asked", {**body, "round": 1, "ids": ids, "scores": None, "parts": {}})
    one = explanations([*events, last])[-1]
    assert (one.asked, one.notes, one.means) == (0, {}, {})


def test_the_log_has_scores_and_parts_that_json_can_hold() -> None:
    """Audit items have none, texts stay texts, and logs without them are read as well."""
    mix = strategies.Mix((strategies.Margin(), strategies.KMeans()))
    made, asked = campaign(mix, 2, audit=0.2)
    body = [event for event in made.log if event.type == "asked"][1].body
    hidden = np.isin(asked[1].ids, made.state.audit.ids)
    assert hidden.any()
    assert [name is None for name in body["parts"]["strategy"]] == hidden.tolist()
    assert {*body["parts"]["strategy"]} == {None, "margin", "kmeans"}
    assert body["scores"] is None
    assert told(made)[1].means == {}
    older = [
        type(e)(e.type, {k: v for k, v in e.body.items() if k not in ("scores", "parts")}) for e in made.log
    ]
    assert [one.as_dict() for one in explanations(older)] == [one.as_dict() for one in told(made)]
    assert explanations([]) == []
