"""The column of embeddings: the same bytes whether it was stopped or not; that of others is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from asknext.encoders.base import Encoder
from asknext.encoders.column import encode_column
from asknext.errors import AskNextError

ITEMS = [np.full((2, 2, 3), i, dtype=np.uint8) for i in range(23)]


class Sums:
    """Rows that tell which item they are of, and how often the encoder was asked."""

    name, kind = "sums", "image"

    def __init__(self, killed_at: int | None = None, weight: float = 0.1) -> None:
        self.seen: list[int] = []
        self.killed_at, self.weight = killed_at, weight

    @property
    def fingerprint(self) -> str:
        return f"weight {self.weight}"

    def encode(self, items: Sequence[np.ndarray]) -> np.ndarray:
        if self.killed_at in [int(item[0, 0, 0]) for item in items]:
            raise KeyboardInterrupt
        self.seen += [int(item[0, 0, 0]) for item in items]
        return np.array([[item.sum() * self.weight, len(items)] for item in items], dtype=np.float32)


def test_a_column_holds_the_rows_of_the_encoder_in_half_precision(tmp_path: Path) -> None:
    assert isinstance(Sums(), Encoder)
    heard: list[tuple[int, int]] = []
    column = encode_column(
        tmp_path / "a" / "c.npy", Sums(), ITEMS, "i", batch=5, progress=lambda *told: heard.append(told)
    )
    assert column.dtype == np.float16
    assert column.shape == (23, 2)
    np.testing.assert_array_equal(column[:, 0], (12 * np.arange(23) * 0.1).astype(np.float16))
    assert heard == [(5, 23), (10, 23), (15, 23), (20, 23), (23, 23)]
    assert isinstance(column, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1


def test_a_run_that_was_killed_goes_on_and_leaves_the_same_bytes(tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole.npy", tmp_path / "stopped.npy"
    encode_column(whole, Sums(), ITEMS, "i", batch=5)
    with pytest.raises(KeyboardInterrupt):
        encode_column(stopped, Sums(killed_at=12), ITEMS, "i", batch=5)
    again = Sums()
    encode_column(stopped, again, ITEMS, "i", batch=5)
    assert again.seen == list(range(10, 23))
    assert stopped.read_bytes() == whole.read_bytes()
    third = Sums()
    encode_column(stopped, third, ITEMS, "i", batch=5)
    assert third.seen == []


def test_what_was_written_after_the_last_note_is_written_again(tmp_path: Path) -> None:
    """Killed between the rows and the note on them."""
    path = tmp_path / "c.npy"
    encode_column(path, Sums(), ITEMS, "i", batch=5)
    good = path.read_bytes()
    notes = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(notes | {"done": 15}))
    path.write_bytes(good[:-20] + b"x" * 20)
    encode_column(path, Sums(), ITEMS, "i", batch=5)
    assert path.read_bytes() == good


@pytest.mark.parametrize(
    ("encoder", "items", "batch", "differs"),
    [(Sums(weight=2), "i", 5, "fingerprint"), (Sums(), "j", 5, "items"), (Sums(), "i", 6, "batch")],
)
def test_a_column_of_something_else_is_refused(
    encoder: Sums, items: str, batch: int, differs: str, tmp_path: Path
) -> None:
    encode_column(tmp_path / "c.npy", Sums(), ITEMS, "i", batch=5)
    with pytest.raises(AskNextError, match=f"its {differs} differs"):
        encode_column(tmp_path / "c.npy", encoder, ITEMS, items, batch=batch)


@pytest.mark.parametrize("weight", [1e4, np.nan])
def test_numbers_that_half_precision_cannot_hold_are_refused(weight: float, tmp_path: Path) -> None:
    with pytest.raises(AskNextError, match="among items 0 to 4"), np.errstate(over="ignore"):
        encode_column(tmp_path / "c.npy", Sums(weight=weight), ITEMS, "i", batch=5)
