"""The few array and label types that the whole package speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Label = str | int | float | bool
"""A class as the user names it; kept as given, compared by value."""

Ids = NDArray[np.intp]
"""Positions in the pool: the only index space there is."""

Array = NDArray[Any]
Given = Sequence[Any] | Array
"""A list or an array, as users hand it in."""

Floats = NDArray[np.floating[Any]]

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many items are done, and how many there are."""
