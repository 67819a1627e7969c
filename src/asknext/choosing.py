"""From what is known to what is asked: the learner fitted, the round that a strategy sees, its choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from asknext import detectors, rows, strategies
from asknext.detectors import Detector
from asknext.errors import AskNextError
from asknext.learners import Learner, as_learner
from asknext.learners.beside import reads
from asknext.learners.fitting import Fitting, Table
from asknext.log import ColumnStore, State
from asknext.randomness import spawn, spawn_seed
from asknext.round import Round
from asknext.signals import Signals, given_columns
from asknext.strategies import Selection, Strategy
from asknext.types import Ids


class Chooser:
    """What a campaign computes from its state; nothing here is remembered but the last fitting.

    Parameters
    ----------
    table : the rows of the pool.
    learner, strategy, detector, seed : of the campaign.
    signals, embedding : the user's own columns.
    columns : cache of whole columns, or None.

    Raises
    ------
    AskNextError : an argument cannot be used.
    """

    def __init__(
        self,
        table: Table,
        learner: Any,
        strategy: str | Strategy,
        detector: str | Detector,
        seed: int,
        signals: Mapping[str, Any] | None,
        embedding: Any,
        columns: ColumnStore | None,
    ) -> None:
        self.table = table
        self.learner: Learner | None = None if learner is None else as_learner(learner)
        self.strategy = strategies.get(strategy)
        self.detector = detectors.get(detector)
        self.seed = seed
        self.columns = columns
        own = {} if embedding is None else {"embedding": embedding}
        numeric = rows.is_numeric(table.X)
        provides = frozenset[str]() if self.learner is None else self.learner.provides
        learnt = len(table.X.shape) > 2 and "embedding" in provides  # better than the pixels of an image
        self.given = given_columns(None if learnt else table.X, {**(signals or {}), **own})
        if isinstance(learner, str) and not (numeric or reads(self.learner, "texts")):
            raise AskNextError(
                f"the learner '{learner}' reads numbers, and X holds something else; give features, or a "
                "scikit-learn pipeline that makes them."
            )
        Signals(len(table), self.given)  # refuses columns of another length before there is a log
        self._fitting: Fitting | None = None

    def fitting(self, state: State) -> Fitting:
        """The learner in this state, fitted when first read.

        Raises
        ------
        AskNextError : there is no learner.
        """
        if self.learner is None:
            raise AskNextError("this campaign has no learner; give learner= to have predictions.")
        pool = state.visible
        if self._fitting is None or self._fitting.pool is not pool:
            seed = spawn_seed(self.seed, state.round, "fit")
            self._fitting = Fitting(self.learner, self.table, pool, seed, self.columns)
        return self._fitting

    def learning(self, state: State) -> float:
        """Seconds that the learner worked in this state."""
        return sum(self.fitting(state).seconds.values()) if self.learner is not None else 0.0

    def round(self, state: State) -> Round:
        """What the strategy may see."""
        sources = {**(self.fitting(state).sources() if self.learner is not None else {}), **self.given}
        signals = Signals(len(self.table), sources)
        given = (signals, self.strategy.needs, state.round, state.memory, state.live)
        view = Round.of(state.visible, *given)
        return detectors.with_ood(view, self.detector)

    def choose(self, state: State, n: int) -> tuple[Selection, Ids, np.random.Generator]:
        """What the strategy would ask of n items, those of the audit beside them, and who mixes the two."""
        rng = spawn(self.seed, state.round, "audit")
        audit = state.audit.due(state.pool, n, rng)
        if n <= len(audit):
            return Selection(audit[:0], memory=state.memory), audit, rng
        draws = spawn(self.seed, state.round, "select")
        return strategies.choose(self.strategy, self.round(state), n - len(audit), draws), audit, rng
