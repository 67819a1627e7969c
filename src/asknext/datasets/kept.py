"""Features that take long to compute are kept in the user's cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from asknext import rows
from asknext.datasets.base import Dataset
from asknext.datasets.places import cache_dir
from asknext.files import replacing

_LONGEST = 50  # letters of a name in that of a file


def kept(name: str, made_of: Any, make: Callable[[], Dataset]) -> Dataset:
    """The data set from the cache, or made now and put there.

    Parameters
    ----------
    name : of the data set.
    made_of : all that it depends on: content of files, parameters, code, versions of libraries.
    make : makes it.
    """
    path = cache_dir() / "features" / f"{name[:_LONGEST]}-{rows.fingerprint(name, made_of)}.npz"
    if not path.is_file():
        data = make()
        outside = np.zeros(0, bool) if data.out_of_scope is None else data.out_of_scope
        with replacing(path) as file:
            np.savez(
                file, X=data.X, y=data.y, classes=np.array(data.classes), notes=np.array(data.notes),
                outside=outside, test=data.test,
            )  # fmt: skip
    with np.load(path, allow_pickle=False) as found:
        X, y, classes, notes, outside = (found[key] for key in ("X", "y", "classes", "notes", "outside"))
        test = int(found["test"])
    listed = (tuple(classes.tolist()), tuple(notes.tolist()))
    return Dataset(name, X, y, *listed, out_of_scope=outside if len(outside) else None, test=test)
