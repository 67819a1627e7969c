"""The round: the frozen view of the pool that a strategy gets, and all that it may know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asknext.errors import AskNextError, MissingSignalError
from asknext.pool import Pool
from asknext.signals import Signals
from asknext.types import Array, Ids, Label


@dataclass(frozen=True)
class Round:
    """One moment of a campaign, as a strategy sees it. All ids are positions in the pool.

    Parameters
    ----------
    candidates : (c,) items that may be asked, ascending.
    labelled : (l,) items with a class; `y` : (l,) their positions in `classes`.
    out_of_scope : (o,) items known to belong to no class.
    pending : (p,) items asked and not answered yet.
    classes : the class labels known so far.
    index : number of batches asked before this one.
    memory : what the strategy returned as `Selection.memory` last time; empty at first.
    keys : what a memory calls the classes: names that no renaming changes, or the labels if there are none.
    signals : the columns; `declared` : the names among them that may be read.
    """

    candidates: Ids
    labelled: Ids
    y: NDArray[np.int32]
    out_of_scope: Ids
    pending: Ids
    classes: tuple[Label, ...]
    signals: Signals = field(repr=False)
    declared: frozenset[str]
    index: int = 0
    memory: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[Label, ...] = ()

    @classmethod
    def of(
        cls,
        pool: Pool,
        signals: Signals,
        declared: Iterable[str],
        index: int = 0,
        memory: Mapping[str, Any] | None = None,
        keys: Iterable[Label] | None = None,
    ) -> Round:
        """The round that starts from a pool.

        Raises
        ------
        AskNextError : a given signal has fewer class columns than there are classes.
        """
        for name, width in signals.widths.items():
            if width < len(pool.classes):
                raise AskNextError(
                    f"the signal '{name}' has {width} class columns, but {len(pool.classes)} classes are "
                    "known; give one for each class, in the order of the classes."
                )
        return cls(
            candidates=pool.candidates,
            labelled=pool.labelled,
            y=pool.y,
            out_of_scope=pool.out_of_scope,
            pending=pool.pending,
            classes=pool.classes,
            signals=signals,
            declared=frozenset(declared),
            index=index,
            memory=dict(memory or {}),
            keys=pool.classes if keys is None else tuple(keys),
        )

    @property
    def asked(self) -> Ids:
        """Items that need no further question: labelled, out of scope or pending, ascending."""
        return np.sort(np.concatenate([self.labelled, self.out_of_scope, self.pending]))

    def read(self, name: str, ids: Ids | None = None) -> Array:
        """Rows of a declared signal; of the candidates unless ids are given.

        Raises
        ------
        MissingSignalError : the strategy did not declare this signal in `needs`, or nobody provides it.
        """
        if name not in self.declared:
            declared = ", ".join(sorted(self.declared)) or "nothing"
            raise MissingSignalError(
                f"the signal '{name}' is read but not declared; add it to `needs` (declared: {declared})."
            )
        return self.signals.read(name, self.candidates if ids is None else ids)

    def restrict(self, ids: Ids) -> Round:
        """The same round with fewer candidates: those among `ids`."""
        return replace(self, candidates=np.intersect1d(self.candidates, ids))
