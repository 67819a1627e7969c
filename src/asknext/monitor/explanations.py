"""How a strategy chose, round by round, as far as its log tells: what it weighed, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from asknext.log import Event, fold
from asknext.log import events as kinds
from asknext.pool import ANSWER_CODES, OUT_OF_SCOPE
from asknext.types import Floats

NO_AMOUNTS = ("cluster", "class")
"""Parts that are numbers of something, of which a mean says nothing."""

NO_FIGURES = ("seed",)
"""Numbers in a memory that tell nothing of the choice."""


class Pick(NamedTuple):
    """An item in the plane of purity and informativeness, both in standard deviations of the candidates.

    `in_scope` : whether it turned out to belong to a class; None where nobody has said so far.
    """

    id: int
    purity: float
    informativeness: float
    in_scope: bool | None


@dataclass(frozen=True, eq=False)
class Tradeoff:
    """What a strategy made of purity and informativeness in one round.

    Parameters
    ----------
    purity, informativeness : (g,) places of the grid, as the two scores are.
    scores : (g, g) the score there, a row for each purity; it never falls.
    picks : the items asked.
    """

    purity: Floats
    informativeness: Floats
    scores: Floats
    picks: tuple[Pick, ...]

    @property
    def weight(self) -> float | None:
        """Share of purity in what the score rises by over the grid, in [0, 1]; None where it is flat."""
        rises = [float(np.diff(self.scores, axis=axis).sum()) for axis in (0, 1)]
        return rises[0] / sum(rises) if sum(rises) > 0 else None

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        grid = {name: getattr(self, name).tolist() for name in ("purity", "informativeness", "scores")}
        return {**grid, "weight": self.weight, "picks": [pick._asdict() for pick in self.picks]}


@dataclass(frozen=True, eq=False)
class Explanation:
    """One batch: how it was chosen, and how its items were answered. Items of the audit are left out.

    Parameters
    ----------
    round : batches asked before; strategy : the name of the one that asked.
    asked : items; in_scope, out_of_scope : how many of them turned out so, by the answers that stand now.
    notes : the numbers that the strategy kept in its memory.
    means : of the score and of each part of it, over the items; logs of earlier versions have none.
    tradeoff : of purity and informativeness, where the strategy learns one.
    """

    round: int
    strategy: str
    asked: int
    in_scope: int
    out_of_scope: int
    notes: Mapping[str, float]
    means: Mapping[str, float]
    tradeoff: Tradeoff | None

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        tradeoff = None if self.tradeoff is None else self.tradeoff.as_dict()
        return {**vars(self), "notes": {**self.notes}, "means": {**self.means}, "tradeoff": tradeoff}


def explanations(events: Sequence[Event]) -> list[Explanation]:
    """One for each batch that was asked, the first one first.

    Parameters
    ----------
    events : the log of a campaign, oldest first.
    """
    state = fold(events)
    told, hidden = state.pool.state, set(state.audit.ids.tolist())
    verdicts = {int(i): True for i in np.flatnonzero(told >= 0)}
    verdicts |= {int(i): False for i in np.flatnonzero(told == ANSWER_CODES[OUT_OF_SCOPE])}
    return [_explained(e.body, hidden, verdicts) for e in events if e.type == kinds.ASKED]


def _explained(body: Mapping[str, Any], hidden: set[int], verdicts: Mapping[int, bool]) -> Explanation:
    own = {i: verdicts.get(i) for i in body["ids"] if i not in hidden}
    return Explanation(
        round=body["round"],
        strategy=body["strategy"],
        asked=len(own),
        in_scope=sum(verdict is True for verdict in own.values()),
        out_of_scope=sum(verdict is False for verdict in own.values()),
        notes=_notes(body["memory"]) if own else {},  # else the memory is that of another round
        means=_means({"score": body.get("scores"), **body.get("parts", {})}),
        tradeoff=_tradeoff(body["memory"], body["round"], own),
    )


def _notes(memory: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in memory.items()
        if isinstance(value, int | float) and name not in NO_FIGURES
    }


def _means(columns: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for name, values in columns.items():
        numbers = [value for value in values or () if isinstance(value, int | float)]
        if numbers and name not in NO_AMOUNTS:
            found[name] = float(np.mean(numbers))
    return found


def _tradeoff(memory: Mapping[str, Any], round: int, own: Mapping[int, bool | None]) -> Tradeoff | None:
    """The trade-off of this round; a strategy within another one may have kept one of an earlier round."""
    for kept in _memories(memory):
        last = kept["batches"][-1] if kept.get("tradeoff") and kept.get("batches") else {}
        if last.get("round") == round:
            table = {name: np.array(values, dtype=np.float64) for name, values in kept["tradeoff"].items()}
            asked = zip(last["ids"], last["z"], strict=True)
            picks = tuple(Pick(i, z[0], z[1], own[i]) for i, z in asked if i in own)
            return Tradeoff(**table, picks=picks)
    return None


def _memories(memory: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A memory, and those of the strategies within."""
    yield memory
    for value in memory.values():
        if isinstance(value, Mapping):
            yield from _memories(value)
