"""The routes of the labelling page, thin: each asks the desk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from fastapi.routing import APIRouter
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from asknext import __version__
from asknext.errors import AskNextError, DamagedLogError
from asknext.studio import requests, views
from asknext.studio.counts import classes, counts
from asknext.studio.desk import AbsentError, ConflictError, Desk
from asknext.studio.exporting import export as written
from asknext.studio.security import Guard, policy, refuse
from asknext.studio.status import status
from asknext.studio.supervisor import Supervisor
from asknext.studio.thumbnails import picture

STATIC = Path(__file__).parent / "static"
BEAT = 0.1
"""Seconds between two looks at whether anything changed, for those who watch."""

ALIVE = 15.0
"""Seconds after which a watcher hears that the server lives."""

_STATUS = {ConflictError: 409, AbsentError: 404, views.HiddenError: 403, DamagedLogError: 503}


def make_app(
    desk: Desk, supervisor: Supervisor, actor: str, token: str, port: int, static: Path = STATIC
) -> FastAPI:
    """The application over a desk.

    Parameters
    ----------
    desk, supervisor : the project at work; both are ended with the application.
    actor : who labels.
    token, port : of the address, see `Guard`.
    static : the folder of the page.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        supervisor.start()
        yield
        supervisor.stop()
        desk.close()

    page = static / "index.html"
    shell = page.read_bytes() if page.is_file() else b""
    app = FastAPI(title="asknext", version=__version__, docs_url=None, redoc_url=None,
                  openapi_url="/api/openapi.json", lifespan=life)  # fmt: skip
    told: dict[type[Exception], Callable[[Any], Response]] = {
        AskNextError: lambda e: _refused(e, desk),
        RequestValidationError: lambda e: refuse(400, requests.sentence(e.errors())),
        HTTPException: lambda e: refuse(e.status_code, _plain(e)),
        Exception: lambda _: refuse(500, "something went wrong here; what was acknowledged is safe."),
    }
    app.state.ended = lambda: False  # whoever runs the server knows
    for kind, tell in told.items():
        app.add_exception_handler(kind, _handler(tell))
    app.include_router(_reading(desk, supervisor, actor))
    app.include_router(_writing(desk, supervisor, actor))

    @app.get("/", include_in_schema=False)
    def index() -> Response:
        return HTMLResponse(shell)

    @app.get("/api/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(_documentation(app.openapi()))

    if static.is_dir():
        app.mount("/static", StaticFiles(directory=static))
    app.add_middleware(Guard, token=token, port=port, policy=policy(shell))
    return app


def _reading(desk: Desk, supervisor: Supervisor, actor: str) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/project")
    def project() -> dict[str, Any]:
        """What is labelled, and how."""
        told = ("kind", "encoder", "encoder_note", "strategy", "learner", "batch", "retrain_every", "audit")
        about = {name: desk.project.settings[name] for name in told}
        with desk.turn:
            return {
                "id": next(iter(desk.log)).id, "name": desk.project.path.resolve().name, "n": len(desk),
                **about, "classes": classes(desk.campaign.state), "actor": actor,
            }  # fmt: skip

    @router.get("/next")
    def next_items(n: Annotated[int, Query(ge=1, le=200)] = 8, held: str = "") -> dict[str, Any]:
        """The next items, leased to you; `held` lists those that you have already."""
        return {"items": [views.served(desk, place) for place in desk.next(actor, n, _numbers(held))]}

    @router.get("/items/{item}")
    def one_item(item: int) -> dict[str, Any]:
        """Any item, with its present answer."""
        return views.served(desk, desk.place(item, actor))

    @router.get("/items/{item}/image")
    def image(item: int, size: int | None = None) -> Response:
        """The picture as it is, or a thumbnail of so many pixels."""
        try:
            content, kind = picture(desk.project.items.image_path(desk.check(item)), size)
        except AbsentError:
            raise
        except AskNextError as error:
            raise AbsentError(str(error)) from error
        return Response(content, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})

    @router.get("/items/{item}/why")
    def why(item: int) -> dict[str, Any]:
        """Why this item is asked."""
        return views.why(desk, desk.place(item, actor))

    @router.get("/items/{item}/similar")
    def similar(item: int, n: Annotated[int, Query(ge=1, le=200)] = 24) -> dict[str, Any]:
        """Unanswered items, nearest to this one."""
        return {"items": [views.served(desk, place) for place in views.similar(desk, item, n)]}

    @router.get("/status")
    def present() -> dict[str, Any]:
        """How far the labelling is."""
        return status(desk, supervisor.job)

    @router.get("/stream")
    async def stream(request: Request) -> Response:
        """The status at once and on every change, as server-sent events."""
        ended = request.app.state.ended
        events = _events(lambda: desk.changes, lambda: status(desk, supervisor.job), ended)
        return StreamingResponse(events, media_type="text/event-stream")

    @router.get("/map")
    def points(color: str = "class") -> dict[str, Any]:
        """Where items stand, at most 20,000 of them, with a value each."""
        return views.map_points(desk, color)

    @router.get("/review")
    def review() -> dict[str, Any]:
        """Labels to look over."""
        return views.review(desk)

    @router.get("/export")
    def export(format: str = "csv") -> Response:
        """A download: csv, jsonl, events or label-studio."""
        with desk.turn:
            log = list(desk.log)
        content, kind, name = written(desk.project, log, format)
        where = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=where)

    return router


