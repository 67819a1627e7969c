"""A publisher's pickle read as plain data, texts and arrays of bytes: nothing that it names runs."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from asknext.types import Array

ARRAYS = frozenset(
    {
        ("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
    }
)  # fmt: skip
"""What a pickle of arrays names. Each stands for `Told`, so that not even these run."""


class Told:
    """What a pickle says of an array or of its type: how to call it, and its state."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> Array:
        """The array.

        Raises
        ------
        ValueError : it is no array of bytes.
        """
        _, shape, kind, columns_first, content = self.state
        if not (isinstance(kind, Told) and kind.arguments[0] in (b"u1", "u1") and isinstance(content, bytes)):
            raise ValueError("it holds an array of something else than bytes")
        return np.frombuffer(content, np.uint8).reshape(shape, order="F" if columns_first else "C")


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ARRAYS:
            return Told
        raise ValueError(f"it names {module}.{name}, which is no data")


def plain(content: bytes) -> dict[bytes, Any]:
    """The dictionary that a pickle of Python 2 holds, its texts as bytes.

    Parameters
    ----------
    content : the pickle.

    Raises
    ------
    ValueError : it is no pickle, holds no dictionary, or names something that is no array.
    """
    try:
        found = _Plain(io.BytesIO(content), encoding="bytes").load()
    except ValueError:
        raise
    except Exception as error:  # a damaged pickle fails in many ways
        raise ValueError(f"it is a damaged pickle: {str(error) or type(error).__name__}") from error
    if not isinstance(found, dict):
        raise ValueError("it holds no dictionary")
    return found
