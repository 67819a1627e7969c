"""Several opinions: how far people agree, what is to be decided, and labels that were looked over."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRouter

from asknext.studio import replies, requests
from asknext.studio.comparing import Comparison
from asknext.studio.desk import Desk
from asknext.studio.routes.access import Owner, Reader
from asknext.studio.routes.delivery import done
from asknext.studio.supervisor import Supervisor


def comparing(desk: Desk, supervisor: Supervisor) -> APIRouter:
    """The router over a desk."""
    router = APIRouter(prefix="/api")
    comparison = Comparison(desk)

    @router.get("/agreement", response_model=replies.Agreement)
    def agreement(_: Reader) -> dict[str, Any]:
        """How far people agree on items that several of them answered."""
        return comparison.agreement()

    @router.get("/disagreements", response_model=replies.Disagreements)
    def disagreements(by: Owner) -> dict[str, Any]:
        """Items on which people disagree, with what each of them said."""
        return comparison.disagreements(by.name)

    @router.post("/adjudicate", response_model=replies.Done)
    def adjudicate(by: Owner, body: requests.Adjudication) -> dict[str, Any]:
        """Speak the last word on items."""
        desk.adjudicate(by.name, body.id, body.items, body.given)
        return done(desk, supervisor, body.id)

    @router.post("/reopen", response_model=replies.Done)
    def reopen(by: Owner, body: requests.Reopening) -> dict[str, Any]:
        """Withdraw the last word on items; what most people said stands again."""
        desk.reopen(by.name, body.id, body.items)
        return done(desk, supervisor, body.id)

    @router.post("/review", response_model=replies.Done)
    def review(by: Owner, body: requests.Verdict) -> dict[str, Any]:
        """Note that labels were looked over and stay as they are."""
        desk.review(by.name, body.id, body.items)
        return done(desk, supervisor, body.id)

    return router
