"""Who may come, and what each has done."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRouter

from asknext.studio import replies
from asknext.studio.desk import Desk
from asknext.studio.people import People
from asknext.studio.routes.access import Reader
from asknext.studio.tally import Tally


def team(desk: Desk, people: People) -> APIRouter:
    """The router over a desk and its people."""
    router = APIRouter(prefix="/api")
    tally = Tally(desk.log)

    @router.get("/people", response_model=replies.People)
    def members(_: Reader) -> dict[str, Any]:
        """Who may come, how much each has answered, and how fast since the server was started."""
        with desk.turn:
            return {
                "people": [
                    {
                        **one._asdict(),
                        **vars(tally.of(one.name)),
                        "seconds": desk.paces[one.name].figures()["median_seconds"],
                    }
                    for one in people
                ]
            }

    return router
