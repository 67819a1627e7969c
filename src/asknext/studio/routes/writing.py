"""What is changed: answers, comments, classes, and rounds asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi.routing import APIRouter

from asknext.studio import replies, requests
from asknext.studio.counts import classes
from asknext.studio.desk import Desk
from asknext.studio.roles import Person, Role
from asknext.studio.routes.access import Labeller, Owner
from asknext.studio.routes.delivery import done
from asknext.studio.supervisor import Supervisor


def writing(desk: Desk, supervisor: Supervisor) -> APIRouter:
    """The router over a desk."""
    router = APIRouter(prefix="/api")
    campaign = desk.campaign

    def reclassed(by: Person, id: str | None, deed: Callable[..., None]) -> dict[str, Any]:
        with desk.turn:
            desk.reclass(by.name, id, deed)
            return {"classes": classes(campaign.state)}

    @router.post("/answers", response_model=replies.Answered, response_model_exclude_unset=True)
    def answers(by: Labeller, body: requests.Answers) -> dict[str, Any]:
        """One answer for some items; a second delivery of the same id changes nothing.

        For an item that somebody else answered it is a second opinion, and `second` says so.
        """
        second = desk.answer(by.name, body.id, body.items, body.given, comment=body.comment or "",
                             seconds=body.seconds, replace=body.replace, over=over(by))  # fmt: skip
        told = done(desk, supervisor, body.id)
        return {**told, "second": True} if second else told

    @router.post("/retract", response_model=replies.Done)
    def retract(by: Labeller, body: requests.Retraction) -> dict[str, Any]:
        """Take answers back."""
        desk.retract(by.name, body.id, body.items, over=over(by), tab=body.tab)
        return done(desk, supervisor, body.id)

    @router.post("/release", response_model=replies.Released)
    def release(by: Labeller, body: requests.Release) -> dict[str, Any]:
        """Give back what was leased to a tab."""
        desk.release(by.name, body.items, body.tab)
        return {"released": len(body.items)}

    @router.post("/comments", response_model=replies.Done)
    def comments(by: Labeller, body: requests.Comment) -> dict[str, Any]:
        """Note something about items."""
        desk.comment(by.name, body.id, body.items, body.text)
        return done(desk, supervisor, body.id)

    @router.post("/classes", response_model=replies.Class)
    def new_class(by: Labeller, body: requests.NewClass) -> dict[str, Any]:
        """A class more; a provisional one where it has no name."""
        with desk.turn:
            if body.name is None:
                campaign.provisional_class(actor=by.name)
                number = len(campaign.state.labels) - 1
            else:
                number = campaign.add_class(body.name, actor=by.name)
            desk.touch()
            name = campaign.state.labels[number]
            return next(one for one in classes(campaign.state) if one["name"] == name)

    @router.post("/classes/rename", response_model=replies.Classes)
    def rename(by: Owner, body: requests.Rename) -> dict[str, Any]:
        """Another name for a class."""
        return reclassed(by, body.id, partial(campaign.rename_class, body.name, body.to))

    @router.post("/classes/merge", response_model=replies.Classes)
    def merge(by: Owner, body: requests.Merge) -> dict[str, Any]:
        """Unite a class with another."""
        return reclassed(by, body.id, partial(campaign.merge_class, body.name, into=body.into))

    @router.post("/classes/split", response_model=replies.Classes)
    def split(by: Owner, body: requests.Split) -> dict[str, Any]:
        """Make items of a class another one."""
        return reclassed(
            by, body.id, partial(campaign.split_class, body.name, body.items, body.to)
        )

    @router.post("/retrain", response_model=replies.Asked)
    def retrain(_: Owner) -> dict[str, Any]:
        """Ask for a round now."""
        supervisor.request()
        return {"job": supervisor.job.state}

    @router.post("/cancel", response_model=replies.Cancelled)
    def cancel(_: Owner) -> dict[str, Any]:
        """End the running job."""
        return {"cancelled": supervisor.cancel()}

    return router


def over(by: Person) -> bool:
    """Whether somebody may correct what others said."""
    return by.role is Role.OWNER
