"""One numerical thread: so that sums come in one order, and equal seeds give equal results."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """The numerical libraries of this process; found once, since the search takes milliseconds."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """A context in which numerical libraries use one thread."""
    return _controller().limit(limits=1)
