"""Raw items as rows of numbers, with what the machine itself has: no network, no download, no GPU."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA

from asknext import rows
from asknext.datasets import features
from asknext.encoders import patches, usual
from asknext.errors import AskNextError
from asknext.kernels.threads import one_thread
from asknext.studio.raw import Raw, count
from asknext.types import Array

DIMENSIONS = 100


class Encoded(NamedTuple):
    """`embedding` : (n, d) float32. `encoder` : its name. `note` : what it is and how far to trust it."""

    embedding: Array
    encoder: str
    note: str


def encode(raw: Raw) -> Encoded:
    """The embedding of raw items, by their kind.

    Raises
    ------
    AskNextError : they hold nothing to tell them apart by.
    """
    values, name, note = {"image": _images, "text": _texts, "table": _table}[raw.kind](raw)
    return Encoded(np.ascontiguousarray(values, dtype=np.float32), name, note)


def given(path: Path, raw: Raw) -> Encoded:
    """An embedding of the user's own.

    Parameters
    ----------
    path : a .npy file, or a .npz file of one array (or several, one of them called `embedding` or `X`), with
        a row for each item or for each row of the source.
    raw : the items.

    Raises
    ------
    AskNextError : there is no such file, or it holds something else.
    """
    values = _array(path)
    if values.ndim < 2 or values.dtype.kind not in "biuf":
        shape = " × ".join(map(str, values.shape))
        raise AskNextError(f"{path.name} must hold rows of numbers; it is {values.dtype} of shape {shape}.")
    if len(values) not in (len(raw), raw.total):
        items = f"{len(raw)} items" + f" ({raw.total} with those left out)" * (raw.total > len(raw))
        raise AskNextError(f"{path.name} has {len(values)} rows for {items}; give one for each.")
    if len(values) == raw.total > len(raw):
        values = values[np.asarray(raw.places)]
    values = values.reshape(len(values), -1).astype(np.float32)
    rows.check_finite(path.name, values)
    note = f"Given in {path.name}, {values.shape[1]} dimensions: as good as what made it."
    return Encoded(values, "given", note)


def _array(path: Path) -> Array:
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found as archive:
            names = archive.files if len(archive.files) == 1 else ["embedding", "X"]
            name = next((name for name in names if name in archive.files), None)
            if name is None:
                raise AskNextError(f"{path.name} holds several arrays; call one of them 'embedding'.")
            return np.asarray(archive[name])
    except AskNextError:
        raise
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        reason = str(error).split("\n")[0]
        raise AskNextError(f"{path} cannot be read as an array ({reason}).") from error


def _images(raw: Raw) -> tuple[Array, str, str]:
    X, name = usual.embed(raw.values, DIMENSIONS)
    if name == "gradients":
        return X, name, (
            f"Edges and colours, {X.shape[1]} dimensions, without a pretrained network: tells shapes and "
            "colours apart, not objects. An embedding of your own is better for photographs."
        )  # fmt: skip
    return X, name, (
        f"{patches.words_of(len(raw))} words of patches learnt from these pictures, reduced to the "
        f"{X.shape[1]} directions that stay when a picture is cut, mirrored and recoloured, without a "
        "pretrained network: good for textures and simple shapes, weak for objects in photographs, where an "
        "embedding of your own is better."
    )  # fmt: skip


def words(texts: Sequence[str]) -> Array:
    """The embedding of texts by their words.

    Raises
    ------
    AskNextError : they hold none.
    """
    try:
        return features.text(texts, DIMENSIONS)
    except ValueError as error:  # no vocabulary
        raise AskNextError("the texts hold no words; give an embedding of your own.") from error


def _texts(raw: Raw) -> tuple[Array, str, str]:
    X = words(raw.values)
    return X, "tf-idf", (
        f"Words and pairs of words (TF-IDF), {X.shape[1]} dimensions: tells topics apart by the words used; "
        "what the words mean it does not know."
    )  # fmt: skip


def _table(raw: Raw) -> tuple[Array, str, str]:
    X, notes = features.build(raw.values, "the table")
    if X.shape[1] > DIMENSIONS:
        wide = X.shape[1]
        with one_thread():
            X = PCA(min(DIMENSIONS, *X.shape), random_state=0).fit_transform(X)
        notes = (*notes, f"{wide} columns reduced by PCA to {X.shape[1]}")
    told = "; ".join(note[0].lower() + note[1:] for note in notes)
    return X, "columns", f"From {count(len(raw.values.columns), 'column')}: {told}."
