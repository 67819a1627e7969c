"""Advice: keep going, explore more, choose easier, choose harder, or stop; and what speaks for it.

The procedure is that of Abraham & Dreyfus-Schmidt 2020 and their tutorial of 2022, made to measure: each
signal has a threshold that was calibrated on ten data sets (benchmarks/calibrate_stopping.py and
calibrate_directions.py; docs/results/advice.md tells how each did on data sets left out). Advice never stops
anything by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from asknext.monitor.audit import AuditReport
from asknext.monitor.interval import Interval, proportion
from asknext.monitor.readings import Reading, trend
from asknext.monitor.stopping.left import LittleLeft

KEEP, EXPLORE, EASIER, HARDER, STOP = "keep going", "explore more", "choose easier", "choose harder", "stop"

EXPLORED = 0.05
"""Explore more where k-means would take away so much more of the distance to the labelled than the batch."""

UNSETTLED, HOPELESS = 1.0, 0.2
"""Choose easier where contradictions do not fall (trend) and the model had so few of its batch right."""

AS_EASY = 0.9
"""Choose harder where the model agrees with the neighbours on the batch so nearly as often as elsewhere."""


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


def advise(seen: Sequence[Reading], audit: AuditReport | None = None) -> Advice:
    """What the readings of a campaign advise.

    Parameters
    ----------
    seen : the reading of every moment so far, the present last; at least one.
    audit : what the audit slice tells, if there is one.

    Returns
    -------
    The advice. Stopping comes first, then exploring, then easier, then harder items.
    """
    now = seen[-1]
    asked = now if now.gaps or now.accord or len(seen) < 2 else seen[-2]  # no batch is known at present
    evidence = (_stop(seen), _explore(asked), _easier(seen), _harder(asked))
    fired = next((one for one in evidence if one.fired), None)
    action = fired.speaks_for if fired else KEEP
    accuracy = audit.accuracy if audit else None
    why = fired.why if fired else _still_learning(now)
    sentence = f"{action[0].upper()}{action[1:]}: {why}{_audited(accuracy)}"
    ordered = tuple(sorted(evidence, key=lambda one: not one.fired))
    return Advice(action, sentence, ordered, now.round, now.labelled, accuracy)


def _stop(seen: Sequence[Reading]) -> Evidence:
    rule, now = LittleLeft(), seen[-1]
    verdict = rule.decide([one.left for one in seen])
    watched = len(now.predicted)
    interval = None if now.turnover is None else proportion(now.turnover * watched, watched)
    why = "there are too few rounds to tell whether further labels would help."
    if interval:
        changed = f"{_percent(interval.estimate)} ({_percent(interval.low)} to {_percent(interval.high)})"
        why = (
            f"the last third of your labels changed {changed} of the model's answers, and further labels "
            f"should add at most {100 * (now.left or 0):.1f} points of accuracy."
        )
    return Evidence(STOP, rule.reads, now.left, rule.below, verdict.stop, None, why)


def _explore(now: Reading) -> Evidence:
    value = None if now.gaps is None else now.gaps.kmeans - now.gaps.batch
    fired = value is not None and value > EXPLORED
    why = "it is not known how far the batch explores."
    if now.gaps:
        why = (
            f"a spread-out batch would bring the pool {_percent(now.gaps.kmeans)} nearer to your labels, and "
            f"this one {_percent(now.gaps.batch)}; choose by diversity for a while, such as typiclust."
        )
    return Evidence(EXPLORE, "exploration", value, EXPLORED, fired, None, why)


def _easier(seen: Sequence[Reading]) -> Evidence:
    value, right = trend(seen), seen[-1].batch_accuracy
    hard = right is not None and right < HOPELESS
    fired = value is not None and value >= UNSETTLED and hard
    why = "contradictions fall, or the batches are not too hard."
    if fired and right is not None:
        why = (
            f"the model does not settle (contradictions are {value:.1f} times those of some rounds ago) and "
            f"had only {_percent(right)} of the last batch right; choose by weighted-kmeans for a while."
        )
    return Evidence(EASIER, "trend", value, UNSETTLED, fired, None, why)


def _harder(now: Reading) -> Evidence:
    value = None if now.accord is None or not now.accord.random else now.accord.batch / now.accord.random
    why = "it is not known how hard the batch is."
    if now.accord:
        why = (
            f"model and neighbours agree on {_percent(now.accord.batch)} of the batch and on "
            f"{_percent(now.accord.random)} elsewhere: it is as easy as chance; choose by uncertainty, as "
            "margin does."
        )
    return Evidence(HARDER, "accord", value, AS_EASY, value is not None and value >= AS_EASY, None, why)


def _still_learning(now: Reading) -> str:
    if now.left is None:
        return "the model has too few labels to say more."
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
