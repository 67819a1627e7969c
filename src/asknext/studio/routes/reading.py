"""What is read: the project, items, how far it is, the map, what to look over, a download."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.routing import APIRouter

from asknext.errors import AskNextError
from asknext.studio import replies, requests, views
from asknext.studio.counts import classes
from asknext.studio.desk import Desk
from asknext.studio.errors import AbsentError
from asknext.studio.exporting import FORMATS
from asknext.studio.exporting import export as written
from asknext.studio.people import People
from asknext.studio.roles import Person, Role
from asknext.studio.routes.access import Anyone, Labeller, Reader
from asknext.studio.routes.watching import watching
from asknext.studio.status import status
from asknext.studio.supervisor import Supervisor
from asknext.studio.thumbnails import TYPES, picture

_TOLD = (
    "kind", "encoder", "encoder_note", "strategy", "learner", "batch", "retrain_every", "audit", "overlap",
    "opinions",
)  # fmt: skip
"""Settings of a project that the page is told."""

Many = Annotated[int, Query(ge=1, le=200)]


def _one_of(*names: str) -> Any:
    """A query that is told to be one of these; whoever is asked refuses others in words of its own."""
    return Query(json_schema_extra={"enum": list(names)})


def reading(desk: Desk, supervisor: Supervisor, people: People) -> APIRouter:
    """The router over a desk."""
    router = APIRouter(prefix="/api")

    @router.get("/project", response_model=replies.Project)
    def project(by: Anyone) -> dict[str, Any]:
        """What is labelled, and how."""
        about = {name: desk.project.settings[name] for name in _TOLD}
        with desk.turn:
            return {
                "id": next(iter(desk.log)).id, "name": desk.project.path.resolve().name, "n": len(desk),
                **about, "classes": classes(desk.campaign.state), "actor": by.name, "role": by.role,
                "several": len(people) > 1,
            }  # fmt: skip

    @router.get("/next", response_model=replies.Items)
    def next_items(
        by: Labeller,
        n: Many = 8,
        held: Annotated[str, Query(json_schema_extra={"pattern": "^([0-9]{1,18}(,[0-9]{1,18})*)?$"})] = "",
        tab: Annotated[str, Query(max_length=200)] = "",
        lend: bool = True,
    ) -> dict[str, Any]:
        """The next items, leased to this tab of yours; `held` lists those that it has already.

        With `lend=false` they are not leased: a reserve for the time that the server cannot be reached.
        """
        places = desk.next(by.name, n, _numbers(held), tab, lend)
        return {"items": [views.served(desk, place, by.name, own(by)) for place in places]}

    @router.get("/items", response_model=replies.ItemsOfClass)
    def items_of_class(
        by: Reader, name: Annotated[str, Query(alias="class")], n: Many = 200, after: int = -1
    ) -> dict[str, Any]:
        """The first items of a class beyond the item `after`, and how many more there are."""
        ids, left = views.of_class(desk, name, n, after)
        places = [desk.place(item, by.name) for item in ids.tolist()]
        return {"items": [views.served(desk, place, by.name, reveal=True) for place in places], "left": left}

    @router.get("/items/{item}", response_model=replies.Served)
    def one_item(by: Anyone, item: int) -> dict[str, Any]:
        """Any item, with its present answer; for an annotator the own one."""
        return views.served(desk, desk.place(item, by.name), by.name, own(by))

    @router.get("/items/{item}/image", **_sends(*TYPES.values()))
    def image(_: Anyone, item: int, size: int | None = None) -> Response:
        """The picture as it is, or a thumbnail of so many pixels."""
        try:
            content, kind = picture(desk.project.items.image_path(desk.check(item)), size)
        except AbsentError:
            raise
        except AskNextError as error:
            raise AbsentError(str(error)) from error
        return Response(content, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})

    @router.get("/items/{item}/why", response_model=replies.Why)
    def why(by: Anyone, item: int) -> dict[str, Any]:
        """Why this item is asked."""
        return views.why(desk, desk.place(item, by.name), by.name, own(by))

    @router.get("/items/{item}/similar", response_model=replies.Items)
    def similar(by: Anyone, item: int, n: Many = 24) -> dict[str, Any]:
        """Unanswered items, nearest to this one."""
        places = views.similar(desk, item, n)
        return {"items": [views.served(desk, place, by.name, own(by)) for place in places]}

    @router.get("/status", response_model=replies.Status)
    def present(_: Anyone) -> dict[str, Any]:
        """How far the labelling is."""
        return status(desk, supervisor.job)

    @router.get("/stream", **_sends("text/event-stream"))
    async def stream(_: Anyone, request: Request) -> Response:
        """The status at once and on every change, as server-sent events."""
        ended, present = request.app.state.ended, request.state.present
        events = watching(
            lambda: desk.changes, lambda: status(desk, supervisor.job), lambda: ended() or not present()
        )
        return StreamingResponse(events, media_type="text/event-stream")

    @router.get("/map", response_model=replies.Map)
    def points(by: Anyone, color: Annotated[str, _one_of(*views.COLOURS)] = "class") -> dict[str, Any]:
        """Where items stand, at most 20,000 of them, with a value each."""
        return views.map_points(desk, color, by.name, own(by))

    @router.get("/review", response_model=replies.Review)
    def review(_: Reader) -> dict[str, Any]:
        """Labels to look over."""
        return views.review(desk)

    @router.get("/export", **_sends(*(media for _, media, _ in FORMATS.values())))
    def export(_: Reader, format: Annotated[str, _one_of(*FORMATS)] = "csv") -> Response:
        """A download: csv, jsonl, opinions, events or label-studio."""
        with desk.turn:
            log = list(desk.log)
        content, kind, name = written(desk.project, log, format)
        where = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=where)

    return router


def own(by: Person) -> bool:
    """Whether somebody sees own answers only."""
    return by.role is Role.ANNOTATOR


def _numbers(text: str) -> list[int]:
    """Numbers with commas between them.

    Raises
    ------
    AskNextError : anything else.
    """
    parts = text.split(",") if text else []
    good = all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts)
    if not good or len(parts) > requests.MOST:
        raise AskNextError("held must be the numbers of items with commas between them, such as 3,17.")
    return [int(part) for part in parts]


def _sends(*kinds: str) -> dict[str, Any]:
    """What is told of a route whose reply is no JSON of a fixed shape."""
    return {"response_class": Response, "responses": {200: {"content": {kind: {} for kind in kinds}}}}
