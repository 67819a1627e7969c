"""How far the labelling is: counts, pace, the job, the newest ranking, advice, and the rounds as a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asknext.studio.counts import classes, counts
from asknext.studio.desk import Desk
from asknext.studio.rounds import Published
from asknext.studio.supervisor import Job

POINTS = 200
"""Rounds of the series at most, so that a status and the page do not grow with the rounds."""


def status(desk: Desk, job: Job) -> dict[str, Any]:
    """Everything that the page's header and monitor show."""
    with desk.turn:
        newest = desk.rounds[-1] if desk.rounds else None
        return {
            "seq": len(desk.log),
            **counts(desk.pool),
            "round": desk.campaign.round,
            "classes": classes(desk.campaign.state),
            "pace": desk.pace.figures(),
            "job": {"state": job.state, "kind": job.kind, "since": job.since, "error": job.error},
            "ranking": {"round": newest.round, "age": desk.age} if newest else None,
            "advice": _advice(newest),
            "accuracy": _accuracy(newest),
            "series": [_point(one) for one in thinned(desk.rounds)],
        }


def _advice(newest: Published | None) -> dict[str, Any] | None:
    if newest is None or newest.advice is None:
        return None
    return {key: newest.advice[key] for key in ("action", "sentence", "evidence")}


def _accuracy(found: Published | None) -> dict[str, float] | None:
    if found is None or found.accuracy is None:
        return None
    given = found.accuracy
    return {"value": given["estimate"], "low": given["low"], "high": given["high"], "n": given["n"]}


def thinned(rounds: Sequence[Published], most: int = POINTS) -> list[Published]:
    """All rounds as long as there are few; else the newest, half as many as may be, and each k-th before.

    k is a power of two: a round that was left out does not come back.
    """
    half = most // 2
    older, every = rounds[:-half], 1
    while len(older) > every * half:
        every *= 2
    return [*older[::every], *rounds[-half:]]


def _point(found: Published) -> dict[str, Any]:
    """One round of the series."""
    figures = {name: found.reading.get(name) for name in ("churn", "agreement", "exploration")}
    return {
        "round": found.round,
        "labelled": found.labelled,
        **figures,
        "accuracy": _accuracy(found),
        "classes": len(found.numbers),
    }