def _writing(desk: Desk, supervisor: Supervisor, actor: str) -> APIRouter:
    router = APIRouter(prefix="/api")
    campaign = desk.campaign

    def done(id: str) -> dict[str, Any]:
        supervisor.wake()
        return {"event": id, "counts": counts(desk.pool)}

    def reclassed(deed: Callable[[], Any]) -> dict[str, Any]:
        with desk.turn:
            deed()
            desk.touch()
            return {"classes": classes(campaign.state)}

    @router.post("/answers")
    def answers(body: requests.Answers) -> dict[str, Any]:
        """One answer for some items; a second delivery of the same id changes nothing."""
        desk.answer(actor, body.id, body.items, body.given, comment=body.comment or "",
                    seconds=body.seconds, replace=body.replace)  # fmt: skip
        return done(body.id)

    @router.post("/retract")
    def retract(body: requests.Retraction) -> dict[str, Any]:
        """Take answers back."""
        desk.retract(actor, body.id, body.items)
        return done(body.id)

    @router.post("/comments")
    def comments(body: requests.Comment) -> dict[str, Any]:
        """Note something about items."""
        desk.comment(actor, body.id, body.items, body.text)
        return done(body.id)

    @router.post("/classes")
    def new_class(body: requests.NewClass) -> dict[str, Any]:
        """A class more; a provisional one where it has no name."""
        with desk.turn:
            if body.name is None:
                campaign.provisional_class(actor=actor)
                number = len(campaign.state.labels) - 1
            else:
                number = campaign.add_class(body.name, actor=actor)
            desk.touch()
            name = campaign.state.labels[number]
            return next(one for one in classes(campaign.state) if one["name"] == name)

    @router.post("/classes/rename")
    def rename(body: requests.Rename) -> dict[str, Any]:
        """Another name for a class."""
        return reclassed(lambda: campaign.rename_class(body.name, body.to, actor=actor))

    @router.post("/classes/merge")
    def merge(body: requests.Merge) -> dict[str, Any]:
        """Unite a class with another."""
        return reclassed(lambda: campaign.merge_class(body.name, into=body.into, actor=actor))

    @router.post("/classes/split")
    def split(body: requests.Split) -> dict[str, Any]:
        """Make items of a class another one."""
        return reclassed(lambda: campaign.split_class(body.name, body.items, body.to, actor=actor))

    @router.post("/retrain")
    def retrain() -> dict[str, Any]:
        """Ask for a round now."""
        supervisor.request()
        return {"job": supervisor.job.state}

    @router.post("/cancel")
    def cancel() -> dict[str, Any]:
        """End the running job."""
        return {"cancelled": supervisor.cancel()}

    return router


async def _events(
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


def _refused(error: AskNextError, desk: Desk) -> Response:
    """What a person can mend is a bad request; that the log cannot be written now is no fault of it."""
    unwritable = desk.closed or isinstance(error.__cause__, SQLAlchemyError)
    return refuse(503 if unwritable else _STATUS.get(type(error), 400), str(error))


def _handler(tell: Callable[[Any], Response]) -> Callable[[Request, Exception], Any]:
    async def handle(_: Request, error: Exception) -> Response:
        return tell(error)

    return handle


def _plain(error: HTTPException) -> str:
    """What the framework says, as a sentence."""
    known = {
        400: "the body of the request is no JSON that can be read.",
        404: "there is nothing at this address.",
        405: "this address takes no such request.",
    }
    return known.get(error.status_code, str(error.detail))


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


def _documentation(told: dict[str, Any]) -> str:
    """The routes as a page that loads nothing."""
    rows = [
        f"<dt><code>{method.upper()} {escape(path)}</code></dt><dd>{escape(deed.get('description', ''))}</dd>"
        for path, deeds in told["paths"].items()
        for method, deed in deeds.items()
    ]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>asknext: routes</title><h1>Routes</h1>"
        f"<dl>{''.join(rows)}</dl><p>In full: <a href=/api/openapi.json>openapi.json</a></p></html>"
    )
