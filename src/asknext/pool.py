"""The pool: what is known of each item, and the list of classes, which can grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from asknext.types import Ids, Label


class Answer(Enum):
    """What an oracle can say that is not a class.

    The texts are how the log writes them; told as a text, "unsure" is a class of that name.
    """

    OUT_OF_SCOPE = "out-of-scope"
    UNSURE = "unsure"
    SKIPPED = "skipped"

    def __repr__(self) -> str:
        return self.name


OUT_OF_SCOPE = Answer.OUT_OF_SCOPE
UNSURE = Answer.UNSURE
SKIPPED = Answer.SKIPPED

UNASKED_CODE, PENDING_CODE = -1, -2
ANSWER_CODES = {OUT_OF_SCOPE: -3, UNSURE: -4, SKIPPED: -5}


@dataclass(frozen=True)
class Pool:
    """The state of every item at one moment.

    Parameters
    ----------
    state : (n,) int32; a position in `classes`, or -1 unasked, -2 pending, -3 out of scope, -4 unsure,
        -5 skipped.
    classes : the class labels known so far, in the order in which they appeared.
    """

    state: NDArray[np.int32]
    classes: tuple[Label, ...] = ()

    @classmethod
    def fresh(cls, n: int, classes: Sequence[Label] = ()) -> Pool:
        """A pool of n items of which nothing has been asked."""
        return cls(np.full(n, UNASKED_CODE, dtype=np.int32), tuple(classes))

    def __len__(self) -> int:
        return len(self.state)

    @cached_property
    def candidates(self) -> Ids:
        """Items that may be asked: unasked ones and, only once these are gone, skipped ones."""
        unasked = np.flatnonzero(self.state == UNASKED_CODE)
        return unasked if len(unasked) else self._in(SKIPPED)

    @cached_property
    def pending(self) -> Ids:
        """Items asked and not answered yet."""
        return np.flatnonzero(self.state == PENDING_CODE)

    @cached_property
    def labelled(self) -> Ids:
        """Items that carry a class."""
        return np.flatnonzero(self.state >= 0)

    @cached_property
    def y(self) -> NDArray[np.int32]:
        """Class positions of the labelled items."""
        return self.state[self.labelled]

    @cached_property
    def out_of_scope(self) -> Ids:
        """Items that belong to no class."""
        return self._in(OUT_OF_SCOPE)

    @cached_property
    def unsure(self) -> Ids:
        """Items that the oracle could not decide."""
        return self._in(UNSURE)

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """Labelled items of each class, in the order of `classes`."""
        return np.bincount(self.y, minlength=len(self.classes))

    @property
    def answers(self) -> dict[int, Label | Answer]:
        """Every answer that stands, by item; skipping an item is none."""
        found: dict[int, Label | Answer] = {
            int(i): self.classes[c] for i, c in zip(self.labelled, self.y, strict=True)
        }
        found.update((int(i), OUT_OF_SCOPE) for i in self.out_of_scope)
        found.update((int(i), UNSURE) for i in self.unsure)
        return dict(sorted(found.items()))

    def _in(self, answer: Answer) -> Ids:
        return np.flatnonzero(self.state == ANSWER_CODES[answer])
