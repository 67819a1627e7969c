"""How far a project is, read from its log alone: nothing is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asknext.log import Event, State, fold
from asknext.log import events as kinds
from asknext.monitor.audit import of_state
from asknext.monitor.looks import stored
from asknext.quality.agreement import agreement, told
from asknext.randomness import spawn
from asknext.studio.counts import classes, counts
from asknext.studio.project import Project


def standing(project: Project, events: Sequence[Event]) -> dict[str, Any]:
    """Counts of answers and classes, how far people agree, and the accuracy of the newest model; JSON-able.

    Parameters
    ----------
    project : opened.
    events : its log.
    """
    state = fold(events)
    asked = [(place, event.body) for place, event in enumerate(events) if event.type == kinds.ASKED]
    accuracy = None
    if asked:  # that of the model that chose the newest batch
        place, body = asked[-1]
        then = fold(events[: body.get("seen", place)])
        told = of_state(then, stored(events, project.columns)(then))
        accuracy = told.accuracy if told else None
    return {
        "name": project.path.absolute().name,
        "kind": project.settings["kind"],
        "n": state.n,
        "encoder": project.settings["encoder"],
        "strategy": asked[-1][1]["strategy"] if asked else project.settings["strategy"],
        "round": state.round,
        **counts(state.pool),
        "pending": len(state.pool.pending),
        "classes": classes(state),
        "agreement": _agreement(state),
        "accuracy": accuracy and dict(zip(("value", "low", "high", "n"), accuracy, strict=True)),
    }


def _agreement(state: State) -> dict[str, Any] | None:
    """How far people agree; None where no item was answered by several."""
    if not state.opinions.several():
        return None
    found = agreement(told(state), spawn(state.seed, "agreement"))
    return {name: found[name] for name in ("items", "percent", "alpha", "low", "high")}
