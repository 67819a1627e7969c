"""What a metric sees."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from asknext.types import Array, Ids


class View(NamedTuple):
    """A subset of the items at one moment of a campaign.

    proba : (m, k) class probabilities of these items by the model of this round.
    y : (m,) their true class positions, -1 out of scope; None where nobody knows them.
    previous : (m, k) the same items by the model of the round before; None in the first round.
    X : (m, d) their features; None where there are no numbers.
    known : (l, d) features of the items that the model learnt from, none of which is in the batch.
    labels : (l,) their class positions.
    new : (l,) which of them were labelled since the round before.
    reference : (m, k) probabilities by a model that learnt from the truth of other items; None if not asked
        for, or where it has seen these items.
    noisy : (m,) which of them are noisy; None where nobody knows.
    found : (k,) classes of which an item was told so far; None where nobody knows all classes.
    sizes : (k,) items of each class in the pool; None likewise.
    cost : (m,) what an answer about each of them costs; None where nobody knows.
    """

    proba: Array
    y: Ids | None
    previous: Array | None = None
    X: Any = None
    known: Any = None
    labels: Ids | None = None
    new: NDArray[Any] | None = None
    reference: Array | None = None
    noisy: NDArray[Any] | None = None
    found: NDArray[Any] | None = None
    sizes: Ids | None = None
    cost: Array | None = None

    def within_scope(self) -> View:
        """The same without items out of scope, where the truth is known."""
        if self.y is None or (self.y >= 0).all():
            return self
        inside = self.y >= 0
        rows = ("proba", "y", "previous", "X", "reference", "noisy", "cost")
        kept = {name: values for name in rows if (values := getattr(self, name)) is not None}
        return self._replace(**{name: values[inside] for name, values in kept.items()})
