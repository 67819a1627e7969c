"""Raw items as they were read, before anything is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asknext.studio.items import Content, Kind


@dataclass(frozen=True)
class Raw:
    """What a folder or a file holds.

    Parameters
    ----------
    kind : of the n items.
    rows : makes their contents anew, one after the other, for `Items.create`.
    values : what an encoder takes: (n, side, side, 3) bytes of pictures, n texts, or a data frame.
    keys : (n,) the same for items that are the same.
    places : (n,) which rows or files of the source they are; `total` : how many it has.
    labels : names of the classes that are known, by item.
    notes : what was left out or chosen, one sentence each.
    root : the folder that image paths start from.
    """

    kind: Kind
    rows: Callable[[], Iterator[Content]]
    values: Any
    keys: Sequence[Hashable]
    places: Sequence[int]
    total: int
    labels: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    root: Path | None = None

    def __len__(self) -> int:
        return len(self.places)


def count(n: int, noun: str) -> str:
    """A number and its noun: "1 text", "2 texts"."""
    return f"{n:,} {noun}{'s' * (n != 1)}"
