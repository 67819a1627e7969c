"""Advice: keep going, explore more, choose easier, choose harder, or stop; and what speaks for it.

The procedure is that of Abraham & Dreyfus-Schmidt 2020 and their tutorial of 2022, made to measure: each
signal has a threshold that was calibrated on eleven data sets (benchmarks/calibrate_stopping.py and
calibrate_directions.py; docs/results/advice.md tells how each did on data sets left out). Advice never stops
anything by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from asknext.monitor.audit import AuditReport
from asknext.monitor.interval import Interval, proportion
from asknext.monitor.readings import Reading
from asknext.monitor.stopping.left import LittleLeft

KEEP, EXPLORE, EASIER, HARDER, STOP = "keep going", "explore more", "choose easier", "choose harder", "stop"

EXPLORE_ABOVE = 0.65
"""Turnover above which batches should spread out more, where they explore less than one of k-means would."""

EASIER_ABOVE = 0.5
"""Turnover above which easier, more varied batches pay, where the batch is harder than the rest."""

HARDER_BELOW = 0.5
"""Turnover below which harder batches pay, where the batch is as easy as the rest."""

AS_EASY = 0.9
"""A batch is as easy as the rest where model and neighbours agree on it so nearly as often as elsewhere."""


class Evidence(NamedTuple):
    """One signal: what it speaks for, its figure and threshold, whether it fired, and a sentence.

    `interval` is that of the value, where it is a share of counted items.
    """

    speaks_for: str
    figure: str
    value: float | None
    threshold: float
    fired: bool
    interval: Interval | None
    why: str


@dataclass(frozen=True)
class Advice:
    """What to do next, in a sentence, with its evidence.

    Parameters
    ----------
    action : "keep going", "explore more", "choose easier", "choose harder" or "stop".
    sentence : the same for the person who labels.
    evidence : every signal, those that fired first.
    round : batches asked; labelled : items that the model learnt from.
    accuracy : of the present model, from the audit slice; None without one.
    """

    action: str
    sentence: str
    evidence: tuple[Evidence, ...]
    round: int
    labelled: int
    accuracy: Interval | None

    def __str__(self) -> str:
        return self.sentence

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        told = [one._asdict() | {"interval": _ends(one.interval)} for one in self.evidence]
        return {
            "action": self.action,
            "sentence": self.sentence,
            "round": self.round,
            "labelled": self.labelled,
            "accuracy": _ends(self.accuracy),
            "evidence": told,
        }


def advise(seen: Sequence[Reading], audit: AuditReport | None = None, family: str = "") -> Advice:
    """What the readings of a campaign advise.

    Parameters
    ----------
    seen : the reading of every moment so far, the present last; at least one.
    audit : what the audit slice tells, if there is one.
    family : that of the present strategy; one of "uncertainty" is not told to choose harder items, nor one
        of "open-set", which leaves hard items out because they seem to belong to no class.

    Returns
    -------
    The advice. Stopping comes first, then easier items, which paid more often where both fired than
    exploring, then exploring, then harder items.
    """
    now = seen[-1]
    asked = now if now.gaps or now.accord or len(seen) < 2 else seen[-2]  # no batch is known at present
    at = replace(now, gaps=asked.gaps, accord=asked.accord)
    batch = "next batch" if asked is now else "last batch"
    evidence = (_stop(seen), _easier(at, batch), _explore(at, batch), _harder(at, batch, family))
    fired = next((one for one in evidence if one.fired), None)
    action = fired.speaks_for if fired else KEEP
    accuracy = audit.accuracy if audit else None
    why = fired.why if fired else _still_learning(now)
    if not now.candidates:
        action, why = STOP, "nothing is left to ask."
    sentence = f"{action[0].upper()}{action[1:]}: {why}{_audited(accuracy)}"
    ordered = tuple(sorted(evidence, key=lambda one: not one.fired))
    return Advice(action, sentence, ordered, now.round, now.labelled, accuracy)


def _stop(seen: Sequence[Reading]) -> Evidence:
    rule, now = LittleLeft(), seen[-1]
    verdict = rule.decide([one.left for one in seen])
    interval = _share(now)
    why = "there are too few rounds to tell whether further labels would help."
    if interval and now.left is not None:
        changed = f"{_percent(interval.estimate)} ({_percent(interval.low)} to {_percent(interval.high)})"
        why = (
            f"the last third of your labels changed {changed} of the model's answers, and further labels "
            f"should add at most {100 * now.left:.1f} points of accuracy."
        )
    return Evidence(STOP, rule.reads, now.left, rule.below, verdict.stop, None, why)


def _explore(now: Reading, batch: str) -> Evidence:
    spread = now.gaps is None or now.gaps.batch < now.gaps.kmeans
    fired = now.turnover is not None and now.turnover > EXPLORE_ABOVE and spread
    why = "the model changes too little for spread-out batches to pay, or the batches are spread out already."
    if fired:
        nearer = ""
        if now.gaps:
            nearer = (
                f" A spread-out batch would bring the pool {_percent(now.gaps.kmeans)} nearer to your labels "
                f"and the {batch} {_percent(now.gaps.batch)}."
            )
        why = f"{_restless(now)}; choose by diversity for a while, such as typiclust.{nearer}"
    return Evidence(EXPLORE, "turnover", now.turnover, EXPLORE_ABOVE, fired, _share(now), why)


def _easier(now: Reading, batch: str) -> Evidence:
    hard = now.accord is None or now.accord.batch < AS_EASY * now.accord.random
    fired = now.turnover is not None and now.turnover > EASIER_ABOVE and hard
    why = "the model is settled enough for hard batches, or the batches are not hard."
    if fired:
        known = f" and the {batch} is hard" if now.accord else ""
        why = f"{_restless(now)}{known}; choose easier, more varied ones, such as weighted-kmeans."
    return Evidence(EASIER, "turnover", now.turnover, EASIER_ABOVE, fired, _share(now), why)


def _harder(now: Reading, batch: str, family: str) -> Evidence:
    value = None if now.accord is None or not now.accord.random else now.accord.batch / now.accord.random
    settled = now.turnover is not None and now.turnover < HARDER_BELOW
    could = family not in ("uncertainty", "open-set") and len(now.numbers) > 1
    fired = could and value is not None and value >= AS_EASY and settled
    why = "it is not known how hard the batch is."
    if now.accord:
        why = (
            f"model and neighbours agree on {_percent(now.accord.batch)} of the {batch} and on "
            f"{_percent(now.accord.random)} elsewhere"
        )
        why += ": it is hardly harder than chance; choose by uncertainty, as margin does." if fired else "."
    return Evidence(HARDER, "accord", value, AS_EASY, fired, None, why)


def _restless(now: Reading) -> str:
    return f"the last third of your labels changed {_percent(now.turnover or 0.0)} of the model's answers"


def _share(now: Reading) -> Interval | None:
    """The turnover with its interval, as a share of the watched items."""
    watched = len(now.predicted)
    return None if now.turnover is None else proportion(now.turnover * watched, watched)


def _still_learning(now: Reading) -> str:
    if now.left is None:
        return "there are too few rounds in which a model told classes apart to say more."
    points = f"{100 * now.left:.1f} points of accuracy"
    return f"further labels may still add up to {points}, and nothing speaks against the way of choosing."


def _audited(accuracy: Interval | None) -> str:
    if accuracy is None:
        return ""
    return (
        f" The model is right on {_percent(accuracy.estimate)} of the audit items "
        f"({_percent(accuracy.low)} to {_percent(accuracy.high)})."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def _ends(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else interval._asdict()
