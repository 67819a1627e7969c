"""From a folder of images, or a file of texts or rows, to items and their embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asknext.errors import AskNextError
from asknext.studio.items import Content, Kind
from asknext.types import Array, Label

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Source:
    """What was found at a path, ready to be kept.

    Parameters
    ----------
    kind, rows, root : for `Items.create`.
    embedding : (n, d) float32.
    encoder, note : what made the embedding, in a word and in a sentence on how far to trust it.
    notes : what was left out or chosen, one sentence each.
    labels : known labels, by item.
    duplicates : groups of items that are the same, or nearly.
    """

    kind: Kind
    rows: Iterable[Content]
    embedding: Array
    encoder: str
    note: str
    root: Path | None = None
    notes: tuple[str, ...] = ()
    labels: Mapping[int, Label] = field(default_factory=dict)
    duplicates: list[list[int]] = field(default_factory=list)


def read_source(
    path: Path,
    text: str | None = None,
    label: str | None = None,
    embedding: str | Path | None = None,
    progress: Progress | None = None,
) -> Source:
    """Items, their embedding and known labels, from a folder of images or a file."""
    from asknext.datasets.features import text as embed_text

    if path.suffix == ".txt":
        texts = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
        rows = [{"text": line} for line in texts]
        X = embed_text(texts).astype(np.float32)
        return Source("text", rows, X, "tf-idf", "Words only.")
    if path.is_dir():
        from PIL import Image

        names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*.png"))
        rows, pixels = [], []
        for name in names:
            with Image.open(path / name) as picture:
                rows.append({"image": name, "width": picture.width, "height": picture.height})
                pixels.append(np.asarray(picture.convert("RGB").resize((8, 8)), np.float32).ravel() / 255)
        return Source("image", rows, np.array(pixels), "pixels", "Pixels only.", path)
    import pandas as pd

    frame = pd.read_csv(path)
    table: list[Any] = [
        {"columns": [[str(k), None if v != v else v] for k, v in record.items()]}
        for record in frame.astype(object).to_dict("records")
    ]
    X = frame.select_dtypes("number").fillna(0).to_numpy(np.float32)
    if X.shape[1] == 0:
        raise AskNextError(f"{path} has no column to learn from.")
    return Source("table", table, X, "columns", "Numbers only.")
