"""The application of the labelling page: its routes, how it refuses, and its guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from asknext import __version__
from asknext.errors import AskNextError, BusyLogError, DamagedLogError, UnwritableLogError
from asknext.studio import replies, requests, views
from asknext.studio.address import Address
from asknext.studio.desk import Desk
from asknext.studio.errors import AbsentError, ConflictError
from asknext.studio.people import People
from asknext.studio.routes.comparing import comparing
from asknext.studio.routes.reading import reading
from asknext.studio.routes.team import team
from asknext.studio.routes.writing import writing
from asknext.studio.security import Guard, policy, refuse
from asknext.studio.supervisor import Supervisor

STATIC = Path(__file__).parent / "static"

_STATUS = {
    ConflictError: 409, AbsentError: 404, views.HiddenError: 403,
    DamagedLogError: 503, UnwritableLogError: 503, BusyLogError: 503,
}  # fmt: skip
_ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": replies.Error, "description": what}
    for code, what in (
        (400, "What was sent cannot be used."), (401, "There is no key, or a wrong one."),
        (403, "The role may not, or the request comes from elsewhere."), (404, "There is no such thing."),
        (409, "It contradicts what is there."), (413, "It is too large."),
        (429, "There were too many wrong keys."),
        (503, "It cannot be done now; nothing was lost, send it again."),
    )
}  # fmt: skip
_DESCRIPTION = "What changes something needs the header `X-Asknext: 1`."


class _Described(FastAPI):
    """An application that refuses bad input with 400, and does not tell of 422."""

    def openapi(self) -> dict[str, Any]:
        """What there is, in the form of OpenAPI."""
        fresh = self.openapi_schema is None
        told = super().openapi()
        if fresh:
            for deed in (deed for deeds in told["paths"].values() for deed in deeds.values()):
                deed["responses"].pop("422", None)
            for name in ("HTTPValidationError", "ValidationError"):
                told["components"]["schemas"].pop(name, None)
        return told


def make_app(
    desk: Desk, supervisor: Supervisor, people: People, where: Address, static: Path = STATIC
) -> FastAPI:
    """The application over a desk.

    Parameters
    ----------
    desk, supervisor : the project at work; both are ended with the application.
    people, where : who may come, and to which address.
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
    app = _Described(title="asknext", version=__version__, docs_url=None, redoc_url=None, responses=_ERRORS,
                     openapi_url="/api/openapi.json", lifespan=life, description=_DESCRIPTION)  # fmt: skip
    told: dict[type[Exception], Callable[[Any], Response]] = {
        AskNextError: lambda e: _refused(e, desk),
        RequestValidationError: lambda e: refuse(400, requests.sentence(e.errors())),
        HTTPException: lambda e: refuse(e.status_code, _plain(e)),
        Exception: lambda _: refuse(500, "something went wrong here; what was acknowledged is safe."),
    }
    app.state.ended = lambda: False  # whoever runs the server knows
    for kind, tell in told.items():
        app.add_exception_handler(kind, _handler(tell))
    app.include_router(reading(desk, supervisor, people))
    app.include_router(team(desk, people))
    app.include_router(writing(desk, supervisor))
    app.include_router(comparing(desk, supervisor))

    @app.get("/", include_in_schema=False)
    def index() -> Response:
        return HTMLResponse(shell)

    @app.get("/api/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(_documentation(app.openapi()))

    if static.is_dir():
        app.mount("/static", StaticFiles(directory=static))
    app.add_middleware(Guard, people=people, where=where, policy=policy(shell))
    return app


def _refused(error: AskNextError, desk: Desk) -> Response:
    """What a person can mend is a bad request; that the log cannot be written now is no fault of it."""
    return refuse(503 if desk.closed else _STATUS.get(type(error), 400), str(error))


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
