"""A stream of what is told again whenever something changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool

BEAT = 0.1
"""Seconds between two looks at whether anything changed, for those who watch."""

ALIVE = 15.0
"""Seconds after which a watcher hears that the server lives."""


async def watching(
    changes: Callable[[], int], tell: Callable[[], dict[str, Any]], ended: Callable[[], bool]
) -> AsyncIterator[str]:
    """What is told at once and whenever something changed, until the server ends or nobody listens."""
    last, quiet = None, 0.0
    while not ended():
        if (now := changes()) != last:
            last, quiet = now, 0.0
            yield f"data: {json.dumps(await run_in_threadpool(tell), ensure_ascii=False)}\n\n"
        elif quiet >= ALIVE:
            quiet = 0.0
            yield ": alive\n\n"
        await asyncio.sleep(BEAT)
        quiet += BEAT
