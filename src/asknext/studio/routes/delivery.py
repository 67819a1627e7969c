"""What a route replies to a delivery that was taken in."""

from __future__ import annotations

from typing import Any

from asknext.studio.counts import counts
from asknext.studio.desk import Desk
from asknext.studio.supervisor import Supervisor


def done(desk: Desk, supervisor: Supervisor, id: str) -> dict[str, Any]:
    """Its id and how far it is now; the supervisor looks whether a round is due."""
    supervisor.wake()
    return {"event": id, "counts": counts(desk.pool)}
