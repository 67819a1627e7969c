"""What an encoder is: it makes a row of numbers of each raw item, and can say exactly what makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from asknext.types import Array


@runtime_checkable
class Encoder(Protocol):
    """A fixed map from raw items to embeddings.

    `name` says what it is, in a word. `kind` is that of its items: "image" for arrays (h, w, 3) of bytes, of
    any size, or "text" for texts.
    """

    name: str
    kind: str

    @property
    def fingerprint(self) -> str:
        """A hash of the weights and of all that is done to an item before: equal ones give equal rows."""

    def encode(self, items: Sequence[Any]) -> Array:
        """(m, d) float32 rows of m items, at least one; a row depends on its item alone, up to rounding."""
